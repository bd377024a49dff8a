"""Exports: all that a tenant owns and nothing of anybody else's, without secrets, as tar reads it; only for who may."""

import collections
import ctypes
import hashlib
import io
import json
import tarfile
import unittest

from harness import Instance, wait_until

SECRET_URL = "https://192.0.2.1/a-token-of-the-chat"
# What the export itself, or asking for it, adds to.
ALWAYS_ANOTHER = {"access_log", "audit", "credential_use", "manifest.json"}


def decompressed(frame):
    """One zstd frame, by the library itself: Python 3.11 has none of its own."""
    library = ctypes.CDLL("libzstd.so.1")

    class Buffer(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]

    library.ZSTD_createDCtx.restype = ctypes.c_void_p
    library.ZSTD_decompressStream.restype = ctypes.c_size_t
    library.ZSTD_decompressStream.argtypes = [ctypes.c_void_p, ctypes.POINTER(Buffer), ctypes.POINTER(Buffer)]
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    library.ZSTD_freeDCtx.argtypes = [ctypes.c_void_p]
    context = library.ZSTD_createDCtx()
    source = ctypes.create_string_buffer(frame, len(frame))
    piece = ctypes.create_string_buffer(1 << 20)
    read = Buffer(ctypes.addressof(source), len(frame), 0)
    text, left = b"", 1
    while left:
        written = Buffer(ctypes.addressof(piece), len(piece), 0)
        left = library.ZSTD_decompressStream(context, ctypes.byref(written), ctypes.byref(read))
        assert not library.ZSTD_isError(left), "the frame is damaged"
        assert written.pos or read.pos < read.size or not left, "the frame ends before its end"
        text += piece.raw[:written.pos]
    library.ZSTD_freeDCtx(context)
    assert read.pos == read.size, "something follows the frame"
    return text


def members_of(archive):
    """Name → content."""
    with tarfile.open(fileobj=io.BytesIO(decompressed(archive))) as tar:
        assert all(member.isfile() for member in tar)
        return {member.name: tar.extractfile(member).read() for member in tar}


def rows_of(members, resource):
    lines = b"".join(members[name] for name in sorted(members) if name.startswith(resource + "/"))
    return [json.loads(line) for line in lines.splitlines()]


def setUpModule():
    global instance
    instance = Instance(tenants=3, extra=["--egress-allow", "192.0.2.0/24"])
    instance.start()
    unittest.addModuleCleanup(instance.__exit__)


class Exports(unittest.TestCase):
    def client(self, tenant, role="admin"):
        client = instance.user(role, tenant)
        self.addCleanup(client.close)
        return client

    def good(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def exported(self, admin):
        """The export's id, and its members."""
        made = self.good(admin.post("/api/v1/exports", {}), 202).json()
        path = "/api/v1/exports/" + made["id"]

        def ready():
            shown = admin.get(path).json()
            self.assertNotEqual(shown["state"], "failed", shown)
            return shown if shown["state"] == "ready" else None
        shown = wait_until(ready, "the export")
        content = self.good(admin.get(path + "/content"), 200)
        self.assertEqual(content.headers["Content-Type"], "application/zstd")
        self.assertEqual(len(content.body), shown["bytes"])
        return made["id"], members_of(content.body)

    def fill(self, tenant):
        admin, mark = self.client(tenant), f"mark-of-tenant-{tenant}"
        self.good(admin.post("/api/v1/contacts", {"name": mark, "type": "webhook", "url": SECRET_URL}), 201)
        self.good(admin.post("/api/v1/rules", {"name": mark, "condition": 'env="prod"', "actions": [{"type": "suppress"}]}), 201)
        sender = instance.integration(tenant)
        self.addCleanup(sender.close)
        for number in range(3):
            self.good(sender.post("/api/v1/alerts", {"title": f"{mark} {number}", "dedup_key": str(number)}), 202)
        wait_until(lambda: len([ticket for ticket in admin.get("/api/v1/tickets").json()["items"]
                                if ticket["title"].startswith(mark)]) >= 3, "tickets")
        return admin, mark

    def test_one_has_all_that_its_tenant_owns_and_nothing_of_anybody_elses(self):
        admin, mark = self.fill(0)
        _, others = self.fill(1)
        _, members = self.exported(admin)
        manifest = json.loads(members.pop("manifest.json"))
        self.assertEqual(manifest["format"], "winnow-export/1")
        self.assertEqual(manifest["tenant"]["id"], instance.ready["tenants"][0]["tenant_id"])
        self.assertEqual(sorted(each["name"] for each in manifest["files"]), sorted(members))
        for each in manifest["files"]:
            content = members[each["name"]]
            self.assertEqual(hashlib.sha256(content).hexdigest(), each["sha256"])
            self.assertEqual((len(content), content.count(b"\n")), (each["bytes"], each["rows"]))
        self.assertIn(mark, [rule["name"] for rule in rows_of(members, "rules")])
        self.assertEqual({ticket["title"] for ticket in rows_of(members, "tickets") if mark in ticket["title"]},
                         {f"{mark} {number}" for number in range(3)})
        alerts = [alert for alert in rows_of(members, "alerts") if mark in alert["title"]]
        self.assertEqual(len(alerts), 3)
        for alert in alerts:
            self.assertEqual(self.good(admin.get("/api/v1/alerts/" + alert["alert_id"]), 200).json()["title"], alert["title"])
        everything = b"".join(members.values())
        self.assertNotIn(others.encode(), everything)
        self.assertNotIn(instance.ready["tenants"][1]["tenant_id"].encode(), everything)
        self.assertNotIn(b"a-token-of-the-chat", everything)
        for role in ("viewer", "operator", "admin"):
            key = instance.ready["tenants"][0]["users"][role]["key"]
            self.assertNotIn(key.encode(), everything)
            self.assertNotIn(hashlib.sha256(key.encode()).hexdigest().encode(), everything)
        self.assertIn("contacts", [each["resource"] for each in manifest["to_enter_again"]])

    def test_two_of_the_same_are_the_same(self):
        admin, _ = self.fill(2)
        (first, one), (_, two) = self.exported(admin), self.exported(admin)
        differ = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
        self.assertEqual({name.partition("/")[0] for name in differ} - ALWAYS_ANOTHER, set())
        self.good(admin.call("DELETE", "/api/v1/exports/" + first), 204)
        self.good(admin.get("/api/v1/exports/" + first + "/content"), 404)
        acts = collections.Counter(each["act"] for each in admin.get("/api/v1/audit-log?limit=500").json()["items"])
        self.assertGreaterEqual(acts["export.create"], 2)
        self.assertGreaterEqual(acts["export.download"], 2)

    def test_they_are_for_admins_and_for_nobody_elses(self):
        admin = self.client(1)
        ours, _ = self.exported(admin)
        for role in ("viewer", "operator"):
            client = self.client(1, role)
            for path in ("/api/v1/exports", f"/api/v1/exports/{ours}", f"/api/v1/exports/{ours}/content"):
                self.good(client.get(path), 403)
            self.good(client.post("/api/v1/exports", {}), 403)
        stranger = self.client(0)
        for path in (f"/api/v1/exports/{ours}", f"/api/v1/exports/{ours}/content"):
            self.good(stranger.get(path), 404)
        self.good(stranger.call("DELETE", f"/api/v1/exports/{ours}"), 404)
        self.good(admin.get(f"/api/v1/exports/{ours}/content"), 200)


if __name__ == "__main__":
    unittest.main()
