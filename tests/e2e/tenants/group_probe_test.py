"""Nobody who is narrowed to a management group reaches what is another group's: every route, every place where an id of a ticket,
an alert, a receipt, a delivery or an integration can stand, and every list.

What is asked is generated from the route table, as of tenants (`tenant_probe_test.py`); the ids are of the caller's own tenant.
"""

import collections
import os
import random
import subprocess
import time
import unittest
import urllib.parse

from harness import Client, World, wait_until

from tenants.probe import bodies
from tenants.probe.asking import shape
from tenants.probe.identities import NOT_NARROWED, OF_ADMINS, PERMISSIONS, ROLES, WHOLE
from tenants.probe.places import kind_of, unknown_like
from tenants.probe.routes import read_routes
from tenants.probe.tenants import Tenant

# What belongs to a group; the rest is the whole tenant's configuration.
NARROWED = ("ticket", "alert", "receipt", "delivery", "integration")
TITLE = "the same in all"  # of the foreign group's alerts, and of nothing that is configured
PROMISE = 1.0  # seconds
BINARY = os.environ["WINNOW_BINARY"]
LEAST_PROBES = 90


class Ours:
    """What the bodies of the probe call one's own."""

    def __init__(self, tenant, ticket):
        self.tenant, self.ticket = tenant, ticket
        self.ids = tenant.ids

    def own(self, kind, which=0):
        return self.ticket if kind == "ticket" else self.tenant.own(kind, which)


class Narrowed:
    """A user who is narrowed to our group."""

    def __init__(self, role):
        self.role = role
        made = tenant.ask("POST", "/api/v1/users", {"name": role, "email": f"{role}@groups.example", "role": role,
                                                    "management_group_ids": [group]})
        self.id = made["id"]
        self.key = tenant.ask("POST", "/api/v1/api-keys", {"user_id": self.id})["secret"]
        self.client = client_of(self.key)

    def refusal(self, route):
        holder, least, _ = PERMISSIONS[route.permission]
        if holder == "anyone":
            return None
        lacks = least is None or holder != "user" or ROLES.index(self.role) < ROLES.index(least)
        return 403 if lacks or route.permission in NOT_NARROWED or route.operation in WHOLE | OF_ADMINS else None


def client_of(key):
    return Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"], key)


def setUpModule():
    global world, tenant, group, ours, people, routes
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    routes = [route for route in read_routes() if route.listener == "customer"]
    tenant = Tenant(world, 0)
    tenant.fill(world.webhook.url)
    everything = [each["id"] for each in tenant.ask("GET", "/api/v1/integrations?limit=200")["items"]]
    tenant.ids["integration"] = everything
    tenant.ask("POST", "/api/v1/management-groups", {"name": "foreign", "integration_ids": everything})
    made = tenant.ask("POST", "/api/v1/integrations", {"name": "of our group"})
    group = tenant.ask("POST", "/api/v1/management-groups", {"name": "ours", "integration_ids": [made["id"]]})["id"]
    sender = client_of(made["key"]["secret"])
    sent = sender.post("/api/v1/alerts", {"title": "ours alone", "dedup_key": "ours"})
    assert sent.status == 202, sent.body
    ours = Ours(tenant, wait_until(our_ticket, "our ticket"))
    people = [Narrowed(role) for role in ("viewer", "operator")]
    unittest.addModuleCleanup(lambda: [who.client.close() for who in people])


def our_ticket():
    found = [each["id"] for each in tenant.ask("GET", "/api/v1/tickets")["items"] if each["title"] == "ours alone"]
    return found[0] if found else None


def canaries():
    return [each.encode() for each in [TITLE, *(each for kind in NARROWED for each in tenant.ids[kind])]]


class GroupProbe(unittest.TestCase):
    def test_every_place_of_a_foreign_id_is_denied_and_tells_nothing(self):
        drawn = random.Random(11)
        counts = collections.Counter()
        for who in people:
            for route in routes:
                for name in route.in_path:
                    kind = kind_of(route, name)
                    if kind not in NARROWED:
                        continue
                    with self.subTest(role=who.role, route=str(route)):
                        self.probe(who, route, name, tenant.own(kind), unknown_like(tenant.own(kind), drawn))
                        counts[who.role, kind] += 2
        print(f"\n{sum(counts.values())} probes of foreign groups, all denied: {dict(counts)}", flush=True)
        self.assertGreaterEqual(sum(counts.values()), LEAST_PROBES)

    def probe(self, who, route, name, foreign, unknown):
        body = bodies.BODIES[route.operation](ours) if route.has_body else None
        shapes = []
        for value in (foreign, unknown):
            path = route.path.replace("{" + name + "}", value)
            for other in route.in_path:
                path = path.replace("{" + other + "}", ours.own(kind_of(route, other)) if other != name else value)
            answer = who.client.call(route.method, path, body)
            self.assertEqual(answer.status, who.refusal(route) or 404, (path, answer.body))
            self.assertNotIn(TITLE.encode(), answer.body)
            shapes.append(shape(answer, (value, path)))
        self.assertEqual(*shapes)

    def test_no_list_tells_of_what_is_foreign(self):
        for who in people:
            for route in routes:
                if route.method != "GET" or route.in_path or not route.path.startswith("/api/v1/"):
                    continue
                if PERMISSIONS[route.permission][0] == "session":
                    continue
                with self.subTest(role=who.role, route=str(route)):
                    answer = who.client.get(route.path + ("?limit=200" if "limit" in route.in_query else ""))
                    self.assertEqual(answer.status, who.refusal(route) or 200, answer.body)
                    self.assertEqual([each for each in canaries() if each in answer.body], [])

    def test_no_filter_leads_to_what_is_foreign(self):
        for who in people:
            for path in (f"/api/v1/tickets?q={urllib.parse.quote(TITLE)}", f"/api/v1/tickets?label.mark={tenant.mark}",
                         f"/api/v1/tickets?service={tenant.mark}", f"/api/v1/alerts?ticket_id={tenant.own('ticket')}",
                         f"/api/v1/alerts?q={urllib.parse.quote(TITLE)}", f"/api/v1/deliveries?ticket_id={tenant.own('ticket')}"):
                with self.subTest(role=who.role, path=path):
                    self.assertEqual(who.client.get(path).json()["items"], [])

    def test_what_is_ones_own_is_there(self):
        for who in people:
            self.assertEqual([each["title"] for each in who.client.get("/api/v1/tickets").json()["items"]], ["ours alone"])
            self.assertEqual(who.client.get("/api/v1/tickets/stats").json()["total"], 1)
            self.assertEqual(len(who.client.get("/api/v1/alerts").json()["items"]), 1)
            self.assertIn(b"ours alone", who.client.get("/api/v1/tickets.csv").body)
        comment = people[1].client.post(f"/api/v1/tickets/{ours.ticket}/comments", {"text": "at work"})
        self.assertEqual(comment.status, 201, comment.body)

    def test_a_ticket_in_bulk_and_as_a_parent_is_not_there(self):
        operator = people[1].client
        bulk = operator.post("/api/v1/tickets/bulk", {"ids": [tenant.own("ticket")], "patch": {"priority": "x"}})
        self.assertNotIn(TITLE.encode(), bulk.body)
        self.assertEqual(tenant.ask("GET", f"/api/v1/tickets/{tenant.own('ticket')}")["priority"], "")
        parent = operator.call("PUT", f"/api/v1/tickets/{ours.ticket}/parent", {"parent_id": tenant.own("ticket")})
        self.assertEqual(parent.status, 422, parent.body)

    def test_who_is_narrowed_makes_no_key_that_is_not(self):
        made = people[0].client.post("/api/v1/api-keys", {"name": "mine"})
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(made.json()["management_group_ids"], [group])
        narrowed = tenant.ask("POST", "/api/v1/api-keys", {"name": "narrowed", "management_group_ids": [group]})
        client = client_of(narrowed["secret"])
        self.assertEqual(client.get(f"/api/v1/tickets/{tenant.own('ticket')}").status, 404)
        self.assertEqual(client.get("/api/v1/audit-log").status, 403)
        again = client.post("/api/v1/api-keys", {"name": "wider"})
        self.assertEqual(again.json()["management_group_ids"], [group])
        self.assertEqual(client.post("/api/v1/access-keys", {}).status, 403, "which would see all that its user does")
        client.close()

    def test_nobody_sees_more_when_a_group_goes(self):
        doomed = tenant.ask("POST", "/api/v1/management-groups", {"name": "doomed"})["id"]
        user = tenant.ask("POST", "/api/v1/users", {"name": "v", "email": "v@groups.example", "role": "viewer",
                                                    "management_group_ids": [doomed]})["id"]
        client = client_of(tenant.ask("POST", "/api/v1/api-keys", {"user_id": user})["secret"])
        self.assertEqual(client.get("/api/v1/tickets").json()["items"], [])
        tenant.ask("DELETE", f"/api/v1/management-groups/{doomed}")
        self.assertEqual(tenant.ask("GET", f"/api/v1/users/{user}")["management_group_ids"], [])
        self.assertEqual(client.get("/api/v1/tickets").json()["items"], [])
        in_use = tenant.admin.call("DELETE", f"/api/v1/management-groups/{group}")
        self.assertEqual(in_use.status, 409, in_use.body)
        client.close()

    def test_an_admin_is_not_narrowed_and_unknown_groups_are_refused(self):
        for body in ({"role": "admin", "management_group_ids": [group]}, {"role": "auditor", "management_group_ids": []},
                     {"role": "viewer", "management_group_ids": [tenant.own("ticket")]}):
            answer = tenant.admin.post("/api/v1/users", {"name": "x", "email": "x@groups.example", **body})
            self.assertEqual(answer.status, 422, answer.body)
            self.assertIn(b"/management_group_ids", answer.body)

    def test_who_is_narrowed_or_moved_sees_no_more_within_a_second(self):
        user = tenant.ask("POST", "/api/v1/users", {"name": "m", "email": "m@groups.example", "role": "viewer"})["id"]
        client = client_of(tenant.ask("POST", "/api/v1/api-keys", {"user_id": user})["secret"])
        foreign = f"/api/v1/tickets/{tenant.own('ticket')}"
        self.assertEqual(client.get(foreign).status, 200)
        tenant.ask("PATCH", f"/api/v1/users/{user}", {"management_group_ids": [group]})
        done = time.monotonic()
        wait_until(lambda: client.get(foreign).status == 404, "the user to be narrowed")
        self.assertLess(time.monotonic() - done, PROMISE)
        self.assertEqual(client.get(f"/api/v1/tickets/{ours.ticket}").status, 200)
        tenant.ask("PATCH", f"/api/v1/users/{user}", {"management_group_ids": []})
        done = time.monotonic()
        wait_until(lambda: client.get(f"/api/v1/tickets/{ours.ticket}").status == 404, "the user to be moved")
        self.assertLess(time.monotonic() - done, PROMISE)
        client.close()

    def test_the_command_line_narrows_and_widens_by_names(self):
        def winnow(*words):
            done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                                  env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
            self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
            return done.stdout

        tenant.ask("POST", "/api/v1/users", {"name": "c", "email": "c@groups.example", "role": "viewer"})

        def groups_of_c():
            users = tenant.ask("GET", "/api/v1/users?limit=200")["items"]
            return next(each["management_group_ids"] for each in users if each["email"] == "c@groups.example")

        winnow("group", "create", "by hand", "--label", "team=db")
        winnow("group", "add", "by hand", "--user", "c@groups.example", "--label", "team=dba")
        made = next(each for each in tenant.ask("GET", "/api/v1/management-groups?limit=200")["items"]
                    if each["name"] == "by hand")
        self.assertEqual([each["value"] for each in made["labels"]], ["db", "dba"])
        self.assertEqual(groups_of_c(), [made["id"]])
        self.assertIn("team=db, team=dba", winnow("group", "list"))
        winnow("group", "remove", "by hand", "--user", "c@groups.example", "--label", "team=db")
        self.assertEqual(groups_of_c(), [], "still narrowed")
        winnow("group", "widen", "c@groups.example")
        self.assertIsNone(groups_of_c())
        winnow("group", "rename", "by hand", "storage")
        winnow("group", "give", "storage", ours.ticket)
        winnow("group", "give-back", ours.ticket)
        winnow("group", "delete", "storage")


if __name__ == "__main__":
    unittest.main()
