"""When `./dev bench fair` stops measuring a row, and how long it says that it takes."""

import math
import random
import unittest

from fair import enough, figures, measure
from fair.outlook import Outlook

QUIET = [5.0, 5.2, 5.1]


def row(read=(QUIET, [7.0, 7.1, 7.2]), send=(QUIET, QUIET), **changes):
    """`read` and `send`: milliseconds of the blocks alone and beside the attacker."""
    requests = {}
    for kind, (alone, beside) in (("read", read), ("send", send)):
        low, high = figures.interval(alone, beside, 200)
        requests[kind] = {"beside_ms": sorted(beside)[len(beside) // 2], "ratio": figures.ratio(alone, beside), "low": low,
                          "high": high, "alone_blocks_ms": alone, "beside_blocks_ms": beside}
    made = {"requests": requests, "refused": 0, "refused_alone": 0, "lag_seconds": 0.2, "first_attempt_seconds": 0.4,
            "lost": 0, "memory_mib": 100.0, "livez_ms": 3.0, "management_ms": 9.0, "refusal_us": None, "cores": 1.2,
            "refused_a_second": 0.0, "caps": [], **changes}
    made["failures"] = figures.failures(made)
    return made


def times(factor, values):
    return [factor * value for value in values]


class Fails(unittest.TestCase):
    def test_it_is_clear_where_an_attacker_that_costs_nothing_any_more_would_not_help(self):
        slow = times(40, QUIET), times(120, QUIET)
        self.assertTrue(enough.is_clear(row(slow), 0, 3))
        self.assertTrue(figures.failures(row(slow)))

    def test_it_is_not_where_good_pairs_would_make_it_hold(self):
        self.assertFalse(enough.is_clear(row((times(4, QUIET), [41, 44, 43])), 0, 30))
        one_of_three = times(8, QUIET), [41.0, 44.0, 90.0]  # too much for three pairs, one of six that is this bad is not
        self.assertTrue(figures.failures(row(one_of_three)))
        self.assertFalse(enough.is_clear(row(one_of_three), 0, 3))
        by_the_floor = QUIET, [21.0, 22.0, 21.5]  # 4x alone, but the median of six may still be below 20 ms
        self.assertTrue(figures.failures(row(by_the_floor)))
        self.assertFalse(enough.is_clear(row(by_the_floor), 0, 3))

    def test_all_pairs_would_really_say_so(self):
        dice = random.Random(3)
        for _ in range(30):
            alone = [10 * math.exp(dice.gauss(0, 0.3)) for _ in range(3)]
            beside = [25 * math.exp(dice.gauss(0, 0.3)) for _ in range(3)]
            if not enough.surely_fails(alone, beside, 3):
                continue
            for better in (1.0, 1.1):  # than that: beside the attacker the tenant is slower all the same
                usual = sorted(alone)[1]
                high = figures.interval(alone + [usual] * 3, beside + [usual * better] * 3)[1]
                self.assertGreater(high, figures.RATIO)

    def test_what_only_grows_stays_over_its_bound(self):
        for changes in ({"refused": 1}, {"refused_alone": 1}, {"lag_seconds": 1.1}, {"first_attempt_seconds": 2.1},
                        {"memory_mib": 1025.0}):
            self.assertTrue(enough.is_clear(row(**changes), 1, 3), changes)

    def test_what_is_averaged_or_may_still_come_does_not(self):
        for changes in ({"livez_ms": 101.0}, {"management_ms": 101.0}, {"refusal_us": 51.0}, {"cores": 0.2}, {"lost": 1},
                        {"lag_seconds": math.inf}, {"first_attempt_seconds": math.inf}):
            self.assertFalse(enough.is_clear(row(**changes), 0, 3), changes)


class Holds(unittest.TestCase):
    def test_it_is_clear_far_from_every_bound(self):
        self.assertTrue(enough.is_clear(row(), 0, 3))
        by_the_ratio = times(10, QUIET), [61.0, 60.0, 62.0]
        self.assertTrue(enough.is_clear(row(by_the_ratio), 0, 3))
        by_the_floor = QUIET, [14.5, 15.0, 14.0]
        self.assertTrue(enough.is_clear(row(by_the_floor), 0, 3))

    def test_it_is_not_where_the_worst_to_be_expected_would_not_hold(self):
        for read in ((times(10, QUIET), [95.0, 96.0, 99.0]),  # all below 2x, by little
                     (times(10, QUIET), [50.0, 60.0, 90.0]),  # by how they differ
                     ([40.0, 50.0, 75.0], [60.0, 75.0, 112.0]),  # 1.5x each, on a machine that is not steady
                     (QUIET, [12.0, 15.0, 19.0])):
            self.assertFalse(figures.failures(row(read)), read)
            self.assertFalse(enough.is_clear(row(read), 0, 3), read)
            self.assertFalse(enough.is_clear(row(send=read), 0, 3), read)

    def test_one_pair_that_broke_the_limit_is_enough_to_go_on(self):
        steady = times(10, QUIET) + times(10, QUIET)[:2]
        beside = [50.0, 50.0, 50.0, 50.0, 103.0]
        self.assertFalse(enough.surely_holds(steady, beside, 1))
        self.assertTrue(enough.surely_holds(steady[:4], beside[:4], 1))
        self.assertFalse(enough.surely_holds([5.0] * 5, [9.0, 9.0, 9.0, 9.0, 20.5], 0))

    def test_each_other_figure_has_to_be_far_from_its_bound(self):
        for changes in ({"lag_seconds": 0.6}, {"first_attempt_seconds": 1.1}, {"memory_mib": 600.0}, {"livez_ms": 51.0},
                        {"management_ms": 51.0}, {"refusal_us": 26.0}, {"cores": 1.05},
                        {"cores": 0.1, "refused_a_second": 105.0}):
            self.assertFalse(figures.failures(row(**changes)), changes)
            self.assertFalse(enough.is_clear(row(**changes), 0, 3), changes)
        self.assertTrue(enough.is_clear(row(cores=0.1, caps=["rate"]), 0, 3))

    def test_whoever_waits_for_an_answer_may_yet_wait_long(self):
        self.assertFalse(enough.is_clear(row(), 1, 3))

    def test_nothing_is_clear_where_nothing_can_be_said(self):
        for beside in ([7.0, math.nan, 7.0], [math.nan, 700.0, 700.0], [710.0, 700.0, math.nan]):
            self.assertFalse(enough.is_clear(row((QUIET, beside)), 0, 3), beside)

    def test_looking_early_does_not_let_more_pass(self):
        """Pairs whose true ratio is just the bound: hardly a run ends early with what six pairs would have refused."""
        for noise in (lambda dice: dice.gauss(0, 1), lambda dice: dice.expovariate(1) - math.log(2)):
            for scale in (0.05, 0.2, 0.6):
                dice, more, runs = random.Random(1), 0, 400
                for _ in range(runs):
                    alone = [100 * math.exp(scale * noise(dice)) for _ in range(6)]
                    beside = [200 * math.exp(scale * noise(dice)) for _ in range(6)]
                    early = any(enough.surely_holds(alone[:pairs], beside[:pairs], 6 - pairs) for pairs in (3, 4, 5))
                    more += early and figures.interval(alone, beside)[1] > figures.RATIO
                self.assertLessEqual(more / runs, 0.005, scale)


class Settings(unittest.TestCase):
    def test_a_row_has_from_three_pairs_to_those_that_are_given(self):
        def bounds(*arguments, **more):
            settings = measure.Settings(*arguments, **more)
            return settings.least, settings.pairs

        self.assertEqual(bounds(False), (3, 6))
        self.assertEqual(bounds(False, 9), (3, 9))
        self.assertEqual(bounds(False, 2), (2, 2))
        self.assertEqual(bounds(True), (1, 1))
        self.assertEqual(bounds(False, all_pairs=True), (6, 6))


class Outlooks(unittest.TestCase):
    def test_before_a_row_is_over_it_is_a_guess(self):
        outlook = Outlook(rows=23, least=3, most=6, block_seconds=10)
        self.assertAlmostEqual(outlook.seconds_left(), 23 * (4.5 * 21 + 30))
        self.assertEqual(outlook.words(), "about 48 min left")

    def test_then_rows_are_taken_to_be_like_those_that_are_over(self):
        outlook = Outlook(rows=4, least=3, most=6, block_seconds=10)
        outlook.row_is_over(3, 66.0, 20.0)
        outlook.row_is_over(5, 110.0, 40.0)
        self.assertAlmostEqual(outlook.seconds_left(), 2 * (4 * 22 + 30))
        self.assertAlmostEqual(outlook.seconds_left(pairs_done=3), 22 + (4 * 22 + 30))
        self.assertAlmostEqual(outlook.seconds_left(pairs_done=5), 22 + (4 * 22 + 30))
        self.assertAlmostEqual(outlook.seconds_left(pairs_done=6), 4 * 22 + 30)

    def test_a_row_that_could_not_be_measured_says_nothing_of_others(self):
        outlook = Outlook(rows=2, least=1, most=1, block_seconds=3)
        outlook.row_is_over(0, 0.0, 0.0)
        self.assertAlmostEqual(outlook.seconds_left(), 7 + 30)
        self.assertEqual(outlook.words(), "about a minute left")

    def test_what_a_row_took_is_parted(self):
        took = {"start": 3.0, "looks": 1.0, "calm": 2.0, "blocks": 60.0, "stop_node": 4.0}
        self.assertEqual(measure.of_pairs_and_other(took), (63.0, 7.0))


if __name__ == "__main__":
    unittest.main()
