"""The vault of a running instance: what a peer makes of it, rotation that is killed half way, and keys that are destroyed."""

import base64
import glob
import json
import os
import subprocess
import tempfile
import threading
import unittest
import uuid

from harness import Instance, wait_until

from tenants.vault_peer import open_sealed, root_id, seal, unwrap, wrap

PSQL = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
BINARY = os.environ["WINNOW_BINARY"]
SECRET = "https://127.0.0.1:9/services/xoxb-token"
OTHERS = 100_000  # keys of tenants that nobody asks for: enough for a rotation to be met half way


def setUpModule():
    global folder, roots, instance
    folder = unittest.enterModuleContext(tempfile.TemporaryDirectory())
    roots = [os.urandom(32), os.urandom(32)]
    for number, root in enumerate(roots):
        path = os.path.join(folder, f"root{number}.key")
        with open(path, "w", encoding="utf-8") as out:
            out.write(root.hex() + "\n")
        os.chmod(path, 0o600)
    instance = Instance(config=f"vault: {{root_key_files: [{folder}/root0.key, {folder}/root1.key]}}\n", tenants=2)
    unittest.enterModuleContext(instance)


def psql(statement, vault=False, given=None):
    url = instance.ready["database_url"]
    if vault:
        url = url.replace("/winnow?", "/winnow_vault?")
    done = subprocess.run([PSQL, "-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c", statement], input=given, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def winnow(*words, status=0):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": instance.state})
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def tenant(number=0):
    return instance.ready["tenants"][number]["tenant_id"]


def a_contact(name, number=0):
    made = instance.user("admin", number).post("/api/v1/contacts", {"name": name, "type": "webhook", "url": SECRET})
    assert made.status == 201, made.body
    return made.json()["id"]


def url_of(contact, number=0):
    return instance.user("admin", number).get(f"/api/v1/contacts/{contact}").json()["url"]


def sealed_url(contact):
    return base64.b64decode(psql(f"select settings->'url'->>'sealed' from contacts where contact_id = '{contact}'"))


def stored_key(of, version):
    """(root key, the tenant's key)"""
    root, wrapped = psql(f"select root_id || ' ' || encode(wrapped, 'hex') from tenant_keys"
                         f" where tenant_id = '{of}' and version = {version}", vault=True).split()
    mine = next(each for each in roots if root_id(each) == root)
    return mine, unwrap(mine, bytes.fromhex(wrapped), of, version)


def at_once(chore):
    """The node that is started next does it, whoever has done it last."""
    psql(f"delete from chore_runs where chore = '{chore}'")


class Vault(unittest.TestCase):
    def test_1_a_peer_opens_what_is_stored_and_what_it_sealed_opens(self):
        contact = a_contact("peer")
        sealed = sealed_url(contact)
        version = int.from_bytes(sealed[1:5], "big")
        _, key = stored_key(tenant(), version)
        place = (tenant(), "contacts", "settings", f"{contact}/url")
        self.assertEqual(open_sealed(key, "webhook", sealed, *place), SECRET.encode())
        another = seal(key, "webhook", b"https://127.0.0.1:9/by-a-peer", *place, version)
        settings = json.dumps({"shown": "https://127.0.0.1:9", "sealed": base64.b64encode(another).decode()})
        psql(f"update contacts set settings = jsonb_set(settings, '{{url}}', '{settings}') where contact_id = '{contact}'")
        self.assertEqual(url_of(contact), "https://127.0.0.1:9/by-a-peer")
        # In another place it does not.
        other = a_contact("another place")
        psql(f"update contacts set settings = jsonb_set(settings, '{{url}}', '{settings}') where contact_id = '{other}'")
        self.assertEqual(url_of(other), "https://127.0.0.1:9/***")

    def test_2_a_tenants_key_is_rotated_and_what_it_sealed_is_sealed_anew(self):
        contact = a_contact("rotated", 1)
        self.assertIn("version 2 seals", winnow("keys", "rotate", "--tenant", tenant(1)))
        self.assertEqual(url_of(contact, 1), SECRET)
        at_once("reseal_secrets")
        self.assertEqual(instance.stop(), 0)
        instance.start()
        wait_until(lambda: sealed_url(contact)[:5] == b"\x02\0\0\0\x02", "the new version", 90)
        self.assertEqual(url_of(contact, 1), SECRET)
        _, key = stored_key(tenant(1), 2)
        self.assertEqual(open_sealed(key, "webhook", sealed_url(contact), tenant(1), "contacts", "settings", f"{contact}/url"),
                         SECRET.encode())
        self.assertIn("retiring", winnow("keys", "list", tenant(1)))

    def test_3_a_root_key_is_rotated_also_where_every_node_is_killed_half_way(self):
        contact = a_contact("during")
        rows = []
        for _ in range(OTHERS):
            of = str(uuid.uuid4())
            rows.append(f"{of}\t1\t{root_id(roots[0])}\t\\\\x{wrap(roots[0], os.urandom(32), of, 1).hex()}\tcurrent\n")
        psql("copy tenant_keys (tenant_id, version, root_id, wrapped, state) from stdin", vault=True, given="".join(rows))
        self.assertIn("to be wrapped anew", winnow("keys", "rotate"))
        self.assertEqual(winnow("keys", "rotate", status=1).count("no such root key waits"), 1)

        def left():
            return int(psql(f"select count(*) from tenant_keys where root_id = '{root_id(roots[0])}'", vault=True))

        at_once("rewrap_keys")
        instance.kill()
        instance.start()
        wait_until(lambda: left() < OTHERS, "the first step", 90)
        at_once("rewrap_keys")
        instance.kill()
        instance.start()
        half = left()
        self.assertGreater(half, 0, "the rotation was over before it was killed: more keys are needed")
        wrong, over = [], threading.Event()

        def ask():
            while not over.is_set():
                if url_of(contact) != SECRET:
                    wrong.append(url_of(contact))

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            wait_until(lambda: left() == 0, "everything to be wrapped anew", 120)
        finally:
            over.set()
            asking.join()
        self.assertEqual(wrong, [])
        self.assertEqual(psql("select count(*) from tenant_keys", vault=True),
                         psql(f"select count(*) from tenant_keys where root_id = '{root_id(roots[1])}'", vault=True))
        for line in psql("select tenant_id || ' ' || version || ' ' || encode(wrapped, 'hex') from tenant_keys"
                         " where state <> 'destroyed'", vault=True).splitlines():
            of, version, wrapped = line.split()
            self.assertEqual(len(unwrap(roots[1], bytes.fromhex(wrapped), of, int(version))), 32)

    def test_4_destroyed_keys_open_nothing_and_others_go_on(self):
        gone, stays = a_contact("gone", 1), a_contact("stays", 0)
        code = instance.ready["tenants"][1]["service_code"]
        destroy = ("keys", "destroy", code, "--reason", "the contract has ended", "--service-code")
        self.assertIn("suspend it", winnow(*destroy, code, status=1))
        suspended = instance.provider().post(f"/admin/v1/tenants/{tenant(1)}/suspend", None)
        self.assertEqual(suspended.status, 200, suspended.body)
        self.assertIn("is not this tenant's", winnow(*destroy, "another", status=1))
        self.assertIn("versions destroyed", winnow(*destroy, code))
        self.assertEqual(psql(f"select count(*) from tenant_keys where tenant_id = '{tenant(1)}' and wrapped <> ''", vault=True),
                         "0")
        resumed = instance.provider().post(f"/admin/v1/tenants/{tenant(1)}/resume", None)
        self.assertEqual(resumed.status, 409, resumed.body)
        self.assertIn("were destroyed", winnow(*destroy, code, status=1))
        wait_until(lambda: url_of(gone, 1) == "https://127.0.0.1:9/***", "the node to have heard")
        self.assertEqual(url_of(stays), SECRET)
        psql(f"update tenants set state = 'active', suspended_at = null where tenant_id = '{tenant(1)}'")  # as one before did
        another = {"name": "n", "type": "webhook", "url": SECRET}
        wait_until(lambda: instance.user("admin", 1).post("/api/v1/contacts", another).status == 409, "nothing to be sealed")
        sent = instance.integration(1).post("/api/v1/alerts", {"title": "alerts are taken all the same"})
        self.assertEqual(sent.status, 202, sent.body)
        acts = [each["act"] for each in instance.provider().get("/admin/v1/audit-log?limit=100").json()["items"]]
        for act in ("tenant_key.destroy", "root_key.rotate", "tenant_key.rotate"):
            self.assertIn(act, acts)

    def test_5_without_the_vault_alerts_are_taken_and_what_is_open_goes_on(self):
        contact = a_contact("known")
        psql("alter role winnow_vault nologin")
        psql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'winnow_vault'")
        try:
            def exposition():
                return instance.provider().get("/metrics").body.decode()

            wait_until(lambda: "winnow_vault_up 0" in exposition(), "the node to notice", 60)
            self.assertEqual(instance.anonymous().get("/readyz").status, 200)
            self.assertEqual(url_of(contact), SECRET)
            sent = instance.integration().post("/api/v1/alerts", {"title": "without the vault"})
            self.assertEqual(sent.status, 202, sent.body)
            self.assertEqual(instance.provider().get("/admin/v1/keys").status, 503)
        finally:
            psql("alter role winnow_vault login")
        wait_until(lambda: "winnow_vault_up 1" in instance.provider().get("/metrics").body.decode(), "the vault", 60)
        self.assertEqual(instance.provider().get("/admin/v1/keys").status, 200)


if __name__ == "__main__":
    unittest.main()
