"""What is downloaded: into a file that is whole or not there, and to standard output as it comes, however long it is."""

import glob
import os
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import unittest

from cli import command_line_test
from cli.command_line_test import setUpModule, winnow  # noqa: F401  # pylint: disable=unused-import
from harness import Certificates, wait_until

PIECE = b"0123456789abcdef" * 64


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    subprocess.run([psql, "-qAt", command_line_test.instance.ready["database_url"], "-c", statement], check=True)


class SlowServer:
    """Answers one call with pieces, each once it is told to; cut, it ends before the end."""

    def __init__(self, certificates, pieces):
        self.go_on = threading.Semaphore(0)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.certificate, certificates.key)
        self.pieces = pieces
        self.is_cut = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        plain, _ = self.socket.accept()
        with self.context.wrap_socket(plain, server_side=True) as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.recv(1)
            length = self.pieces * len(PIECE)
            stream.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: application/zstd\r\nContent-Length: {length}\r\n\r\n".encode())
            for _ in range(self.pieces):
                self.go_on.acquire()
                if self.is_cut:
                    return
                stream.sendall(PIECE)

    def close(self):
        self.is_cut = True
        self.go_on.release()
        self.socket.close()
        self.thread.join(timeout=20)


class Downloads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.certificates = Certificates(cls.folder)

    def server(self, pieces=2):
        server = SlowServer(self.certificates, pieces)
        self.addCleanup(server.close)
        return server

    def started(self, server, *words):
        environment = {**os.environ, "WINNOW_URL": server.url, "WINNOW_CA_FILE": self.certificates.ca, "WINNOW_KEY": "wnu_x"}
        process = subprocess.Popen([os.environ["WINNOW_BINARY"], *words], env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def getting(self, server, name):
        file = os.path.join(self.folder, name)
        return file, self.started(server, "export", "get", "0199c0de-0000-7000-8000-000000000001", "--output", file)

    def test_standard_output_has_each_piece_as_it_comes(self):
        for words in (("access-log", "export"), ("audit", "export")):
            server = self.server()
            process = self.started(server, *words)
            os.set_blocking(process.stdout.fileno(), False)
            got = b""

            def has(count):
                nonlocal got
                got += process.stdout.read() or b""
                return len(got) == count * len(PIECE)
            for count in (1, 2):  # nothing more comes before what came was seen
                server.go_on.release()
                wait_until(lambda: has(count), f"piece {count} of {words}")  # pylint: disable=cell-var-from-loop
            self.assertEqual(process.wait(20), 0)

    def test_a_file_grows_beside_its_place_for_its_owner_alone(self):
        server = self.server()
        file, process = self.getting(server, "whole.tar.zst")
        part = file + ".part"
        server.go_on.release()
        wait_until(lambda: os.path.exists(part) and os.path.getsize(part) == len(PIECE), "the first piece in the file")
        self.assertFalse(os.path.exists(file))
        server.go_on.release()
        self.assertEqual(process.wait(20), 0, process.stderr.read())
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        with open(file, "rb") as written:
            self.assertEqual(written.read(), 2 * PIECE)
        self.assertFalse(os.path.exists(part))

    def test_what_is_cut_short_leaves_the_file_as_it_was(self):
        server = self.server()
        with open(os.path.join(self.folder, "kept.tar.zst"), "wb") as before:
            before.write(b"before")
        file, process = self.getting(server, "kept.tar.zst")
        server.go_on.release()
        wait_until(lambda: os.path.exists(file + ".part"), "the part")
        server.is_cut = True
        server.go_on.release()
        self.assertEqual(process.wait(20), 1)
        self.assertIn(b"cannot call", process.stderr.read())
        with open(file, "rb") as kept:
            self.assertEqual(kept.read(), b"before")
        self.assertFalse(os.path.exists(file + ".part"))


class Exports(unittest.TestCase):
    def test_one_that_is_not_ready_is_refused_with_what_tells_and_one_is_deleted_by_id(self):
        made = winnow("export", "create").stdout.split()[1]
        file = os.path.join(tempfile.mkdtemp(), "a.tar.zst")
        wait_until(lambda: "ready" in winnow("export", "list").stdout, "the export")
        self.assertIn(" bytes", winnow("export", "get", made, "--output", file).stderr)
        self.assertIn("whole: ", winnow("export", "verify", file).stdout)
        sql("update exports set state = 'failed'")
        said = winnow("export", "get", made, "--output", file, status=1).stderr
        self.assertIn("it is failed", said)
        self.assertIn("winnow export list", said)
        self.assertIn(f"{made} is deleted", winnow("export", "delete", made).stdout)
        self.assertNotIn(made, winnow("export", "list").stdout)
        self.assertIn("there is no export", winnow("export", "delete", made, status=1).stderr)


if __name__ == "__main__":
    unittest.main()
