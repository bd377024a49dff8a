"""The life of a tenant, from its creation to the certificate of its deletion: people and programs work in it, take along what it
owns, and then nothing of it is left, in no file and no dump, while what the others own is what it was."""

import json
import os
import secrets
import subprocess
import tempfile
import unittest

from harness import Client, World, wait_until

from node.container_test import PROGRAMS, run
from tenants.exports_test import members_of
from tenants.person import Browser, Mailbox, Person

BINARY = os.environ["WINNOW_BINARY"]
OTHERS = 49
NAME = "Goes Ltd"
ADMIN = "olga@goes.example"
# What making an export, and asking for it, adds to.
ALWAYS_ANOTHER = {"access_log", "audit", "audit_anchors", "credential_use", "manifest.json"}
WORDS = ("user", "mail", "contact", "hook", "group", "rule", "condition", "integration", "silence", "window", "inhibition",
         "title", "text", "label", "source", "comment", "key", "agent")
# Each stands in another place, and in it nowhere else.
CANARIES = {word: f"canary{secrets.token_hex(12)}" for word in WORDS}


class FirstAdmin(Person):
    """Was invited by the provider."""

    def __init__(self, world, code):  # pylint: disable=super-init-not-called
        self.world = world
        self.address = ADMIN
        self.code = code
        self.mailbox = Mailbox(world.mail, ADMIN)
        self.browser = Browser(world.instance.ready)
        self.password = "a horse that nobody has heard of"
        self.app = None
        self.recovery_codes = []


def setUpModule():
    global world
    world = World(tenants=OTHERS, config="erasure: {begins_after: PT1S}\n")
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def done_by(*words, status=0):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def winnow(*words, status=0):
    """Whatever it says."""
    done = done_by(*words, status=status)
    return done.stdout + done.stderr


def psql(statement):
    return run(f"{PROGRAMS}/psql", "-qAtX", world.instance.ready["database_url"], "-c", statement).strip()


def client(key):
    return Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"], key)


def begin_export(admin):
    """Its path."""
    made = admin.post("/api/v1/exports", {})
    assert made.status == 202, made.body
    return "/api/v1/exports/" + made.json()["id"]


def exported(admin, path):
    """The bytes of it, once it is ready; then it is deleted, and the connection closed."""
    def ready():
        shown = admin.get(path).json()
        assert shown["state"] != "failed", shown
        return shown["state"] == "ready"

    wait_until(ready, "the export", 90)
    content = admin.get(path + "/content")
    assert content.status == 200, content.body
    assert admin.call("DELETE", path).status == 204
    admin.close()
    return content.body


def owned_by_others():
    """All that each of them owns, but for what asking for it adds."""
    begun = []
    for number in range(OTHERS):
        admin = world.instance.user("admin", number)
        begun.append((admin, begin_export(admin)))
        admin.close()  # one is made after the other, and nobody idles for so long
    return [{name: content for name, content in members_of(exported(admin, path)).items()
             if name.partition("/")[0] not in ALWAYS_ANOTHER} for admin, path in begun]


def files_with(words):
    """Word → the files of the instance that hold it: of the database, of its log and the node's. Not the write-ahead log, which
    goes by its age."""
    psql("checkpoint")
    found = {}
    tops, cluster = [world.instance.state_dir], os.path.dirname(psql("show data_directory"))
    if os.path.commonpath([cluster, *tops]) != tops[0]:
        tops.append(cluster)  # where PostgreSQL's account cannot enter the state folder
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders[:] = [each for each in folders if each != "pg_wal"]
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue
                try:
                    with open(path, "rb") as file:
                        content = file.read()
                except FileNotFoundError:
                    continue
                for word, text in words.items():
                    if text.encode() in content:
                        found.setdefault(word, []).append(path)
    return found


class Life(unittest.TestCase):
    maxDiff = None
    olga = None

    def setUp(self):
        if self.olga:
            self.olga.browser.close()  # who idles for longer than a connection may begins anew

    def good(self, answer, status=201):
        self.assertEqual(answer.status, status, answer.body)
        return answer.json() if answer.body else None

    def test_1_is_created_and_its_first_admin_comes_by_a_mail(self):
        made = json.loads(done_by("tenant", "create", NAME, "--admin-email", "root@goes.example", "--json").stdout)
        Life.code, Life.id, Life.key = made["service_code"], made["id"], made["admin"]["key"]
        winnow("tenant", "invite-admin", self.code, ADMIN, "--name", "Olga")
        Life.olga = FirstAdmin(world, self.code)
        self.good(self.olga.accept(), 204)
        self.assertEqual(self.olga.sign_in().json()["state"], "enrolment_required")
        self.assertEqual(self.olga.enrol().status, 200)
        self.assertTrue(self.olga.browser.get("/api/v1/me").json()["second_factor"])

    def test_2_people_and_programs_work_in_it(self):
        olga, at = self.olga.browser, "/api/v1/"
        made = self.good(olga.post(at + "integrations", {"name": CANARIES["integration"]}))
        Life.sender_key = made["key"]["secret"]
        hook = self.good(olga.post(at + "contacts", {"name": CANARIES["contact"], "type": "webhook",
                                                     "url": f"{world.webhook.url}/{CANARIES['hook']}"}))
        group = self.good(olga.post(at + "contact-groups", {"name": CANARIES["group"], "contact_ids": [hook["id"]]}))
        self.good(olga.call("PATCH", at + "settings", {"default_route": [group["id"]], "mfa_policy": "admins"},
                            headers={"Content-Type": "application/merge-patch+json"}), 200)
        self.good(olga.post(at + "rules", {"name": CANARIES["rule"], "condition": f'env="{CANARIES["condition"]}"',
                                           "actions": [{"type": "suppress"}]}))
        self.good(olga.post(at + "silences", {"matchers": 'a="b"', "ends_at": "2099-01-01T00:00:00Z",
                                              "comment": CANARIES["silence"]}))
        self.good(olga.post(at + "maintenance-windows", {"name": CANARIES["window"], "matchers": 'a="b"',
                                                         "starts_at": "2099-01-01T00:00:00Z", "duration": "PT1H"}))
        self.good(olga.post(at + "inhibitions", {"name": CANARIES["inhibition"], "source_matchers": 'a="b"',
                                                 "target_matchers": 'c="d"'}))
        self.good(olga.post(at + "api-keys", {"name": CANARIES["key"]}))
        Life.viewer_key = self.a_viewer(olga)
        sender = client(self.sender_key)
        for number in range(50):
            alert = {"title": f"{CANARIES['title']} {number}", "dedup_key": str(number), "source": CANARIES["source"],
                     "description": CANARIES["text"], "labels": {"mark": CANARIES["label"]}}
            self.good(sender.post(at + "alerts", alert), 202)
        sender.close()
        tickets = wait_until(lambda: (found := olga.get(at + "tickets?limit=100").json()["items"]) and len(found) == 50 and found,
                             "the tickets")
        self.good(olga.post(f"{at}tickets/{tickets[0]['id']}/comments", {"text": CANARIES["comment"]}))
        wait_until(lambda: world.webhook.about("49"), "the webhook")

    def a_viewer(self, olga):
        """The key of somebody who was invited by the first admin, and has come."""
        address = f"{CANARIES['mail']}@goes.example"
        user = self.good(olga.post("/api/v1/users", {"email": address, "name": CANARIES["user"], "role": "viewer",
                                                     "state": "invited"}))
        browser = Browser(world.instance.ready)
        self.addCleanup(browser.close)
        self.good(browser.post("/auth/invitations/accept", {"token": Mailbox(world.mail, address).token("accept"),
                                                            "name": CANARIES["user"], "password": "another horse, no battery"}),
                  204)
        signed_in = browser.post("/auth/sign-in", {"service_code": self.code, "email": address,
                                                   "password": "another horse, no battery"},
                                 headers={"User-Agent": CANARIES["agent"]})
        self.assertEqual(self.good(signed_in, 200)["state"], "active")
        return self.good(olga.post("/api/v1/api-keys", {"name": "theirs", "user_id": user["id"]}))["secret"]

    def test_3_its_canaries_are_where_they_would_be_found(self):
        psql("analyze")
        Life.missing = set(CANARIES) - set(files_with(CANARIES))
        # URLs of webhooks are sealed, and alerts compressed: of what else there is each stands somewhere as it is.
        self.assertLessEqual(self.missing, {"hook"})
        dump = run(f"{PROGRAMS}/pg_dump", world.instance.ready["database_url"])
        self.assertEqual({word for word, text in CANARIES.items() if text not in dump} - {"hook"}, set())

    def test_4_is_closed_and_only_its_admins_get_in_and_take_along_what_it_owns(self):
        late = "late@goes.example"
        self.good(self.olga.browser.post("/api/v1/users", {"email": late, "name": "x", "role": "viewer", "state": "invited"}))
        link = Mailbox(world.mail, late).token("accept")
        Life.before = owned_by_others()
        self.assertIn("is closing", winnow("tenant", "close", self.code, "--reason", "the contract ends"))
        viewer, sender, olga = client(self.viewer_key), client(self.sender_key), self.olga.browser
        olga.close()
        self.assertEqual(viewer.get("/api/v1/me").status, 401)
        self.assertEqual(sender.post("/api/v1/alerts", {"title": "late"}).status, 403)
        again = Browser(world.instance.ready)
        self.addCleanup(again.close)
        refused = again.post("/auth/sign-in", {"service_code": self.code, "email": f"{CANARIES['mail']}@goes.example",
                                               "password": "another horse, no battery"})
        self.assertEqual(refused.status, 401, refused.body)
        joins = again.post("/auth/invitations/accept", {"token": link, "name": "x", "password": "a third horse, no battery"})
        self.assertEqual(joins.status, 403, joins.body)
        rule = {"name": "r", "condition": 'a="b"', "actions": [{"type": "drop"}]}
        self.assertEqual(olga.post("/api/v1/rules", rule).status, 403)
        with tempfile.NamedTemporaryFile(suffix=".tar.zst") as out:
            admin = client(self.key)
            out.write(exported(admin, begin_export(admin)))
            out.flush()
            self.assertIn("whole: ", winnow("export", "verify", out.name))
        viewer.close()
        sender.close()
        self.assertEqual(world.instance.provider().post(f"/admin/v1/tenants/{self.id}/resume", None).status, 409)

    def test_5_is_not_erased_by_a_slip(self):
        erase = ("tenant", "erase", self.code, "--reason", "asked for in writing", "--name")
        self.assertIn("--name: ", winnow(*erase, "Goes", status=1))
        self.assertIn("--name: ", winnow(*erase, self.code, "--waive-export-window", status=1))
        self.assertIn("waive_export_window", winnow(*erase, NAME, status=1))
        self.assertEqual(self.olga.browser.get("/api/v1/me").status, 200)

    def test_6_is_erased_also_where_every_node_is_killed_half_way(self):
        self.assertIn("is being erased", winnow("tenant", "erase", self.code, "--name", NAME, "--reason", "asked for in writing",
                                                "--waive-export-window"))
        olga, sender = client(self.key), client(self.sender_key)
        for refused in (self.olga.browser.get("/api/v1/me"), olga.get("/api/v1/me"),
                        sender.post("/api/v1/alerts", {"title": "late"})):
            self.assertEqual(refused.status, 401, refused.body)
        self.assertEqual(world.instance.provider().post(f"/admin/v1/tenants/{self.id}/cancel-close",
                                                        {"reason": "it goes on after all"}).status, 409)
        wait_until(lambda: psql("select count(*) > 5 from erasure_steps where done_at is not null") == "t", "some steps", 60)
        world.instance.kill()
        world.instance.start()

        def erased():
            items = json.loads(done_by("tenant", "erasures", "--json").stdout)["items"]
            return [each["state"] for each in items if each["service_code"] == self.code] == ["erased"]

        wait_until(erased, "the end of it", 120)
        self.assertNotIn(self.code, winnow("tenant", "list"))
        again = world.instance.provider().post("/admin/v1/tenants", {"name": "Another", "service_code": self.code,
                                                                     "admin": {"email": "a@another.example"}})
        self.assertEqual(again.status, 409, again.body)
        self.assertEqual(client(self.key).get("/api/v1/me").status, 401)

    def test_7_its_certificate_is_verified_without_the_server_also_by_openssl(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: os.path.join(folder, name) for name in ("certificate", "changed", "key", "text", "signature")}
            certificate = done_by("tenant", "certificate", self.code).stdout
            signs = os.path.join(world.instance.state, "audit-signing.key")
            run("openssl", "pkey", "-in", signs, "-pubout", "-out", paths["key"])
            for name, text in (("certificate", certificate), ("changed", certificate.replace('"waived":true', '"waived":null'))):
                with open(paths[name], "w", encoding="utf-8") as out:
                    out.write(text)
            verify = ("tenant", "verify-certificate", "--public-key", paths["key"])
            self.assertIn(f"genuine: tenant {self.code}", winnow(*verify, paths["certificate"]))
            self.assertIn("not genuine", winnow(*verify, paths["changed"], status=1))
            said = json.loads(certificate)
            body = certificate[len('{"certificate":'):certificate.rindex(',"key_id":')]
            self.assertEqual(json.loads(body), said["certificate"])
            with open(paths["text"], "wb") as out:
                out.write(b"winnow-erasure/1\n" + body.encode())
            with open(paths["signature"], "wb") as out:
                out.write(bytes.fromhex(said["signature"]))
            run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths["key"], "-rawin", "-in", paths["text"], "-sigfile",
                paths["signature"])
        body = said["certificate"]
        rows = {each["table"]: each["rows"] for each in body["tables"]}
        self.assertEqual((body["tenant"], body["service_code"], body["rows_left"]), (self.id, self.code, 0))
        self.assertEqual((rows["tickets"], rows["users"], rows["contacts"]), (50, 4, 1))
        self.assertEqual({each["table"] for each in body["tables"] if each["pages_left"]}, set())
        self.assertIsInstance(body["keys_destroyed"], list)
        self.assertEqual(body["asked"]["reason"], "asked for in writing")
        self.assertTrue(body["export"]["waived"])

    def test_8_nothing_of_it_is_left_in_files_dumps_and_logs(self):
        # As docs/operations.md says of what the planner has sampled.
        psql("begin; delete from pg_statistic; analyze; commit")
        psql("vacuum full pg_statistic")
        self.assertEqual(files_with(CANARIES), {})
        database = world.instance.ready["database_url"]
        for url in (database, database.replace("/winnow?", "/winnow_vault?")):
            dump = run(f"{PROGRAMS}/pg_dump", url)
            self.assertEqual([word for word, text in CANARIES.items() if text in dump], [])
        # The tables first: the planner is free to count the rows of a table before it knows whether it is a tenant's.
        left = psql("with owned as materialized (select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and "
                    "a.attname = 'tenant_id' where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = "
                    "'public'::regnamespace) select string_agg(relname, ' ') from owned where (xpath('/row/n/text()', "
                    f"query_to_xml(format('select count(*) as n from %I where tenant_id = %L', relname, '{self.id}'), false, "
                    "true, '')))[1]::text <> '0'")
        self.assertEqual(left, "")

    def test_9_what_the_others_own_is_bit_by_bit_what_it_was(self):
        for number, (before, after) in enumerate(zip(self.before, owned_by_others(), strict=True)):
            self.assertEqual(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)), [],
                             f"tenant {number}")


if __name__ == "__main__":
    unittest.main()
