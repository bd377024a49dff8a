"""Back-tests with the whole program around them: over REST and from the command line, cancelled, and with a program that
is stopped and killed in the middle of them."""

import glob
import json
import os
import subprocess
import tempfile
import unittest

from harness import Instance, wait_until

PATH = "/api/v1/rules/backtests"
DROP_DEV = {"name": "development is not urgent", "condition": 'env="dev"', "actions": [{"type": "drop"}]}


def psql():
    """PostgreSQL's own client, of the newest version there is."""
    return sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]


class Backtests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)
        for rule in cls.admin().get("/api/v1/ruleset").json()["rules"]:  # the demo's
            cls.admin().call("DELETE", f"/api/v1/rules/{rule['id']}")
        alerts = [{"title": f"{env} {i}", "labels": {"env": env}} for env in ("dev", "prod") for i in range(500)]
        answer = cls.instance.integration().post("/api/v1/alerts", alerts)
        assert answer.status == 202, answer.body

    @classmethod
    def admin(cls):
        return cls.instance.user("admin")

    @classmethod
    def multiply(cls, times):
        """Copies of the row of 1,000 alerts, as a node wrote it."""
        sql = ("insert into journal select tenant_id, received_at, stream, 1000000 + n, alert_count, payload from journal, "
               f"generate_series(1, {times}) n where alert_count = 1000 and seq < 1000000 on conflict do nothing")
        subprocess.run([psql(), cls.instance.ready["database_url"], "-qc", sql], check=True, capture_output=True)

    def started(self, body):
        answer = self.admin().post(PATH, body)
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.headers["Location"], f"{PATH}/{answer.json()['id']}")
        return answer.headers["Location"]

    def ended(self, path, seconds=60):
        def finished():
            seen = self.instance.user("viewer").get(path).json()
            return seen if seen["state"] in ("done", "failed", "cancelled") else None

        return wait_until(finished, "the end of the back-test", seconds)

    def test_the_difference_to_the_live_rules(self):
        seen = self.ended(self.started({"rule": DROP_DEV, "days": 1}))
        self.assertEqual((seen["state"], seen["error"]), ("done", None))
        result = seen["result"]
        self.assertEqual(result["difference"]["newly_dropped"]["count"] * 2, seen["progress"]["alerts_read"])
        self.assertEqual(seen["progress"]["percent"], 100)
        sample = result["difference"]["newly_dropped"]["samples"][0]
        self.assertEqual((sample["title"], sample["draft"]["fate"]), ("dev 0", "dropped"))
        self.assertEqual(sample["draft"]["rules"], ["development is not urgent"])
        alert = self.instance.user("viewer").get(f"/api/v1/alerts/{sample['alert_id']}").json()
        self.assertEqual(alert["alert"]["title"] if "alert" in alert else alert["title"], "dev 0")
        self.assertEqual(self.admin().get("/api/v1/rules").json()["items"], [], "nothing was put in force")

    def test_only_admins_start_and_cancel(self):
        path = self.started({"rule": DROP_DEV})
        for role in ("viewer", "operator"):
            self.assertEqual(self.instance.user(role).get(path).status, 200)
            self.assertEqual(self.instance.user(role).call("DELETE", path).status, 403)
            self.assertEqual(self.instance.user(role).post(PATH, {"rule": DROP_DEV}).status, 403)
        self.ended(path)

    def test_a_bad_draft_is_refused_with_its_place(self):
        answer = self.admin().post(PATH, {"rule": {**DROP_DEV, "condition": 'env="dev'}})
        self.assertEqual((answer.status, answer.json()["errors"][0]["pointer"]), (422, "/rule/condition"))

    def test_the_command_line(self):
        def winnow(*words, status=0):
            environment = {**os.environ, "WINNOW_URL": self.instance.ready["customer_url"],
                           "WINNOW_KEY": self.instance.ready["tenants"][0]["users"]["admin"]["key"],
                           "WINNOW_CA_FILE": self.instance.ready["ca_file"]}
            ran = subprocess.run([self.instance.binary, "rules", "backtest", *words], env=environment, text=True,
                                 capture_output=True, timeout=60, check=False)
            self.assertEqual(ran.returncode, status, ran.stderr + ran.stdout)
            return ran.stdout if status == 0 else ran.stderr

        with tempfile.TemporaryDirectory() as folder:
            one, many = os.path.join(folder, "rule.json"), os.path.join(folder, "rules.yaml")
            with open(one, "w", encoding="utf-8") as out:
                json.dump(DROP_DEV, out)
            with open(many, "w", encoding="utf-8") as out:
                out.write("rules:\n  - {name: quiet, condition: '{}', actions: [{type: suppress}]}\n")
            shown = winnow(one, "--days", "1")
            self.assertRegex(shown, r"newly_dropped +\d+")
            self.assertRegex(shown, r"dropped \(warning\) +dev 0")
            self.assertGreater(json.loads(winnow(many, "--json"))["result"]["draft"]["suppressed"], 0)
            self.assertIn("is queued", winnow(one, "--no-wait"))
            self.assertIn("days", winnow(one, "--days", "9999", status=1))
            winnow("--rule-id", "no id", status=1)
            winnow(status=2)


# Drops the same, and takes its time about it: some ten microseconds an alert.
SLOWLY = {**DROP_DEV, "syntax": "cel",
          "condition": 'labels.env == "dev" && '
                       f'{list(range(16))}.all(a, {list(range(16))}.all(b, a + b != size(title) + 1000))'}


class Interrupted(Backtests):
    """With many alerts and a slow draft, so that there is a middle."""

    test_the_difference_to_the_live_rules = test_only_admins_start_and_cancel = None
    test_a_bad_draft_is_refused_with_its_place = test_the_command_line = None
    COPIES = 400

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multiply(cls.COPIES)

    def in_the_middle(self, path):
        def begun():
            seen = self.admin().get(path).json()
            return seen if seen["progress"]["alerts_read"] > 0 else None

        seen = wait_until(begun, "its beginning")
        self.assertEqual(seen["state"], "running", "too fast a machine: more COPIES")
        return seen

    def assert_complete(self, seen):
        self.assertEqual((seen["state"], seen["error"]), ("done", None))
        self.assertEqual(seen["progress"]["alerts_read"], 1000 * (self.COPIES + 1))
        self.assertEqual(seen["result"]["draft"]["dropped"], 500 * (self.COPIES + 1))

    def test_partial_results_and_cancelling(self):
        path = self.started({"rule": SLOWLY})
        seen = self.in_the_middle(path)
        self.assertGreater(seen["result"]["draft"]["dropped"], 0)
        self.assertFalse(seen["result"]["complete"])
        self.assertLess(seen["progress"]["percent"], 100)
        self.assertEqual(self.admin().call("DELETE", path).status, 204)
        seen = self.admin().get(path).json()
        self.assertEqual(seen["state"], "cancelled")
        self.assertGreater(seen["result"]["draft"]["dropped"], 0)
        # The runner lets go of it: the next one is done.
        self.assertEqual(self.ended(self.started({"rule": DROP_DEV, "max_alerts": 5}))["progress"]["alerts_read"], 5)
        self.assertEqual(self.admin().get(path).json()["result"], seen["result"])
        self.assertEqual(self.admin().call("DELETE", path).status, 204)
        self.assertEqual(self.admin().get(path).status, 404)

    def test_a_restart_in_the_middle_only_takes_time(self):
        path = self.started({"rule": SLOWLY})
        self.in_the_middle(path)
        self.assertEqual(self.instance.stop(), 0)
        self.instance.start()
        self.assert_complete(self.ended(path, 120))

    def test_a_kill_in_the_middle_only_takes_time(self):
        path = self.started({"rule": SLOWLY})
        self.in_the_middle(path)
        self.instance.kill()
        self.instance.start()
        self.assert_complete(self.ended(path, 120))


if __name__ == "__main__":
    unittest.main()
