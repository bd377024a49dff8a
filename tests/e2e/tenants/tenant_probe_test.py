"""Nobody reaches another tenant's data: every route of both listeners, every place an id can stand, every caller.

What is asked is generated from the route table (`probe/routes.py`), by the places of ids (`probe/places.py`, `probe/bodies.py`)
and the callers (`probe/identities.py`), which also say what each answer has to be. docs/security.md says how to read what it prints.
"""

import glob
import random
import re
import subprocess
import time
import unittest
import urllib.parse

from harness import World, wait_until

from tenants.probe import figures
from tenants.probe.asking import Asking
from tenants.probe.identities import identities
from tenants.probe.places import Places, etags_of, is_for_everybody, kind_of, problems_of, unknown_like
from tenants.probe.routes import read_routes
from tenants.probe.tenants import Tenant, suspend
from tenants.staff_person import StaffPerson

LEAST_PROBES = 20_000
# What chores of the node bring up to date by themselves, some time after the rows that they tell of: those are compared. And
# what is told to a tenant of callers that were refused with a key that it had.
DERIVED = ("access_log", "audit_anchors", "audit_heads", "credential_use", "history_deltas", "history_uncounted",
           "history_used", "noise_counts", "noise_deltas", "search_due", "search_progress", "ticket_search")
PAIRS = 120  # of foreign and unknown ids at each route, in turns
ROUNDS = 3
# Of a tenant, and without its mark or ids.
WITHOUT_MARKS = {"/api/v1/tickets/stats", "/api/v1/settings", "/api/v1/settings/networks", "/api/v1/me",
                 "/api/v1/stats/suggestions", "/api/v1/stats/noise", "/api/v1/audit-log/anchors",
                 "/api/v1/quotas", "/api/v1/security-features", "/api/v1/responsibility"}


def setUpModule():
    global world, routes, victim, other, suspended, callers, etags, nobody_granted
    world = World(tenants=5)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    routes = read_routes()
    victim, other, suspended = (Tenant(world, number) for number in range(3))
    for tenant in (victim, other, suspended):
        tenant.fill(world.webhook.url)
        sign_in_twice(tenant)
        have_support_grants(tenant)
        erase_another(tenant)
    victim.send_many(PAIRS)
    victim.grow_old()
    sign_two_heads(victim)
    victim.cursors = cursors_of(victim)
    victim.ids["token"] = [victim.dead_key_of(victim.own("integration"))]
    etags = etags_of(routes, victim, (other, suspended))
    provider = world.instance.provider()
    unittest.addModuleCleanup(provider.close)
    nobody_granted = StaffPerson(world.instance.ready, provider, "nobody-granted@provider.example")
    unittest.addModuleCleanup(nobody_granted.close)
    callers = identities(other, suspended, walled_in(4), other.dead_keys(), other.lesser_keys(),
                         world.instance.ready["provider"]["key"], nobody_granted.token)
    suspend(world, suspended)


def sign_in_twice(tenant):
    """As if its admin had: two sessions that nobody has a token of, and two second factors."""
    admin = tenant.ask("GET", "/api/v1/me")["id"]
    for _ in range(2):
        tenant.ids["session"] += sql(
            "insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, last_seen_at, "
            f"expires_at) values ('{tenant.own('tenant')}', gen_random_uuid(), '{admin}', sha256(random()::text::bytea), 'active', "
            "now(), now(), now(), now() + interval '12 hours') returning session_id")
        tenant.ids["factor"] += sql(
            "insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) values "
            f"('{tenant.own('tenant')}', gen_random_uuid(), '{admin}', 'totp', 'active', 's') returning factor_id")


def have_support_grants(tenant):
    """As if two of the staff had: two that wait, and one that is active, and of nobody who asks here."""
    for state in ("requested", "requested", "active"):
        active = state == "active"
        tenant.ids["open_grant" if active else "support_grant"] += sql(
            "insert into support_grants (tenant_id, grant_id, asked_by, reason, scopes, minutes, state, lapses_at, approved_by, "
            f"approved_at, ends_at) values ('{tenant.own('tenant')}', gen_random_uuid(), gen_random_uuid(), '{tenant.mark} is looked "
            "at', '{tickets:read,rules:read}', 60, "
            f"'{state}', now() + interval '1 day', "
            + ("gen_random_uuid(), now(), now() + interval '1 hour'" if active else "null, null, null") + ") returning grant_id")


def erase_another(tenant):
    """As if a tenant before it had been erased: what is left is the provider's."""
    tenant.ids["erasure"] += sql(
        "insert into erasures (erasure_id, erased_tenant, service_code, name, asked_by, asked_means, asked_request, reason, "
        "closed_at, export_until, window_waived, begins_at, finished_at, certificate, key_id, signature) values "
        f"(gen_random_uuid(), gen_random_uuid(), 'before{tenant.number}', 'gone', 'provider', 'provider_key', '', 'it ended', "
        "now(), now(), false, now(), now(), '{}', '0123456789abcdef', decode(repeat('00', 64), 'hex')) returning erasure_id")


def walled_in(number):
    """The keys of a tenant that lets nobody in from here, which it could not say itself."""
    tenant = world.instance.ready["tenants"][number]
    sql("insert into source_networks (tenant_id, users, admins, keys) values "
        f"('{tenant['tenant_id']}', '{{192.0.2.0/24}}', '{{192.0.2.0/24}}', '{{192.0.2.0/24}}')")
    admin = world.instance.user("admin", number)
    wait_until(lambda: admin.get("/api/v1/me").status == 403, "the node to hear of the lists")
    admin.close()
    return tenant


def sign_two_heads(tenant):
    """As the clock would, in two minutes: its list of anchors has a second page then."""
    sql("insert into audit_anchors (tenant_id, seq, hash, signed_at, key_id, signature) select tenant_id, seq, hash, now(), 'x', "
        f"decode(repeat('00', 64), 'hex') from audit where tenant_id = '{tenant.own('tenant')}' and seq <= 2 on conflict do nothing")


def path_of(tenant, route):
    return Places([], tenant, {}, random.Random(0)).path(route, tenant)


def actors_of(tenant):
    """Everybody of the tenant's who does something, as its logs name them. A token that was revoked is in no list."""
    found = {f"{kind}:{each['id']}" for kind, path in (("user", "users"), ("integration", "integrations"))
             for each in tenant.admin.get(f"/api/v1/{path}?limit=200").json()["items"]}
    return found | {f"directory:{token}" for token in sql(
        f"select token_id from scim_tokens where tenant_id = '{tenant.own('tenant')}'")}


def cursors_of(tenant):
    """Path → the cursor of the second page of its list there."""
    cursors = {}
    for route in routes:
        if "cursor" not in route.in_query or route.listener != "customer":
            continue
        answer = tenant.admin.get(path_of(tenant, route) + "?limit=1")
        link = re.search(r"[?&]cursor=([^&>]+)", answer.headers.get("Link", ""))
        assert link, f"{route}: its list has no second page; let Tenant.fill() make two of what it shows"
        cursors[route.path] = urllib.parse.unquote(link[1])
    return cursors


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    return subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c", statement], check=True,
                          capture_output=True, text=True).stdout.split()


def rows_of(tenant):
    """Table → a digest of all of the tenant's rows in it."""
    tables = sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' "
                 "where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1")
    digests = sql(" union all ".join(
        f"select '{table}=' || coalesce(md5(string_agg(t::text, ';' order by t::text)), '-') from {table} t "
        f"where tenant_id = '{tenant.own('tenant')}'" for table in tables if table not in DERIVED))
    return dict(digest.split("=") for digest in digests)


class TenantProbe(unittest.TestCase):
    def setUp(self):
        for tenant in (victim, other, suspended):
            tenant.admin.close()  # the probe takes longer than a connection may idle
            tenant.directory.close()

    def test_every_route_is_known_to_the_probe(self):
        self.assertGreater(len(routes), 100)
        self.assertEqual([problem for route in routes for problem in problems_of(route)], [])
        unversioned = [str(route) for route in routes if "If-Match" in route.in_head and not etags[route.path]]
        self.assertEqual(unversioned, [], "AGED of probe/tenants.py is to give what they change versions of its own")

    def test_every_probe_of_every_route_is_denied_and_tells_nothing(self):
        places = Places(routes, victim, etags, random.Random(11))
        asking = Asking(world.instance.ready, victim.canaries())

        def groups_of(who):
            for route in routes:
                yield from places.groups(route, who)
                yield from places.elsewhere(route, who)

        before, begun = rows_of(victim), sql("select now()")
        seconds = asking.run(callers, groups_of)
        print("\n" + asking.report(seconds), flush=True)
        if asking.failures:
            self.fail(asking.complaint())
        self.assertGreaterEqual(sum(asking.counts.values()), LEAST_PROBES)
        after = rows_of(victim)
        self.assertEqual([table for table, rows in before.items() if after[table] != rows], [], "nothing of theirs was changed")
        # What they did themselves is noted up to a minute later.
        used = f"select count(*) from credential_use where tenant_id = '{victim.own('tenant')}' and used_at > '{' '.join(begun)}'"
        self.assertEqual(sql(used), ["0"], "none of their keys was used")
        self.assertGreater(len([digest for digest in before.values() if digest != "-"]), 25)

    def test_without_a_grant_no_route_of_the_provider_shows_content(self):
        """Whatever a customer's route shows of the victim, by way of each grant that there is, and of none."""
        provider = world.instance.provider()
        granted, second = (StaffPerson(world.instance.ready, provider, f"{name}@provider.example")
                           for name in ("granted", "second"))
        grants = {}
        for name, tenant in (("of another tenant", other), ("ended", victim), ("not approved", victim)):
            grants[name] = granted.ask(tenant.own("tenant"), f"To see that it opens nothing: {name}.").json()["id"]
        for name in ("of another tenant", "ended"):
            self.assertEqual(second.approve(grants[name]).status, 200)
        self.assertEqual(second.client.post(f"/admin/v1/support-grants/{grants['ended']}/end", None).status, 200)
        callers_and_grants = [(granted.client, grant) for grant in grants.values()]
        callers_and_grants += [(client, grant) for client in (nobody_granted.client, second.client, provider)
                               for grant in (*grants.values(), victim.own("open_grant"), victim.own("tenant"))]
        canaries = victim.canaries()
        asked = 0
        for route in routes:
            if route.listener != "customer" or route.method != "GET" or not route.path.startswith("/api/v1/"):
                continue
            path = path_of(victim, route).removeprefix("/api/v1/")
            for client, grant in callers_and_grants:
                answer = client.get(f"/admin/v1/support/{grant}/{path}")
                own = (client, grant) == (granted.client, grants["of another tenant"]) and not route.in_path
                self.assertIn(answer.status, (200, 403, 404) if own else (403, 404), (route, grant, answer.body))
                text = answer.body.replace(path.encode(), b"")
                self.assertEqual([each for each in canaries if each in text], [], (route, grant))
                asked += 1
        print(f"\nprovider without a grant: {asked} readings, none showed content", flush=True)
        self.assertGreater(asked, 500)
        self.assertEqual(granted.read(grants["of another tenant"], "tickets").status, 200, "it opens its own tenant")
        second.client.post(f"/admin/v1/support-grants/{grants['of another tenant']}/end", None)
        for each in (granted, second, provider):
            each.close()

    def test_what_the_probe_asks_for_opens_for_its_owner(self):
        for route in routes:
            is_shown = route.method == "GET" and route.in_path and not is_for_everybody(route)
            if is_shown and route.listener == "customer" and "token" not in route.in_path:
                with self.subTest(route=str(route)):
                    owner = victim.directory if route.permission == "directory:write" else victim.admin
                    answer = owner.get(path_of(victim, route))
                    self.assertEqual(answer.status, 200, answer.body)
        victim.directory.close()

    def test_lists_show_what_is_ones_own(self):
        canaries = other.canaries()
        # Logs show the newest first: those of the probe are many pages, by whomever it asked for last.
        other.ask("POST", f"/api/v1/users/{other.own('user')}/end-sessions", None)
        for route in routes:
            is_list = route.method == "GET" and not route.in_path and route.path.startswith("/api/v1/")
            if is_list and route.path not in WITHOUT_MARKS:
                with self.subTest(route=str(route)):
                    answer = other.admin.get(route.path + ("?limit=200" if "limit" in route.in_query else ""))
                    self.assertEqual(answer.status, 200, answer.body)
                    self.assertTrue([each for each in canaries if each in answer.body], answer.body)

    def test_the_audit_log_is_of_ones_own_acts(self):
        own = actors_of(other)
        records = other.admin.get("/api/v1/audit-log?limit=200").json()["items"]
        self.assertGreater(len(records), 10)
        self.assertEqual({each["actor"] for each in records} - own - {"provider"}, set())

    def test_the_access_log_is_of_ones_own_calls(self):
        for tenant in (other, victim):
            own = actors_of(tenant)
            entries = tenant.admin.get("/api/v1/access-log?limit=500").json()["items"]
            self.assertGreater(len(entries), 10)
            self.assertEqual({each["actor"] for each in entries} - own - {""}, set())

    def test_a_version_of_the_rule_set_is_that_of_the_one_who_asks(self):
        answer = other.admin.get("/api/v1/ruleset/versions/2")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(other.mark.encode(), answer.body)
        self.assertNotIn(victim.mark.encode(), answer.body)

    def test_the_same_idempotency_key_and_body_make_something_of_ones_own(self):
        """In a tenant of its own: what it makes bears the victim's mark."""
        admin, sender = world.instance.user("admin", 3), world.instance.integration(3)
        made = 0
        for path, (body, key) in victim.replays.items():
            if "{" in path:
                continue
            with self.subTest(path=path):
                answer = (sender if path == "/api/v1/alerts" else admin).post(path, body, headers={"Idempotency-Key": key})
                self.assertNotIn("Idempotent-Replayed", answer.headers)
                if re.search(r"(?<!client)_ids?\b", str(list(body))):  # names objects, which are not there
                    self.assertEqual(answer.status, 422, answer.body)
                else:
                    self.assertIn(answer.status, (201, 202), answer.body)
                    new = answer.json().get("id") or answer.json()["receipt_id"]
                    self.assertNotIn(new, sum(victim.ids.values(), []))
                    made += 1
        self.assertGreaterEqual(made, 9)
        admin.close()
        sender.close()

    def test_the_same_dedup_key_makes_a_ticket_in_each(self):
        tickets = [tenant.admin.get("/api/v1/tickets?sort=number").json()["items"] for tenant in (victim, other)]
        self.assertEqual([[each["occurrences"] for each in items] for items in tickets], [[2, 1 + PAIRS], [2, 1]])
        self.assertEqual({each["id"] for each in tickets[0]} & {each["id"] for each in tickets[1]}, set())

    def test_an_id_of_others_takes_as_long_as_one_that_nobody_has(self):
        drawn = random.Random(7)
        lines, slower = [], []
        for route in routes:
            if route.method != "GET" or route.in_path != ("id",) or route.listener != "customer" or is_for_everybody(route):
                continue
            rounds = [self.difference(route, drawn)]
            while abs(rounds[-1]) > figures.BOUND and len(rounds) < ROUNDS:
                rounds.append(self.difference(route, drawn))
            lines.append(f"  {route.path:40} Welch's t " + ", ".join(f"{t:+.1f}" for t in rounds))
            if len(rounds) == ROUNDS and figures.differ(rounds):
                slower.append(lines[-1])
        print(f"\ntimes of foreign and unknown ids, {PAIRS} pairs a round, bound {figures.BOUND}:\n" + "\n".join(lines), flush=True)
        self.assertGreaterEqual(len(lines), 15)
        self.assertEqual(slower, [])

    def difference(self, route, drawn):
        """Welch's t of one round: foreign and unknown in turns, on one connection, each first every other time, so that
        what the machine does meanwhile falls on both."""
        ids = victim.ids[kind_of(route, "id")]
        who = other.directory if route.permission == "directory:write" else other.admin
        times = {True: [], False: []}
        for pair in range(PAIRS + 2):
            foreign = ids[-1 - pair % len(ids)]
            for is_foreign in (pair % 2 == 0, pair % 2 == 1):
                target = route.path.replace("{id}", foreign if is_foreign else unknown_like(foreign, drawn))
                begun = time.perf_counter_ns()
                answer = who.get(target)
                took = time.perf_counter_ns() - begun
                self.assertEqual(answer.status, 404, answer.body)
                if pair >= 2:  # the first ones open the connection and the caches
                    times[is_foreign].append(took)
        return figures.welch(times[True], times[False])


if __name__ == "__main__":
    unittest.main()
