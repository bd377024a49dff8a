"""A database on another machine: who answers there is verified before anything is said to it."""

import os
import shutil
import subprocess
import tempfile
import unittest

from node.container_test import AS_POSTGRES, Postgres
from harness import openssl

NAME = "db.winnow.test"  # resolved by nobody: each URL gives its address, too
PASSWORD = "correct horse battery staple"


class DatabaseTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="winnow-database-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        password_file = os.path.join(cls.folder, "password")
        with open(password_file, "w", encoding="utf-8") as out:
            out.write(PASSWORD + "\n")
        for name, subject in (("ca", "/CN=our authority"), ("other", "/CN=another authority")):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", f"{cls.folder}/{name}.key", "-out", f"{cls.folder}/{name}.pem", "-subj", subject)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                f"{cls.folder}/server.key", "-out", f"{cls.folder}/server.csr", "-subj", f"/CN={NAME}")
        openssl("x509", "-req", "-in", f"{cls.folder}/server.csr", "-CA", f"{cls.folder}/ca.pem", "-CAkey",
                f"{cls.folder}/ca.key", "-CAcreateserial", "-days", "2", "-out", f"{cls.folder}/server.pem")
        os.chmod(f"{cls.folder}/server.key", 0o600)
        if AS_POSTGRES:
            for name in (cls.folder, password_file, f"{cls.folder}/server.key"):
                shutil.chown(name, "postgres")
        cls.postgres = Postgres(cls.folder, password_file, [
            "-c", "ssl=on", "-c", f"ssl_cert_file={cls.folder}/server.pem", "-c", f"ssl_key_file={cls.folder}/server.key",
            "-c", "log_connections=on", "-c", "fsync=off"])
        cls.addClassCleanup(cls.postgres.stop)

    def setUp(self):
        with open(os.path.join(self.folder, "postgres.log"), encoding="utf-8") as log:
            self.before = len(log.read())

    def logged(self):
        with open(os.path.join(self.folder, "postgres.log"), encoding="utf-8") as log:
            return log.read()[self.before:]

    def migrate(self, host=NAME, options="", **database):
        """`winnow migrate` with a configuration: the shortest way to a login."""
        url = f"postgresql://postgres:{PASSWORD.replace(' ', '%20')}@{host}:{self.postgres.port}/postgres?hostaddr=127.0.0.1"
        config = os.path.join(self.folder, "winnow.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"database:\n  owner_url: '{url}{options}'\n")
            out.write("".join(f"  {key}: {value}\n" for key, value in database.items()))
        os.chmod(config, 0o600)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "WINNOW_"))}
        done = subprocess.run([os.environ["WINNOW_BINARY"], "migrate", "--config", config], capture_output=True, text=True,
                              env=environment, check=False, timeout=120)
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        return done

    def assert_refused(self, done, words):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertIn("database.ca_file", done.stderr, "what to do")
        self.assertNotIn("connection authorized", self.logged())

    def test_a_server_that_our_authority_vouches_for_is_talked_to_in_tls(self):
        done = self.migrate(ca_file=f"{self.folder}/ca.pem")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.logged(), r"connection authorized: user=postgres .*SSL enabled \(protocol=TLSv1\.3")

    def test_a_server_that_another_vouches_for_is_refused(self):
        self.assert_refused(self.migrate(ca_file=f"{self.folder}/other.pem"), "certificate verify failed")

    def test_a_server_that_nobody_known_vouches_for_is_refused(self):
        self.assert_refused(self.migrate(), "certificate")

    def test_a_server_of_another_name_is_refused(self):
        self.assert_refused(self.migrate("db.other.test", ca_file=f"{self.folder}/ca.pem"), "does not match host name")

    def test_who_says_otherwise_in_the_url_or_for_all_is_believed(self):
        for options, database in (("&sslmode=disable", {}), ("", {"sslmode": "disable"})):
            self.setUp()
            done = self.migrate(options=options, **database)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(self.logged(), "connection authorized: user=postgres")
            self.assertNotIn("SSL enabled", self.logged())

    def test_the_url_goes_before_what_is_said_for_all(self):
        done = self.migrate(options=f"&sslmode=verify-full&sslrootcert={self.folder}/ca.pem", sslmode="disable",
                            ca_file=f"{self.folder}/other.pem")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SSL enabled", self.logged())


class DatabaseWithoutTls(unittest.TestCase):
    """One that cannot speak TLS, or somebody between who claims so."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="winnow-database-plain-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        password_file = os.path.join(cls.folder, "password")
        with open(password_file, "w", encoding="utf-8") as out:
            out.write(PASSWORD + "\n")
        if AS_POSTGRES:
            for name in (cls.folder, password_file):
                shutil.chown(name, "postgres")
        cls.postgres = Postgres(cls.folder, password_file, ["-c", "log_connections=on", "-c", "fsync=off"])
        cls.addClassCleanup(cls.postgres.stop)

    setUp, logged, migrate, assert_refused = (DatabaseTls.setUp, DatabaseTls.logged, DatabaseTls.migrate,
                                              DatabaseTls.assert_refused)

    def test_elsewhere_it_is_refused_before_the_password_is_said(self):
        self.assert_refused(self.migrate(), "does not support SSL")

    def test_on_this_machine_it_is_used(self):
        done = self.migrate(host="127.0.0.1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("connection authorized: user=postgres", self.logged())


if __name__ == "__main__":
    unittest.main()
