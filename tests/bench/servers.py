"""The three servers that are measured side by side. Each is a context manager that stops what it started."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import alert_bodies

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support"))
# pylint: disable=wrong-import-position
from dev_instance import Certificates, Client, Instance, free_port  # noqa: E402,F401

START_SECONDS = 30
TRIAGE_SECONDS = 300


def metric(client, name, labels=""):
    """One value of a Prometheus page."""
    for line in client.get("/metrics").body.decode().splitlines():
        if line.startswith(f"{name}{labels} "):
            return float(line.rsplit(" ", 1)[1])
    raise KeyError(name)


class Child:
    """A server process in the foreground, stopped by its id."""

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.log_file = os.path.join(self.folder, "log")
        self.port = free_port()
        self.process = None

    def file(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.file(name)

    def launch(self, command, answers):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                if answers():
                    return
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log_file, encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"{command[0]} does not start:\n{log.read()[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Winnow:
    """A release binary with an embedded PostgreSQL."""

    path = "/api/v1/alerts"
    success = 202
    alert_of = staticmethod(alert_bodies.native)

    def __init__(self, binary, certificates, name="winnow"):
        self.name = name
        os.environ["WINNOW_BINARY"] = binary
        self.instance = Instance(config=f"delivery:\n  webhook_ca_file: {certificates.ca}\n")
        self.management = self.url = self.ca_file = self.key = None

    def __enter__(self):
        try:
            self.instance.start()
        except BaseException:
            self.instance.__exit__()
            raise
        self.connect()
        return self

    def connect(self):
        ready = self.instance.ready
        self.url, self.ca_file = ready["customer_url"], ready["ca_file"]
        self.key = ready["tenants"][0]["integration"]["key"]
        self.management = self.instance.provider()

    def restart(self):
        """Stops it cleanly and starts it on the same state folder; the seconds from start to ready."""
        self.management.close()
        if self.instance.stop() != 0:
            raise RuntimeError(f"winnow ends badly:\n{self.instance.log()}")
        begin = time.monotonic()
        self.instance.start()
        self.connect()
        return time.monotonic() - begin

    def __exit__(self, *_):
        if self.management is not None:
            self.management.close()
        self.instance.__exit__()

    def accepted(self):
        return metric(self.management, "winnow_journal_alerts_total")

    def settle(self):
        """Waits until every accepted alert is applied; the seconds that took."""
        begin = time.monotonic()
        while True:
            page = dict(line.rsplit(" ", 1) for line in self.management.get("/metrics").body.decode().splitlines()
                        if line and not line.startswith("#"))
            journal, applied = (float(page[f"winnow_{part}_alerts_total"]) for part in ("journal", "triage"))
            if applied >= journal and float(page["winnow_triage_backlog_alerts"]) == 0:
                return time.monotonic() - begin
            if time.monotonic() - begin > TRIAGE_SECONDS:
                raise RuntimeError(f"triage does not end: {applied:.0f} of {journal:.0f} alerts are applied")
            time.sleep(0.01)

    def resident_mib(self):
        with open(f"/proc/{self.instance.ready['pid']}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


class Alertmanager(Child):
    """Debian's, with TLS on. It keeps alerts in memory; nobody is notified."""

    name = "alertmanager"
    path = "/api/v2/alerts"
    success = 200
    key = None
    alert_of = staticmethod(alert_bodies.alertmanager)

    def __init__(self, folder, certificates):
        super().__init__(folder, "alertmanager")
        self.certificates = certificates
        self.ca_file = certificates.ca
        self.url = f"https://127.0.0.1:{self.port}"
        self.client = Client(self.url, self.ca_file)

    def __enter__(self):
        web = self.write("web.yml", f"tls_server_config:\n  cert_file: {self.certificates.certificate}\n"
                                    f"  key_file: {self.certificates.key}\n")
        config = self.write("alertmanager.yml", "route:\n  receiver: nobody\n  group_by: [alertname, service]\n"
                                                "receivers:\n  - name: nobody\n")
        try:
            self.launch(["prometheus-alertmanager", f"--config.file={config}", f"--web.config.file={web}",
                         f"--storage.path={self.file('data')}", f"--web.listen-address=127.0.0.1:{self.port}",
                         "--cluster.listen-address=", "--log.level=error"],
                        lambda: self.client.get("/-/ready").status == 200)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.client.close()
        self.stop()

    def accepted(self):
        page = self.client.get("/metrics").body.decode().splitlines()
        invalid = sum(float(line.rsplit(" ", 1)[1]) for line in page
                      if line.startswith("alertmanager_alerts_invalid_total{"))
        assert invalid == 0, "Alertmanager refused alerts"
        return sum(float(line.rsplit(" ", 1)[1]) for line in page
                   if line.startswith("alertmanager_alerts_received_total{"))

    def settle(self):
        return 0.0


class Nginx(Child):
    """Answers an empty 202 to whatever comes: what TLS and HTTP alone cost on this machine."""

    name = "nginx"
    path = "/"
    success = 202
    key = None
    alert_of = staticmethod(alert_bodies.native)

    def __init__(self, folder, certificates):
        super().__init__(folder, "nginx")
        self.certificates = certificates
        self.ca_file = certificates.ca
        self.url = f"https://127.0.0.1:{self.port}"
        self.client = Client(self.url, self.ca_file)

    def __enter__(self):
        temporary = "".join(f"{kind}_temp_path {self.file(kind)};"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.write("nginx.conf", f"""
daemon off; pid {self.file('pid')}; worker_processes auto; worker_rlimit_nofile 4096;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off; {temporary} keepalive_requests 1000000000; client_max_body_size 2m;
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.certificates.certificate}; ssl_certificate_key {self.certificates.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        location / {{ return 202; }}
    }}
}}
""")
        try:
            self.launch(["/usr/sbin/nginx", "-p", self.folder, "-e", "stderr", "-c", config],
                        lambda: self.client.get("/").status == 202)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.client.close()
        self.stop()

    def accepted(self):
        return None

    def settle(self):
        return 0.0
