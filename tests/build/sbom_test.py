"""./dev sbom: complete, the same twice; and each licence is what the package itself says."""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import debian
import sbom
from ninja_build import Build

BINARY = os.environ["WINNOW_BINARY"]
HERE = os.path.dirname(os.path.abspath(__file__))


class Sbom(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.build = Build(os.environ["WINNOW_BUILD"])
        os.environ["SOURCE_DATE_EPOCH"] = "1764288000"
        cls.bill = sbom.document(cls.build, BINARY)
        headers = {path for paths in cls.build.product_objects().values() for path in paths if not cls.build.is_ours(path)}
        cls.holders = debian.owners(sorted(headers))
        cls.libraries = set(debian.loaded_libraries(BINARY))

    def test_it_lacks_nothing_that_the_program_links_loads_or_was_compiled_from(self):
        self.assertGreater(len(self.libraries), 17)
        self.assertEqual(sbom.lacks(self.bill, self.libraries, set(self.holders.values())), [])

    def test_it_has_what_ninja_linked_as_well(self):
        linked = {os.path.basename(os.path.realpath(path)) for path in self.build.libraries("winnow")}
        files = {os.path.basename(os.path.realpath(path)) for path in debian.loaded_libraries(BINARY).values()}
        shared = {name for name in linked if ".so" in name}
        self.assertGreater(len(shared), 10)
        self.assertEqual(shared - files, set())
        # An archive would be part of the program without being named in it.
        self.assertEqual({name for name in linked if name.endswith(".a")}, set())

    def test_what_it_lacks_is_noticed(self):
        less = copy.deepcopy(self.bill)
        less["components"] = [each for each in less["components"] if not each["name"].startswith(("libre2", "libboost"))]
        self.assertEqual(sbom.lacks(less, self.libraries, set(self.holders.values())), ["libre2.so.9", "libboost1.81-dev", "libre2-dev"])
        more = set(debian.loaded_libraries(sys.executable)) - self.libraries  # another program's
        self.assertEqual(sbom.lacks(self.bill, self.libraries | more | {"libnew.so.1"}, ()), sorted(more | {"libnew.so.1"}))

    def test_each_component_says_where_it_is_from(self):
        for each in self.bill["components"]:
            with self.subTest(component=each["name"]):
                self.assertRegex(each["purl"], rf"^pkg:deb/debian/{re.escape(each['name'].replace('+', '%2B'))}@[^?]+"
                                               r"\?arch=(amd64|arm64|all)&distro=debian-\d+$")
                self.assertEqual(len(each["licenses"]), 1)
                uses = [one["value"] for one in each["properties"] if one["name"] == "winnow:use"]
                self.assertEqual(len(uses), 1)
                self.assertEqual("components" in each, uses[0] != "compiled in", "files of libraries have digests")

    def test_libraries_and_headers_are_told_apart(self):
        use = {each["name"]: one["value"] for each in self.bill["components"] for one in each["properties"]
               if one["name"] == "winnow:use"}
        self.assertEqual(use["libboost1.81-dev"], "compiled in")
        self.assertEqual(use["nlohmann-json3-dev"], "compiled in")
        self.assertEqual(use["libssl3"], "linked")
        self.assertEqual(use["libgnutls30"], "loaded")  # libcurl's libraries'
        files = {file["name"] for each in self.bill["components"] if each["name"] == "libssl3" for file in each["components"]}
        self.assertEqual(files, {"libssl.so.3", "libcrypto.so.3"})

    def test_who_needs_whom_is_a_graph_from_the_program_to_everything(self):
        needs = {each["ref"]: set(each["dependsOn"]) for each in self.bill["dependencies"]}
        reached, todo = set(), {"winnow"}
        while todo:
            ref = todo.pop()
            reached.add(ref)
            todo |= needs[ref] - reached
        self.assertEqual(reached, {each["bom-ref"] for each in self.bill["components"]} | {"winnow"})

    def test_the_same_program_gives_the_same_bytes(self):
        texts = []
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one", "two"):
                out = os.path.join(folder, name)
                subprocess.run([sys.executable, os.path.join(HERE, "sbom.py"), "--build", self.build.folder, "--out", out],
                               check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": str(len(texts))})
                with open(out, encoding="utf-8") as text:
                    texts.append(text.read())
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(json.loads(texts[0]), self.bill)
        self.assertEqual(self.bill["metadata"]["timestamp"], "2025-11-28T00:00:00Z")

    def test_without_the_variable_its_time_is_the_commits(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (["init", "-q"], ["-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-q", "--allow-empty",
                                           "-m", "x"]):
                subprocess.run(["git", *words], cwd=folder, check=True, env=os.environ | {"GIT_COMMITTER_DATE": "@86400 +0900"})
            epoch = os.environ.pop("SOURCE_DATE_EPOCH")
            self.addCleanup(os.environ.__setitem__, "SOURCE_DATE_EPOCH", epoch)
            self.assertEqual(sbom.moment(folder), "1970-01-02T00:00:00Z")


class Licences(unittest.TestCase):
    def test_each_is_what_its_package_says(self):
        build = Build(os.environ["WINNOW_BUILD"])
        parts = sbom.Parts(build, BINARY)
        table = sbom.licences()
        used = {}
        for package, (_, _, source) in parts.known.items():
            used.setdefault(source, package)
        self.assertEqual(set(used), set(table), "licences.txt has a row for each source package, and no other")
        for source, package in sorted(used.items()):
            with self.subTest(package=package):
                with open(f"/usr/share/doc/{package}/copyright", encoding="utf-8") as text:
                    said = " ".join(text.read().split())
                self.assertIn(table[source][1], said)

    def test_a_package_that_is_not_there_ends_it(self):
        build = Build(os.environ["WINNOW_BUILD"])
        parts = sbom.Parts(build, BINARY)
        table = sbom.licences()
        del table["zlib"]
        with self.assertRaisesRegex(sbom.Unknown, "licences.txt does not know zlib"):
            sbom.components(parts, table)

    def test_vendored_code_ends_it_until_it_is_described(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "src/thirdparty/left-pad"))
            with self.assertRaisesRegex(sbom.Unknown, "src/thirdparty/ has left-pad"):
                sbom.refuse_vendored(folder)


if __name__ == "__main__":
    unittest.main()
