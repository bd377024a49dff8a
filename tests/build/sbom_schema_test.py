"""What ./dev sbom writes is what CycloneDX's schema says.

The schema is the official one of version 1.6, as cyclonedx-python-lib carries it with what it refers to: SPDX's licences and
JSON signatures. It comes from PyPI when the test first runs in a build folder, pinned by its digest (cyclonedx.txt); where PyPI
cannot be reached the test is skipped, and says so."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import zipfile

import jsonschema
import sbom
from ninja_build import Build

BINARY = os.environ["WINNOW_BINARY"]
HERE = os.path.dirname(os.path.abspath(__file__))
REQUIREMENT = os.path.join(HERE, "cyclonedx.txt")
INSIDE = "cyclonedx/schema/_res/"
NAMES = ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
SKIPPED = 77  # what ctest takes for that


def fetch(folder):
    """Downloads the package into `folder`."""
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                           "--only-binary", ":all:", "--require-hashes", "--retries", "1", "--timeout", "15",
                           "--dest", folder, "--requirement", REQUIREMENT], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if "hashes" in done.stderr.lower():
        raise AssertionError(f"PyPI gives something else than {REQUIREMENT} names:\n{done.stderr}")
    print("skipped: CycloneDX's schema cannot be had from PyPI:", done.stderr.strip()[-500:])
    sys.exit(SKIPPED)


def read_schemas(build):
    """{name: schema} from the package, which the build folder keeps."""
    with open(REQUIREMENT, encoding="utf-8") as line:
        digest = line.read().rpartition(":")[2].strip()
    kept = os.path.join(build, "tests", f"cyclonedx-{digest[:16]}.json")
    if not os.path.exists(kept):
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(kept)) as folder:
            fetch(folder)
            wheel, = os.listdir(folder)
            with zipfile.ZipFile(os.path.join(folder, wheel)) as package:
                read = {name: json.loads(package.read(INSIDE + name)) for name in NAMES}
            with open(os.path.join(folder, "read"), "w", encoding="utf-8") as text:
                json.dump(read, text)
            os.replace(os.path.join(folder, "read"), kept)
    with open(kept, encoding="utf-8") as text:
        return json.load(text)


def validator(schemas):
    main = schemas[NAMES[0]]
    store = {urllib.parse.urljoin(main["$id"], name): each for name, each in schemas.items()}
    resolver = jsonschema.RefResolver(base_uri=main["$id"], referrer=main, store=store)
    return jsonschema.Draft7Validator(main, resolver=resolver, format_checker=jsonschema.FormatChecker())


class SbomSchema(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = os.environ["WINNOW_BUILD"]
        cls.schema = validator(read_schemas(folder))
        os.environ["SOURCE_DATE_EPOCH"] = "1764288000"
        cls.bill = sbom.document(Build(folder), BINARY)

    def mistakes(self, bill):
        return sorted(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                      for error in self.schema.iter_errors(bill))

    def test_it_is_what_the_schema_says(self):
        self.assertEqual(self.mistakes(self.bill), [])

    def test_what_the_schema_does_not_say_is_noticed(self):
        for change in (lambda bill: bill.update(specVersion=1.6), lambda bill: bill.update(surprise=1),
                       lambda bill: bill["components"][0].pop("name"),
                       lambda bill: bill["components"][0].update(licenses=[{"license": {"id": "No-Such-Licence"}}]),
                       lambda bill: bill["metadata"]["component"]["hashes"][0].update(content="12345")):
            wrong = copy.deepcopy(self.bill)
            change(wrong)
            self.assertNotEqual(self.mistakes(wrong), [])


if __name__ == "__main__":
    unittest.main()
