"""What cmake/WinnowHardening.cmake asks for, looked for in the finished program; and config/winnow.service."""

import configparser
import json
import os
import re
import shutil
import subprocess
import unittest

from ninja_build import Build

BINARY = os.environ["WINNOW_BINARY"]
BUILD = Build(os.environ["WINNOW_BUILD"])
OPTIMISED = BUILD.cache["CMAKE_BUILD_TYPE"] != "Debug"
X86 = os.uname().machine == "x86_64"


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments, BINARY], check=True, capture_output=True, text=True).stdout


def first_bytes_of(symbol, count):
    """Of a function's code, by readelf's tables of symbols and segments."""
    address = int(re.search(rf"^ *\d+: ([0-9a-f]+) .* {symbol}$", readelf("--symbols"), re.MULTILINE)[1], 16)
    for offset, start, size in re.findall(r"^  LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+) ", readelf("--segments"), re.MULTILINE):
        if int(start, 16) <= address < int(start, 16) + int(size, 16):
            with open(BINARY, "rb") as program:
                program.seek(address - int(start, 16) + int(offset, 16))
                return program.read(count)
    raise AssertionError(f"{symbol} is in no segment")


class Program(unittest.TestCase):
    def find(self, pattern, text):
        self.assertTrue(re.search(pattern, text, re.MULTILINE), f"no {pattern}")  # the whole text would fill pages

    def test_it_stands_at_an_address_that_nobody_knows(self):
        self.assertRegex(readelf("--file-header"), r"Type: +DYN \(Position-Independent Executable file\)")
        self.assertNotIn("TEXTREL", readelf("--dynamic"))

    def test_what_the_loader_filled_in_is_read_only_afterwards(self):
        self.assertIn("GNU_RELRO", readelf("--segments"))
        self.find(r"\(FLAGS\) +.*BIND_NOW", readelf("--dynamic"))
        self.find(r"\(FLAGS_1\) +Flags: .*NOW", readelf("--dynamic"))

    def test_no_memory_is_both_written_and_run(self):
        segments = readelf("--segments")
        self.assertRegex(segments, r"GNU_STACK .* RW +0")
        self.assertNotRegex(segments, r"^  LOAD .* RWE ")

    def test_stacks_are_guarded(self):
        self.find("__stack_chk_fail@GLIBC", readelf("--dyn-syms"))

    @unittest.skipUnless(OPTIMISED, "FORTIFY needs an optimising compiler")
    def test_calls_of_libc_know_how_much_room_there_is(self):
        self.find(r" __(mem|str|v?s?n?printf|read|recv|poll|fd)\w*_chk@GLIBC", readelf("--dyn-syms"))

    @unittest.skipUnless(X86, "Intel's")
    def test_jumps_land_where_they_should(self):
        self.find("SHSTK", readelf("--notes"))
        self.assertEqual(first_bytes_of("main", 4), bytes.fromhex("f30f1efa"), "no endbr64 at the beginning of main")

    def test_every_object_of_it_is_compiled_alike(self):
        with open(os.path.join(BUILD.folder, "compile_commands.json"), encoding="utf-8") as commands:
            ours = [entry for entry in json.load(commands) if entry["file"].startswith(os.path.join(BUILD.source, "src"))]
        self.assertGreater(len(ours), 300)
        wanted = ["-fPIE", "-fstack-protector-strong", "-fstack-clash-protection"]
        wanted += ["-D_FORTIFY_SOURCE=3"] if OPTIMISED else []
        wanted += ["-fcf-protection=full"] if X86 else []
        for entry in ours:
            words = entry["command"].split()
            self.assertEqual([flag for flag in wanted if flag not in words], [], entry["file"])


class Unit(unittest.TestCase):
    """config/winnow.service."""

    FILE = os.path.join(BUILD.source, "config/winnow.service")

    # What counts, and that systemd alone would not refuse a unit without.
    WANTED = {
        "User": "winnow", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "",
        "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
        "PrivateUsers": "yes", "ProtectProc": "invisible", "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes",
        "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes", "ProtectClock": "yes", "ProtectHostname": "yes",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces": "yes", "RestrictRealtime": "yes",
        "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
        "SystemCallArchitectures": "native", "LimitCORE": "0", "UMask": "0077", "Restart": "always",
        "OOMPolicy": "continue",
    }

    @classmethod
    def setUpClass(cls):
        class Lines(dict):
            """A key that stands several times adds up, as in systemd."""

            def __setitem__(self, key, value):
                if isinstance(value, list) and isinstance(self.get(key), list):
                    value = self[key] + value
                super().__setitem__(key, value)

        parser = configparser.RawConfigParser(dict_type=Lines, strict=False)
        parser.optionxform = str
        parser.read(cls.FILE)
        cls.service = {key: value.split("\n") for key, value in parser["Service"].items()}

    def test_it_gives_up_what_winnow_does_not_need(self):
        self.assertEqual({key: " ".join(self.service.get(key, ["(missing)"])) for key in self.WANTED}, self.WANTED)
        calls = self.service["SystemCallFilter"]
        self.assertEqual(calls[0], "@system-service", "an allow list")
        self.assertIn("~@privileged @resources", calls)

    def test_its_limits_fit_the_defaults(self):
        with open(os.path.join(BUILD.source, "config/winnow.yaml"), encoding="utf-8") as text:
            config = text.read()
        connections = int(re.search(r"max_connections: (\d+)", config)[1])
        self.assertGreaterEqual(int(self.service["LimitNOFILE"][0]), 2 * connections + 256)
        grace = int(re.search(r"grace: PT(\d+)S", config)[1])
        self.assertGreaterEqual(int(self.service["TimeoutStopSec"][0]), 2 * grace + 10)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd here: what counts is compared above")
    def test_systemd_scores_it_at_most_1_5(self):
        said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", self.FILE],
                              capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertRegex(said.stdout, r"Overall exposure level for winnow\.service: [01]\.\d")


if __name__ == "__main__":
    unittest.main()
