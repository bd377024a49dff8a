"""README.md and docs/*.md, held against the program: examples are run, links and file names are looked up.

A fenced block of `sh run` is run by bash, with `winnow` on its PATH, against one development instance. A block of
`output` that follows is what it must print; ids, times, keys, ports, ticket numbers and the width of columns need not
agree. `sh run wait` is repeated until it prints that (what happens after the 202 takes a moment). Blocks of one page run
in order in one folder.

    WINNOW_BINARY=build/release/winnow python3 docs_test.py --update     puts what was printed into the pages
"""

import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from harness import Instance

from senders.signature_twin import query_text, rest_text, signed

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)``` *$", re.MULTILINE | re.DOTALL)
WAIT_SECONDS = 20
ROLES = {"winnow_owner", "winnow_api", "winnow_pipeline", "winnow_provider", "winnow_vault"}

# What differs from run to run, and what it is called in a comparison.
CHANGING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(\.\d+)?"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b(wn[kup]_|whsec_)[A-Za-z0-9_+/=-]+"), "KEY"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"#\d+"), "#N"),
    (re.compile(r"(?<=instance of )\S+ready\.json"), ".winnow/ready.json"),
    (re.compile(r"[ \t]+"), " "),
]


class Example:
    def __init__(self, page, line, script, waits):
        self.page, self.line, self.script, self.waits = page, line, script, waits
        self.expected = None
        self.span = None  # of the output in the page

    def name(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def examples(page):
    text = page.read_text(encoding="utf-8")
    found, last_end = [], None
    for block in FENCE.finditer(text):
        info = block["info"].split()
        if info[:2] == ["sh", "run"]:
            line = text.count("\n", 0, block.start()) + 1
            found.append(Example(page, line, block["body"], "wait" in info))
        elif info == ["output"] and found and text[last_end:block.start()].strip() == "":
            found[-1].expected, found[-1].span = block["body"], block.span("body")
        last_end = block.end()
    return found


def plain(text):
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


class Shell:
    """A person's shell beside a development instance."""

    def __init__(self, instance):
        self.folder = tempfile.mkdtemp(prefix="winnow-docs-")
        state = os.path.join(self.folder, "state")
        os.mkdir(state)
        shutil.copy(instance.ready_file, os.path.join(state, "ready.json"))
        binary = os.path.abspath(instance.binary)
        path = os.path.dirname(binary) + os.pathsep + os.environ["PATH"]
        self.environment = {**os.environ, "PATH": path, "WINNOW_STATE_DIR": state, "NO_COLOR": "1"}
        for name in ("WINNOW_URL", "WINNOW_KEY", "WINNOW_CA_FILE"):
            self.environment.pop(name, None)

    def run(self, example):
        folder = os.path.join(self.folder, example.page.stem)
        os.makedirs(folder, exist_ok=True)
        return subprocess.run(["bash", "-euo", "pipefail", "-c", example.script], cwd=folder, env=self.environment,
                              capture_output=True, text=True, timeout=60, check=False)

    def outcome(self, example):
        """What the example does; of one that waits, once it does what its page says, or WAIT_SECONDS are over."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            result = self.run(example)
            right = result.returncode == 0 and (example.expected is None or plain(result.stdout) == plain(example.expected))
            if right or not example.waits or time.monotonic() > end:
                return result
            time.sleep(0.1)  # polls for it

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Examples(unittest.TestCase):
    def test_every_example_prints_what_it_says(self):
        count = 0
        with Instance(new_cluster=True) as instance:
            shell = Shell(instance)
            self.addCleanup(shell.close)
            for page in PAGES:
                for example in examples(page):
                    count += 1
                    with self.subTest(example=example.name()):
                        self.check(shell, example)
            self.check_metrics(instance)
        self.assertGreater(count, 5, "the examples were not found")

    def check_metrics(self, instance):
        """docs/operations.md names exactly the metrics that are there."""
        client = instance.provider()
        self.addCleanup(client.close)
        exposition = client.get("/metrics").body.decode()
        served = set(re.findall(r"^# TYPE (winnow_\w+) ", exposition, re.MULTILINE))
        page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`(winnow_[a-z_]+)(?:\{[^}`]*\})?`", page)) - ROLES
        self.assertEqual(named, served)

    def check(self, shell, example):
        result = shell.outcome(example)
        self.assertEqual(result.returncode, 0, f"{example.name()}:\n{result.stdout}{result.stderr}")
        if example.expected is not None:
            self.assertEqual(plain(result.stdout), plain(example.expected), f"{example.name()} printed\n{result.stdout}")


class Signatures(unittest.TestCase):
    """The vectors of docs/access-keys.md, which request_signature_test.cpp gives to the program."""

    def test_are_those_of_the_texts_above_them(self):
        page = (ROOT / "docs/access-keys.md").read_text(encoding="utf-8")
        secret, = re.findall(r"the secret `(\w{40})`", page)
        key, = re.findall(r"the access key `(\w{20})`", page)
        found = {kind: [block["body"].rstrip("\n") for block in FENCE.finditer(page) if block["info"] == f"text {kind}"]
                 for kind in ("signed", "signature")}
        self.assertEqual([len(found["signed"]), len(found["signature"])], [2, 2])
        self.assertEqual(found["signature"], [signed(secret, text) for text in found["signed"]])
        method, host, path, query = found["signed"][0].split("\n")
        self.assertEqual(found["signed"][0], query_text(method, host, path, dict(urllib.parse.parse_qsl(query))))
        self.assertIn(f"AccessKeyId={key}&", query)
        self.assertIn("&Signature=" + urllib.parse.quote(found["signature"][0], safe=""), page)
        body, = re.findall(r"with the body `(.*?)`", page)
        digest = base64.b64encode(hashlib.md5(body.encode()).digest()).decode()
        self.assertEqual(found["signed"][1], rest_text("POST", "/uom/r/20161003/GetTicketDetail.json", "2026-11-28T10:00:00Z",
                                                       digest, "application/json"))
        self.assertIn(f"`Authorization: IIJAPI {key}:{found['signature'][1]}`", page)
        unit = (ROOT / "tests/unit/identity/request_signature_test.cpp").read_text(encoding="utf-8")
        for signature in found["signature"]:
            self.assertIn(signature, unit)


class Names(unittest.TestCase):
    def test_every_command_is_described(self):
        script = subprocess.run([os.environ["WINNOW_BINARY"], "completion", "bash"], capture_output=True, text=True,
                                check=True).stdout
        words = dict(re.findall(r'^ +"([a-z ]*)"\) word="([^"]*)"', script, re.MULTILINE))
        commands = [path for path, follow in words.items() if path and all(word.startswith("--") for word in follow.split())]
        self.assertGreater(len(commands), 10)
        page = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
        for command in commands:
            with self.subTest(command=command):
                self.assertRegex(page, rf"\| `winnow {command}[ `]")

    def test_links_lead_somewhere(self):
        for page in PAGES:
            text = FENCE.sub("", page.read_text(encoding="utf-8"))
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                with self.subTest(page=page.name, target=target):
                    file, _, anchor = target.partition("#")
                    linked = (page.parent / file).resolve() if file else page
                    self.assertTrue(linked.exists(), f"{page}: {target}")
                    if anchor:
                        self.assertIn(anchor, anchors(linked), f"{page}: {target}")

    def test_files_that_are_named_exist(self):
        named = re.compile(r"`((?:src|include|tests|docs|config|cmake|migrations|docker)/[A-Za-z0-9_./-]*)`")
        for page in PAGES:
            for path in named.findall(page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, path=path):
                    self.assertTrue((ROOT / path).exists(), f"{page}: {path}")

    def test_every_module_is_described(self):
        layers = (ROOT / "tests/lint/layers.txt").read_text(encoding="utf-8")
        modules = set(re.findall(r"^(\w+):", layers, re.MULTILINE)) - {"thirdparty"}
        page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Modules")[2].partition("\n## ")[0]
        self.assertEqual(modules - set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)), set())


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def update():
    """Runs every example and writes what it printed into its page."""
    with Instance(new_cluster=True) as instance:
        shell = Shell(instance)
        for page in PAGES:
            replacements = []
            for example in examples(page):
                result = shell.outcome(example)
                if result.returncode != 0:
                    print(f"{example.name()} failed:\n{result.stdout}{result.stderr}", file=sys.stderr)
                elif example.expected is not None and plain(result.stdout) != plain(example.expected):
                    print(f"{example.name()} is new", file=sys.stderr)
                    output = result.stdout.replace(shell.environment["WINNOW_STATE_DIR"], ".winnow")
                    replacements.append((example.span, output))
            text = page.read_text(encoding="utf-8")
            for (begin, end), output in reversed(replacements):
                text = text[:begin] + output.rstrip("\n") + "\n" + text[end:]
            if replacements:
                page.write_text(text, encoding="utf-8")
        shell.close()


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
