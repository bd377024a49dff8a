"""The river from end to end: alert in, ticket, webhook and mail out, recovery; and what bad input gets."""

import gzip
import json
import unittest

from harness import World, verify_signature, wait_until


def setUpModule():
    global world
    world = World(tenants=1)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


class TheRiver(unittest.TestCase):
    def test_an_alert_becomes_a_ticket_a_webhook_and_a_mail_and_recovers(self):
        sender = world.instance.integration()
        alert = {"title": "disk 93% full on db-7", "severity": "critical", "dedup_key": "db-7/disk",
                 "source": "db-7", "service": "billing", "labels": {"env": "prod"}}
        answer = sender.post("/api/v1/alerts", alert)
        self.assertEqual(answer.status, 202, answer.body)
        receipt = answer.json()
        self.assertEqual((receipt["accepted"], receipt["rejected"]), (1, 0))
        alert_id = receipt["results"][0]["alert_id"]

        ticket = wait_until(lambda: world.ticket("db-7/disk"), "the ticket")
        self.assertEqual((ticket["state"], ticket["severity"], ticket["occurrences"]), ("open", "critical", 1))

        opened = wait_until(lambda: world.webhook.about("db-7/disk", "ticket.opened"), "the webhook")
        _, headers, body = opened[0]
        verify_signature(headers, body, world.secret)
        self.assertEqual(json.loads(body)["ticket"]["id"], ticket["id"])
        recipients, mail = wait_until(lambda: world.mails_about("disk 93%"), "the mail")[0]
        self.assertEqual(recipients, ["oncall@example.com"])
        self.assertIn("disk 93% full on db-7", mail["Subject"])

        viewer = world.instance.user("viewer")
        explanation = viewer.get(f"/api/v1/alerts/{alert_id}/explanation")
        self.assertEqual(explanation.status, 200, explanation.body)
        self.assertIn(ticket["id"], explanation.body.decode())
        where = viewer.get(f"/api/v1/receipts/{receipt['receipt_id']}")
        self.assertEqual(where.status, 200, where.body)
        self.assertIn("ticketed", where.body.decode())

        self.assertEqual(sender.post("/api/v1/alerts", alert).status, 202)
        wait_until(lambda: world.ticket("db-7/disk")["occurrences"] == 2, "the second occurrence")
        self.assertEqual(sender.post("/api/v1/alerts", {**alert, "status": "resolved"}).status, 202)
        wait_until(lambda: world.ticket("db-7/disk")["state"] == "recovered", "the recovery")
        wait_until(lambda: world.webhook.about("db-7/disk", "ticket.recovered"), "the recovery's webhook")
        self.assertEqual(len(world.webhook.about("db-7/disk", "ticket.opened")), 1, "a repeat tells nobody again")

    def test_a_rule_drops_and_says_so(self):
        admin = world.instance.user("admin")
        rule = {"name": "development", "syntax": "matchers", "condition": '{env="dev"}', "actions": [{"type": "drop"}]}
        created = admin.post("/api/v1/rules", rule)
        self.assertEqual(created.status, 201, created.body)
        alert = {"title": "noise", "labels": {"env": "dev"}}

        def dropped():
            receipt = world.instance.integration().post("/api/v1/alerts", alert).json()
            alert_id = receipt["results"][0]["alert_id"]
            shown = wait_until(lambda: self.decided(alert_id), "the verdict")
            return shown if shown["disposition"] == "dropped" else None

        shown = wait_until(dropped, "the rule to act")
        self.assertIsNone(shown["ticket_id"])
        self.assertEqual(admin.call("DELETE", f"/api/v1/rules/{created.json()['id']}").status, 204)

    def decided(self, alert_id):
        shown = world.instance.user("viewer").get(f"/api/v1/alerts/{alert_id}").json()
        return shown if shown["disposition"] not in (None, "pending") else None

    def test_the_same_idempotency_key_changes_nothing(self):
        sender = world.instance.integration()
        once = {"Idempotency-Key": "river-1"}
        alert = {"title": "only once", "dedup_key": "once"}
        first = sender.post("/api/v1/alerts", alert, headers=once)
        again = sender.post("/api/v1/alerts", alert, headers=once)
        other = sender.post("/api/v1/alerts", {**alert, "title": "another"}, headers=once)
        self.assertEqual((first.status, again.status, other.status), (202, 202, 422))
        self.assertEqual(first.body, again.body)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(other.json()["code"], "idempotency_mismatch")
        self.assertEqual(wait_until(lambda: world.ticket("once"), "the ticket")["occurrences"], 1)

    def test_every_form_of_body_is_taken(self):
        sender = world.instance.integration()
        alerts = [{"title": f"form {n}", "dedup_key": f"form-{n}"} for n in range(3)]
        lines = "\n".join(json.dumps(alert) for alert in alerts)
        zipped = gzip.compress(json.dumps(alerts).encode())
        token = world.instance.ready["tenants"][0]["integration"]["token"]
        answers = [
            sender.post("/api/v1/alerts", alerts),
            sender.post("/api/v1/alerts", {"alerts": alerts}),
            sender.post("/api/v1/alerts", lines, headers={"Content-Type": "application/x-ndjson"}),
            sender.post("/api/v1/alerts", zipped, headers={"Content-Encoding": "gzip"}),
            world.instance.anonymous().post(f"/i/{token}/alerts", alerts),
        ]
        for answer in answers:
            self.assertEqual((answer.status, answer.json()["accepted"]), (202, 3), answer.body)

        def counted():
            return sum(t["occurrences"] for t in world.tickets() if t["dedup_key"].startswith("form-")) == 15

        wait_until(counted, "all fifteen occurrences")

    def test_a_retried_delivery_carries_the_same_id(self):
        world.webhook.status = 500
        self.addCleanup(setattr, world.webhook, "status", 204)
        world.instance.integration().post("/api/v1/alerts", {"title": "flaky receiver", "dedup_key": "flaky"})
        wait_until(lambda: world.webhook.about("flaky"), "the first attempt")
        world.webhook.status = 204
        attempts = wait_until(lambda: len(world.webhook.about("flaky")) > 1 and world.webhook.about("flaky"),
                              "the second attempt", 30)
        self.assertEqual(len({headers["webhook-id"] for _, headers, _ in attempts}), 1)


class BadInput(unittest.TestCase):
    def check(self, answer, status, code, pointer=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["code"], code, problem)
        if pointer is not None:
            self.assertIn(pointer, [error["pointer"] for error in problem["errors"]])

    def test_each_mistake_has_its_answer_and_the_connection_stays(self):
        sender = world.instance.integration()
        self.check(sender.post("/api/v1/alerts", {"severity": "error"}), 422, "invalid_field", "/title")
        self.check(sender.post("/api/v1/alerts", {"title": "x", "labels": "env=prod"}), 422, "invalid_field", "/labels")
        self.assertEqual(sender.post("/api/v1/alerts", "{").status, 400)
        self.check(sender.post("/api/v1/alerts", "x", headers={"Content-Type": "text/html"}), 415,
                   "unsupported_media_type")
        self.check(sender.post("/api/v1/tickets/x/transitions", {"to": "closed"}), 403, "forbidden")
        self.check(sender.get("/api/v1/nonsense"), 404, "not_found")
        self.check(sender.call("DELETE", "/api/v1/alerts"), 405, "method_not_allowed")
        self.assertEqual(sender.post("/api/v1/alerts", {"title": "still here"}).status, 202)

    def test_a_body_too_large_is_413_and_read_by_the_client(self):
        answer = world.instance.integration().post("/api/v1/alerts", b" " * 1_048_577)
        self.check(answer, 413, "payload_too_large")
        self.assertIn("longer than the 1048576 bytes", answer.json()["detail"])

    def test_alerts_a_line_sent_as_json_hear_of_the_content_type(self):
        answer = world.instance.integration().post("/api/v1/alerts", b'{"title": "a"}\n{"title": "b"}\n',
                                                   headers={"Content-Type": "application/json"})
        self.assertEqual(answer.status, 400, answer.body)
        self.assertIn("application/x-ndjson", answer.json()["errors"][0]["detail"])

    def test_no_key_and_a_wrong_key_are_401(self):
        self.check(world.instance.anonymous().post("/api/v1/alerts", {"title": "x"}), 401, "unauthenticated")
        wrong = world.instance.integration()
        wrong.key = "wnk_" + "A" * 43
        self.check(wrong.post("/api/v1/alerts", {"title": "x"}), 401, "unauthenticated")
        wrong.key = "wnp_" + "A" * 43
        self.assertIn("it belongs to the management listener", wrong.post("/api/v1/alerts", {"title": "x"}).json()["detail"])

    def test_the_management_routes_do_not_exist_on_the_customer_port(self):
        self.check(world.instance.user("admin").get("/admin/v1/tenants"), 404, "not_found")
        self.check(world.instance.user("admin").get("/metrics"), 404, "not_found")
        self.assertEqual(world.instance.provider().get("/admin/v1/tenants").status, 200)
        self.assertEqual(world.instance.provider().get("/metrics").status, 200)

    def test_a_batch_keeps_its_good_alerts(self):
        answer = world.instance.integration().post("/api/v1/alerts", [{"title": "good"}, {"severity": "info"}])
        receipt = answer.json()
        self.assertEqual((answer.status, receipt["accepted"], receipt["rejected"]), (202, 1, 1))
        self.assertEqual(receipt["results"][1]["error"]["pointer"], "/1/title")


if __name__ == "__main__":
    unittest.main()
