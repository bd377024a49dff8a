"""Quotas: the provider sets and sees them, the tenant sees its own, and of those who race for the last place one gets it."""

import itertools
import threading
import unittest

from harness import Instance, wait_until

RACERS = 8


def setUpModule():
    global instance, provider, tenants
    instance = Instance(tenants=3, extra=["--egress-allow", "192.0.2.0/24"])
    instance.start()
    unittest.addModuleCleanup(instance.__exit__)
    provider = instance.provider()
    unittest.addModuleCleanup(provider.close)
    by_code = {each["service_code"]: each["id"] for each in provider.get("/admin/v1/tenants?limit=500").json()["items"]}
    tenants = [by_code[each["service_code"]] for each in instance.ready["tenants"]]


def set_quotas(tenant, **quotas):
    answer = provider.call("PATCH", f"/admin/v1/tenants/{tenants[tenant]}/quotas", quotas,
                           headers={"Content-Type": "application/merge-patch+json"})
    assert answer.status == 200, answer.body
    return {each["name"]: each for each in answer.json()["items"]}


def quotas_of(client):
    return {each["name"]: each for each in client.get("/api/v1/quotas").json()["items"]}


class Quotas(unittest.TestCase):
    def client(self, tenant):
        client = instance.user("admin", tenant)
        self.addCleanup(client.close)
        return client

    def test_the_tenant_sees_what_holds_and_the_provider_what_is_set(self):
        admin = self.client(0)
        self.assertEqual(quotas_of(admin)["contact_groups"]["max"], 1000, "as configured")
        set_here = set_quotas(0, contact_groups=2)
        self.assertEqual(set_here["contact_groups"]["max"], 2)
        self.assertIsNone(set_here["users"]["max"])
        self.assertEqual(quotas_of(admin)["contact_groups"]["max"], 2)
        there = quotas_of(admin)["contact_groups"]["used"]
        set_quotas(0, contact_groups=there + 1)
        made = admin.post("/api/v1/contact-groups", {"name": "quota", "contact_ids": []})
        self.assertEqual(made.status, 201, made.body)
        refused = admin.post("/api/v1/contact-groups", {"name": "one too many", "contact_ids": []})
        self.assertEqual(refused.status, 409)
        problem = refused.json()
        self.assertEqual({key: problem[key] for key in ("code", "name", "max", "used")},
                         {"code": "quota_exceeded", "name": "contact_groups", "max": there + 1, "used": there + 1})
        self.assertEqual(admin.call("DELETE", "/api/v1/contact-groups/" + made.json()["id"]).status, 204)
        self.assertEqual(admin.post("/api/v1/contact-groups", {"name": "again", "contact_ids": []}).status, 201)
        self.assertIsNone(set_quotas(0, contact_groups=None)["contact_groups"]["max"])
        self.assertEqual(quotas_of(admin)["contact_groups"]["max"], 1000)

    def test_what_is_no_quota_or_no_number_is_refused_and_changes_nothing(self):
        for wrong in ({"user": 5}, {"users": -1}, {"users": "many"}, {"users": 10**10}, {"history_bytes": 5}):
            answer = provider.call("PATCH", f"/admin/v1/tenants/{tenants[1]}/quotas", {"contacts": 7, **wrong},
                                   headers={"Content-Type": "application/merge-patch+json"})
            self.assertEqual(answer.status, 422, (wrong, answer.body))
        self.assertIsNone(set_quotas(1)["contacts"]["max"])

    def test_of_those_who_race_for_the_last_place_one_gets_it(self):
        used = quotas_of(self.client(1))["users"]["used"]
        set_quotas(1, users=used + 1)
        clients = [self.client(1) for _ in range(RACERS)]
        together = threading.Barrier(RACERS)
        answers = [None] * RACERS

        def race(racer):
            together.wait()
            answers[racer] = clients[racer].post("/api/v1/users", {"name": "R", "email": f"r{racer}@example.com",
                                                                  "role": "viewer"}).status
        threads = [threading.Thread(target=race, args=(each,)) for each in range(RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [201] + [409] * (RACERS - 1))
        self.assertEqual(quotas_of(clients[0])["users"]["used"], used + 1)

    def test_beyond_what_may_be_owed_an_alert_becomes_a_ticket_and_those_left_out_are_counted(self):
        admin = self.client(2)
        contacts = [admin.post("/api/v1/contacts", {"name": f"c{each}", "type": "webhook", "url": "https://192.0.2.1/"}).json()
                    for each in range(5)]
        group = admin.post("/api/v1/contact-groups", {"name": "many", "contact_ids": [each["id"] for each in contacts]}).json()
        settings = admin.call("PATCH", "/api/v1/settings", {"default_route": [group["id"]]},
                              headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(settings.status, 200, settings.body)
        set_quotas(2, deliveries=2)
        sender = instance.integration(2)
        self.addCleanup(sender.close)
        keys = itertools.count()

        def left_out():
            alert = {"title": "t", "dedup_key": f"beyond-{next(keys)}"}
            self.assertEqual(sender.post("/api/v1/alerts", alert).status, 202)
            return quotas_of(admin).get("deliveries", {}).get("left_out", 0)
        # The route that a node knows is the new one within moments: until then alerts tell whom they told before.
        wait_until(lambda: left_out() >= 3, "somebody to be left out")
        wait_until(lambda: admin.get("/api/v1/tickets").json()["items"], "a ticket")


if __name__ == "__main__":
    unittest.main()
