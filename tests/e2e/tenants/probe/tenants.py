"""Tenants that have two of everything, each bearing its mark, and keys that were good once."""

import collections
import datetime
import uuid

from harness import Client, wait_until

from tenants.probe.bodies import a_directory_user
from tenants.probe.identities import ROLES, SCOPES

MATCHES_ALL = '{title=~".+"}'
# Where a kind of object is listed; what follows in a path is one's id.
COLLECTIONS = {
    "/admin/v1/erasures": "erasure",
    "/admin/v1/announcements": "announcement",
    "/admin/v1/inquiries": "inquiry",
    "/admin/v1/provider-users": "staff",
    "/admin/v1/support": "open_grant",
    "/admin/v1/support-grants": "support_grant",
    "/admin/v1/support/{id}": "support_path",
    "/admin/v1/tenants": "tenant",
    "/api/v1/access-keys": "access_key",
    "/api/v1/alerts": "alert",
    "/api/v1/announcements": "announcement",
    "/api/v1/api-keys": "api_key",
    "/api/v1/contact-groups": "group",
    "/api/v1/contacts": "contact",
    "/api/v1/deliveries": "delivery",
    "/api/v1/exports": "export",
    "/api/v1/imports": "import",
    "/api/v1/inhibitions": "inhibition",
    "/api/v1/inquiries": "inquiry",
    "/api/v1/integrations": "integration",
    "/api/v1/integrations/{id}/keys": "integration_key",
    "/api/v1/management-groups": "management_group",
    "/api/v1/me/factors": "factor",
    "/api/v1/me/sessions": "session",
    "/api/v1/maintenance-windows": "window",
    "/api/v1/oidc-providers": "oidc_provider",
    "/api/v1/receipts": "receipt",
    "/api/v1/rules": "rule",
    "/api/v1/rules/backtests": "backtest",
    "/api/v1/ruleset/versions": "version",
    "/api/v1/scim-tokens": "scim_token",
    "/api/v1/silences": "silence",
    "/api/v1/support-grants": "support_grant",
    "/api/v1/tickets": "ticket",
    "/api/v1/users": "user",
    "/auth/oidc": "oidc_provider",  # where everybody may begin, and nothing is shown
    "/auth/t": "service_code",
    "/scim/v2/Users": "directory_user",
    "/i": "token",
    "/uom/r": "api_version",
}
PATH_OF = {kind: path for path, kind in COLLECTIONS.items() if path != "/auth/oidc"}
# A text of each that can be changed, so that its version is one that the others' have not.
AGED = {"contact": "name", "group": "name", "inhibition": "name", "integration": "description", "management_group": "name",
        "oidc_provider": "client_id", "rule": "description", "silence": "comment", "ticket": "priority", "user": "name",
        "window": "comment"}
CHANGES = 4
# Others' are the same, or are told to whoever knows the service code.
NO_CANARIES = {"api_version", "oidc_provider", "service_code", "support_path", "token", "version"}
ELSEWHERE = ["203.0.113.0/24"]  # where nobody is who asks here


class Tenant:
    """A tenant of a development instance; use it from one thread."""

    def __init__(self, world, number):
        ready = world.instance.ready["tenants"][number]
        self.instance = world.instance
        self.number = number
        self.mark = f"mark-of-tenant-{number}"
        self.admin = world.instance.user("admin", number)
        self.sender = world.instance.integration(number)
        self.users = {role: ready["users"][role]["key"] for role in ROLES}
        self.integration_key = ready["integration"]["key"]
        self.service_code = ready["service_code"]
        self.ids = collections.defaultdict(list, tenant=[ready["tenant_id"]],
                                           service_code=[ready["service_code"]], support_path=["tickets", "rules"],
                                           api_version=["20161003"])
        self.secrets = [*self.users.values(), self.integration_key]
        self.directory = None  # of the latest of its tokens
        self.directory_token = None
        self.replays = {}  # "METHOD path" → (path, body, key) of a request with an Idempotency-Key

    def own(self, kind, which=0):
        """The id of an object of this kind."""
        return self.ids[kind][which]

    def ask(self, method, path, body=None, status=(200, 201, 202, 204), **headers):
        answer = self.admin.call(method, path, body, headers=headers)
        assert answer.status in status, (method, path, answer.status, answer.body)
        return answer.json() if answer.body else None

    def make(self, kind, body):
        """Made with an Idempotency-Key, which another tenant will use as well."""
        path = PATH_OF[kind]
        key = str(uuid.uuid4())
        made = self.ask("POST", path, body, **{"Idempotency-Key": key})
        self.replays.setdefault(path, (body, key))
        self.ids[kind].append(made["id"])
        if "secret" in made:
            self.secrets.append(made["secret"])
        return made

    def fill(self, webhook_url):
        """Returns when what was sent has become tickets, and those were told."""
        for number in range(2):
            self.make_one_of_each(f"{self.mark} {number}", webhook_url)
        self.ask("PATCH", "/api/v1/settings", {"default_route": [self.own("group")]})
        rules = self.ask("GET", "/api/v1/ruleset")["rules"]
        rules[0]["description"] = self.mark
        self.ask("PUT", "/api/v1/ruleset", {"rules": rules, "comment": self.mark})
        for rule in self.ids["rule"]:
            self.make("backtest", {"rule_id": rule})
        for title in ("the same in all", "the same in all", "another"):
            self.send(title)
        self.await_tickets()
        self.ids["version"] = [str(self.ask("GET", "/api/v1/ruleset")["version"])]

    def make_one_of_each(self, name, webhook_url):
        nothing = f'mark="nothing of {name}"'
        contact = self.make("contact", {"name": name, "type": "webhook", "url": f"{webhook_url}/{self.mark}"})
        self.make("group", {"name": name, "contact_ids": [contact["id"]]})
        self.make("rule", {"name": name, "syntax": "matchers", "condition": MATCHES_ALL,
                           "actions": [{"type": "set", "field": "labels.tier", "value": name}]})
        made = self.make("integration", {"name": name})
        self.ids["integration_key"].append(made["key"]["id"])
        self.secrets.append(made["key"]["secret"])
        self.make("user", {"name": name, "email": f"{name.replace(' ', '-')}@example.com", "role": "viewer"})
        self.make("silence", {"matchers": nothing, "ends_at": "2099-01-01T00:00:00Z", "comment": name})
        self.make("window", {"name": name, "matchers": nothing, "starts_at": "2026-11-23T02:00:00Z", "time_zone": "UTC",
                             "duration": "PT1H", "rrule": "FREQ=DAILY", "comment": name})
        self.make("inhibition", {"name": name, "source_matchers": nothing, "target_matchers": nothing, "equal": ["mark"]})
        self.make("oidc_provider", {"name": "provider " + name[-1], "issuer": "https://127.0.0.1:9", "client_id": name,
                                    "client_secret": "not shown"})
        self.make("api_key", {"name": name})
        self.make("management_group", {"name": name, "labels": [{"name": "mark", "value": f"nothing of {name}"}]})
        asked = self.make("inquiry", {"subject": name, "text": self.mark})
        self.ask("POST", f"/api/v1/inquiries/{asked['id']}/messages", {"text": self.mark})
        self.have_announced(name)
        self.make("access_key", {"name": name})
        token = self.make("scim_token", {"name": name})
        self.directory_token = token["secret"]
        self.make_directory_user(token["secret"], f"{name.replace(' ', '-')}@directory.example")

    def have_announced(self, title):
        provider = self.instance.provider()
        answer = provider.post("/admin/v1/announcements", {"kind": "change", "title": title, "text": self.mark,
                                                           "tenant_ids": [self.own("tenant")]})
        assert answer.status == 201, answer.body
        self.ids["announcement"].append(answer.json()["id"])
        member = {"email": f"{title.replace(' ', '-')}@staff.example", "name": title, "role": "support"}
        answer = provider.post("/admin/v1/provider-users", member)
        assert answer.status == 201, answer.body
        self.ids["staff"].append(answer.json()["id"])
        provider.close()

    def make_directory_user(self, token, address):
        self.directory = Client(self.instance.ready["customer_url"], self.instance.ready["ca_file"], token)
        answer = self.directory.post(PATH_OF["directory_user"], {**a_directory_user(self), "userName": address})
        assert answer.status == 201, answer.body
        self.ids["directory_user"].append(answer.json()["id"])
        self.directory.close()

    def send(self, dedup_key):
        alert = {"title": f"{self.mark} {dedup_key}", "dedup_key": dedup_key, "labels": {"mark": self.mark},
                 "service": self.mark, "source": self.mark}
        key = str(uuid.uuid4())
        answer = self.sender.post("/api/v1/alerts", alert, headers={"Idempotency-Key": key})
        assert answer.status == 202, answer.body
        self.replays.setdefault("/api/v1/alerts", (alert, key))
        self.ids["receipt"].append(answer.json()["receipt_id"])
        self.ids["alert"].append(answer.json()["results"][0]["alert_id"])

    def await_tickets(self):
        def all_of(path, count):
            items = self.ask("GET", path)["items"]
            return items if len(items) >= count else None

        self.ids["ticket"] = [each["id"] for each in wait_until(lambda: all_of("/api/v1/tickets?sort=number", 2), "tickets")]
        for ticket in self.ids["ticket"]:
            for number in range(2):
                path, key = f"/api/v1/tickets/{ticket}/comments", str(uuid.uuid4())
                body = {"text": f"{self.mark} {number}"}
                self.ask("POST", path, body, **{"Idempotency-Key": key})
                self.replays.setdefault("/api/v1/tickets/{id}/comments", (body, key))

        def told():
            deliveries = all_of("/api/v1/deliveries", 2) or []
            return deliveries if {each["state"] for each in deliveries} == {"delivered"} else None

        self.ids["delivery"] = [each["id"] for each in wait_until(told, "deliveries")]

        def tested():
            return {each["state"] for each in self.ask("GET", "/api/v1/rules/backtests")["items"]} == {"done"}

        wait_until(tested, "the back-tests")
        for number in range(2):
            self.make("export", {})
            path = f"/api/v1/exports/{self.own('export', number)}"
            wait_until(lambda: self.ask("GET", path)["state"] == "ready", "the export")  # pylint: disable=cell-var-from-loop
        self.make("import", {})
        self.ask("POST", f"/api/v1/imports/{self.own('import')}/parts", {"number": 0, "bytes": "bm90aGluZw=="})
        self.ask("POST", f"/api/v1/imports/{self.own('import')}/start")
        wait_until(lambda: self.ask("GET", f"/api/v1/imports/{self.own('import')}")["state"] == "failed", "the import")
        self.make("import", {})

    def send_many(self, count):
        """Alerts of requests of their own: which place in the journal an id of theirs stands for to others is drawn anew for
        each. Returns when they have joined their ticket."""
        for _ in range(count):
            self.send("another")
        receipt = f"/api/v1/receipts/{self.ids['receipt'][-1]}"
        wait_until(lambda: self.ask("GET", receipt)["settled"], "triage of all alerts")

    def grow_old(self):
        """Gives everything versions that no other tenant's objects have."""
        for change in range(CHANGES):
            for kind, member in AGED.items():
                self.ask("PATCH", f"{PATH_OF[kind]}/{self.own(kind)}", {member: f"{self.mark} changed {change}"})
            self.ask("PATCH", "/api/v1/settings", {"close_approval": change % 2 == 0})
        self.ids["version"] = [str(self.ask("GET", "/api/v1/ruleset")["version"])]

    def canaries(self):
        """What stands in no answer to anybody else."""
        ids = [each for kind, many in self.ids.items() if kind not in NO_CANARIES for each in many]
        return [text.encode() for text in [self.mark, *ids, *self.secrets]]

    def dead_key_of(self, integration):
        """A key of the integration that was revoked."""
        made = self.ask("POST", f"/api/v1/integrations/{integration}/keys", {})
        self.ask("DELETE", f"/api/v1/integrations/{integration}/keys/{made['id']}")
        self.await_dead(made["secret"], "/am/api/v2/status", "revoked key")
        return made["secret"]

    def await_dead(self, secret, path, what):
        client = Client(self.instance.ready["customer_url"], self.instance.ready["ca_file"], secret)
        wait_until(lambda: client.get(path).status == 401, f"a {what} that is refused")
        client.close()

    def lesser_keys(self):
        """Name → key, each of which may less than the admin's who has made it."""
        auditor = self.ask("POST", "/api/v1/users", {"name": "auditor", "email": "auditor@example.com", "role": "auditor"})
        narrowed = self.ask("POST", "/api/v1/users", {"name": "narrowed", "email": "narrowed@example.com", "role": "viewer",
                                                      "management_group_ids": [self.own("management_group")]})
        asked = {"narrowed": ("/api/v1/api-keys", {"user_id": narrowed["id"]}),
                 "auditor": ("/api/v1/api-keys", {"user_id": auditor["id"]}),
                 "scopes": ("/api/v1/api-keys", {"name": "limited", "scopes": sorted(SCOPES)}),
                 "networks": ("/api/v1/api-keys", {"name": "elsewhere", "networks": ELSEWHERE}),
                 "integration": (f"/api/v1/integrations/{self.own('integration', 1)}/keys", {"networks": ELSEWHERE})}
        return {name: self.ask("POST", path, body)["secret"] for name, (path, body) in asked.items()}

    def dead_keys(self):
        """Name → key, each of which was good once."""
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        revoked = self.ask("POST", "/api/v1/api-keys", {"name": "revoked"})
        expired = self.ask("POST", "/api/v1/api-keys", {"name": "expired", "expires_at": soon.isoformat()})
        leaver = self.ask("POST", "/api/v1/users", {"name": "leaver", "email": "leaver@example.com", "role": "admin"})
        key = self.ask("POST", "/api/v1/api-keys", {"user_id": leaver["id"]})
        disabled = self.ask("POST", "/api/v1/integrations", {"name": "disabled"})
        directory = self.ask("POST", "/api/v1/scim-tokens", {"name": "revoked"})
        self.ask("DELETE", f"/api/v1/scim-tokens/{directory['id']}")
        self.ask("DELETE", f"/api/v1/api-keys/{revoked['id']}")
        self.ask("DELETE", f"/api/v1/users/{leaver['id']}")
        self.ask("PATCH", f"/api/v1/integrations/{disabled['id']}", {"enabled": False})
        dead = {"revoked": revoked["secret"], "expired": expired["secret"], "user": key["secret"],
                "integration": self.dead_key_of(self.own("integration")), "disabled": disabled["key"]["secret"],
                "directory": directory["secret"]}
        for name in ("revoked", "expired", "user"):
            self.await_dead(dead[name], "/api/v1/me", f"{name} key")
        self.await_dead(dead["directory"], "/scim/v2/Users", "revoked directory's token")
        self.await_dead(dead["disabled"], "/am/api/v2/status", "key of a disabled integration")
        return dead


def suspend(world, tenant):
    """Returns when its users are told."""
    provider = world.instance.provider()
    answer = provider.call("POST", f"/admin/v1/tenants/{tenant.own('tenant')}/suspend")
    assert answer.status == 200, answer.body
    provider.close()
    wait_until(lambda: tenant.admin.get("/api/v1/me").json()["tenant"]["suspended"], "the suspension")
