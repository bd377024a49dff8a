"""The arithmetic of `./dev bench fair`: what becomes of samples, and when a row holds."""

import json
import math
import unittest

from fair import capping, figures, report
from fair.attackers import catalogue


def sample(due, took=0.01, kind="read", good=True, number=0):
    return {"kind": kind, "number": number, "due": due, "done": due + took, "status": 200 if good else 503, "good": good}


def row(**changes):
    requests = {"read": {"alone_ms": 10.0, "beside_ms": 15.0, "ratio": 1.5, "low": 1.2, "high": 1.9},
                "send": {"alone_ms": 4.0, "beside_ms": 16.0, "ratio": 4.0, "low": 3.0, "high": 5.0}}
    made = {"attacker": "one", "judged": True, "requests": requests, "refused": 0, "refused_alone": 0, "refused_as": [],
            "lag_seconds": 0.5, "first_attempt_seconds": 1.0, "lost": 0, "memory_mib": 100.0, "livez_ms": 3.0,
            "management_ms": 9.0, "refusal_us": None, "cores": 1.2, "refused_a_second": 0.0, "caps": [], "pairs": 6}
    made.update(changes)
    made["bites"] = figures.bites(made)
    made["failures"] = figures.failures(made)
    return made


class Percentiles(unittest.TestCase):
    def test_it_is_one_of_the_values_and_enough_of_them_are_not_larger(self):
        self.assertEqual(figures.percentile(range(1, 101), 99), 99)
        self.assertEqual(figures.percentile(range(1, 161), 99), 159)
        self.assertEqual(figures.percentile([7], 99), 7)
        self.assertEqual(figures.percentile([3, 1, 2], 50), 2)
        with self.assertRaises(ValueError):
            figures.percentile([], 99)

    def test_a_request_counts_from_when_it_was_due_in_the_block_in_which_it_was(self):
        samples = [sample(1, 9.0), sample(12, 0.02)]
        self.assertEqual([round(ms) for ms in figures.p99_of_blocks(samples, [(0, 10), (10, 20)])], [9000, 20])
        self.assertTrue(math.isnan(figures.p99_of_blocks(samples, [(20, 30)])[0]))


class Intervals(unittest.TestCase):
    def test_one_pair_has_its_own_ratio(self):
        self.assertEqual(figures.interval([10], [25]), (2.5, 2.5))

    def test_it_holds_the_ratio_and_grows_with_what_blocks_differ_by(self):
        alone = [10, 11, 9, 10, 12, 10]
        calm = figures.interval(alone, [15, 16, 14, 15, 17, 15])
        wild = figures.interval(alone, [5, 40, 14, 15, 90, 15])
        for low, high in (calm, wild):
            self.assertLessEqual(low, 1.5)
            self.assertGreaterEqual(high, 1.5)
        self.assertLess(calm[1] - calm[0], wild[1] - wild[0])

    def test_the_same_blocks_always_give_the_same_one(self):
        self.assertEqual(figures.interval([1, 2, 3], [4, 5, 9]), figures.interval([1, 2, 3], [4, 5, 9]))

    def test_blocks_without_a_partner_are_refused(self):
        with self.assertRaises(ValueError):
            figures.interval([1, 2], [1])


class Waits(unittest.TestCase):
    def test_the_nodes_absence_on_purpose_is_left_out_of_waits_and_of_requests(self):
        alerts = [{**sample(1, 0), "key": "a"}, {**sample(2, 0), "key": "b"}, {**sample(50, 0), "key": "later"}]
        seconds, lost = figures.waits(alerts, {"a": 9.5}, [(0, 10)], down=[(3, 9)])
        self.assertEqual(seconds, [2.5])
        self.assertEqual(lost, ["b"])
        self.assertEqual(figures.untouched([sample(2, 2), sample(4), sample(9.1)], [(3, 9)]), [sample(9.1)])

    def test_what_was_applied_before_its_answer_came_waited_for_nothing(self):
        self.assertEqual(figures.waits([{**sample(1, 1), "key": "a"}], {"a": 1.5}, [(0, 10)], []), ([0.0], []))


class Verdicts(unittest.TestCase):
    def test_a_good_row_holds_by_the_ratio_or_by_the_floor(self):
        self.assertEqual(row()["failures"], [])  # reads by the ratio, sending by its 16 ms

    def test_each_bound_fails_by_itself_and_says_which(self):
        slow = {"alone_ms": 10.0, "beside_ms": 21.0, "ratio": 2.1, "low": 2.0, "high": 2.2}
        for changes, words in (({"requests": {"read": slow}}, "p99 of read"), ({"refused": 1}, "1 refused"),
                               ({"refused_alone": 2}, "2 refused alone"), ({"lost": 1}, "1 lost"),
                               ({"lag_seconds": 1.1}, "triage lag"), ({"first_attempt_seconds": math.inf}, "first attempt"),
                               ({"memory_mib": 1025.0}, "over idle"), ({"livez_ms": 101.0}, "/livez"),
                               ({"management_ms": 101.0}, "management"), ({"refusal_us": 51.0}, "a refusal"),
                               ({"cores": 0.3}, "did not bite")):
            failures = row(**changes)["failures"]
            self.assertEqual(len(failures), 1, changes)
            self.assertIn(words, failures[0])

    def test_what_cannot_be_said_does_not_hold(self):
        nothing = dict.fromkeys(("alone_ms", "beside_ms", "ratio", "low", "high"), math.nan)
        self.assertTrue(row(requests={"read": nothing})["failures"])

    def test_an_attack_bites_by_processors_by_refusals_or_by_a_bound(self):
        for changes in ({"cores": 1.0}, {"refused_a_second": 100.0}, {"caps": ["queue full"]}):
            self.assertTrue(figures.bites({"cores": 0.1, "refused_a_second": 0.0, "caps": [], **changes}))


class Tables(unittest.TestCase):
    def test_a_row_shows_the_kind_that_suffers_more_and_json_gives_the_same_table(self):
        rows = [row(), row(attacker="two", refused=3, refused_as=["send 503"], lag_seconds=math.inf),
                row(attacker="four", judged=False)]
        measured = {"rows": rows, "not_measured": [{"attacker": "five", "why": "no port"}]}
        text = report.page(report.plain(measured))
        lines = text.splitlines()
        self.assertEqual(lines[0].split()[0], "attacker")
        self.assertRegex(lines[0], r" us/refusal +pairs +bites ")
        self.assertRegex(lines[2], r"^one +send +4\.0 +16\.0 +4\.00 +5\.00 +0 .* 6 +1\.2 cores +yes$")
        self.assertRegex(lines[3], r"^two .* NO$")
        self.assertRegex(lines[4], r"^four .* -$")
        self.assertIn("two: inf s of triage lag (at most 1); 3 refused (send 503)", lines)
        self.assertEqual(lines[-1], "five: could not be measured: no port")
        self.assertEqual(report.page(json.loads(json.dumps(report.plain(measured)))), text)

    def test_every_attacker_has_a_name_of_its_own_and_words(self):
        names = [attacker.name for attacker in catalogue.ALL]
        self.assertEqual(len(set(names)), len(names))
        self.assertTrue(all(catalogue.ABOUT.values()))
        for name in catalogue.ABOUT:
            self.assertTrue(catalogue.parts(name))


class Caps(unittest.TestCase):
    def test_a_cap_is_gone_when_it_is_done_with(self):
        with capping.Cap() as cap:
            folder = cap.folder
        if folder:
            self.assertRaises(FileNotFoundError, open, f"{folder}/cgroup.procs", encoding="ascii")
        else:
            self.assertEqual(cap.how, f"nice {capping.NICE}")


if __name__ == "__main__":
    unittest.main()
