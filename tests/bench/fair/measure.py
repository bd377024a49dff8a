"""One row of the table: a node of its own, the victim alone and beside the attacker in turn."""

import contextlib
import json
import os
import subprocess
import sys
import time

from fair import enough, figures
from fair.attackers import catalogue
from fair.node import Node, Tenant

HERE = os.path.dirname(os.path.abspath(__file__))
CALM = 1.3  # times what it takes with the victim alone: the node is done with what the attacker left
CALM_SECONDS = 0.5
WARM_UP_SECONDS = 2


class Settings:
    """How long and how often. A block is `seconds`, of which the first `settling` do not count for times. A row has from
    `least` to `pairs` pairs of them."""

    def __init__(self, quick, pairs=None, seconds=None, hinder=True, all_pairs=False):
        self.pairs = pairs or (1 if quick else 6)
        self.least = self.pairs if all_pairs else min(enough.LEAST_PAIRS, self.pairs)
        self.seconds = seconds or (3.0 if quick else 10.0)
        self.settling = min(2.0, self.seconds / 6)
        self.calm_deadline = 5 if quick else 60
        self.grace_seconds = 60  # for alerts that nobody was told of yet at the end
        self.look_seconds = 5  # for what waits for an answer after a pair
        self.hinder = hinder


class Stopwatch:
    """What took how long: what was not given to anything before goes to `lap`'s name."""

    def __init__(self):
        self.seconds = {}
        self.last = time.monotonic()

    def lap(self, name):
        now = time.monotonic()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self.last
        self.last = now


def of_pairs_and_other(took_seconds):
    """Of what a row took: what each pair adds, and the rest."""
    pairs = sum(seconds for name, seconds in took_seconds.items() if name in ("looks", "calm", "blocks"))
    return pairs, sum(took_seconds.values()) - pairs


class Process:
    """A module of this package in a process of its own, spoken to by lines."""

    def __init__(self, module, settings):
        self.process = subprocess.Popen([sys.executable, "-m", f"fair.{module}"], cwd=os.path.dirname(HERE), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.say(json.dumps(settings))

    def say(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the bench ended with {self.process.wait()}")
        return json.loads(line)

    def close(self):
        """Asks it to end, and sees to it."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def start_victim(node, certificates, settings):
    tenant = Tenant(node, "victim")
    process = Process("victim", {
        "url": node.url, "management_url": node.instance.ready["management_url"], "ca_file": node.ca_file,
        "keys": tenant.keys, "provider_key": node.instance.ready["provider"]["key"],
        "certificates": vars(certificates), "grace_seconds": settings.grace_seconds,
        "look_seconds": settings.look_seconds})
    tenant.tell_by_default([process.hear()["receiver"]])
    node.restrain(tenant, settings.hinder)
    tenant.forget_connections()
    return tenant, process


def start_attackers(node, name, cap, settings):
    found, preparations = [], {}
    for number, attacker in enumerate(catalogue.parts(name)):
        tenant = Tenant(node, f"attacker{number}")
        prepared = preparations[attacker.name] = attacker().prepare(tenant)
        node.restrain(tenant, settings.hinder)
        tenant.forget_connections()
        found.append(Process("attack", {"name": attacker.name, "url": node.url, "ca_file": node.ca_file,
                                        "keys": tenant.keys, "prepared": prepared, "cgroup": cap.folder}))
    return found, preparations


def cores_of(node, seconds):
    """What the server takes of them on average, from now on."""
    before, begin = sum(node.processors()), time.monotonic()
    time.sleep(seconds)
    return (sum(node.processors()) - before) / (time.monotonic() - begin)


def await_calm(node, cores, seconds):
    """Until the node has worked through what is left; false where that takes longer. With the victim alone it takes `cores`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        backlog = node.metrics()["winnow_triage_backlog_alerts"]  # each time: a connection that is idle is closed
        if cores_of(node, CALM_SECONDS) <= cores * CALM and not backlog:
            return True
    return False


GAUGES = {"winnow_delivery_hanging_tenants": (1, "hanging tenant known"),
          "winnow_delivery_closed_receivers": (1, "receivers closed"),
          "winnow_deliveries_in_flight": (32, "deliveries at their cap"),  # dispatch.per_tenant
          "winnow_backtest_running": (1, "back-test runner busy")}
COUNTERS = {"winnow_queue_refused_total": "queue full", "winnow_rate_refused_total": "rate",
            "winnow_http_connections_refused_total": "connections refused",
            "winnow_http_connections_displaced_total": "displaced", "winnow_http_answers_cut_off_total": "cut off"}


def caps_reached(before, after):
    """The bounds of the node that were met between two looks at its metrics, in words."""
    found = {word for name, (least, word) in GAUGES.items() if after.get(name, 0.0) >= least}
    for name, value in after.items():
        word = COUNTERS.get(name.split("{")[0])
        if word and value > before.get(name, 0.0):
            found.add(word)
    return found


def means_ms(deltas):
    """Of each histogram of times that grew: the mean of what was added."""
    return {name.replace("_seconds_sum", ""): 1000 * total / deltas[name.replace("_sum", "_count")]
            for name, total in sorted(deltas.items())
            if "_seconds_sum" in name and deltas.get(name.replace("_sum", "_count"))}


class Blocks:
    """What was seen from outside the victim: windows of time, and what the server took in them."""

    def __init__(self):
        self.windows = {"burn": [], "go": []}
        self.down = []
        self.winnow = {"burn": 0.0, "go": 0.0}
        self.database = {"burn": 0.0, "go": 0.0}
        self.grown = {"burn": {}, "go": {}}
        self.answers, self.caps = {}, set()
        self.peak_mib = 0.0

    def run(self, node, kind, processes, settings, kills):
        capped = processes if kind == "go" else processes[:1]  # one spins as much as many: they share the cap
        node.forget_peak()
        before, metrics = node.processors(), node.metrics()
        begin = time.time()
        for process in capped:
            process.say(kind)
        time.sleep(settings.seconds / 2)
        if kills and kind == "go":
            self.peak_mib = max(self.peak_mib, node.memory_mib("VmHWM"))
            self.down.append(node.kill_and_start())
            before, metrics = node.processors(), node.metrics()
        time.sleep(settings.seconds / 2)
        end = time.time()
        after, metrics_after = node.processors(), node.metrics()
        for name, value in metrics_after.items():
            self.grown[kind][name] = self.grown[kind].get(name, 0.0) + value - metrics.get(name, 0.0)
        if kind == "go":
            self.peak_mib = max(self.peak_mib, node.memory_mib("VmHWM"))
            self.caps |= caps_reached(metrics, metrics_after)
        for process in capped:
            process.say("stop")
        for process in capped:
            for status, count in process.hear().items():
                self.answers[status] = self.answers.get(status, 0) + count
        self.windows[kind].append((begin, end))
        self.winnow[kind] += after[0] - before[0]
        self.database[kind] += after[1] - before[1]


def is_refusal(status):
    return status.isdigit() and int(status) >= 400


def row_of(name, settings, blocks, seen, applied, idle_mib):
    """The figures of one attacker."""
    parts = catalogue.parts(name)
    samples = figures.untouched(seen["samples"], blocks.down)
    settled = figures.untouched(samples, [(since, until + settings.settling) for since, until in blocks.down])
    whole = blocks.windows["go"]
    counted = {kind: [(begin + settings.settling, end) for begin, end in windows]
               for kind, windows in blocks.windows.items()}
    seconds = sum(end - begin for begin, end in whole)
    refused = {kind: [sample for sample in figures.within(samples, windows)
                      if not sample["good"] and sample["kind"] in ("read", "send", "newcomer")]
               for kind, windows in blocks.windows.items()}
    accepted = [{**sample, "key": f"victim-{sample['number']}"} for sample in samples
                if sample["kind"] == "send" and sample["good"]]
    lags, unowed = figures.waits(accepted, applied, whole, blocks.down)
    firsts, untold = figures.waits(accepted, seen["arrived"], whole, blocks.down)
    refusals = sum(count for status, count in blocks.answers.items() if is_refusal(status))

    def operator(kind):
        mine = [sample for sample in figures.within(settled, counted["go"]) if sample["kind"] == kind]
        bad = [sample for sample in mine if not sample["good"]]
        return figures.percentile(figures.latencies_ms(mine), 99) if mine and not bad else float("inf")

    cost = None
    if all(part.mostly_refused for part in parts) and refusals >= figures.REFUSALS_A_SECOND * seconds:
        cost = (blocks.winnow["go"] - blocks.winnow["burn"]) / refusals * 1e6
    row = {
        "attacker": name, "about": catalogue.ABOUT[name], "judged": name != catalogue.TOGETHER,
        "requests": figures.of_requests(settled, counted["burn"], counted["go"]),
        "refused": len(refused["go"]), "refused_alone": len(refused["burn"]),
        "refused_as": sorted({f"{sample['kind']} {sample['status']}" for sample in refused["go"]}),
        "lag_seconds": max(lags, default=float("inf")), "first_attempt_seconds": max(firsts, default=float("inf")),
        "lost": len(set(unowed) | set(untold)), "memory_mib": blocks.peak_mib - idle_mib, "idle_mib": idle_mib,
        "livez_ms": operator("livez"), "management_ms": operator("management"),
        "cores": (blocks.winnow["go"] + blocks.database["go"]) / seconds, "winnow_seconds": blocks.winnow,
        "database_seconds": blocks.database, "answers": blocks.answers, "refused_a_second": refusals / seconds,
        "refusal_us": cost, "caps": sorted(blocks.caps) + (["killed"] if blocks.down else []),
        "server_means_ms": {"alone": means_ms(blocks.grown["burn"]), "beside": means_ms(blocks.grown["go"])},
        "down_seconds": [until - since for since, until in blocks.down],
    }
    row["bites"], row["failures"] = figures.bites(row), figures.failures(row)
    return row


def look(name, settings, blocks, node, victim, tenant, idle_mib):
    """The row by what there is so far, and how many requests and alerts have no answer and no message yet."""
    victim.say("look")
    seen = victim.hear()
    row = row_of(name, settings, blocks, seen, node.applied(tenant), idle_mib)
    return row, seen["unanswered"] + row["lost"]


def run_pairs(name, settings, blocks, node, victim, tenant, attackers, idle_mib, watch, progress):
    """As many as it takes; how many blocks began although what the attacker left was not over."""
    cores = cores_of(node, WARM_UP_SECONDS)
    watch.lap("warm_up")
    kills = any(part.kills for part in catalogue.parts(name))
    restless = 0
    for done in range(settings.pairs):
        if settings.least <= done and enough.is_clear(*look(name, settings, blocks, node, victim, tenant, idle_mib),
                                                      settings.pairs - done):
            watch.lap("looks")
            progress(f"clear after {done} pairs", done)
            break
        watch.lap("looks")
        most = "" if settings.least == settings.pairs else "at most "
        # Only before a block alone: what comes before one beside the attacker has left nothing.
        if not await_calm(node, cores, settings.calm_deadline):
            progress(f"after {settings.calm_deadline} s the node still works for the attacker", done)
            restless += 1
        watch.lap("calm")
        for kind, word in (("burn", "alone"), ("go", "beside")):
            progress(f"pair {done + 1} of {most}{settings.pairs}: {word}", done)
            blocks.run(node, kind, attackers, settings, kills)
        watch.lap("blocks")
    return restless


def measure(name, binary, certificates, cap, settings, progress):
    """The row of an attacker. `progress` is called with words and how many pairs are done."""
    watch = Stopwatch()
    progress("starting a node", 0)
    with contextlib.ExitStack() as whole:
        node = whole.enter_context(Node(binary, certificates))
        watch.lap("start")
        running = whole.enter_context(contextlib.ExitStack())
        idle_mib = node.memory_mib()
        tenant, victim = start_victim(node, certificates, settings)
        running.callback(victim.close)
        watch.lap("victim")
        progress("preparing the attack", 0)
        attackers, preparations = start_attackers(node, name, cap, settings)
        for attacker in attackers:
            running.callback(attacker.close)
        watch.lap("prepare")
        victim.say("begin")
        time.sleep(WARM_UP_SECONDS / 2)
        blocks = Blocks()
        restless = run_pairs(name, settings, blocks, node, victim, tenant, attackers, idle_mib, watch, progress)
        pairs = len(blocks.windows["go"])
        progress("waiting for the last answers", pairs)
        victim.say("end")
        seen = victim.hear()
        row = {**row_of(name, settings, blocks, seen, node.applied(tenant), idle_mib), "pairs": pairs,
               "prepared": preparations, "restless_blocks": restless}
        watch.lap("last_answers")
        running.close()
        watch.lap("stop_clients")
    watch.lap("stop_node")
    return {**row, "took_seconds": watch.seconds}
