"""Winnow itself is away for longer than alerts live: nobody hears that they recovered, and they end when they should."""

import datetime
import time
import unittest

from harness import World, wait_until

RESOLVE_TIMEOUT = 8  # seconds
NOTICED_AFTER = 15  # seconds without a node


class OwnOutage(unittest.TestCase):
    def test_alerts_that_nobody_could_refresh_do_not_recover(self):
        world = World(config=f"limits:\n  alertmanager_resolve_timeout: PT{RESOLVE_TIMEOUT}S\n")
        world.__enter__()
        self.addCleanup(world.__exit__)

        def send(name, **more):
            answer = world.instance.integration().post("/am/api/v2/alerts", [
                {"labels": {"alertname": name}, "startsAt": started.isoformat(), **more}])
            self.assertEqual(answer.status, 200, answer.body)

        def told(name):
            return [message["type"].removeprefix("ticket.") for message in world.webhook.messages()
                    if message["ticket"]["title"] == name]

        started = datetime.datetime.now(datetime.timezone.utc)
        for name in ("Lasts", "Ended"):
            send(name)
            wait_until(lambda: told(name) == ["opened"], "the page")
        # A page whose answer the node did not live to write down would hold up the next word until its lease ends.
        viewer = world.instance.user("viewer")
        wait_until(lambda: [each["state"] for each in viewer.get("/api/v1/deliveries").json()["items"]]
                   == ["delivered"] * 4, "both pages, by webhook and mail, to stand in the ledger")
        world.instance.kill()
        went = time.monotonic()
        wait_until(lambda: time.monotonic() - went > NOTICED_AFTER + 2, "the outage to last", 30)
        world.instance.start()
        back = time.monotonic()
        send("Lasts", endsAt=(started + datetime.timedelta(minutes=10)).isoformat())
        wait_until(lambda: told("Ended") == ["opened", "recovered"], "the end of what never came again", 30)
        self.assertGreater(time.monotonic() - back, RESOLVE_TIMEOUT - 4, "senders had time to refresh")
        self.assertEqual(told("Lasts"), ["opened"])


if __name__ == "__main__":
    unittest.main()
