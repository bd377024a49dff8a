"""The table of `./dev bench fair`, and what stands below it."""

import math

HEADS = ["attacker", "p99 of", "alone ms", "beside ms", "ratio", "to", "refused", "lag s", "first s", "+MiB", "livez ms",
         "manage ms", "us/refusal", "pairs", "bites", "holds"]
LEGEND = """\
p99 of the victim's requests, the kind that suffers more (read: GET /tickets, send: one alert), each from when it was due;
medians of blocks; "to": the upper end of the ratio's 95 % interval. refused: the victim's requests beside the attacker, its
new clients' included. lag: until triage had an accepted alert, first: until a webhook came of it, the longest. +MiB: the
node's peak over idle. livez, manage: p99 of /livez and of GET /admin/v1/tenants at the management listener. Holds: to <= 2
or beside <= 20 ms; refused 0; lag <= 1 s; first <= 2 s; <= 1,024 MiB; livez and manage <= 100 ms; <= 50 us of the node's
processor time a refusal; and the attack bites: a core of the server, 100 refusals/s, or a bound that was met. pairs: so many
of blocks alone and beside, until further ones could not change the verdict (tests/bench/fair/enough.py)."""


def number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def worse_of(row):
    """Of the victim's two kinds of requests the one that suffers more."""
    return max(row["requests"].items(), key=lambda item: (item[1]["high"] is None, item[1]["high"], item[0]))


def holds(row):
    if not row["judged"]:
        return "-"
    return "NO" if row["failures"] else "yes"


def cells(row):
    kind, figures = worse_of(row)
    return [row["attacker"], kind, number(figures["alone_ms"], 1), number(figures["beside_ms"], 1),
            number(figures["ratio"], 2), number(figures["high"], 2), str(row["refused"]), number(row["lag_seconds"], 2),
            number(row["first_attempt_seconds"], 2), number(row["memory_mib"], 0), number(row["livez_ms"], 1),
            number(row["management_ms"], 1), number(row["refusal_us"], 0), str(row["pairs"]),
            ", ".join(row["bites"]) or "NO", holds(row)]


def table(rows):
    lines = [HEADS, *map(cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    left = {0, 1, len(HEADS) - 2, len(HEADS) - 1}

    def draw(line):
        return "  ".join(cell.ljust(width) if column in left else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(line, widths))).rstrip()

    drawn = [draw(lines[0]), draw(["-" * width for width in widths]), *map(draw, lines[1:])]
    missed = [f"{row['attacker']}: {'; '.join(row['failures'])}" + (
        f" ({', '.join(row['refused_as'])})" if row["refused_as"] else "") for row in rows if row["failures"]]
    return "\n".join(drawn + ["", LEGEND] + (["", "Does not hold:" if any(holds(row) == "NO" for row in rows) else
                                              "Shown, not judged:", *missed] if missed else []))


def page(measured):
    """Of all that `--json` holds."""
    return "\n".join([table(measured["rows"]), *(f"{entry['attacker']}: could not be measured: {entry['why']}"
                                                 for entry in measured["not_measured"])])


def plain(value):
    """For JSON, which knows no infinity: what never came, or cannot be said, is null."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
