"""A row that ended processes, and is released, is judged by a second process of the finished program, and by no node."""

import subprocess
import unittest

from harness import Instance, wait_until

STEPS = ("rows that were set aside are journaled anew", "a dead writer's rows are tried in a process of their own",
         "a dead writer's rows were tried")


class RowsOnTrial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    def client(self, made):
        self.addCleanup(made.close)
        return made

    def sql(self, statement):
        subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.instance.ready["database_url"], "-c", statement],
                       check=True, capture_output=True)

    def occurrences(self, viewer):
        return [ticket["occurrences"] for ticket in viewer.get("/api/v1/tickets").json()["items"]]

    def test_what_is_released_is_tried_by_the_program_itself_and_passes(self):
        viewer = self.client(self.instance.user("viewer"))
        provider = self.client(self.instance.provider())
        sender = self.client(self.instance.integration())
        sent = sender.post("/api/v1/alerts", {"title": "disk full", "source": "db-7"})
        self.assertEqual(sent.status, 202, sent.body)
        wait_until(lambda: self.occurrences(viewer) == [1], "the alert's ticket")
        self.sql("insert into quarantined_rows (tenant_id, received_at, stream, seq, alerts) "
                 "select tenant_id, received_at, stream, seq, alert_count from journal union all "
                 "select tenant_id, received_at, stream, 987654321, 1 from journal")  # which has no such row any more
        tenant = provider.get("/admin/v1/tenants").json()["items"][0]["id"]
        released = provider.post(f"/admin/v1/tenants/{tenant}/quarantine/release", {})
        self.assertEqual(released.status, 202, released.body)
        wait_until(lambda: self.occurrences(viewer) == [2], "the alert that is judged again")
        wait_until(lambda: STEPS[-1] in self.instance.log(), "the end of the trial")
        log = self.instance.log()
        self.assertEqual([step for step in STEPS if step in log], list(STEPS))
        [released] = [line for line in log.splitlines() if STEPS[0] in line]
        self.assertRegex(released, r'"rows": ?1\b')
        [gone] = [line for line in log.splitlines() if "a row that was set aside is not released" in line]
        self.assertIn("987654321", gone)
        self.assertNotIn("could not be tried", log)
        self.assertNotIn("cannot be tried", log)
        wait_until(lambda: "\nwinnow_takeover_alerts_total 1\n" in provider.get("/metrics").body.decode(),
                   "the count of alerts that were taken over")


if __name__ == "__main__":
    unittest.main()
