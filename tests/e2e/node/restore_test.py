"""The drill of docs/operations.md: a backup is restored into a new cluster, and a node goes on there with the same keys."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import Client, Instance, openssl, wait_until
from node.container_test import AS_POSTGRES, PROGRAMS, Postgres, run

SECRET_PATH = "canary-5f3d0c"  # what a webhook's URL has to hide
SERVING = re.compile(r'"message":"serving","customer_port":(\d+),"management_port":(\d+)')


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="winnow-restore-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.kept = cls.back_up()
        cls.postgres = cls.restore()
        cls.addClassCleanup(cls.postgres.stop)

    @classmethod
    def back_up(cls):
        """Of an instance at work, which is gone afterwards. What its admin sees, and the keys of those who call."""
        with Instance() as instance:
            admin, sender = instance.user("admin"), instance.integration()
            hook = admin.post("/api/v1/contacts", {"name": "hook", "type": "webhook",
                                                   "url": f"https://127.0.0.1:9/{SECRET_PATH}"})
            assert hook.status == 201, hook.body
            for number in range(3):
                sent = sender.post("/api/v1/alerts", {"title": f"disk {number} full", "severity": "major"})
                assert sent.status == 202, sent.body
            wait_until(lambda: len(admin.get("/api/v1/tickets").json()["items"]) == 3, "the tickets")
            state = os.path.join(instance.state_dir, "state")
            for name in ("server.pem", "server-key.pem", "encryption.key", "vault-root.key"):
                shutil.copy(os.path.join(state, name), cls.folder)
            shutil.copy(instance.ready["ca_file"], os.path.join(cls.folder, "ca.pem"))
            source = instance.ready["database_url"]
            run(f"{PROGRAMS}/pg_dumpall", "--globals-only", "--file", f"{cls.folder}/roles.sql", "--dbname", source)
            run(f"{PROGRAMS}/pg_dump", "--format=custom", "--file", f"{cls.folder}/winnow.dump", source)
            run(f"{PROGRAMS}/pg_dump", "--format=custom", "--file", f"{cls.folder}/vault.dump",
                source.replace("/winnow?", "/winnow_vault?"))
            seen = cls.seen(admin)
            admin.close()
            sender.close()
            tenant = instance.ready["tenants"][0]
            return {"admin": tenant["users"]["admin"]["key"], "integration": tenant["integration"]["key"], "seen": seen,
                    "secret": hook.json()["secret"]}

    @classmethod
    def restore(cls):
        password_file = os.path.join(cls.folder, "password")
        pathlib.Path(password_file).write_text("drill\n", encoding="utf-8")
        if AS_POSTGRES:
            for name in (cls.folder, password_file):
                shutil.chown(name, "postgres")
        postgres = Postgres(cls.folder, password_file)
        try:
            cls.url = f"@/winnow?host={cls.folder}&port={postgres.port}"
            cls.vault = f"@/winnow_vault?host={cls.folder}&port={postgres.port}"
            first = f"@/postgres?host={cls.folder}&port={postgres.port}"
            said = subprocess.run([f"{PROGRAMS}/psql", "-qX", f"postgresql://postgres{first}", "-f", f"{cls.folder}/roles.sql"],
                                  capture_output=True, text=True, check=True).stderr
            assert re.fullmatch(r'(psql:.*: ERROR:  role "postgres" already exists\n)?', said), said
            for dump in ("winnow.dump", "vault.dump"):
                run(f"{PROGRAMS}/pg_restore", "--exit-on-error", "--create", "--dbname", f"postgresql://postgres{first}",
                    f"{cls.folder}/{dump}")
        except BaseException:
            postgres.stop()
            raise
        return postgres

    @staticmethod
    def seen(admin):
        """All that an admin made or got, as the API shows it."""
        paths = ("tickets", "contacts", "contact-groups", "rules", "integrations", "users", "settings", "silences")
        return {path: admin.get(f"/api/v1/{path}").json() for path in paths}

    def sql(self, statement, user="postgres", database=None):
        return run(f"{PROGRAMS}/psql", "-qAtX", "-v", "ON_ERROR_STOP=1",
                   f"postgresql://{user}{database or self.url}", "-c", statement).strip()

    def serve(self, sealed_by="vault-root.key", **certificate):
        """A node on the restored database; returns its process and a client's maker."""
        files = {"certificate_file": "server.pem", "key_file": "server-key.pem"} | certificate
        listener = "{port: 0, " + ", ".join(f"{key}: {self.folder}/{name}" for key, name in files.items()) + "}"
        config = os.path.join(self.folder, "drill.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"listen:\n  customer: {listener}\n  management: {listener}\n"
                      f"encryption_key_file: {self.folder}/encryption.key\nprovider: {{key_sha256: '{'0' * 64}'}}\n"
                      f"vault: {{url: 'postgresql://winnow_vault{self.vault}', root_key_files: [{self.folder}/{sealed_by}]}}\n"
                      "delivery: {egress_allow: [127.0.0.0/8]}\ndatabase:\n" +
                      "".join(f"  {name}_url: 'postgresql://winnow_{name}{self.url}'\n"
                              for name in ("api", "pipeline", "provider")))
        os.chmod(config, 0o600)
        log = os.path.join(self.folder, f"{self._testMethodName}.log")
        with open(log, "ab") as out:
            node = subprocess.Popen([os.environ["WINNOW_BINARY"], "serve", "--config", config], stderr=out, cwd=self.folder)
        self.addCleanup(lambda: node.poll() is None and node.kill())

        def is_serving():
            text = pathlib.Path(log).read_text(encoding="utf-8")
            self.assertIsNone(node.poll(), text)
            return SERVING.search(text)

        port = wait_until(is_serving, "winnow serve", 60)[1]

        def client(key):
            made = Client(f"https://127.0.0.1:{port}", os.path.join(self.folder, "ca.pem"), key)
            self.addCleanup(made.close)
            return made
        return node, client, log

    def end(self, node):
        node.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(60), 0)

    def test_1_everything_is_as_it_was_and_goes_on(self):
        node, client, _ = self.serve()
        admin = client(self.kept["admin"])
        self.maxDiff = None
        self.assertEqual(self.seen(admin), self.kept["seen"])
        self.assertIn(SECRET_PATH, admin.get("/api/v1/contacts").body.decode(), "the keys of the vault open it")
        sent = client(self.kept["integration"]).post("/api/v1/alerts", {"title": "after the restore", "severity": "major"})
        self.assertEqual(sent.status, 202, sent.body)
        wait_until(lambda: len(admin.get("/api/v1/tickets").json()["items"]) == 4, "the ticket of what came afterwards")
        self.end(node)

    def test_2_the_schema_is_whole_and_closed(self):
        done = run(os.environ["WINNOW_BINARY"], "migrate", "--url", f"postgresql://postgres{self.url}",
                   stdin=subprocess.DEVNULL)
        self.assertEqual(done, "")
        self.assertEqual(self.sql("select has_database_privilege('public', 'winnow', 'connect')"), "f")
        self.assertEqual(self.sql("select count(*) from tickets", "winnow_api"), "0", "without a tenant nothing is seen")
        self.assertGreaterEqual(int(self.sql("select count(*) from tickets")), 3)

    def test_3_the_backups_give_no_secret_away_without_the_root_key(self):
        plain = "".join(run(f"{PROGRAMS}/pg_restore", "--file", "-", f"{self.folder}/{dump}")
                        for dump in ("winnow.dump", "vault.dump"))
        self.assertIn("disk 0 full", plain)  # alerts and tickets are plain
        for secret in (SECRET_PATH, self.kept["secret"], self.kept["admin"], self.kept["integration"]):
            self.assertNotIn(secret, plain)
        pathlib.Path(self.folder, "other.key").write_text("b" * 64, encoding="utf-8")
        node, client, _ = self.serve("other.key")
        contacts = client(self.kept["admin"]).get("/api/v1/contacts")
        self.assertEqual(contacts.status, 200)
        self.assertIn("***", contacts.body.decode())
        self.assertNotIn(SECRET_PATH, contacts.body.decode())
        self.end(node)

    def test_4_the_tenants_key_is_renewed_and_nobody_notices(self):
        node, client, _ = self.serve()
        admin = client(self.kept["admin"])
        before = self.sql("select md5(key) from tenant_key")
        for _ in range(20):
            self.assertEqual(admin.get("/api/v1/tickets").status, 200)
        self.sql("set role winnow_owner; select renew_tenant_key()")
        self.assertNotEqual(self.sql("select md5(key) from tenant_key"), before)
        for _ in range(20):
            self.assertEqual(admin.get("/api/v1/tickets").status, 200)
        self.end(node)

    def test_5_a_certificate_is_replaced_while_it_serves(self):
        new = [f"{self.folder}/new.pem", f"{self.folder}/new-key.pem"]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", new[1],
                "-out", new[0], "-subj", "/CN=another", "-addext", "subjectAltName=IP:127.0.0.1")
        for name in ("server.pem", "server-key.pem"):
            shutil.copy(f"{self.folder}/{name}", f"{self.folder}/used-{name}")
        node, client, log = self.serve(certificate_file="used-server.pem", key_file="used-server-key.pem")
        old = client(self.kept["admin"])
        self.assertEqual(old.get("/api/v1/me").status, 200)
        for name, place in zip(new, ("used-server.pem", "used-server-key.pem")):
            os.replace(name, f"{self.folder}/{place}")
        node.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificates reloaded" in pathlib.Path(log).read_text(encoding="utf-8"), "the reload")
        self.assertEqual(old.get("/api/v1/me").status, 200, "an open connection stays")
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{old.host.port}"], input="", text=True,
                               capture_output=True, check=False).stdout
        self.assertRegex(shown, r"subject=CN ?= ?another")
        self.end(node)

    def test_6_a_role_gets_another_password_and_open_sessions_stay(self):
        self.sql("alter role winnow_api password 'first'")
        psql = f"{PROGRAMS}/psql -qAtX"
        script = f"""select 'open';
\\! {psql} 'postgresql://postgres{self.url}' -c "alter role winnow_api password 'second'"
\\! {psql} 'postgresql://winnow_api:first@127.0.0.1:{self.postgres.port}/winnow' -c 'select 1' 2>/dev/null || echo refused
\\! {psql} 'postgresql://winnow_api:second@127.0.0.1:{self.postgres.port}/winnow' -c "select 'let in'"
select 'still open';
"""
        session = subprocess.run([*psql.split(), f"postgresql://winnow_api:first@127.0.0.1:{self.postgres.port}/winnow"],
                                 input=script, capture_output=True, text=True, check=True)
        self.assertEqual(sorted(session.stdout.splitlines()), ["let in", "open", "refused", "still open"])

    def test_7_an_older_dump_opens_nothing_once_the_keys_in_the_vault_were_destroyed(self):
        self.sql("update tenant_keys set state = 'destroyed', wrapped = '', retired_at = coalesce(retired_at, now()),"
                 " destroyed_at = now(), changed_at = clock_timestamp()", database=self.vault)
        node, client, _ = self.serve()
        admin = client(self.kept["admin"])
        contacts = admin.get("/api/v1/contacts").body.decode()
        self.assertIn("***", contacts)
        self.assertNotIn(SECRET_PATH, contacts)
        refused = admin.post("/api/v1/contacts", {"name": "another", "type": "webhook", "url": "https://127.0.0.1:9/x"})
        self.assertEqual(refused.status, 409, refused.body)
        sent = client(self.kept["integration"]).post("/api/v1/alerts", {"title": "goes on", "severity": "major"})
        self.assertEqual(sent.status, 202, sent.body)
        self.end(node)


if __name__ == "__main__":
    unittest.main()
