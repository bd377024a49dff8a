"""From samples and windows of time to figures and a verdict. Pure: no clock, no dice that are not seeded."""

import math
import random
import statistics

RATIO = 2.0  # the victim's p99 beside the attacker, to its p99 alone
FLOOR_MS = 20.0  # a p99 below this is good enough whatever it was alone
LAG_SECONDS = 1.0
FIRST_ATTEMPT_SECONDS = 2.0
MEMORY_MIB = 1024.0
OPERATOR_MS = 100.0
REFUSAL_US = 50.0
REFUSALS_A_SECOND = 100.0  # from here on an attack was worth refusing
CORES = 1.0  # from here on the server works for it

RESAMPLES = 2000
REQUESTS = ("read", "send")  # what the victim's p99 is taken of


def percentile(values, share):
    """The smallest value that at least `share` percent of them do not exceed."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def ratio(alone, beside):
    return statistics.median(beside) / statistics.median(alone)


def interval(alone, beside, resamples=RESAMPLES):
    """95 % of the ratios of medians lie in it when pairs of blocks are drawn again, with repeats. The same input always
    gives the same interval; one pair gives its own ratio twice."""
    if len(alone) != len(beside) or not alone:
        raise ValueError("blocks come in pairs")
    dice = random.Random(len(alone))
    drawn = []
    for _ in range(resamples if len(alone) > 1 else 1):
        pairs = [dice.randrange(len(alone)) for _ in alone]
        drawn.append(ratio([alone[pair] for pair in pairs], [beside[pair] for pair in pairs]))
    return percentile(drawn, 2.5), percentile(drawn, 97.5)


def overlap(begin, end, windows):
    """How much of the time from `begin` to `end` lies in windows that do not overlap each other."""
    return sum(max(0.0, min(end, until) - max(begin, since)) for since, until in windows)


def within(samples, windows, key="due"):
    return [sample for sample in samples if any(since <= sample[key] < until for since, until in windows)]


def untouched(samples, down):
    """Without those that were under way while the node was down on purpose."""
    return [sample for sample in samples if not any(sample["due"] < until and sample["done"] > since
                                                    for since, until in down)]


def latencies_ms(samples):
    """From when a request was due, not from when it could be sent: whoever waits for an answer sends nothing meanwhile,
    and would else leave out just the worst."""
    return [(sample["done"] - sample["due"]) * 1000 for sample in samples]


def p99_of_blocks(samples, windows):
    """Of each window its own; of one in which nothing was due, of nothing: not a number is no good p99."""
    return [percentile(latencies_ms(within(samples, [window])) or [float("nan")], 99) for window in windows]


def of_requests(samples, alone, beside):
    """For each kind of the victim's requests its p99 by blocks, and how they compare."""
    compared = {}
    for kind in REQUESTS:
        mine = [sample for sample in samples if sample["kind"] == kind]
        blocks = p99_of_blocks(mine, alone), p99_of_blocks(mine, beside)
        low, high = interval(*blocks)
        compared[kind] = {"alone_ms": statistics.median(blocks[0]), "beside_ms": statistics.median(blocks[1]),
                          "ratio": ratio(*blocks), "low": low, "high": high,
                          "alone_blocks_ms": blocks[0], "beside_blocks_ms": blocks[1]}
    return compared


def is_slow(figures):
    """Where nothing can be said (not a number) it is."""
    return not (figures["high"] <= RATIO or figures["beside_ms"] <= FLOOR_MS)


def waits(alerts, reached, windows, down):
    """For each alert that was accepted in a window: seconds until the time that `reached` has of its key, the node's
    absence on purpose left out; those that have none come apart, as lost."""
    seconds, lost = [], []
    for alert in within(alerts, windows, "done"):
        if alert["key"] in reached:
            until = max(reached[alert["key"]], alert["done"])
            seconds.append(until - alert["done"] - overlap(alert["done"], until, down))
        else:
            lost.append(alert["key"])
    return seconds, lost


def bites(row):
    """Why the attack counts as one; empty: it did not reach the server."""
    found = []
    if row["cores"] >= CORES:
        found.append(f"{row['cores']:.1f} cores")
    if row["refused_a_second"] >= REFUSALS_A_SECOND:
        found.append(f"{row['refused_a_second']:,.0f} refused/s")
    return found + row["caps"]


def failures(row):
    """What does not hold, in words; empty: all does."""
    found = [f"p99 of {kind} is {figures['ratio']:.1f}x (to {figures['high']:.1f}x)"
             for kind, figures in row["requests"].items() if is_slow(figures)]
    for name, most, unit in (("lag_seconds", LAG_SECONDS, "s of triage lag"),
                             ("first_attempt_seconds", FIRST_ATTEMPT_SECONDS, "s to the first attempt"),
                             ("memory_mib", MEMORY_MIB, "MiB over idle"),
                             ("livez_ms", OPERATOR_MS, "ms of /livez, p99"),
                             ("management_ms", OPERATOR_MS, "ms of management, p99"),
                             ("refusal_us", REFUSAL_US, "us of CPU a refusal")):
        if row[name] is not None and not row[name] <= most:
            found.append(f"{row[name]:,.2f} {unit} (at most {most:g})")
    for name in ("refused", "refused_alone", "lost"):
        if row[name]:
            found.append(f"{row[name]} {name.replace('_', ' ')}")
    if not bites(row):
        found.append("the attack did not bite")
    return found
