"""A real Prometheus: its alert fires, becomes a ticket, is told, resolves; and a Prometheus that dies."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import World, free_port, wait_until

PROMETHEUS = shutil.which("prometheus") or "/usr/bin/prometheus"


class Prometheus:
    """The Debian binary with one rule, which fires while `firing` is set. Sends again every second."""

    def __init__(self, world, name):
        self.folder = tempfile.mkdtemp(prefix="winnow-prometheus-")
        self.rules = os.path.join(self.folder, "rules.yml")
        self.name = name
        self.write_rule(firing=True)
        ready = world.instance.ready
        target = ready["customer_url"].removeprefix("https://")
        configuration = os.path.join(self.folder, "prometheus.yml")
        with open(configuration, "w", encoding="utf-8") as out:
            out.write(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{self.rules}]
alerting:
  alertmanagers:
    - scheme: https
      path_prefix: /am
      authorization: {{credentials: {ready['tenants'][0]['integration']['key']}}}
      tls_config: {{ca_file: {ready['ca_file']}}}
      static_configs: [{{targets: ['{target}']}}]
""")
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={configuration}", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{free_port()}", "--rules.alert.resend-delay=1s"],
            stdout=self.log, stderr=self.log)

    def write_rule(self, firing):
        with open(self.rules, "w", encoding="utf-8") as out:
            out.write(f"""
groups:
  - name: test
    rules:
      - alert: {self.name}
        expr: vector({1 if firing else 0}) > 0
        labels: {{severity: critical, instance: 'db-7:9100'}}
        annotations: {{summary: 'disk full on db-7', description: '93% of /var'}}
""")

    def resolve(self):
        self.write_rule(firing=False)
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class RealPrometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.world.__enter__()
        cls.addClassCleanup(cls.world.__exit__)

    def ticket(self, name):
        found = [t for t in self.world.tickets() if t["title"] == "disk full on db-7" and name in str(t)]
        return found[0] if found else None

    def test_fires_refreshes_and_resolves(self):
        prometheus = Prometheus(self.world, "DiskFull")
        self.addCleanup(prometheus.kill)
        ticket = wait_until(lambda: self.ticket("DiskFull"), "the ticket", 40)
        self.assertEqual((ticket["state"], ticket["severity"], ticket["source"]), ("open", "critical", "db-7:9100"))
        wait_until(lambda: self.world.webhook.of_type("ticket.opened"), "the webhook")
        wait_until(lambda: self.world.mail.messages, "the mail")

        first_seen = ticket["last_seen_at"]
        resends = set()

        def seen_again():
            resends.add(self.ticket("DiskFull")["last_seen_at"])
            return len(resends - {first_seen}) >= 3

        wait_until(seen_again, "three resends", 40)
        self.assertEqual(self.ticket("DiskFull")["occurrences"], 1, "a resend is not an occurrence")

        prometheus.resolve()
        wait_until(lambda: self.ticket("DiskFull")["state"] == "recovered", "the recovery", 40)
        wait_until(lambda: self.world.webhook.of_type("ticket.recovered"), "the recovery's webhook")

    def test_an_alert_whose_prometheus_died_ends_by_itself(self):
        prometheus = Prometheus(self.world, "HostDown")
        self.addCleanup(prometheus.kill)
        wait_until(lambda: self.ticket("HostDown"), "the ticket", 40)
        prometheus.process.kill()
        wait_until(lambda: self.ticket("HostDown")["state"] == "recovered", "endsAt to pass", 40)


if __name__ == "__main__":
    unittest.main()
