"""People sign in as they do: links by mail over real SMTP, cookies over real TLS, codes of another program."""

import concurrent.futures
import glob
import hashlib
import re
import subprocess
import time
import unittest

from harness import Client, World, wait_until

from tenants.person import DEVICE, OURS, PROXIED, SESSION, Browser, Person, text_of

MERGE = {"Content-Type": "application/merge-patch+json"}
WRONG = "wrong horse, no battery"


def setUpModule():
    global world
    world = World(tenants=2, config=PROXIED)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def settings(**values):
    answer = world.instance.user("admin").call("PATCH", "/api/v1/settings", values, headers=MERGE)
    assert answer.status == 200, answer.body


class SignIn(unittest.TestCase):
    made = 0

    def person(self, role="viewer", accepts=True, policy="admins"):
        settings(mfa_policy=policy)
        SignIn.made += 1
        person = Person(world, f"person{SignIn.made}@example.com", role)
        self.addCleanup(person.browser.close)
        if accepts:
            answer = person.accept()
            self.assertEqual(answer.status, 204, answer.body)
        return person

    def signed_in(self, **more):
        person = self.person(**more)
        answer = person.sign_in()
        self.assertEqual((answer.status, answer.json()["state"]), (200, "active"), answer.body)
        return person

    def problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer.body)


class Invitations(SignIn):
    def test_lead_to_a_password_and_are_good_once(self):
        person = self.person(accepts=False)
        mail = person.mailbox.next()
        text = text_of(mail)
        token = re.search(r"/accept#t=([\w-]{43})", text)[1]
        self.assertNotIn(person.password, text)
        peeked = person.browser.post("/auth/invitations/peek", {"token": token})
        self.assertEqual(peeked.json()["email"], person.address)
        self.assertTrue(peeked.json()["tenant_name"])
        body = {"token": token, "name": "Pat", "password": person.password}
        self.problem(person.browser.post("/auth/invitations/accept", {**body, "password": "short"}), 422, "invalid_field")
        self.problem(person.browser.post("/auth/invitations/accept", {**body, "password": "password password"}), 422,
                     "invalid_field")
        self.assertEqual(person.browser.post("/auth/invitations/accept", body).status, 204)
        self.problem(person.browser.post("/auth/invitations/accept", body), 404, "not_found")
        self.problem(person.browser.post("/auth/invitations/peek", {"token": "A" * 43}), 404, "not_found")
        self.assertEqual(person.sign_in().status, 200)

    def test_another_one_takes_the_place_of_the_one_before(self):
        person = self.person(accepts=False)
        first = person.mailbox.token("accept")
        self.assertEqual(person.admin.post(f"/api/v1/users/{person.id}/invite", None).status, 202)
        self.problem(person.browser.post("/auth/invitations/peek", {"token": first}), 404, "not_found")
        self.assertEqual(person.accept().status, 204)

    def test_who_has_not_come_cannot_sign_in_and_can_be_deleted(self):
        person = self.person(accepts=False)
        self.problem(person.sign_in(), 401, "sign_in_failed")
        token = person.mailbox.token("accept")
        self.assertEqual(person.admin.post(f"/api/v1/users/{person.id}/delete", None).status, 204)
        self.problem(person.browser.post("/auth/invitations/peek", {"token": token}), 404, "not_found")
        self.assertEqual(person.admin.get(f"/api/v1/users/{person.id}").json()["name"], "former user")


class Sessions(SignIn):
    def test_are_cookies_that_no_script_and_no_other_site_has(self):
        person = self.person()
        answer = person.sign_in()
        lines = answer.headers.get_all("Set-Cookie")
        self.assertEqual(sorted(line.partition("=")[0] for line in lines), [SESSION, DEVICE])
        for line in lines:
            self.assertLessEqual({"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}, set(line.split("; ")), line)
            self.assertNotIn("Domain", line)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("max-age", next(line for line in lines if line.startswith(SESSION + "=")).lower())
        me = person.browser.get("/api/v1/me").json()
        self.assertEqual((me["id"], me["role"]), (person.id, "viewer"))
        heads = person.browser.get("/api/v1/tickets").headers
        self.assertEqual((heads["Cache-Control"], heads["Vary"]), ("no-store", "Sec-Fetch-Site, Origin, Cookie"))

    def test_count_below_the_api_alone_and_never_beside_a_key(self):
        person = self.signed_in()
        key = world.instance.user("viewer").key
        for header in ({"Authorization": f"Bearer {key}"}, {"X-Api-Key": key}):
            self.problem(person.browser.get("/api/v1/me", headers=header), 400, "two_credentials")
        self.assertEqual(person.browser.get("/am/api/v2/status").status, 401)
        self.problem(person.browser.post("/api/v1/alerts", {"title": "x"}), 403, "forbidden")
        twice = person.browser.cookies[SESSION]
        client = Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"])
        self.addCleanup(client.close)
        self.problem(client.get("/api/v1/me", headers={"Cookie": f"{SESSION}={twice}; {SESSION}={twice}"}), 400,
                     "two_credentials")
        self.assertEqual(client.get("/api/v1/me", headers={"Authorization": f"Bearer {twice}"}).status, 401)

    def test_change_nothing_for_other_sites(self):
        person = self.signed_in()
        origin = {"Origin": "https://elsewhere.example"}
        refused = [{"Sec-Fetch-Site": "cross-site", "Winnow-CSRF": "1"}, {"Sec-Fetch-Site": "same-site", "Winnow-CSRF": "1"},
                   {"Sec-Fetch-Site": "same-origin"}, {"Winnow-CSRF": "1"}, {"Winnow-CSRF": "1", **origin},
                   {**OURS, "Content-Type": "text/plain"}]
        for headers in refused:
            with self.subTest(headers=headers):
                person.browser.headers = headers
                self.problem(person.browser.call("PATCH", "/api/v1/me", '{"name": "Eve"}'), 403, "cross_site")
                self.problem(person.browser.post("/auth/sign-in", "{}"), 403, "cross_site")
        self.assertEqual(person.browser.get("/api/v1/me").json()["name"], "Pat", "who only reads needs none of it")
        person.browser.headers = OURS
        self.assertEqual(person.browser.call("PATCH", "/api/v1/me", {"name": "Patricia"}).status, 200)

    def test_begin_however_the_service_code_is_spelt(self):
        person = self.person()
        answer = person.browser.post("/auth/sign-in", {"service_code": person.code.upper(), "email": person.address.upper(),
                                                       "password": person.password})
        self.assertEqual(answer.status, 200, answer.body)
        self.problem(person.browser.post("/auth/sign-in", {"service_code": person.code.replace("k", "\u212a") + "\u212a",
                                                           "email": person.address, "password": person.password}),
                     401, "sign_in_failed")

    def test_end_when_their_user_signs_out(self):
        person = self.signed_in()
        token = person.browser.cookies[SESSION]
        answer = person.browser.post("/auth/sign-out")
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.headers["Clear-Site-Data"], '"cache", "storage"')
        self.assertNotIn(SESSION, person.browser.cookies)
        over = person.browser.get("/api/v1/me", **{SESSION: token})
        self.problem(over, 401, "unauthenticated")
        client = Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"])
        self.addCleanup(client.close)
        for page in (over, client.get("/api/v1/me", headers={"Cookie": f"{SESSION}={token}"}),
                     client.get("/api/v1/me", headers={"Sec-Fetch-Site": "same-origin"}), client.post("/auth/sign-out", None)):
            self.assertEqual((page.status, page.headers["WWW-Authenticate"]), (401, 'Cookie realm="winnow"'),
                             "or the browser opens a window of its own")
        self.assertIn("Basic", client.get("/api/v1/me").headers["WWW-Authenticate"], "who uses a key may be asked for one")

    def test_end_from_where_their_user_is_not_let_in_and_in_a_suspended_tenant(self):
        networks = "/api/v1/settings/networks"
        person, other = self.signed_in(), self.signed_in()
        self.addCleanup(lambda: wait_until(lambda: person.admin.call("PUT", networks, {}).status == 200, "no lists"))
        self.assertEqual(person.admin.call("PUT", networks, {"users": ["198.51.0.0/16", "127.0.0.0/8"]}).status, 200)
        person.browser.address = "203.0.113.5"
        self.problem(person.browser.post("/auth/step-up", {"password": person.password}), 403, "address_not_allowed")
        self.assertEqual(person.browser.post("/auth/sign-out").status, 204)

        tenant = "/admin/v1/tenants/" + world.instance.ready["tenants"][0]["tenant_id"]
        provider = world.instance.provider()
        self.addCleanup(provider.close)
        self.addCleanup(lambda: self.assertEqual(provider.post(tenant + "/resume", None).status, 200))
        self.assertEqual(provider.post(tenant + "/suspend", None).status, 200)
        self.assertEqual(other.browser.post("/auth/sign-out").status, 204)

    def test_are_seen_and_ended_by_their_user_and_by_admins(self):
        person = self.signed_in()
        other = Browser(world.instance.ready)
        self.addCleanup(other.close)
        self.assertEqual(person.sign_in(other).status, 200)
        items = person.browser.get("/api/v1/me/sessions").json()["items"]
        self.assertEqual([each["current"] for each in items], [True, False])
        self.assertEqual(items[0]["source"], person.browser.address)
        self.assertEqual(person.browser.call("DELETE", f"/api/v1/me/sessions/{items[1]['id']}").status, 204)
        self.assertEqual(other.get("/api/v1/me").status, 401)
        self.assertEqual(person.admin.post(f"/api/v1/users/{person.id}/end-sessions", None).status, 204)
        self.assertEqual(person.browser.get("/api/v1/me").status, 401)

    def test_one_too_many_ends_the_oldest(self):
        person = self.signed_in()
        browsers = [Browser(world.instance.ready) for _ in range(10)]
        for browser in browsers:
            self.addCleanup(browser.close)
            self.assertEqual(person.sign_in(browser).status, 200)
        self.assertEqual(person.browser.get("/api/v1/me").status, 401)
        self.assertEqual(browsers[0].get("/api/v1/me").status, 200)

    def test_end_with_their_user(self):
        person = self.signed_in()
        self.assertEqual(person.admin.call("DELETE", f"/api/v1/users/{person.id}").status, 204)
        self.assertEqual(person.browser.get("/api/v1/me").status, 401)
        self.problem(person.sign_in(), 401, "sign_in_failed")
        answer = person.admin.call("PATCH", f"/api/v1/users/{person.id}", {"state": "active"}, headers=MERGE)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(person.sign_in().status, 200)

    def test_of_before_another_role_end(self):
        person = self.signed_in()
        answer = person.admin.call("PATCH", f"/api/v1/users/{person.id}", {"role": "operator"}, headers=MERGE)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(person.browser.get("/api/v1/me").status, 401)


class Failures(SignIn):
    def test_are_alike_whatever_was_wrong(self):
        person = self.person()
        browser = Browser(world.instance.ready)
        self.addCleanup(browser.close)
        good = {"service_code": person.code, "email": person.address, "password": person.password}
        invited = self.person(accepts=False)
        theirs = world.instance.ready["tenants"][1]["service_code"]
        answers = [browser.post("/auth/sign-in", {**good, **wrong}) for wrong in (
            {"password": WRONG}, {"email": "nobody@example.com"}, {"service_code": "nobodys1"}, {"service_code": theirs},
            {"email": invited.address}, {"password": "short"}, {"password": "x" * 1000})]

        def seen(answer):
            body = {name: value for name, value in answer.json().items() if name != "instance"}
            heads = {name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-Id")}
            return answer.status, body, heads

        self.problem(answers[0], 401, "sign_in_failed")
        for answer in answers[1:]:
            self.assertEqual(seen(answer), seen(answers[0]))
        self.assertEqual(browser.cookies, {})

    def test_are_held_and_strangers_hold_nobody_in_a_browser_that_is_known(self):
        person = self.signed_in()
        stranger = Browser(world.instance.ready)
        self.addCleanup(stranger.close)
        statuses = []
        for _ in range(11):
            statuses.append(person.sign_in(stranger, WRONG).status)
        self.assertEqual(statuses, [401] * 9 + [429] * 2)
        answer = person.sign_in(stranger)
        self.problem(answer, 429, "sign_in_held")
        self.assertGreater(int(answer.headers["Retry-After"]), 800)
        person.browser.cookies.pop(SESSION)
        self.assertEqual(person.sign_in().status, 200, "its device cookie has a bucket of its own")
        acts = person.admin.get(f"/api/v1/audit-log?on=user:{person.id}&limit=100").json()["items"]
        self.assertEqual([each["act"] for each in acts].count("sign_in.fail"), 9)
        self.assertEqual([each["act"] for each in acts].count("sign_in.hold"), 1)

    def test_say_nothing_of_links_that_are_asked_for(self):
        person = self.person()
        counted = "select count(*) from throttles where kind = 'request'"
        before = int(sql(counted))
        answers = [person.browser.post("/auth/password-reset", {"service_code": code, "email": email}) for code, email in (
            (person.code, "nobody@example.com"), ("nobodys1", person.address), (person.code, person.address))]
        self.assertEqual([(each.status, each.body) for each in answers], [(202, b"")] * 3)
        self.assertTrue(person.mailbox.token("reset"))
        self.assertEqual(int(sql(counted)), before + 1, "whoever makes up addresses makes no rows")
        shown = [person.browser.get(f"/auth/t/{code}").json() for code in (person.code, "nobodys1")]
        self.assertEqual([sorted(each) for each in shown], [["methods", "name", "oidc"]] * 2)
        self.assertEqual([each["methods"] for each in shown], [["password"]] * 2)


class Crowds(SignIn):
    def resident_mib(self):
        with open(f"/proc/{world.instance.process.pid}/status", encoding="utf-8") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def test_of_two_hundred_take_no_more_memory_and_hold_up_no_other_tenant(self):
        people = [self.signed_in() for _ in range(4)]
        browsers = [Browser(world.instance.ready) for _ in range(200)]
        for browser in browsers:
            self.addCleanup(browser.close)
            browser.get("/livez")  # is connected
        before = self.resident_mib()
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            running = [pool.submit(people[number % 4].sign_in, browser) for number, browser in enumerate(browsers)]
            slowest, most, viewer = 0.0, before, world.instance.user("viewer", 1)
            self.addCleanup(viewer.close)
            while not all(each.done() for each in running):
                begun = time.monotonic()
                self.assertEqual(viewer.get("/api/v1/me").status, 200)
                slowest = max(slowest, time.monotonic() - begun)
                most = max(most, self.resident_mib())
        statuses = [each.result().status for each in running]
        self.assertEqual(set(statuses) - {200, 429, 503}, set())
        self.assertGreater(statuses.count(200), 20)
        self.assertLess(most - before, 110)
        self.assertLess(slowest, 2)
        for answer in (each.result() for each in running):
            if answer.status != 200:
                self.assertTrue(answer.headers["Retry-After"])


class SecondFactors(SignIn):
    def enrolled(self, role="viewer"):
        person = self.person(role=role)
        person.sign_in()
        self.assertEqual(person.enrol().status, 200)
        self.assertEqual(len(person.recovery_codes), 10)
        return person

    def test_are_set_up_before_anything_else_where_the_tenant_wants_them(self):
        person = self.person(policy="all")
        answer = person.sign_in()
        self.assertEqual(answer.json(), {"state": "enrolment_required", "methods": ["totp"]})
        half = person.browser.cookies[SESSION]
        nobody = person.browser.get("/api/v1/me")
        self.assertEqual(nobody.status, 401, "half signed in is nobody")
        self.assertIn("waits for its second factor", nobody.json()["detail"])
        self.assertEqual(person.enrol().status, 200)
        self.assertEqual(person.browser.get("/api/v1/me").json()["second_factor"], True)
        self.assertEqual(person.browser.get("/api/v1/me", **{SESSION: half}).status, 401, "the token is another one")
        self.problem(person.browser.post("/auth/mfa", {"code": "000000"}), 409, "conflict")

    def test_are_asked_for_and_each_code_counts_once(self):
        person = self.enrolled()
        browsers = [Browser(world.instance.ready) for _ in range(2)]
        for browser in browsers:
            self.addCleanup(browser.close)
            self.assertEqual(person.sign_in(browser).json()["state"], "mfa_required")
        code = person.app.code()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(lambda each: each.post("/auth/mfa", {"code": code}).status, browsers))
        self.assertEqual(sorted(statuses), [200, 401], "one of two at once")

    def test_recovery_codes_count_once_and_few_are_told_of(self):
        person = self.enrolled()
        for number, code in enumerate(person.recovery_codes[:8]):
            browser = Browser(world.instance.ready)
            self.addCleanup(browser.close)
            person.sign_in(browser)
            shown = code.lower() if number else code
            self.assertEqual(browser.post("/auth/mfa", {"recovery_code": shown}).status, 200)
        self.assertEqual(browser.get("/api/v1/me/factors").json()["recovery_codes_left"], 2)
        wait_until(lambda: [mail for mail in person.mailbox.mails() if "2" in text_of(mail)], "a mail about few codes")
        person.sign_in()
        self.problem(person.browser.post("/auth/mfa", {"recovery_code": person.recovery_codes[0]}), 401, "sign_in_failed")

    def test_wrong_codes_end_the_sign_in_and_signing_in_anew_gives_no_more(self):
        person = self.enrolled()
        for browser in [person.browser, Browser(world.instance.ready)]:
            self.addCleanup(browser.close)
            person.sign_in(browser)
            statuses = [browser.post("/auth/mfa", {"code": "000000"}).status for _ in range(6)]
            if browser is person.browser:
                self.assertEqual(statuses, [401] * 6, "the sixth has no session any more")
        self.assertEqual(set(statuses), {429})
        self.assertEqual(failures(person), ["wrong_codes"] + ["wrong_code"] * 4, "each is seen, the newest first")

    def test_are_not_given_up_for_a_wrong_password_which_is_seen(self):
        person = self.enrolled()
        self.assertEqual(person.admin.post(f"/api/v1/users/{person.id}/reset-mfa", None).status, 202)
        token = person.mailbox.token("reset-factors")
        answer = person.browser.post("/auth/mfa-reset/confirm", {"token": token, "password": WRONG})
        self.problem(answer, 401, "sign_in_failed")
        self.assertEqual(failures(person), ["mfa_reset"])
        answer = person.browser.post("/auth/mfa-reset/confirm", {"token": token, "password": person.password})
        self.assertEqual(answer.status, 204, answer.body)

    def test_that_are_added_are_no_proof_of_who_adds_them(self):
        person = self.enrolled()
        sql(f"update sessions set authenticated_at = now() - interval '4 minutes' where user_id = '{person.id}'")
        self.assertEqual(person.enrol().status, 200)
        fresh = f"authenticated_at > now() - interval '4 minutes' and user_id = '{person.id}'"
        self.assertEqual(sql(f"select count(*) from sessions where {fresh}"), "0")
        self.assertEqual(person.browser.get("/api/v1/me").json()["second_factor"], True)

    def test_are_asked_for_again_before_what_is_dangerous(self):
        person = self.enrolled(role="admin")
        self.assertEqual(person.browser.post("/api/v1/api-keys", {"name": "fresh"}).status, 201)
        make_old(person)
        answer = person.browser.post("/api/v1/api-keys", {"name": "stale"})
        self.problem(answer, 403, "step_up_required")
        self.assertEqual(answer.json()["methods"], ["password", "totp"])
        self.assertEqual(person.browser.get("/api/v1/users").status, 200, "who only reads is asked for nothing")
        before = person.browser.cookies[SESSION]
        self.problem(person.browser.post("/auth/step-up", {"password": person.password}), 401, "sign_in_failed")
        self.problem(person.browser.post("/auth/step-up", {"password": WRONG, "code": person.app.code()}), 401,
                     "sign_in_failed")
        answer = person.browser.post("/auth/step-up", {"password": person.password, "code": person.app.code()})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertNotEqual(person.browser.cookies[SESSION], before)
        self.assertEqual(person.browser.post("/api/v1/api-keys", {"name": "fresh again"}).status, 201)

    def test_are_no_matter_of_keys(self):
        answer = world.instance.user("admin").post("/api/v1/me/factors", {"kind": "totp"})
        self.problem(answer, 403, "forbidden")


class Passwords(SignIn):
    def test_are_changed_with_the_old_one_and_end_other_sessions(self):
        person = self.signed_in()
        other = Browser(world.instance.ready)
        self.addCleanup(other.close)
        person.sign_in(other)
        new = "a new horse, and still no battery"
        change = {"old": WRONG, "new": new}
        self.problem(person.browser.call("PUT", "/api/v1/me/password", change), 403, "wrong_password")
        self.problem(person.browser.call("PUT", "/api/v1/me/password", {**change, "new": person.address}), 422, "invalid_field")
        self.assertEqual(person.browser.call("PUT", "/api/v1/me/password", {**change, "old": person.password}).status, 204)
        self.assertEqual(other.get("/api/v1/me").status, 401)
        self.assertEqual(person.browser.get("/api/v1/me").status, 200)
        self.problem(person.sign_in(other), 401, "sign_in_failed")
        self.assertEqual(person.sign_in(other, new).status, 200)

    def test_that_are_reset_sign_nobody_in_and_spare_no_factor(self):
        person = self.signed_in()
        self.assertEqual(person.enrol().status, 200)
        person.browser.post("/auth/password-reset", {"service_code": person.code, "email": person.address})
        token = person.mailbox.token("reset")
        new = "a new horse, and still no battery"
        stranger = Browser(world.instance.ready)
        self.addCleanup(stranger.close)
        answer = stranger.post("/auth/password-reset/confirm", {"token": token, "password": new})
        self.assertEqual((answer.status, answer.headers.get("Set-Cookie")), (204, None))
        self.assertEqual(person.browser.get("/api/v1/me").status, 401)
        self.problem(stranger.post("/auth/password-reset/confirm", {"token": token, "password": new}), 404, "not_found")
        self.assertEqual(person.sign_in(stranger, new).json()["state"], "mfa_required")

    def test_that_strangers_ask_to_reset_leave_the_link_that_is_there_good(self):
        person = self.person()
        stranger = Browser(world.instance.ready)
        self.addCleanup(stranger.close)
        tokens = []
        for browser in (person.browser, stranger):
            browser.post("/auth/password-reset", {"service_code": person.code, "email": person.address})
            tokens.append(person.mailbox.token("reset"))
        new = {"password": "a new horse, and still no battery"}
        self.assertEqual(person.browser.post("/auth/password-reset/confirm", {"token": tokens[0], **new}).status, 204)
        self.problem(stranger.post("/auth/password-reset/confirm", {"token": tokens[1], **new}), 404, "not_found")

    def test_that_are_reset_are_let_in_at_once_whatever_was_tried_before(self):
        person = self.person()
        stranger = Browser(world.instance.ready)
        self.addCleanup(stranger.close)
        while person.sign_in(stranger, WRONG).status != 429:
            pass
        person.browser.post("/auth/password-reset", {"service_code": person.code, "email": person.address})
        new = "a new horse, and still no battery"
        token = person.mailbox.token("reset")
        self.assertEqual(person.browser.post("/auth/password-reset/confirm", {"token": token, "password": new}).status, 204)
        self.assertEqual(person.sign_in(password=new).status, 200)

    def test_take_what_people_type(self):
        for password in ("\N{SNOWMAN}\N{UMBRELLA} und noch vierzig Pferde ", hashlib.sha512(b"x").hexdigest(), " leading and trailing blanks stay "):
            with self.subTest(password=password):
                person = self.person(accepts=False)
                person.password = password
                self.assertEqual(person.accept().status, 204)
                self.assertEqual(person.sign_in().status, 200)
                if password != password.strip():
                    self.problem(person.sign_in(password=password.strip()), 401, "sign_in_failed")


class Addresses(SignIn):
    def test_change_when_the_new_one_was_confirmed(self):
        person = self.signed_in()
        new = "new-" + person.address
        self.assertEqual(person.browser.post("/api/v1/me/email", {"email": new}).status, 202)
        stop = person.mailbox.token("keep-address")
        old, person.mailbox.address, person.mailbox.read = person.address, new, 0
        token = person.mailbox.token("confirm-address")
        self.assertEqual(person.browser.get("/api/v1/me").json()["email"], old)
        self.assertEqual(person.browser.post("/auth/email-change/confirm", {"token": token}).status, 204)
        self.problem(person.browser.post("/auth/email-change/stop", {"token": stop}), 404, "not_found")
        self.problem(person.sign_in(), 401, "sign_in_failed")
        person.address = new
        self.assertEqual(person.sign_in().status, 200)


def sql(statement):
    psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
    return subprocess.run([psql, "-qAt", world.instance.ready["database_url"], "-c", statement], check=True,
                          capture_output=True, text=True).stdout.strip()


def failures(person):
    """Why they failed, as the tenant's audit log says of the user, or of who acts as the user."""
    path = f"/api/v1/audit-log?actor=user:{person.id}&act=sign_in.fail&limit=100"
    return [each["detail"]["why"] for each in person.admin.get(path).json()["items"]]


def make_old(person):
    """As if it had been proven six minutes ago; any session of the tenant that ends makes the node ask again."""
    sql(f"update sessions set authenticated_at = now() - interval '6 minutes' where user_id = '{person.id}'")
    other = Person(world, f"ends-{person.address}")
    other.accept()
    other.sign_in()
    other.browser.post("/auth/sign-out")
    other.browser.close()


if __name__ == "__main__":
    unittest.main()
