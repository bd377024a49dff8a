"""One of the provider's staff, who has enrolled and signed in on the management listener."""

from harness import Client

from tenants.person import App

PASSWORD = "correct horse, no battery "


class StaffPerson:
    def __init__(self, ready, provider, address, role="support"):
        """`provider` is a client that shows the provider's key."""
        password = PASSWORD + address
        made = self.good(provider.post("/admin/v1/provider-users", {"email": address, "name": "Pat", "role": role})).json()
        self.id = made["id"]
        self.actor = f"provider:{self.id}"
        token = made["enrolment_token"]
        secret = self.good(provider.post("/admin/v1/auth/enrol", {"token": token, "password": password})).json()["secret"]
        app = App(secret)
        self.good(provider.post("/admin/v1/auth/enrol/confirm", {"token": token, "code": app.code()}))
        signed_in = self.good(provider.post("/admin/v1/auth/sign-in", {"email": address, "password": password,
                                                                       "code": app.code()})).json()
        self.token = signed_in["token"]
        self.client = Client(ready["management_url"], ready["ca_file"], self.token)

    @staticmethod
    def good(answer):
        assert 200 <= answer.status < 300, (answer.status, answer.body)
        return answer

    def ask(self, tenant, reason="Mails of ticket 7 are late.", **more):
        """The answer."""
        return self.client.post("/admin/v1/support-grants", {"tenant_id": tenant, "reason": reason, **more})

    def approve(self, grant):
        return self.client.post(f"/admin/v1/support-grants/{grant}/approve", None)

    def read(self, grant, path):
        """`path` is what follows /api/v1/."""
        return self.client.get(f"/admin/v1/support/{grant}/{path}")

    def close(self):
        self.client.close()
