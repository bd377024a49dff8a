"""A tenant asks, the provider answers: two ways, each told of the other's word by a mail over real SMTP, and nobody else."""

import os
import re
import subprocess
import unittest

from harness import World

from tenants.person import Mailbox, text_of

BINARY = os.environ["WINNOW_BINARY"]
SUPPORT = "support@provider.example"


def setUpModule():
    global world, provider
    world = World(tenants=2, config=f"provider: {{support_address: {SUPPORT}}}\n")
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    provider = world.instance.provider()
    unittest.addModuleCleanup(provider.close)


def winnow(*words):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


class Inquiries(unittest.TestCase):
    def setUp(self):
        self.ours, self.theirs = (world.instance.user("admin", number) for number in range(2))
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def opened(self, subject="Late mails"):
        answer = self.ours.post("/api/v1/inquiries", {"subject": subject, "text": "Since when, and why?"})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def mail_about(self, address, subject):
        mailbox = Mailbox(world.mail, address)
        while True:
            mail = mailbox.next()
            if subject in str(mail["Subject"]):
                return mail

    def test_go_both_ways_with_mails_and_end(self):
        asked = self.opened("Late mails of today")
        at = f"/api/v1/inquiries/{asked}"
        mail = self.mail_about(SUPPORT, "Late mails of today")
        self.assertNotIn("Since when", text_of(mail))
        seen = provider.get(f"/admin/v1/inquiries/{asked}").json()
        self.assertEqual((seen["state"], seen["tenant_id"]), ("open", world.instance.ready["tenants"][0]["tenant_id"]))
        answer = provider.post(f"/admin/v1/inquiries/{asked}/answers", {"text": "Since eight; a queue was full."})
        self.assertEqual(answer.status, 200, answer.body)
        mail = self.mail_about(self.ours.get("/api/v1/me").json()["email"], "Late mails of today")
        self.assertNotIn("a queue was full", text_of(mail))
        self.assertEqual(self.ours.get(at).json()["state"], "answered")
        self.assertEqual(self.ours.post(at + "/messages", {"text": "Thanks."}).status, 201)
        said = [(each["side"], each["text"]) for each in self.ours.get(at + "/messages").json()["items"]]
        self.assertEqual(said, [("tenant", "Since when, and why?"), ("provider", "Since eight; a queue was full."),
                                ("tenant", "Thanks.")])
        self.assertEqual(provider.get(f"/admin/v1/inquiries/{asked}/messages").json()["items"][2]["text"], "Thanks.")
        self.assertEqual(self.ours.post(at + "/close", None).json()["state"], "closed")
        for refused in (self.ours.post(at + "/messages", {"text": "But"}), self.ours.post(at + "/close", None),
                        provider.post(f"/admin/v1/inquiries/{asked}/answers", {"text": "But"}),
                        provider.post(f"/admin/v1/inquiries/{asked}/close", None)):
            self.assertEqual(refused.status, 409, refused.body)
        acts = [each["act"] for each in self.ours.get("/api/v1/audit-log?limit=50").json()["items"]
                if each["on"] == f"inquiry:{asked}"]
        self.assertEqual(acts, ["inquiry.close", "inquiry.ask", "inquiry.answer", "inquiry.open"])

    def test_of_others_are_neither_seen_nor_answered(self):
        at = f"/api/v1/inquiries/{self.opened()}"
        for answer in (self.theirs.get(at), self.theirs.get(at + "/messages"), self.theirs.post(at + "/close", None),
                       self.theirs.post(at + "/messages", {"text": "forged"})):
            self.assertEqual(answer.status, 404, answer.body)
        self.assertEqual(self.theirs.get("/api/v1/inquiries").json()["items"], [])
        self.assertEqual(self.ours.get(at).json()["messages"], 1)

    def test_are_read_by_all_and_asked_by_admins(self):
        at = f"/api/v1/inquiries/{self.opened()}"
        viewer = world.instance.user("viewer")
        self.addCleanup(viewer.close)
        self.assertEqual(viewer.get(at + "/messages").status, 200)
        for path, body in (("/api/v1/inquiries", {"subject": "x", "text": "x"}), (at + "/messages", {"text": "x"}),
                           (at + "/close", None)):
            self.assertEqual(viewer.post(path, body).status, 403)

    def test_what_is_wrong_is_said(self):
        for body, pointer in (({"subject": "", "text": "x"}, "/subject"), ({"subject": "a\nb", "text": "x"}, "/subject"),
                              ({"subject": "x" * 201, "text": "x"}, "/subject"), ({"subject": "x"}, "/text"),
                              ({"subject": "x", "text": "x" * 10_001}, "/text"), ({"subject": "x", "text": "x", "to": "y"}, "/to")):
            with self.subTest(body=str(body)[:60]):
                answer = self.ours.post("/api/v1/inquiries", body)
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(pointer, [each["pointer"] for each in answer.json()["errors"]])
        self.assertEqual(provider.get("/admin/v1/inquiries?state=done").status, 400)

    def test_the_command_line_does_both_sides(self):
        found = re.match(r"([0-9a-f-]{36}) is open", winnow("inquiry", "open", "By hand", "--text", "Typed."))[1]
        self.assertIn(found, winnow("inquiry", "list"))
        self.assertIn(found, winnow("inquiry", "list", "--provider", "--state", "open"))
        self.assertIn("is answered", winnow("inquiry", "say", found, "--text", "So it is.", "--provider"))
        shown = winnow("inquiry", "show", found)
        self.assertIn("Typed.", shown)
        self.assertIn("So it is.", shown)
        self.assertIn("is open", winnow("inquiry", "say", found, "--text", "And now?"))
        self.assertIn("is closed", winnow("inquiry", "close", found, "--provider"))


if __name__ == "__main__":
    unittest.main()
