"""`./dev bench fair` itself, on one attacker and a real node: it measures and says so. Not what it measures: this machine is
busy with other tests."""

import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def bench(*arguments):
    command = [sys.executable, os.path.join(HERE, "fair_bench.py"), "--binary", os.environ["WINNOW_BINARY"], *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


class FairBench(unittest.TestCase):
    def test_a_row_has_every_figure_and_the_status_says_whether_it_holds(self):
        done = bench("--quick", "--only", "rest-32", "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        measured = json.loads(done.stdout)
        self.assertEqual(measured["not_measured"], [], done.stderr)
        row, = measured["rows"]
        self.assertEqual(done.returncode, 1 if row["failures"] else 0)
        for kind in ("read", "send"):
            self.assertGreater(row["requests"][kind]["alone_ms"], 0)
            self.assertGreater(row["requests"][kind]["beside_ms"], 0)
        for figure in ("lag_seconds", "first_attempt_seconds", "memory_mib", "livez_ms", "management_ms", "cores"):
            self.assertIsInstance(row[figure], float, figure)
        self.assertGreater(row["answers"]["429"], 0, "the attacker met its rate")
        self.assertIn("rate", row["caps"])
        self.assertIn("pair 1 of 1: beside", done.stderr)

    def test_what_there_is_is_listed_and_what_there_is_not_is_refused(self):
        listed = bench("--list")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("kill-9 ", listed.stdout)
        refused = bench("--only", "rest-33")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("there is no attacker rest-33; there are rest-32, ", refused.stderr)


if __name__ == "__main__":
    unittest.main()
