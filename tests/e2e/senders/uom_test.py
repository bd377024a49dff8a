"""What was written for IIJ's UOM, over the wire: signed requests in both styles, by a twin that knows only the descriptions."""

import base64
import datetime
import hashlib
import json
import unittest
import urllib.parse

from harness import Client, World, wait_until

from senders.signature_twin import query_text, rest_text, signed

JSON_PATH = "/uom/json"
REST_PATH = "/uom/r/20161003/"
ALERT = {"ServiceCode": "uom12345678", "NodeName": "testnode_001", "MonitoringId": "12345",
         "DetectionMessage": "Mar 30 01:30:10 testnode_001 root: cron failed.", "Explanation": "システム障害 + 100%",
         "ObstacleDetectionTime": "20261128013010", "Severity": "1"}
world = None


def setUpModule():
    global world  # pylint: disable=global-statement
    world = World(tenants=2).__enter__()


def tearDownModule():
    world.__exit__(None, None, None)


def ahead(**distance):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**distance)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def access_key(body=None, tenant=0):
    """One of the admin's own, or as the body says: (id, name, secret)."""
    made = world.instance.user("admin", tenant).post("/api/v1/access-keys", body or {}).json()
    return made["id"], made["access_key"], made["secret"]


def integration(tenant=0):
    return world.instance.user("admin", tenant).get("/api/v1/integrations").json()["items"][0]["id"]


class Sender:
    """Signs with one access key."""

    def __init__(self, key):
        _, self.name, self.secret = key
        self.client = Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"])
        self.host = f"{self.client.host.hostname}:{self.client.host.port}"

    def parameters(self, method, parameters, expire=None, **other):
        given = {"Action": "SendAlert", "APIVersion": "20161003", "AccessKeyId": self.name, "SignatureMethod": "HmacSHA256",
                 "SignatureVersion": "2", "Expire": expire or ahead(hours=1), **parameters, **other}
        text = query_text(method, self.host, JSON_PATH, given)
        return urllib.parse.urlencode({**given, "Signature": signed(self.secret, text)})

    def by_query(self, parameters, **how):
        return self.client.get(JSON_PATH + "?" + self.parameters("GET", parameters, **how))

    def by_form(self, parameters, **how):
        return self.client.call("POST", JSON_PATH, self.parameters("POST", parameters, **how),
                                headers={"Content-Type": "application/x-www-form-urlencoded"})

    def by_rest(self, action, document, expire=None, md5=None, secret=None):
        """`md5`: of the body; True: what it is."""
        body = json.dumps(document)
        if md5 is True:
            md5 = base64.b64encode(hashlib.md5(body.encode()).digest()).decode()
        expire = expire or ahead(hours=1)
        path = REST_PATH + action + ".json"
        text = rest_text("POST", path, expire, md5 or "", "application/json")
        headers = {"Content-Type": "application/json", "x-iijapi-expire": expire, "x-iijapi-signaturemethod": "HmacSHA256",
                   "x-iijapi-signatureversion": "2",
                   "Authorization": f"IIJAPI {self.name}:{signed(secret or self.secret, text)}"}
        if md5:
            headers["Content-MD5"] = md5
        return self.client.call("POST", path, body, headers=headers)


def of_node(node):
    return [ticket for ticket in world.tickets("&state=open,recovered") if ticket["source"] == node]


class SendAlert(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key = access_key({"integration_id": integration()})
        cls.sender = Sender(cls.key)

    def test_becomes_a_ticket_in_each_style_and_recovers(self):
        for number, send in enumerate((self.sender.by_query, self.sender.by_form,
                                       lambda alert: self.sender.by_rest("SendAlert", alert))):
            with self.subTest(number=number):
                alert = {**ALERT, "NodeName": f"node-{number}", "MessageId": f"m-{number}"}
                answer = send(alert)
                self.assertEqual((answer.status, answer.json()), (200, {"ResultCode": "0"}), answer.body)
                self.assertTrue(answer.headers["Winnow-Receipt"])
                ticket, = wait_until(lambda node=alert["NodeName"]: of_node(node), "the ticket")
                self.assertEqual(ticket["title"], ALERT["Explanation"])
                self.assertEqual(ticket["severity"], "critical")
                self.assertEqual(ticket["labels"]["monitoring_id"], "12345")
                self.assertEqual(send({**alert, "Severity": "5", "MessageId": f"r-{number}"}).status, 200)
                wait_until(lambda node=alert["NodeName"]: of_node(node)[0]["state"] == "recovered", "the recovery")

    def test_that_comes_again_changes_nothing(self):
        alert = {**ALERT, "NodeName": "repeats", "MessageId": "once"}
        first = self.sender.by_query(alert)
        again = self.sender.by_query(alert, expire=ahead(hours=2))
        self.assertEqual((first.status, again.status), (200, 200))
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")
        self.assertEqual(self.sender.by_query({**alert, "MessageId": "twice"}).status, 200)
        ticket, = wait_until(lambda: [each for each in of_node("repeats") if each["occurrences"] >= 2], "both alerts")
        self.assertEqual(ticket["occurrences"], 2)

    def test_is_refused_in_its_senders_form(self):
        cases = {
            "unsigned": (self.sender.client.get(JSON_PATH + "?Action=SendAlert"), 401),
            "another action": (self.sender.by_query(ALERT, Action="StartMonitoring"), 400),
            "no alert": (self.sender.by_query({"Severity": "1"}), 400),
            "expired": (self.sender.by_query(ALERT, expire=ahead(seconds=-1)), 401),
            "good for too long": (self.sender.by_query(ALERT, expire=ahead(hours=25)), 401),
            "HmacSHA1": (self.sender.by_query(ALERT, SignatureMethod="HmacSHA1"), 400),
            "wrong secret": (self.sender.by_rest("SendAlert", ALERT, secret="x" * 40), 401),
            "nothing there": (self.sender.by_rest("StartMonitoring", ALERT), 404),
        }
        for name, (answer, status) in cases.items():
            with self.subTest(name=name):
                self.assertEqual(answer.status, status, answer.body)
                self.assertEqual(set(answer.json()), {"ErrorType", "ErrorMessage", "RequestId"})
                self.assertNotIn(self.sender.secret, answer.body.decode())
        unknown = Sender(("", "A" * 20, self.sender.secret)).by_rest("SendAlert", ALERT)
        wrong = cases["wrong secret"][0]
        self.assertEqual({**unknown.json(), "RequestId": ""}, {**wrong.json(), "RequestId": ""}, "they tell no key from none")

    def test_takes_no_key_and_a_key_is_no_access_key(self):
        for client in (world.instance.integration(), world.instance.user("admin")):
            self.assertEqual(client.post(REST_PATH + "SendAlert.json", ALERT).status, 401)
        self.assertEqual(self.sender.client.get("/api/v1/tickets", headers={
            "Authorization": f"Bearer {self.sender.name}"}).status, 401)
        refused = Sender(access_key(tenant=1)).by_query(ALERT)  # five a user at most
        self.assertEqual(refused.status, 403, "a user's sends no alerts")

    def test_a_body_that_was_altered_is_refused_where_it_was_signed(self):
        body = json.dumps(ALERT).encode()
        right = base64.b64encode(hashlib.md5(body).digest()).decode()
        self.assertEqual(self.sender.by_rest("SendAlert", ALERT, md5=right).status, 200)
        self.assertEqual(self.sender.by_rest("SendAlert", {**ALERT, "Severity": "5"}, md5=right).status, 400)

    def test_a_query_that_is_signed_has_no_body_and_no_key_beside_it(self):
        alert = {**ALERT, "NodeName": "aside"}
        for method in ("GET", "POST"):
            with self.subTest(method=method):
                target = JSON_PATH + "?" + self.sender.parameters(method, alert)
                answer = self.sender.client.call(method, target, json.dumps(alert), headers={"Content-Type": "application/json"})
                self.assertEqual(answer.status, 400, answer.body)
        target = JSON_PATH + "?" + self.sender.parameters("GET", alert)
        for header in ({"X-Api-Key": "wnk_x"}, {"Authorization": "Bearer wnk_x"}, {"Cookie": "__Host-winnow=x"}):
            with self.subTest(header=header):
                self.assertEqual(self.sender.client.get(target, headers=header).status, 400)
        self.assertEqual(self.sender.client.get(target).status, 200)

    def test_ends_when_its_key_is_revoked_and_where_it_may_not_be_used(self):
        ended = access_key({"integration_id": integration()})
        sender = Sender(ended)
        self.assertEqual(sender.by_form(ALERT).status, 200)
        answer = world.instance.user("admin").call("DELETE", f"/api/v1/access-keys/{ended[0]}")
        self.assertEqual(answer.status, 204)
        self.assertEqual(sender.by_form(ALERT).status, 401)
        elsewhere = Sender(access_key({"integration_id": integration(), "networks": ["192.0.2.0/24"]}))
        self.assertEqual(elsewhere.by_query(ALERT).status, 403)
        self.assertEqual(elsewhere.by_form(ALERT).status, 403)


class GetTicketDetail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        answer = world.instance.integration().post("/api/v1/alerts", {"title": "the disk is full", "dedup_key": "disk"})
        assert answer.status == 202, answer.body
        cls.ticket = wait_until(lambda: world.ticket("disk"), "the ticket")
        cls.code = world.instance.ready["tenants"][0]["service_code"]

    def asked(self, key, number=None, code=None, md5=True):
        return Sender(key).by_rest("GetTicketDetail", {"TicketId": f"UTM{number or self.ticket['number']}",
                                                       "ServiceCode": code or self.code, "MasterID": "SA1234567"}, md5=md5)

    def test_is_asked_for_by_a_body_that_is_signed(self):
        key = access_key()
        self.assertEqual(self.asked(key, md5=None).status, 400)
        sender = Sender(key)
        path = REST_PATH + "GetTicketDetail.json"
        text = query_text("POST", sender.host, path, {"AccessKeyId": sender.name, "Expire": ahead(hours=1),
                                                      "SignatureMethod": "HmacSHA256", "SignatureVersion": "2"})
        query = text.split("\n")[3] + "&Signature=" + urllib.parse.quote(signed(sender.secret, text), safe="")
        answer = sender.client.post(f"{path}?{query}", {"TicketId": f"UTM{self.ticket['number']}", "ServiceCode": self.code})
        self.assertEqual(answer.status, 401, "a query signs no body")

    def test_shows_a_ticket_to_a_user_of_its_tenant(self):
        answer = self.asked(access_key())
        self.assertEqual(answer.status, 200, answer.body)
        found = answer.json()
        self.assertEqual((found["StatusCode"], found["Result"]["Title"], found["Result"]["StateCode"]),
                         ("200", "the disk is full", "未対応"))
        self.assertEqual(found["RequestId"], answer.headers["X-Request-Id"])
        log = world.instance.user("admin").get("/api/v1/access-log?limit=20").json()["items"]
        means = {entry["means"] for entry in log if entry["route"] == "/uom/r/{version}/GetTicketDetail.json"}
        self.assertEqual(means, {"access_key"})

    def test_says_nothing_of_a_ticket_above_that_its_user_does_not_see(self):
        admin = world.instance.user("admin")
        groups = {}
        for team in ("db", "net"):
            made = admin.post("/api/v1/management-groups", {"name": team, "labels": [{"name": "team", "value": team}]})
            self.assertEqual(made.status, 201, made.body)
            groups[team] = made.json()["id"]
            alert = {"title": team, "dedup_key": team, "labels": {"team": team}}
            self.assertEqual(world.instance.integration().post("/api/v1/alerts", alert).status, 202)
        ours, above = (wait_until(lambda team=team: world.ticket(team), "the ticket") for team in groups)
        below = admin.call("PUT", f"/api/v1/tickets/{ours['id']}/parent", {"parent_id": above["id"]})
        self.assertEqual(below.status, 200, below.body)
        user = admin.post("/api/v1/users", {"name": "n", "email": "n@example.com", "role": "viewer",
                                            "management_group_ids": [groups["db"]]}).json()["id"]
        key = access_key({"user_id": user})
        self.assertEqual(self.asked(key, above["number"]).status, 404)
        seen = self.asked(key, ours["number"])
        self.assertEqual(seen.status, 200, seen.body)
        self.assertEqual(seen.json()["Result"]["MasterTicketId"], "")
        whole = self.asked(access_key(), ours["number"]).json()["Result"]
        self.assertEqual(whole["MasterTicketId"], f"UTM{above['number']}")

    def test_shows_nothing_to_others(self):
        self.assertEqual(self.asked(access_key({"integration_id": integration()})).status, 403)
        self.assertEqual(self.asked(access_key(), number=999_983).status, 404)
        self.assertEqual(self.asked(access_key(), code="another").status, 400)
        other = world.instance.ready["tenants"][1]["service_code"]
        self.assertEqual(self.asked(access_key(tenant=1), code=other).status, 404, "it has no ticket of that number")
        self.assertEqual(self.asked(access_key(tenant=1)).status, 400, "the service code is not its own")


if __name__ == "__main__":
    unittest.main()
