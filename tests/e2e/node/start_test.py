"""`winnow serve` at a start that does not go as it should."""

import os
import resource
import signal
import subprocess
import tempfile
import unittest
from urllib.parse import parse_qs, quote, urlsplit

from harness import Instance, wait_until


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(new_cluster=True)
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.log = os.path.join(self.folder, "log")

    def serve(self, owner, region="", **more):
        """A second node on the instance's database, whose socket it looks for where there is none yet."""
        sockets = parse_qs(urlsplit(self.instance.ready["database_url"]).query)["host"][0]
        link = os.path.join(self.folder, "sockets")
        state = os.path.join(self.instance.state_dir, "state")
        url = "postgresql://postgres@/winnow?host=" + quote(link, safe="")
        config = os.path.join(self.folder, "winnow.yaml")
        listener = f"{{port: 0, certificate_file: {state}/server.pem, key_file: {state}/server-key.pem}}"
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"listen:\n  customer: {listener}\n  management: {listener}\n"
                      f"encryption_key_file: {state}/encryption.key\n"
                      f"vault:\n  url: '{url.replace('postgres@/winnow', 'winnow_vault@/winnow_vault')}'\n"
                      f"  root_key_files: [{state}/vault-root.key]\n"
                      f"provider: {{key_sha256: '{'0' * 64}'}}\n"
                      f"node: {{data_region: '{region}'}}\n"
                      "database:\n  allow_unsafe_durability: true\n" +
                      "".join(f"  {name}_url: '{url.replace('postgres@', user + '@')}'\n" for name, user in
                              (("api", owner), ("pipeline", "winnow_pipeline"), ("provider", "winnow_provider"))))
        os.chmod(config, 0o600)
        with open(self.log, "w", encoding="utf-8") as log:
            node = subprocess.Popen([os.environ["WINNOW_BINARY"], "serve", "--config", config], stderr=log,
                                    cwd=self.folder, **more)
        self.addCleanup(lambda: node.poll() is None and node.kill())
        return node, lambda: os.symlink(sockets, link)

    def said(self, words):
        with open(self.log, encoding="utf-8") as log:
            return words in log.read()

    def test_a_database_that_is_away_is_waited_for(self):
        node, bring = self.serve("winnow_api")
        wait_until(lambda: self.said("waiting for the database"), "it to say what it waits for", 30)
        self.assertIsNone(node.poll())
        bring()
        wait_until(lambda: self.said('"serving"'), "it to serve by itself", 60)
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(60), 0)

    def test_who_waits_can_be_told_to_stop(self):
        node, _ = self.serve("winnow_api")
        wait_until(lambda: self.said("waiting for the database"), "it to wait", 30)
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(60), 0)

    def test_a_login_that_is_refused_ends_it_at_once(self):
        node, bring = self.serve("winnow_nobody")
        bring()
        self.assertEqual(node.wait(60), 1)
        self.assertTrue(self.said("database.api_url: cannot log in"))

    def test_a_node_that_is_elsewhere_than_its_tenants_belong_serves_nobody(self):
        self.psql("update tenants set data_region = 'jp-east' where service_code = 'demo1'")
        self.addCleanup(self.psql, "update tenants set data_region = ''")
        for says, told in (("eu", "says eu"), ("", "says nothing")):
            node, bring = self.serve("winnow_api", region=says)
            if not os.path.lexists(os.path.join(self.folder, "sockets")):
                bring()
            self.assertEqual(node.wait(60), 1)
            self.assertTrue(self.said(f"node.data_region: {told}, and the database is of another place: 1 of its tenants "
                                      "must lie in jp-east"), says)
        node, _ = self.serve("winnow_api", region="jp-east")
        wait_until(lambda: self.said('"serving"'), "it to serve where they belong", 60)
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(60), 0)

    def psql(self, statement):
        subprocess.run(["psql", "-qX", self.instance.ready["database_url"], "-c", statement], check=True)

    def test_certificates_that_cannot_be_used_are_told_of_as_the_check_of_a_configuration_does(self):
        path = os.path.join(self.instance.state_dir, "state", "server.pem")
        with open(path, encoding="utf-8") as kept:
            good = kept.read()

        def put(text):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            self.instance.process.send_signal(signal.SIGHUP)
        self.addCleanup(put, good)
        put("junk")
        wait_until(lambda: f"names {path}, which holds no certificate" in self.instance.log(), "it to say what is wrong")
        self.assertNotIn("error:", self.instance.log())
        put(good)
        wait_until(lambda: "certificates reloaded" in self.instance.log(), "the reload")

    def test_a_crash_leaves_no_image_of_its_memory(self):
        def allow_cores():
            _, most = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))

        node, _ = self.serve("winnow_api", preexec_fn=allow_cores)
        wait_until(lambda: self.said("waiting for the database"), "it to have started", 30)
        with open(f"/proc/{node.pid}/limits", encoding="utf-8") as limits:
            self.assertRegex(limits.read(), r"Max core file size +0 +0 ")
        node.send_signal(signal.SIGABRT)
        ended = os.waitid(os.P_PID, node.pid, os.WEXITED)
        self.assertEqual((ended.si_code, ended.si_status), (os.CLD_KILLED, signal.SIGABRT))
        self.assertEqual([name for name in os.listdir(self.folder) if "core" in name], [])


if __name__ == "__main__":
    unittest.main()
