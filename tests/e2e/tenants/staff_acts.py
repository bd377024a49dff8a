"""The acts of the provider's staff, once each, for the test of the audit log."""

from harness import Client

from tenants.person import App

STAFF = ("createStaff", "enrolStaff", "confirmStaff", "signInStaff", "signOutStaff", "disableStaff", "resetStaff")
PASSWORD = "correct horse, no battery of staff"


def good(answer):
    assert 200 <= answer.status < 300, (answer.status, answer.body)
    return answer


class StaffActs:
    def createStaff(self):
        member = {"email": "staff@provider.example", "name": "Sam", "role": "admin"}
        self.staff = good(self.provider.post("/admin/v1/provider-users", member)).json()

    def enrolStaff(self):
        token = self.staff["enrolment_token"]
        made = good(self.provider.post("/admin/v1/auth/enrol", {"token": token, "password": PASSWORD})).json()
        self.staff_app = App(made["secret"])

    def confirmStaff(self):
        token = self.staff["enrolment_token"]
        good(self.provider.post("/admin/v1/auth/enrol/confirm", {"token": token, "code": self.staff_app.code()}))

    def signInStaff(self):
        shown = {"email": self.staff["email"], "password": PASSWORD, "code": self.staff_app.code()}
        self.staff_token = good(self.provider.post("/admin/v1/auth/sign-in", shown)).json()["token"]

    def signOutStaff(self):
        ready = self.staff_ready
        person = Client(ready["management_url"], ready["ca_file"], self.staff_token)
        good(person.post("/admin/v1/auth/sign-out", None))
        person.close()

    def disableStaff(self):
        good(self.provider.post(f"/admin/v1/provider-users/{self.staff['id']}/disable", None))

    def resetStaff(self):
        good(self.provider.post(f"/admin/v1/provider-users/{self.staff['id']}/reset", None))
