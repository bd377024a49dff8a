"""Every probe of a route: each place where an id can stand, with each kind of id, and what an answer has to be.

A group is a list of probes; within one, those of a foreign and of an unknown id get the same answer.
"""

import dataclasses
import urllib.parse
import uuid

from tenants.probe import bodies
from tenants.probe.identities import PERMISSIONS
from tenants.probe.routes import METHODS
from tenants.probe.tenants import COLLECTIONS, PATH_OF

# What the permission does not refuse gets this, by place. bodies.py has filters and references in bodies.
#   place                foreign  unknown  malformed
EXPECTED = {
    "path": (404, 404, 404),
    "service code": (200, 200, 200),  # of a tenant that there is not the same, but for its name
    "provider's start": (503, 404, 404),  # anybody's: it leads to the provider, which is not there
    "provider's callback": (403, 403, 403),  # of a sign-in that was never begun in this browser
    "token": (401, 401, 401),  # whoever sends it: the key in the path is the caller's
    "cursor": (200, None, 400),  # a place among one's own, wherever it comes from
    "masked cursor": ((200, 400), None, 400),  # read under one's own mask: by chance such a place, or none
    "if-match": (412, 412, 412),
    "if-none-match": (200, 200, 200),
    "replay": (404, 404, 400),  # another's Idempotency-Key, path and body
    "replay of a body": (422, 422, 400),  # … where the path names nothing, with a body that is refused
}
WRONG_METHOD, WRONG_LISTENER, NO_PATH, NO_TEXT = 405, 404, 404, 400
MASKED_CURSORS = {"listAlerts", "listTicketAlerts"}
REFUSED = {"no_such_member": 1}
MALFORMED_KEY = "x" * 256
MALFORMED = ["nonsense", "00000000-0000-0000-0000-00000000000g", "0199c0de-0000-7000-8000-0000000000", "'%20or%20'1'='1",
             "..%2F..%2Fme", "%00", "%FF", "9" * 200]
UNKNOWN_VERSION = "999983"
UNKNOWN_MARK = "mark-of-tenant-9"  # as long as theirs
# Of an id what tells neither its time nor its version nor of what it is one.
DRAWN_BITS = ((1 << 12) - 1) << 64 | ((1 << 60) - 1) << 2
# What the provider reaches, whosever it is.
PROVIDERS = {"tenant", "erasure", "announcement", "inquiry", "staff", "support_grant"}
# Of a kind that is one of another kind, too: one by which somebody reads.
ALSO = {"open_grant": "support_grant"}
# Without a shape of their own they are in no cross-probe.
NOT_IDS = {"token", "version", "service_code", "support_path", "api_version"}


@dataclasses.dataclass(frozen=True)
class Probe:
    place: str
    kind: str  # of id: "foreign", "unknown", "malformed"; "own" where there is none
    method: str
    target: str
    expected: object  # a status; or some, where chance has it
    body: object = None
    head: tuple = ()  # (name, value)
    sent: tuple = ()  # what of an answer is only the question again
    listener: str = "customer"
    alike: bool = True
    searched: bool = True  # for the victim's marks


def unknown_like(value, drawn):
    """An id that nobody has, and that looks like this one: of the same time, version and kind."""
    if value.isdigit():
        return UNKNOWN_VERSION
    if len(value) <= 32:  # a service code
        return "nobodys1"
    if value.startswith("wnk_"):
        return value[:8] + "".join(drawn.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in value[8:])
    head, dot, tail = value.partition(".")
    return str(uuid.UUID(int=uuid.UUID(head).int & ~DRAWN_BITS | drawn.getrandbits(128) & DRAWN_BITS)) + dot + tail


def kind_of(route, name):
    """Of what the path parameter is the id; None where nobody has said."""
    return COLLECTIONS.get(route.path.partition("/{" + name + "}")[0])


def is_for_everybody(route):
    """Whether anybody may name another tenant's object there: people begin to sign in."""
    return route.path.startswith("/auth/oidc/")


def problems_of(route):
    """What this probe does not know about a route, in words that say what to add."""
    said = []
    if route.permission not in PERMISSIONS:
        said.append(f"{route}: say in PERMISSIONS of probe/identities.py who holds {route.permission!r}")
    for name in route.in_path:
        if kind_of(route, name) is None:
            said.append(f"{route}: say in COLLECTIONS of probe/tenants.py of what {{{name}}} is the id, and let Tenant make one")
    for name in route.in_query:
        if name != "cursor" and name not in bodies.PLAIN_PARAMETERS and bodies.filter_of(route, name) is None:
            said.append(f"{route}: the query parameter {name!r} names objects (FILTERS of probe/bodies.py) or does not "
                        "(PLAIN_PARAMETERS)")
    for name in route.in_head:
        if name not in {"If-Match", "If-None-Match", "Idempotency-Key", *bodies.PLAIN_HEADERS}:
            said.append(f"{route}: the header {name!r} needs a place in probe/places.py, or is one of PLAIN_HEADERS")
    if route.has_body and route.operation not in bodies.BODIES:
        said.append(f"{route}: BODIES of probe/bodies.py needs a body of {route.operation} that would do")
    for pointer in route.in_body:
        if (route.operation, pointer) not in bodies.REFERENCES:
            said.append(f"{route}: REFERENCES of probe/bodies.py has nothing for the id at {pointer} of {route.operation}")
    return said


class Places:
    """Makes the probes of one victim's ids. Pure, but for what Tenants ask when they are made."""

    def __init__(self, routes, victim, victims_etags, drawn):
        self.routes = routes
        self.victim = victim
        self.etags = victims_etags  # path → ETag
        self.drawn = drawn
        self.unknown = {kind: unknown_like(ids[0], drawn) for kind, ids in victim.ids.items()}
        self.methods = {}
        for route in routes:
            self.methods.setdefault((route.listener, route.path), []).append(route.method)

    def foreign(self, kind):
        return self.victim.mark if kind == "mark" else self.victim.own(kind)

    def unknown_of(self, kind):
        return UNKNOWN_MARK if kind == "mark" else self.unknown[kind]

    def path(self, route, of, **given):
        """The route's path with the ids of a tenant's objects, but for those that are given."""
        path = route.path
        for name in route.in_path:
            path = path.replace("{" + name + "}", given.get(name) or of.own(kind_of(route, name)))
        return path

    def body(self, route, who):
        return bodies.BODIES[route.operation](who.tenant) if route.has_body else None

    def groups(self, route, who):
        """All groups of a route for one identity."""
        for name in route.in_path:
            yield from self.in_path(route, who, name)
        if "token" in route.in_path:
            return  # whose key stands in the path is who asks
        for name in route.in_query:
            yield from self.in_query(route, who, name)
        for pointer, reference in bodies.references_of(route):
            if who.holder == "provider" and reference.kind in PROVIDERS:
                continue
            yield self.in_body(route, who, f"body {pointer}", reference)
        for name in route.in_head:
            yield from self.in_head(route, who, name)
        if route.method == "POST" and (route.listener, route.path.startswith("/api/v1/")) == ("customer", True):
            yield self.replays(route, who)
        yield from self.own(route, who)

    def elsewhere(self, route, who):
        """The route on the other listener, and its path with other methods."""
        other = "management" if route.listener == "customer" else "customer"
        target = self.path(route, self.victim)
        if (other, route.path) not in self.methods:
            yield [Probe("listener", "foreign", route.method, target, WRONG_LISTENER, listener=other,
                         body=self.body(route, who), sent=(target,))]
        if route.method != self.methods[route.listener, route.path][0]:
            return
        for method in METHODS:
            if method.upper() not in self.methods[route.listener, route.path]:
                yield [Probe("method", "foreign", method.upper(), target, WRONG_METHOD, listener=route.listener,
                             sent=(target,))]

    def in_path(self, route, who, name):
        kind = kind_of(route, name)
        place = {"token": "token", "service_code": "service code"}.get(kind, "path")
        if is_for_everybody(route):
            place = "provider's " + route.path.rpartition("/")[2]
        answers = EXPECTED[place]
        refusal = None if place == "token" else who.refusal(route)
        body = self.body(route, who)
        # One's own above it: what stands below must be looked for there.
        above = {each: who.tenant.own(kind_of(route, each)) for each in route.in_path if each != name}
        aboves = [above, {}] if above else [{}]

        def malformed(value):
            if route.listener == "customer" and value == "%00":
                return NO_PATH  # to anybody
            is_text = route.listener == "customer" and place != "token"
            return refusal or (NO_TEXT if is_text and value == "%FF" else answers[2])

        def probe(what, value, expected, method=route.method, given=None):
            target = self.path(route, self.victim, **{**(given or {}), name: value})
            return Probe(place, what, method, target, expected, body, (), (value, target), route.listener,
                         alike=place not in ("service code", "provider's start"))

        for given in aboves:
            kinds = [kind] if kind in NOT_IDS else [each for each in self.victim.ids if each not in NOT_IDS]
            for each in kinds:
                if who.holder == "provider" and kind in (each, ALSO.get(each)) and kind in PROVIDERS:
                    continue  # whom it administers
                unlike = each != kind and place == "provider's start"  # no id of a provider
                for method in [route.method] + (["HEAD"] if route.method == "GET" and each == kind else []):
                    yield [probe("foreign", self.victim.own(each), refusal or answers[1 if unlike else 0], method, given),
                           probe("unknown", self.unknown[each], refusal or answers[1], method, given)]
            for value in MALFORMED:
                yield [probe("malformed", value, malformed(value), given=given)]

    def in_query(self, route, who, name):
        path, refusal = self.path(route, who.tenant), who.refusal(route)
        body = self.body(route, who)

        def probe(place, what, spelt, value, expected):
            target = f"{path}?{spelt}={urllib.parse.quote(value)}"
            return Probe(place, what, route.method, target, refusal or expected, body, (), (value, target), route.listener)

        if name == "cursor":
            cursor = self.victim.cursors.get(route.path)
            answers = EXPECTED["masked cursor" if route.operation in MASKED_CURSORS else "cursor"]
            # The provider's list goes by service code: any text is a place in it. The last one says "x".
            wrong = ("nonsense", "=") if route.listener == "management" else ("nonsense", "=", "WyJ4Il0")
            found = [probe("cursor", "malformed", "cursor", value, answers[2]) for value in wrong]
            if cursor is not None and not (who.holder == "provider" and refusal is None):
                found.append(probe("cursor", "foreign", "cursor", cursor, answers[0]))
            yield found
            return
        reference = bodies.filter_of(route, name)
        if reference is None:
            return
        yield self.with_reference(who, reference, lambda what, value, expected: probe(
            f"query {name}", what, bodies.SPELT.get(name, name), bodies.NAMED_AS.get(name, "{}").format(value), expected))

    def with_reference(self, who, reference, probe):
        absent = reference.others if reference.others and not who.administers() else reference.absent
        group = [probe("foreign", self.foreign(reference.kind), absent),
                 probe("unknown", self.unknown_of(reference.kind), absent)]
        if reference.malformed is not None:
            group.append(probe("malformed", "nonsense", reference.malformed))
        return group

    def in_body(self, route, who, place, reference):
        target = self.path(route, who.tenant) + bodies.DRY.get(route.operation, "")
        refusal = who.refusal(route)
        return self.with_reference(who, reference, lambda what, value, expected: Probe(
            place, what, route.method, target, refusal or expected, reference.make(who.tenant, value), (), (value,),
            route.listener, reference.alike))

    def in_head(self, route, who, name):
        place = name.lower()
        if place not in ("if-match", "if-none-match"):
            return
        target, answers, refusal = self.path(route, who.tenant), EXPECTED[place], who.refusal(route)
        values = [("foreign", self.etags[route.path]), ("unknown", '"999983"'), ("malformed", "nonsense")]
        if values[0][1] is None:
            values = values[1:]  # both have had as many versions
        yield [Probe(place, what, route.method, target, refusal or answers[index], self.body(route, who), ((name, value),),
                     (value,), route.listener) for index, (what, value) in zip((0, 1, 2)[-len(values):], values)]

    def replays(self, route, who):
        refusal = who.refusal(route)
        place = "replay" if route.in_path else "replay of a body"
        answers = bodies.WITHOUT_BODY.get(route.operation, EXPECTED[place])
        known = self.victim.replays.get(route.path)
        body, key = known or (self.body(route, who), next(iter(self.victim.replays.values()))[1])
        target = self.path(route, self.victim)
        values = [("foreign", key), ("unknown", str(uuid.UUID(int=self.drawn.getrandbits(128)))), ("malformed", MALFORMED_KEY)]
        return [Probe(place, what, "POST", target, refusal or answers[index], body if route.in_path else REFUSED,
                      (("Idempotency-Key", value),), (value, target)) for index, (what, value) in enumerate(values)]

    def own(self, route, who):
        """Without anybody's id: what the permission refuses; and what may be read, which tells of nobody else."""
        refusal = who.refusal(route)
        if refusal is None and (route.method != "GET" or is_for_everybody(route)):
            return
        for view in ["", *bodies.VIEWS.get(route.operation, [])]:
            target = self.path(route, who.tenant) + ("?" + view if view else "")
            yield [Probe("own", "own", route.method, target, refusal or 200, self.body(route, who), listener=route.listener,
                         searched=who.holder != "provider" and route.listener == "customer" and
                         route.path not in bodies.WHAT_ONE_ASKED)]


def etags_of(routes, victim, others):
    """Path → the ETag that the victim's object there has, None where another's has the same: then it says nothing."""
    found = {}
    for route in routes:
        if not {"If-Match", "If-None-Match"} & set(route.in_head) or route.listener != "customer":
            continue
        is_ruleset = route.path.startswith("/api/v1/ruleset") or route.path == "/api/v1/rules/reorder"
        kind = kind_of(route, route.in_path[0]) if route.in_path else None

        def etag(tenant, path=route.path):
            at = "/api/v1/ruleset" if is_ruleset else f"{PATH_OF[kind]}/{tenant.own(kind)}" if kind else path
            return tenant.admin.get(at).headers["ETag"]

        mine = etag(victim)
        assert mine, f"{route}: what it changes shows no ETag"
        found[route.path] = None if mine in [etag(each) for each in others] else mine
    return found
