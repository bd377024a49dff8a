"""What attackers are made of: wrk for what is many and small, threads for what is large or peculiar."""

import collections
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import urllib.parse

FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "flood.lua")
ADDRESS = "127.0.1.1"
TIMEOUT_SECONDS = 35
LONG_SECONDS = 86_400  # until it is stopped


class Target:
    """Where an attacker's requests go, and with which of its tenant's keys."""

    def __init__(self, url, ca_file, keys, prepared):
        self.url, self.keys, self.prepared = url, keys, prepared
        parts = urllib.parse.urlsplit(url)
        self.place = parts.hostname, parts.port
        self.context = ssl.create_default_context(cafile=ca_file)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE  # an attacker spends its processor time on what hurts

    def connect(self, address=ADDRESS):
        return http.client.HTTPSConnection(*self.place, context=self.context, timeout=TIMEOUT_SECONDS,
                                           source_address=(address, 0))


class Attacker:
    """One of a kind, with a tenant of its own. `start` and `stop` come in turn, several times; `stop` returns how many
    answers there were, by status, since the last `start`."""

    name = about = ""
    mostly_refused = False  # what it asks is hardly anything but refused, so a refusal's cost can be told
    kills = False  # the node is killed and started again in each block beside it

    def __init__(self, target=None):
        self.target = target

    def prepare(self, tenant):
        """What `target.prepared` will be; JSON."""

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError


class Wrk(Attacker):
    """Small requests as fast as one thread of wrk sends them."""

    connections = 32
    method, path, body, key = "GET", "", "", "viewer"
    headers = {}

    def start(self):
        self.folder = tempfile.mkdtemp(prefix="winnow-flood-")
        headers = {"Content-Type": "application/json"} if self.body else {}
        headers.update(self.headers)
        if self.key:
            headers["Authorization"] = f"Bearer {self.target.keys[self.key]}"
        files = {"body": self.body.encode(),
                 "headers": b"".join(f"{name}:{value}\n".encode("latin-1") for name, value in headers.items())}
        for name, content in files.items():
            with open(os.path.join(self.folder, name), "wb") as out:
                out.write(content)
        self.output = open(os.path.join(self.folder, "output"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{self.connections}", f"-d{LONG_SECONDS}s", "--timeout", f"{TIMEOUT_SECONDS}s", "-s", FLOOD,
             self.target.url, "--", self.method, self.path, *(os.path.join(self.folder, name) for name in files)],
            stdout=self.output, stderr=subprocess.STDOUT)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.output.seek(0)
        text = self.output.read()
        self.output.close()
        shutil.rmtree(self.folder)
        line = next((line for line in text.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            raise RuntimeError(f"wrk did not get far:\n{text}")
        return json.loads(line.removeprefix("RESULT "))


class Threads(Attacker):
    """So many threads that call `turn` again and again. What it returns (a status) or raises is counted."""

    connections = 4
    hangs_up = True  # at the end, on answers that it waits for

    def start(self):
        self.stopping = threading.Event()
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.open = {}
        self.threads = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(self.connections)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        self.open[number] = self.target.connect()
        while not self.stopping.is_set():
            try:
                outcome = self.turn(number)
            except (OSError, http.client.HTTPException):
                outcome = "broken"
                self.open[number].close()
            with self.lock:
                self.counts[str(outcome)] += 1

    def turn(self, number):
        raise NotImplementedError

    def ask(self, number, method, path, body=None, headers=None, key="sender"):
        headers = {"Authorization": f"Bearer {self.target.keys[key]}", **(headers or {})}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        self.open[number].request(method, path, body=body, headers=headers)
        answer = self.open[number].getresponse()
        return answer.status, answer.read()

    def stop(self):
        self.stopping.set()
        for connection in list(self.open.values()) if self.hangs_up else []:
            sock = connection.sock
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self.threads:
            thread.join(5 if self.hangs_up else TIMEOUT_SECONDS)
        with self.lock:
            return dict(self.counts)
