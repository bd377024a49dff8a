"""Who did what: every act leaves exactly one record, and an export is verified without the server, also by a program that
was written from the page alone."""

import collections
import json
import os
import re
import subprocess
import tempfile
import time
import unittest

import audit_twin
from harness import Client, World, wait_until

from tenants.people_acts import PeopleActs
from tenants.staff_acts import STAFF, StaffActs
from tenants.staff_person import StaffPerson

OPENAPI = os.path.join(os.path.dirname(__file__), "../../../docs/openapi.yaml")
BINARY = os.environ["WINNOW_BINARY"]


def recorded_operations():
    """Operation id → act of every operation with `x-audit`; another test holds the document to the table in code."""
    acts, operation = {}, None
    with open(OPENAPI, encoding="utf-8") as document:
        for line in document:
            if named := re.match(r"      operationId: (\w+)$", line):
                operation = named[1]
            elif act := re.match(r"      x-audit: ([\w.]+)$", line):
                acts[operation] = act[1]
    return acts


TOKEN = "a-token-of-the-chat"
URL = f"https://127.0.0.1:9/services/{TOKEN}"


class Acts(PeopleActs, StaffActs):
    """Does each operation once, in an order in which each finds what it needs. A method has the operation's name."""

    DIRECTORY_USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dee@example.com"}

    def __init__(self, world):
        self.world = world
        self.admin = world.instance.user("admin")
        self.provider = world.instance.provider()
        self.staff_ready = world.instance.ready
        self.sender = world.instance.integration()
        self.webhook = world.webhook
        self.ids = {}
        self.prepare_people(world)
        self.asks, self.approves = (StaffPerson(world.instance.ready, self.provider, f"{name}@provider.example")
                                    for name in ("asks", "approves"))
        self.spare_grant = self.ask_for_support()
        self.prepare_one_that_goes()

    def prepare_one_that_goes(self):
        body = {"name": "Gone", "admin": {"email": "gone@example.com"}}
        self.ids["gone"] = self.good(self.provider.post("/admin/v1/tenants", body)).json()["id"]
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['gone']}/close", {"reason": "the contract ends"}))

    def good(self, answer):
        assert 200 <= answer.status < 300, (answer.status, answer.body)
        return answer

    def create(self, kind, path, body):
        self.ids[kind] = self.good(self.admin.post(path, body)).json()["id"]

    def change(self, method, path, **values):
        document = {}
        if method == "PUT":
            document = self.good(self.admin.get(path)).json()
            for name in ("id", "version", "created_at", "updated_at", "updated_by", "created_by", "keys", "stats", "state",
                         "has_secret", "ended_by", "active_until", "next_start", "findings", "warnings"):
                document.pop(name, None)
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        self.good(self.admin.call(method, path, {**document, **values}, headers={"Content-Type": kind}))

    def delete(self, path):
        self.good(self.admin.call("DELETE", path))

    def at(self, path, kind):
        return f"/api/v1/{path}/{self.ids[kind]}"

    def updateSettings(self):
        self.change("PATCH", "/api/v1/settings", close_approval=True)

    def replaceSourceNetworks(self):
        self.good(self.admin.call("PUT", "/api/v1/settings/networks", {"users": ["127.0.0.0/8"]}))

    def keepSourceNetworks(self):
        self.good(self.admin.post("/api/v1/settings/networks/confirm", None))

    def createUser(self):
        self.create("user", "/api/v1/users", {"name": "Zoë", "email": "zoe@example.com", "role": "viewer"})

    def updateUser(self):
        self.change("PATCH", self.at("users", "user"), role="operator")

    def createApiKey(self):
        self.create("api_key", "/api/v1/api-keys", {"name": "script", "user_id": self.ids["user"]})

    def deleteApiKey(self):
        self.delete(self.at("api-keys", "api_key"))

    def createAccessKey(self):
        self.create("access_key", "/api/v1/access-keys", {"name": "sender", "user_id": self.ids["user"]})

    def deleteAccessKey(self):
        self.delete(self.at("access-keys", "access_key"))

    def createScimToken(self):
        made = self.good(self.admin.post("/api/v1/scim-tokens", {"name": "directory"})).json()
        self.ids["scim_token"] = made["id"]
        ready = self.world.instance.ready
        self.directory = Client(ready["customer_url"], ready["ca_file"], made["secret"])

    def createDirectoryUser(self):
        made = self.good(self.directory.post("/scim/v2/Users", self.DIRECTORY_USER)).json()
        self.ids["directory_user"] = made["id"]

    def replaceDirectoryUser(self):
        self.good(self.directory.call("PUT", "/scim/v2/Users/" + self.ids["directory_user"],
                                      {**self.DIRECTORY_USER, "displayName": "Dee"}))

    def changeDirectoryUser(self):
        self.good(self.directory.call("PATCH", "/scim/v2/Users/" + self.ids["directory_user"], {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": False}]}))

    def removeDirectoryUser(self):
        self.good(self.directory.call("DELETE", "/scim/v2/Users/" + self.ids["directory_user"]))

    def deleteScimToken(self):
        self.delete(self.at("scim-tokens", "scim_token"))

    def disableUser(self):
        self.delete(self.at("users", "user"))

    def createIntegration(self):
        self.create("integration", "/api/v1/integrations", {"name": "prometheus"})

    def replaceIntegration(self):
        self.change("PUT", self.at("integrations", "integration"), name="prometheus 2")

    def updateIntegration(self):
        self.change("PATCH", self.at("integrations", "integration"), description="d")

    def createIntegrationKey(self):
        self.create("integration_key", self.at("integrations", "integration") + "/keys", {})

    def deleteIntegrationKey(self):
        self.delete(self.at("integrations", "integration") + "/keys/" + self.ids["integration_key"])

    def deleteIntegration(self):
        self.delete(self.at("integrations", "integration"))

    def createContact(self):
        self.create("contact", "/api/v1/contacts", {"name": "desk", "type": "webhook", "url": URL})

    def replaceContact(self):
        self.good(self.admin.call("PUT", self.at("contacts", "contact"),
                                  {"name": "desk 2", "type": "webhook", "url": URL + "/2"}))

    def updateContact(self):
        self.change("PATCH", self.at("contacts", "contact"), name="desk 3")

    def deleteContact(self):
        self.delete(self.at("contacts", "contact"))

    def createContactGroup(self):
        self.create("group", "/api/v1/contact-groups", {"name": "desks", "contact_ids": []})

    def replaceContactGroup(self):
        self.good(self.admin.call("PUT", self.at("contact-groups", "group"), {"name": "desks 2", "contact_ids": []}))

    def updateContactGroup(self):
        self.change("PATCH", self.at("contact-groups", "group"), name="desks 3")

    def deleteContactGroup(self):
        self.delete(self.at("contact-groups", "group"))

    RULE = {"name": "r", "syntax": "matchers", "condition": '{env="dev"}', "actions": [{"type": "drop"}]}

    def createRule(self):
        self.create("rule", "/api/v1/rules", self.RULE)

    def replaceRule(self):
        self.good(self.admin.call("PUT", self.at("rules", "rule"), {**self.RULE, "name": "r2"}))

    def updateRule(self):
        self.change("PATCH", self.at("rules", "rule"), name="r3")

    def reorderRules(self):
        self.good(self.admin.post("/api/v1/rules/reorder", {"ids": [self.ids["rule"]]}))

    def deleteRule(self):
        self.delete(self.at("rules", "rule"))

    def replaceRuleset(self):
        self.good(self.admin.call("PUT", "/api/v1/ruleset", {"rules": [self.RULE]}))

    def rollBackRuleset(self):
        self.good(self.admin.post("/api/v1/ruleset/rollback", {"to": 1}))

    SILENCE = {"matchers": '{env="never"}', "ends_at": "2099-01-01T00:00:00Z", "comment": "c"}

    def createSilence(self):
        self.create("silence", "/api/v1/silences", self.SILENCE)

    def replaceSilence(self):
        self.good(self.admin.call("PUT", self.at("silences", "silence"), {**self.SILENCE, "comment": "c2"}))

    def updateSilence(self):
        self.change("PATCH", self.at("silences", "silence"), comment="c3")

    def expireSilence(self):
        self.delete(self.at("silences", "silence"))

    WINDOW = {"name": "w", "matchers": '{env="never"}', "starts_at": "2036-11-23T02:00:00Z", "time_zone": "UTC",
              "duration": "PT1H"}

    def createMaintenanceWindow(self):
        self.create("window", "/api/v1/maintenance-windows", self.WINDOW)

    def replaceMaintenanceWindow(self):
        self.good(self.admin.call("PUT", self.at("maintenance-windows", "window"), {**self.WINDOW, "name": "w2"}))

    def updateMaintenanceWindow(self):
        self.change("PATCH", self.at("maintenance-windows", "window"), name="w3")

    def deleteMaintenanceWindow(self):
        self.delete(self.at("maintenance-windows", "window"))

    INHIBITION = {"name": "i", "source_matchers": '{env="a"}', "target_matchers": '{env="b"}', "equal": ["host"]}

    def createInhibition(self):
        self.create("inhibition", "/api/v1/inhibitions", self.INHIBITION)

    def replaceInhibition(self):
        self.good(self.admin.call("PUT", self.at("inhibitions", "inhibition"), {**self.INHIBITION, "name": "i2"}))

    def updateInhibition(self):
        self.change("PATCH", self.at("inhibitions", "inhibition"), name="i3")

    def deleteInhibition(self):
        self.delete(self.at("inhibitions", "inhibition"))

    def retryDelivery(self):
        def dead():
            found = self.admin.get("/api/v1/deliveries?state=dead").json()["items"]
            return found[0]["id"] if found else None

        self.ids["delivery"] = wait_until(dead, "a delivery that was given up", 60)
        self.good(self.admin.post(self.at("deliveries", "delivery") + "/retry", None))

    def createManagementGroup(self):
        self.create("management_group", "/api/v1/management-groups", {"name": "databases"})

    def replaceManagementGroup(self):
        self.good(self.admin.call("PUT", self.at("management-groups", "management_group"), {"name": "databases 2"}))

    def updateManagementGroup(self):
        self.change("PATCH", self.at("management-groups", "management_group"), name="databases 3")

    def putTicketManagementGroup(self):
        self.ids["ticket"] = self.admin.get("/api/v1/tickets").json()["items"][0]["id"]
        self.good(self.admin.call("PUT", self.at("tickets", "ticket") + "/management-group",
                                  {"management_group_id": self.ids["management_group"]}))

    def deleteTicketManagementGroup(self):
        self.delete(self.at("tickets", "ticket") + "/management-group")

    def deleteManagementGroup(self):
        self.delete(self.at("management-groups", "management_group"))

    def listTicketsAsCsv(self):
        self.good(self.admin.get("/api/v1/tickets.csv"))

    def createExport(self):
        self.create("export", "/api/v1/exports", {})

    def downloadExport(self):
        path = self.at("exports", "export")
        wait_until(lambda: self.admin.get(path).json()["state"] == "ready", "the export")
        self.good(self.admin.get(path + "/content"))

    def deleteExport(self):
        self.delete(self.at("exports", "export"))

    def createImport(self):
        self.create("import", "/api/v1/imports", {})

    def startImport(self):
        path = self.at("imports", "import")
        self.good(self.admin.post(path + "/parts", {"number": 0, "bytes": "bm8gYXJjaGl2ZQ=="}))
        self.good(self.admin.post(path + "/start", None))

    def deleteImport(self):
        self.delete(self.at("imports", "import"))

    def exportAuditLog(self):
        self.good(self.admin.get("/api/v1/audit-log/export"))

    def exportAccessLog(self):
        self.good(self.admin.get("/api/v1/access-log/export"))

    def redactAuditDetails(self):
        made = self.admin.get("/api/v1/audit-log?act=user.create").json()["items"][0]["seq"]
        answer = self.good(self.admin.post("/api/v1/audit-log/redactions", {"seqs": [made], "reason": "asked for"}))
        assert answer.json() == {"emptied": 1}, answer.body

    def createTenant(self):
        made = self.provider.post("/admin/v1/tenants", {"name": "New", "admin": {"email": "new@example.com"}})
        self.ids["tenant"] = self.good(made).json()["id"]
        self.secret = made.json()["admin"]["key"]
        newcomer = Client(self.world.instance.ready["customer_url"], self.world.instance.ready["ca_file"], self.secret)
        self.good(newcomer.post("/api/v1/contacts", {"name": "hook", "type": "webhook", "url": "https://127.0.0.1:9/x"}))

    def changeTenant(self):
        self.good(self.provider.call("PATCH", f"/admin/v1/tenants/{self.ids['tenant']}", {"max_history_bytes": 10**7}))

    def changeTenantQuotas(self):
        self.good(self.provider.call("PATCH", f"/admin/v1/tenants/{self.ids['tenant']}/quotas", {"users": 50}))

    def inviteTenantAdmin(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/admins", {"email": "first@example.com"}))

    def resumeTenant(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/resume", None))

    def suspendTenant(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/suspend", None))

    def rotateTenantKey(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/keys/rotate", None))

    def destroyTenantKeys(self):
        code = self.good(self.provider.get(f"/admin/v1/tenants/{self.ids['tenant']}")).json()["service_code"]
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/keys/destroy",
                                     {"service_code": code, "reason": "the contract has ended"}))

    def rotateRootKey(self):
        self.good(self.provider.post("/admin/v1/keys/rotate", {}))

    def closeTenant(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/close", {"reason": "the contract ends"}))

    def cancelTenantClosing(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/cancel-close", {"reason": "it goes on after all"}))

    def exportProviderAuditLog(self):
        self.good(self.provider.get("/admin/v1/audit-log/export"))

    def resetSourceNetworks(self):
        path = f"/admin/v1/tenants/{self.ids['tenant']}/networks/reset"
        self.good(self.provider.post(path, {"reason": "asked for"}))

    def releaseQuarantine(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['tenant']}/quarantine/release", None))

    def publishAnnouncement(self):
        made = self.provider.post("/admin/v1/announcements", {"kind": "change", "title": "Blue", "text": "It becomes blue."})
        self.ids["announcement"] = self.good(made).json()["id"]

    def withdrawAnnouncement(self):
        self.good(self.provider.post(f"/admin/v1/announcements/{self.ids['announcement']}/withdraw", None))

    def openInquiry(self):
        self.create("inquiry", "/api/v1/inquiries", {"subject": "Where", "text": "Where is it?"})

    def answerInquiry(self):
        self.good(self.provider.post(f"/admin/v1/inquiries/{self.ids['inquiry']}/answers", {"text": "There."}))

    def addInquiryMessage(self):
        self.good(self.admin.post(self.at("inquiries", "inquiry") + "/messages", {"text": "Where exactly?"}))

    def closeInquiry(self):
        self.good(self.admin.post(self.at("inquiries", "inquiry") + "/close", None))

    def closeTenantsInquiry(self):
        self.openInquiry()
        self.good(self.provider.post(f"/admin/v1/inquiries/{self.ids['inquiry']}/close", None))

    def ask_for_support(self):
        tenant = self.world.instance.ready["tenants"][0]["tenant_id"]
        return self.good(self.asks.ask(tenant, "To see what is recorded of it.")).json()["id"]

    def requestSupportGrant(self):
        self.ids["support_grant"] = self.ask_for_support()

    def approveSupportGrant(self):
        self.good(self.approves.approve(self.ids["support_grant"]))

    def readBySupportGrant(self):
        self.good(self.asks.read(self.ids["support_grant"], "tickets"))

    def endSupportGrant(self):
        self.delete(self.at("support-grants", "support_grant"))

    def endTenantsSupportGrant(self):
        self.good(self.provider.post(f"/admin/v1/support-grants/{self.spare_grant}/end", None))

    def eraseTenant(self):
        self.good(self.provider.post(f"/admin/v1/tenants/{self.ids['gone']}/erase",
                                     {"name": "Gone", "reason": "asked for in writing", "waive_export_window": True}))


def setUpModule():
    global world, acts
    folder = unittest.enterModuleContext(tempfile.TemporaryDirectory())
    roots = [os.path.join(folder, name) for name in ("one.key", "two.key")]  # one to rotate to
    for path in roots:
        with open(path, "w", encoding="utf-8") as out:
            out.write(os.urandom(32).hex())
        os.chmod(path, 0o600)
    world = World(config="dispatch: {give_up_after: PT1S, first_retry: PT0.1S, longest_retry: PT1S}\n"
                         f"vault: {{root_key_files: [{', '.join(roots)}]}}\n")
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    acts = Acts(world)
    world.webhook.status = 500
    acts.good(acts.sender.post("/api/v1/alerts", {"title": "disk full"}))


def log_of(client, path):
    items, cursor = [], ""
    while True:
        page = client.get(f"{path}?limit=500{cursor}").json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


def winnow(*words, status=0):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


class Audit(unittest.TestCase):
    def test_1_every_act_leaves_exactly_one_record(self):
        wanted = recorded_operations()
        done = [name for kind in (PeopleActs, StaffActs, Acts) for name in vars(kind) if name in wanted]
        self.assertEqual(sorted(done), sorted(wanted), "an act without a way to do it here")
        providers = {"createTenant", "changeTenant", "changeTenantQuotas", "inviteTenantAdmin", "suspendTenant", "resumeTenant",
                     "releaseQuarantine", "exportProviderAuditLog", "rotateTenantKey", "destroyTenantKeys", "rotateRootKey",
                     "resetSourceNetworks", "closeTenant", "cancelTenantClosing", "eraseTenant", "publishAnnouncement",
                     "withdrawAnnouncement", "answerInquiry",
                     "closeTenantsInquiry", "requestSupportGrant", "approveSupportGrant", "endTenantsSupportGrant", *STAFF}
        for operation in done:
            with self.subTest(operation=operation):
                client, path = ((acts.provider, "/admin/v1/audit-log") if operation in providers
                                else (acts.admin, "/api/v1/audit-log"))
                before = {record["seq"] for record in log_of(client, path)}
                getattr(acts, operation)()
                new = [record for record in log_of(client, path)
                       if record["seq"] not in before and record["act"] != "audit.anchor"]
                self.assertEqual([record["act"] for record in new], [wanted[operation]])
                record = new[0]
                whose = {"requestPasswordReset": "anonymous", "readBySupportGrant": "provider"}.get(
                    operation, "provider" if operation in providers else "user")
                if operation.endswith("DirectoryUser"):
                    whose = "directory"
                self.assertEqual(record["actor"].split(":")[0], whose)
                self.assertTrue(record["request_id"] and record["id"] and record["at"])
                # From where the provider works, a tenant's record does not say.
                address = None if operation == "readBySupportGrant" else "127.0.0.1"
                self.assertEqual(record["detail"].get("address"), address)
        text = json.dumps(log_of(acts.admin, "/api/v1/audit-log") + log_of(acts.provider, "/admin/v1/audit-log"))
        for sign in ("wnu_", "wnk_", "wns_"):
            self.assertFalse(sign in re.sub(r'"hint": "[^"]*"', "", text), f"a key of {sign}")
        self.assertNotIn(acts.secret, text)
        self.assertNotIn("whsec_", text)
        self.assertNotIn(TOKEN, text)

    def test_2_a_change_says_from_what_to_what(self):
        record = acts.admin.get("/api/v1/audit-log?act=rule.change&limit=1").json()["items"][0]
        self.assertEqual(record["on"], f"rule:{acts.ids['rule']}")
        self.assertEqual(record["detail"]["changes"]["name"], {"from": "r2", "to": "r3"})
        self.assertTrue(record["detail"]["email"])
        self.assertIn(record["detail"]["key"], [key["id"] for key in acts.admin.get("/api/v1/api-keys").json()["items"]])
        deleted = acts.admin.get(f"/api/v1/audit-log?act=rule.delete&on=rule:{acts.ids['rule']}").json()["items"]
        self.assertEqual([each["detail"]["before"]["name"] for each in deleted], ["r3"])

    def test_3_what_is_refused_or_repeated_leaves_none(self):
        def count():
            return collections.Counter(each["act"] for each in log_of(acts.admin, "/api/v1/audit-log"))

        before = count()
        self.assertEqual(acts.admin.post("/api/v1/users", {"name": "x"}).status, 422)
        self.assertEqual(acts.admin.call("PATCH", "/api/v1/settings", {"close_approval": False},
                                         headers={"If-Match": '"9999"'}).status, 412)
        self.assertEqual(acts.admin.call("PUT", "/api/v1/ruleset?dry_run=true", {"rules": []}).status, 200)
        for path, status in (("/api/v1/exports/00000000-0000-7000-8000-000000000000/content", 404),
                             ("/api/v1/tickets.csv?x=1", 400), ("/api/v1/audit-log/export?x=1", 400),
                             ("/api/v1/access-log/export?format=xml", 400)):
            for method in ("GET", "HEAD"):
                self.assertEqual(acts.admin.call(method, path).status, status, (method, path))
        self.assertEqual(acts.admin.call("HEAD", "/api/v1/tickets.csv").status, 200, "of which nobody gets anything")
        self.assertEqual(count(), before)
        for _ in range(2):
            answer = acts.admin.post("/api/v1/contact-groups", {"name": "once", "contact_ids": []},
                                     headers={"Idempotency-Key": "once"})
            self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(count() - before, collections.Counter({"contact_group.create": 1}))

    def test_4_only_an_admin_reads_it(self):
        for role in ("viewer", "operator"):
            client = world.instance.user(role)
            self.addCleanup(client.close)
            for path in ("", "/export", "/anchors"):
                self.assertEqual(client.get("/api/v1/audit-log" + path).status, 403)

    def test_5_an_export_is_verified_without_the_server_and_by_a_twin(self):
        def signed():
            return acts.admin.get("/api/v1/audit-log/anchors").json()["items"]

        anchors = wait_until(signed, "a signed head", 90)
        key = os.path.join(world.instance.state, "audit-signing.pub")
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as out:
            self.assertEqual(anchors[0]["key_id"], audit_twin.key_id(key))
            text = winnow("audit", "export")
            out.write(text)
            out.flush()
            told = json.loads(winnow("audit", "verify", "--export", out.name, "--key", key, "--json"))
            self.assertTrue(told["good"], told)
            self.assertGreaterEqual(told["signed_up_to"], anchors[0]["seq"])
            self.assertEqual(told["emptied_details"], 1)
            self.assertEqual(audit_twin.verify(text.splitlines(), key), (None, told["last"]))
            self.assertIn("as they were written", winnow("audit", "verify", "--public-key", key))

            lines = text.splitlines()
            place = next(i for i, line in enumerate(lines) if line.startswith('{"seq":4,'))
            for fault, changed in (("missing", lines[:place] + lines[place + 1:]),
                                   ("changed", [line.replace('\\"v\\":1', '\\"v\\":2') if i == place else line
                                                for i, line in enumerate(lines)]),
                                   ("reordered", lines[:place] + [lines[place + 1], lines[place]] + lines[place + 2:]),
                                   ("cut", lines[:place])):
                out.seek(0)
                out.truncate()
                out.write("\n".join(changed) + "\n")
                out.flush()
                found = winnow("audit", "verify", "--export", out.name, "--key", key, status=1)
                self.assertIn(f"first bad record: 4 ({fault})", found)
                self.assertEqual(audit_twin.verify(changed, key)[0], 4, fault)

    def test_6_so_is_the_providers_own(self):
        looked = [0.0]

        def signed():
            if time.monotonic() - looked[0] < 1:
                return None  # each look is a record
            looked[0] = time.monotonic()
            second = winnow("audit", "export", "--provider").splitlines()[1]
            return json.loads(second).get("anchor")

        anchor = wait_until(signed, "a signed head", 90)
        key = os.path.join(world.instance.state, "audit-signing.pub")
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as out:
            text = winnow("audit", "export", "--provider")
            out.write(text)
            out.flush()
            told = json.loads(winnow("audit", "verify", "--export", out.name, "--key", key, "--json"))
            self.assertTrue(told["good"], told)
            self.assertEqual(told["tenant_id"], "00000000-0000-0000-0000-000000000000")
            self.assertGreaterEqual(told["signed_up_to"], anchor)
            lines = text.splitlines()
            self.assertEqual(audit_twin.verify(lines, key), (None, told["last"]))
            last = json.loads(json.loads(lines[-1])["record"])
            self.assertEqual(last["act"], "audit.export", "up to that it was asked for")
            self.assertIn("as they were written", winnow("audit", "verify", "--provider", "--public-key", key))

            place = next(i for i, line in enumerate(lines) if line.startswith('{"seq":2,'))
            out.seek(0)
            out.truncate()
            out.write("\n".join(lines[:place] + lines[place + 1:]) + "\n")
            out.flush()
            found = winnow("audit", "verify", "--export", out.name, "--key", key, status=1)
            self.assertIn("first bad record: 2 (missing)", found)
        sender = world.instance.user("admin")
        self.addCleanup(sender.close)
        self.assertEqual(sender.get("/admin/v1/audit-log/export").status, 404, "not at the customers' door")

    def test_7_the_command_line_lists_it(self):
        self.assertIn("user.create", winnow("audit", "list", "--act", "user.create"))
        me = acts.admin.get("/api/v1/me").json()
        acts.change("PATCH", "/api/v1/me", name="provider")
        self.addCleanup(acts.change, "PATCH", "/api/v1/me", name=me["name"])

        def shown():
            acts.change("PATCH", "/api/v1/settings", close_approval=False)
            listed = winnow("audit", "list", "--act", "settings.change", "--limit", "1")
            self.assertIn(f"user:{me['id']}", listed, "whatever somebody calls himself")
            return f"user:{me['id']} (provider)" in listed

        wait_until(shown, "a record with the new name")
        self.assertIn("tenant.suspend", winnow("audit", "list", "--provider"))
        ready = world.instance.ready
        providers = ("--url", ready["management_url"], "--ca", ready["ca_file"], "--key", ready["provider"]["key"])
        for words in (("list",), ("verify",), ("export",)):
            done = subprocess.run([BINARY, "audit", *words, *providers], capture_output=True, text=True, check=False,
                                  env=os.environ)
            self.assertEqual(done.returncode, 1)
            self.assertIn("say --provider", done.stderr)
        self.assertIn("0 emptied", winnow("audit", "redact", "999999", "--reason", "nothing there"))


if __name__ == "__main__":
    unittest.main()
