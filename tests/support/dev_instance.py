"""A development instance driven from outside, and what stands around it: for every suite that runs the program."""

import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

START_SECONDS = 90
WAIT_SECONDS = 20


def wait_until(condition, what, seconds=WAIT_SECONDS):
    """The first true value of condition(); fails the test with `what` when it takes too long."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Client:
    """One keep-alive TLS connection with one credential."""

    def __init__(self, url, ca_file, key=None):
        self.host = urllib.parse.urlsplit(url)
        self.context = ssl.create_default_context(cafile=ca_file)
        self.key = key
        self.connection = None

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.key and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.key}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                self.host.hostname, self.host.port, context=self.context, timeout=30
            )
        try:
            self.connection.request(method, path, body=body, headers=headers)
            return Answer(self.connection.getresponse())
        except (http.client.HTTPException, OSError):
            self.close()
            raise

    def get(self, path, **kwargs):
        return self.call("GET", path, **kwargs)

    def post(self, path, body, **kwargs):
        return self.call("POST", path, body, **kwargs)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Instance:
    """`winnow dev` in a temporary state folder, or in one that outlives it. In a temporary one it finds a cluster that was
    migrated, as at its second start, where ctest says by WINNOW_PUT_DEV_CLUSTER who puts it there; with `new_cluster` it
    makes its own, as in a folder that outlives it."""

    def __init__(self, state_dir=None, tenants=1, smtp=None, config=None, receiver=False, extra=(), new_cluster=False):
        self.binary = os.environ["WINNOW_BINARY"]
        self.own_folder = state_dir is None
        self.state_dir = state_dir or tempfile.mkdtemp(prefix="winnow-e2e-")
        os.chmod(self.state_dir, 0o755)  # PostgreSQL's account has to pass through
        self.ready_file = os.path.join(self.state_dir, "ready-for-test.json")
        self.state = os.path.join(self.state_dir, "state")
        anew = new_cluster or not self.own_folder
        self.put_cluster = None if anew else os.environ.get("WINNOW_PUT_DEV_CLUSTER")
        self.arguments = ["--state-dir", self.state, "--ready-file", self.ready_file]
        self.arguments += ["--customer-port", "0", "--management-port", "0", "--tenants", str(tenants)]
        self.arguments += ["--egress-allow", "127.0.0.0/8"]
        # Tests have receivers of their own, and count what they get. A build of before there was one does not know it.
        if not receiver and "--no-receiver" in self.help():
            self.arguments += ["--no-receiver"]
        if smtp:
            self.arguments += ["--smtp", smtp]
        if config:
            path = os.path.join(self.state_dir, "test.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(config)
            self.arguments += ["--config", path]
        self.arguments += list(extra)
        self.process = None
        self.ready = None
        self.log_file = os.path.join(self.state_dir, "winnow.log")

    def help(self):
        return subprocess.run([self.binary, "dev", "--help"], capture_output=True, text=True, check=True).stdout

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            if self.process is not None and self.process.poll() is None:
                assert self.stop() == 0, f"exit status after SIGTERM; see below\n{self.log()}"
        finally:
            self.kill()
            if self.own_folder:
                shutil.rmtree(self.state_dir, ignore_errors=True)

    def start(self):
        self.launch()
        self.await_ready()

    def launch(self):
        if os.path.exists(self.ready_file):
            os.unlink(self.ready_file)
        if self.put_cluster and not os.path.exists(self.state):
            put = subprocess.run([self.put_cluster, self.binary, self.state], capture_output=True, text=True, check=False)
            assert put.returncode == 0, f"{self.put_cluster} ended with {put.returncode}:\n{put.stdout}{put.stderr}"
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.binary, "dev", *self.arguments], stdout=log, stderr=log)

    def await_ready(self):
        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"winnow dev ended with {self.process.returncode}:\n{self.log()}")
            return os.path.exists(self.ready_file)

        wait_until(is_ready, "the ready file", START_SECONDS)
        with open(self.ready_file, encoding="utf-8") as ready:
            self.ready = json.load(ready)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()[-6000:]

    def user(self, role="admin", tenant=0):
        key = self.ready["tenants"][tenant]["users"][role]["key"]
        return Client(self.ready["customer_url"], self.ready["ca_file"], key)

    def integration(self, tenant=0):
        key = self.ready["tenants"][tenant]["integration"]["key"]
        return Client(self.ready["customer_url"], self.ready["ca_file"], key)

    def anonymous(self):
        return Client(self.ready["customer_url"], self.ready["ca_file"])

    def provider(self):
        return Client(self.ready["management_url"], self.ready["ca_file"], self.ready["provider"]["key"])


class Certificates:
    """An authority and a server certificate for 127.0.0.1, made by the openssl command."""

    def __init__(self, folder):
        self.ca = os.path.join(folder, "receiver-ca.pem")
        self.key = os.path.join(folder, "receiver-key.pem")
        self.certificate = os.path.join(folder, "receiver.pem")
        ca_key = os.path.join(folder, "receiver-ca-key.pem")
        request = os.path.join(folder, "receiver.csr")
        extensions = os.path.join(folder, "receiver.ext")
        with open(extensions, "w", encoding="utf-8") as out:
            out.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", self.ca, "-days", "2", "-subj", "/CN=test authority")
        openssl("req", *new_key, "-keyout", self.key, "-out", request, "-subj", "/CN=127.0.0.1")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                "-extfile", extensions, "-out", self.certificate)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class WebhookReceiver:
    """A real TLS receiver that keeps what it got. `status` may be changed while it runs; `answer` may take its place,
    a function from a message to a status."""

    def __init__(self, certificates):
        self.requests = []
        self.arrived = threading.Condition()
        self.status = 204
        self.answer = None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802  (the name http.server asks for)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                now = time.time()
                with receiver.arrived:
                    receiver.requests.append((now, dict(self.headers.items()), body))
                    receiver.arrived.notify_all()
                self.send_response(receiver.answer(json.loads(body)) if receiver.answer else receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def wait_for(self, wanted, seen=0, seconds=WAIT_SECONDS):
        """The first request (time, headers, body) after the `seen` first ones whose message is wanted."""
        end = time.monotonic() + seconds
        while True:
            with self.arrived:
                self.arrived.wait_for(lambda: len(self.requests) > seen, end - time.monotonic())
                new = self.requests[seen:]
            if not new:
                raise AssertionError(f"waited {seconds} s in vain for a webhook")
            seen += len(new)
            for request in new:
                if wanted(json.loads(request[2])):
                    return request

    def messages(self):
        return [json.loads(body) for _, _, body in self.requests]

    def of_type(self, kind):
        return [message for message in self.messages() if message["type"] == kind]

    def about(self, dedup_key, kind=None):
        """The requests (time, headers, body) that tell of one ticket; of one kind where it is given."""
        found = []
        for request in list(self.requests):
            message = json.loads(request[2])
            if message["ticket"]["dedup_key"] == dedup_key and kind in (None, message["type"]):
                found.append(request)
        return found

    def close(self):
        self.server.shutdown()
        self.server.server_close()
