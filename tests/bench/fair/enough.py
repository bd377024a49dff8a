"""When a row is measured enough: further pairs could not reasonably change its verdict. Pure: no clock, no dice of its own.

A row that has some of its pairs is completed to all of them with pairs that are imagined, and judged by `figures` as ever,
once with the best that can be expected and once with the worst. Where both give the same verdict, that one is clear.

Does not hold: what is imagined is an attacker that costs nothing from now on. So the verdict of all pairs is known before
they are measured; nothing can fail by this that would have held, but for pairs that are better beside the attacker than
alone. The same is true of what only grows: whoever was refused once stays refused.

Holds: here looking several times could make it easier to pass, for three good pairs may be luck (one time in eight, if half
of all pairs are bad). Hence
- each missing pair is imagined worse than the worst one seen, by the square of how much blocks differ, which is far beyond
  the 95 % interval of all pairs;
- not one pair may have broken the limit, though a median and an interval allow for one that did so barely;
- what else is bounded may reach half of its bound, and has to bite by a tenth more than it must;
- every request and every alert so far has its answer.
Where the true ratio is the bound, six pairs pass three or four times in a hundred; that looks at three, four and five pairs
add about one time in a thousand is simulated in `fair_enough_test.py`. What no rule on few pairs can see is what happens in
few of them: a fault in one pair of ten shows in half of all runs of six pairs, and in a quarter of those of three. Whoever
looks for that measures all of them (`--all-pairs`). A verdict of all pairs is what it was before rows could end early."""

import math
import statistics

from fair import figures

LEAST_PAIRS = 3
REACH = 2  # the worst pair seen, times how much blocks differ to this power, is the worst to be expected
PART_OF_BOUND = 0.5
BITES_FIRMLY = 1.1
ONLY_GROW = (("lag_seconds", figures.LAG_SECONDS), ("first_attempt_seconds", figures.FIRST_ATTEMPT_SECONDS),
             ("memory_mib", figures.MEMORY_MIB))
AVERAGED = (("livez_ms", figures.OPERATOR_MS), ("management_ms", figures.OPERATOR_MS), ("refusal_us", figures.REFUSAL_US))


def spread(values):
    return max(values) / min(values)


def completed(alone, beside, missing, ratio):
    """The upper end of the interval, with so many pairs more of this ratio."""
    usual = statistics.median(alone)
    return figures.interval(alone + [usual] * missing, beside + [usual * ratio] * missing)[1]


def surely_fails(alone, beside, missing):
    """Milliseconds by blocks; however good the missing pairs are."""
    best = min(alone + beside)
    return (statistics.median(beside + [best] * missing) > figures.FLOOR_MS
            and completed(alone, beside, missing, 1.0) > figures.RATIO)


def surely_holds(alone, beside, missing):
    """Milliseconds by blocks; although the missing pairs are the worst to be expected."""
    ratios = [with_it / without for without, with_it in zip(alone, beside)]
    if any(ratio > figures.RATIO and ms > figures.FLOOR_MS for ratio, ms in zip(ratios, beside)):
        return False
    worse = max(map(spread, (ratios, alone, beside))) ** REACH
    return (statistics.median(beside + [max(beside) * worse] * missing) <= figures.FLOOR_MS
            or completed(alone, beside, missing, max(ratios) * worse) <= figures.RATIO)


def is_out(row):
    """Something failed that no further pair mends."""
    return bool(row["refused"] or row["refused_alone"]) or any(
        most < row[name] < math.inf for name, most in ONLY_GROW)  # what never came yet may still come


def is_far_from_bounds(row):
    most_that_is_far = [(row[name], PART_OF_BOUND * most) for name, most in ONLY_GROW + AVERAGED if row[name] is not None]
    return all(value <= most for value, most in most_that_is_far) and bool(
        row["caps"] or row["cores"] >= BITES_FIRMLY * figures.CORES
        or row["refused_a_second"] >= BITES_FIRMLY * figures.REFUSALS_A_SECOND)


def is_clear(row, unanswered, missing):
    """Whether `missing` further pairs would leave the verdict on a row (see `measure.row_of`) as it is. `unanswered`: so
    many of the victim's requests wait for an answer."""
    blocks = [(compared["alone_blocks_ms"], compared["beside_blocks_ms"]) for compared in row["requests"].values()]
    if is_out(row):
        return True
    if unanswered or not all(0 < ms < math.inf for pair in blocks for kind in pair for ms in kind):
        return False
    if any(figures.is_slow(compared) and surely_fails(alone, beside, missing)
           for compared, (alone, beside) in zip(row["requests"].values(), blocks)):
        return True
    return not row["failures"] and is_far_from_bounds(row) and all(
        surely_holds(alone, beside, missing) for alone, beside in blocks)
