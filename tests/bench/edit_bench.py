"""How soon an edit of a rule shows, on the node that took it and on another one."""

import argparse
import json
import os
import statistics
import sys
import threading
import time

from servers import Child, Client, Instance

GOAL_SECONDS = 0.2
PROBE_SECONDS = 0.6  # how long alerts are sent after an edit
PAUSE_SECONDS = 0.004
EPILOG = """examples:
  ./dev bench edits                two nodes, 10,000 rules, 20 edits
  ./dev bench edits --rules 100
  ./dev bench edits --json > run.json"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench edits", description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/winnow", metavar="FILE", help="the program (%(default)s)")
    parser.add_argument("--rules", type=int, default=10_000, help="of the tenant (%(default)s)")
    parser.add_argument("--edits", type=int, default=20, help="how many to measure (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="three edits")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.edits = 3
    return arguments


def ruleset(count):
    """Rules of services that do not exist here, and last the one that is edited."""
    rules = [{"name": f"service {i}", "syntax": "cel", "actions": [{"type": "suppress", "reason": "quiet"}],
              "condition": f'service == "svc-{i % 997}" && labels.host == "host-{i}" && title.contains("disk {i % 91}")'}
             for i in range(count - 1)]
    probe = {"name": "probe", "syntax": "cel", "condition": 'source == "probe"', "actions": [{"type": "suppress"}]}
    return rules + [probe]


class SecondNode(Child):
    """`winnow serve` on the first one's database."""

    def __init__(self, first, folder):
        super().__init__(folder, "second-node")
        state = os.path.join(first.state_dir, "state")
        with open(os.path.join(state, "postgres/data/postmaster.pid"), encoding="utf-8") as lines:
            socket = lines.read().splitlines()[4]
        urls = "".join(f"  {role}_url: postgresql://winnow_{role}@/winnow?host={socket}\n"
                       for role in ("api", "pipeline", "provider"))
        vault = f"postgresql://winnow_vault@/winnow_vault?host={socket}"
        management = self.port + 1
        tls = f"    certificate_file: {state}/server.pem\n    key_file: {state}/server-key.pem\n"
        config = self.write("winnow.yaml", f"""\
listen:
  customer:
    address: 127.0.0.1
    port: {self.port}
{tls}\
  management:
    address: 127.0.0.1
    port: {management}
{tls}\
provider:
  key_sha256: {"0" * 64}
database:
{urls}\
  allow_unsafe_durability: true
encryption_key_file: {state}/encryption.key
vault:
  url: "{vault}"
  root_key_files: ["{state}/vault-root.key"]
""")
        self.url = f"https://127.0.0.1:{self.port}"
        probe = Client(self.url, first.ready["ca_file"])
        self.launch([os.path.abspath(first.binary), "serve", "--config", config],
                    lambda: probe.get("/readyz").status == 200)


class Probe(threading.Thread):
    """Sends alerts to a node, and remembers when each was sent and when the first was decided about."""

    def __init__(self, client, reader):
        super().__init__()
        self.client, self.reader = client, reader
        self.sent = []
        self.decided = None
        self.start()

    def run(self):
        end = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < end:
            sent = time.monotonic()
            answer = self.client.post("/api/v1/alerts", {"title": "probe", "source": "probe"})
            assert answer.status == 202, answer.body
            self.sent.append((sent, answer.json()["results"][0]["alert_id"]))
            if self.decided is None and self.is_decided(self.sent[0][1]):
                self.decided = time.monotonic()
            time.sleep(PAUSE_SECONDS)

    def is_decided(self, alert):
        return self.reader.get(f"/api/v1/alerts/{alert}").json()["disposition"] != "pending"


def version_seen(admin, alert):
    """The version of the edited rule that judged an alert."""
    while True:
        shown = admin.get(f"/api/v1/alerts/{alert}").json()
        if shown["disposition"] != "pending":
            return shown["matched_rules"][0]["version"]
        time.sleep(0.01)


def first_with(admin, sent, version):
    """When the first alert was sent that this version, or a later one, judged: versions only rise."""
    low, high = 0, len(sent)
    while low < high:
        middle = (low + high) // 2
        if version_seen(admin, sent[middle][1]) >= version:
            high = middle
        else:
            low = middle + 1
    if low == len(sent):
        raise RuntimeError(f"the edit was not seen within {PROBE_SECONDS} s")
    return sent[low][0]


def measure(arguments, progress):
    with Instance() as first:
        second = SecondNode(first, first.state_dir)
        try:
            admin = first.user("admin")
            answer = admin.call("PUT", "/api/v1/ruleset", {"rules": ruleset(arguments.rules)})
            assert answer.status == 200, answer.body
            rule = next(r["id"] for r in admin.get("/api/v1/ruleset").json()["rules"] if r["name"] == "probe")
            key = first.ready["tenants"][0]["integration"]["key"]
            clients = {"the node that took it": first.integration(),
                       "another node": Client(second.url, first.ready["ca_file"], key)}
            readers = {name: first.user("admin") for name in clients}
            for name, client in clients.items():
                Probe(client, readers[name]).join()  # both know the rules
            taken, seen, decided = [], {name: [] for name in clients}, {name: [] for name in clients}
            for edit in range(arguments.edits):
                progress(f"edit {edit + 1} of {arguments.edits}")
                begun = time.monotonic()
                answer = admin.call("PATCH", f"/api/v1/rules/{rule}", {"description": f"edit {edit}"},
                                    headers={"Content-Type": "application/merge-patch+json"})
                edited = time.monotonic()
                assert answer.status == 200, answer.body
                version = answer.json()["version"]
                taken.append(edited - begun)
                probes = {name: Probe(client, readers[name]) for name, client in clients.items()}
                for name, probe in probes.items():
                    probe.join()
                    seen[name].append(first_with(admin, probe.sent, version) - edited)
                    decided[name].append(probe.decided - probe.sent[0][0])
            return taken, seen, decided
        finally:
            second.stop()


def main():
    arguments = parse_arguments()
    os.environ["WINNOW_BINARY"] = arguments.binary

    def progress(text):
        print(text, file=sys.stderr)

    taken, seen, decided = measure(arguments, progress)
    figures = {"the edit itself": taken}
    figures.update({f"first alert that saw it, {name}": times for name, times in seen.items()})
    figures.update({f"verdict on the first alert, {name}": times for name, times in decided.items()})
    rows = [{"figure": figure, "median_ms": statistics.median(times) * 1e3, "most_ms": max(times) * 1e3}
            for figure, times in figures.items()]
    if arguments.json:
        for row in rows:
            print(json.dumps({"rules": arguments.rules, "edits": arguments.edits, **row}))
        return
    print(f"One rule of {arguments.rules:,} edited {arguments.edits} times; after each answer, alerts to both nodes every "
          f"{PAUSE_SECONDS * 1e3:.0f} ms.\nThe first alert that the new version judged was sent so long after the answer "
          f"(goal: {GOAL_SECONDS * 1e3:.0f} ms); the first alert of all waited\nso long for its verdict, while the rules "
          "were read anew.\n")
    width = max(len(row["figure"]) for row in rows)
    print(f"{'':{width}}{'median ms':>12}{'most ms':>10}")
    for row in rows:
        print(f"{row['figure']:{width}}{row['median_ms']:12.1f}{row['most_ms']:10.1f}")


if __name__ == "__main__":
    main()
