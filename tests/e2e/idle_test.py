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


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    done = subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c", statement],
                          check=True, capture_output=True, text=True)
    return done.stdout


def transactions():
    """How many there have been. A statement of an idle node is one; so is this look."""
    return int(sql("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"))


class Idle(unittest.TestCase):
    SECONDS = 10
    STRETCHES = 3

    def test_an_idle_node_asks_no_more_than_two_things_a_second(self):
        sql("alter system set autovacuum = off")  # what the database does by itself is not the node's
        sql("select pg_reload_conf()")
        self.rate()  # a beginning asks for more
        rates = [self.rate() for _ in range(self.STRETCHES)]
        self.assertLessEqual(sum(rates) / len(rates), 2,
                             f"transactions a second, by stretches of {self.SECONDS} seconds: {rates}")

    def rate(self):
        before, begun = transactions(), time.monotonic()
        time.sleep(self.SECONDS)  # what is measured is time
        return (transactions() - before - 1) / (time.monotonic() - begun)


if __name__ == "__main__":
    unittest.main()
