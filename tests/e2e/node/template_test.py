"""The cluster that most suites' instances find in their state folders is the one that each would have made by itself."""

import glob
import os
import subprocess
import unittest

from harness import Instance


def postgres(program, *arguments):
    path = sorted(glob.glob("/usr/lib/postgresql/*/bin/" + program))[-1]
    return subprocess.run([path, *arguments], check=True, capture_output=True, text=True).stdout


def contents(instance):
    """Roles, the database, its schema and its settings; without the days' partitions, which nodes make."""
    url = instance.ready["database_url"]
    dumps = [postgres("pg_dumpall", "--globals-only", "-d", url),
             postgres("pg_dump", "--schema-only", "--create", "-T", "journal_20*", "-T", "verdicts_20*", "-T", "access_log_20*", "-d", url)]
    facts = [postgres("psql", "-qAt", url, "-c", sql) for sql in (
        "select name, checksum from schema_migrations order by name",  # what is compatible changes as a node works
        "select datname, datcollversion, datconnlimit from pg_database order by datname",
        "select name, setting from pg_settings where source = 'configuration file' order by name",
        "select type, database, user_name, address, auth_method from pg_hba_file_rules order by line_number")]
    # A dump that psql reads is fenced with a word that is made anew each time.
    return [line for text in dumps + facts for line in text.splitlines() if "restrict " not in line]


@unittest.skipUnless("WINNOW_PUT_DEV_CLUSTER" in os.environ, "ctest says who puts it there")
class Template(unittest.TestCase):
    STEPS = ("making a PostgreSQL cluster", "migrating 0001_core")

    def steps(self, instance):
        with open(instance.log_file, encoding="utf-8") as log:
            text = log.read()
        return [step in text for step in self.STEPS]

    def test_it_is_found_and_is_what_the_program_makes(self):
        with Instance() as copied, Instance(new_cluster=True) as made:
            self.assertEqual(self.steps(copied), [False, False])
            self.assertEqual(self.steps(made), [True, True])
            expected = contents(made)
            self.assertGreater(len(expected), 1_000)
            self.assertEqual(contents(copied), expected)


if __name__ == "__main__":
    unittest.main()
