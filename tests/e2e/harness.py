"""What the end-to-end suites stand on: a development instance with contacts, and its mail server."""

import base64
import email
import hashlib
import hmac
import os
import shutil
import sys
import tempfile
import time

from aiosmtpd.controller import Controller

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support"))
# pylint: disable=wrong-import-position,unused-import
from dev_instance import (Certificates, Client, Instance, WebhookReceiver, free_port, openssl,  # noqa: E402,F401
                          wait_until)


def verify_signature(headers, body, secret):
    """Standard Webhooks: HMAC-SHA256 over "id.timestamp.body"."""
    headers = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" in headers["webhook-signature"].split(), headers
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300


class MailReceiver:
    """A real SMTP server that keeps what it got, except what `sends_away(mail, is_first)` says to send away for now."""

    def __init__(self):
        self.messages = []
        self.sends_away = lambda mail, is_first: False
        self.sent_away = set()
        receiver = self

        class Handler:
            async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
                mail = email.message_from_bytes(envelope.content)
                if receiver.sends_away(mail, mail["Message-ID"] not in receiver.sent_away):
                    receiver.sent_away.add(mail["Message-ID"])
                    return "451 4.7.1 greylisted, come back later"
                receiver.messages.append((envelope.rcpt_tos, mail))
                return "250 OK"

        self.port = free_port()
        self.controller = Controller(Handler(), hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self.controller.stop()


class World:
    """An instance with a webhook and a mail contact as the tenant's default route."""

    def __init__(self, tenants=1, config=""):
        self.folder = tempfile.mkdtemp(prefix="winnow-world-")
        self.certificates = Certificates(self.folder)
        self.webhook = WebhookReceiver(self.certificates)
        self.mail = MailReceiver()
        config += f"delivery:\n  webhook_ca_file: {self.certificates.ca}\n"
        self.instance = Instance(tenants=tenants, smtp=self.mail.address(), config=config)
        self.secret = None

    def __enter__(self):
        try:
            self.instance.start()
            self.add_contacts()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.webhook.close()
        self.mail.close()
        self.instance.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_contacts(self):
        admin = self.instance.user("admin")
        hook = admin.post("/api/v1/contacts", {"name": "hook", "type": "webhook", "url": self.webhook.url})
        assert hook.status == 201, hook.body
        self.secret = hook.json()["secret"]
        mail = admin.post("/api/v1/contacts", {"name": "mail", "type": "email", "address": "oncall@example.com"})
        assert mail.status == 201, mail.body
        members = [hook.json()["id"], mail.json()["id"]]
        group = admin.post("/api/v1/contact-groups", {"name": "on call", "contact_ids": members})
        assert group.status == 201, group.body
        route = admin.call("PATCH", "/api/v1/settings", {"default_route": [group.json()["id"]]},
                           headers={"Content-Type": "application/merge-patch+json"})
        assert route.status == 200, route.body

    def tickets(self, query=""):
        answer = self.instance.user("viewer").get(f"/api/v1/tickets?limit=500{query}")
        assert answer.status == 200, answer.body
        return answer.json()["items"]

    def ticket(self, dedup_key):
        """The latest ticket of a key; None where there is none."""
        found = [ticket for ticket in self.tickets() if ticket["dedup_key"] == dedup_key]
        return max(found, key=lambda ticket: ticket["number"], default=None)

    def mails_about(self, words):
        return [(recipients, mail) for recipients, mail in list(self.mail.messages) if words in mail["Subject"]]
