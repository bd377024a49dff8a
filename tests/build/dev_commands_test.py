"""Every ./dev command works after every other: each from a clean clone, then each in the build folders that any other leaves.

The dry form is used: it configures the folders for good, and lets ninja and ctest find every target and test that the
command needs, but compiles and runs nothing."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

COMMANDS = ["run", "build", "build debug", "build asan --times", "test", "test --label unit", "test --asan",
            "fuzz condition 1", "bench", "bench rules", "bench backtest", "bench audit", "bench access-log", "bench export",
            "bench groups", "bench keys", "bench vault", "bench ingest", "bench edits", "bench signin", "bench fair", "lint",
            "lint --tidy", "fmt", "docs", "sbom", "deps", "deps build", "clean", "fresh --run-only"]


class DevCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        cls.folder = tempfile.mkdtemp(prefix="winnow-dev-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.clone = os.path.join(cls.folder, "clone")
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=source,
                               check=True, capture_output=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if os.path.isfile(os.path.join(source, name)):
                os.makedirs(os.path.dirname(os.path.join(cls.clone, name)), exist_ok=True)
                shutil.copy2(os.path.join(source, name), os.path.join(cls.clone, name))
        for words in (["init", "-q"], ["add", "-A"],
                      ["-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-q", "-m", "x"]):
            subprocess.run(["git", *words], cwd=cls.clone, check=True)
        cls.build = os.path.join(cls.clone, "build")

    def dev(self, command, *before):
        result = subprocess.run(["./dev", *before, *command.split()], cwd=self.clone, capture_output=True, text=True,
                                check=False)
        return result.returncode, result.stdout, result.stderr

    def restore(self, saved):
        shutil.rmtree(self.build, ignore_errors=True)
        if saved and os.path.isdir(saved):
            shutil.copytree(saved, self.build, symlinks=True)

    def state(self):
        """What a command can find of the ones before it: the build folders, and whether they have the tests."""
        found = []
        for preset in sorted(os.listdir(self.build)) if os.path.isdir(self.build) else []:
            cache = os.path.join(self.build, preset, "CMakeCache.txt")
            if os.path.exists(cache):
                with open(cache, encoding="utf-8") as lines:
                    found.append((preset, re.search(r"^WINNOW_TESTS:BOOL=(\w+)", lines.read(), re.MULTILINE)[1]))
        return tuple(found)

    def would_run(self, command):
        status, out, err = self.dev(command, "--dry-run")
        self.assertEqual(status, 0, f"./dev {command}: {out[-1500:]}{err[-1500:]}")
        return [line for line in out.splitlines() if line.startswith("would run: ")]

    def test_each_after_each(self):
        alone = {}
        touched = {}  # command -> the folder that it makes, None where it makes none
        saved = {}  # (folder, with tests or without) -> a copy
        for command in COMMANDS:
            self.restore(None)
            with self.subTest(command=command, after="nothing"):
                alone[command] = self.would_run(command)
                state = self.state()
                self.assertLessEqual(len(state), 1)
                touched[command] = state[0][0] if state else None
                if state and state[0] not in saved:
                    saved[state[0]] = os.path.join(self.folder, "-".join(state[0]))
                    shutil.copytree(self.build, saved[state[0]], symlinks=True)
        # With tests and without: if that is not so, what a command can find of others is not seen.
        self.assertLessEqual({("release", "OFF"), ("release", "ON"), ("asan", "OFF"), ("asan", "ON")}, set(saved))
        # A command sees no more than its own folder, so it is enough to try it with each that another one makes there.
        for (preset, tests), folder in saved.items():
            for command in [command for command in COMMANDS if touched[command] == preset]:
                self.restore(folder)
                with self.subTest(command=command, after=f"{preset}, tests {tests}"):
                    self.assertEqual(self.would_run(command), alone[command])
        # And that it sees no other: all of them, after all of them.
        for command in COMMANDS:
            with self.subTest(command=command, after="all before it"):
                self.assertEqual(self.would_run(command), alone[command])

    def test_the_dry_form_notices_a_target_that_is_not_there(self):
        self.restore(None)
        with open(os.path.join(self.clone, "dev"), encoding="utf-8") as script:
            text = script.read()
        wrong = os.path.join(self.clone, "wrong-dev")
        for change in (("build release ON bench_rules", "build release OFF bench_rules"),
                       ("become build/release/winnow", "become build/release/winow")):
            self.assertIn(change[0], text)
            with open(wrong, "w", encoding="utf-8") as script:
                script.write(text.replace(*change))
            os.chmod(wrong, 0o755)
            command = ["bench", "rules"] if "bench" in change[0] else ["run"]
            result = subprocess.run([wrong, "--dry-run", *command], cwd=self.clone, capture_output=True, text=True,
                                    check=False)
            self.assertNotEqual(result.returncode, 0, result.stdout)
        os.unlink(wrong)

    def test_each_says_how_it_is_used(self):
        for command in {command.split()[0] for command in COMMANDS} - {"deps"}:
            status, out, err = self.dev(command + " --help")
            self.assertEqual((status, err), (0, ""), command)
            self.assertIn(f"./dev {command}", out)

    @unittest.skipIf(os.geteuid() != 0, "drops root's rights")
    def test_fresh_says_that_it_needs_root(self):
        os.chmod(self.folder, 0o755)
        result = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "./dev", "fresh"],
                                cwd=self.clone, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("by root only: sudo ./dev fresh", result.stderr)


if __name__ == "__main__":
    unittest.main()
