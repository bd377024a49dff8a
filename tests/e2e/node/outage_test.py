"""Winnow itself, or its database, is away for longer than alerts live: nobody hears that they recovered, and they end when
they should."""

import datetime
import os
import signal
import time
import unittest

from harness import World, wait_until

RESOLVE_TIMEOUT = 8  # seconds
NOTICED_AFTER = 15  # seconds without a node


class OwnOutage(unittest.TestCase):
    def setUp(self):
        self.world = World(config=f"limits:\n  alertmanager_resolve_timeout: PT{RESOLVE_TIMEOUT}S\n")
        self.world.__enter__()
        self.addCleanup(self.world.__exit__)
        self.started = datetime.datetime.now(datetime.timezone.utc)

    def send(self, name, **more):
        return self.world.instance.integration().post("/am/api/v2/alerts", [
            {"labels": {"alertname": name}, "startsAt": self.started.isoformat(), **more}])

    def told(self, name):
        return [message["type"].removeprefix("ticket.") for message in self.world.webhook.messages()
                if message["ticket"]["title"] == name]

    def page_of_both(self):
        for name in ("Lasts", "Ended"):
            self.assertEqual(self.send(name).status, 200)
            wait_until(lambda: self.told(name) == ["opened"], "the page")
        # A page whose answer the node did not live to write down would hold up the next word until its lease ends.
        viewer = self.world.instance.user("viewer")
        wait_until(lambda: [each["state"] for each in viewer.get("/api/v1/deliveries").json()["items"]]
                   == ["delivered"] * 4, "both pages, by webhook and mail, to stand in the ledger")

    def let_it_last(self):
        went = time.monotonic()
        wait_until(lambda: time.monotonic() - went > NOTICED_AFTER + 2, "the outage to last", 30)

    def expect_that_only_what_never_came_again_ends(self):
        back = time.monotonic()
        ends = (self.started + datetime.timedelta(minutes=10)).isoformat()
        wait_until(lambda: self.send("Lasts", endsAt=ends).status == 200, "the door to take alerts again", 30)
        wait_until(lambda: self.told("Ended") == ["opened", "recovered"], "the end of what never came again", 30)
        self.assertGreater(time.monotonic() - back, RESOLVE_TIMEOUT - 4, "senders had time to refresh")
        self.assertEqual(self.told("Lasts"), ["opened"])

    def test_alerts_that_nobody_could_refresh_do_not_recover(self):
        self.page_of_both()
        self.world.instance.kill()
        self.let_it_last()
        self.world.instance.start()
        self.expect_that_only_what_never_came_again_ends()

    def test_nor_do_they_when_the_database_was_away(self):
        self.page_of_both()
        place = os.path.join(self.world.instance.state_dir, "state", "postgres", "data", "postmaster.pid")
        with open(place, encoding="utf-8") as pid:
            postmaster = int(pid.readline())
        stopped = [int(pid) for pid in os.popen(f"pgrep -P {postmaster}").read().split()] + [postmaster]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.let_it_last()
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        self.expect_that_only_what_never_came_again_ends()


if __name__ == "__main__":
    unittest.main()
