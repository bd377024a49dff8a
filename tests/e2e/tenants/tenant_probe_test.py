"""Two tenants on one instance: neither sees a row of the other, over every route that reads, with every identifier."""

import os
import re
import unittest

from harness import World, wait_until

OPENAPI = os.path.join(os.path.dirname(__file__), "../../../docs/openapi.yaml")
MARK = ["mark-of-the-first", "mark-of-the-second"]
# What belongs to nobody: answers without a tenant's data.
PUBLIC = {"/livez", "/readyz", "/metrics"}


def operations():
    """(METHOD, path) of every operation under /api/v1; docs/openapi.yaml equals the router, as another test shows."""
    found = []
    path = None
    with open(OPENAPI, encoding="utf-8") as document:
        for line in document:
            if heading := re.match(r"  (/\S+):$", line):
                path = heading[1]
            elif (method := re.match(r"    (get|put|post|patch|delete):$", line)) and path.startswith("/api/v1/"):
                found.append((method[1].upper(), path))
    return found


class Tenant:
    """A tenant that has one of everything, each bearing its mark."""

    def __init__(self, world, number):
        self.mark = MARK[number]
        self.admin = world.instance.user("admin", number)
        self.sender = world.instance.integration(number)
        self.ids = {}

    def create(self, kind, path, body):
        answer = self.admin.post(path, body)
        assert answer.status == 201, (path, answer.body)
        self.ids[kind] = answer.json()["id"]
        return self.ids[kind]

    def fill(self, world):
        contact = self.create("contact", "/api/v1/contacts",
                              {"name": self.mark, "type": "webhook", "url": f"{world.webhook.url}/{self.mark}"})
        group = self.create("group", "/api/v1/contact-groups", {"name": self.mark, "contact_ids": [contact]})
        settings = self.admin.call("PATCH", "/api/v1/settings", {"default_route": [group]},
                                   headers={"Content-Type": "application/merge-patch+json"})
        assert settings.status == 200, settings.body
        self.create("rule", "/api/v1/rules",
                    {"name": self.mark, "syntax": "matchers", "condition": '{title=~".+"}',
                     "actions": [{"type": "set", "field": "labels.tier", "value": self.mark}]})
        rules = self.admin.get("/api/v1/ruleset").json()["rules"]
        rules[0]["description"] = self.mark
        answer = self.admin.call("PUT", "/api/v1/ruleset", {"rules": rules, "comment": self.mark})
        assert answer.status == 200, answer.body
        backtest = self.admin.post("/api/v1/rules/backtests", {"rule_id": self.ids["rule"]})
        assert backtest.status == 202, backtest.body
        self.ids["backtest"] = backtest.json()["id"]
        self.create("integration", "/api/v1/integrations", {"name": self.mark})
        self.create("user", "/api/v1/users", {"name": self.mark, "email": f"{self.mark}@example.com", "role": "viewer"})
        nothing = f'mark="nothing of {self.mark}"'
        self.create("silence", "/api/v1/silences",
                    {"matchers": nothing, "ends_at": "2099-01-01T00:00:00Z", "comment": self.mark})
        self.create("window", "/api/v1/maintenance-windows",
                    {"name": self.mark, "matchers": nothing, "starts_at": "2026-11-23T02:00:00Z", "time_zone": "UTC",
                     "duration": "PT1H", "rrule": "FREQ=DAILY", "comment": self.mark})
        self.create("inhibition", "/api/v1/inhibitions",
                    {"name": self.mark, "source_matchers": nothing, "target_matchers": nothing, "equal": ["mark"]})
        key = self.admin.post("/api/v1/api-keys", {"name": self.mark})
        assert key.status == 201, key.body
        self.ids["api_key"] = key.json()["id"]
        self.send(2)

    def send(self, count):
        alert = {"title": self.mark, "dedup_key": "the same in both", "labels": {"mark": self.mark}}
        answer = self.sender.post("/api/v1/alerts", [alert] * count)
        assert answer.status == 202, answer.body
        self.ids["receipt"] = answer.json()["receipt_id"]
        self.ids["alert"] = answer.json()["results"][0]["alert_id"]
        ticket = wait_until(lambda: self.admin.get("/api/v1/tickets").json()["items"], "the ticket")[0]
        self.ids["ticket"] = ticket["id"]
        comment = self.admin.post(f"/api/v1/tickets/{ticket['id']}/comments", {"text": self.mark})
        assert comment.status == 201, comment.body
        delivery = wait_until(lambda: self.admin.get("/api/v1/deliveries").json()["items"], "the delivery")[0]
        self.ids["delivery"] = delivery["id"]


def setUpModule():
    global world, tenants
    world = World(tenants=2)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    tenants = [Tenant(world, 0), Tenant(world, 1)]
    for tenant in tenants:
        tenant.fill(world)


class TenantProbe(unittest.TestCase):
    def foreign(self, answer, owner):
        """What of `owner` stands in an answer to somebody else."""
        text = answer.body.decode()
        found = [owner.mark] if owner.mark in text else []
        return found + [f"{kind} {value}" for kind, value in owner.ids.items() if f'"{value}"' in text]

    def pairs(self):
        return [(tenants[0], tenants[1]), (tenants[1], tenants[0])]

    def test_lists_show_nothing_of_the_other_tenant(self):
        lists = [path for method, path in operations() if method == "GET" and "{" not in path]
        self.assertGreater(len(lists), 12)
        for asker, owner in self.pairs():
            for path in lists:
                with self.subTest(path=path):
                    answer = asker.admin.get(path)
                    self.assertEqual(answer.status, 200, answer.body)
                    self.assertEqual(self.foreign(answer, owner), [])

    def test_lists_show_what_is_ones_own(self):
        without_marks = {"/api/v1/tickets/stats", "/api/v1/settings", "/api/v1/me", "/api/v1/stats/suggestions",
                         "/api/v1/stats/noise", "/api/v1/audit-log/anchors"}
        for method, path in operations():
            if method == "GET" and "{" not in path and path not in without_marks:
                with self.subTest(path=path):
                    answer = tenants[0].admin.get(path)
                    self.assertNotEqual(self.foreign(answer, tenants[0]), [], answer.body)

    def test_filters_by_the_other_tenants_identifiers_find_nothing(self):
        filters = ["/api/v1/alerts?ticket_id={ticket}", "/api/v1/alerts?rule_id={rule}",
                   "/api/v1/deliveries?ticket_id={ticket}", "/api/v1/deliveries?contact_id={contact}",
                   "/api/v1/api-keys?user_id={user}"]
        for asker, owner in self.pairs():
            for pattern in filters:
                with self.subTest(filter=pattern):
                    answer = asker.admin.get(pattern.format(**owner.ids))
                    self.assertIn(answer.status, (200, 404), answer.body)
                    self.assertEqual(answer.json().get("items", []), [])

    def test_no_identifier_of_the_other_tenant_opens_anything(self):
        reads = [path for method, path in operations() if method == "GET" and "{id}" in path]
        self.assertGreater(len(reads), 10)
        own = 0
        for asker, owner in self.pairs():
            for path in reads:
                for kind, value in owner.ids.items():
                    with self.subTest(path=path, kind=kind):
                        answer = asker.admin.get(path.replace("{id}", value))
                        self.assertIn(answer.status, (404, 422), answer.body)
                        self.assertEqual(self.foreign(answer, owner), [])
                        own += owner.admin.get(path.replace("{id}", value)).status == 200
        self.assertGreaterEqual(own, 2 * len(reads), "each route opens for the owner of the right identifier")

    def test_a_version_of_the_rule_set_is_that_of_the_one_who_asks(self):
        for asker, owner in self.pairs():
            answer = asker.admin.get("/api/v1/ruleset/versions/2")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(self.foreign(answer, owner), [])
            self.assertNotEqual(self.foreign(answer, asker), [])

    def test_no_identifier_of_the_other_tenant_can_be_changed(self):
        bodies = {"transitions": {"to": "closed"}, "comments": {"text": "x"}, "keys": {}, "retry": {},
                  "parent": {"parent_id": None}}
        changes = [(method, path) for method, path in operations() if method != "GET" and "{id}" in path]
        for asker, owner in self.pairs():
            before = {path: owner.admin.get(path).body for path in ("/api/v1/rules", "/api/v1/contacts", "/api/v1/users",
                                                                    "/api/v1/integrations", "/api/v1/api-keys")}
            for method, path in changes:
                for kind, value in owner.ids.items():
                    with self.subTest(method=method, path=path, kind=kind):
                        answer = asker.admin.call(
                            method, path.replace("{id}", value).replace("{key_id}", value),
                            bodies.get(path.rsplit("/", 1)[-1], {"name": "mine now"}) if method != "DELETE" else None,
                            headers={"If-Match": "*"})
                        self.assertGreaterEqual(answer.status, 400, answer.body)
                        self.assertNotIn(answer.status, (401, 403, 500, 503), answer.body)
                        self.assertEqual(self.foreign(answer, owner), [])
            for path, body in before.items():
                self.assertEqual(owner.admin.get(path).body, body, path)

    def test_the_same_dedup_key_makes_a_ticket_in_each(self):
        tickets = [tenant.admin.get("/api/v1/tickets").json()["items"] for tenant in tenants]
        self.assertEqual([[t["occurrences"] for t in items] for items in tickets], [[2], [2]])
        self.assertNotEqual(tickets[0][0]["id"], tickets[1][0]["id"])


if __name__ == "__main__":
    unittest.main()
