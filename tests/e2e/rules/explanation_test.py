"""Why an alert ended where it did: one alert of each disposition and effect, each explained as an admin would ask.

    tests/e2e$ WINNOW_BINARY=… python3 -m rules.explanation_test --print      shows the explanations instead
"""

import datetime
import json
import os
import subprocess
import sys
import unittest

from harness import World, wait_until


def setUpModule():
    global world, rules
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    rules = {name: create("rules", {"name": name, **rule}, "admin") for name, rule in RULES.items()}


def create(collection, body, role="operator"):
    answer = world.instance.user(role).post(f"/api/v1/{collection}", body)
    assert answer.status == 201, answer.body
    return answer.json()


RULES = {
    "name the tier": {"syntax": "cel", "condition": 'source.startsWith("db-")',
                      "actions": [{"type": "set", "field": "labels.tier", "value": "gold"},
                                  {"type": "severity", "severity": "critical"}]},
    "drop gold?": {"syntax": "matchers", "condition": '{tier="gold"}', "actions": [{"type": "drop"}], "mode": "shadow"},
    "noise of dev": {"syntax": "cel", "condition": 'labels.env == "dev" && severity <= WARNING',
                     "actions": [{"type": "drop"}]},
    "batch is quiet": {"syntax": "matchers", "condition": '{service="batch"}',
                       "actions": [{"type": "suppress", "reason": "batch retries by itself"}]},
    "wait a little": {"syntax": "keywords", "condition": "blinking", "actions": [{"type": "pause", "for": "PT2S"}]},
    "wait an hour": {"syntax": "keywords", "condition": "dozing", "actions": [{"type": "pause", "for": "PT1H"}]},
    "three of them": {"syntax": "matchers", "condition": '{class="login_failed"}',
                      "actions": [{"type": "threshold", "count": 3, "within": "PT10M"}]},
    "comes and goes": {"syntax": "matchers", "condition": '{class="link"}',
                       "actions": [{"type": "flap", "transitions": 3, "within": "PT10M", "settle": "PT10M"}]},
    "by rack": {"syntax": "cel", "condition": 'details.rack.row > 4', "actions": [{"type": "tag", "tag": "far"}]},
    "by share": {"syntax": "cel", "condition": 'source == "odd" && details.n / 0 == 1', "actions": [{"type": "drop"}]},
}


def after(**delta):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def send(title, **more):
    answer = world.instance.integration().post("/api/v1/alerts", {"title": title, "dedup_key": f"key of {title}", **more})
    assert answer.status == 202, answer.body
    return answer.json()["results"][0]["alert_id"]


PRINTING = False


def explanation(alert_id):
    answer = world.instance.user("viewer").get(f"/api/v1/alerts/{alert_id}/explanation")
    assert answer.status == 200, answer.body
    return answer.json()


dispositions = set()


def explained(alert_id, headline=None):
    """The explanation, once triage has decided."""

    def decided():
        shown = explanation(alert_id)
        return shown if shown["disposition"] != "pending" else None

    shown = wait_until(decided, "the verdict")
    dispositions.add(shown["disposition"])
    if PRINTING and headline:
        show(headline, alert_id)
    return shown


def show(headline, alert_id):
    print(f"== {headline}\n{winnow('alert', 'explain', alert_id)}")


def winnow(*arguments):
    key = world.instance.ready["tenants"][0]["users"]["viewer"]["key"]
    where = {**os.environ, "WINNOW_URL": world.instance.ready["customer_url"], "WINNOW_KEY": key,
             "WINNOW_CA_FILE": world.instance.ready["ca_file"], "NO_COLOR": "1"}
    done = subprocess.run([world.instance.binary, *arguments], env=where, capture_output=True, text=True, check=False,
                          timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def leaves(line):
    return {leaf["expression"]: leaf["error"] or leaf["value"] for leaf in line["leaves"]}


def seen_by(shown, name):
    return next(rule for rule in shown["rules"] if rule["name"] == name)


def told(shown):
    return sorted((each["contact_name"], each["event"]) for each in shown["deliveries"])


BOTH = ("hook", "mail")


class Dispositions(unittest.TestCase):
    def check(self, shown, disposition, effect, nobody=None):
        self.assertEqual((shown["disposition"], shown["effect"]), (disposition, effect))
        if nobody is None:
            self.assertIsNone(shown["nobody_told"])
            self.assertNotEqual(shown["deliveries"], [])
        else:
            self.assertEqual(shown["nobody_told"]["code"], nobody)
            self.assertEqual(shown["deliveries"], [])

    def test_dropped_by_a_rule(self):
        shown = explained(send("cache cold", labels={"env": "dev"}), "dropped")
        self.check(shown, "dropped", "none", "dropped")
        self.assertEqual(shown["nobody_told"]["detail"], 'The rule "noise of dev" dropped the alert.')
        self.assertIsNone(shown["ticket"])
        [acted] = shown["matched_rules"]
        self.assertEqual((acted["name"], acted["version"], acted["actions"]), ("noise of dev", 1, [{"type": "drop"}]))
        self.assertEqual([(leaf["value"], leaf["matched"]) for leaf in acted["leaves"]], [('"dev"', True), ("2", True)])
        self.assertTrue(seen_by(shown, "noise of dev")["stopped_here"])
        self.assertFalse(seen_by(shown, "batch is quiet")["considered"])
        self.assertEqual(shown["near_misses"], [])

    def test_suppressed_by_a_rule(self):
        shown = explained(send("job late", service="batch"), "suppressed by a rule")
        self.check(shown, "suppressed", "opened", "suppressed")
        self.assertIn('The rule "batch is quiet"', shown["nobody_told"]["detail"])
        self.assertTrue(shown["ticket"]["suppressed"])
        self.assertEqual(shown["ticket"]["suppression_reason"], "batch retries by itself")
        self.assertEqual(leaves(shown["matched_rules"][0]), {'service="batch"': "batch"})
        self.assertEqual([event["kind"] for event in shown["ticket_events"]], ["opened"])

    def test_silenced(self):
        silence = create("silences", {"matchers": 'source="mute-1"', "ends_at": after(hours=1), "comment": "new disks"})
        alert_id = send("disk missing", source="mute-1")
        shown = explained(alert_id, "silenced")
        self.check(shown, "silenced", "opened", "silenced")
        self.assertEqual(shown["quieted_by"], {"kind": "silence", "id": silence["id"]})
        self.assertEqual(shown["nobody_told"]["detail"], 'The silence "new disks" covered the alert.')
        ended = world.instance.user("operator").call("DELETE", f"/api/v1/silences/{silence['id']}")
        self.assertEqual(ended.status, 204, ended.body)
        shown = wait_until(lambda: (now := explanation(alert_id))["deliveries"] and now, "the page after the silence")
        self.assertEqual(told(shown), [(name, "opened") for name in BOTH])
        self.assertIsNone(shown["nobody_told"])
        self.assertTrue(shown["ticket_events"][-1]["data"]["unsuppressed"])
        if PRINTING:
            show("silenced, and told when the silence ended", alert_id)

    def test_in_a_maintenance_window(self):
        window = create("maintenance-windows", {"name": "patching", "matchers": 'source="mute-2"',
                                                "starts_at": after(minutes=-2), "duration": "PT2H"})
        shown = explained(send("restarted", source="mute-2"), "silenced by a maintenance window")
        self.check(shown, "silenced", "opened", "silenced")
        self.assertEqual(shown["quieted_by"], {"kind": "maintenance_window", "id": window["id"]})
        self.assertIn('maintenance window "patching"', shown["nobody_told"]["detail"])

    def test_inhibited(self):
        inhibition = create("inhibitions", {"name": "cluster explains node", "source_matchers": 'class="cluster_down"',
                                            "target_matchers": 'class="node_down"', "equal": ["cluster"]}, "admin")
        labels = {"cluster": "c1"}
        explained(send("cluster gone", labels=labels, **{"class": "cluster_down"}))

        def inhibited():
            alert_id = send("node gone", labels=labels, **{"class": "node_down"})
            return alert_id if explained(alert_id)["disposition"] == "inhibited" else None

        shown = explained(wait_until(inhibited, "the inhibition to be known"), "inhibited")
        self.assertEqual(shown["quieted_by"], {"kind": "inhibition", "id": inhibition["id"]})
        self.assertIn('inhibition "cluster explains node"', shown["nobody_told"]["detail"])

    def test_held_by_a_pause_and_told_when_it_is_over(self):
        alert_id = send("blinking lamp")
        shown = explained(alert_id, "held by a pause")
        self.assertEqual((shown["disposition"], shown["held_by"]["kind"]), ("held", "pause"))
        self.assertEqual(shown["held_by"]["rule_id"], rules["wait a little"]["id"])
        shown = wait_until(lambda: (now := explanation(alert_id))["deliveries"] and now, "the page")
        self.assertEqual(told(shown), [(name, "opened") for name in BOTH])
        self.assertEqual(shown["ticket_events"][-1]["data"]["released"], "pause")
        self.assertEqual(shown["ticket"]["state"], "open")
        if PRINTING:
            show("held by a pause, and told when it was over", alert_id)

    def test_held_by_a_threshold_and_the_one_that_reaches_it(self):
        trouble = {"source": "web-1", "class": "login_failed"}
        shown = explained(send("login failed", **trouble), "held by a threshold")
        self.check(shown, "held", "opened", "held")
        self.assertEqual((shown["held_by"]["kind"], shown["held_by"]["count"], shown["held_by"]["needed"]),
                         ("threshold", 1, 3))
        self.assertIn("alert 1 of the 3", shown["nobody_told"]["detail"])
        self.assertEqual(shown["ticket"]["state"], "held")
        explained(send("login failed", **trouble))
        shown = explained(send("login failed", **trouble), "ticketed: it reached a threshold")
        self.check(shown, "ticketed", "joined")
        self.assertEqual(told(shown), [(name, "opened") for name in BOTH])

    def test_flapping(self):
        for turn in range(6):
            alert_id = send("link down", status=("firing", "resolved")[turn % 2], **{"class": "link"})
            shown = explained(alert_id)
        shown = explained(alert_id, "held: it flaps")
        self.assertEqual((shown["disposition"], shown["held_by"]["kind"]), ("held", "flap"))
        self.assertGreaterEqual(shown["held_by"]["count"], 3)
        self.assertEqual(shown["nobody_told"]["code"], "held")

    def test_a_ticket_opened_joined_raised_acknowledged_recovered_and_reopened(self):
        shown = explained(send("disk full", source="web-2"), "ticketed: opened")
        self.check(shown, "ticketed", "opened")
        self.assertEqual(told(shown), [(name, "opened") for name in BOTH])
        self.assertEqual([event["kind"] for event in shown["ticket_events"]], ["opened"])
        shown = explained(send("disk full", source="web-2"), "ticketed: joined")
        self.check(shown, "ticketed", "joined", "joined_without_news")
        shown = explained(send("disk full", source="web-2", severity="critical"), "ticketed: joined, and worse")
        self.check(shown, "ticketed", "joined")
        self.assertEqual(told(shown), [(name, "severity_changed") for name in BOTH])
        shown = explained(send("disk full", status="acknowledged"), "ticketed: acknowledged")
        self.check(shown, "ticketed", "acknowledged", "acknowledged")
        shown = explained(send("disk full", status="resolved"), "resolved")
        self.check(shown, "resolved", "recovered")
        self.assertEqual(told(shown), [(name, "recovered") for name in BOTH])
        self.assertEqual(shown["ticket"]["state"], "recovered")
        shown = explained(send("disk full", source="web-2"), "ticketed: reopened")
        self.check(shown, "ticketed", "reopened")
        self.assertEqual(told(shown), [(name, "reopened") for name in BOTH])

    def test_resolved_before_anybody_knew(self):
        self.assertEqual(explained(send("dozing lamp"))["disposition"], "held")
        shown = explained(send("dozing lamp", status="resolved"), "resolved within its pause")
        self.check(shown, "resolved", "recovered", "unheard")
        self.assertEqual(shown["ticket"]["state"], "closed")

    def test_a_repeat_of_what_the_ticket_knows(self):
        alert = {"labels": {"alertname": "Watchdog", "instance": "w-1"}, "startsAt": "2026-11-23T06:00:00.000Z"}

        def sent(count):
            answer = world.instance.integration().post("/am/api/v2/alerts", [alert])
            self.assertEqual(answer.status, 200, answer.body)

            def found():
                items = world.instance.user("viewer").get("/api/v1/alerts?q=watchdog").json()["items"]
                return items if len(items) == count and items[0]["disposition"] != "pending" else None

            return wait_until(found, "the alert")[0]["id"]

        self.check(explained(sent(1)), "ticketed", "opened")
        shown = explained(sent(2), "ticketed: refreshed by its sender")
        self.check(shown, "ticketed", "refreshed", "refreshed")

    def test_a_late_recovery(self):
        shown = explained(send("never seen", status="resolved"), "ignored: nothing to recover")
        self.check(shown, "ignored", "none", "ignored")
        self.assertIsNone(shown["ticket"])

    def sent_by_prometheus(self, name, count=1, **times):
        answer = world.instance.integration().post("/am/api/v2/alerts", [{"labels": {"alertname": name}, **times}])
        self.assertEqual(answer.status, 200, answer.body)

        def found():
            items = world.instance.user("viewer").get(f"/api/v1/alerts?q={name}").json()["items"]
            return items if len(items) == count and items[0]["disposition"] != "pending" else None

        return explained(wait_until(found, "the alert")[0]["id"])

    def test_an_end_that_has_passed_already_names_the_clock(self):
        end = after(seconds=-90)
        shown = self.sent_by_prometheus("SlowClock", startsAt=after(minutes=-5), endsAt=end)
        self.check(shown, "ignored", "none", "ignored")
        self.assertIn(end, shown["nobody_told"]["detail"])
        self.assertRegex(shown["nobody_told"]["detail"], "the sender's clock is slow, by 9[0-9] s or more")

    def test_an_end_of_an_earlier_episode(self):
        first = {"startsAt": after(minutes=-9), "endsAt": after(minutes=-6)}
        second = {"startsAt": after(minutes=-5)}
        self.sent_by_prometheus("Replicas", 1, startsAt=first["startsAt"])
        self.sent_by_prometheus("Replicas", 2, **first)
        self.check(self.sent_by_prometheus("Replicas", 3, **second), "ticketed", "reopened")
        shown = self.sent_by_prometheus("Replicas", 4, **first)
        self.check(shown, "ignored", "none", "ignored")
        self.assertIn("it is the end of an earlier one", shown["nobody_told"]["detail"])
        self.assertEqual(shown["ticket"]["state"], "open")

    def test_what_came_and_went_in_one_push(self):
        alert = {"title": "a spark", "dedup_key": "a spark"}
        answer = world.instance.integration().post("/api/v1/alerts", [alert, {**alert, "status": "resolved"}])
        for result, effect in zip(answer.json()["results"], ("opened", "recovered"), strict=True):
            shown = explained(result["alert_id"])
            self.assertEqual((shown["effect"], shown["nobody_told"]["code"]), (effect, "batched"), shown)
        self.assertEqual(shown["ticket"]["state"], "recovered")

    def test_no_rule_matched_and_what_came_close(self):
        shown = explained(send("cache cold", dedup_key="near", labels={"env": "prod"}), "no rule matched: near misses")
        self.assertEqual(shown["matched_rules"], [])
        misses = {miss["name"]: miss["failing"] for miss in shown["near_misses"]}
        self.assertEqual(len(misses), 5)
        [env] = misses["noise of dev"]
        self.assertEqual((env["expression"], env["value"]), ('labels.env == "dev"', '"prod"'))
        self.assertLessEqual(max(len(failing) for failing in misses.values()), 1)

    def test_a_rule_that_fails(self):
        shown = explained(send("rack hot", details={"rack": "r7"}), "a rule that failed")
        self.assertEqual(shown["disposition"], "ticketed")
        failed = seen_by(shown, "by rack")
        self.assertFalse(failed["matched"])
        self.assertIn("no such", failed["error"])
        self.assertIn("no such", failed["leaves"][0]["error"])
        missing = seen_by(shown, "noise of dev")["leaves"][0]
        self.assertEqual((missing["matched"], missing["error"]), (False, "no such key: env"))

    def test_a_rule_that_fails_where_it_matters_is_counted(self):
        shown = explained(send("odd share", source="odd", details={"n": 1}), "a rule that failed where it mattered")
        self.assertEqual(shown["disposition"], "ticketed")
        self.assertIn("zero", seen_by(shown, "by share")["error"])

        def counted():
            stats = world.instance.user("viewer").get(f"/api/v1/rules/{rules['by share']['id']}").json()["stats"]
            return stats if stats["failed"] else None

        self.assertIn("zero", wait_until(counted, "the failure on the rule")["last_error"])

    def test_what_the_rules_made_of_the_alert(self):
        shown = explained(send("replica lag", source="db-4"), "ticketed: changed by a rule")
        self.assertEqual(shown["alert"]["severity"], "warning")
        self.assertEqual(shown["alert_after_rules"]["severity"], "critical")
        self.assertEqual(shown["alert_after_rules"]["labels"], {"tier": "gold"})
        shadow = seen_by(shown, "drop gold?")
        self.assertEqual((shadow["would_match"], shadow["matched"], shadow["acted"]), (True, False, False))
        self.assertIsNone(seen_by(shown, "name the tier")["would_match"])
        self.assertEqual(shown["ticket"]["severity"], "critical")
        self.assertEqual(leaves(shown["matched_rules"][0]), {'source.startsWith("db-")': '"db-4"'})

    def test_nobody_is_there_to_be_told(self):
        gone = create("contacts", {"name": "on holiday", "type": "webhook", "url": world.webhook.url, "enabled": False},
                      "admin")
        group = create("contact-groups", {"name": "holiday", "contact_ids": [gone["id"]]}, "admin")
        create("rules", {"name": "to holiday", "condition": '{class="beach"}',
                         "actions": [{"type": "route", "contact_group_ids": [group["id"]]}]}, "admin")
        wait_until(lambda: explained(send("wave", **{"class": "beach"}))["matched_rules"], "the rule to be known")
        shown = explained(send("another wave", **{"class": "beach"}), "ticketed, and nobody is there to be told")
        self.check(shown, "ticketed", "opened", "no_contacts")
        self.assertEqual(shown["nobody_told"]["detail"],
                         'The rule "to holiday" routes to the group "holiday", which has no enabled contact; the default '
                         "route is asked only where no rule routes.")

    def test_the_version_that_acted_is_shown_also_when_the_rule_has_changed_and_when_it_is_gone(self):
        admin = world.instance.user("admin")
        rule = create("rules", {"name": "old words", "condition": '{class="history"}',
                                "actions": [{"type": "drop"}]}, "admin")
        wait_until(lambda: explained(send("then", **{"class": "history"}))["disposition"] == "dropped", "the rule")
        alert_id = send("then", **{"class": "history"})
        explained(alert_id)
        changed = admin.call("PATCH", f"/api/v1/rules/{rule['id']}",
                             {"name": "new words", "condition": '{class="future"}'})
        self.assertEqual(changed.status, 200, changed.body)
        shown = explained(alert_id, "dropped by a version of a rule that has changed since")
        [acted] = shown["matched_rules"]
        self.assertEqual((acted["name"], acted["version"], acted["current_version"]), ("old words", 1, 2))
        self.assertEqual(leaves(acted), {'class="history"': "history"})
        self.assertEqual(shown["nobody_told"]["detail"], 'The rule "old words" dropped the alert.')
        self.assertFalse(seen_by(shown, "new words")["matched"])
        self.assertEqual(admin.call("DELETE", f"/api/v1/rules/{rule['id']}").status, 204)
        [acted] = explanation(alert_id)["matched_rules"]
        self.assertEqual((acted["name"], acted["current_version"]), ("old words", None))
        self.assertEqual(acted["actions"], [{"type": "drop"}])

    def test_zz_every_disposition_was_explained(self):
        self.assertEqual(dispositions, {"ticketed", "dropped", "suppressed", "silenced", "inhibited", "held", "resolved",
                                        "ignored"})


class TryingARule(unittest.TestCase):
    """POST /rules/test, word for word as the contract has it."""

    def test(self, **body):
        answer = world.instance.user("viewer").post("/api/v1/rules/test", body)
        return answer.status, answer.json()

    def rule(self, condition, actions, syntax="cel", **more):
        return {"name": "draft", "syntax": syntax, "condition": condition, "actions": actions, **more}

    def test_a_rule(self):
        status, shown = self.test(
            rule=self.rule('labels.env == "dev" && severity < CRITICAL', [{"type": "drop"}]),
            alert={"title": "t", "labels": {"env": "dev"}})
        self.assertEqual(status, 200, shown)
        self.assertEqual((shown["matched"], shown["error"], shown["disposition"]), (True, None, "dropped"))
        self.assertEqual(shown["actions"], [{"type": "drop"}])
        self.assertEqual([(leaf["value"], leaf["actual"]) for leaf in shown["trace"]], [(True, '"dev"'), (True, "2")])
        self.assertEqual(shown["alert"]["labels"], {"env": "dev"})

    def test_a_condition_that_fails(self):
        status, shown = self.test(rule=self.rule('labels.env == "dev"', [{"type": "drop"}]), alert={"title": "t"})
        self.assertEqual((status, shown["matched"], shown["disposition"]), (200, False, "ticketed"))
        self.assertEqual(shown["error"]["detail"], "no such key: env")
        [leaf] = shown["trace"]
        self.assertEqual((leaf["expr"], leaf["error"], "value" in leaf), ('labels.env == "dev"', "no such key: env", False))
        status, shown = self.test(rule=self.rule('labels.env == "dev" || title == "t"', [{"type": "drop"}]),
                                  alert={"title": "t"})
        self.assertEqual((shown["matched"], shown["error"], shown["disposition"]), (True, None, "dropped"))

    def test_what_actions_make_of_the_alert(self):
        actions = [{"type": "set", "field": "service", "value": "{{source}}!"}, {"type": "severity", "severity": "info"},
                   {"type": "tag", "tag": "seen"}]
        status, shown = self.test(rule=self.rule('source="db-1"', actions, "matchers"),
                                  alert={"title": "t", "source": "db-1"})
        self.assertEqual(status, 200, shown)
        self.assertEqual((shown["alert"]["service"], shown["alert"]["severity"]), ("db-1!", "info"))
        self.assertEqual(shown["alert"]["labels"], {"seen": "true"})
        self.assertEqual(shown["actions"], actions)
        self.assertEqual(shown["trace"], [{"expr": 'source="db-1"', "value": True, "actual": "db-1"}])

    def test_each_disposition(self):
        pause, threshold = {"type": "pause", "for": "PT5M"}, {"type": "threshold", "count": 2, "within": "PT5M"}
        for action, disposition in (({"type": "suppress"}, "suppressed"), (pause, "held"), (threshold, "held"),
                                    ({"type": "tag", "tag": "x"}, "ticketed"), ({"type": "drop"}, "dropped")):
            status, shown = self.test(rule=self.rule("true", [action]), alert={"title": "t"})
            self.assertEqual((status, shown["disposition"]), (200, disposition), shown)
        status, shown = self.test(rule=self.rule("true", [pause]), alert={"title": "t", "status": "resolved"})
        self.assertEqual((status, shown["disposition"]), (200, "ignored"), shown)

    def test_a_stored_rule_and_a_set(self):
        alert = {"title": "t", "labels": {"env": "dev"}}
        status, shown = self.test(rule_id=rules["noise of dev"]["id"], alert=alert)
        self.assertEqual((status, shown["disposition"]), (200, "dropped"), shown)
        quiet = self.rule("true", [{"type": "suppress"}], stop=True)
        drop = self.rule("true", [{"type": "drop"}])
        status, shown = self.test(ruleset=[quiet, drop], alert=alert)
        self.assertEqual((status, shown["disposition"]), (200, "suppressed"), shown)
        self.assertEqual([(each["matched"], each["stopped"]) for each in shown["rules"]], [(True, True), (False, False)])

    def test_bad_input_is_refused_with_its_place(self):
        drop = [{"type": "drop"}]
        cases = [
            ({"alert": {"title": "t"}}, {""}),
            ({"rule": self.rule("true", drop), "ruleset": [], "alert": {"title": "t"}}, {""}),
            ({"rule": self.rule("labels.env ==", drop), "alert": {"title": "t"}}, {"/rule/condition"}),
            ({"rule": self.rule("true", [{"type": "dorp"}]), "alert": {"title": "t"}}, {"/rule/actions/0/type"}),
            ({"rule": self.rule("true", drop), "alert": {}}, {"/alert/title"}),
            ({"rule": self.rule("true", drop)}, {"/alert"}),
            ({"rule_id": world.instance.ready["tenants"][0]["tenant_id"], "alert": {"title": "t"}}, {"/rule_id"}),
            ({"ruleset": [self.rule("true", drop), self.rule("ture", drop)], "alert": {"title": "t"}},
             {"/ruleset/1/condition"}),
            ({"rule": self.rule("true", drop), "alert": {"title": "t"}, "alrt": 1}, {"/alrt"}),
        ]
        for body, pointers in cases:
            with self.subTest(body=json.dumps(body)):
                status, problem = self.test(**body)
                self.assertEqual(status, 422, problem)
                self.assertEqual({error["pointer"] for error in problem["errors"]}, pointers, problem)
        self.assertIn("did you mean", json.dumps(self.test(rule=self.rule('titel == "x"', drop), alert={"title": "t"})[1]))


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.argv.remove("--print")
        PRINTING = True
        sys.argv.append("Dispositions")
    unittest.main()
