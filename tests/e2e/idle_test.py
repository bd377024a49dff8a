"""What a node asks of its database while nobody wants anything."""

import glob
import subprocess
import time
import unittest

from harness import World


def setUpModule():
    global world
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def transactions():
    """How many there have been. A statement of an idle node is one; so is this look."""
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    done = subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c",
                           "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"],
                          check=True, capture_output=True, text=True)
    return int(done.stdout)


class Idle(unittest.TestCase):
    SECONDS = 10

    def test_an_idle_node_asks_no_more_than_two_things_a_second(self):
        rates = []
        while len(rates) < 6 and (not rates or min(rates) > 2):  # the database vacuums now and then by itself
            before, begun = transactions(), time.monotonic()
            time.sleep(self.SECONDS)  # what is measured is time
            rates.append((transactions() - before - 1) / (time.monotonic() - begun))
        self.assertLessEqual(min(rates), 2, f"transactions a second, by stretches of {self.SECONDS} seconds: {rates}")


if __name__ == "__main__":
    unittest.main()
