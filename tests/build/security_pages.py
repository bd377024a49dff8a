"""The tables of docs/security.md and docs/security/, and whether what they name is there."""

import glob
import os
import re
import subprocess

TESTS = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


class Page:
    """A page and the tables below its headings."""

    def __init__(self, path, text=None):
        self.path = path
        if text is None:
            with open(path, encoding="utf-8") as page:
                text = page.read()
        self.text = text

    def section(self, heading):
        """What stands below that heading of the second level; '' where there is none."""
        found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.text, re.MULTILINE | re.DOTALL)
        return found[1] if found else ""

    def rows(self, heading):
        """Each row of the section's tables: column -> cell."""
        found, columns = [], None
        for line in self.section(heading).splitlines():
            if not line.startswith("|"):
                columns = None
                continue
            cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
            if columns is None:
                columns = cells
            elif not set(line) <= set("|-: "):
                found.append(dict(zip(columns, cells)))
        return found

    def broken_links(self, text=None):
        """Those that lead to no file, or to no heading of it."""
        said = []
        for target in LINK.findall(self.text if text is None else text):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            linked = os.path.normpath(os.path.join(os.path.dirname(self.path), file)) if file else self.path
            if not os.path.exists(linked):
                said.append(f"{target} leads nowhere")
            elif anchor and anchor not in _anchors(linked):
                said.append(f"{target}: there is no such heading")
        return said


def _anchors(path):
    with open(path, encoding="utf-8") as page:
        headings = re.findall(r"^#+ (.+)$", page.read(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Registered:
    """The tests that ctest knows in a build folder, and the cases in their sources.

    A page names a test as ctest does (`lint.layers`), a suite of several by their common beginning (`unit_crypto.Sealer`),
    and a case or a suite within one behind a blank (`integration_pg CatalogueTest`, `e2e.river_test test_…`)."""

    # Of those whose sources do not stand where their name says.
    FOLDERS = {"http_server_tests": "integration/http", "integration_config": "integration/api",
               "integration_tickets": "integration/api"}

    def __init__(self, build):
        self.tests = os.path.join(build.source, "tests")
        shown = subprocess.run([build.cache["CMAKE_CTEST_COMMAND"], "--test-dir", build.folder, "-N"], check=True,
                               capture_output=True, text=True).stdout
        self.names = set(re.findall(r"^ *Test +#\d+: (\S+)", shown, re.MULTILINE))

    def problem(self, reference):
        """Why there is no such test; '' where there is one."""
        name, _, case = reference.partition(" ")
        if f"{name.split('.')[0]}_NOT_BUILT" in self.names:
            return f"{name} is not built, so nobody knows its tests"
        if name not in self.names and not any(other.startswith(name + ".") for other in self.names):
            return f"ctest knows no test {name}"
        if case and not self._has_case(name, case):
            return f"{name} has no case {case}"
        return ""

    def _has_case(self, name, case):
        kind, _, rest = name.partition(".")
        if rest:
            sources = glob.glob(f"{self.tests}/{kind}/**/{rest}*.py", recursive=True)
            pattern = rf"^(    def|class) {re.escape(case)}\("
        else:
            folder = self.FOLDERS.get(name, name.replace("integration_", "integration/", 1))
            sources = glob.glob(f"{self.tests}/{folder}/**/*.cpp", recursive=True)
            suite, _, test = case.partition(".")
            pattern = rf"^TEST(_F|_P)?\({re.escape(suite)},\s*{re.escape(test)}" + (r"\)" if test else "")
        return any(re.search(pattern, _read(path), re.MULTILINE) for path in sources)


def _read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def named_tests(cell):
    return TESTS.findall(cell)


def words(cell):
    """What a cell lists with commas."""
    return [word.strip() for word in cell.split(",") if word.strip() and word.strip() != "–"]


def control_findings(page, sections, capabilities, problem):
    """What is wrong with a control map. `sections`: the numbers and controls that it must have, in order; `capabilities`:
    what may be waited for; `problem`: of a test's name, why there is no such test."""
    rows = page.rows("The 44 sections")
    said = []
    found = [(row["§"], row["control"]) for row in rows]
    said += [f"{section[0]} ({section[1]}) is missing" for section in sections if section not in found]
    said += [f"{section} stands there, and is no section" for section, control in found if (section, control) not in sections]
    if not said and found != sections:
        said.append("the sections are not in order, or one stands twice")
    for row in rows:
        tests, waits = named_tests(row["shown by"]), words(row["waits for"])
        if len(row["what Winnow does"]) < 20 or not LINK.search(row["what Winnow does"]):
            said.append(f"{row['§']} does not say what is done, with a link to where it is described")
        if not tests and not waits:
            said.append(f"{row['§']} is neither shown nor waits for anything")
        said += [f"{row['§']}: {why}" for why in map(problem, tests) if why]
        said += [f"{row['§']} waits for {word}, which is no capability" for word in waits if word not in capabilities]
    return said


def control_counts(page):
    """(shown, in part, waiting): how many sections are shown by tests wholly, beside what they still wait for, not at all."""
    shown = part = waiting = 0
    for row in page.rows("The 44 sections"):
        tests, waits = named_tests(row["shown by"]), words(row["waits for"])
        shown, part, waiting = shown + (not waits), part + bool(tests and waits), waiting + (not tests)
    return shown, part, waiting


def items(cell):
    """"6.2.1–6.2.3, 6.3.1" -> each of them."""
    found = []
    for word in cell.split(","):
        first, dash, last = word.strip().partition("–")
        section, _, number = first.rpartition(".")
        if not dash:
            found.append(first)
            continue
        if last.rpartition(".")[0] != section:
            raise ValueError(f"{word} is no range within one section")
        found += [f"{section}.{each}" for each in range(int(number), int(last.rpartition(".")[2]) + 1)]
    return found


def asvs_findings(page, sizes, capabilities, problem):
    """What is wrong with the table of ASVS. `sizes`: section -> how many of its items are of levels 1 and 2."""
    wanted = [f"{section}.{number}" for section, size in sizes.items() for number in range(1, size + 1)]
    said, found = [], []
    for row in page.rows("The items"):
        found += items(row["item"])
        where, state, why = row["item"], row["state"], row["why"]
        tests = named_tests(why)
        if state == "met":
            said += [f"{where} is met by no test"] if not tests else []
            said += [f"{where}: {each}" for each in map(problem, tests) if each]
        elif state in ("not applicable", "gap"):
            said += [f"{where} is a {state} without a reason"] if len(why) < 20 else []
        elif state == "waits":
            said += [f"{where} waits for nothing"] if not words(why) else []
            said += [f"{where} waits for {word}, which is no capability" for word in words(why) if word not in capabilities]
        else:
            said.append(f"{where}: {state} is no state")
    said += [f"{item} is missing" for item in wanted if item not in found]
    said += [f"{item} is none of levels 1 and 2" for item in found if item not in wanted]
    said += [f"{item} stands twice" for item in sorted(set(found)) if found.count(item) > 1]
    return said


def asvs_counts(page):
    """state -> how many items have it."""
    counts = {"met": 0, "waits": 0, "not applicable": 0, "gap": 0}
    for row in page.rows("The items"):
        counts[row["state"]] += len(items(row["item"]))
    return counts
