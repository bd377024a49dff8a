"""One tenant's receivers that take calls and never answer cost another tenant nothing; and a node that died holds up
nobody's next message."""

import selectors
import shutil
import socket
import tempfile
import threading
import time
import unittest

from harness import Certificates, Instance, WebhookReceiver, wait_until

PORTS = 8
HOOKS = 200  # more than ever were under way at once, before tenants had shares
A_TENANTS_SHARE = 32  # dispatch.per_tenant
LONGEST_ATTEMPT = 30  # seconds: as long as the configuration allows
LEASE = 60  # seconds


class SilentReceiver:
    """Takes every connection on its ports, reads, and never answers. Counts who called and who gave up."""

    def __init__(self):
        self.called = 0
        self.gave_up = 0
        self.listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(PORTS)]
        self.urls = [f"http://127.0.0.1:{listener.getsockname()[1]}" for listener in self.listeners]
        self.selector = selectors.DefaultSelector()
        for listener in self.listeners:
            self.selector.register(listener, selectors.EVENT_READ)
        self.stopping, self.stopped = socket.socketpair()
        self.selector.register(self.stopped, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.stopped:
                    return
                if key.fileobj in self.listeners:
                    self.selector.register(key.fileobj.accept()[0], selectors.EVENT_READ)
                    self.called += 1
                elif not self.read(key.fileobj):
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
                    self.gave_up += 1

    @staticmethod
    def read(connection):
        try:
            return connection.recv(65536)
        except OSError:
            return b""

    def close(self):
        if self.selector.get_map() is None:
            return
        self.stopping.close()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def tell_by_default(admin, urls):
    """Contacts of these URLs as the tenant's default route."""
    ids = []
    for number, url in enumerate(urls):
        made = admin.post("/api/v1/contacts", {"name": f"hook {number}", "type": "webhook", "url": url})
        assert made.status == 201, made.body
        ids.append(made.json()["id"])
    groups = []
    for at in range(0, len(ids), 50):
        group = admin.post("/api/v1/contact-groups", {"name": f"group {at}", "contact_ids": ids[at:at + 50]})
        assert group.status == 201, group.body
        groups.append(group.json()["id"])
    route = admin.call("PATCH", "/api/v1/settings", {"default_route": groups},
                       headers={"Content-Type": "application/merge-patch+json"})
    assert route.status == 200, route.body


def send(instance, key, tenant=0, **fields):
    answer = instance.integration(tenant).post("/api/v1/alerts", {"title": key, "dedup_key": key, **fields})
    assert answer.status == 202, answer.body


class FairDelivery(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="winnow-fair-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        certificates = Certificates(folder)
        self.healthy = WebhookReceiver(certificates)
        self.addCleanup(self.healthy.close)
        self.silent = SilentReceiver()
        self.addCleanup(self.silent.close)
        self.instance = Instance(tenants=2, config=f"delivery:\n  total_timeout: PT{LONGEST_ATTEMPT}S\n"
                                                   f"  webhook_ca_file: {certificates.ca}\n")
        self.addCleanup(self.instance.__exit__)
        self.instance.start()

    def test_a_tenants_hanging_webhooks_do_not_delay_anothers_first_attempt(self):
        tell_by_default(self.instance.user(tenant=0), [f"{self.silent.urls[n % PORTS]}/{n}" for n in range(HOOKS)])
        tell_by_default(self.instance.user(tenant=1), [self.healthy.url])
        send(self.instance, "hostile", tenant=0)
        wait_until(lambda: self.silent.called >= A_TENANTS_SHARE, "the hanging webhooks to hang")
        sent = time.time()
        for turn in range(3):
            send(self.instance, f"quiet {turn}", tenant=1)
            arrived = wait_until(lambda key=f"quiet {turn}": self.healthy.about(key), "the quiet tenant's message",
                                 LONGEST_ATTEMPT * 3)[0][0]
            self.assertEqual(self.silent.gave_up, 0, f"it waited {arrived - sent:.1f} s for others' attempts to end")
            print(f"first attempt came {(arrived - sent) * 1000:.0f} ms after the alert was sent", flush=True)
            sent = time.time()
        self.assertLessEqual(self.silent.called, A_TENANTS_SHARE)

    def test_what_a_dead_node_had_under_way_does_not_hold_up_the_tickets_next_word(self):
        admin = self.instance.user()
        tell_by_default(admin, [self.silent.urls[0] + "/"])
        send(self.instance, "lasts")
        wait_until(lambda: self.silent.called == 1, "the attempt that nobody answers")
        self.instance.kill()
        self.silent.close()
        self.instance.start()
        admin = self.instance.user()
        contact = admin.get("/api/v1/contacts").json()["items"][0]
        moved = admin.call("PATCH", f"/api/v1/contacts/{contact['id']}", {"url": self.healthy.url},
                           headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(moved.status, 200, moved.body)
        send(self.instance, "lasts", status="resolved")
        wait_until(lambda: self.healthy.about("lasts", "ticket.recovered"), "the last word", LEASE / 2)


if __name__ == "__main__":
    unittest.main()
