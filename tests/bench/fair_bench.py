"""What one tenant's load, faults or hostility cost another on the same node: the victim alone, beside each attacker, ratio."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile

from fair import capping, measure, report
from fair.attackers import catalogue
from fair.outlook import Outlook
from servers import Certificates

EPILOG = """examples:
  ./dev bench fair                              every attacker, half an hour to an hour (see below)
  ./dev bench fair --only rest-32 large-alerts
  ./dev bench fair --quick --only notes         one short pair of blocks: a smoke test, not a measurement
  ./dev bench fair --without-rates              what the queues hold by themselves
  ./dev bench fair --all-pairs                  for the record: no row ends early, about an hour
  ./dev bench fair --json > run.json

It wants a machine that does nothing else. A pair takes 20 s and a pause; a row has at least three of them, and more only
until further ones could not change its verdict; so all rows take half an hour to an hour with two cores. Progress says how
long it probably still takes.

Exit status: 0 where all holds, 1 where something does not, 2 where it could not be measured."""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench fair", description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/winnow", metavar="FILE", help="the program (%(default)s)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these attackers")
    parser.add_argument("--list", action="store_true", help="what attackers there are")
    parser.add_argument("--quick", action="store_true", help="one pair of blocks of 3 s instead of up to six of 10 s")
    parser.add_argument("--pairs", type=int, metavar="COUNT", help="of blocks, instead: the most that a row gets")
    parser.add_argument("--all-pairs", action="store_true", help="every row gets them all, however clear it is before")
    parser.add_argument("--seconds", type=float, metavar="SECONDS", help="of a block, instead")
    parser.add_argument("--without-rates", action="store_true", help="no tenant meets a rate limit (default: tenants.rates of "
                                                                     "config/winnow.yaml)")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    given = parser.parse_args()
    given.names = given.only or list(catalogue.ABOUT)
    unknown = [name for name in given.names if name not in catalogue.ABOUT]
    if unknown:
        parser.error(f"there is no attacker {unknown[0]}; there are {', '.join(catalogue.ABOUT)}")
    for name, least in (("pairs", 1), ("seconds", 3)):
        if getattr(given, name) is not None and getattr(given, name) < least:
            parser.error(f"--{name} takes a number from {least}")
    if not given.list:
        if not os.access(given.binary, os.X_OK):
            parser.error(f"there is no program {given.binary}: run ./dev build first")
        for program in ("wrk", "openssl"):
            if shutil.which(program) is None:
                parser.error(f"{program} is missing: run ./dev deps first")
    return given


def run(given):
    """A row for each attacker; those that could not be measured come apart, with why."""
    rows, failed = [], []
    settings = measure.Settings(given.quick, given.pairs, given.seconds, not given.without_rates, given.all_pairs)
    outlook = Outlook(len(given.names), settings.least, settings.pairs, settings.seconds)
    with tempfile.TemporaryDirectory(prefix="winnow-fair-") as folder, capping.Cap() as cap:
        certificates = Certificates(folder)
        print(f"bench: attackers have half of a core ({cap.how})", file=sys.stderr)
        for name in given.names:
            def progress(text, pairs=0, name=name):
                print(f"bench: {name}: {text} ({outlook.words(pairs)})", file=sys.stderr, flush=True)
            try:
                row = measure.measure(name, given.binary, certificates, cap, settings, progress)
            except (RuntimeError, AssertionError, OSError, ValueError) as failure:
                progress(f"could not be measured: {failure}")
                failed.append({"attacker": name, "why": str(failure)})
                outlook.row_is_over(0, 0.0, 0.0)
            else:
                rows.append(row)
                outlook.row_is_over(row["pairs"], *measure.of_pairs_and_other(row["took_seconds"]))
    return rows, failed


def main():
    given = parse_arguments()
    if given.list:
        width = max(map(len, catalogue.ABOUT))
        print("\n".join(f"{name:{width}}  {about}" for name, about in catalogue.ABOUT.items()))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped, as after ctrl-C
    rows, failed = run(given)
    measured = report.plain({"rows": rows, "not_measured": failed})
    print(json.dumps(measured, indent=2) if given.json else report.page(measured))
    if failed:
        return 2
    return 1 if any(report.holds(row) == "NO" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
