"""More nodes on a development instance's database."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

from harness import Client, free_port

START_SECONDS = 60


class FurtherNode:
    """`winnow serve` beside the first node, which made the database; a context manager."""

    def __init__(self, first, config=""):
        self.first, self.config = first, config
        self.folder = tempfile.mkdtemp(prefix="winnow-node-")
        self.log_file = os.path.join(self.folder, "log")
        self.customer, self.management = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.customer}"
        self.process = None

    def written(self):
        """The path of its configuration."""
        state = self.first.state
        with open(os.path.join(state, "postgres/data/postmaster.pid"), encoding="utf-8") as lines:
            socket = lines.read().splitlines()[4]
        urls = "".join(f"  {role}_url: postgresql://winnow_{role}@/winnow?host={socket}\n"
                       for role in ("api", "pipeline", "provider"))
        listeners = "".join(f"  {name}:\n    address: 127.0.0.1\n    port: {port}\n"
                            f"    certificate_file: {state}/server.pem\n    key_file: {state}/server-key.pem\n"
                            for name, port in (("customer", self.customer), ("management", self.management)))
        path = os.path.join(self.folder, "winnow.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(f"listen:\n{listeners}provider:\n  key_sha256: {'0' * 64}\ndatabase:\n{urls}"
                      f"  allow_unsafe_durability: true\nencryption_key_file: {state}/encryption.key\n"
                      f"vault:\n  url: postgresql://winnow_vault@/winnow_vault?host={socket}\n"
                      f"  root_key_files: [{state}/vault-root.key]\n{self.config}")
        return path

    def __enter__(self):
        try:
            with open(self.log_file, "ab") as log:
                command = [os.path.abspath(self.first.binary), "serve", "--config", self.written()]
                self.process = subprocess.Popen(command, stdout=log, stderr=log)
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def await_ready(self):
        probe = self.client(None)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                if probe.get("/readyz").status == 200:
                    return
            except OSError:
                pass  # it does not listen yet
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log_file, encoding="utf-8", errors="replace") as log:
                    raise AssertionError(f"another node does not start:\n{log.read()[-4000:]}")
            time.sleep(0.05)

    def client(self, key):
        return Client(self.url, self.first.ready["ca_file"], key)

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
