"""The node that is attacked: `winnow dev` with the rates that operators get, its tenants, and what it takes."""

import contextlib
import glob
import os
import re
import resource
import signal
import subprocess
import sys
import time

from servers import Instance

CONFIG_PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "config", "winnow.yaml")
TICKS = os.sysconf("SC_CLK_TCK")
PATCH = {"Content-Type": "application/merge-patch+json"}
UNHINDERED = {name: {"rate": 1_000_000, "burst": 10_000_000} for name in ("ingest", "read", "write", "heavy")}
SOON_SECONDS = 15


def expect(answer, *statuses):
    if answer.status not in statuses:
        raise RuntimeError(f"answered {answer.status}, not {statuses[0]}: {answer.body[:400]}")
    return answer.json() if answer.body else None


def default_rates():
    """Of config/winnow.yaml, which shows every default; `winnow dev` has rates of its own, that nobody meets."""
    with open(CONFIG_PAGE, encoding="utf-8") as page:
        return "tenants:\n" + re.search(r"^  rates:.*\n(?:    .*\n)+", page.read(), re.MULTILINE)[0]


def processor_seconds(process, children=False):
    """What a process has taken; with those of its children that have ended."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:  # it ended between two looks
        return 0.0
    return sum(map(int, fields[11:15 if children else 13])) / TICKS


def children_of(process):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8") as stat:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == process:
                    found.append(int(path.split("/")[2]))
        except OSError:
            continue
    return found


class Tenant:
    """Made by the provider, with an admin, a viewer and an integration."""

    def __init__(self, node, name):
        self.node = node
        made = expect(node.provider.post("/admin/v1/tenants", {"name": name, "admin": {"email": f"{name}@x.example"}}), 201)
        self.id, self.code = made["id"], made["service_code"]
        self.keys = {"admin": made["admin"]["key"]}
        node.rates(self.id, UNHINDERED)
        self.admin = node.client(self.keys["admin"])
        for role in ("viewer", "newcomer"):
            user = expect(self.admin.post("/api/v1/users", {"email": f"{role}@{name}.example", "name": role,
                                                            "role": "viewer"}), 201)
            self.keys[role] = expect(self.admin.post("/api/v1/api-keys", {"user_id": user["id"]}), 201)["secret"]
        integration = expect(self.admin.post("/api/v1/integrations", {"name": "sender"}), 201)
        self.keys["sender"] = integration["key"]["secret"]
        self.sender = node.client(self.keys["sender"])

    def send(self, alerts):
        """In one body; retried while the node says that it is busy."""
        end = time.monotonic() + 120
        while True:
            answer = self.sender.post("/api/v1/alerts", alerts)
            if answer.status not in (429, 503) or time.monotonic() > end:
                expect(answer, 202)
                return
            time.sleep(0.2)

    def tell_by_default(self, contacts):
        """Webhooks of these URLs are the default route."""
        groups = []
        ids = [expect(self.admin.post("/api/v1/contacts", {"name": f"hook {number}", "type": "webhook", "url": url}),
                      201)["id"] for number, url in enumerate(contacts)]
        for at in range(0, len(ids), 50):
            body = {"name": f"group {at}", "contact_ids": ids[at:at + 50]}
            groups.append(expect(self.admin.post("/api/v1/contact-groups", body), 201)["id"])
        expect(self.admin.call("PATCH", "/api/v1/settings", {"default_route": groups}, headers=PATCH), 200)

    def rules(self, rules):
        """As many of them as the node takes, from the first on: a limit on them is part of the defence."""
        while True:
            answer = self.admin.call("PUT", "/api/v1/ruleset", {"rules": rules})
            if answer.status == 200 or len(rules) == 1:
                expect(answer, 200)
                return len(rules)
            rules = rules[:len(rules) // 2]

    def forget_connections(self):
        self.admin.close()
        self.sender.close()


class Node:
    def __init__(self, binary, certificates):
        os.environ["WINNOW_BINARY"] = os.path.abspath(binary)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.instance = Instance(config=f"delivery:\n  webhook_ca_file: {certificates.ca}\n{default_rates()}")
        self.provider = self.postmaster = self.psql = None

    def __enter__(self):
        try:
            self.instance.start()
            self.connect()
        except BaseException:
            self.instance.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.provider is not None:
            self.provider.close()
        try:
            if self.instance.stop() != 0:
                print(f"bench: the node ended badly:\n{self.instance.log()}", file=sys.stderr)
        except subprocess.TimeoutExpired:
            print("bench: the node did not end within 60 s of SIGTERM", file=sys.stderr)
            self.instance.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.postmaster, signal.SIGQUIT)  # whose parent is gone
        self.instance.__exit__()

    def connect(self):
        self.provider = self.instance.provider()
        pid_file = os.path.join(self.instance.state_dir, "state", "postgres", "data", "postmaster.pid")
        with open(pid_file, encoding="utf-8") as lines:
            self.postmaster = int(lines.readline())
        self.psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]

    def kill_and_start(self):
        """As `kill -9`; when it was gone and when it was ready again."""
        self.provider.close()
        since = time.time()
        self.instance.kill()
        self.instance.start()
        until = time.time()
        self.connect()
        return since, until

    @property
    def url(self):
        return self.instance.ready["customer_url"]

    @property
    def ca_file(self):
        return self.instance.ready["ca_file"]

    def client(self, key):
        client = self.instance.anonymous()
        client.key = key
        return client

    def rates(self, tenant, rates):
        expect(self.provider.call("PATCH", f"/admin/v1/tenants/{tenant}", {"rates": rates}, headers=PATCH), 200)

    def restrain(self, tenant, hinder):
        """From now on the defaults hold for it, or none at all; returns when that is in force."""
        self.rates(tenant.id, None if hinder else UNHINDERED)
        end = time.monotonic() + SOON_SECONDS
        client = self.client(tenant.keys["viewer"])
        while hinder:
            policy = expect_headers(client.get("/api/v1/me"))["RateLimit-Policy"] or ""
            quota = re.search(r"q=(\d+)", policy)
            if quota and int(quota[1]) < UNHINDERED["read"]["burst"] / 2:
                break
            if time.monotonic() > end:
                raise RuntimeError(f"the rates of a tenant are not in force after {SOON_SECONDS} s: {policy}")
            time.sleep(0.1)
        client.close()

    def metrics(self):
        page = self.provider.get("/metrics").body.decode()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in page.splitlines() if line and not line.startswith("#"))}

    def processors(self):
        """Seconds that Winnow has taken, and PostgreSQL."""
        database = processor_seconds(self.postmaster, children=True)
        database += sum(processor_seconds(child) for child in children_of(self.postmaster))
        return processor_seconds(self.instance.ready["pid"]), database

    def memory_mib(self, name="VmRSS"):
        with open(f"/proc/{self.instance.ready['pid']}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(f"{name}:"))

    def forget_peak(self):
        with open(f"/proc/{self.instance.ready['pid']}/clear_refs", "w", encoding="ascii") as out:
            out.write("5")

    def applied(self, tenant):
        """For each dedup key of a tenant, when triage owed its first message."""
        statement = ("select t.dedup_key, extract(epoch from min(d.created_at)) from tickets t join deliveries d using "
                     f"(tenant_id, ticket_id) where t.tenant_id = '{tenant.id}' group by 1")
        done = subprocess.run([self.psql, self.instance.ready["database_url"], "-qAtF", "\t", "-c", statement],
                              check=True, capture_output=True, text=True)
        return {key: float(at) for key, at in (line.split("\t") for line in done.stdout.splitlines())}


def expect_headers(answer):
    expect(answer, 200)
    return answer.headers
