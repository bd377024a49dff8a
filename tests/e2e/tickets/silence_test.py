"""What keeps tickets untold: silences, maintenance windows, inhibitions, with the whole river around them."""

import datetime
import json
import os
import subprocess
import unittest

from harness import World, wait_until


def setUpModule():
    global world
    world = World(tenants=2)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def after(**delta):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def send(title, key, status="firing", tenant=0, **more):
    alert = {"title": title, "dedup_key": key, "status": status, **more}
    answer = world.instance.integration(tenant).post("/api/v1/alerts", alert)
    assert answer.status == 202, answer.body
    return answer.json()["results"][0]["alert_id"]


def explained(alert_id, tenant=0):
    """The alert's explanation, once triage has decided."""

    def decided():
        shown = world.instance.user("viewer", tenant).get(f"/api/v1/alerts/{alert_id}/explanation").json()
        return shown if shown.get("disposition") not in (None, "pending") else None

    return wait_until(decided, "the verdict")


def create(collection, body, role="operator"):
    answer = world.instance.user(role).post(f"/api/v1/{collection}", body)
    assert answer.status == 201, answer.body
    return answer.json()


def remove(collection, identity, role="operator"):
    answer = world.instance.user(role).call("DELETE", f"/api/v1/{collection}/{identity}")
    assert answer.status == 204, answer.body


def told(key, kind="ticket.opened"):
    return world.webhook.about(key, kind)


def owed(key):
    """Every message about the key's ticket, whether or not it was sent yet: they are stored with what is decided."""
    answer = world.instance.user("viewer").get(f"/api/v1/deliveries?limit=500&ticket_id={world.ticket(key)['id']}")
    assert answer.status == 200, answer.body
    return answer.json()["items"]


class Silences(unittest.TestCase):
    def test_it_holds_from_the_next_alert_on_and_what_it_held_back_is_told_when_it_ends(self):
        silence = create("silences", {"matchers": 'source="quiet-1"', "ends_at": after(seconds=4),
                                      "comment": "switch upgrade"})
        self.assertEqual(silence["state"], "active")
        alert_id = send("disk full", "quiet-1/disk", source="quiet-1")
        shown = explained(alert_id)
        self.assertEqual((shown["disposition"], shown["nobody_told"]["code"]), ("silenced", "silenced"))
        self.assertEqual(shown["quieted_by"], {"kind": "silence", "id": silence["id"]})
        self.assertEqual(shown["nobody_told"]["detail"], 'The silence "switch upgrade" covered the alert.')
        ticket = world.ticket("quiet-1/disk")
        self.assertTrue(ticket["suppressed"])
        self.assertEqual(ticket["suppression_reason"], "silence: switch upgrade")
        self.assertEqual(told("quiet-1/disk"), [])
        self.assertEqual(self.get(silence)["stats"]["matched"], 1)

        sent_at, _, body = wait_until(lambda: told("quiet-1/disk"), "the page after the silence")[0]
        self.assertGreaterEqual(sent_at, parse(silence["ends_at"]))
        self.assertLess(sent_at, parse(silence["ends_at"]) + 5)
        self.assertEqual(json.loads(body)["ticket"]["id"], ticket["id"])
        self.assertEqual(self.get(silence)["state"], "expired")
        self.assertFalse(world.ticket("quiet-1/disk")["suppressed"])
        send("disk full", "quiet-1/disk", "resolved")
        wait_until(lambda: told("quiet-1/disk", "ticket.recovered"), "the recovery")
        self.assertEqual(len(told("quiet-1/disk")), 1)

    def test_a_recovery_passes_through(self):
        send("slow", "quiet-2/slow", source="quiet-2")
        wait_until(lambda: told("quiet-2/slow"), "the page")
        silence = create("silences", {"matchers": 'source="quiet-2"', "ends_at": after(hours=1), "comment": "upgrade"})
        self.assertEqual(explained(send("slow", "quiet-2/slow", source="quiet-2", severity="critical"))["disposition"],
                         "silenced")
        self.assertEqual(told("quiet-2/slow", "ticket.severity_changed"), [])
        send("slow", "quiet-2/slow", "resolved", source="quiet-2")
        wait_until(lambda: told("quiet-2/slow", "ticket.recovered"), "the recovery")
        remove("silences", silence["id"])

    def test_what_recovered_within_it_is_never_told(self):
        silence = create("silences", {"condition": 'source == "quiet-3"', "ends_at": after(hours=1), "comment": "x"})
        self.assertEqual(explained(send("blip", "quiet-3/blip", source="quiet-3"))["disposition"], "silenced")
        self.assertEqual(explained(send("blip", "quiet-3/blip", "resolved", source="quiet-3"))["disposition"], "resolved")
        self.assertEqual(explained(send("still", "quiet-3/still", source="quiet-3"))["disposition"], "silenced")
        remove("silences", silence["id"])
        send("marker", "quiet-3/marker", source="quiet-3")
        wait_until(lambda: told("quiet-3/marker"), "a later page")
        wait_until(lambda: told("quiet-3/still"), "the page of what still fires, of the round that looks at both")
        self.assertEqual(owed("quiet-3/blip"), [])
        self.assertEqual(world.webhook.about("quiet-3/blip"), [])

    def test_deleting_it_tells_and_another_that_still_covers_does_not(self):
        first = create("silences", {"matchers": 'source="quiet-4"', "ends_at": after(hours=1), "comment": "one"})
        self.assertEqual(explained(send("both", "quiet-4/both", source="quiet-4", labels={"rack": "r1"}))["disposition"],
                         "silenced")
        self.assertEqual(explained(send("one", "quiet-4/one", source="quiet-4"))["disposition"], "silenced")
        second = create("silences", {"matchers": 'rack="r1"', "ends_at": after(hours=1), "comment": "two"})
        remove("silences", first["id"])
        wait_until(lambda: told("quiet-4/one"), "the page")
        self.assertEqual(told("quiet-4/both"), [])
        self.assertTrue(world.ticket("quiet-4/both")["suppressed"])
        remove("silences", second["id"])
        wait_until(lambda: told("quiet-4/both"), "the other page")

    def test_it_is_extended_and_survives_a_restart(self):
        silence = create("silences", {"matchers": 'source="quiet-5"', "ends_at": after(seconds=4), "comment": "x"})
        extended = world.instance.user("operator").call("PATCH", f"/api/v1/silences/{silence['id']}",
                                                        {"ends_at": after(seconds=40)})
        self.assertEqual(extended.status, 200, extended.body)
        create("silences", {"matchers": 'source="other-5"', "ends_at": silence["ends_at"], "comment": "not extended"})
        self.assertEqual(explained(send("z", "other-5/z", source="other-5"))["disposition"], "silenced")
        self.assertEqual(explained(send("x", "quiet-5/x", source="quiet-5"))["disposition"], "silenced")
        self.assertEqual(world.instance.stop(), 0)
        world.instance.start()
        self.assertEqual(explained(send("y", "quiet-5/y", source="quiet-5"))["disposition"], "silenced")
        sent_at, _, _ = wait_until(lambda: told("other-5/z"), "what the first end lets go")[0]
        self.assertGreaterEqual(sent_at, parse(silence["ends_at"]))
        self.assertEqual(owed("quiet-5/x"), [])
        self.assertEqual(told("quiet-5/x"), [])
        remove("silences", silence["id"])
        wait_until(lambda: told("quiet-5/x") and told("quiet-5/y"), "both pages")

    def test_it_ends_by_itself_once_it_covers_nothing(self):
        silence = create("silences", {"matchers": 'source="quiet-6"', "ends_at": after(hours=1), "comment": "x",
                                      "end_when_quiet": "PT10S"})
        wait_until(lambda: self.get(silence)["state"] == "expired", "its end", 30)
        self.assertEqual(self.get(silence)["ended_by"], "quiet")

    def test_it_is_the_tenants_own(self):
        silence = create("silences", {"matchers": 'source="quiet-7"', "ends_at": after(hours=1), "comment": "x"})
        shown = explained(send("x", "quiet-7/x", tenant=1, source="quiet-7"), tenant=1)
        self.assertEqual(shown["disposition"], "ticketed")
        self.assertEqual(world.instance.user("admin", 1).get(f"/api/v1/silences/{silence['id']}").status, 404)
        remove("silences", silence["id"])

    def test_a_preview_says_what_it_would_hit(self):
        explained(send("seen", "quiet-8/seen", source="quiet-8"))
        viewer = world.instance.user("viewer")
        preview = viewer.post("/api/v1/silences/preview", {"matchers": 'source="quiet-8"'}).json()
        self.assertEqual((preview["tickets"]["count"], preview["alerts"]["count"]), (1, 1))
        self.assertEqual(preview["alerts"]["items"][0]["title"], "seen")
        explained(send("another", "other-8/another", source="other-8"))
        name = viewer.get(f"/api/v1/alerts/{preview['alerts']['items'][0]['id']}").json()["integration"]
        blind = viewer.post("/api/v1/silences/preview", {"matchers": f'integration="{name}"'}).json()
        self.assertEqual((blind["tickets"]["count"], blind["tickets"]["unseen"]), (0, ["integration"]))
        self.assertIn("this finds every alert of the last hour: ", json.dumps(blind["warnings"]))
        refused = viewer.post("/api/v1/silences", {"matchers": 'a="b"', "ends_at": after(hours=1), "comment": "x"})
        self.assertEqual(refused.status, 403)

    def test_the_command_line_adds_lists_and_expires(self):
        key = world.instance.ready["tenants"][0]["users"]["operator"]["key"]
        where = {**os.environ, "WINNOW_URL": world.instance.ready["customer_url"], "WINNOW_KEY": key,
                 "WINNOW_CA_FILE": world.instance.ready["ca_file"], "NO_COLOR": "1"}

        def run(*arguments):
            return subprocess.run([world.instance.binary, *arguments], env=where, capture_output=True, text=True,
                                  check=False, timeout=30)

        def winnow(*arguments):
            done = run("silence", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        scope = ("--matchers", 'source="quiet-9"')
        self.assertIn("0 live tickets", winnow("add", *scope, "--for", "PT1H", "--comment", "cli", "--dry-run"))
        identity = winnow("add", *scope, "--for", "PT1H", "--comment", "cli").split()[0]
        self.assertIn(identity, winnow("list", "--state", "active"))
        self.assertIn("is expired", winnow("expire", identity))
        self.assertNotIn(identity, winnow("list", "--state", "active"))

        wide = ("--condition", 'label("nothing") != "x"', "--for", "PT1H", "--comment", "wide")
        refused = run("silence", "add", *wide)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--everything", refused.stderr)
        self.assertIn("covers every alert", run("silence", "add", *wide, "--dry-run").stderr)
        made = run("silence", "add", *wide, "--everything")
        self.assertEqual(made.returncode, 0, made.stderr)
        winnow("expire", made.stdout.split()[0])
        self.assertIn("did you mean severity?", run("silence", "add", "--matchers", 'severty="critical"', "--for", "PT1M",
                                                    "--comment", "slip").stderr)

    def test_an_expression_is_judged_as_saving_it_would_judge_it(self):
        def answer(*arguments):
            done = subprocess.run([world.instance.binary, "expr", "eval", *arguments], capture_output=True, text=True,
                                  check=False, timeout=30)
            return json.loads(done.stdout)

        self.assertIn("without quotes", answer('severity == "critical"')["error"])
        self.assertIn("did you mean firing?", answer('status == "FIRING"')["error"])
        self.assertIn("did you mean title?", answer("titel:disk", "--syntax", "keywords")["error"])
        self.assertIn("this looks like CEL", answer("severity >= ERROR", "--syntax", "matchers")["error"])
        text = answer("title")
        self.assertEqual((text["type"], text["value"]), ("string", ""))
        self.assertIn("as a condition it is refused: ", text["warnings"][0])
        self.assertIn("did you mean severity?", answer("severity >= INFO", "--bindings", '{"severty": "critical"}')["warnings"][0])
        self.assertNotIn("warnings", answer("severity >= INFO", "--bindings", '{"severity": "info", "mount": "/"}'))
        remarked = answer('severty="x"', "--syntax", "matchers")
        self.assertEqual((remarked["value"], len(remarked["warnings"])), (False, 1))
        for expression, said in (('title == ""', "it never matches"), ("severity > CRITICAL", "it never matches"),
                                 ('title == "a" && title == "b"', "exclude each other"),
                                 ('now.getHours("Asia/Tokio") > 5', 'did you mean "Asia/Tokyo"?'),
                                 ('now.getHours("Asia/Tokio")', 'did you mean "Asia/Tokyo"?')):
            self.assertIn(said, " ".join(answer(expression)["warnings"]), expression)

    def get(self, silence):
        return world.instance.user("viewer").get(f"/api/v1/silences/{silence['id']}").json()


class MaintenanceWindows(unittest.TestCase):
    def test_it_covers_while_it_lasts_and_tells_when_it_is_over(self):
        window = create("maintenance-windows", {"name": "patching", "matchers": 'source="window-1"',
                                                "starts_at": after(minutes=-2), "duration": "PT2H",
                                                "time_zone": "Asia/Tokyo", "rrule": "FREQ=DAILY;COUNT=30"})
        self.assertTrue(window["active"])
        self.assertEqual(len(window["next_occurrences"]), 10)
        shown = explained(send("x", "window-1/x", source="window-1"))
        self.assertEqual(shown["disposition"], "silenced")
        self.assertEqual(shown["quieted_by"], {"kind": "maintenance_window", "id": window["id"]})
        self.assertEqual(world.ticket("window-1/x")["suppression_reason"], "maintenance: patching")
        self.assertIn('maintenance window "patching"', shown["nobody_told"]["detail"])
        ends = {"rrule": None, "starts_at": after(seconds=-57), "duration": "PT1M"}
        changed = world.instance.user("operator").call("PATCH", f"/api/v1/maintenance-windows/{window['id']}", ends)
        self.assertEqual(changed.status, 200, changed.body)
        sent_at, _, _ = wait_until(lambda: told("window-1/x"), "the page after the window")[0]
        self.assertGreaterEqual(sent_at, parse(changed.json()["next_occurrences"][0]["ends_at"]))
        self.assertEqual(explained(send("y", "window-1/y", source="window-1"))["disposition"], "ticketed")

    def test_hostile_rules_neither_crash_nor_hold_the_node(self):
        operator = world.instance.user("operator")
        pid = world.instance.process.pid
        for number, rule in enumerate(("FREQ=YEARLY;BYWEEKNO=8", "FREQ=YEARLY;BYWEEKNO=-53,53;BYSETPOS=366,-366",
                                       "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY", "FREQ=YEARLY;BYDAY=-53MO",
                                       "FREQ=HOURLY;INTERVAL=999999999;BYYEARDAY=-366", "FREQ=MONTHLY;BYSETPOS=1",
                                       "FREQ=DAILY;RSCALE=" + "X" * 480)):
            answer = operator.post("/api/v1/maintenance-windows",
                                   {"name": f"hostile {number}", "matchers": 'source="window-3"', "rrule": rule,
                                    "starts_at": "2027-07-26T12:00:00Z", "duration": "PT1H"})
            self.assertIn(answer.status, (201, 422), rule)
            if answer.status == 201:
                remove("maintenance-windows", answer.json()["id"])
        self.assertEqual(explained(send("x", "window-3/x", source="window-3"))["disposition"], "ticketed")
        self.assertIsNone(world.instance.process.poll())
        self.assertEqual(world.instance.process.pid, pid)

    def test_one_that_lies_ahead_covers_nothing_yet(self):
        window = create("maintenance-windows", {"name": "later", "matchers": 'source="window-2"',
                                                "starts_at": after(hours=1), "duration": "PT2H"})
        self.assertEqual(explained(send("x", "window-2/x", source="window-2"))["disposition"], "ticketed")
        remove("maintenance-windows", window["id"])


class Inhibitions(unittest.TestCase):
    def test_a_firing_source_keeps_its_targets_quiet_and_its_end_tells(self):
        inhibition = create("inhibitions", {"name": "cluster explains node", "source_matchers": 'class="cluster_down"',
                                            "target_matchers": 'class="node_down"', "equal": ["cluster"]}, "admin")
        self.settle("c0")
        send("cluster gone", "inh/cluster", **{"class": "cluster_down", "labels": {"cluster": "c1"}})
        wait_until(lambda: told("inh/cluster"), "the source's page")
        shown = explained(self.node("n1", "c1"))
        self.assertEqual((shown["disposition"], shown["nobody_told"]["code"]), ("inhibited", "inhibited"))
        self.assertEqual(shown["quieted_by"], {"kind": "inhibition", "id": inhibition["id"]})
        self.assertIn('inhibition "cluster explains node"', shown["nobody_told"]["detail"])
        self.assertEqual(explained(self.node("n2", "c2"))["disposition"], "ticketed")
        self.assertEqual(explained(self.node("n3", "c1"))["disposition"], "inhibited")
        self.assertEqual(explained(self.node("n3", "c1", "resolved"))["disposition"], "resolved")
        send("cluster gone", "inh/cluster", "resolved")
        wait_until(lambda: told("inh/n1"), "the page of the target that still fires")
        self.assertEqual(world.webhook.about("inh/n3"), [])
        self.assertEqual(explained(self.node("n4", "c1"))["disposition"], "ticketed")
        remove("inhibitions", inhibition["id"], "admin")

    def test_a_source_that_fired_before_the_inhibition_counts_and_deleting_it_tells(self):
        send("cluster gone", "inh/cluster-2", **{"class": "cluster_down", "labels": {"cluster": "c5"}})
        wait_until(lambda: told("inh/cluster-2"), "the source's page")
        inhibition = create("inhibitions", {"name": "late", "source_matchers": 'class="cluster_down"',
                                            "target_matchers": 'class="node_down"', "equal": ["cluster"]}, "admin")

        def inhibited():
            shown = explained(self.node("n5", "c5"))
            return shown["disposition"] == "inhibited"

        self.assertTrue(inhibited())
        remove("inhibitions", inhibition["id"], "admin")
        wait_until(lambda: told("inh/n5"), "the page")
        send("cluster gone", "inh/cluster-2", "resolved")

    def settle(self, cluster):
        """An alert that nothing explains: the inhibition is there, and says nothing."""
        self.assertEqual(explained(self.node("n0", cluster))["disposition"], "ticketed")

    def node(self, name, cluster, status="firing"):
        return send(f"{name} down", f"inh/{name}", status, **{"class": "node_down", "labels": {"cluster": cluster}})


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    unittest.main()
