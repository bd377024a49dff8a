"""Imports: what one tenant has exported another one has, and an export of that is equal; archives that are none, or were made
to do harm, change nothing."""

import base64
import copy
import ctypes
import glob
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest

from harness import Client, Instance, wait_until
from tenants.exports_compared import differences
from tenants.exports_test import members_of

PART = 512 * 1024
ONE, TWO, THREE = (f"0199c0de-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))


def packed(content):
    """One zstd frame."""
    library = ctypes.CDLL("libzstd.so.1")
    for name in ("ZSTD_compressBound", "ZSTD_compress"):
        getattr(library, name).restype = ctypes.c_size_t
    library.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    library.ZSTD_compress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    room = library.ZSTD_compressBound(len(content))
    frame = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(frame, room, content, len(content), 3)
    return frame.raw[:size]


def tar_of(files, change=lambda member: None):
    """`change` may make a member what no export has."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 0
            change(member)
            tar.addfile(member, io.BytesIO(content))
    blocks = out.getvalue().rstrip(b"\0")
    return blocks + bytes(-len(blocks) % 512) + bytes(1024)


def with_manifest(files, **more):
    manifest = {"format": "winnow-export/1", "tenant": {"id": ONE, "service_code": "acme"}, "schema": "0049_exports",
                "taken_at": "2026-11-28T09:00:00Z",
                "files": [{"name": name, "rows": content.count(b"\n"), "bytes": len(content),
                           "sha256": hashlib.sha256(content).hexdigest()} for name, content in files], **more}
    return [*files, ("manifest.json", json.dumps(manifest).encode())]


def integration(identity, name):
    return json.dumps({"integration_id": identity, "name": name, "created_at": "2026-11-28T00:00:00Z"}).encode() + b"\n"


def owed():
    """How much timelines are owed yet."""
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    done = subprocess.run([psql, "-qAt", instance.ready["database_url"], "-c", "select count(*) from owed_events"], check=True,
                          capture_output=True, text=True)
    return int(done.stdout)


def setUpModule():
    global instance
    instance = Instance(tenants=2)
    instance.start()
    unittest.addModuleCleanup(instance.__exit__)


class Compared(unittest.TestCase):
    """The function that says what must be equal can say that something is not."""

    TICKET = "01a22206-ca7b-8a4b-b585-1bb5c4290027"  # version 8, and the kind of a ticket
    ALERT, MOVED = "01a22206-ca7b-8a4b-b585-1bb5c4290026", "01a22206-ca7b-8fff-b585-aaaaaaaa0026"
    ROWS = {
        "users/000001.ndjson": [{"user_id": ONE, "email": "admin@example.org", "state": "active", "invited": False},
                                {"user_id": TWO, "email": "op@example.org", "state": "active", "invited": False}],
        "contacts/000001.ndjson": [{"name": "hook", "enabled": True,
                                    "settings": {"url": {"shown": "https://x", "sealed": None}}}],
        "ticket_events/000001.ndjson": [{"ticket_id": TICKET, "data": {"alert_id": ALERT}, "actor": f"user:{ONE}"}],
        "deliveries/000001.ndjson": [{"delivery_id": THREE, "state": "pending", "finished_at": None, "last_error": ""}],
        "audit/000001.ndjson": [{"seq": 1}],
    }

    @staticmethod
    def archive(rows):
        return {name: "".join(json.dumps(row) + "\n" for row in many).encode() for name, many in rows.items()}

    def imported(self):
        rows = copy.deepcopy(self.ROWS)
        here = "0199c0de-0000-7000-8000-000000000009"
        rows["users/000001.ndjson"][0]["user_id"] = here
        rows["users/000001.ndjson"][1].update(state="disabled", invited=True)
        rows["contacts/000001.ndjson"][0].update(settings={}, enabled=False)
        rows["ticket_events/000001.ndjson"][0].update(data={"alert_id": self.MOVED}, actor=f"user:{here}")
        rows["deliveries/000001.ndjson"][0].update(state="cancelled", finished_at="now", last_error="it was imported")
        rows["audit/000001.ndjson"] = [{"seq": 1, "act": "import.finish"}]
        return rows

    def told(self, rows):
        return differences(self.archive(self.ROWS), self.archive(rows), "admin@example.org")

    def test_what_is_new_by_nature_is_no_difference(self):
        self.assertEqual(self.told(self.imported()), [])

    def test_anything_else_is_one(self):
        changes = {
            "users/000001.ndjson": {"email": "other@example.org"},
            "contacts/000001.ndjson": {"name": "other"},
            "ticket_events/000001.ndjson": {"ticket_id": self.TICKET.replace("ca7b", "ca7c")},
            "deliveries/000001.ndjson": {"state": "delivered"},
        }
        for name, change in changes.items():
            with self.subTest(name=name):
                rows = self.imported()
                rows[name][-1].update(change)
                self.assertEqual(len(self.told(rows)), 2, "one is gone, and one is new")
        for moved in ("01a22206-ca7c-8fff-b585-aaaaaaaa0026", "01a22206-ca7b-8fff-b585-aaaaaaaa002a"):
            rows = self.imported()
            rows["ticket_events/000001.ndjson"][0]["data"]["alert_id"] = moved
            self.assertEqual(len(self.told(rows)), 2, "another time, or another place in its row")
        rows = self.imported()
        rows["ticket_events/000001.ndjson"] *= 2
        self.assertEqual(self.told(rows), ["ticket_events: 1 rows have become 2"])
        rows = self.imported()
        rows["rules/000001.ndjson"] = [{"name": "new"}]
        self.assertEqual(len(self.told(rows)), 2)


class Imports(unittest.TestCase):
    made = 0

    def good(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def client(self, key):
        client = Client(instance.ready["customer_url"], instance.ready["ca_file"], key)
        self.addCleanup(client.close)
        return client

    def admin(self, tenant=0, role="admin"):
        client = instance.user(role, tenant)
        self.addCleanup(client.close)
        return client

    def new_tenant(self, email="admin@example.org"):
        """Its admin, and the admin's key."""
        Imports.made += 1
        provider = instance.provider()
        self.addCleanup(provider.close)
        made = self.good(provider.post("/admin/v1/tenants", {"name": f"New {self.made}", "admin": {"email": email}}), 201).json()
        return self.client(made["admin"]["key"]), made["admin"]["key"]

    def exported(self, admin):
        """The archive's bytes."""
        path = "/api/v1/exports/" + self.good(admin.post("/api/v1/exports", {}), 202).json()["id"]
        wait_until(lambda: admin.get(path).json()["state"] == "ready", "the export")
        return self.good(admin.get(path + "/content"), 200).body

    def uploaded(self, admin, archive, **asked):
        """The path of an import that has all of its parts."""
        made = self.good(admin.post("/api/v1/imports", asked), 201).json()
        path = "/api/v1/imports/" + made["id"]
        for number, begin in enumerate(range(0, len(archive), PART)):
            part = base64.b64encode(archive[begin:begin + PART]).decode()
            self.good(admin.post(path + "/parts", {"number": number, "bytes": part}), 200)
        return path

    def imported(self, admin, archive, **asked):
        """What became of it."""
        path = self.uploaded(admin, archive, **asked)
        self.good(admin.post(path + "/start", None), 202)

        def ended():
            shown = self.good(admin.get(path), 200).json()
            return shown if shown["state"] in ("done", "failed") else None
        return wait_until(ended, "the import")

    def fill(self, tenant):
        admin = self.admin(tenant)
        hook = self.good(admin.post("/api/v1/contacts", {"name": "hook", "type": "webhook", "url": "https://127.0.0.1:9/t"}), 201)
        self.good(admin.post("/api/v1/contacts", {"name": "mail", "type": "email", "address": "noc@example.org"}), 201)
        group = self.good(admin.post("/api/v1/contact-groups", {"name": "noc", "contact_ids": [hook.json()["id"]]}), 201).json()
        self.good(admin.call("PATCH", "/api/v1/settings", {"default_route": [group["id"]], "close_approval": True}), 200)
        rule = {"name": "quiet", "condition": 'env="test"', "actions": [{"type": "suppress"}]}
        made = self.good(admin.post("/api/v1/rules", rule), 201).json()
        self.good(admin.call("PATCH", f"/api/v1/rules/{made['id']}", {"description": "changed"}), 200)
        self.good(admin.post("/api/v1/silences", {"matchers": 'a="b"', "ends_at": "2099-01-01T00:00:00Z", "comment": "c"}), 201)
        self.good(admin.post("/api/v1/maintenance-windows", {"name": "w", "matchers": 'a="b"', "duration": "PT1H",
                                                             "starts_at": "2099-01-01T00:00:00Z"}), 201)
        self.good(admin.post("/api/v1/inhibitions", {"name": "i", "source_matchers": 'a="b"', "target_matchers": 'c="d"'}), 201)
        sender = instance.integration(tenant)
        self.addCleanup(sender.close)
        for number in range(3):
            self.good(sender.post("/api/v1/alerts", {"title": f"trouble {number}", "dedup_key": str(number)}), 202)

        def tried():
            """Each ticket's message, once, and what became of it stands in the timeline: nothing more comes for a while."""
            found = admin.get("/api/v1/deliveries").json()["items"]
            done = all(each["attempts"] > 0 and each["state"] != "sending" for each in found)
            return len(found) >= 3 and done and owed() == 0
        wait_until(tried, "messages that were tried")
        ticket = admin.get("/api/v1/tickets").json()["items"][0]
        self.good(admin.post(f"/api/v1/tickets/{ticket['id']}/comments", {"text": "looked at"}), 201)
        return admin

    def test_an_export_of_what_was_imported_is_equal(self):
        first = self.exported(self.fill(0))
        importer = instance.ready["tenants"][0]["users"]["admin"]["email"]  # the same person in both
        here, _ = self.new_tenant(importer)
        done = self.imported(here, first, service_code=instance.ready["tenants"][0]["service_code"])
        self.assertEqual((done["state"], done["faults"], done["error"]), ("done", [], ""))
        self.assertEqual(done["rows_done"], done["rows_total"])
        self.assertEqual(differences(members_of(first), members_of(self.exported(here)), importer), [])
        self.assertEqual({alert["title"] for alert in here.get("/api/v1/alerts").json()["items"]},
                         {f"trouble {number}" for number in range(3)})
        self.assertEqual(len(here.get("/api/v1/tickets").json()["items"]), 3)
        self.assertEqual(here.get("/api/v1/deliveries?state=pending").json()["items"], [])
        self.assertFalse([each for each in here.get("/api/v1/contacts").json()["items"]
                          if each["type"] == "webhook" and each["enabled"]])
        others = [user for user in here.get("/api/v1/users").json()["items"] if user["email"] != importer]
        self.assertGreaterEqual(len(others), 2)
        self.assertEqual({user["state"] for user in others}, {"invited"})
        acts = [record["act"] for record in here.get("/api/v1/audit-log?limit=500").json()["items"]]
        for act in ("import.create", "import.start", "import.finish"):
            self.assertEqual(acts.count(act), 1, acts)
        again = self.imported(here, first)
        self.assertEqual(again["state"], "failed")
        self.assertIn("an archive is imported into an empty tenant only", again["error"])

    def test_a_tenant_that_has_something_is_told_before_it_uploads(self):
        made = self.good(self.admin(1).post("/api/v1/imports", {}), 201).json()
        self.assertEqual(made["in_the_way"], "integrations")
        self.good(self.admin(1).post("/api/v1/imports", {}), 409)
        self.good(self.admin(1).call("DELETE", f"/api/v1/imports/{made['id']}"), 204)
        here, _ = self.new_tenant()
        self.assertEqual(self.good(here.post("/api/v1/imports", {}), 201).json()["in_the_way"], "")

    def test_archives_that_are_none_or_do_harm_change_nothing(self):
        one = ("integrations/000001.ndjson", integration(ONE, "a"))
        whole = with_manifest([one])

        def called(name):
            def change(member):
                member.name = name
            return change

        def linked(member):
            member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0

        tampered = [(one[0], integration(ONE, "b")), whole[1]]
        hostile = {
            "nothing": (b"", "parts of the archive are missing"),
            "no frame": (b"no archive", "is damaged, or no zstd frame"),
            "cut short": (packed(tar_of(whole))[:-9], "ends before its end"),
            "two frames": (packed(tar_of(whole)) * 2, "goes on behind its frame"),
            "elsewhere": (packed(tar_of(whole, called("../../etc/passwd"))), "a name that may lead elsewhere"),
            "absolute": (packed(tar_of(whole, called("/etc/passwd"))), "a name that may lead elsewhere"),
            "a link": (packed(tar_of(whole, linked)), "no plain file"),
            "a bomb": (packed(bytes(300 << 20)), "archive"),
            "twice the same": (packed(tar_of([one, one, whole[1]])), "two members of one name"),
            "no manifest": (packed(tar_of([one])), "is missing: the archive was cut short"),
            "tampered": (packed(tar_of(tampered)), "is not as the manifest says"),
            "a stranger": (packed(tar_of([one, ("users/000001.ndjson", b"{}\n"), whole[1]])), "stands behind what refers to it"),
            "deep": (packed(tar_of(with_manifest([("rules/000001.ndjson", b"[" * 100_000 + b"\n")]))), "rules/000001.ndjson"),
            "of a tenant": (packed(tar_of(with_manifest([("integrations/000001.ndjson", json.dumps(
                {"tenant_id": instance.ready["tenants"][1]["tenant_id"], "integration_id": ONE,
                 "name": "a"}).encode() + b"\n")]))), "rows name no tenant"),
            "a newer version's": (packed(tar_of(with_manifest([one], schema="9999_later"))), "upgrade before you import it"),
            "another tenant's": (packed(tar_of(whole)), "another tenant than the import was asked for"),
            "refers to nobody": (packed(tar_of(with_manifest([("integration_keys/000001.ndjson", json.dumps(
                {"key_id": ONE, "integration_id": TWO, "secret_hash": None, "hint": "h"}).encode() + b"\n")]))),
                "names a row that is not in integrations"),
            "days that are none": (packed(tar_of(with_manifest([("tenant_settings/000001.ndjson", json.dumps(
                {"retention_days": {"access_log": "x"}}).encode() + b"\n")]))), "a whole number from 1 to 3650"),
            "a silence without an end": (packed(tar_of(with_manifest([("silences/000001.ndjson", json.dumps(
                {"silence_id": ONE, "condition": "a=\"b\"", "syntax": "matchers", "starts_at": "2026-11-28T00:00:00Z",
                 "ends_at": "2099-01-01T00:00:00Z", "comment": "c", "end_when_quiet_ms": 9223372036854775807,
                 "created_by": "x", "updated_by": "x"}).encode() + b"\n")]))), "end_when_quiet_ms"),
            "a secret": (packed(tar_of(with_manifest([one, ("integration_keys/000001.ndjson", json.dumps(
                {"key_id": ONE, "integration_id": ONE, "secret_hash": "\\x00", "hint": "h"}).encode() + b"\n")]))),
                "secrets are entered again"),
        }
        here, _ = self.new_tenant()
        for name, (archive, wrong) in hostile.items():
            with self.subTest(name=name):
                asked = {"service_code": "other"} if name == "another tenant's" else {}
                if not archive:
                    path = self.uploaded(here, archive)
                    self.assertIn(wrong, self.good(here.post(path + "/start", None), 409).json()["detail"])
                    self.good(here.call("DELETE", path), 204)
                    continue
                ended = self.imported(here, archive, **asked)
                self.assertEqual(ended["state"], "failed")
                self.assertIn(wrong, json.dumps(ended["faults"]))
        self.assertEqual(here.get("/api/v1/integrations").json()["items"], [])
        self.assertEqual(len(here.get("/api/v1/users").json()["items"]), 1)
        self.assertEqual(self.imported(here, packed(tar_of(whole)))["state"], "done", "and what is whole is still welcome")

    def test_what_is_wrong_is_told_with_its_place(self):
        here, _ = self.new_tenant()
        lines = integration(ONE, "a") + integration(TWO, "")
        ended = self.imported(here, packed(tar_of(with_manifest([("integrations/000001.ndjson", lines)]))))
        self.assertEqual([(each["file"], each["line"], each["field"], each["detail"]) for each in ended["faults"]],
                         [("integrations/000001.ndjson", 2, "name", "must have 1 to 200 characters")])
        lines = json.dumps({"contact_id": ONE, "name": "a", "type": "NO", "receiver": "", "settings": {}}).encode() + b"\n"
        ended = self.imported(here, packed(tar_of(with_manifest([("contacts/000001.ndjson", lines)]))))
        self.assertEqual([(each["file"], each["line"]) for each in ended["faults"]], [("contacts/000001.ndjson", 1)])
        self.assertIn("contacts_type_check", ended["faults"][0]["detail"])
        lines = integration(ONE, "a") + integration(TWO, "b").replace(b'"b"', b"7")
        ended = self.imported(here, packed(tar_of(with_manifest([("integrations/000001.ndjson", lines)]))))
        self.assertEqual([(each["line"], each["field"], each["detail"]) for each in ended["faults"]],
                         [(2, "name", "must be a text")])

    def test_parts_have_a_size_and_a_number(self):
        here, _ = self.new_tenant()
        path = "/api/v1/imports/" + self.good(here.post("/api/v1/imports", {}), 201).json()["id"]
        most = base64.b64encode(bytes(PART)).decode()
        self.good(here.post(path + "/parts", {"number": 0, "bytes": most}), 200)
        for body in ({"number": 0, "bytes": base64.b64encode(bytes(PART + 1)).decode()}, {"number": 0, "bytes": ""},
                     {"number": 0, "bytes": "****"}, {"number": -1, "bytes": most}, {"number": 1_000_000, "bytes": most},
                     {"number": 0}, {"bytes": most}):
            self.good(here.post(path + "/parts", body), 422)
        self.good(here.post(path + "/parts", {"number": 2, "bytes": most}), 200)
        self.good(here.post(path + "/start", None), 409)
        shown = self.good(here.post(path + "/parts", {"number": 1, "bytes": most}), 200).json()
        self.assertEqual((shown["parts"], shown["bytes"], shown["state"]), (3, 3 * PART, "receiving"))
        self.good(here.call("DELETE", path), 204)
        self.good(here.get(path), 404)

    def test_a_service_code_is_one(self):
        here, _ = self.new_tenant()
        for code in ("abc", "a" * 33, "Acme", "acme-1", "\u3042\u3042\u3042\u3042", 7):
            self.good(here.post("/api/v1/imports", {"service_code": code}), 422)
        self.assertEqual(self.good(here.post("/api/v1/imports", {"service_code": "acme1"}), 201).json()["service_code"], "acme1")

    def test_they_are_for_admins_and_for_nobody_elses(self):
        here, _ = self.new_tenant()
        path = "/api/v1/imports/" + self.good(here.post("/api/v1/imports", {}), 201).json()["id"]
        for role in ("viewer", "operator"):
            client = self.admin(0, role)
            self.good(client.get("/api/v1/imports"), 403)
            self.good(client.post("/api/v1/imports", {}), 403)
        stranger = self.admin(1)
        self.good(stranger.get(path), 404)
        self.good(stranger.post(path + "/parts", {"number": 0, "bytes": "eA=="}), 404)
        self.good(stranger.post(path + "/start", None), 404)
        self.good(stranger.call("DELETE", path), 404)
        self.good(here.get(path), 200)

    def test_the_command_line_does_it_all(self):
        here, key = self.new_tenant("cli@example.org")

        def winnow(*words, status=0):
            done = subprocess.run([os.environ["WINNOW_BINARY"], *words], capture_output=True, text=True, timeout=60, check=False,
                                  env={**os.environ, "WINNOW_URL": instance.ready["customer_url"], "WINNOW_KEY": key,
                                       "WINNOW_CA_FILE": instance.ready["ca_file"]})
            self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
            return done
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "acme.tar.zst")
            with open(path, "wb") as file:
                file.write(packed(tar_of(with_manifest([("integrations/000001.ndjson", integration(ONE, ""))]))))
            failed = json.loads(winnow("import", "start", path, "--json").stdout)["id"]
            wait_until(lambda: here.get("/api/v1/imports/" + failed).json()["state"] == "failed", "the import")
            self.assertRegex(winnow("import", "show", failed, status=1).stdout, r"integrations/000001\.ndjson +1 ")
            with open(path, "wb") as file:
                file.write(packed(tar_of(with_manifest([("integrations/000001.ndjson", integration(ONE, "a"))]))))
            begun = self.good(here.post("/api/v1/imports", {}), 201).json()["id"]
            self.assertIn(begun, winnow("import", "start", path, "--resume", begun).stdout)
            wait_until(lambda: here.get("/api/v1/imports/" + begun).json()["state"] == "done", "the import")
            self.assertIn("done", winnow("import", "show", begun).stdout)
            self.assertRegex(winnow("import", "list").stdout, r"(?m)^done .*\n.*failed ")
            self.assertIn("this one has integrations", winnow("import", "start", path, status=1).stderr)
            self.assertIn("cannot be read", winnow("import", "start", path + "x", status=1).stderr)
            winnow("import", "delete", failed)
            self.good(here.get("/api/v1/imports/" + failed), 404)


if __name__ == "__main__":
    unittest.main()
