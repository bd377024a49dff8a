#!/usr/bin/env python3
"""Winnow's recurrence rules beside python-dateutil's, over random rules: recurrence_differential.py DRIVER [RULES]

Every part of RFC 5545, three zones, changes of clocks, to the end of 2100. Where the two are meant to differ, the
oracle below says so and why (docs/silences.md tells users); what differs otherwise fails. The dice are loaded, so that
every run asks the same.
"""

import calendar
import collections
import datetime
import random
import subprocess
import sys
import types
import zoneinfo

import dateutil.rrule
from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, SECONDLY, WEEKLY, YEARLY, rrule, weekday

# dateutil would look for what never occurs up to the year 9999, which takes it minutes where it goes by seconds. Two
# years more than are compared, for the weeks that lie in two.
LAST_YEAR = 2100
dateutil.rrule.datetime = types.SimpleNamespace(**{**vars(datetime), "MAXYEAR": LAST_YEAR + 2})



class Enough(Exception):
    pass


class Months:
    """dateutil's look at the calendar at the end of each month: where it stops in a case."""

    last = (LAST_YEAR + 1, 1)

    @classmethod
    def monthrange(cls, year, month):
        if (year, month) > cls.last:
            raise Enough
        return calendar.monthrange(year, month)


dateutil.rrule.calendar = types.SimpleNamespace(isleap=calendar.isleap, monthrange=Months.monthrange)

FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["Asia/Tokyo", "Europe/Berlin", "America/New_York"]
EPOCH = datetime.datetime(1970, 1, 1)
OCCURRENCES = 30
MONTHS = {DAILY: 60, HOURLY: 24, MINUTELY: 6, SECONDLY: 1}  # that are compared at most; of the others all to the end of 2100
NAMES = {"BYMONTH": "bymonth", "BYMONTHDAY": "bymonthday", "BYYEARDAY": "byyearday", "BYWEEKNO": "byweekno",
         "BYDAY": "byweekday", "BYHOUR": "byhour", "BYMINUTE": "byminute", "BYSECOND": "bysecond",
         "BYSETPOS": "bysetpos"}


# --- random rules ----------------------------------------------------------------------------------------------------


def some(dice, least, most, size, signed=False):
    numbers = set()
    for _ in range(dice.randint(1, size)):
        number = dice.randint(least, most)
        numbers.add(-number if signed and dice.random() < 0.4 else number)
    return sorted(numbers)


def random_rule(dice):
    """The rule's parts as RFC 5545 allows them together, by name; numbers, or (number, weekday) for BYDAY."""
    freq = dice.choices(range(7), [6, 6, 5, 4, 2, 1, 0.4])[0]
    parts = {}
    many = dice.random() < 0.3  # parts that meet seldom

    def maybe(chance):
        return dice.random() < (chance * 2 if many else chance)

    if dice.random() < 0.5:
        most = {YEARLY: 5, MONTHLY: 14, WEEKLY: 9, DAILY: 40, HOURLY: 50, MINUTELY: 3000, SECONDLY: 200_000}[freq]
        parts["INTERVAL"] = dice.randint(1, dice.choice([3, most]))
    if maybe(0.3):
        parts["BYMONTH"] = some(dice, 1, 12, 4)
    if freq == YEARLY and maybe(0.25):
        parts["BYWEEKNO"] = some(dice, 1, 53, 5, signed=True) + dice.choice([[], [], [1], [53], [-1], [52]])
    if freq in (YEARLY, HOURLY, MINUTELY, SECONDLY) and maybe(0.15):
        parts["BYYEARDAY"] = some(dice, 1, 366, 8, signed=True)
    if freq != WEEKLY and maybe(0.25):
        parts["BYMONTHDAY"] = some(dice, 1, 31, 6, signed=True)
    if maybe(0.45):
        numbered = freq in (YEARLY, MONTHLY) and "BYWEEKNO" not in parts and dice.random() < 0.6
        highest = 53 if freq == YEARLY and "BYMONTH" not in parts else 5
        days = set()
        for _ in range(dice.randint(1, 4)):
            number = dice.choice([-1, 1]) * dice.randint(1, highest) if numbered and dice.random() < 0.8 else 0
            days.add((number, dice.randrange(7)))
        parts["BYDAY"] = sorted(days)
    if maybe(0.3):
        parts["BYHOUR"] = some(dice, 0, 23, 4)
    if maybe(0.3):
        parts["BYMINUTE"] = some(dice, 0, 59, 4)
    if maybe(0.15):
        parts["BYSECOND"] = some(dice, 0, 59, 4)
    if any(name.startswith("BY") for name in parts) and maybe(0.25):
        most = dice.choice([2, 5, 366]) if freq < MINUTELY else 2
        parts["BYSETPOS"] = some(dice, 1, most, 4, signed=True)
    if dice.random() < 0.5:
        parts["WKST"] = dice.randrange(7)
    return freq, parts


def random_start(dice, zone):
    kind = dice.random()
    if kind < 0.25:  # around a change of clocks, where the zone has any
        day = dice.choice([datetime.datetime(dice.randint(2025, 2090), month, 1) for month in (3, 4, 10, 11)])
        day += datetime.timedelta(days=dice.randint(0, 30))
        start = day + datetime.timedelta(hours=dice.randint(0, 3), minutes=dice.choice([0, 15, 30, 45]))
    elif kind < 0.5:  # around New Year
        start = datetime.datetime(dice.randint(2024, 2090), 12, 26) + datetime.timedelta(minutes=dice.randint(0, 20_000))
    else:
        start = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=dice.randint(0, 70 * 365 * 86_400))
    # A start that the clocks skip is no time by the wall: a window's start is an instant.
    there = instant(start, zone)
    return EPOCH + datetime.timedelta(seconds=there) + offset(zone, there)


def text_of(freq, parts, end):
    words = ["FREQ=" + FREQUENCIES[freq]]
    for name, value in parts.items():
        if name == "BYDAY":
            value = ",".join((str(number) if number else "") + DAYS[day] for number, day in value)
        elif name == "WKST":
            value = DAYS[value]
        elif isinstance(value, list):
            value = ",".join(map(str, value))
        words.append(f"{name}={value}")
    return ";".join(words + ([end] if end else []))


# --- the oracle ------------------------------------------------------------------------------------------------------


def offset(zone, at):
    return datetime.datetime.fromtimestamp(at, zone).utcoffset()


def instant(wall, zone):
    """By PEP 495: of a time that comes twice the first; one that is skipped as if the clocks had not changed."""
    return int(wall.replace(tzinfo=zone, fold=0).timestamp())


def week_of(day, start):
    """(year, number, weeks of that year): RFC 5545's weeks, the first having at least four days in its year."""

    def first(year):
        fourth = datetime.date(year, 1, 4)
        return fourth - datetime.timedelta(days=(fourth.weekday() - start) % 7)

    begin = day - datetime.timedelta(days=(day.weekday() - start) % 7)
    year = (begin + datetime.timedelta(days=3)).year
    return year, (begin - first(year)).days // 7 + 1, (first(year + 1) - first(year)).days // 7


def expand(freq, parts, start, **more):
    """dateutil's own expansion."""
    arguments = {NAMES[name]: value for name, value in parts.items() if name in NAMES}
    if "byweekday" in arguments:
        arguments["byweekday"] = [weekday(day, number or None) for number, day in arguments["byweekday"]]
    try:
        yield from rrule(freq, dtstart=start, interval=parts.get("INTERVAL", 1), wkst=parts.get("WKST", 0),
                         **arguments, **more)
    except Enough:
        pass
    except ValueError as error:  # "Invalid combination of interval and byhour resulting in empty rule."
        if "empty" not in str(error):
            raise


def positions(group, wanted):
    picked = {group[place - 1 if place > 0 else place] for place in wanted if abs(place) <= len(group)}
    return sorted(picked)


def by_weeks(parts, start):
    """BYWEEKNO. dateutil counts INTERVAL and BYSETPOS by calendar years and miscounts weeks that two years share."""
    own = {name: value for name, value in parts.items() if name not in ("BYWEEKNO", "INTERVAL", "BYSETPOS")}
    own.setdefault("BYHOUR", [start.hour])
    own.setdefault("BYMINUTE", [start.minute])
    own.setdefault("BYSECOND", [start.second])
    if not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & own.keys():
        own["BYDAY"] = [(0, day) for day in range(7)]
    first_day = parts.get("WKST", 0)
    base = week_of(start.date(), first_day)[0]
    group, year = [], None
    for at in expand(YEARLY, own, datetime.datetime(start.year - 1, 1, 1, 0, 0, 0)):
        now, number, weeks = week_of(at.date(), first_day)
        if now != year:
            yield from positions(group, parts["BYSETPOS"]) if "BYSETPOS" in parts else group
            group, year = [], now
        named = number in parts["BYWEEKNO"] or number - weeks - 1 in parts["BYWEEKNO"]
        if named and (now - base) % parts.get("INTERVAL", 1) == 0:
            group.append(at)
    yield from positions(group, parts["BYSETPOS"]) if "BYSETPOS" in parts else group


def occurrences(freq, parts, start, read_otherwise):
    """What is expected, from the start on and without end, and in which documented ways it is not dateutil's."""
    parts = dict(parts)
    if "BYWEEKNO" in parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys():
        read_otherwise["weeks without a day: the start's weekday, not all seven"] += 1
        parts["BYDAY"] = [(0, start.weekday())]
    days = parts.get("BYDAY", [])
    if any(number for number, _ in days) and not all(number for number, _ in days):
        read_otherwise["BYDAY with and without numbers: either, not both at once"] += 1
        most = 53 if freq == YEARLY and "BYMONTH" not in parts else 5
        each = {(number, day) for plain, day in days if not plain for number in range(1, most + 1)}
        parts["BYDAY"] = sorted(each | {(number, day) for number, day in days if number})
    found = None
    if "BYWEEKNO" in parts:
        if parts.get("INTERVAL", 1) > 1 or "BYSETPOS" in parts:
            read_otherwise["BYWEEKNO with INTERVAL or BYSETPOS: years of weeks"] += 1
        else:
            check_weeks(parts, start)
        found = by_weeks(parts, start)
    elif freq == WEEKLY and "BYSETPOS" in parts:
        read_otherwise["BYSETPOS of the first week: the whole week, not what is left of it"] += 1
        parts.setdefault("BYDAY", [(0, start.weekday())])
        for name, value in (("BYHOUR", start.hour), ("BYMINUTE", start.minute), ("BYSECOND", start.second)):
            parts.setdefault(name, [value])
        begin = start - datetime.timedelta(days=(start.weekday() - parts.get("WKST", 0)) % 7)
        found = expand(freq, parts, begin.replace(hour=0, minute=0, second=0))
    else:
        found = expand(freq, parts, start)
    return (at for at in found if at >= start)


def check_weeks(parts, start):
    """Away from New Year dateutil counts weeks as we do, and Python itself does those that begin on Monday."""
    until = start + datetime.timedelta(days=800)

    def inner(found):
        return [at for at in found if start <= at <= until and (1, 4) < (at.month, at.day) < (12, 28)]

    ours, theirs = inner(before(by_weeks(parts, start), until)), inner(before(expand(YEARLY, parts, start), until))
    assert ours == theirs, (parts, start)
    day = start.date()
    assert week_of(day, 0)[:2] == tuple(day.isocalendar())[:2]


def before(found, until):
    for at in found:
        if at > until:
            return
        yield at


def take(found, count, end):
    taken = []
    for at in found:
        if at >= end or len(taken) == count:
            break
        taken.append(at)
    return taken


# --- comparing -------------------------------------------------------------------------------------------------------


class Case:
    def __init__(self, dice, read_otherwise):
        self.zone_name = dice.choice(ZONES)
        self.zone = zoneinfo.ZoneInfo(self.zone_name)
        self.freq, parts = random_rule(dice)
        self.start = random_start(dice, self.zone)
        self.count = OCCURRENCES
        if self.freq <= WEEKLY and dice.random() < 0.03:
            self.count = 3_000  # to the end of 2100, mostly
        self.end = datetime.datetime(LAST_YEAR + 1, 1, 1)
        if self.freq in MONTHS and (self.freq != DAILY or dice.random() < 0.95):
            months = self.start.year * 12 + self.start.month + MONTHS[self.freq]
            self.end = min(self.end, datetime.datetime(months // 12, months % 12 + 1, 1))
        Months.last = (self.end.year, self.end.month)
        walls = take(occurrences(self.freq, parts, self.start, read_otherwise), self.count, self.end)
        self.until = None
        end = ""
        kind = dice.random()
        if kind < 0.2:
            number = dice.randint(1, OCCURRENCES + 10)
            end, walls = f"COUNT={number}", walls[:number]
        elif kind < 0.5 and walls:
            last = dice.choice(walls) + datetime.timedelta(seconds=dice.choice([-1, 0, 1, 1800, 3600, 86_400]))
            last = max(last, self.start)
            if kind < 0.3:
                end = last.strftime("UNTIL=%Y%m%d")
                last = last.replace(hour=23, minute=59, second=59)
            elif kind < 0.4:
                end = last.strftime("UNTIL=%Y%m%dT%H%M%S")
            else:
                self.until = max(instant(last, self.zone), instant(self.start, self.zone))
                end = (EPOCH + datetime.timedelta(seconds=self.until)).strftime("UNTIL=%Y%m%dT%H%M%SZ")
                last = EPOCH + datetime.timedelta(seconds=self.until)  # the series takes any UNTIL by the wall
            self.walls_end = last
            self.all_walls = walls
            walls = [at for at in walls if at <= last]
        self.walls = walls
        self.text = text_of(self.freq, parts, end)
        self.skip = dice.randrange(len(walls)) if walls and dice.random() < 0.3 else 0
        self.parts = parts

    def line(self):
        start = int((self.start - EPOCH).total_seconds())
        skipped = str(int((self.walls[self.skip] - EPOCH).total_seconds())) if self.skip else "-"
        return "\t".join([str(start), self.zone_name, str(self.count), skipped, self.text])

    def expected_series(self):
        """The driver counts from where it skips to, so it may see more than was asked of the oracle."""
        return [f"{int((at - EPOCH).total_seconds())}@{instant(at, self.zone)}" for at in self.walls[self.skip:]]

    def expected_window(self):
        walls = self.walls if self.until is None else self.all_walls
        instants = sorted({instant(at, self.zone) for at in walls})
        return [str(at) for at in instants if self.until is None or at <= self.until]

    def differences(self, answer):
        series, window = answer.rstrip("\n").split("\t")
        expected = self.expected_series()
        got = [] if series.startswith("!never occurs") or not series else series.split(",")
        end = int((self.end - EPOCH).total_seconds())
        got = [at for at in got if int(at.split("@")[0]) < end]
        if got[: len(expected)] != expected or (not self.skip and len(got) != len(expected)):
            yield "series", expected, series
        if self.freq > HOURLY:
            if window != "!a window cannot recur more often than hourly":
                yield "window", "refused", window
        elif window == "!recurs more than 48 times a day":
            times = [len(set(self.parts.get(name, [0]))) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
            if times[0] * times[1] * times[2] <= 48 and self.freq != HOURLY:
                yield "window", "48 a day at most", window
        else:
            expected = self.expected_window()
            got = [] if window.startswith("!never occurs") or not window else window.split(",")
            end = instant(self.end, self.zone)
            got = [at for at in got if int(at) < end]
            # Within an hour of the last one asked for, a skipped time may belong between.
            whole = len(self.walls) < self.count
            if got[: None if whole else -3] != expected[: None if whole else len(got) - 3]:
                yield "window", expected, window


def compare_zones(driver):
    """Offsets of every zone to 2100; the tables that C++ has end in 2037."""
    moments = [int(datetime.datetime(year, 1, 1).timestamp()) + day * 86_400 + 5 * 3_600
               for year in range(2036, LAST_YEAR + 1) for day in range(0, 365, 13)]
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    lines = ["\t".join(["zone", name, *map(str, moments)]) for name in names]
    answers = ask(driver, lines)
    unlike = {}
    for name, answer in zip(names, answers):
        zone = zoneinfo.ZoneInfo(name)
        offsets = [int(offset(zone, at).total_seconds()) for at in moments]
        if list(map(int, answer.split())) != offsets:
            unlike[name] = next((at for at, ours, theirs in zip(moments, map(int, answer.split()), offsets)
                                 if ours != theirs), None)
    return names, unlike


def ask(driver, lines):
    done = subprocess.run([driver], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} questions"
    return answers


def main():
    driver = sys.argv[1]
    rules = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    dice = random.Random(5545)
    read_otherwise = collections.Counter()
    cases = [Case(dice, read_otherwise) for _ in range(rules)]
    differ, compared = 0, 0
    for case, answer in zip(cases, ask(driver, [case.line() for case in cases])):
        compared += len(case.walls)
        for what, expected, got in case.differences(answer):
            differ += 1
            if differ <= 10:
                print(f"{what} of {case.text} from {case.start} in {case.zone_name}:\n  expected {expected}\n  got {got}")
    frequencies = collections.Counter(FREQUENCIES[case.freq] for case in cases)
    print(f"{rules} rules ({', '.join(f'{name} {n}' for name, n in sorted(frequencies.items()))}), "
          f"{sum(not case.walls for case in cases)} of them never, {compared} occurrences: {differ} differences")
    print("read otherwise than dateutil does, as documented:")
    for why, count in sorted(read_otherwise.items()):
        print(f"  {count} {why}")
    names, unlike = compare_zones(driver)
    # Their tables have single changes by the moon after 2037, and go on by a rule only after those.
    lunar = {"Asia/Gaza", "Asia/Hebron"}
    print(f"{len(names)} zones to {LAST_YEAR}: {len(unlike.keys() - lunar)} differences {sorted(unlike.keys() - lunar)}")
    return 1 if differ or unlike.keys() - lunar else 0


if __name__ == "__main__":
    sys.exit(main())
