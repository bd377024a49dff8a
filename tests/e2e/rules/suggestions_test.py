"""Titles that nobody acts on become suggestions of shadow rules, and the rules do what was said of them."""

import unittest

from harness import World, wait_until


def setUpModule():
    global world
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


class Suggestions(unittest.TestCase):
    def test_what_nobody_acts_on_is_suggested_tried_and_promoted(self):
        sender, admin = world.instance.integration(), world.instance.user("admin")
        for number in range(7):
            key = f"noise/{number}"
            alert = {"title": f"disk {80 + number}% full on db-{number}", "service": "reports", "dedup_key": key}
            self.assertEqual(sender.post("/api/v1/alerts", [alert, {**alert, "status": "resolved"}]).status, 202)
            sender.post("/api/v1/alerts", {"title": f"payment {number} failed", "service": "shop", "dedup_key": f"pay/{number}"})
        wait_until(lambda: len(world.tickets("&state=open,recovered")) == 14, "the tickets")
        self.assertEqual(admin.get("/api/v1/stats/suggestions?to=2020-01-01T00:00:00Z").json()["tickets_read"], 0)

        found = admin.get("/api/v1/stats/suggestions").json()
        self.assertTrue(found["complete"])
        self.assertEqual(found["tickets_read"], 14)
        self.assertEqual([each["pattern"] for each in found["suggestions"]], ["disk * full on *"], "payments are not over")
        suggestion = found["suggestions"][0]
        self.assertEqual((suggestion["service"], suggestion["tickets"], suggestion["share"]), ("reports", 7, 0.5))
        self.assertEqual(suggestion["backtest"]["acted_on"], 0)

        created = admin.post("/api/v1/rules", suggestion["rule"])
        self.assertEqual((created.status, created.json()["mode"]), (201, "shadow"))
        self.assertEqual(admin.call("PATCH", f"/api/v1/rules/{created.json()['id']}", {"mode": "live"}).status, 200)
        sender.post("/api/v1/alerts", {"title": "disk 99% full on db-77", "service": "reports", "dedup_key": "after"})
        ticket = wait_until(lambda: next((each for each in world.tickets() if each["dedup_key"] == "after"), None), "it")
        self.assertTrue(ticket["suppressed"])

    def test_bad_ranges_are_refused(self):
        admin = world.instance.user("admin")
        for query in ("from=yesterday", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "form=x"):
            self.assertEqual(admin.get(f"/api/v1/stats/suggestions?{query}").status, 400, query)


if __name__ == "__main__":
    unittest.main()
