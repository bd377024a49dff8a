"""docs/security/controls.md and docs/security/asvs.md: complete, and what they name is there.

They say of each section of the white paper, and of each item of ASVS 5.0 up to level 2, which tests show it or what it still
waits for. Prints how many there are of each."""

import os
import re
import sys
import unittest

import security_pages as pages
from ninja_build import Build

# The sections of the white paper on ISO/IEC 27017, and the controls they answer.
SECTIONS = [
    ("1.1", "5.1.1"), ("2.1", "6.1.1"), ("2.2", "6.1.3"), ("2.3", "CLD.6.3.1"), ("3.1", "7.2.2"), ("4.1", "8.1.1"),
    ("4.2", "8.2.2"), ("4.3", "CLD.8.1.5"), ("5.1", "9.1.2"), ("5.2", "9.2.1"), ("5.3", "9.2.2"), ("5.4", "9.2.3"),
    ("5.5", "9.2.4"), ("5.6", "9.4.1"), ("5.7", "9.4.4"), ("5.8", "CLD.9.5.1"), ("5.9", "CLD.9.5.2"), ("6.1", "10.1.1"),
    ("6.2", "10.1.2"), ("7.1", "11.2.7"), ("8.1", "12.1.2"), ("8.2", "12.1.3"), ("8.3", "12.3.1"), ("8.4", "12.4.1"),
    ("8.5", "12.4.3"), ("8.6", "12.4.4"), ("8.7", "12.6.1"), ("8.8", "CLD.12.1.5"), ("8.9", "CLD.12.4.5"),
    ("9.1", "13.1.3"), ("9.2", "CLD.13.1.4"), ("10.1", "14.1.1"), ("10.2", "14.2.1"), ("11.1", "15.1.1"),
    ("11.2", "15.1.2"), ("11.3", "15.1.3"), ("12.1", "16.1.1"), ("12.2", "16.1.2"), ("12.3", "16.1.7"), ("13.1", "18.1.1"),
    ("13.2", "18.1.2"), ("13.3", "18.1.3"), ("13.4", "18.1.5"), ("13.5", "18.2.1"),
]

# ASVS 5.0.0: how many items of each section are of level 1 or 2. Those of level 3 come after them in every section.
ITEMS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6,
    "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12,
    "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}


class SecurityPages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        build = Build(os.environ["WINNOW_BUILD"])
        cls.registered = pages.Registered(build)
        cls.folder = os.path.join(build.source, "docs/security")
        cls.controls = pages.Page(os.path.join(cls.folder, "controls.md"))
        cls.asvs = pages.Page(os.path.join(cls.folder, "asvs.md"))
        cls.capabilities = {row["capability"] for row in cls.controls.rows("What they wait for")}

    def problem(self, reference):
        return self.registered.problem(reference)

    def findings(self, change=("", "")):
        """Of the control map, also of one in which something else stands."""
        if change[0]:
            self.assertIn(change[0], self.controls.text)
        changed = pages.Page(self.controls.path, self.controls.text.replace(*change, 1))
        return pages.control_findings(changed, SECTIONS, self.capabilities, self.problem)

    def asvs_findings(self, change=("", "")):
        if change[0]:
            self.assertIn(change[0], self.asvs.text)
        changed = pages.Page(self.asvs.path, self.asvs.text.replace(*change, 1))
        return pages.asvs_findings(changed, ITEMS, self.capabilities, self.problem)


class ControlMap(SecurityPages):
    def test_every_section_is_shown_by_tests_that_are_there_or_says_what_it_waits_for(self):
        self.assertEqual((len(SECTIONS), len(set(SECTIONS))), (44, 44))
        self.assertEqual(self.findings(), [])

    def test_what_they_wait_for_is_waited_for(self):
        waited = {word for row in self.controls.rows("The 44 sections") for word in pages.words(row["waits for"])}
        waited |= {word for row in self.asvs.rows("The items") if row["state"] == "waits" for word in pages.words(row["why"])}
        self.assertEqual(self.capabilities - waited, set())

    def test_their_number_is_told(self):
        shown, part, waiting = pages.control_counts(self.controls)
        self.assertEqual(shown + part + waiting, 44)
        told = f"Of the 44 sections {shown} are shown by tests, {part} in part, and {waiting} wait for what is to come."
        print(f"\n{told}", file=sys.stderr)
        self.assertIn(told, self.controls.text.replace("\n", " "))

    def test_what_is_wrong_is_noticed(self):
        row = re.search(r"^\| 5\.6 \|.*\n", self.controls.text, re.MULTILINE)[0]
        shown, waits = (row.split("|")[at] for at in (4, 5))  # begins with a bar
        self.assertEqual(self.findings((row, "")), ["5.6 (9.4.1) is missing"])
        self.assertEqual(self.findings((row, row + row)), ["the sections are not in order, or one stands twice"])
        self.assertEqual(self.findings((row, row.replace("| 5.6 |", "| 5.7 |"))),
                         ["5.6 (9.4.1) is missing", "5.7 stands there, and is no section"])
        self.assertEqual(self.findings((row, row.replace(f"|{shown}|{waits}|", "| | |"))),
                         ["5.6 is neither shown nor waits for anything"])
        self.assertEqual(self.findings((row, row.replace(f"|{shown}|", "| `e2e.nothing_test` |"))),
                         ["5.6: ctest knows no test e2e.nothing_test"])
        self.assertEqual(self.findings((row, row.replace(f"|{shown}|", "| `e2e.river_test test_nothing` |"))),
                         ["5.6: e2e.river_test has no case test_nothing"])
        self.assertEqual(self.findings((row, row.replace(f"|{shown}|", "| `integration_pg CatalogueTest.Nothing` |"))),
                         ["5.6: integration_pg has no case CatalogueTest.Nothing"])
        self.assertEqual(self.findings((row, row.replace(f"|{shown}|{waits}|", "| | good weather |"))),
                         ["5.6 waits for good weather, which is no capability"])


class Asvs(SecurityPages):
    def test_every_item_is_met_by_tests_that_are_there_or_says_why_not(self):
        self.assertEqual(sum(ITEMS.values()), 253)
        self.assertEqual(self.asvs_findings(), [])

    def test_their_number_is_told(self):
        counts = pages.asvs_counts(self.asvs)
        self.assertEqual(sum(counts.values()), 253)
        told = (f"Of the 253 items {counts['met']} are met, {counts['waits']} wait for what is to come, "
                f"{counts['not applicable']} are not applicable, and {counts['gap']} are gaps.")
        print(f"\n{told}", file=sys.stderr)
        self.assertIn(told, self.asvs.text.replace("\n", " "))

    def test_what_is_wrong_is_noticed(self):
        row = re.search(r"^\| 1\.2\.4 \|.*\n", self.asvs.text, re.MULTILINE)[0]
        asks, state, why = (row.split("|")[at] for at in (2, 3, 4))
        self.assertEqual(state, " met ")
        self.assertEqual(self.asvs_findings((row, "")), ["1.2.4 is missing"])
        self.assertEqual(self.asvs_findings((row, row + row)), ["1.2.4 stands twice"])
        self.assertEqual(self.asvs_findings((row, row + row.replace("1.2.4", "1.2.99"))),
                         ["1.2.99 is none of levels 1 and 2"])
        self.assertEqual(self.asvs_findings((row, f"| 1.2.4 |{asks}| met | because we say so |\n")),
                         ["1.2.4 is met by no test"])
        self.assertEqual(self.asvs_findings((row, f"| 1.2.4 |{asks}| met | `lint.nothing` |\n")),
                         ["1.2.4: ctest knows no test lint.nothing"])
        self.assertEqual(self.asvs_findings((row, f"| 1.2.4 |{asks}| not applicable | |\n")),
                         ["1.2.4 is a not applicable without a reason"])
        self.assertEqual(self.asvs_findings((row, f"| 1.2.4 |{asks}| waits | good weather |\n")),
                         ["1.2.4 waits for good weather, which is no capability"])
        self.assertEqual(self.asvs_findings((row, f"| 1.2.4 |{asks}| fine |{why}|\n")), ["1.2.4: fine is no state"])


class Links(SecurityPages):
    def test_they_lead_to_headings_that_are_there(self):
        names = sorted(name for name in os.listdir(self.folder) if name.endswith(".md"))
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            page = pages.Page(os.path.join(self.folder, name))
            with self.subTest(page=name):
                self.assertEqual(page.broken_links(), [])

    def test_one_that_leads_nowhere_is_noticed(self):
        for target in ("nowhere.md", "controls.md#no-such-heading", "#no-such-heading"):
            self.assertEqual(len(self.controls.broken_links(f"[x]({target})")), 1, target)


del SecurityPages  # a base, not a suite

if __name__ == "__main__":
    unittest.main()
