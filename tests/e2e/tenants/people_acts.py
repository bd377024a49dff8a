"""The acts that people do who have signed in, once each, for the test of the audit log."""

import unittest

from oidc.hostile_provider import HostileProvider
from oidc.oidc_login import add_provider, change_provider, sign_in
from tenants.person import App, Browser, Person


def good(answer):
    assert 200 <= answer.status < 300, (answer.status, answer.body)
    return answer


class PeopleActs:
    """Pat and Bea were invited, and only admins are asked for a second factor."""

    def prepare_people(self, world):
        merge = {"Content-Type": "application/merge-patch+json"}
        good(self.admin.call("PATCH", "/api/v1/settings", {"mfa_policy": "admins"}, headers=merge))
        self.pat, self.bea, self.eve = (Person(world, f"{name}@example.com") for name in ("pat", "bea", "eve"))
        self.pat.mailbox.token("accept")
        good(self.bea.accept())
        self.elsewhere = Browser(world.instance.ready)
        good(self.bea.sign_in(self.elsewhere))
        good(self.bea.sign_in())
        good(self.bea.browser.post("/api/v1/me/email", {"email": "beatrice@example.com"}))
        self.bea.mailbox.address = "beatrice@example.com"
        self.bea.mailbox.read = 0
        # Somebody who has come once by the word of a provider, which made a user of the name.
        self.hostile = HostileProvider(world.certificates.certificate, world.certificates.key)
        unittest.addModuleCleanup(self.hostile.close)
        self.provided = add_provider(self.admin, self.hostile.issuer, jit=True, roles={"default_role": "viewer"})
        good(sign_in(self.elsewhere, self.provided, self.hostile.approve))

    def inviteUser(self):
        good(self.admin.post(f"/api/v1/users/{self.pat.id}/invite", None))

    def acceptInvitation(self):
        good(self.pat.accept())

    def signIn(self):
        good(self.pat.sign_in())

    def updateMe(self):
        good(self.pat.browser.call("PATCH", "/api/v1/me", {"locale": "ja"}))

    def createFactor(self):
        self.factor = good(self.pat.browser.post("/api/v1/me/factors", {"kind": "totp"})).json()

    def confirmFactor(self):
        self.pat.app = App(self.factor["secret"])
        path = f"/api/v1/me/factors/{self.factor['id']}/confirm"
        self.pat.recovery_codes = good(self.pat.browser.post(path, {"code": self.pat.app.code()})).json()["recovery_codes"]

    def stepUp(self):
        good(self.pat.browser.post("/auth/step-up", {"password": self.pat.password, "code": self.pat.app.code()}))

    def createRecoveryCodes(self):
        self.pat.recovery_codes = good(self.pat.browser.post("/api/v1/me/recovery-codes")).json()["recovery_codes"]

    def changePassword(self):
        new = "another horse, still no battery"
        good(self.pat.browser.call("PUT", "/api/v1/me/password", {"old": self.pat.password, "new": new}))
        self.pat.password = new

    def requestEmailChange(self):
        good(self.pat.browser.post("/api/v1/me/email", {"email": "patricia@example.com"}))

    def stopEmailChange(self):
        good(self.elsewhere.post("/auth/email-change/stop", {"token": self.pat.mailbox.token("keep-address")}))

    def endOtherSessions(self):
        good(self.pat.browser.call("DELETE", "/api/v1/me/sessions"))

    def signOut(self):
        good(self.pat.browser.post("/auth/sign-out"))

    def requestPasswordReset(self):
        good(self.pat.browser.post("/auth/password-reset", {"service_code": self.pat.code, "email": self.pat.address}))
        self.token = self.pat.mailbox.token("reset")

    def confirmPasswordReset(self):
        self.pat.password = "a third horse, and no battery"
        good(self.pat.browser.post("/auth/password-reset/confirm", {"token": self.token, "password": self.pat.password}))

    def endProviderSignIn(self):
        good(sign_in(self.elsewhere, self.provided, self.hostile.approve))

    def createOidcProvider(self):
        self.another = add_provider(self.admin, self.hostile.issuer, name="another")

    def updateOidcProvider(self):
        self.another = change_provider(self.admin, self.another, enabled=False)

    def deleteOidcProvider(self):
        good(self.admin.call("DELETE", f"/api/v1/oidc-providers/{self.another['id']}"))

    def completeSignIn(self):
        good(self.pat.sign_in())
        good(self.pat.browser.post("/auth/mfa", {"recovery_code": self.pat.recovery_codes[0]}))

    def deleteFactor(self):
        good(self.pat.browser.call("DELETE", f"/api/v1/me/factors/{self.factor['id']}"))

    def endSession(self):
        sessions = good(self.bea.browser.get("/api/v1/me/sessions")).json()["items"]
        other = next(each["id"] for each in sessions if not each["current"])
        good(self.bea.browser.call("DELETE", f"/api/v1/me/sessions/{other}"))

    def confirmEmailChange(self):
        good(self.bea.browser.post("/auth/email-change/confirm", {"token": self.bea.mailbox.token("confirm-address")}))

    def resetUserMfa(self):
        good(self.admin.post(f"/api/v1/users/{self.bea.id}/reset-mfa", None))

    def confirmMfaReset(self):
        good(self.bea.browser.post("/auth/mfa-reset/confirm",
                                   {"token": self.bea.mailbox.token("reset-factors"), "password": self.bea.password}))

    def resetUserPassword(self):
        good(self.admin.post(f"/api/v1/users/{self.bea.id}/reset-password", None))

    def endUserSessions(self):
        good(self.admin.post(f"/api/v1/users/{self.bea.id}/end-sessions", None))

    def deleteUser(self):
        good(self.admin.post(f"/api/v1/users/{self.eve.id}/delete", None))
