"""Who asked for what: every answered call is in its tenant's log before it is answered, and refused ones are counted."""

import csv
import datetime
import glob
import io
import json
import os
import subprocess
import unittest

from harness import World, wait_until

BINARY = os.environ["WINNOW_BINARY"]
LOG = "/api/v1/access-log"


def setUpModule():
    global world, admin
    world = World(tenants=2)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    admin = world.instance.user("admin")


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    return subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c", statement], check=True,
                          capture_output=True, text=True).stdout.split()


def log_of(client=None, query=""):
    items, cursor = [], ""
    while True:
        answer = (client or admin).get(f"{LOG}?limit=500{query}{cursor}")
        assert answer.status == 200, answer.body
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


def entry_of(answer):
    """The entry of an answer that was just given: it must be there by now."""
    asked = answer.headers["X-Request-Id"]
    found = [entry for entry in log_of() if entry["request_id"] == asked]
    assert len(found) == 1, (asked, found)
    return found[0]


def times_of(query, **wanted):
    """How many calls the entries stand for that say what is wanted."""
    return sum(entry["times"] for entry in log_of(query=query)
               if all(entry[name] == value for name, value in wanted.items()))


class AccessLog(unittest.TestCase):
    def test_a_call_is_in_it_with_all_that_an_auditor_asks_for(self):
        me = admin.get("/api/v1/me").json()
        unknown = "0199c0de-0000-7000-8000-00000000dead"
        answer = admin.get(f"/api/v1/tickets/{unknown}")
        self.assertEqual(answer.status, 404)
        entry = entry_of(answer)
        self.assertEqual(entry["actor"], f"user:{me['id']}")
        self.assertEqual((entry["means"], entry["role"], entry["address"]), ("user_key", "admin", "127.0.0.1"))
        self.assertEqual((entry["method"], entry["route"], entry["object"]), ("GET", "/api/v1/tickets/{id}", unknown))
        self.assertEqual((entry["status"], entry["code"], entry["times"]), (404, "not_found", 1))
        self.assertEqual(entry["bytes"], len(answer.body))
        self.assertTrue(entry["key_id"])
        self.assertIsNone(entry["until"])
        at = datetime.datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))
        in_japan = datetime.datetime.fromisoformat(entry["at_jst"])
        self.assertEqual(at, in_japan)
        self.assertEqual(in_japan.utcoffset(), datetime.timedelta(hours=9))
        self.assertLess(abs(datetime.datetime.now(datetime.timezone.utc) - at), datetime.timedelta(minutes=1))

    def test_what_reads_writes_and_fails_is_in_it_once(self):
        made = admin.post("/api/v1/contact-groups", {"name": "logged", "contact_ids": []})
        self.assertEqual(made.status, 201)
        path = f"/api/v1/contact-groups/{made.json()['id']}"
        for answer, method, status in (
                (made, "POST", 201),
                (admin.get(path), "GET", 200),
                (admin.call("HEAD", path), "HEAD", 200),
                (admin.post("/api/v1/contact-groups", {"name": ""}), "POST", 422),
                (admin.get("/api/v1/tickets?sort=nothing"), "GET", 400),
                (admin.post("/api/v1/rules/lint", {}), "POST", 200),
                (admin.call("POST", "/api/v1/contact-groups", "text", headers={"Content-Type": "text/plain"}), "POST", 415),
                (admin.call("DELETE", path), "DELETE", 204)):
            with self.subTest(method=method, status=status):
                self.assertEqual(answer.status, status, answer.body)
                entry = entry_of(answer)
                self.assertEqual((entry["method"], entry["status"]), (method, status))
                self.assertEqual(entry["bytes"], len(answer.body))

    def test_what_is_streamed_is_in_it_before_it_begins(self):
        answer = admin.get("/api/v1/tickets.csv")
        self.assertEqual(answer.status, 200)
        self.assertIsNone(entry_of(answer)["bytes"])

    def test_alerts_are_not_in_it_and_another_tenants_calls_are_not_either(self):
        sender = world.instance.integration()
        self.addCleanup(sender.close)
        self.assertEqual(sender.post("/api/v1/alerts", {"title": "disk full"}).status, 202)
        other = world.instance.user("admin", 1)
        self.addCleanup(other.close)
        asked = other.get("/api/v1/tickets").headers["X-Request-Id"]
        self.assertIn(asked, {entry["request_id"] for entry in log_of(other)})
        mine = log_of()
        self.assertNotIn(asked, {entry["request_id"] for entry in mine})
        self.assertNotIn("/api/v1/alerts", {entry["route"] for entry in mine if entry["method"] == "POST"})

    def test_refused_calls_are_counted_and_not_a_row_each(self):
        viewer = world.instance.user("viewer")
        self.addCleanup(viewer.close)
        for _ in range(40):
            self.assertEqual(viewer.post("/api/v1/rules", {}).status, 403)
        wait_until(lambda: times_of("&status=403", route="/api/v1/rules", role="viewer", code="forbidden") == 40,
                   "40 refusals in the log", 60)
        rows = [entry for entry in log_of(query="&status=403") if entry["route"] == "/api/v1/rules"]
        self.assertLess(len(rows), 10)
        self.assertTrue(all(entry["until"] for entry in rows if entry["times"] > 1))

    def test_a_key_that_was_revoked_is_told_to_its_tenant(self):
        made = admin.post("/api/v1/api-keys", {"name": "leaked"}).json()
        leaked = world.instance.anonymous()
        self.addCleanup(leaked.close)
        leaked.key = made["secret"]
        self.assertEqual(leaked.get("/api/v1/tickets").status, 200)
        self.assertEqual(admin.call("DELETE", f"/api/v1/api-keys/{made['id']}").status, 204)
        wait_until(lambda: leaked.get("/api/v1/tickets").status == 401, "the key to be dead", 10)
        wait_until(lambda: times_of("&status=401", key_id=made["id"], route="/api/v1/tickets") > 0,
                   "the refusal in the log", 60)
        self.assertNotIn(made["secret"], json.dumps(log_of()))

    def test_what_cannot_be_recorded_is_not_answered(self):
        sql("revoke insert on access_log from winnow_pipeline")
        try:
            answer = admin.get("/api/v1/users")
            self.assertEqual(answer.status, 503, answer.body)
            self.assertIn("Retry-After", answer.headers)
            self.assertNotIn(b"@", answer.body)
        finally:
            sql("grant insert on access_log to winnow_pipeline")
        self.assertEqual(admin.get("/api/v1/users").status, 200)

    def test_what_cannot_be_recorded_is_not_done(self):
        sql("revoke insert on access_log from winnow_api")
        try:
            answer = admin.post("/api/v1/contact-groups", {"name": "unrecorded", "contact_ids": []})
            self.assertEqual(answer.status, 503, answer.body)
        finally:
            sql("grant insert on access_log to winnow_api")
        asked = answer.headers["X-Request-Id"]
        entry, = wait_until(lambda: [each for each in log_of() if each["request_id"] == asked], "the entry of what failed")
        self.assertEqual(entry["status"], 503)
        names = {each["name"] for each in admin.get("/api/v1/contact-groups?limit=200").json()["items"]}
        self.assertNotIn("unrecorded", names)

    def test_filters_find_their_own(self):
        answer = admin.get("/api/v1/rules")
        entry = entry_of(answer)
        for query, found in ((f"actor={entry['actor']}", True), ("actor=user:nobody", False),
                             ("address=127.0.0.1", True), ("address=::ffff:127.0.0.1", True),
                             ("address=192.0.2.1", False), ("status=200", True), ("status=404", False),
                             (f"from={entry['at']}", True), (f"to={entry['at']}", False)):
            with self.subTest(query=query):
                asked = {each["request_id"] for each in log_of(query="&" + query)}
                self.assertEqual(entry["request_id"] in asked, found)
        for query in ("address=somewhere", "status=1", "status=abc", "status=600", "from=yesterday", "until=x", "cursor=x"):
            with self.subTest(query=query):
                self.assertEqual(admin.get(f"{LOG}?{query}").status, 400)

    def test_only_auditors_and_admins_read_it(self):
        made = admin.post("/api/v1/users", {"name": "Aud", "email": "aud@example.com", "role": "auditor"}).json()
        key = admin.post("/api/v1/api-keys", {"name": "aud", "user_id": made["id"]}).json()["secret"]
        auditor = world.instance.anonymous()
        self.addCleanup(auditor.close)
        auditor.key = key
        viewer, operator = world.instance.user("viewer"), world.instance.user("operator")
        self.addCleanup(viewer.close)
        self.addCleanup(operator.close)
        for path in (LOG, LOG + "/export"):
            self.assertEqual(auditor.get(path).status, 200)
            for client in (viewer, operator):
                self.assertEqual(client.get(path).status, 403)

    def test_an_export_holds_what_the_list_shows(self):
        until = entry_of(admin.get("/api/v1/me"))["at"]
        listed = log_of(query=f"&to={until}")
        answer = admin.get(f"{LOG}/export?to={until}")
        self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual([json.loads(line) for line in answer.body.decode().splitlines()], listed)
        answer = admin.get(f"{LOG}/export?format=csv&to={until}")
        rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
        self.assertEqual([row["request_id"] for row in rows], [entry["request_id"] for entry in listed])
        self.assertEqual([row["at_jst"] for row in rows], [entry["at_jst"] for entry in listed])
        self.assertEqual(admin.get(f"{LOG}/export?format=xml").status, 400)
        acts = {each["act"] for each in admin.get("/api/v1/audit-log?limit=200").json()["items"]}
        self.assertIn("access_log.export", acts)

    def test_a_tenant_says_how_long_it_is_kept(self):
        self.assertEqual(admin.get("/api/v1/settings").json()["access_log_retention_days"], 400)
        kind = {"Content-Type": "application/merge-patch+json"}
        for days, status in ((0, 422), (3651, 422), (1, 200), (3650, 200), (None, 200)):
            answer = admin.call("PATCH", "/api/v1/settings", {"access_log_retention_days": days}, headers=kind)
            self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(admin.get("/api/v1/settings").json()["access_log_retention_days"], 400)

    def test_the_command_line_reads_it(self):
        def winnow(*words):
            return subprocess.run([BINARY, *words], capture_output=True, text=True, check=True,
                                  env={**os.environ, "WINNOW_STATE_DIR": world.instance.state}).stdout

        asked = admin.get("/api/v1/maintenance-windows").headers["X-Request-Id"]
        table = winnow("access-log", "list", "--limit", "500")
        self.assertIn("IN JAPAN", table)
        self.assertIn("/api/v1/maintenance-windows", table)
        shown = json.loads(winnow("access-log", "list", "--limit", "500", "--json"))["items"]
        self.assertIn(asked, {entry["request_id"] for entry in shown})
        lines = winnow("access-log", "export", "--address", "127.0.0.1").splitlines()
        self.assertIn(asked, {json.loads(line)["request_id"] for line in lines})
        self.assertTrue(winnow("access-log", "export", "--format", "csv").startswith("at,at_jst,actor,"))


if __name__ == "__main__":
    unittest.main()
