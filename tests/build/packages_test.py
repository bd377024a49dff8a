"""cmake/debian-packages.txt is kept by hand; this holds it to what the build and the program really use.

A fresh Debian that installs the part "# build" must have every header, library and program that `./dev run` needs, and
nothing may be listed there that nothing needs."""

import os
import re
import subprocess
import tempfile
import unittest
import unittest.mock

import debian
from dev_instance import Instance
from ninja_build import Build

# Needed, though no file of the build shows it.
REASONS = {
    "ca-certificates": "webhooks: the authorities that libcurl trusts",
    "ccache": "the second build",
    "git": "a clone is how people get here",
    "tzdata": "conditions and windows: the zones that date reads",
}


def record_programs():
    """Starts `winnow dev` until it is ready, and returns the programs of PostgreSQL that it has started."""
    real = "/usr/lib/postgresql/15/bin"
    with tempfile.TemporaryDirectory(prefix="winnow-programs-") as folder:
        os.chmod(folder, 0o755)
        record = os.path.join(folder, "record")
        with open(record, "w", encoding="utf-8"):
            os.chmod(record, 0o666)
        for name in os.listdir(real):
            wrapper = os.path.join(folder, name)
            with open(wrapper, "w", encoding="utf-8") as script:
                script.write(f'#!/bin/sh\necho {real}/{name} >> {record}\nexec {real}/{name} "$@"\n')
            os.chmod(wrapper, 0o755)
        with unittest.mock.patch.dict(os.environ, {"WINNOW_POSTGRES_BIN": folder}), Instance(new_cluster=True):
            pass
        with open(record, encoding="utf-8") as lines:
            return sorted(set(lines.read().split()))


def findings(listed, needed, installed, reasons):
    """What is wrong with a list. `needed`: package -> an example of what it is needed for; None: no package has it."""
    said = []
    brought = installed.brought_by(listed)
    for package, example in sorted(needed.items(), key=str):
        if package is None:
            said.append(f"{example} comes from no package of Debian")
        elif package not in brought:
            said.append(f"{package} is not among what is listed, nor what comes with it: {example}")
    for package in sorted(listed - set(needed) - set(reasons)):
        without = installed.brought_by(listed - {package})
        if not any(name in brought and name not in without for name in needed):
            said.append(f"{package} is listed for nothing")
    return said


def packages_of(paths):
    needed = {}
    for path, package in debian.owners(sorted(set(paths))).items():
        needed.setdefault(package, path)
    return needed


def linked_for_nothing(program, libraries, headers):
    """Those of the libraries of which the program calls nothing, and that gave it no header to read either."""
    idle = {library: re.sub(r"\.so\b.*", ".so", library) for library in debian.calls_nothing_of(program, libraries)}
    read = set(debian.owners(sorted(headers)).values())
    developed = debian.owners(sorted(idle.values()))
    return [library for library, link in idle.items() if developed[link] not in read]


class Packages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.build = Build(os.environ["WINNOW_BUILD"])
        cls.binary = os.environ["WINNOW_BINARY"]
        cls.installed = debian.Installed()
        cls.listed, cls.for_tests = debian.read_list(os.path.join(cls.build.source, "cmake/debian-packages.txt"))
        objects = cls.build.product_objects()
        cls.headers = {path for paths in objects.values() for path in paths if not cls.build.is_ours(path)}
        cls.libraries = cls.build.libraries("winnow") + debian.needed_libraries(cls.binary)
        cls.started = record_programs()
        cls.needed = packages_of([*cls.headers, *cls.libraries, *cls.started, *cls.build.programs(),
                                  *cls.build.configuration()])

    def test_the_facts_are_there(self):
        # Without them the rest would pass for want of anything to check.
        self.assertGreater(len(self.headers), 1_000)
        self.assertTrue(any("libpqxx" in path for path in self.libraries), self.libraries)
        self.assertTrue(any("clang" in path for path in self.build.programs()), self.build.programs())
        self.assertEqual([os.path.basename(path) for path in self.started], ["initdb", "postgres"])

    def test_the_build_part_brings_what_the_program_needs_and_nothing_else(self):
        self.assertEqual(findings(self.listed, self.needed, self.installed, REASONS), [])

    def test_each_package_would_be_missed(self):
        for package in sorted(self.listed - set(REASONS)):
            with self.subTest(package=package):
                brought = self.installed.brought_by(self.listed - {package})
                said = findings(self.listed - {package}, self.needed, self.installed, REASONS)
                # One that another brings along anyway is listed because our own files name it.
                self.assertTrue(said or package in brought, "nobody would notice")

    def test_a_package_too_many_is_noticed(self):
        for package in ("shellcheck", "jq"):
            self.assertIn(package, self.for_tests)
            self.assertEqual(findings(self.listed | {package}, self.needed, self.installed, REASONS),
                             [f"{package} is listed for nothing"])

    def test_a_file_of_no_package_is_noticed(self):
        with tempfile.NamedTemporaryFile(suffix=".hpp") as header:
            said = findings(self.listed, self.needed | packages_of([header.name]), self.installed, REASONS)
            self.assertEqual(said, [f"{header.name} comes from no package of Debian"])

    def test_both_parts_bring_what_the_tests_are_built_from(self):
        paths = {path for paths in self.build.inputs.values() for path in paths if not self.build.is_ours(path)}
        brought = self.installed.brought_by(self.listed | self.for_tests)
        missing = {package: path for package, path in packages_of(paths).items() if package not in brought}
        self.assertEqual(missing, {})

    def test_only_two_files_start_programs(self):
        # The programs that `winnow dev` starts are recorded above, and rows on trial are folded by this program itself;
        # nothing else may start any.
        source = os.path.join(self.build.source, "src")
        found = subprocess.run(["grep", "-rlE", r"\b(exec[lv]p?e?|popen|posix_spawnp?|system)\(", source],
                               capture_output=True, text=True, check=False).stdout.split()
        self.assertEqual({os.path.relpath(path, source) for path in found},
                         {"app/dev/child_process.cpp", "pipeline/takeover/trial_process.cpp"})

    def test_no_library_is_linked_for_nothing(self):
        linked = debian.needed_libraries(self.binary)
        self.assertEqual(linked_for_nothing(self.binary, linked, self.headers), [])

    def test_a_library_linked_for_nothing_is_noticed(self):
        indirect = debian.loaded_libraries(self.binary)["libidn2.so.0"]  # libcurl's own
        self.assertEqual(linked_for_nothing(self.binary, [indirect], self.headers), [indirect])

    def test_the_container_has_the_libraries_that_the_program_names(self):
        with open(os.path.join(self.build.source, "docker/Dockerfile"), encoding="utf-8") as text:
            last_stage = text.read().replace("\\\n", " ").rsplit("FROM ", 1)[1]
        listed = set(re.search(r"--no-install-recommends(.*?)&&", last_stage)[1].split())
        needed = packages_of(debian.needed_libraries(self.binary))
        reasons = {"ca-certificates": "", "curl": "the health check", "tzdata": ""}
        self.assertEqual(sorted(set(needed) - self.installed.brought_by(set()) - listed), [], "missing in the container")
        self.assertEqual(sorted(listed - set(needed) - set(reasons)), [], "in the container for nothing")


if __name__ == "__main__":
    unittest.main()
