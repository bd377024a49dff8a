"""The provider's staff read what a tenant has by leave of a second person only, while the tenant watches and can end it."""

import os
import re
import subprocess
import unittest

from harness import World, wait_until

from tenants.person import Mailbox, text_of
from tenants.staff_person import StaffPerson

BINARY = os.environ["WINNOW_BINARY"]
REASON = "Mails of ticket 7 are late since eight."
READABLE = ("tickets:read", "alerts:read", "rules:read", "contacts:read", "integrations:read", "deliveries:read",
            "settings:read", "silences:read", "maintenance-windows:read", "inhibitions:read")
READ = ("tickets", "tickets/stats", "alerts", "rules", "ruleset", "contacts", "contact-groups", "integrations", "deliveries",
        "settings", "silences", "maintenance-windows", "inhibitions", "stats/noise")


def setUpModule():
    global world, provider, ann, bob, eve
    world = World(tenants=2)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    provider = world.instance.provider()
    unittest.addModuleCleanup(provider.close)
    ann, bob, eve = (StaffPerson(world.instance.ready, provider, f"{name}@provider.example")
                     for name in ("ann", "bob", "eve"))
    for person in (ann, bob, eve):
        unittest.addModuleCleanup(person.close)
    sender = world.instance.integration()
    for title in ("disk full", "fan broken"):
        assert sender.post("/api/v1/alerts", {"title": title}).status == 202
    sender.close()
    admin = world.instance.user("admin")
    wait_until(lambda: len(admin.get("/api/v1/tickets").json()["items"]) == 2, "the tickets")
    admin.close()


def tenant_id(number=0):
    return world.instance.ready["tenants"][number]["tenant_id"]


def winnow(*words, key=None, status=0):
    urls = {}
    if key is not None:
        ready = world.instance.ready
        urls = {"WINNOW_URL": ready["management_url"], "WINNOW_KEY": key, "WINNOW_CA_FILE": ready["ca_file"]}
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state, **urls})
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


class SupportGrants(unittest.TestCase):
    def setUp(self):
        self.admin, self.viewer, self.others = (world.instance.user(role, number)
                                                for role, number in (("admin", 0), ("viewer", 0), ("admin", 1)))
        for client in (self.admin, self.viewer, self.others):
            self.addCleanup(client.close)

    def asked(self, **more):
        answer = ann.ask(tenant_id(), REASON, **more)
        self.assertEqual(answer.status, 201, answer.body)
        grant = answer.json()["id"]
        self.addCleanup(lambda: provider.post(f"/admin/v1/support-grants/{grant}/end", None))
        return grant

    def opened(self, **more):
        grant = self.asked(**more)
        answer = bob.approve(grant)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json()["state"], "active")
        return grant

    def acts(self, client, path, grant):
        return [each["act"] for each in client.get(f"{path}?on=support_grant:{grant}&limit=50").json()["items"]]

    def test_open_what_a_viewer_reads_and_nothing_else(self):
        grant = self.opened()
        for path in READ:
            with self.subTest(path=path):
                answer = ann.read(grant, path)
                self.assertEqual(answer.status, 200, answer.body)
                own = self.viewer.get(f"/api/v1/{path}")
                self.assertEqual((answer.status, sorted(answer.json())), (own.status, sorted(own.json())))
        self.assertIn(b"disk full", ann.read(grant, "tickets").body)
        ticket = ann.read(grant, "tickets").json()["items"][0]["id"]
        self.assertEqual(ann.read(grant, f"tickets/{ticket}").json()["id"], ticket)
        for path in ("users", "me", "me/sessions", "api-keys", "audit-log", "audit-log/export", "access-log", "exports",
                     "announcements", "inquiries", "support-grants", "tickets.csv"):
            with self.subTest(path=path):
                answer = ann.read(grant, path)
                self.assertEqual(answer.status, 403, answer.body)
        for path in ("nothing", "security-features", "../../livez", "%2e%2e/livez", "tickets/0199c0de-0000-7000-8000-00000000dead"):
            with self.subTest(path=path):
                self.assertEqual(ann.read(grant, path).status, 404)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with self.subTest(method=method):
                answer = ann.client.call(method, f"/admin/v1/support/{grant}/tickets/{ticket}", {"priority": "x"})
                self.assertEqual(answer.status, 405, answer.body)

    def test_are_of_two_persons_and_a_key_is_none(self):
        grant = self.asked()
        self.assertEqual(ann.approve(grant).status, 403)
        self.assertEqual(provider.post(f"/admin/v1/support-grants/{grant}/approve", None).status, 403)
        self.assertEqual(ann.read(grant, "tickets").status, 403, "not approved")
        self.assertEqual(bob.approve(grant).status, 200)
        self.assertEqual(bob.approve(grant).status, 409)
        self.assertEqual(ann.read(grant, "tickets").status, 200)
        for reader in (bob, eve):
            self.assertEqual(reader.read(grant, "tickets").status, 404, "it is who asked that reads")
        self.assertEqual(provider.get(f"/admin/v1/support/{grant}/tickets").status, 403)
        answer = provider.post("/admin/v1/support-grants", {"tenant_id": tenant_id(), "reason": REASON})
        self.assertEqual(answer.status, 403, answer.body)

    def test_are_for_what_they_name_in_the_tenant_that_they_name(self):
        grant = self.opened(scopes=["rules:read"])
        self.assertEqual(ann.read(grant, "rules").status, 200)
        self.assertEqual(ann.read(grant, "tickets").status, 403)
        theirs = self.others.post("/api/v1/rules", {"name": "theirs", "condition": 'env="x"', "actions": [{"type": "suppress"}]})
        self.assertEqual(theirs.status, 201, theirs.body)
        self.assertEqual(ann.read(grant, f"rules/{theirs.json()['id']}").status, 404)
        self.assertNotIn(b"theirs", ann.read(grant, "rules").body)

    def test_are_seen_at_once_in_both_logs_and_by_mail(self):
        grant = self.asked(minutes=7)
        for client in (self.admin, self.viewer):
            seen = client.get(f"/api/v1/support-grants/{grant}").json()
            self.assertEqual((seen["state"], seen["reason"], seen["asked_by"], seen["minutes"]),
                             ("requested", REASON, ann.actor, 7))
        mailbox = Mailbox(world.mail, self.admin.get("/api/v1/me").json()["email"])
        bob.approve(grant)
        seen = self.viewer.get(f"/api/v1/support-grants/{grant}").json()
        self.assertEqual((seen["state"], seen["approved_by"]), ("active", bob.actor))
        while True:
            mail = mailbox.next()
            if "7 minutes" in text_of(mail):
                break
        self.assertIn(REASON, text_of(mail))
        self.assertEqual(ann.read(grant, "tickets?limit=1").status, 200)
        entry = self.admin.get(f"/api/v1/access-log?actor={ann.actor}&limit=1").json()["items"][0]
        self.assertEqual((entry["route"], entry["means"], entry["key_id"], entry["status"], entry["address"]),
                         ("/api/v1/tickets", "support_grant", grant, 200, ""))
        record = self.admin.get(f"/api/v1/audit-log?on=support_grant:{grant}&limit=1").json()["items"][0]
        self.assertEqual((record["act"], record["actor"], record["detail"]["operation"], record["detail"]["query"]),
                         ("support_grant.read", ann.actor, "listTickets", "limit=1"))
        self.assertEqual(self.acts(self.admin, "/api/v1/audit-log", grant),
                         ["support_grant.read", "support_grant.approve", "support_grant.request"])
        self.assertEqual(self.acts(provider, "/admin/v1/audit-log", grant), ["support_grant.approve", "support_grant.request"])
        own = self.admin.get("/api/v1/audit-log?limit=200").body
        self.assertNotIn(b"ann@provider.example", own)

    def test_what_is_denied_is_told_to_the_tenant_as_well(self):
        grant = self.opened()
        self.assertEqual(ann.read(grant, "users").status, 403)

        def told():
            entries = self.admin.get(f"/api/v1/access-log?actor={ann.actor}&status=403").json()["items"]
            return [each for each in entries if each["route"] == "/api/v1/users" and each["key_id"] == grant]

        wait_until(told, "the refusal in the access log")

    def test_are_ended_by_the_tenant_at_once_and_for_good(self):
        grant = self.opened()
        self.assertEqual(ann.read(grant, "tickets").status, 200)
        self.assertEqual(self.viewer.call("DELETE", f"/api/v1/support-grants/{grant}").status, 403)
        self.assertEqual(self.others.call("DELETE", f"/api/v1/support-grants/{grant}").status, 404)
        self.assertEqual(self.others.get(f"/api/v1/support-grants/{grant}").status, 404)
        self.assertEqual(ann.read(grant, "tickets").status, 200)
        self.assertEqual(self.admin.call("DELETE", f"/api/v1/support-grants/{grant}").status, 204)
        self.assertEqual(ann.read(grant, "tickets").status, 403)
        self.assertEqual(self.admin.call("DELETE", f"/api/v1/support-grants/{grant}").status, 409)
        self.assertEqual(bob.approve(grant).status, 409)
        seen = self.admin.get(f"/api/v1/support-grants/{grant}").json()
        me = self.admin.get("/api/v1/me").json()["id"]
        self.assertEqual((seen["state"], seen["ended_by"]), ("ended", f"user:{me}"))
        for client, path in ((self.admin, "/api/v1/audit-log"), (provider, "/admin/v1/audit-log")):
            self.assertEqual(self.acts(client, path, grant)[0], "support_grant.end")
        waits = self.asked()
        self.assertEqual(self.admin.call("DELETE", f"/api/v1/support-grants/{waits}").status, 204)
        self.assertEqual(self.admin.get(f"/api/v1/support-grants/{waits}").json()["state"], "refused")
        self.assertEqual(bob.approve(waits).status, 409)

    def test_are_ended_by_the_staff_too_and_with_who_reads(self):
        grant = self.opened()
        self.assertEqual(eve.client.post(f"/admin/v1/support-grants/{grant}/end", None).status, 200)
        self.assertEqual(ann.read(grant, "tickets").status, 403)
        gone = StaffPerson(world.instance.ready, provider, "gone@provider.example")
        self.addCleanup(gone.close)
        grant = gone.ask(tenant_id(), REASON).json()["id"]
        self.assertEqual(bob.approve(grant).status, 200)
        self.assertEqual(gone.read(grant, "tickets").status, 200)
        self.assertEqual(provider.post(f"/admin/v1/provider-users/{gone.id}/disable", None).status, 200)
        self.assertEqual(gone.read(grant, "tickets").status, 401)
        provider.post(f"/admin/v1/support-grants/{grant}/end", None)

    def test_pages_lead_on(self):
        grant = self.opened()
        first = ann.read(grant, "tickets?limit=1")
        link = re.match(r'<(/admin/v1/support/[^>]+)>; rel="next"', first.headers["Link"])[1]
        second = ann.client.get(link)
        self.assertEqual(second.status, 200, second.body)
        self.assertNotEqual(first.json()["items"][0]["id"], second.json()["items"][0]["id"])
        self.assertEqual(first.headers["Cache-Control"], "no-store")

    def test_a_suspended_tenant_sees_and_ends_them(self):
        grant = self.opened()
        tenant = tenant_id()
        self.assertEqual(provider.post(f"/admin/v1/tenants/{tenant}/suspend", None).status, 200)
        self.addCleanup(lambda: wait_until(lambda: not self.admin.get("/api/v1/me").json()["tenant"]["suspended"], "its end"))
        self.addCleanup(lambda: provider.post(f"/admin/v1/tenants/{tenant}/resume", None))
        wait_until(lambda: self.admin.get("/api/v1/me").json()["tenant"]["suspended"], "the suspension")
        self.assertEqual(ann.read(grant, "tickets").status, 200)
        self.assertEqual(self.admin.call("DELETE", f"/api/v1/support-grants/{grant}").status, 204)
        self.assertEqual(ann.read(grant, "tickets").status, 403)

    def test_what_is_wrong_is_said_and_only_so_many_wait(self):
        for change, pointer in (({"reason": "x" * 19}, "/reason"), ({"reason": "x" * 501}, "/reason"),
                                ({"reason": "x" * 20 + "\n"}, "/reason"), ({"minutes": 0}, "/minutes"),
                                ({"minutes": 61}, "/minutes"), ({"scopes": []}, "/scopes"),
                                ({"scopes": ["users:read"]}, "/scopes/0"),
                                ({"scopes": ["tickets:read", "tickets:write"]}, "/scopes/1"),
                                ({"tenant_id": "0199c0de-0000-7000-8000-00000000dead"}, "/tenant_id"),
                                ({"colour": "red"}, "/colour")):
            with self.subTest(change=change):
                answer = ann.client.post("/admin/v1/support-grants", {"tenant_id": tenant_id(), "reason": REASON, **change})
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(pointer, [each["pointer"] for each in answer.json()["errors"]])
        for edge in ({"reason": "x" * 20}, {"reason": "x" * 500}, {"minutes": 1}, {"minutes": 60}, {"scopes": list(READABLE)}):
            answer = ann.client.post("/admin/v1/support-grants", {"tenant_id": tenant_id(), "reason": REASON, **edge})
            self.assertEqual(answer.status, 201, answer.body)
            self.addCleanup(lambda grant=answer.json()["id"]: provider.post(f"/admin/v1/support-grants/{grant}/end", None))
        self.assertEqual(ann.ask(tenant_id(), REASON).status, 409, "five wait")
        self.assertEqual(self.admin.post("/admin/v1/support-grants", {}).status, 404)

    def test_the_command_line_asks_approves_reads_and_ends(self):
        code = world.instance.ready["tenants"][0]["service_code"]
        told = winnow("support-grant", "ask", code, "--reason", REASON, "--minutes", "5", "--scope", "tickets:read", key=ann.token)
        grant = re.match(r"([0-9a-f-]{36}) is requested", told)[1]
        self.addCleanup(lambda: provider.post(f"/admin/v1/support-grants/{grant}/end", None))
        self.assertRegex(winnow("support-grant", "list"), rf"{grant} +requested +- +{re.escape(REASON)}")
        self.assertIn(" is active until ", winnow("support-grant", "approve", grant, key=bob.token))
        self.assertIn("disk full", winnow("support-grant", "read", grant, "tickets?limit=50", key=ann.token))
        self.assertIn("reads: tickets:read", winnow("support-grant", "show", grant))
        self.assertRegex(winnow("support-grant", "list", "--provider"), rf"{grant} +{code} +active")
        self.assertIn(" is ended", winnow("support-grant", "end", grant))
        winnow("support-grant", "end", grant, "--provider", status=1)


if __name__ == "__main__":
    unittest.main()
