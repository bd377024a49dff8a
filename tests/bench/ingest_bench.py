#!/usr/bin/env python3
"""Durable ingestion beside Alertmanager and a static nginx: one run, one load generator, equivalent bodies."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time

import alert_bodies
import ingest_report
import load
import servers
import webhook_latency
from servers import Certificates, Client

BATCHES = (1, 64)
CONNECTIONS = (32, 128)
EXAMPLES = """examples:
  ./dev bench                          the whole run, about six minutes
  ./dev bench ingest --quick           one short round: a smoke test, not a measurement
  ./dev bench ingest --json > run.json
  ./dev bench ingest --rounds 7 --seconds 10
  ./dev bench ingest --before ../winnow-of-yesterday      beside an older build, in the same run
"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench ingest", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", metavar="FILE", default="build/release/winnow",
                        help="the program to measure (default: %(default)s)")
    parser.add_argument("--before", metavar="FILE", help="an older build of the program, measured beside it")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="of each load (default: %(default)s)")
    parser.add_argument("--latency-alerts", type=int, default=200,
                        help="single alerts on the idle system, each to its webhook (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s, 50 single alerts")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds, given.latency_alerts = 1, 2, 50
    for name in ("rounds", "seconds", "latency_alerts"):
        if getattr(given, name) < 1:
            parser.error(f"--{name.replace('_', '-')} takes a number from 1")
    for binary in filter(None, (given.binary, given.before)):
        if not os.access(binary, os.X_OK):
            parser.error(f"there is no program {binary}: run ./dev build first")
    for program in ("wrk", "prometheus-alertmanager", "nginx", "openssl"):
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") is None:
            parser.error(f"{program} is missing: run ./dev deps first")
    return given


class Progress:
    """One line that is written over on a terminal; elsewhere a line for each step."""

    def __init__(self):
        self.terminal = sys.stderr.isatty()

    def step(self, text):
        line, end = (f"\r\033[K{text}", "") if self.terminal else (text, "\n")
        print(line, end=end, file=sys.stderr, flush=True)

    def count(self, done, total):
        if self.terminal or done == total:
            self.step(f"alert to webhook on the idle system: {done} of {total}")

    def end(self):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def write_bodies(folder, server, batch):
    path = os.path.join(folder, f"{server.name}-{batch}.bodies")
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(alert_bodies.bodies(server.alert_of, batch)) + "\n")
    return path


def check_every_body(server, bodies_file, batch):
    """Each body is taken whole before anything is measured: a server that refuses alerts would be fast, too."""
    client = Client(server.url, server.ca_file, server.key)
    with open(bodies_file, encoding="ascii") as bodies:
        for body in bodies:
            answer = client.post(server.path, body.strip())
            if answer.status != server.success:
                raise load.LoadFailed(f"{server.name} answers {answer.status}: {answer.body[:300]}")
            if server.path == servers.Winnow.path and answer.json()["accepted"] != batch:
                raise load.LoadFailed(f"winnow takes a part of the batch only: {answer.body[:300]}")
    client.close()


def run_one(server, bodies_file, batch, connections, seconds):
    before = server.accepted()
    result = load.run(server.url + server.path, bodies_file, connections, seconds, server.key)
    result["triage_lag_seconds"] = server.settle()
    result["alerts_per_second"] = result["requests_per_second"] * batch
    # With a backlog that may grow a server takes more than it can go on taking.
    result["settled_alerts_per_second"] = (result["requests"] * batch /
                                           (result["seconds"] + result["triage_lag_seconds"]))
    if before is not None:
        # What was under way when the load ended is stored, too, but not counted by the load generator.
        stored = server.accepted() - before
        if not result["requests"] * batch <= stored <= (result["requests"] + connections) * batch:
            raise load.LoadFailed(f"{server.name} counts {stored:.0f} alerts after {result['requests']} x {batch}")
    return result


def measure(targets, folder, given, progress):
    """Medians for each batch and number of connections. The servers take turns, so noise meets all of them."""
    files = {(server.name, batch): write_bodies(folder, server, batch) for server in targets for batch in BATCHES}
    for server in targets:
        progress.step(f"{server.name}: trying every body")
        for batch in BATCHES:
            check_every_body(server, files[server.name, batch], batch)
        server.settle()
    results = {}
    for turn in range(given.rounds):
        for batch in BATCHES:
            for connections in CONNECTIONS:
                # To and fro: what one leaves behind (checkpoints, caches) must not always meet the same next one.
                for server in targets if turn % 2 == 0 else reversed(targets):
                    progress.step(f"round {turn + 1} of {given.rounds}: batch {batch}, {connections} connections, "
                                  f"{server.name}")
                    found = run_one(server, files[server.name, batch], batch, connections, given.seconds)
                    results.setdefault((batch, connections, server.name), []).append(found)
    return results


def summarise(results, names):
    cells = []
    for batch in BATCHES:
        for connections in CONNECTIONS:
            cell = {"batch": batch, "connections": connections}
            for target in names:
                runs = results[batch, connections, target]
                cell[target] = {
                    name: statistics.median(run[name] for run in runs)
                    for name in ("alerts_per_second", "settled_alerts_per_second", "requests_per_second", "p50_ms",
                                 "p99_ms", "triage_lag_seconds")
                }
                cell[target]["rounds_alerts_per_second"] = [run["alerts_per_second"] for run in runs]
            for target in names:
                for peer in names[1:]:
                    cell[target][f"to_{peer}"] = cell[target]["alerts_per_second"] / cell[peer]["alerts_per_second"]
                    cell[target][f"settled_to_{peer}"] = (cell[target]["settled_alerts_per_second"] /
                                                          cell[peer]["settled_alerts_per_second"])
            cells.append(cell)
    return cells


def mean_bytes(alert_of):
    sizes = [len(json.dumps(alert_of(number), separators=(",", ":")))
             for number in range(alert_bodies.DISTINCT_ALERTS)]
    return round(statistics.mean(sizes))


def bench(given, progress):
    with contextlib.ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="winnow-bench-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        certificates = Certificates(folder)
        progress.step("starting winnow, alertmanager and nginx")
        winnow = stack.enter_context(servers.Winnow(given.binary, certificates))
        start_seconds = winnow.restart()
        targets = [winnow, stack.enter_context(servers.Alertmanager(folder, certificates)),
                   stack.enter_context(servers.Nginx(folder, certificates))]
        if given.before:
            targets.append(stack.enter_context(servers.Winnow(given.before, certificates, "before")))
        idle_mib = winnow.resident_mib()
        latency = webhook_latency.measure(winnow.instance, certificates, given.latency_alerts, progress.count)
        results = measure(targets, folder, given, progress)
        return {
            "run": {"cores": len(os.sched_getaffinity(0)), "rounds": given.rounds, "seconds": given.seconds,
                    "distinct_alerts": alert_bodies.DISTINCT_ALERTS,
                    "alert_bytes": {"winnow": mean_bytes(alert_bodies.native),
                                    "alertmanager": mean_bytes(alert_bodies.alertmanager)}},
            "cells": summarise(results, [server.name for server in targets]),
            "latency": latency,
            "server": {"start_seconds": start_seconds, "idle_mib": idle_mib, "loaded_mib": winnow.resident_mib()},
        }


def main():
    given = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    progress = Progress()
    try:
        report = bench(given, progress)
    except KeyboardInterrupt:
        return 130
    except (load.LoadFailed, RuntimeError, AssertionError) as failure:
        progress.end()
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    progress.end()
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(json.dumps(report, indent=2) if given.json else ingest_report.render(report, colours))
    return 0


if __name__ == "__main__":
    sys.exit(main())
