"""One alert of each disposition, and what its explanation says: which rule did what, and who was told or why nobody.

    WINNOW_BINARY=build/release/winnow python3 explanation_test.py --print     prints the explanations
"""

import json
import sys
import unittest

from harness import World, wait_until

PRINT = "--print" in sys.argv
DISPOSITIONS = {"ticketed", "dropped", "suppressed", "silenced", "inhibited", "held", "resolved", "ignored"}
seen = set()


def setUpModule():
    global world
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    admin = world.instance.user("admin")
    for path, body in [
        ("/api/v1/rules", {"name": "no test systems", "syntax": "cel", "condition": 'labels.env == "test" && severity < CRITICAL',
                           "actions": [{"type": "drop"}]}),
        ("/api/v1/rules", {"name": "known flicker", "syntax": "matchers", "condition": 'source="lamp"',
                           "actions": [{"type": "suppress", "reason": "the lamp flickers"}]}),
        ("/api/v1/rules", {"name": "three logins", "syntax": "keywords", "condition": "login and failed",
                           "actions": [{"type": "threshold", "count": 3, "within": "PT5M"}]}),
        ("/api/v1/rules", {"name": "divides", "syntax": "cel", "condition": 'source == "odd" && details.n / 0 == 1',
                           "actions": [{"type": "drop"}]}),
        ("/api/v1/silences", {"matchers": 'source="sw-7"', "ends_at": "2099-01-01T00:00:00Z", "comment": "switch upgrade"}),
        ("/api/v1/inhibitions", {"name": "site down", "source_matchers": 'alertname="SiteDown"',
                                 "target_matchers": 'layer="app"', "equal": ["site"]}),
    ]:
        answer = admin.post(path, body)
        assert answer.status == 201, (path, answer.body)


def explain(disposition, **alert):
    """Sends the alert; its explanation, once it is decided."""
    answer = world.instance.integration().post("/api/v1/alerts", {"title": "x", **alert})
    assert answer.status == 202, answer.body
    alert_id = answer.json()["results"][0]["alert_id"]

    def decided():
        shown = world.instance.user("viewer").get(f"/api/v1/alerts/{alert_id}/explanation").json()
        return shown if shown.get("disposition") not in (None, "pending") else None

    shown = wait_until(decided, "the verdict")
    assert shown["disposition"] == disposition, json.dumps(shown, indent=1)
    seen.add(disposition)
    if PRINT:
        print(f"\n--- {disposition}\n{json.dumps(shown, indent=1, ensure_ascii=False)}")
    return shown


def rule(shown, name):
    """What the explanation says of a rule that was looked at."""
    return next(entry for entry in shown["rules"] if entry["name"] == name)


class Explanations(unittest.TestCase):
    def test_1_ticketed_says_who_was_told(self):
        alert = {"title": "disk full", "dedup_key": "k/ticketed", "source": "db-7", "labels": {"env": "prod"}}
        explain("ticketed", **alert)
        wait_until(lambda: world.webhook.about("k/ticketed"), "the webhook")
        shown = explain("ticketed", **{**alert, "dedup_key": "k/again"})
        self.assertEqual(shown["effect"], "opened")
        self.assertEqual(shown["ticket"]["state"], "open")

        def told():
            again = world.instance.user("viewer").get(f"/api/v1/alerts/{shown['id']}/explanation").json()
            return again["deliveries"] and all(each["state"] == "delivered" for each in again["deliveries"]) and again

        self.assertIsNone(wait_until(told, "the delivery in the explanation")["nobody_told"])

    def test_2_nothing_matched_shows_what_came_closest(self):
        shown = explain("ticketed", title="x", labels={"env": "test"}, severity="critical", dedup_key="k/near")
        self.assertEqual(shown["matched_rules"], [])
        near = next(miss for miss in shown["near_misses"] if miss["name"] == "no test systems")
        self.assertEqual([leaf["expression"] for leaf in near["failing"]], ["severity < CRITICAL"])

    def test_dropped_names_the_rule_and_its_leaves(self):
        shown = explain("dropped", labels={"env": "test"}, severity="error")
        self.assertEqual([each["name"] for each in shown["matched_rules"]], ["no test systems"])
        leaves = rule(shown, "no test systems")["leaves"]
        self.assertEqual([(leaf["expression"], leaf["matched"]) for leaf in leaves],
                         [('labels.env == "test"', True), ("severity < CRITICAL", True)])
        self.assertIn("test", leaves[0]["value"])
        self.assertEqual(shown["nobody_told"]["code"], "dropped")
        self.assertIsNone(shown["ticket"])

    def test_suppressed_keeps_a_ticket_and_tells_nobody(self):
        shown = explain("suppressed", source="lamp", dedup_key="k/suppressed")
        self.assertEqual(shown["nobody_told"]["code"], "suppressed")
        self.assertEqual(shown["ticket"]["suppression_reason"], "the lamp flickers")
        self.assertEqual(shown["deliveries"], [])

    def test_silenced_names_the_silence(self):
        shown = explain("silenced", source="sw-7", dedup_key="k/silenced")
        self.assertIn("switch upgrade", json.dumps(shown["nobody_told"]))

    def test_inhibited_names_what_explains_it(self):
        explain("ticketed", labels={"alertname": "SiteDown", "site": "tyo"}, dedup_key="k/site")
        shown = explain("inhibited", labels={"layer": "app", "site": "tyo"}, dedup_key="k/app")
        self.assertIn("site down", json.dumps(shown["nobody_told"]))
        explain("ticketed", labels={"layer": "app", "site": "osa"}, dedup_key="k/other-site")

    def test_held_says_what_is_missing(self):
        shown = explain("held", title="login failed", dedup_key="k/held")
        self.assertEqual((shown["held_by"]["kind"], shown["held_by"]["count"], shown["held_by"]["needed"]),
                         ("threshold", 1, 3))
        self.assertEqual(shown["nobody_told"]["code"], "held")
        self.assertEqual(shown["ticket"]["state"], "held")

    def test_resolved_and_ignored(self):
        explain("ticketed", dedup_key="k/ends")
        shown = explain("resolved", dedup_key="k/ends", status="resolved")
        self.assertEqual((shown["effect"], shown["ticket"]["state"]), ("recovered", "recovered"))
        shown = explain("ignored", dedup_key="k/never-was", status="resolved")
        self.assertIsNone(shown["ticket"])
        self.assertIsNotNone(shown["nobody_told"])

    def test_an_error_in_a_rule_lets_the_alert_pass_and_is_counted(self):
        shown = explain("ticketed", source="odd", details={"n": 1}, dedup_key="k/odd")
        self.assertIn("zero", rule(shown, "divides")["error"])

        def counted():
            found = world.instance.user("viewer").get("/api/v1/rules?limit=500").json()["items"]
            stats = next(each for each in found if each["name"] == "divides")["stats"]
            return stats if stats["failed"] else None

        self.assertIn("zero", wait_until(counted, "the failure on the rule")["last_error"])

    def test_zz_every_disposition_was_explained(self):
        self.assertEqual(seen, DISPOSITIONS)


if __name__ == "__main__":
    unittest.main(argv=[each for each in sys.argv if each != "--print"])
