"""`winnow dev` itself: what it prints, what it leaves behind, and that the next start cleans up."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from harness import Instance, wait_until

OUTSIDE = "/var/lib/winnow-dev"


class FirstPage(unittest.TestCase):
    """The built-in receiver."""

    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(new_cluster=True, receiver=True, extra=["--egress-allow", "10.1.0.0/16"])
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)
        cls.admin = cls.instance.user()
        cls.addClassCleanup(cls.admin.close)

    def contact(self):
        return self.admin.get("/api/v1/contacts").json()["items"][0]

    def whole_log(self):
        with open(self.instance.log_file, encoding="utf-8") as log:
            return log.read()

    def test_1_an_alert_is_printed_as_people_would_have_been_told(self):
        self.instance.integration().post("/api/v1/alerts", {"title": "disk 93% full", "severity": "critical",
                                                            "source": "db-7", "description": "\u202ethe log says"})
        page = re.compile(r"sent to the built-in receiver: \[#1 CRITICAL\] disk 93% full\n(  \|.*\n)+")
        text = wait_until(lambda: page.search(self.whole_log()), "the page in the terminal")[0]
        self.assertIn("db-7", text)
        self.assertNotIn("\u202e", text)
        self.assertIn("the log says", text)

    def test_2_whoever_sends_to_it_cannot_drive_or_flood_the_terminal(self):
        ticket = {"number": 2, "severity": "critical", "title": "\x1b[2J\x1b]0;x\x07flood"}
        body = json.dumps({"type": "ticket.opened", "ticket": ticket}).encode()
        for _ in range(200):
            with urllib.request.urlopen(urllib.request.Request(self.contact_url(), data=body), timeout=10) as answer:
                self.assertEqual(answer.status, 204)
        wait_until(lambda: re.search(r"\(\d+ more messages came", self.whole_log()), "the count of what was not shown")
        self.assertNotIn("\x1b", self.whole_log())
        self.assertLess(self.whole_log().count("flood"), 200)

    def contact_url(self):
        if not hasattr(FirstPage, "url"):
            FirstPage.url = self.contact()["url"]
        return FirstPage.url

    def test_3_plain_http_goes_where_the_operator_allows_it_and_nowhere_else(self):
        def create(url):
            return self.admin.post("/api/v1/contacts", {"name": url, "type": "webhook", "url": url})

        self.assertRegex(self.contact_url(), r"^http://127\.0\.87\.1:\d+/$")
        self.assertEqual(create("http://10.1.2.3/hook").status, 201)
        self.assertEqual(create("http://127.0.0.1/hook").status, 201)  # as every instance of the tests allows
        for url in ("http://10.2.0.1/hook", "http://8.8.8.8/", "http://[2001:4860:4860::8888]/"):
            refused = create(url)
            self.assertEqual(refused.status, 422, url)
            self.assertEqual(refused.json()["errors"][0]["pointer"], "/url")
            self.assertIn("delivery.egress_allow", refused.body.decode())

    def test_4_a_restart_keeps_the_contact_and_what_was_deleted_stays_deleted(self):
        before = self.contact()
        self.instance.stop()
        self.instance.start()
        self.admin.close()
        type(self).admin = self.instance.user()
        self.assertEqual(self.contact()["id"], before["id"])
        self.admin.call("PATCH", "/api/v1/settings", {"default_route": []},
                        headers={"Content-Type": "application/merge-patch+json"})
        for contact in self.admin.get("/api/v1/contacts").json()["items"]:
            deleted = self.admin.call("DELETE", "/api/v1/contacts/" + contact["id"])
            self.assertEqual(deleted.status, 204, deleted.body)
        self.instance.stop()
        self.instance.start()
        self.admin.close()
        type(self).admin = self.instance.user()
        self.assertEqual(self.admin.get("/api/v1/contacts").json()["items"], [])


class ReadyFiles(unittest.TestCase):
    def test_the_state_folder_has_its_own_beside_one_elsewhere(self):
        with Instance(new_cluster=True) as instance:
            own = os.path.join(instance.state_dir, "state", "ready.json")
            with open(own, encoding="utf-8") as mine:
                self.assertEqual(json.load(mine), instance.ready)
            self.assertEqual(os.stat(own).st_mode & 0o777, 0o600)
            instance.stop()
            self.assertFalse(os.path.exists(own))
            self.assertFalse(os.path.exists(instance.ready_file))


    def refused(self, folder, ready_file):
        """What it says, before anything is started."""
        command = [os.environ["WINNOW_BINARY"], "dev", "--state-dir", os.path.join(folder, "state"), "--ready-file",
                   ready_file, "--customer-port", "0", "--management-port", "0", "--no-receiver"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as dev:
            first = dev.stdout.readline()
            dev.terminate()
            rest = dev.stdout.read()
        self.assertEqual(dev.returncode, 1, first + rest)
        self.assertEqual(rest, "")
        self.assertIn(ready_file, first)
        return first

    def test_what_it_did_not_write_itself_is_refused_at_once_and_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = os.path.join(folder, "empty")
            os.mkdir(empty)
            self.assertIn("it is a folder; name a file in it", self.refused(folder, empty))
            self.assertTrue(os.path.isdir(empty))
            for content in ("years of work", "", '{"tenants": []}', "[1]"):
                precious = os.path.join(folder, "thesis.json")
                with open(precious, "w", encoding="utf-8") as out:
                    out.write(content)
                self.assertIn("`winnow dev` did not write", self.refused(folder, precious))
                with open(precious, encoding="utf-8") as kept:
                    self.assertEqual(kept.read(), content)
            link = os.path.join(folder, "link")
            os.symlink("/dev/null", link)
            self.assertIn("move it away", self.refused(folder, link))
            self.assertTrue(os.path.islink(link))
            self.assertIn("No such file or directory", self.refused(folder, os.path.join(folder, "nope", "x")))

    def test_one_that_is_left_is_replaced_and_what_came_instead_of_it_stays(self):
        with Instance(new_cluster=True) as instance:
            beside = instance.ready_file + ".new"
            with open(beside, "w", encoding="utf-8") as out:
                out.write("somebody else's")
            instance.kill()
            instance.process = subprocess.Popen(  # without the harness, which would remove it
                [instance.binary, "dev", *instance.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            def replaced():
                try:
                    with open(instance.ready_file, encoding="utf-8") as ready:
                        return json.load(ready)["pid"] == instance.process.pid
                except FileNotFoundError:
                    return False
            wait_until(replaced, "its own ready file", 90)
            with open(instance.ready_file, "w", encoding="utf-8") as out:
                out.write("mine now")
            instance.stop()
            for path, content in ((instance.ready_file, "mine now"), (beside, "somebody else's")):
                with open(path, encoding="utf-8") as kept:
                    self.assertEqual(kept.read(), content)


@unittest.skipIf(os.geteuid() != 0, "only root's clusters are outside of their state folders")
class LeftBehind(unittest.TestCase):
    def start(self, name):
        folder = os.path.join(self.closed, name)
        os.mkdir(folder)
        instance = Instance(state_dir=folder)
        os.chmod(folder, 0o700)
        self.addCleanup(instance.kill)
        instance.start()
        tag = hashlib.sha256(os.path.join(folder, "state").encode()).hexdigest()[:16]
        return instance, os.path.join(OUTSIDE, tag)

    def setUp(self):
        # PostgreSQL's account cannot get in here, so that clusters are made outside.
        self.closed = os.path.realpath(tempfile.mkdtemp(prefix="winnow-closed-"))
        self.addCleanup(shutil.rmtree, self.closed, ignore_errors=True)

    @staticmethod
    def facts(cluster):
        """What the file beside a cluster says: ["device N"] and, after a start that missed the folder, since when."""
        with open(cluster + ".state-folder", encoding="utf-8") as owner:
            return owner.read().splitlines()[1:]

    @staticmethod
    def let_a_day_pass(*clusters, device=None, away=None):
        for cluster in clusters:
            with open(cluster + ".state-folder", encoding="utf-8") as owner:
                folder, on, missing = owner.read().splitlines()
            since = int(missing.removeprefix("missing since ")) - 24 * 3600
            with open(cluster + ".state-folder", "w", encoding="utf-8") as owner:
                owner.write(f"{folder}\n{device or on}\nmissing since {since}\n")
                if away is not None:
                    owner.write(f"away since {int(time.time()) - away}\n")

    def remove(self, cluster):
        shutil.rmtree(cluster, ignore_errors=True)
        if os.path.exists(cluster + ".state-folder"):
            os.unlink(cluster + ".state-folder")

    def test_a_cluster_goes_when_its_state_folder_was_missing_a_day_and_no_other_does(self):
        gone, its_cluster = self.start("gone")
        gone.stop()
        kept, other_cluster = self.start("kept")
        kept.stop()
        away, away_cluster = self.start("away")
        away.stop()
        running, third_cluster = self.start("running")
        for cluster in (its_cluster, other_cluster, away_cluster, third_cluster):
            self.assertTrue(os.path.isdir(cluster))
            self.assertEqual(self.facts(cluster), [f"device {os.stat(self.closed).st_dev}"])
            self.addCleanup(self.remove, cluster)
        # Something that only looks like one: it does not say whose it is, or lies about it.
        foreign = os.path.join(OUTSIDE, "0123456789abcdef")
        os.mkdir(foreign)
        with open(foreign + ".state-folder", "w", encoding="utf-8") as owner:
            owner.write("/nowhere\n")
        self.addCleanup(self.remove, foreign)

        shutil.rmtree(gone.state_dir)
        shutil.rmtree(running.state_dir)  # deleted under a server that still works
        os.rename(kept.state_dir, kept.state_dir + ".unmounted")
        os.rename(away.state_dir, away.state_dir + ".unmounted")
        last, last_cluster = self.start("last")
        self.addCleanup(self.remove, last_cluster)
        # Missing is not gone: it may come back.
        for cluster in (its_cluster, other_cluster, away_cluster, third_cluster, last_cluster, foreign):
            self.assertTrue(os.path.isdir(cluster))
        self.assertRegex(self.facts(other_cluster)[1], "^missing since [0-9]+$")

        last.stop()
        os.rename(kept.state_dir + ".unmounted", kept.state_dir)
        self.let_a_day_pass(its_cluster)
        self.let_a_day_pass(other_cluster, device="device 1")  # as after a reboot, on overlay or btrfs
        self.let_a_day_pass(away_cluster, device="device 1", away=31 * 24 * 3600)  # its file system is not there
        last.start()
        self.assertFalse(os.path.exists(its_cluster))
        self.assertFalse(os.path.exists(its_cluster + ".state-folder"))
        self.assertIn("which is gone", last.log())
        for cluster in (other_cluster, away_cluster, third_cluster, last_cluster, foreign):
            self.assertTrue(os.path.isdir(cluster))
        # It was seen: the day begins anew, and where it is was noted.
        self.assertEqual(self.facts(other_cluster), [f"device {os.stat(self.closed).st_dev}"])
        self.assertRegex(last.log(), f"{away.state_dir}/state and .* away for over 30 days.*: rm -r {away_cluster} ")
        self.assertNotIn(f"rm -r {third_cluster}", last.log())

        running.process.terminate()
        running.process.wait(timeout=60)
        last.stop()


if __name__ == "__main__":
    unittest.main()
