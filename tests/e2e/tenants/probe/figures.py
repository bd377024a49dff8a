"""Whether two kinds of question take different times. Pure."""

import math
import statistics

# Above it a difference is no chance: with normal means, once in 150,000 comparisons.
BOUND = 4.5
# Of each sample so many of the slowest are left out: those in which the machine did something else.
LEFT_OUT = 0.2


def trimmed(samples):
    return sorted(samples)[:math.ceil(len(samples) * (1 - LEFT_OUT))]


def welch(first, second):
    """Welch's t of the means of two samples, in standard errors of their difference; 0 where nothing varies."""
    first, second = trimmed(first), trimmed(second)
    error = math.sqrt(statistics.variance(first) / len(first) + statistics.variance(second) / len(second))
    return (statistics.fmean(first) - statistics.fmean(second)) / error if error else 0.0


def differ(rounds):
    """Whether all of the rounds, each a t of samples of its own, say the same of which is slower. One round beyond the bound
    may be the machine's doing (another process that came and went); as many in a row to the same side are not."""
    return len({math.copysign(1, t) for t in rounds}) == 1 and min(abs(t) for t in rounds) > BOUND
