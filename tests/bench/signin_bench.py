"""How many people sign in a second on one node, and what it needs of memory for that."""

import argparse
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "e2e"))
EPILOG = """examples:
  ./dev bench signin               20 people, 16 at a time, for 20 seconds
  ./dev bench signin --seconds 5
  ./dev bench signin --json > run.json"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench signin", description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/winnow", metavar="FILE", help="the program (%(default)s)")
    parser.add_argument("--people", type=int, default=20, help="who sign in (%(default)s)")
    parser.add_argument("--at-once", type=int, default=16, help="browsers (%(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="how long to measure (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="three seconds")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds = 3
    return arguments


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


class Load:
    """Browsers that sign in one after the other, each as all people in turn."""

    def __init__(self, world, people, at_once):
        from tenants.person import Browser  # pylint: disable=import-outside-toplevel
        self.people = people
        self.browsers = [Browser(world.instance.ready) for _ in range(at_once)]
        self.pid = world.instance.process.pid
        self.took = []
        self.busy = 0
        self.most_mib = 0
        self.lock = threading.Lock()

    def work(self, number, end):
        turn = number
        while time.monotonic() < end:
            person = self.people[turn % len(self.people)]
            turn += 1
            begun = time.monotonic()
            answer = person.sign_in(self.browsers[number])
            took = time.monotonic() - begun
            with self.lock:
                if answer.status == 200:
                    self.took.append(took)
                elif answer.status == 503:
                    self.busy += 1
                else:
                    raise RuntimeError(f"a sign-in was answered {answer.status}: {answer.body}")

    def run(self, seconds):
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.work, args=(number, end)) for number in range(len(self.browsers))]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            self.most_mib = max(self.most_mib, resident_mib(self.pid))
            time.sleep(0.1)  # between two looks at the memory
        for thread in threads:
            thread.join()


def measure(arguments):
    os.environ["WINNOW_BINARY"] = os.path.abspath(arguments.binary)
    from harness import World  # pylint: disable=import-outside-toplevel
    from tenants.person import PROXIED, Person  # pylint: disable=import-outside-toplevel
    with World(config=PROXIED) as world:
        admin = world.instance.user("admin")
        changed = admin.call("PATCH", "/api/v1/settings", {"mfa_policy": "admins"},
                             headers={"Content-Type": "application/merge-patch+json"})
        assert changed.status == 200, changed.body
        people = [Person(world, f"person{number}@example.com") for number in range(arguments.people)]
        for person in people:
            accepted = person.accept()
            assert accepted.status == 204, accepted.body
        load = Load(world, people, arguments.at_once)
        load.run(1)  # warms up
        load.took.clear()
        before = resident_mib(load.pid)
        load.busy, load.most_mib = 0, before
        load.run(arguments.seconds)
    took = sorted(load.took)
    return {"signins_per_second": len(took) / arguments.seconds, "p50_ms": took[len(took) // 2] * 1e3,
            "p99_ms": took[int(len(took) * 0.99)] * 1e3, "refused": load.busy, "before_mib": before,
            "most_mib": load.most_mib, "at_once": arguments.at_once}


def main():
    arguments = parse_arguments()
    row = measure(arguments)
    if arguments.json:
        print(json.dumps(row))
        return 0
    print(f"{row['signins_per_second']:.1f} sign-ins a second, {row['at_once']} at a time: p50 {row['p50_ms']:.0f} ms, "
          f"p99 {row['p99_ms']:.0f} ms, {row['refused']} answered 503")
    print(f"memory: {row['before_mib']:.0f} MiB before, {row['most_mib']:.0f} MiB at most")
    holds = row["signins_per_second"] >= 30 and row["most_mib"] - row["before_mib"] < 110
    print("holds: " + ("yes" if holds else "NO") + " (>= 30 a second, < 110 MiB more)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
