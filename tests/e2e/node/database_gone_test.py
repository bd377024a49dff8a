"""PostgreSQL dies, or stands still: senders are told to come back, nothing that was acknowledged is lost, and all goes on
by itself."""

import contextlib
import os
import signal
import time
import unittest

from harness import Instance, wait_until


class DatabaseGone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    def postmaster(self, instance=None):
        place = os.path.join((instance or self.instance).state_dir, "state", "postgres", "data", "postmaster.pid")
        with open(place, encoding="utf-8") as pid:
            return int(pid.readline())

    def send(self, key, count, acknowledged):
        """Sends until `count` are acknowledged; every other answer must be a 503 that says when to come back."""
        sender = self.instance.integration()
        refused = 0
        end = time.monotonic() + 60
        while count > 0:
            self.assertLess(time.monotonic(), end, "it did not recover by itself")
            answer = sender.post("/api/v1/alerts", {"title": "alert", "dedup_key": key},
                                 headers={"Idempotency-Key": f"{key}-{acknowledged[0]}"})
            if answer.status == 202:
                acknowledged[0] += 1
                count -= 1
                continue
            self.assertEqual(answer.status, 503, answer.body)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            refused += 1
            time.sleep(0.05)
        return refused

    def occurrences(self, key):
        answer = self.instance.user("viewer").get("/api/v1/tickets?limit=500")
        if answer.status != 200:
            return None
        return sum(t["occurrences"] for t in answer.json()["items"] if t["dedup_key"] == key)

    def test_a_database_that_dies_comes_back_and_nothing_is_lost(self):
        acknowledged = [0]
        self.send("dies", 20, acknowledged)
        for _ in range(3):
            os.kill(self.postmaster(), signal.SIGQUIT)
            self.send("dies", 20, acknowledged)
        wait_until(lambda: self.occurrences("dies") == acknowledged[0], "every acknowledged alert, once", 30)

    def test_an_idle_node_says_that_it_is_not_ready(self):
        probe = self.instance.anonymous()
        # Each part finds out by itself that the database is back; another test may just have let it go on.
        wait_until(lambda: probe.get("/readyz").status == 200, "readiness", 30)
        stopped = self.stand_still()
        try:
            wait_until(lambda: probe.get("/readyz").status == 503, "readiness to fail", 30)
            self.assertEqual(probe.get("/livez").status, 200, "it is alive: restarting it would help nobody")
        finally:
            self.go_on(stopped)
        wait_until(lambda: probe.get("/readyz").status == 200, "readiness to come back", 30)

    def stand_still(self, postmaster=None):
        postmaster = postmaster or self.postmaster()
        stopped = [int(pid) for pid in os.popen(f"pgrep -P {postmaster}").read().split()] + [postmaster]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        return stopped

    def go_on(self, stopped):
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def test_a_database_that_stands_still_is_answered_for_in_time(self):
        acknowledged = [0]
        self.send("stands", 5, acknowledged)
        stopped = self.stand_still()
        try:
            begun = time.monotonic()
            answer = self.instance.integration().post("/api/v1/alerts", {"title": "alert", "dedup_key": "stands-still"})
            self.assertEqual(answer.status, 503, answer.body)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            self.assertLess(time.monotonic() - begun, 25)
        finally:
            self.go_on(stopped)
        self.send("stands", 5, acknowledged)
        wait_until(lambda: self.occurrences("stands") == acknowledged[0], "every acknowledged alert, once", 30)

    def test_z_a_node_ends_when_asked_though_its_database_stands_still(self):
        own = Instance()
        self.addCleanup(own.__exit__)
        own.start()
        postmaster = self.postmaster(own)
        stopped = self.stand_still(postmaster)
        try:
            os.kill(own.ready["pid"], signal.SIGTERM)
            self.assertIsNotNone(own.process.wait(timeout=120))
            self.assertFalse(os.path.exists(f"/proc/{postmaster}/cwd"), "and its database with it")
        finally:
            self.go_on(stopped)


if __name__ == "__main__":
    unittest.main()
