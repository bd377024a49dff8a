"""A webhook's URL holds a token: it is shown to admins only, and stands nowhere else, whatever becomes of its messages."""

import json
import os
import subprocess
import unittest

from harness import Instance, free_port, wait_until

TOKEN = "xoxb-aSecretOfTheChat"


class WebhookSecrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)
        cls.users = {role: cls.instance.user(role) for role in ("admin", "operator", "viewer")}
        for user in cls.users.values():
            cls.addClassCleanup(user.close)

    def made(self, path, document):
        answer = self.users["admin"].post(path, document)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json()

    def test_nothing_of_it_but_the_host_is_told_to_anybody_else(self):
        url = f"https://127.0.0.1:{free_port()}/services/{TOKEN}?sig={TOKEN}"
        chat = self.made("/api/v1/contacts", {"name": "chat", "type": "webhook", "url": url})
        self.assertEqual(chat["url"], url)
        group = self.made("/api/v1/contact-groups", {"name": "on call", "contact_ids": [chat["id"]]})
        self.made("/api/v1/rules", {"name": "to chat", "syntax": "matchers", "condition": "{}", "actions": [
            {"type": "route", "contact_group_ids": [group["id"]]}]})
        sender = self.instance.integration()
        self.addCleanup(sender.close)
        viewer = self.users["viewer"]

        def delivery():
            found = viewer.get("/api/v1/deliveries").json()["items"]
            return next((each for each in found if each["last_error"]), None)

        def sent_and_failed():
            sender.post("/api/v1/alerts", {"title": "disk full"})  # until a node has heard of the rule
            return delivery()

        failed = wait_until(sent_and_failed, "an attempt that fails", 30)
        self.assertIn("no connection", failed["last_error"])
        alert = viewer.get("/api/v1/alerts?limit=1").json()["items"][0]["id"]

        paths = ["/contacts", f"/contacts/{chat['id']}", "/contact-groups", "/deliveries",
                 f"/deliveries/{failed['id']}", f"/tickets/{failed['ticket_id']}",
                 f"/tickets/{failed['ticket_id']}/timeline", "/tickets.csv", f"/alerts/{alert}",
                 f"/alerts/{alert}/explanation", "/rules", "/ruleset", "/ruleset/versions", "/settings"]
        answered = 0
        for role in ("operator", "viewer"):
            for path in paths:
                answer = self.users[role].get("/api/v1" + path)
                answered += answer.status == 200
                self.assertNotIn(TOKEN.encode(), answer.body, path)
                self.assertNotIn(b"/services", answer.body, path)
        self.assertGreaterEqual(answered, 20)
        self.assertEqual(viewer.get(f"/api/v1/contacts/{chat['id']}").json()["url"],
                         url.split("/services")[0] + "/***")
        self.assertEqual(self.users["admin"].get(f"/api/v1/contacts/{chat['id']}").json()["url"], url)
        provider = self.instance.provider()
        self.addCleanup(provider.close)
        self.assertNotIn(TOKEN.encode(), provider.get("/metrics").body)
        with open(self.instance.log_file, encoding="utf-8", errors="replace") as log:
            self.assertNotIn(TOKEN, log.read())

        binary = os.environ["WINNOW_BINARY"]
        environment = {**os.environ, "WINNOW_URL": self.instance.ready["customer_url"],
                       "WINNOW_KEY": viewer.key, "WINNOW_CA_FILE": self.instance.ready["ca_file"]}
        for arguments in (["alert", "show", alert, "--explain"], ["ticket", "show", "1"], ["rules", "export"]):
            told = subprocess.run([binary, *arguments], env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertNotIn(TOKEN, told.stdout + told.stderr, arguments)

    def test_a_repeated_request_does_not_show_it_again(self):
        body = {"name": "again", "type": "webhook", "url": f"https://127.0.0.1:9/{TOKEN}"}
        for _ in range(2):
            answer = self.users["admin"].post("/api/v1/contacts", body, headers={"Idempotency-Key": "k1"})
            self.assertEqual(answer.status, 201, answer.body)
        self.assertNotIn(TOKEN.encode(), answer.body)
        self.assertIn("created before", json.dumps(answer.json()))


if __name__ == "__main__":
    unittest.main()
