"""People sign in by their tenant's provider while the tenant is suspended, and while the provider is not what it should be."""

import concurrent.futures
import threading
import unittest

from harness import wait_until

from oidc import oidc_test as base
from oidc.oidc_login import begin, come_back

AT_ONCE = 24  # fewer than may wait for a tenant's provider
TRIES = 22  # more failures than hold a network
RULES = {"claim": "groups", "rules": [{"value": "noc", "role": "operator"}, {"value": "desk", "role": "viewer"}]}


def setUpModule():
    base.setUpModule()


class Suspended(base.Oidc):
    def suspend(self):
        tenant = "/admin/v1/tenants/" + base.world.instance.ready["tenants"][0]["tenant_id"]
        provider = base.world.instance.provider()
        self.addCleanup(provider.close)

        def to(act, suspended):
            answer = provider.post(f"{tenant}/{act}", None)
            self.assertIn(answer.status, (200, 409), answer.body)
            wait_until(lambda: self.admin.get("/api/v1/me").json()["tenant"]["suspended"] == suspended, act)

        self.addCleanup(to, "resume", False)
        to("suspend", True)
        return lambda: to("resume", False)

    def somebody(self, name, **more):
        base.hostile.person = {"sub": name, "email": f"{name}@example.com", "email_verified": True, "name": name, **more}

    def test_tenants_let_in_whom_they_know_as_what_they_are(self):
        self.change(jit=True, roles=RULES)
        self.somebody(f"invited-{self.name}")
        self.invite()
        self.somebody(f"known-{self.name}", groups="noc")
        known = self.assert_in(self.sign_in())
        resume = self.suspend()
        self.assertEqual(self.assert_in(self.sign_in(self.browser))["id"], known["id"])
        browser = self.another_browser()
        base.hostile.person["groups"] = "desk"
        self.assert_refused(self.sign_in(browser), "no_account", browser=browser)
        self.assertEqual(self.admin.get(f"/api/v1/users/{known['id']}").json()["role"], "operator")
        self.somebody(f"new-{self.name}", groups="noc")
        self.assert_refused(self.sign_in(browser), "no_account", before=1, browser=browser)
        self.somebody(f"invited-{self.name}", groups="noc")
        self.assert_refused(self.sign_in(browser), "no_account", before=2, browser=browser)
        resume()
        self.assertEqual(self.assert_in(self.sign_in(browser), browser)["role"], "viewer", "as which this one was invited")


class Narrowed(base.Oidc):
    def test_who_becomes_an_auditor_is_narrowed_no_more(self):
        self.change(jit=True, second_factors=["otp"], roles={"claim": "groups", "rules": [
            {"value": "noc", "role": "operator"}, {"value": "logs", "role": "auditor"}]})
        base.hostile.person |= {"groups": "noc", "amr": ["otp"]}
        user = self.assert_in(self.sign_in())["id"]
        group = self.admin.post("/api/v1/management-groups", {"name": self.name}).json()["id"]
        narrowed = self.admin.call("PATCH", f"/api/v1/users/{user}", {"management_group_ids": [group]}, headers=base.MERGE)
        self.assertEqual(narrowed.status, 200, narrowed.body)
        base.hostile.person["groups"] = "logs"
        browser = self.another_browser()
        self.assertEqual(self.assert_in(self.sign_in(browser), browser)["role"], "auditor")
        self.assertEqual(browser.get("/api/v1/audit-log").status, 200)
        self.assertIsNone(self.admin.get(f"/api/v1/users/{user}").json()["management_group_ids"])
        renamed = self.admin.call("PATCH", f"/api/v1/users/{user}", {"name": "Another"}, headers=base.MERGE)
        self.assertEqual(renamed.status, 200, renamed.body)
        change, = [each["detail"]["changes"] for each in self.admin.get("/api/v1/audit-log?act=user.change").json()["items"]
                   if each["on"] == f"user:{user}" and "role" in each["detail"].get("changes", {})]
        self.assertEqual(change, {"role": {"from": "operator", "to": "auditor"},
                                  "management_group_ids": {"from": [group], "to": None}})


class Faults(base.Oidc):
    def test_of_a_provider_hold_nobodys_network(self):
        self.invite()
        self.assert_in(self.sign_in())
        for lies, word in (({"status": 401, "answer": '{"error":"invalid_client"}'}, "status"),
                           ({"query": {"code": None, "error": "access_denied"}}, "denied")):
            with self.subTest(word):
                base.hostile.lies = lies
                browser = self.another_browser()
                for _ in range(TRIES):
                    begun = begin(browser, self.provider)
                    self.assertEqual(begun.status, 303, begun.body)
                    answer = come_back(browser, self.provider, base.hostile.approve(begun.headers["Location"]))
                    self.problem(answer, 403, "sign_in_refused")
                wait_until(lambda word=word: self.refusals().count(word) == 5, "five records of it")
                base.hostile.lies = {}
                self.assert_in(self.sign_in(browser), browser)
                self.assertEqual(self.refusals().count(word), 5, "and no more of them")

    def test_and_slow_ones_let_in_everybody_who_comes_at_once(self):
        self.invite()
        self.assert_in(self.sign_in())
        browsers = [self.another_browser() for _ in range(AT_ONCE)]
        base.hostile.lies = {"meet": threading.Barrier(AT_ONCE)}  # none is answered before all have asked
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(self.sign_in, browsers))
        self.assertEqual([each.status for each in answers], [200] * AT_ONCE, [each.body for each in answers])
        self.assertEqual(self.refusals(), [])


if __name__ == "__main__":
    unittest.main()
