"""./dev bench: every benchmark, one after the other, one table of what must hold, and that of `fair`."""

import argparse
import json
import os
import subprocess
import sys

from fair import report as fair_report

HERE = os.path.dirname(os.path.abspath(__file__))
EPILOG = """examples:
  ./dev bench                 everything, three quarters of an hour to an hour and a quarter, most of it for `fair`
  ./dev bench --quick         short runs: a smoke test, not a measurement
  ./dev bench --json > run.json
  ./dev bench rules           one of them, with its own table"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", metavar="FOLDER", help="where the programs are (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="short runs")
    parser.add_argument("--json", action="store_true", help="the lines and the full reports as JSON")
    return parser.parse_args()


def run(title, command, good=(0,)):
    print(f"bench: {title}", file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in good:
        raise RuntimeError(f"{title}: {' '.join(command)} ended with {done.returncode}")
    return done.stdout


def line(benchmark, figure, measured, goal, holds, beside=""):
    return {"benchmark": benchmark, "figure": figure, "measured": measured, "beside": beside, "goal": goal,
            "holds": holds}


def ingest_lines(report):
    for cell in report["cells"]:
        least = 1.3 if cell["batch"] == 1 else 3
        ours, peer = cell["winnow"], cell["alertmanager"]
        yield line("ingest", f"durable, batch {cell['batch']}, {cell['connections']} connections",
                   f"{ours['alerts_per_second']:,.0f} alerts/s", f">= {least}x Alertmanager",
                   ours["to_alertmanager"] >= least,
                   f"{ours['to_alertmanager']:.2f}x of {peer['alerts_per_second']:,.0f}")
    latency, server = report["latency"]["accepted_to_webhook_ms"], report["server"]
    yield line("ingest", "accepted to webhook, idle, p50", f"{latency['p50']:.1f} ms", "<= 25 ms", latency["p50"] <= 25)
    yield line("ingest", "warm start", f"{server['start_seconds']:.1f} s", "<= 3 s", server["start_seconds"] <= 3)
    yield line("ingest", "idle memory", f"{server['idle_mib']:.0f} MiB", "<= 64 MiB", server["idle_mib"] <= 64)


RULE_GOALS = {("realistic", 10_000): 2, ("realistic", 100_000): 5, ("2000 tenants", 100): 12}


def rules_lines(rows):
    plain = {(row["workload"], row["rules"]): row for row in rows if row["engine"] == "plain interpreter"}
    for row in rows:
        place = row["workload"], row["rules"]
        if row["engine"] != "index" or row["rules"] < 10_000 and place not in RULE_GOALS:
            continue
        beside = f"interpreter {plain[place]['ratio']:,.0f}x slower" if place in plain else ""
        most = RULE_GOALS.get(place)
        yield line("rules", f"{row['workload']}, {row['rules']:,} rules", f"{row['us_per_alert']:.2f} us/alert",
                   f"<= {most} us" if most else "", row["us_per_alert"] <= most if most else None, beside)
        if place == ("realistic", 10_000):
            yield line("rules", "index after an edit, 10,000 rules", f"{row['build_ms']:.1f} ms", "<= 15 ms",
                       row["build_ms"] <= 15)


def backtest_lines(rows):
    for row in rows:
        rate = row["alerts_per_second_a_core"]
        yield line("backtest", f"{row['draft']}, {row['alerts']:,} alerts, {row['rules']:,} rules",
                   f"{rate:,.0f} alerts/s a core", ">= 250,000", rate >= 250_000,
                   f"peak {row['peak_mib']:.0f} MiB, {row['before_mib']:.0f} before")


def edit_lines(rows):
    for row in rows:
        goal = row["figure"].startswith("first alert")
        yield line("edits", f"{row['figure']}, {row['rules']:,} rules", f"{row['median_ms']:.1f} ms",
                   "<= 200 ms" if goal else "", row["most_ms"] <= 200 if goal else None, f"most {row['most_ms']:.1f} ms")


def audit_lines(row):
    yield line("audit", f"verify {row['records']:,} records", f"{row['verify_seconds']:.2f} s", "<= 5 s a million",
               row["verify_seconds"] <= 5 * row["records"] / 1e6)
    yield line("audit", "appends of one tenant", f"{row['appends_per_second']:,.0f}/s", ">= 1,000/s",
               row["appends_per_second"] >= 1_000)


def export_lines(row):
    yield line("export", f"{row['alerts']:,} alerts and their tickets", f"{row['seconds']:.1f} s", "<= 60 s a million",
               row["seconds"] <= 60 * row["alerts"] / 1e6)
    yield line("export", "memory that it grows by", f"{row['grown_kib'] / 1024:.0f} MiB", "<= 64 MiB",
               row["grown_kib"] <= 64 * 1024)


def access_log_lines(rows):
    for row in rows:
        yield line("access-log", f"{row['what']}, {row['askers']} at once", f"{row['ratio']:.2f} x", "", None,
                   f"{row['logged_per_second']:,.0f}/s, without {row['without_per_second']:,.0f}/s")


def group_lines(rows):
    for row in rows:
        ratio = row["with_per_second"] / row["without_per_second"]
        yield line("groups", row["what"] + ", with management groups", f"{row['with_per_second']:,.0f}/s", ">= 97 % of without",
                   ratio >= 0.97, f"{100 * ratio:.1f} % of {row['without_per_second']:,.0f}/s")


def signin_lines(row):
    yield line("signin", f"password sign-ins, {row['at_once']} at a time", f"{row['signins_per_second']:.0f}/s", ">= 30/s",
               row["signins_per_second"] >= 30, f"p99 {row['p99_ms']:.0f} ms")
    more = row["most_mib"] - row["before_mib"]
    yield line("signin", "memory beside before", f"{more:.0f} MiB", "< 110 MiB", more < 110)


def key_lines(row):
    yield line("keys", f"check of one of {row['keys']:,} known keys", f"{row['cached_us']:.2f} us", "<= 5 us",
               row["cached_us"] <= 5, f"its SHA-256 alone {row['digest_us']:.2f} us")
    yield line("keys", f"check of a signed request of one of {row['keys']:,} known access keys", f"{row['signed_us']:.2f} us",
               "<= 10 us", row["signed_us"] <= 10, "of half a kilobyte, its HMAC included")
    yield line("keys", "the same while others' access is taken", f"{row['while_revoked_us']:.2f} us", "<= 5 us",
               row["while_revoked_us"] <= 5)


def vault_lines(row):
    yield line("vault", "seal, open", f"{row['seal_ns']:,.0f} ns, {row['open_ns']:,.0f} ns", "", None)
    yield line("vault", f"{row['nonces']:,} nonces", "differ" if row["nonces_differ"] else "some are alike", "differ",
               row["nonces_differ"])
    yield line("vault", f"another root key, {row['secrets']:,} secrets", f"{row['rewrap_seconds']:.1f} s", "", None)
    yield line("vault", f"sealed anew, {row['secrets']:,} secrets", f"{row['reseal_seconds']:.1f} s", "", None)
    yield line("vault", f"failed meanwhile, of {row['opened'] + row['errors']:,}", f"{row['errors']:,}", "0",
               row["errors"] == 0 and row["opened"] > 0)


def table(lines):
    heads = ["benchmark", "figure", "measured", "beside", "goal", "holds"]
    words = {True: "yes", False: "NO", None: ""}
    rows = [[words[entry[head]] if head == "holds" else entry[head] for head in heads] for entry in lines]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in [heads, ["-" * width for width in widths], *rows])


def main():
    given = parse_arguments()
    quick = ["--quick"] if given.quick else []
    python = sys.executable
    try:
        rules = [json.loads(row) for row in
                 run("rules", [f"{given.build}/tests/bench/bench_rules", "--json", *quick]).splitlines()]
        backtest = [json.loads(row) for row in
                    run("backtest", [f"{given.build}/tests/bench/bench_backtest", "--json", *quick]).splitlines()]
        audit = json.loads(run("audit", [f"{given.build}/tests/bench/bench_audit", "--json", *quick]))
        export = json.loads(run("export", [f"{given.build}/tests/bench/bench_export", "--json", *quick]))
        access_log = json.loads(run("access-log", [f"{given.build}/tests/bench/bench_access_log", "--json", *quick]))
        groups = json.loads(run("groups", [f"{given.build}/tests/bench/bench_groups", "--json", *quick]))
        keys = json.loads(run("keys", [f"{given.build}/tests/bench/bench_keys", "--json", *quick]))
        vault = json.loads(run("vault", [f"{given.build}/tests/bench/bench_vault", "--json", *quick], good=(0, 1)))
        edits = [json.loads(row) for row in
                 run("edits", [python, os.path.join(HERE, "edit_bench.py"), "--binary", f"{given.build}/winnow", "--json",
                               *quick]).splitlines()]
        signin = json.loads(run("signin", [python, os.path.join(HERE, "signin_bench.py"), "--binary",
                                           f"{given.build}/winnow", "--json", *quick]))
        ingest = json.loads(run("ingest", [python, os.path.join(HERE, "ingest_bench.py"), "--binary",
                                           f"{given.build}/winnow", "--json", *quick]))
        fair = json.loads(run("fair", [python, os.path.join(HERE, "fair_bench.py"), "--binary", f"{given.build}/winnow",
                                       "--json", *quick], good=(0, 1, 2)))  # it has said what does not hold
    except (RuntimeError, ValueError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    lines = [*rules_lines(rules), *edit_lines(edits), *backtest_lines(backtest), *audit_lines(audit),
             *access_log_lines(access_log), *export_lines(export), *group_lines(groups), *key_lines(keys), *vault_lines(vault),
             *signin_lines(signin), *ingest_lines(ingest)]
    report = {"lines": lines, "rules": rules, "edits": edits, "backtest": backtest, "audit": audit,
              "access_log": access_log, "export": export, "groups": groups, "keys": keys, "vault": vault, "signin": signin,
              "ingest": ingest, "fair": fair}
    print(json.dumps(report, indent=2) if given.json else f"{table(lines)}\n\n{fair_report.page(fair)}")
    return 1 if fair["not_measured"] else 0


if __name__ == "__main__":
    sys.exit(main())
