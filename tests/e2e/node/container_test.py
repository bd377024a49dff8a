"""What docker/compose.yaml says, without an engine: its scripts, its environment, its order, on this machine.

Also the only suite that drives `winnow serve`: a PostgreSQL that asks for passwords, roles made beforehand, migration as
a step of its own, configuration by environment, secrets by files.
"""

import glob
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

from harness import Client, free_port, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def run(*words, **kwargs):
    result = subprocess.run(words, capture_output=True, text=True, check=False, **kwargs)
    assert result.returncode == 0, f"{words}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


class Postgres:
    """As the image postgres:15 sets it up: a superuser with a password, passwords over TCP."""

    def __init__(self, folder, password_file, extra=()):
        self.port = free_port()
        self.data = os.path.join(folder, "data")
        self.log = open(os.path.join(folder, "postgres.log"), "wb")
        run(*AS_POSTGRES, f"{PROGRAMS}/initdb", "-D", self.data, "-U", "postgres", f"--pwfile={password_file}",
            "--auth-local=trust", "--auth-host=scram-sha-256", *initdb_arguments(), cwd="/")
        self.process = subprocess.Popen(
            [*AS_POSTGRES, f"{PROGRAMS}/postgres", "-D", self.data, "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", *extra],
            stdout=self.log, stderr=self.log, cwd="/")
        ready = [f"{PROGRAMS}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL")

    def stop(self):
        run(*AS_POSTGRES, f"{PROGRAMS}/pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop", cwd="/")
        self.process.wait(timeout=30)
        self.log.close()


def compose():
    return (ROOT / "docker/compose.yaml").read_text(encoding="utf-8")


def initdb_arguments():
    return re.search(r"POSTGRES_INITDB_ARGS: (.*)", compose())[1].split()


def environment_of(service, secrets):
    """The WINNOW_ variables of a service, with the paths of its secrets on this machine."""
    section = re.search(rf"^  {service}:\n(.*?)(?=^  \w|^\w)", compose(), re.MULTILINE | re.DOTALL)[1]
    variables = dict(re.findall(r"^      (WINNOW_\w+): (.+)$", section, re.MULTILINE))
    files = dict(re.findall(r"^  (\w+): \{file: secrets/([\w.-]+)\}$", compose(), re.MULTILINE))
    granted = re.split(r",\s+", re.search(r"^    secrets: \[([^\]]*)\]$", section, re.MULTILINE)[1])
    environment = {}
    for name, value in variables.items():
        if value.startswith("/run/secrets/"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in granted, f"{service} names the secret {secret} and is not given it"
            value = os.path.join(secrets, files[secret])
        environment[name] = value
    return environment


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="winnow-container-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        if AS_POSTGRES:
            shutil.chown(cls.folder, "postgres")
        cls.secrets = os.path.join(cls.folder, "secrets")
        cls.make_secrets()
        cls.postgres = Postgres(cls.folder, os.path.join(cls.secrets, "postgres_password"))
        cls.addClassCleanup(cls.postgres.stop)

    @classmethod
    def make_secrets(cls):
        os.makedirs(cls.secrets, exist_ok=True)
        environment = {**os.environ, "SECRETS_DIR": cls.secrets, "DATABASE_HOST": "database.invalid"}
        return run(ROOT / "docker/make-secrets.sh", "winnow.example.org", env=environment)

    @classmethod
    def secret(cls, name):
        return pathlib.Path(cls.secrets, name).read_text(encoding="utf-8").strip()

    def winnow(self, service, *arguments, wait=True, **more):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
        environment.update(environment_of(service, self.secrets))
        environment.update(more)
        command = [os.environ["WINNOW_BINARY"], *arguments]
        if not wait:
            log = open(os.path.join(self.folder, "winnow.log"), "ab")
            self.addCleanup(log.close)
            return subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

    def log(self):
        return pathlib.Path(self.folder, "winnow.log").read_text(encoding="utf-8")

    def test_the_steps_of_the_compose_file(self):
        self.check_secrets()
        self.point_urls_at(self.postgres.port)
        self.make_roles()
        self.migrate()
        self.serve()

    def test_the_image_holds_every_library_that_the_program_needs(self):
        installed = set((ROOT / "docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").split())
        needed = re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "-d", os.environ["WINNOW_BINARY"]))
        self.assertGreater(len(needed), 5)
        paths = dict(re.findall(r"^\s*(\S+) => (\S+)", run("ldd", os.environ["WINNOW_BINARY"]), re.MULTILINE))
        for library in needed:
            with self.subTest(library=library):
                path = os.path.realpath(paths[library])  # packages know it with or without /usr
                owner = subprocess.run(["dpkg", "-S", path, path.removeprefix("/usr")], capture_output=True, text=True,
                                       check=False).stdout
                self.assertIn(owner.partition(":")[0], installed | {"libc6", "libgcc-s1"}, path)

    def check_secrets(self):
        made = {name: self.secret(name) for name in os.listdir(self.secrets) if not name.endswith((".csr", ".srl"))}
        self.make_secrets()
        self.assertEqual({name: self.secret(name) for name in made}, made, "a second run changes nothing")
        for name in ("server-key.pem", "encryption_key", "audit_signing_key", "vault_root_key", "vault_url", "api_url",
                     "api_password"):
            mode = stat.S_IMODE(os.stat(os.path.join(self.secrets, name)).st_mode)
            self.assertEqual(mode, 0o444, f"{name} must be readable in the container")

    def point_urls_at(self, port):
        for name in ("owner_url", "api_url", "pipeline_url", "provider_url", "vault_owner_url", "vault_url"):
            path = pathlib.Path(self.secrets, name)
            url = path.read_text(encoding="utf-8").replace("@database.invalid/", f"@127.0.0.1:{port}/")
            path.unlink()
            path.write_text(url, encoding="utf-8")

    def make_roles(self):
        connection = {"PGHOST": "127.0.0.1", "PGPORT": str(self.postgres.port),
                      "PGPASSWORD": self.secret("postgres_password")}
        environment = {**os.environ, **connection, "SECRETS_DIR": self.secrets}
        run("psql", "-U", "postgres", "-q", "-c", "create database winnow", env=environment)
        run(ROOT / "docker/create-roles.sh", env=environment)

    def migrate(self):
        configuration = str(ROOT / "config/winnow.yaml")
        early = self.winnow("winnow", "serve", "--config", configuration, **self.by_hand())
        self.assertEqual((early.returncode, "run `winnow migrate`" in early.stderr), (1, True), early.stderr)
        first = self.winnow("migrate", "migrate", "--config", configuration)
        self.assertEqual(first.returncode, 0, first.stderr)
        second = self.winnow("migrate", "migrate", "--config", configuration)
        self.assertEqual((second.returncode, "nothing to do" in second.stderr), (0, True), second.stderr)

    def by_hand(self):
        """What env_file gives, and ports that are free here."""
        name, digest = self.secret("provider.env").split("=")
        return {name: digest, "WINNOW_LISTEN_CUSTOMER_PORT": "0", "WINNOW_LISTEN_MANAGEMENT_PORT": "0"}

    def serve(self):
        process = self.winnow("winnow", "serve", "--config", str(ROOT / "config/winnow.yaml"), wait=False,
                              **self.by_hand())
        self.addCleanup(process.kill)
        line = re.compile(r'"message":"serving","customer_port":(\d+),"management_port":(\d+)')

        def is_serving():
            self.assertIsNone(process.poll(), self.log())
            return line.search(self.log())

        serving = wait_until(is_serving, "winnow serve")
        customer, management = (f"https://127.0.0.1:{port}" for port in serving.groups())
        ca_file = os.path.join(self.secrets, "ca.pem")
        probe = Client(customer, ca_file)
        self.addCleanup(probe.close)
        self.assertEqual(probe.get("/readyz").status, 200)

        created = run(os.environ["WINNOW_BINARY"], "tenant", "create", "Acme Ltd", "--admin-email", "ops@acme.example",
                      env={**os.environ, "WINNOW_URL": management, "WINNOW_CA_FILE": ca_file,
                           "WINNOW_KEY": self.secret("provider.key")})
        key = re.search(r"wnu_\S+", created)[0]
        admin = Client(customer, ca_file, key)
        self.addCleanup(admin.close)
        self.assertEqual(admin.get("/api/v1/me").status, 200)
        self.assertEqual(admin.get("/api/v1/tickets").json()["items"], [])

        self.assertNotIn("are not signed", self.log(), "audit logs have a key of their own")

        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificates reloaded" in self.log(), "the reload")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 0, self.log())
        self.assertNotIn(self.secret("api_password"), self.log())


if __name__ == "__main__":
    unittest.main()
