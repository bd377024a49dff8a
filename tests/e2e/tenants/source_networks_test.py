"""From where a tenant lets its callers in: whose address it is that counts, whatever is forged, and no way to shut oneself out."""

import glob
import http.client
import json
import os
import subprocess
import unittest

from harness import World, wait_until

BINARY = os.environ["WINNOW_BINARY"]
PATH = "/api/v1/settings/networks"
INSIDE, OUTSIDE = "198.51.100.7", "203.0.113.5"
PROXY, STRANGER = "127.0.0.1", "127.0.0.2"  # what is believed, and what is not


def setUpModule():
    global world
    world = World(tenants=3, config=f"listen:\n  customer:\n    trusted_proxies: [{PROXY}, 10.9.0.0/16]\n")
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    return subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c", statement], check=True,
                          capture_output=True, text=True).stdout.split()


def from_peer(client, peer):
    """The client, with its connection from that address."""
    client.close()
    client.connection = http.client.HTTPSConnection(client.host.hostname, client.host.port, context=client.context,
                                                    timeout=30, source_address=(peer, 0))
    return client


def asked_by(address):
    return {"X-Forwarded-For": address}


def forget_all():
    """No tenant has lists any more, and the node knows."""
    sql("delete from source_networks")
    for tenant in range(2):
        client = world.instance.user("admin", tenant)
        wait_until(lambda asking=client: asking.get(PATH, headers=asked_by("192.0.2.99")).status == 200, "the lists to be gone")
        client.close()


class Matrix(unittest.TestCase):
    """Tenant 0 lets its users in from two networks only."""

    @classmethod
    def setUpClass(cls):
        cls.admin = world.instance.user("admin")
        lists = {"users": ["198.51.100.0/24", "2001:db8:1::/48"], "admins": [], "keys": []}
        answer = cls.admin.call("PUT", PATH, lists, headers=asked_by(INSIDE))
        assert answer.status == 200, answer.body
        answer = cls.admin.call("POST", PATH + "/confirm", headers=asked_by(INSIDE))
        assert answer.status == 200, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.admin.close()
        forget_all()

    def test_the_address_that_counts_is_the_last_one_that_nobody_trusted_vouches_for(self):
        cases = [
            # peer, the X-Forwarded-For lines, whose address it is, whether it is let in
            (PROXY, [INSIDE], INSIDE, True),
            (PROXY, [OUTSIDE], OUTSIDE, False),
            (PROXY, [], PROXY, False),
            (PROXY, ["::ffff:" + INSIDE], "::ffff:" + INSIDE, True),
            (PROXY, ["::FFFF:c633:6407"], "::FFFF:c633:6407", True),
            (PROXY, ["::ffff:" + OUTSIDE], "::ffff:" + OUTSIDE, False),
            (PROXY, ["::" + INSIDE], "::" + INSIDE, False),
            (PROXY, ["2001:db8:1::5"], "2001:db8:1::5", True),
            (PROXY, ["2001:db8:2::5"], "2001:db8:2::5", False),
            # forged by whoever asked: what stands before the last untrusted hop counts for nothing
            (PROXY, [f"{INSIDE}, {OUTSIDE}"], OUTSIDE, False),
            (PROXY, [f"{OUTSIDE}, {INSIDE}"], INSIDE, True),
            (PROXY, [INSIDE, OUTSIDE], OUTSIDE, False),
            (PROXY, [OUTSIDE, INSIDE], INSIDE, True),
            # chained through another proxy of ours
            (PROXY, [f"{INSIDE}, 10.9.0.1"], INSIDE, True),
            (PROXY, [f"{INSIDE}, {OUTSIDE}, 10.9.0.1, 10.9.255.255"], OUTSIDE, False),
            (PROXY, [f"{INSIDE}, 10.8.0.1"], "10.8.0.1", False),
            # what is no address ends the chain where it stands
            (PROXY, ["garbage"], PROXY, False),
            (PROXY, [f"{INSIDE}, garbage"], PROXY, False),
            (PROXY, [f"garbage, {INSIDE}"], INSIDE, True),
            (PROXY, ["fe80::1%eth0"], PROXY, False),
            (PROXY, [f"{INSIDE}:443"], INSIDE, True),
            (PROXY, [""], PROXY, False),
            # nobody believes a stranger
            (STRANGER, [INSIDE], STRANGER, False),
            (STRANGER, [f"{INSIDE}, 10.9.0.1"], STRANGER, False),
            (STRANGER, [], STRANGER, False),
        ]
        for role in ("viewer", "operator", "admin"):
            for peer, lines, address, is_let_in in cases:
                with self.subTest(role=role, peer=peer, lines=lines):
                    client = from_peer(world.instance.user(role), peer)
                    connection = client.connection
                    connection.putrequest("GET", "/api/v1/me")
                    connection.putheader("Authorization", f"Bearer {client.key}")
                    for line in lines:
                        connection.putheader("X-Forwarded-For", line)
                    connection.endheaders()
                    answer = connection.getresponse()
                    body = answer.read().decode()
                    client.close()
                    self.assertEqual(answer.status, 200 if is_let_in else 403, body)
                    if not is_let_in:
                        self.assertEqual(json.loads(body)["code"], "address_not_allowed")
                        self.assertIn(f"lets its users in from some networks only, and {address} is in none of them", body)

    def test_a_wrong_key_is_told_nothing_of_places(self):
        client = world.instance.anonymous()
        self.addCleanup(client.close)
        client.key = "wnu_" + "A" * 43
        for address in (INSIDE, OUTSIDE):
            answer = client.get("/api/v1/me", headers=asked_by(address))
            self.assertEqual((answer.status, answer.json()["code"]), (401, "unauthenticated"))

    def test_senders_are_not_asked_where_their_key_has_no_list(self):
        sender = world.instance.integration()
        self.addCleanup(sender.close)
        answer = sender.post("/api/v1/alerts", {"title": "from anywhere"}, headers=asked_by(OUTSIDE))
        self.assertEqual(answer.status, 202, answer.body)

    def test_refusals_are_in_the_access_log(self):
        viewer = world.instance.user("viewer")
        self.addCleanup(viewer.close)
        refused = "203.0.113.99"
        self.assertEqual(viewer.get("/api/v1/tickets", headers=asked_by(refused)).status, 403)

        def entries():
            return self.admin.get(f"/api/v1/access-log?address={refused}", headers=asked_by(INSIDE)).json()["items"]

        entry, = wait_until(entries, "the refusal in the access log", 60)
        self.assertEqual((entry["status"], entry["code"]), (403, "address_not_allowed"))


class Life(unittest.TestCase):
    """In tenant 1."""

    def setUp(self):
        self.admin = world.instance.user("admin", 1)
        self.addCleanup(self.admin.close)
        self.addCleanup(forget_all)

    def put(self, lists, address=INSIDE):
        return self.admin.call("PUT", PATH, lists, headers=asked_by(address))

    def places(self, address=INSIDE):
        answer = self.admin.get(PATH, headers=asked_by(address))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def acts(self, address=INSIDE):
        answer = self.admin.get("/api/v1/audit-log?limit=50", headers=asked_by(address))
        return [each["act"] for each in answer.json()["items"]]

    def test_a_list_without_whoever_makes_it_is_refused(self):
        elsewhere = ["192.0.2.0/24"]
        for lists, at in (({"users": elsewhere}, "/users"), ({"admins": elsewhere}, "/admins"), ({"keys": elsewhere}, "/keys"),
                          ({"users": ["::/0"]}, "/users"), ({"users": ["198.51.100.0/24"], "admins": elsewhere}, "/admins")):
            with self.subTest(lists=lists):
                answer = self.put(lists)
                self.assertEqual((answer.status, answer.json()["code"]), (422, "would_lock_out"), answer.body)
                self.assertEqual(answer.json()["errors"][0]["pointer"], at)
                self.assertIn(INSIDE, answer.json()["detail"])
        self.assertEqual(self.places(), {"users": [], "admins": [], "keys": [], "on_trial_until": None})
        self.assertEqual(self.put({"confirm": True, "users": elsewhere}).status, 422)

    def test_what_is_no_network_is_refused_with_the_right_spelling(self):
        for text, said in (("198.51.100.7/24", "write 198.51.100.0/24"), ("2001:db8::1/32", "write 2001:db8::/32"),
                           ("198.51.100.0/33", "0 to 32"), ("fe80::%eth0/64", "is not a network"), ("here", "is not a network")):
            with self.subTest(text=text):
                answer = self.put({"users": ["198.51.100.0/24", text]})
                self.assertEqual(answer.status, 422, answer.body)
                self.assertEqual(answer.json()["errors"][0]["pointer"], "/users/1")
                self.assertIn(said, answer.json()["errors"][0]["detail"])
        many = [f"198.51.{n}.0/24" for n in range(101)]
        self.assertEqual(self.put({"users": many}).status, 422)
        self.assertEqual(self.put({"users": [*many[:99], "198.51.100.0/24"]}).status, 200)

    def test_a_mapped_network_is_the_ipv4_network(self):
        self.assertEqual(self.put({"users": ["::ffff:198.51.100.0/120"]}).json()["users"], ["198.51.100.0/24"])

    def test_what_nobody_confirms_is_taken_back(self):
        kept = {"users": ["198.51.100.0/24"], "admins": [], "keys": []}
        self.assertEqual(self.put(kept).status, 200)
        answer = self.admin.call("POST", PATH + "/confirm", headers=asked_by(OUTSIDE))
        self.assertEqual(answer.json()["code"], "address_not_allowed", "confirmed from inside only")
        self.assertEqual(self.admin.call("POST", PATH + "/confirm", headers=asked_by(INSIDE)).status, 200)
        self.assertIsNone(self.places()["on_trial_until"])
        tried = self.put({"users": [INSIDE, "192.0.2.0/24"]})
        self.assertEqual(tried.status, 200)
        self.assertTrue(tried.json()["on_trial_until"])
        self.assertEqual(self.places("192.0.2.1")["users"], [INSIDE + "/32", "192.0.2.0/24"])
        sql("update source_networks set revert_at = now() - interval '1 second'")
        wait_until(lambda: self.places()["users"] == kept["users"], "the old list", 30)
        wait_until(lambda: self.admin.get(PATH, headers=asked_by("192.0.2.1")).status == 403, "it to be in force", 10)
        self.assertIn("networks.revert", self.acts())
        self.assertEqual(self.admin.call("POST", PATH + "/confirm", headers=asked_by(INSIDE)).status, 409)

    def test_changes_are_recorded_from_what_to_what(self):
        self.assertEqual(self.put({"users": ["198.51.100.0/24"]}).status, 200)
        answer = self.admin.get("/api/v1/audit-log?act=networks.change&limit=1", headers=asked_by(INSIDE))
        self.assertEqual(answer.json()["items"][0]["detail"]["changes"]["users"], {"from": [], "to": ["198.51.100.0/24"]})

    def test_admins_and_keys_have_lists_of_their_own(self):
        lists = {"users": ["198.51.100.0/24"], "admins": [INSIDE], "keys": ["198.51.100.0/24", "10.1.0.0/16"]}
        tried = self.put(lists)
        self.assertEqual(tried.status, 200)
        self.assertEqual([warning["pointer"] for warning in tried.json()["warnings"]], ["/keys"])
        self.assertNotIn("warnings", self.put(lists).json(), "keys are let in from where they were")
        viewer, sender = world.instance.user("viewer", 1), world.instance.integration(1)
        self.addCleanup(viewer.close)
        self.addCleanup(sender.close)

        def status(client, address):
            return client.call("GET", "/api/v1/me" if client is not sender else "/am/api/v2/status",
                               headers=asked_by(address)).status

        self.assertEqual([status(self.admin, at) for at in (INSIDE, "198.51.100.8", "10.1.0.1")], [200, 403, 403])
        self.assertEqual([status(viewer, at) for at in (INSIDE, "198.51.100.8", "10.1.0.1")], [200, 200, 403])
        self.assertEqual([status(sender, at) for at in (INSIDE, "10.1.0.1", OUTSIDE)], [200, 200, 403])

    def test_only_admins_change_them_and_auditors_need_not(self):
        operator = world.instance.user("operator", 1)
        self.addCleanup(operator.close)
        self.assertEqual(operator.get(PATH).status, 200)
        self.assertEqual(operator.call("PUT", PATH, {}).status, 403)
        self.assertEqual(operator.call("POST", PATH + "/confirm").status, 403)

    def test_the_provider_lets_in_who_is_shut_out_and_both_logs_say_so(self):
        self.assertEqual(self.put({"users": ["198.51.100.0/24"]}).status, 200)
        self.assertEqual(self.admin.call("POST", PATH + "/confirm", headers=asked_by(INSIDE)).status, 200)
        self.assertEqual(self.admin.get(PATH).status, 403)
        code = world.instance.ready["tenants"][1]["service_code"]
        said = subprocess.run([BINARY, "tenant", "reset-networks", code, "--reason", "asked for by phone"], check=True,
                              capture_output=True, text=True,
                              env={**os.environ, "WINNOW_STATE_DIR": world.instance.state}).stdout
        self.assertIn("from everywhere again", said)
        self.assertEqual(self.admin.get(PATH).status, 200, "for the very next request on that node")
        record = self.admin.get("/api/v1/audit-log?act=networks.reset&limit=1").json()["items"][0]
        self.assertEqual((record["actor"], record["detail"]["reason"]), ("provider", "asked for by phone"))
        provider = world.instance.provider()
        self.addCleanup(provider.close)
        record = provider.get("/admin/v1/audit-log?act=networks.reset&limit=1").json()["items"][0]
        self.assertEqual(record["detail"]["reason"], "asked for by phone")
        path = f"/admin/v1/tenants/{world.instance.ready['tenants'][1]['tenant_id']}/networks/reset"
        self.assertEqual(provider.post(path, {}).status, 422)

    def test_the_command_line_sets_and_confirms_them(self):
        def winnow(*words, status=0):
            done = subprocess.run([BINARY, "networks", *words], capture_output=True, text=True, check=False,
                                  env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout + done.stderr

        # the first tenant's admin, from 127.0.0.1
        self.assertIn("everywhere", winnow("show"))
        said = winnow("set", "--users", "127.0.0.0/8", "--keys", "127.0.0.1")
        self.assertIn("winnow networks confirm", said)
        self.assertIn("warning: --keys: keys are refused elsewhere from now on", said)
        self.assertNotIn("on trial", winnow("confirm"))
        self.assertIn("127.0.0.0/8", winnow("show"))
        self.assertIn("--admins", winnow("set", "--admins", "192.0.2.7/24", status=1))
        self.assertIn("would shut you out", winnow("set", "--admins", "192.0.2.0/24", status=1))
        left = json.loads(winnow("set", "--everywhere", "users", "--json"))
        self.assertEqual((left["users"], left["keys"]), ([], ["127.0.0.1/32"]))
        winnow("set", status=2)


if __name__ == "__main__":
    unittest.main()
