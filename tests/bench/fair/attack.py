"""The process of one attacker, capped. `python3 -m fair.attack`: settings come as a line of JSON, then a word a line:
`go` and `burn` begin an attack or plain spinning, `stop` ends either and prints what was answered."""

import json
import resource
import subprocess
import sys

from fair import capping
from fair.attackers.base import Target
from fair.attackers.catalogue import BY_NAME


class Burner:
    """Takes what the attacker would take, and asks for nothing."""

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def stop(self):
        self.process.kill()
        self.process.wait()
        return {}


def main():
    settings = json.loads(sys.stdin.readline())
    capping.enter(settings["cgroup"])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    target = Target(settings["url"], settings["ca_file"], settings["keys"], settings["prepared"])
    kinds = {"go": BY_NAME[settings["name"]](target), "burn": Burner()}
    running = None
    try:
        for word in map(str.strip, sys.stdin):
            if word == "stop":
                print(json.dumps(running.stop()), flush=True)
                running = None
            else:
                running = kinds[word]
                running.start()
    finally:
        if running is not None:
            running.stop()


if __name__ == "__main__":
    main()
