"""Real senders in front: an Alertmanager's webhook, a Prometheus with many alerts, and clients that are refused."""

import datetime
import gzip
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from harness import Instance, free_port, wait_until

ALERTMANAGER = shutil.which("prometheus-alertmanager") or "/usr/bin/prometheus-alertmanager"
PROMETHEUS = shutil.which("prometheus") or "/usr/bin/prometheus"

# As a contact point of Grafana sends it (its documentation, and grafana/alerting receivers/webhook).
GRAFANA = {
    "receiver": "winnow", "status": "firing", "orgId": 1,
    "alerts": [{
        "status": "firing", "labels": {"alertname": "High load", "grafana_folder": "Hosts", "severity": "error"},
        "annotations": {"summary": "load above 8"}, "startsAt": "2026-11-23T06:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "https://grafana.example/alerting/grafana/abc/view",
        "fingerprint": "9a8b7c6d5e4f3a2b", "silenceURL": "https://grafana.example/alerting/silence/new",
        "dashboardURL": "", "panelURL": "", "values": {"A": 9.5}, "valueString": "[ var='A' value=9.5 ]",
    }],
    "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "https://grafana.example/",
    "version": "1", "groupKey": "{}:{}", "truncatedAlerts": 0, "title": "[FIRING:1] High load", "state": "alerting",
    "message": "**Firing**",
}


class Program:
    """A program with a folder of its own, stopped at the end of its test."""

    def __init__(self, test, command, files):
        self.folder = tempfile.mkdtemp(prefix="winnow-sender-")
        for name, text in files.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen([part.replace("FOLDER", self.folder) for part in command],
                                        stdout=self.log, stderr=self.log, cwd=self.folder)
        test.addCleanup(self.stop)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Senders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.__enter__()
        cls.addClassCleanup(cls.instance.__exit__)
        cls.ready = cls.instance.ready
        cls.url = cls.ready["customer_url"]
        cls.key = cls.ready["tenants"][0]["integration"]["key"]

    def setUp(self):
        # Connections of their own: one that was idle for long is closed by the server.
        self.viewer = self.instance.user("viewer")
        self.admin = self.instance.user("admin")
        self.sender = self.instance.integration()
        self.anonymous = self.instance.anonymous()
        for client in (self.viewer, self.admin, self.sender, self.anonymous):
            self.addCleanup(client.close)

    def tickets(self, query):
        answer = self.viewer.get(f"/api/v1/tickets?limit=500&{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["items"]

    def ticket(self, title):
        found = [ticket for ticket in self.tickets("state=open,recovered") if ticket["title"] == title]
        return found[0] if found else None

    def receipt(self, receipt_id):
        answer = self.viewer.get(f"/api/v1/receipts/{receipt_id}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_an_alertmanager_in_front(self):
        port = free_port()
        configuration = f"""
route: {{receiver: winnow, group_by: [team], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: winnow
    webhook_configs:
      - url: {self.url}/am/webhook
        send_resolved: true
        http_config:
          authorization: {{credentials: {self.key}}}
          tls_config: {{ca_file: {self.ready['ca_file']}}}
"""
        Program(self, [ALERTMANAGER, "--config.file=FOLDER/am.yml", "--storage.path=FOLDER/data",
                       f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
                {"am.yml": configuration})

        def push(alerts):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps(alerts).encode(),
                                             {"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False

        disk = {"labels": {"alertname": "DiskFull", "instance": "db-7", "severity": "critical"},
                "annotations": {"summary": "am: disk full"}}
        host = {"labels": {"alertname": "Down", "instance": "db-8", "severity": "error"},
                "annotations": {"summary": "am: host down"}}
        wait_until(lambda: push([disk, host]), "the Alertmanager")
        ticket = wait_until(lambda: self.ticket("am: disk full"), "the first ticket")
        self.assertEqual((ticket["severity"], ticket["source"], ticket["occurrences"]), ("critical", "db-7", 1))
        wait_until(lambda: self.ticket("am: host down"), "the second ticket")

        now = datetime.datetime.now(datetime.timezone.utc)
        ended = {**host, "startsAt": (now - datetime.timedelta(hours=2)).isoformat(), "endsAt": now.isoformat()}
        self.assertTrue(push([ended]))
        wait_until(lambda: self.ticket("am: host down")["state"] == "recovered", "the recovery")
        self.assertEqual(self.ticket("am: disk full")["state"], "open", "the other one of the group goes on")
        self.assertEqual(self.ticket("am: disk full")["occurrences"], 1, "a repeat is no occurrence")

    def test_a_grafana_in_front(self):
        answer = self.anonymous.post(f"/i/{self.key}/grafana", GRAFANA)
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.json()["accepted"], 1)
        wait_until(lambda: self.ticket("load above 8"), "the ticket")
        resolved = dict(GRAFANA, alerts=[dict(GRAFANA["alerts"][0], status="resolved")])
        self.assertEqual(self.sender.post("/grafana", resolved).status, 202)
        wait_until(lambda: self.ticket("load above 8")["state"] == "recovered", "the recovery")

    def test_a_foreign_body_at_the_native_door_is_told_where_to_go(self):
        answer = self.sender.post("/api/v1/alerts", GRAFANA)
        self.assertEqual(answer.status, 422)
        self.assertIn("/grafana", answer.json()["detail"])
        answer = self.sender.post("/api/v1/alerts", [{"labels": {"a": "b"}, "annotations": {}}])
        self.assertEqual(answer.status, 422)
        self.assertIn("/am/api/v2/alerts", answer.json()["detail"])

    def test_a_prometheus_with_many_alerts(self):
        target = self.url.removeprefix("https://")
        rules = "groups:\n  - name: many\n    rules:\n" + "".join(
            f"      - alert: Many{number}\n        expr: vector(1) > 0\n        labels: {{severity: error, many: 'yes'}}\n"
            for number in range(1600))
        configuration = f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - scheme: https
      path_prefix: /am
      authorization: {{credentials: {self.key}}}
      tls_config: {{ca_file: {self.ready['ca_file']}}}
      static_configs: [{{targets: ['{target}']}}]
"""
        port = free_port()
        Program(self, [PROMETHEUS, "--config.file=FOLDER/prometheus.yml", "--storage.tsdb.path=FOLDER/data",
                       f"--web.listen-address=127.0.0.1:{port}"],
                {"prometheus.yml": configuration, "rules.yml": rules})

        def count():
            answer = self.viewer.get("/api/v1/tickets/stats?label.many=yes")
            return answer.json()["total"] if answer.status == 200 else 0

        wait_until(lambda: count() == 1600, "every alert's ticket", 90)

    def test_one_push_of_fifty_thousand_alerts_is_one_receipt(self):
        rule = self.admin.post("/api/v1/rules", {
            "name": "flood", "syntax": "matchers", "condition": '{alertname="Flood"}', "actions": [{"type": "drop"}]})
        self.assertEqual(rule.status, 201, rule.body)

        def push(count):
            alerts = [{"labels": {"alertname": "Flood", "n": str(number)}} for number in range(count)]
            answer = self.sender.post("/am/api/v2/alerts", alerts)
            self.assertEqual((answer.status, answer.body), (200, b""))
            return wait_until(lambda: self.settled(answer.headers["Winnow-Receipt"]), "triage of all", 90)["results"]

        wait_until(lambda: push(1)[0]["disposition"] == "dropped", "the rule")
        results = push(50_000)
        self.assertEqual(len(results), 50_000)
        self.assertEqual({result["disposition"] for result in results}, {"dropped"})
        self.assertEqual(len({result["alert_id"] for result in results}), 50_000)

    def settled(self, receipt_id):
        receipt = self.receipt(receipt_id)
        return receipt if receipt["settled"] else None

    def test_one_bad_alert_costs_the_others_nothing(self):
        good = '{"labels":{"alertname":"Good"}}'
        body = ("[" + good + ',{"labels":{"alertname":"Gr\xfc\xdfe","x":"\\ud800"}},' + good + "]").encode("latin-1")
        answer = self.sender.post("/am/api/v2/alerts", body)
        self.assertEqual(answer.status, 200, answer.body)
        results = self.receipt(answer.headers["Winnow-Receipt"])["results"]
        self.assertEqual([len(result["warnings"]) for result in results], [0, 2, 0])
        self.assertEqual(results[1]["warnings"][0]["pointer"], "/1/labels/alertname")

        native = b'[{"title":"fine"},{"title":"Gr\xfc\xdfe","severty":"critical"}]'
        answer = self.sender.post("/api/v1/alerts", native)
        self.assertEqual(answer.status, 202, answer.body)
        codes = [[warning["code"] for warning in result.get("warnings", [])] for result in answer.json()["results"]]
        self.assertEqual(codes, [[], ["replaced", "unknown_field"]])

    def test_a_refusal_is_read_by_clients_that_are_still_sending(self):
        folder = tempfile.mkdtemp(prefix="winnow-curl-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "body.json")
        with open(path, "wb") as out:
            out.write(b"[" + b" " * 40_000_000 + b"]")
        for url, key, status in ((f"{self.url}/am/api/v2/alerts", self.key, 413),
                                 (f"{self.url}/api/v1/alerts", self.key, 413),
                                 (f"{self.url}/am/api/v2/alerts", "wnk_unknown", 401)):
            for expect in ("Expect:", "Expect: 100-continue"):
                curl = subprocess.run(
                    ["curl", "--silent", "--show-error", "--cacert", self.ready["ca_file"], "-H", expect,
                     "-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json",
                     "--data-binary", f"@{path}", "-w", "\n%{http_code}", url],
                    capture_output=True, text=True, timeout=60, check=False)
                body, code = curl.stdout.rsplit("\n", 1)
                self.assertEqual(code, str(status), curl.stderr)
                document = json.loads(body)
                self.assertIsInstance(document, str if "/am/" in url else dict)
        # A client that sends all of it before it looks.
        answer = self.sender.post("/am/api/v2/alerts", b"[" + b" " * 20_000_000 + b"]")
        self.assertEqual(answer.status, 413)

    def test_errors_under_am_are_json_strings(self):
        for method, path, status in (("POST", "/am/api/v2/alerts", 401), ("GET", "/am/api/v2/alerts", 405),
                                     ("GET", "/am/api/v2/nothing", 404), ("POST", "/i/wnk_x/am/api/v2/alerts", 401)):
            answer = self.anonymous.call(method, path, b"[]" if method == "POST" else None)
            self.assertEqual(answer.status, status, path)
            self.assertIsInstance(answer.json(), str)
        self.assertEqual(self.sender.post("/am/api/v2/alerts", b"[]").status, 200)
        self.assertIsInstance(self.sender.post("/am/api/v2/alerts", b"{").json(), str)
        self.assertEqual(self.sender.post("/am/api/v2/alerts/", b"[]").status, 200, "a slash at the end")

    def test_manners(self):
        missing = self.anonymous.get("/api/v1/tickets")
        self.assertIn("no credential", missing.json()["detail"])
        unknown = self.anonymous.get("/api/v1/tickets", headers={"Authorization": "Bearer wnu_x"})
        self.assertIn("unknown", unknown.json()["detail"])
        other = self.anonymous.get("/api/v1/tickets", headers={"Authorization": "Bearer glsa_x"})
        self.assertIn("no key of Winnow's", other.json()["detail"])
        self.assertEqual((missing.status, unknown.status, other.status), (401, 401, 401))
        wrong = self.sender.get("/api/v1/tickets")
        self.assertEqual(wrong.status, 403)
        self.assertIn("key of an integration", wrong.json()["detail"])
        wrong = self.admin.post("/api/v1/alerts", {"title": "x"})
        self.assertEqual(wrong.status, 403)
        self.assertIn("user's key", wrong.json()["detail"])

        for encoding in ("GZIP", "x-gzip", "Gzip"):
            answer = self.sender.post("/api/v1/alerts", gzip.compress(b'{"title":"packed"}'),
                                 headers={"Content-Encoding": encoding})
            self.assertEqual(answer.status, 202, encoding)
        answer = self.admin.post("/api/v1/rules", b'{"name":"x","condition":"true","actions":[{"type":"drop"}]}\0{"garbage')
        self.assertEqual(answer.status, 400, answer.body)
        answer = self.instance.provider().post("/admin/v1/tenants", b'{"name":"x","admin":{"email":"a@b.example"}}\0x')
        self.assertEqual(answer.status, 400, answer.body)
        answer = self.admin.post("/api/v1/integrations", {"name": "null", "enabled": None})
        self.assertEqual(answer.status, 422, answer.body)
        self.assertTrue(answer.json()["detail"].startswith("/enabled "), answer.body)
        answer = self.admin.get("/api/v1/rules/reorder")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))


if __name__ == "__main__":
    unittest.main()
