"""People sign in by their tenant's provider (OpenID Connect), which lies as it is told: over real TLS, with real cookies."""

import json
import os
import subprocess
import unittest

from harness import World, wait_until

from oidc.hostile_provider import HostileProvider
from oidc.oidc_login import LOGIN, add_provider, begin, change_provider, come_back, led_to, sign_in
from oidc.oidc_variants import discovery_variants, variants
from tenants.person import DEVICE, PROXIED, SESSION, App, Browser, Mailbox

MERGE = {"Content-Type": "application/merge-patch+json"}
LEAST_VARIANTS = 60
BINARY = os.environ["WINNOW_BINARY"]


def setUpModule():
    global world, hostile
    world = World(tenants=2, config=PROXIED)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    hostile = HostileProvider(world.certificates.certificate, world.certificates.key)
    unittest.addModuleCleanup(hostile.close)


class Oidc(unittest.TestCase):
    """Each test has a provider of its own, whose subjects are nobody yet."""

    made = 0

    def setUp(self):
        Oidc.made += 1
        hostile.lies = {}
        self.name = f"someone{Oidc.made}"
        hostile.person = {"sub": self.name, "email": f"{self.name}@example.com", "email_verified": True, "name": "Some One"}
        self.admin = world.instance.user("admin")
        self.settings(mfa_policy="admins")
        self.provider = add_provider(self.admin, hostile.issuer, name=f"Provider {Oidc.made}")
        self.addCleanup(self.admin.call, "DELETE", f"/api/v1/oidc-providers/{self.provider['id']}")
        # What the test before was told of its documents is forgotten by it.
        self.assertTrue(self.admin.post(f"/api/v1/oidc-providers/{self.provider['id']}/test", None).json()["good"])
        self.browser = self.another_browser()

    def another_browser(self):
        browser = Browser(world.instance.ready)
        self.addCleanup(browser.close)
        return browser

    def settings(self, **values):
        answer = self.admin.call("PATCH", "/api/v1/settings", values, headers=MERGE)
        self.assertEqual(answer.status, 200, answer.body)

    def change(self, **more):
        self.provider = change_provider(self.admin, self.provider, **more)

    def invite(self, role="viewer"):
        """The user's id."""
        made = self.admin.post("/api/v1/users", {"email": hostile.person["email"], "name": "Invited", "role": role,
                                                 "state": "invited", "oidc_provider_id": self.provider["id"]})
        self.assertEqual(made.status, 201, made.body)
        return made.json()["id"]

    def sign_in(self, browser=None, **query):
        return sign_in(browser or self.browser, self.provider, hostile.approve, **query)

    def assert_in(self, answer, browser=None):
        self.assertEqual(answer.status, 200, answer.body)
        me = (browser or self.browser).get("/api/v1/me")
        self.assertEqual(me.status, 200, me.body)
        return me.json()

    def problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer.body)

    def refusals(self):
        """The words by which logins of this provider were refused, the newest first."""
        items = self.admin.get("/api/v1/audit-log?act=sign_in.fail&limit=200").json()["items"]
        return [each["detail"]["why"] for each in items if each["on"] == f"oidc_provider:{self.provider['id']}"]

    def assert_refused(self, answer, why, before=0, browser=None):
        """And recorded as that; `before`: so many were."""
        self.problem(answer, 403, "sign_in_refused")
        self.assertNotIn(SESSION, (browser or self.browser).cookies)
        self.assertEqual(wait_until(lambda: self.refusals_since(before), "the record of the refusal"), [why])

    def refusals_since(self, before):
        words = self.refusals()
        return words[:len(words) - before]


class Providers(Oidc):
    def test_are_the_admins_to_set_and_show_no_secret(self):
        path = f"/api/v1/oidc-providers/{self.provider['id']}"
        self.assertTrue(self.provider["redirect_uri"].endswith(f"/auth/oidc/{self.provider['id']}/callback"))
        answers = [self.admin.get(path), self.admin.get("/api/v1/oidc-providers"), self.admin.get("/api/v1/audit-log")]
        for answer in answers:
            self.assertEqual(answer.status, 200, answer.body)
            self.assertNotIn(b"the client's secret", answer.body)
        viewer = world.instance.user("viewer")
        self.assertEqual(viewer.get(path).status, 200)
        self.problem(viewer.call("DELETE", path), 403, "forbidden")
        for wrong in ({"issuer": "https://elsewhere.example"}, {"issuer": "http://127.0.0.1"}, {"algorithms": ["HS256"]},
                      {"algorithms": []}, {"scopes": ["two words"]}, {"client_auth": "none"}, {"client_secret": ""},
                      {"roles": {"rules": [{"value": "x", "role": "admin"}]}}, {"roles": {"default_role": "admin"}},
                      {"redirect": "x"}):
            with self.subTest(wrong=wrong):
                self.problem(self.admin.call("PATCH", path, wrong, headers=MERGE), 422, "invalid_field")
        self.change(name="Another name", client_auth="post")
        code = world.instance.ready["tenants"][0]["service_code"]
        shown = self.browser.get(f"/auth/t/{code}").json()
        self.assertEqual(self.browser.get(f"/auth/t/{code.upper()}").json(), shown, "however the code is typed")
        self.assertIn({"id": self.provider["id"], "name": "Another name"}, shown["oidc"])
        self.assertEqual(shown["methods"], ["password", "oidc"])
        self.change(enabled=False)
        self.assertNotIn(self.provider["id"], self.browser.get(f"/auth/t/{code}").body.decode())
        self.problem(begin(self.browser, self.provider), 404, "not_found")

    def test_are_ten_at_most(self):
        added = []
        for number in range(10):
            answer = self.admin.post("/api/v1/oidc-providers", {"name": f"one of ten {number}", "issuer": hostile.issuer,
                                                                "client_id": "x", "client_secret": "y"})
            if answer.status == 201:
                added.append(answer.json()["id"])
        self.problem(answer, 409, "conflict")
        for each in added:
            self.assertEqual(self.admin.call("DELETE", f"/api/v1/oidc-providers/{each}").status, 204)

    def test_are_tried_before_anybody_has_to(self):
        path = f"/api/v1/oidc-providers/{self.provider['id']}/test"
        said = self.admin.post(path, None).json()
        self.assertEqual((said["good"], said["keys"], said["names_itself"]), (True, 2, True))
        self.problem(world.instance.user("viewer").post(path, None), 403, "forbidden")
        self.assertEqual(world.instance.user("admin", 1).post(path, None).status, 404)
        for name, lies, code in discovery_variants(hostile):
            with self.subTest(name):
                hostile.lies = lies
                said = self.admin.post(path, None).json()
                self.assertEqual((said["good"], said["code"]), (False, code))
                self.assertTrue(said["detail"])
                self.assertNotIn("127.0.0.1", said["detail"], "an address")
                self.problem(begin(self.browser, self.provider), 503, "provider_unreachable")
        hostile.lies = {}
        self.assertTrue(self.admin.post(path, None).json()["good"])
        self.assertEqual(begin(self.browser, self.provider).status, 303)


class People(Oidc):
    def test_accept_an_invitation_that_names_the_provider(self):
        user = self.invite("operator")
        hostile.lies = {"claims": {"email_verified": False}}
        self.assert_refused(self.sign_in(), "no_account")
        hostile.lies = {}
        answer = self.sign_in(return_to="/tickets?state=open&q=%22")
        self.assertEqual(led_to(answer), "/tickets?state=open&q=%22")
        me = self.assert_in(answer)
        self.assertEqual((me["id"], me["role"], me["has_password"], me["managed_by"]), (user, "operator", False, None))
        self.assertTrue(me["last_sign_in_at"])
        # The link is used up with it, and the subject is this user from now on, whatever the address is.
        token = Mailbox(world.mail, hostile.person["email"]).token("accept")
        self.problem(self.browser.post("/auth/invitations/peek", {"token": token}), 404, "not_found")
        hostile.person["email"] = "another@example.com"
        browser = self.another_browser()
        self.assertEqual(self.assert_in(self.sign_in(browser), browser)["id"], user)

    def test_are_nobody_without_an_invitation_of_this_provider(self):
        made = self.admin.post("/api/v1/users", {"email": hostile.person["email"], "name": "x", "role": "viewer",
                                                 "state": "invited"})
        self.assertEqual(made.status, 201, made.body)
        self.assert_refused(self.sign_in(), "no_account")
        self.assertEqual(self.admin.post(f"/api/v1/users/{made.json()['id']}/invite",
                                         {"oidc_provider_id": self.provider["id"]}).status, 202)
        self.assert_in(self.sign_in())

    def test_come_by_themselves_where_the_provider_may_bring_them_and_as_what_it_says(self):
        self.change(jit=True, roles={"claim": "groups", "rules": [{"value": "noc", "role": "operator"},
                                                                  {"value": "desk", "role": "viewer"}]})
        self.assert_refused(self.sign_in(), "no_account")
        hostile.person["groups"] = ["all", "noc"]
        me = self.assert_in(self.sign_in())
        self.assertEqual((me["role"], me["name"], me["email"]), ("operator", "Some One", hostile.person["email"]))
        self.assertEqual(self.admin.get(f"/api/v1/users/{me['id']}").json()["managed_by"], self.provider["id"])
        hostile.person["groups"] = "desk"
        other = self.another_browser()
        self.assertEqual(self.assert_in(self.sign_in(other), other)["role"], "viewer")
        self.assertEqual(self.browser.get("/api/v1/me").status, 401, "who was an operator before is signed out")
        hostile.person["groups"] = ["all"]
        self.assert_refused(self.sign_in(), "no_account", before=1, browser=self.another_browser())

    def test_who_were_disabled_or_deleted_stay_out(self):
        user = self.invite()
        self.assert_in(self.sign_in())
        self.assertEqual(self.admin.call("DELETE", f"/api/v1/users/{user}").status, 204)
        self.browser.cookies.clear()
        self.assert_refused(self.sign_in(), "no_account")
        self.assertEqual(self.admin.post(f"/api/v1/users/{user}/delete", None).status, 204)
        self.assert_refused(self.sign_in(), "no_account", before=1)
        self.assertNotEqual(self.invite(), user)
        self.assert_in(self.sign_in())

    def test_show_a_second_factor_where_the_provider_has_not(self):
        self.settings(mfa_policy="all")
        self.invite()
        answer = self.sign_in(return_to="/home#old")
        self.assertEqual(led_to(answer), "/home#enrolment_required")
        self.problem(self.browser.get("/api/v1/me"), 401, "unauthenticated")
        made = self.browser.post("/api/v1/me/factors", {"kind": "totp"})
        self.assertEqual(made.status, 201, made.body)
        app = App(made.json()["secret"])
        enrolled = self.browser.post(f"/api/v1/me/factors/{made.json()['id']}/confirm", {"code": app.code()})
        self.assertEqual(enrolled.status, 200, enrolled.body)
        self.assertTrue(self.browser.get("/api/v1/me").json()["second_factor"])
        browser = self.another_browser()
        self.assertEqual(led_to(self.sign_in(browser)), "/#mfa_required")
        self.assertNotIn(DEVICE, browser.cookies)
        self.assertEqual(browser.post("/auth/mfa", {"code": app.code()}).status, 200)
        self.assertEqual(browser.get("/api/v1/me").status, 200)

    def test_need_none_where_the_tenant_takes_the_providers(self):
        self.settings(mfa_policy="all")
        self.invite()
        self.change(second_factors=["otp", "urn:gold"])
        hostile.person["amr"] = ["pwd", "otp"]
        answer = self.sign_in()
        self.assertEqual(led_to(answer), "/")
        self.assertTrue(self.assert_in(answer)["second_factor"])

    def test_prove_anew_at_the_provider_who_they_are(self):
        self.invite()
        self.assert_in(self.sign_in())
        stale = self.browser.post("/api/v1/api-keys", {})
        self.problem(stale, 403, "step_up_required")
        self.assertEqual(stale.json()["methods"], ["oidc"])
        self.assert_refused(self.sign_in(self.another_browser(), prove_anew="true"), "auth_time",
                            browser=self.another_browser())
        hostile.person["auth_time"] = 1_700_000_000
        self.assert_refused(self.sign_in(self.another_browser(), prove_anew="true"), "auth_time", before=1,
                            browser=self.another_browser())
        location = begin(self.browser, self.provider, prove_anew="true").headers["Location"]
        self.assertIn("max_age=0", location)
        hostile.person["auth_time"] = hostile.now()
        self.assert_in(come_back(self.browser, self.provider, hostile.approve(location)))
        self.assertEqual(self.browser.post("/api/v1/api-keys", {}).status, 201)


class Ways(Oidc):
    """What comes back that was never sent, or not from there."""

    def setUp(self):
        super().setUp()
        self.invite()
        self.query = hostile.approve(begin(self.browser, self.provider).headers["Location"])

    def refused(self, answer):
        self.problem(answer, 403, "sign_in_refused")
        self.assertEqual(answer.json()["detail"], "this sign-in was refused: begin anew, or ask your admin")
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_are_of_one_browser_and_for_once(self):
        self.refused(come_back(self.another_browser(), self.provider, self.query))
        other = self.another_browser()
        begin(other, self.provider)
        self.refused(come_back(other, self.provider, self.query))
        self.refused(come_back(self.browser, self.provider, self.query, **{LOGIN: "A" * 43}))
        mine = self.browser.cookies[LOGIN]
        self.assert_in(come_back(self.browser, self.provider, self.query))
        self.assertNotIn(LOGIN, self.browser.cookies)
        again = self.another_browser()
        self.refused(come_back(again, self.provider, self.query, **{LOGIN: mine}))
        self.assertEqual(self.refusals(), [], "what anybody can send is not recorded")

    def test_are_of_one_login_of_one_provider_of_one_tenant(self):
        for wrong in ({"state": "A" * 43}, {"state": "x"}, {"state": ""}, {"state": [self.query["state"]] * 2}):
            pairs = [(name, each) for name, value in {**self.query, **wrong}.items()
                     for each in (value if isinstance(value, list) else [value])]
            with self.subTest(wrong=wrong):
                self.refused(come_back(self.browser, self.provider, pairs))
        beside = add_provider(self.admin, hostile.issuer, name=f"beside {self.name}")
        self.addCleanup(self.admin.call, "DELETE", f"/api/v1/oidc-providers/{beside['id']}")
        elsewhere = add_provider(world.instance.user("admin", 1), hostile.issuer, name=f"elsewhere {self.name}")
        for other in (beside, elsewhere, {"id": "01a209cd-cd01-8000-8010-000000010000"}, {"id": "nonsense"}):
            with self.subTest(other=other):
                self.refused(come_back(self.browser, other, self.query))
        self.assert_in(come_back(self.browser, self.provider, self.query))

    def test_one_tenants_provider_signs_in_nobody_of_anothers(self):
        """The same issuer, client and subject in two tenants are two users, and one of them is nobody."""
        elsewhere = add_provider(world.instance.user("admin", 1), hostile.issuer, name=f"same {self.name}")
        browser = self.another_browser()
        self.problem(sign_in(browser, elsewhere, hostile.approve), 403, "sign_in_refused")
        self.assertNotIn(SESSION, browser.cookies)

    def test_lead_to_pages_of_our_own_alone(self):
        for path in ("https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a b", "/" + "x" * 1_024):
            with self.subTest(path=path):
                self.problem(begin(self.browser, self.provider, return_to=path), 400, "invalid_parameter")

    def test_are_begun_by_people_and_by_our_own_pages(self):
        for site, status in (("none", 303), ("same-origin", 303), ("same-site", 403), ("cross-site", 403)):
            with self.subTest(site=site):
                self.browser.headers = {"Sec-Fetch-Site": site}
                self.assertEqual(begin(self.browser, self.provider).status, status)

    def test_cookies_are_lax_for_the_way_and_strict_for_the_session(self):
        lines = begin(self.browser, self.provider).headers.get_all("Set-Cookie")
        self.assertEqual(len(lines), 1)
        self.assertLessEqual({"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"}, set(lines[0].split("; ")))
        answer = self.sign_in()
        for line in answer.headers.get_all("Set-Cookie"):
            strict = "SameSite=Lax" if line.startswith(LOGIN) else "SameSite=Strict"
            self.assertLessEqual({"Path=/", "Secure", "HttpOnly", strict}, set(line.split("; ")), line)

    def test_that_go_wrong_again_and_again_hold_their_network(self):
        hostile.lies = {"claims": {"aud": "other"}}
        held = None
        for _ in range(25):
            begun = begin(self.browser, self.provider)
            if begun.status == 429:
                held = begun
                break
            before = len(self.refusals())
            self.problem(come_back(self.browser, self.provider, hostile.approve(begun.headers["Location"])), 403,
                         "sign_in_refused")
            wait_until(lambda: len(self.refusals()) > before, "the failure to be counted")
        self.assertIsNotNone(held)
        self.problem(held, 429, "sign_in_held")
        self.assertEqual(begin(self.another_browser(), self.provider).status, 303, "others are not")


class Hostile(Oidc):
    def test_every_variant_is_refused_by_its_reason_and_tells_nothing(self):
        self.invite()
        self.assert_in(self.sign_in())
        table = variants(hostile)
        self.assertGreaterEqual(len([each for each in table if each[2]]), LEAST_VARIANTS)
        told = set()
        for name, lies, word in table:
            with self.subTest(name):
                # The provider's keys are asked for anew with each that lies about them.
                hostile.lies = lies if "keys" in lies else {}
                self.assertTrue(self.admin.post(f"/api/v1/oidc-providers/{self.provider['id']}/test", None).json()["good"])
                browser, before = self.another_browser(), len(self.refusals())
                location = begin(browser, self.provider).headers["Location"]
                hostile.lies = lies
                answer = come_back(browser, self.provider, hostile.approve(location))
                if word is None:
                    self.assert_in(answer, browser)
                    continue
                self.assert_refused(answer, word, before, browser)
                told.add((answer.json()["title"], answer.json()["detail"]))
        self.assertEqual(len(told), 1, "what was wrong is for the audit log alone")

    def test_codes_are_redeemed_once_with_what_only_this_browser_can_make(self):
        self.invite()
        self.assert_in(self.sign_in())
        posts = [body.decode() for method, path, body in hostile.calls if (method, path) == ("POST", "/token")]
        self.assertIn("code_verifier=", posts[-1])
        self.assertNotIn("client_secret", posts[-1], "basic shows it in a header")
        self.change(client_auth="post")
        self.assert_in(self.sign_in())
        self.assertIn("client_secret=", [body.decode() for method, _, body in hostile.calls if method == "POST"][-1])


class Commands(Oidc):
    def winnow(self, *words, status=0, stdin=""):
        done = subprocess.run([BINARY, *words], input=stdin, capture_output=True, text=True, check=False,
                              env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        return done.stdout

    def test_set_show_try_and_delete_providers(self):
        name = f"by hand {Oidc.made}"
        made = self.winnow("oidc-provider", "create", name, "--issuer", hostile.issuer, "--client-id", "winnow", "--secret-file",
                           "-", "--role", "noc=operator", "--default-role", "viewer", "--jit", "yes", "--second-factor", "otp",
                           stdin="the client's secret\n")
        self.assertIn("/callback", made)
        self.assertNotIn("the client's secret", made)
        self.assertIn("2 keys", self.winnow("oidc-provider", "test", name))
        self.assertIn(name, self.winnow("oidc-provider", "list"))
        provider = json.loads(self.winnow("oidc-provider", "show", name, "--json"))
        self.assertEqual(provider["roles"]["rules"], [{"value": "noc", "role": "operator"}])
        self.assertEqual(self.assert_in(sign_in(self.browser, provider, hostile.approve))["role"], "viewer")
        self.winnow("user", "invite", f"other-{self.name}@example.com", "--name", "x", "--role", "viewer", "--oidc-provider", name)
        changed = json.loads(self.winnow("oidc-provider", "change", name, "--state", "disabled", "--default-role", "none", "--json"))
        self.assertEqual((changed["enabled"], changed["roles"]["default_role"]), (False, None))
        self.assertEqual(changed["roles"]["rules"], provider["roles"]["rules"], "what is not given stays")
        hostile.lies = {"metadata_status": 500}
        self.assertIn("status", self.winnow("oidc-provider", "test", name, status=1))
        for wrong in (("change", name), ("create", "x", "--issuer", "https://x", "--client-id", "x", "--secret-file", "-", "--role",
                                         "no role")):
            self.winnow("oidc-provider", *wrong, status=2, stdin="secret")
        self.winnow("oidc-provider", "delete", name)
        self.winnow("oidc-provider", "show", name, status=1)


if __name__ == "__main__":
    unittest.main()
