"""How many alerts came and what became of them, over a restart; and what shadow rules would have done."""

import unittest

from harness import World, wait_until


def setUpModule():
    global world
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def noise(query=""):
    answer = world.instance.user("viewer").get(f"/api/v1/stats/noise{query}")
    assert answer.status == 200, answer.body
    return answer.json()


def picked(counts, *names):
    return {name: counts[name] for name in names}


class Noise(unittest.TestCase):
    def test_every_alert_counts_once_by_what_became_of_it(self):
        admin = world.instance.user("admin")
        ids = {}
        for name, condition, actions, mode in [
            ("no tests", 'labels.env == "test"', [{"type": "drop"}], "live"),
            ("quiet lamp", 'source == "lamp"', [{"type": "suppress"}], "live"),
            ("drop databases?", 'source.startsWith("db-")', [{"type": "drop"}], "shadow"),
        ]:
            answer = admin.post("/api/v1/rules", {"name": name, "syntax": "cel", "condition": condition, "actions": actions,
                                                  "mode": mode})
            self.assertEqual(answer.status, 201, answer.body)
            ids[name] = answer.json()["id"]
        for i in range(3):
            batch = [{"title": "t", "labels": {"env": "test"}, "source": "ci"},
                     {"title": "l", "source": "lamp", "dedup_key": f"lamp/{i}"},
                     {"title": "d", "source": "db-7", "service": "shop", "dedup_key": f"db/{i}"}]
            self.assertEqual(world.instance.integration().post("/api/v1/alerts", batch).status, 202)
            world.instance.kill()
            world.instance.start()
        wait_until(lambda: noise()["total"]["received"] == 9, "what the dead nodes had taken to be counted")
        world.instance.integration().post("/api/v1/alerts", {"title": "d", "dedup_key": "db/0", "status": "resolved"})
        wait_until(lambda: noise()["total"]["received"] >= 10, "all to be counted")

        total = noise()["total"]
        self.assertEqual(picked(total, "received", "dropped", "suppressed", "ticketed", "resolved", "notified", "would_drop"),
                         {"received": 10, "dropped": 3, "suppressed": 3, "ticketed": 3, "resolved": 1, "notified": 8,
                          "would_drop": 3}, "each message to a webhook and to a mailbox")
        by_rule = {group["name"]: group for group in noise("?group_by=rule")["groups"]}
        self.assertEqual(picked(by_rule["no tests"], "received", "dropped"), {"received": 3, "dropped": 3})
        self.assertEqual(picked(by_rule["quiet lamp"], "received", "suppressed"), {"received": 3, "suppressed": 3})
        self.assertEqual(picked(by_rule["drop databases?"], "received", "ticketed", "notified", "would_drop"),
                         {"received": 3, "ticketed": 3, "notified": 6, "would_drop": 3}, "it only watched")
        by_source = {group["key"]: group["received"] for group in noise("?group_by=source")["groups"]}
        self.assertEqual(by_source, {"ci": 3, "lamp": 3, "db-7": 3, "": 1})
        by_service = {group["key"]: group["received"] for group in noise("?group_by=service")["groups"]}
        self.assertEqual(by_service, {"": 7, "shop": 3})
        for unit in ("hour", "day"):
            self.assertEqual(sum(group["received"] for group in noise(f"?group_by={unit}")["groups"]), 10)
        admin = world.instance.user("admin")
        shadow = admin.get(f"/api/v1/rules/{ids['drop databases?']}").json()
        self.assertEqual((shadow["mode"], shadow["stats"]["matched"]), ("shadow", 3))

        self.assertEqual(noise("?to=2020-01-01T00:00:00Z")["total"]["received"], 0)
        for query in ("?group_by=colour", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?form=x"):
            self.assertEqual(admin.get(f"/api/v1/stats/noise{query}").status, 400, query)

    def test_more_than_a_thousand_sources_an_hour_count_together(self):
        before = noise()["total"]["received"]
        for first in range(0, 1200, 400):
            batch = [{"title": "t", "labels": {"env": "test"}, "source": f"host-{first + i}"} for i in range(400)]
            self.assertEqual(world.instance.integration().post("/api/v1/alerts", batch).status, 202)
        wait_until(lambda: noise()["total"]["received"] == before + 1200, "all to be counted")
        wait_until(lambda: any(group["key"] == "…" for group in noise("?group_by=source")["groups"]),
                   "the sources beyond the limit to be counted together")
        groups = noise("?group_by=source")["groups"]
        self.assertEqual(len(groups), 1001)
        others = next(group for group in groups if group["key"] == "…")
        self.assertGreaterEqual(others["received"], 200)
        self.assertEqual(sum(group["received"] for group in groups), before + 1200)


if __name__ == "__main__":
    unittest.main()
