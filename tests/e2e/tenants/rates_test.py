"""A tenant that asks or sends too fast is refused in its own sender's words, told when to come again, and let in then."""

import json
import os
import re
import subprocess
import threading
import unittest

from harness import Instance, wait_until

PROBLEM = "https://iana.org/assignments/http-problem-types#quota-exceeded"
WEBHOOK = {"version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "alerts": [
    {"status": "firing", "labels": {"alertname": "DiskFull"}, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z"}]}


class Rates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(tenants=7)
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)
        cls.provider = cls.instance.provider()
        cls.addClassCleanup(cls.provider.close)

    def id_of(self, tenant):
        code = self.instance.ready["tenants"][tenant]["service_code"]
        tenants = self.provider.get("/admin/v1/tenants?limit=500").json()["items"]
        return next(each["id"] for each in tenants if each["service_code"] == code)

    def change(self, tenant, document, status=200):
        answer = self.provider.call("PATCH", f"/admin/v1/tenants/{self.id_of(tenant)}", document,
                                    headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def until_refused(self, ask, status, seconds=20):
        """The first answer with that status."""
        def refused():
            answer = ask()
            return answer if answer.status == status else None
        return wait_until(refused, f"a {status}", seconds)

    def test_a_sender_that_is_too_fast_gets_429_with_the_limit_and_whose_it_is_and_later_202(self):
        self.change(0, {"rates": {"ingest": {"rate": 2, "burst": 6}}})
        sender = self.instance.integration(0)
        self.addCleanup(sender.close)
        refused = self.until_refused(lambda: sender.post("/api/v1/alerts", {"title": "t"}), 429)
        problem = refused.json()
        self.assertEqual(problem["type"], PROBLEM)
        self.assertEqual(problem["code"], "rate_limited")
        self.assertEqual(problem["violated-policies"], ["ingest"])
        self.assertEqual(problem["limit"], "tenants.rates.ingest")
        self.assertEqual(problem["whose"], "credential")
        self.assertEqual(problem["value"], {"rate": 1, "burst": 3})
        self.assertEqual(refused.headers["RateLimit-Policy"], '"ingest";q=3;w=3')
        self.assertRegex(refused.headers["RateLimit"], r'^"ingest";r=0;t=[1-3]$')
        self.assertEqual(refused.headers["Retry-After"], "1")
        self.assertEqual(refused.headers["Content-Type"], "application/problem+json")
        answer = wait_until(lambda: (lambda got: got if got.status == 202 else None)(
            sender.post("/api/v1/alerts", {"title": "t"})), "a place for an alert")
        self.assertRegex(answer.headers["RateLimit"], r'^"ingest";r=\d+;t=\d+$')
        reader = self.instance.user("viewer", 0)
        self.addCleanup(reader.close)
        self.assertEqual(reader.get("/api/v1/tickets").status, 200, "reading has a rate of its own")
        other = self.instance.integration(6)
        self.addCleanup(other.close)
        for _ in range(20):
            self.assertEqual(other.post("/api/v1/alerts", {"title": "t"}).status, 202, "and so has every tenant")

    def test_alertmanagers_webhook_gets_503_and_its_api_a_json_string(self):
        self.change(1, {"rates": {"ingest": {"rate": 2, "burst": 2}}})
        sender = self.instance.integration(1)
        self.addCleanup(sender.close)
        webhook = self.until_refused(lambda: sender.post("/am/webhook", WEBHOOK), 503)
        self.assertGreaterEqual(int(webhook.headers["Retry-After"]), 1)
        self.assertIn("tenants.rates.ingest", json.loads(webhook.body))
        api = self.until_refused(lambda: sender.post("/am/api/v2/alerts", [{"labels": {"alertname": "a"}}]), 429)
        self.assertIsInstance(json.loads(api.body), str)
        grafana = self.until_refused(lambda: sender.post("/grafana", WEBHOOK), 503)
        self.assertEqual(grafana.json()["status"], 503)
        self.assertEqual(grafana.json()["whose"], "credential")

    def test_many_alerts_in_one_body_are_paid_for_when_they_are_read(self):
        self.change(2, {"rates": {"ingest": {"rate": 20, "burst": 60}}})
        sender = self.instance.integration(2)
        self.addCleanup(sender.close)
        batch = [{"title": f"t{i}"} for i in range(50)]
        # In force once one is refused; the burst of a credential is 30: a second batch at once finds debts.
        refused = self.until_refused(lambda: sender.post("/api/v1/alerts", batch), 429)
        self.assertGreaterEqual(int(refused.headers["Retry-After"]), 2)

    def test_readers_writers_and_what_costs_processor_time_have_limits_apart(self):
        self.change(3, {"rates": {"read": {"rate": 4, "burst": 4}, "write": {"rate": 0}, "heavy": {"rate": 2, "burst": 2}}})
        admin = self.instance.user("admin", 3)
        self.addCleanup(admin.close)
        closed = self.until_refused(lambda: admin.post("/api/v1/contacts", {"name": "x", "type": "email"}), 429)
        self.assertEqual(closed.json()["limit"], "tenants.rates.write")
        self.assertIn("closed", closed.json()["detail"])

        def ask():
            answer = admin.post("/api/v1/rules/lint", {"condition": "true"})
            return answer if answer.status == 429 and answer.json()["limit"] == "tenants.rates.heavy" else None
        wait_until(ask, "a refusal for the time of processors")
        reader = self.instance.user("viewer", 3)
        self.addCleanup(reader.close)
        refused = self.until_refused(lambda: reader.get("/api/v1/tickets"), 429)
        self.assertEqual(refused.json()["limit"], "tenants.rates.read")

    def test_rates_of_a_tenant_are_merged_shown_removed_and_checked(self):
        shown = self.change(4, {"rates": {"ingest": {"rate": 7}, "read": {"burst": 9}}})
        self.assertEqual(shown["rates"], {"ingest": {"rate": 7}, "read": {"burst": 9}})
        shown = self.change(4, {"rates": {"ingest": {"burst": 70}, "read": None}})
        self.assertEqual(shown["rates"], {"ingest": {"rate": 7, "burst": 70}})
        self.assertEqual(self.provider.get(f"/admin/v1/tenants/{self.id_of(4)}").json()["rates"], shown["rates"])
        wrong = self.change(4, {"rates": {"ingest": {"rate": -1}, "sms": {"rate": 1}}, "name": "x"}, status=422)
        self.assertEqual({error["pointer"] for error in wrong["errors"]}, {"/rates/ingest/rate", "/rates/sms", "/name"})
        self.assertEqual(self.change(4, {"rates": None})["rates"], {})

    def test_the_command_line_waits_as_long_as_it_is_told_and_sends_again(self):
        self.change(5, {"rates": {"ingest": {"rate": 2, "burst": 2}}})
        sender = self.instance.integration(5)
        self.addCleanup(sender.close)
        self.addCleanup(self.change, 5, {"rates": None})
        self.until_refused(lambda: sender.post("/api/v1/alerts", {"title": "t"}), 429)
        environment = dict(os.environ, WINNOW_URL=self.instance.ready["customer_url"],
                           WINNOW_CA_FILE=self.instance.ready["ca_file"],
                           WINNOW_KEY=self.instance.ready["tenants"][5]["integration"]["key"])

        def send():
            done = subprocess.run([self.instance.binary, "alert", "send", "--title", "from the command line"],
                                  env=environment, capture_output=True, text=True, check=False, timeout=120)
            results.append(done)
        results = []
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for done in results:
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(re.match(r"accepted [0-9a-f-]{36}\n$", done.stdout), done.stdout)
        self.assertTrue(any("again in" in done.stderr for done in results), [done.stderr for done in results])


if __name__ == "__main__":
    unittest.main()
