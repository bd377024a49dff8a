"""The provider tells its tenants what concerns them: those, at once, by the API and by a mail over real SMTP, and nobody else."""

import os
import re
import subprocess
import time
import unittest

from harness import World

from tenants.person import Mailbox, text_of

BINARY = os.environ["WINNOW_BINARY"]
SOON = 60  # seconds within which people are told of an incident


def setUpModule():
    global world, provider
    world = World(tenants=2)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    provider = world.instance.provider()
    unittest.addModuleCleanup(provider.close)


def tenant_id(number):
    return world.instance.ready["tenants"][number]["tenant_id"]


def titles(client):
    answer = client.get("/api/v1/announcements")
    assert answer.status == 200, answer.body
    return [each["title"] for each in answer.json()["items"]]


def winnow(*words):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


class Announcements(unittest.TestCase):
    def setUp(self):
        self.ours, self.theirs = (world.instance.user("admin", number) for number in range(2))
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)
        self.mailboxes = [Mailbox(world.mail, client.get("/api/v1/me").json()["email"]) for client in (self.ours, self.theirs)]

    def publish(self, title, kind="incident", **more):
        answer = provider.post("/admin/v1/announcements", {"kind": kind, "title": title, "text": f"All of {title}.", **more})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def mail_about(self, mailbox, title):
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            mail = mailbox.next()
            if title in text_of(mail):
                return mail
        self.fail(f"no mail about {title}")

    def test_an_incident_reaches_those_whom_it_concerns_within_a_minute_and_nobody_else(self):
        self.publish("Disk lost", tenant_ids=[tenant_id(0)])
        self.assertIn("Disk lost", titles(self.ours))
        self.assertNotIn("Disk lost", titles(self.theirs))
        mail = self.mail_about(self.mailboxes[0], "Disk lost")
        self.assertIn("incident", str(mail["Subject"]))
        self.assertNotIn("All of Disk lost", text_of(mail))
        # What comes afterwards for all has come to the others: so nothing else will.
        self.publish("All well", kind="change")
        self.mail_about(self.mailboxes[1], "All well")
        self.assertEqual([text for text in map(text_of, self.mailboxes[1].mails()) if "Disk lost" in text], [])

    def test_an_advisory_reaches_only_who_is_affected(self):
        made = self.publish("Old agents leak", kind="advisory", tenant_ids=[tenant_id(1)])
        self.assertNotIn("Old agents leak", titles(self.ours))
        self.assertEqual(self.ours.get(f"/api/v1/announcements/{made['id']}").status, 404)
        self.assertEqual(self.ours.post(f"/api/v1/announcements/{made['id']}/read", None).status, 404)
        self.assertEqual(self.theirs.get(f"/api/v1/announcements/{made['id']}").json()["text"], "All of Old agents leak.")
        self.assertIn("advisory", str(self.mail_about(self.mailboxes[1], "Old agents leak")["Subject"]))

    def test_maintenance_has_its_time_and_who_has_read_it(self):
        made = self.publish("Storage moves", kind="maintenance", starts_at="2099-01-01T00:00:00Z",
                            ends_at="2099-01-01T02:00:00Z")
        at = f"/api/v1/announcements/{made['id']}"
        shown = self.ours.get(at).json()
        self.assertEqual((shown["starts_at"], shown["ends_at"], shown["read_at"]),
                         ("2099-01-01T00:00:00.000Z", "2099-01-01T02:00:00.000Z", None))
        viewer = world.instance.user("viewer")
        self.addCleanup(viewer.close)
        for _ in range(2):
            self.assertEqual(viewer.post(at + "/read", None).status, 204)
        self.assertTrue(viewer.get(at).json()["read_at"])
        self.assertIsNone(self.ours.get(at).json()["read_at"])
        self.assertEqual(provider.get(f"/admin/v1/announcements/{made['id']}").json()["read_by"], 1)

    def test_one_that_is_withdrawn_says_so(self):
        made = self.publish("Wrong")
        self.assertEqual(provider.post(f"/admin/v1/announcements/{made['id']}/withdraw", None).status, 200)
        self.assertTrue(self.theirs.get(f"/api/v1/announcements/{made['id']}").json()["withdrawn_at"])
        self.assertEqual(provider.post(f"/admin/v1/announcements/{made['id']}/withdraw", None).status, 409)

    def test_what_is_wrong_is_said_and_announced_to_nobody(self):
        good = {"kind": "change", "title": "t", "text": "x"}
        for change, pointer in (({"kind": "news"}, "/kind"), ({"title": ""}, "/title"), ({"title": "x" * 201}, "/title"),
                                ({"title": "a\nb"}, "/title"), ({"text": "x" * 10_001}, "/text"), ({"tenant_ids": []}, "/tenant_ids"),
                                ({"tenant_ids": ["0199c0de-0000-7000-8000-00000000dead"]}, "/tenant_ids"),
                                ({"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}, "/ends_at"),
                                ({"colour": "red"}, "/colour")):
            with self.subTest(change=change):
                before = titles(self.ours)
                answer = provider.post("/admin/v1/announcements", {**good, **change})
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(pointer, [each["pointer"] for each in answer.json()["errors"]])
                self.assertEqual(titles(self.ours), before)
        self.assertEqual(provider.post("/admin/v1/announcements", {**good, "title": "x" * 200}).status, 201)
        self.assertEqual(self.ours.post("/admin/v1/announcements", good).status, 404)

    def test_the_command_line_publishes_lists_and_reads_them(self):
        code = world.instance.ready["tenants"][0]["service_code"]
        told = winnow("announcement", "publish", "By hand", "--kind", "change", "--text", "Typed.", "--tenant", code)
        found = re.match(r"([0-9a-f-]{36}) is announced to 1 tenant", told)[1]
        self.assertRegex(winnow("announcement", "list"), rf"{found} +new .*By hand")
        self.assertIn("Typed.", winnow("announcement", "show", found))
        self.assertIn("is read", winnow("announcement", "read", found))
        self.assertRegex(winnow("announcement", "published"), rf"{found} .* 1 +1 +By hand")
        self.assertIn("is withdrawn", winnow("announcement", "withdraw", found))


if __name__ == "__main__":
    unittest.main()
