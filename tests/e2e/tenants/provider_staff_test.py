"""The provider's staff are persons: invited, enrolled with a password and codes of another program, signed in, and named in
the provider's audit log."""

import os
import re
import subprocess
import unittest

from harness import Client, World

from tenants.person import App

BINARY = os.environ["WINNOW_BINARY"]
PASSWORD = "correct horse, no battery "


def setUpModule():
    global world, provider
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    provider = world.instance.provider()
    unittest.addModuleCleanup(provider.close)


def winnow(*words, given=""):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False, input=given,
                          env={**os.environ, "WINNOW_STATE_DIR": world.instance.state})
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


class Staff(unittest.TestCase):
    made = 0

    def client(self, key=None):
        client = Client(world.instance.ready["management_url"], world.instance.ready["ca_file"], key)
        self.addCleanup(client.close)
        return client

    def invited(self, role="admin"):
        Staff.made += 1
        self.address = f"staff{Staff.made}@provider.example"
        self.password = PASSWORD + self.address
        answer = provider.post("/admin/v1/provider-users", {"email": self.address, "name": "Pat", "role": role})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def enrolled(self, made):
        anybody = self.client()
        answer = anybody.post("/admin/v1/auth/enrol", {"token": made["enrolment_token"], "password": self.password})
        self.assertEqual(answer.status, 200, answer.body)
        self.app = App(answer.json()["secret"])
        answer = anybody.post("/admin/v1/auth/enrol/confirm", {"token": made["enrolment_token"], "code": self.app.code()})
        self.assertEqual(answer.status, 204, answer.body)

    def sign_in(self, password=None, code=None, email=None):
        return self.client().post("/admin/v1/auth/sign-in", {"email": email or self.address,
                                                             "password": password or self.password,
                                                             "code": code or self.app.code()})

    def signed_in(self, role="admin"):
        made = self.invited(role)
        self.enrolled(made)
        answer = self.sign_in()
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json()["token"].startswith("wnst_"))
        return made["id"], self.client(answer.json()["token"])

    def test_act_under_their_own_names(self):
        own, person = self.signed_in()
        answer = person.post("/admin/v1/announcements", {"kind": "change", "title": "By Pat", "text": "x"})
        self.assertEqual(answer.status, 201, answer.body)
        record = person.get(f"/admin/v1/audit-log?act=announcement.publish&actor=provider:{own}").json()["items"][0]
        self.assertEqual(record["on"], f"announcement:{answer.json()['id']}")
        other = {"email": "other@provider.example", "name": "O", "role": "support"}
        self.assertEqual(person.post("/admin/v1/provider-users", other).status, 403, "nobody gets another one's token")
        self.assertEqual(person.post(f"/admin/v1/provider-users/{own}/reset", None).status, 403)
        tenant = world.instance.ready["tenants"][0]["tenant_id"]
        self.assertEqual(person.post(f"/admin/v1/tenants/{tenant}/admins", {"email": "own@provider.example"}).status, 403,
                         "nobody alone makes himself a tenant's admin")
        self.assertEqual(person.post("/admin/v1/auth/sign-out", None).status, 204)
        self.assertEqual(person.get("/admin/v1/tenants").status, 401)

    def test_support_reads_and_answers_and_nothing_else(self):
        _, person = self.signed_in("support")
        self.assertEqual(person.get("/admin/v1/tenants").status, 200)
        tenant = world.instance.ready["tenants"][0]["tenant_id"]
        for path, body in ((f"/admin/v1/tenants/{tenant}/suspend", None), (f"/admin/v1/tenants/{tenant}/admins", {"email": "a@b.example"}), ("/admin/v1/provider-users", {}),
                           ("/admin/v1/announcements", {})):
            self.assertEqual(person.post(path, body).status, 403)
        asked = world.instance.user("admin").post("/api/v1/inquiries", {"subject": "x", "text": "y"}).json()["id"]
        self.assertEqual(person.post(f"/admin/v1/inquiries/{asked}/answers", {"text": "z"}).status, 200)

    def test_what_is_wrong_gets_one_answer_and_ten_of_them_hold(self):
        self.signed_in()
        wrong = "wrong horse, no battery"
        answers = {self.sign_in(password=wrong, code="000000").body, self.sign_in(code="000000").body,
                   self.sign_in(email="nobody@provider.example", code="000000").body}
        self.assertEqual(len(answers), 1)
        for _ in range(8):
            self.assertEqual(self.sign_in(password=wrong, code="000000").status, 401)
        held = self.sign_in()
        self.assertEqual((held.status, {held.body}), (401, answers), "right, and held")

    def test_a_code_counts_once(self):
        self.enrolled(self.invited())
        code = self.app.code()
        self.assertEqual(self.sign_in(code=code).status, 200)
        self.assertEqual(self.sign_in(code=code).status, 401)

    def test_an_invitation_is_good_once_and_passwords_are_chosen_well(self):
        made = self.invited()
        anybody = self.client()
        answer = anybody.post("/admin/v1/auth/enrol", {"token": made["enrolment_token"], "password": "password1234"})
        self.assertEqual(answer.status, 422, answer.body)
        self.enrolled(made)
        for path, more in (("enrol", {"password": self.password}), ("enrol/confirm", {"code": "000000"})):
            for token in (made["enrolment_token"], "A" * 43, "x"):
                self.assertEqual(anybody.post(f"/admin/v1/auth/{path}", {"token": token, **more}).status, 404)
        again = provider.post("/admin/v1/provider-users", {"email": self.address.upper(), "name": "P", "role": "admin"})
        self.assertEqual(again.status, 409, again.body)

    def test_who_is_disabled_or_reset_is_signed_out(self):
        for deed, status in (("disable", 401), ("reset", 401)):
            with self.subTest(deed=deed):
                own, person = self.signed_in()
                self.assertEqual(provider.post(f"/admin/v1/provider-users/{own}/{deed}", None).status, 200)
                self.assertEqual(person.get("/admin/v1/tenants").status, status)
                self.assertEqual(self.sign_in().status, 401)

    def test_a_session_is_nothing_to_tenants_and_a_forged_one_nothing_at_all(self):
        _, person = self.signed_in()
        customer = Client(world.instance.ready["customer_url"], world.instance.ready["ca_file"], person.key)
        self.addCleanup(customer.close)
        self.assertEqual(customer.get("/api/v1/tickets").status, 401)
        for forged in ("wnst_" + "A" * 43, "wnst_", "wnst_x"):
            self.assertEqual(self.client(forged).get("/admin/v1/tenants").status, 401)

    def test_the_command_line_enrols_and_signs_in(self):
        made = self.invited("support")
        token, url = made["enrolment_token"], world.instance.ready["management_url"]
        at = ("--url", url, "--ca", world.instance.ready["ca_file"])
        told = winnow("staff", "enrol", token, "--password-file", "-", *at, given=self.password + "\n")
        self.app = App(re.search(r"[?&]secret=([A-Z2-7]+)", told)[1])
        self.assertIn("active", winnow("staff", "confirm", token, self.app.code(), *at))
        key = winnow("staff", "sign-in", self.address, self.app.code(), "--password-file", "-", *at, given=self.password).strip()
        self.assertRegex(key, r"^wnst_[\w-]{43}$")
        self.assertRegex(winnow("staff", "list", *at, "--key", key), rf"active +support +{self.address}")

    def test_the_command_line_invites_lists_and_disables(self):
        told = winnow("staff", "invite", "typed@provider.example", "--name", "Typed", "--role", "support")
        self.assertRegex(told, r"shown this once: [\w-]{43}")
        self.assertRegex(winnow("staff", "list"), r"invited +support +typed@provider.example")
        self.assertIn("is invited", winnow("staff", "reset", "typed@provider.example"))
        self.assertIn("is disabled", winnow("staff", "disable", "typed@provider.example"))


if __name__ == "__main__":
    unittest.main()
