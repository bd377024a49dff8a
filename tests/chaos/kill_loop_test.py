"""kill -9, again and again, while clients send: what was acknowledged is there, and counts once.

WINNOW_CHAOS_CYCLES says how often (default 50), WINNOW_CHAOS_SEED repeats the dice of a run that failed.
"""

import os
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest

import kills
import proof
from senders import Ledger, Sender
from dev_instance import Certificates, Client, Instance, WebhookReceiver, wait_until  # senders.py knows the way

CYCLES = int(os.environ.get("WINNOW_CHAOS_CYCLES", "50"))
SEED = int(os.environ.get("WINNOW_CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
CLIENTS = 6
LONGEST_CYCLE = 0.9
RECOVERY_SECONDS = 40
TRIAGE_SECONDS = 60
DELIVERY_SECONDS = 150  # a lease of the last node that was killed has to run out first
REPEATS = 50

# How a cycle ends, with its share: the program dies and its PostgreSQL by itself; both at once; first the
# database under the living program; the program while it starts.
KINDS = {"server": 0.55, "everything": 0.2, "database": 0.1, "starting": 0.15}


def say(text):
    print(text, file=sys.stderr, flush=True)


def plan(dice):
    """How each cycle ends. Every kind has its share whatever the seed, in an order that the seed decides."""
    kinds = [kind for kind, share in KINDS.items() for _ in range(round(share * CYCLES))]
    kinds = (kinds + ["server"] * CYCLES)[:CYCLES]
    dice.shuffle(kinds)
    return kinds


class KillLoop(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dice = random.Random(SEED)
        say(f"seed {SEED}, {CYCLES} cycles")
        self.folder = tempfile.mkdtemp(prefix="winnow-chaos-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        certificates = Certificates(self.folder)
        self.webhook = WebhookReceiver(certificates)
        self.addCleanup(self.webhook.close)
        config = f"delivery:\n  webhook_ca_file: {certificates.ca}\n"
        self.instance = Instance(config=config)
        self.addCleanup(self.end)
        self.ledger = Ledger()
        self.senders = [Sender(f"client{n}", self.ledger, random.Random(self.dice.random())) for n in range(CLIENTS)]

    def end(self):
        """Whatever happened: nothing that was started stays."""
        if self.instance.process is not None and self.instance.process.poll() is None:
            kills.kill_everything(self.instance)
        shutil.rmtree(self.instance.state_dir, ignore_errors=True)

    def tell_the_webhook(self):
        admin = self.instance.user("admin")
        hook = admin.post("/api/v1/contacts", {"name": "hook", "type": "webhook", "url": self.webhook.url})
        self.assertEqual(hook.status, 201, hook.body)
        group = admin.post("/api/v1/contact-groups", {"name": "all", "contact_ids": [hook.json()["id"]]})
        self.assertEqual(group.status, 201, group.body)
        route = admin.call("PATCH", "/api/v1/settings", {"default_route": [group.json()["id"]]},
                           headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(route.status, 200, route.body)
        admin.close()

    def test_what_was_acknowledged_is_there_and_counts_once(self):
        # The very first start, in the midst of making the cluster and its tables, may be killed as any other.
        self.kill_while_starting(2.0)
        self.instance.start()
        self.tell_the_webhook()
        kills.kill_server(self.instance)
        began = time.monotonic()
        for cycle, kind in enumerate(plan(self.dice), 1):
            if kind == "starting":
                self.kill_while_starting(0.6)
            else:
                self.send_and_kill(cycle, kind)
            say(f"cycle {cycle}: {kind}; acknowledged {len(self.ledger.acknowledged)} of {len(self.ledger.sent)}")
        say(f"{CYCLES} cycles in {time.monotonic() - began:.0f} s")
        self.instance.start()
        self.finish()

    def kill_while_starting(self, longest):
        self.instance.launch()
        time.sleep(self.dice.uniform(0, longest))  # the moment of the kill, not a wait for anything
        kills.kill_server(self.instance)

    def send_and_kill(self, cycle, kind):
        self.instance.start()
        stop = threading.Event()
        threads = [threading.Thread(target=sender.work, args=(self.instance.ready, cycle, stop))
                   for sender in self.senders]
        for thread in threads:
            thread.start()
        try:
            time.sleep(self.dice.uniform(0.02, LONGEST_CYCLE))
            if kind == "database":
                kills.kill_database(self.instance)
                self.await_recovery()
            if kind == "everything":
                kills.kill_everything(self.instance)
            else:
                kills.kill_server(self.instance)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def await_recovery(self):
        """The program lives on without its database, starts it again, and accepts again."""
        self.assertIsNone(self.instance.process.poll(), "winnow dev dies with its PostgreSQL")
        before = len(self.ledger.acknowledged) + CLIENTS * 40  # more than answers that were on their way
        wait_until(lambda: len(self.ledger.acknowledged) > before, "alerts to be accepted again", RECOVERY_SECONDS)

    def finish(self):
        ready = self.instance.ready
        client = Client(ready["customer_url"], ready["ca_file"], ready["tenants"][0]["integration"]["key"])
        for sender in self.senders:
            sender.finish(client)
        self.repeat_what_was_answered(client)
        url = ready["database_url"]
        wait_until(lambda: proof.unapplied_rows(url) == 0, "triage to apply everything", TRIAGE_SECONDS)
        wait_until(lambda: proof.unfinished_deliveries(url) == 0, "every webhook to be delivered", DELIVERY_SECONDS)
        verdict, found, (webhooks, repeated) = proof.judge(self.ledger, self.instance, list(self.webhook.requests))
        say(f"sent={len(self.ledger.sent)} stored={found.total()} unanswered_requests={self.ledger.unanswered} "
            f"retried={self.ledger.retried} replayed={self.ledger.replayed} refused={len(self.ledger.refused)} "
            f"tickets={sum(map(len, found.tickets.values()))} webhooks={webhooks} webhooks_repeated={repeated}")
        acknowledged = len(self.ledger.acknowledged)
        print(f"cycles={CYCLES} acknowledged={acknowledged} lost={verdict.lost} double={verdict.double}", flush=True)
        self.assertEqual(verdict.complaints[:20], [], f"these and more, {len(verdict.complaints)} in all; seed {SEED}")
        self.assertEqual((verdict.lost, verdict.double), (0, 0))
        self.assertGreater(acknowledged, CYCLES, "too little was sent to prove anything")
        self.assertGreater(self.ledger.unanswered, 0, "no kill met a request under way")
        self.assertEqual(self.instance.stop(), 0, self.instance.log())

    def repeat_what_was_answered(self, client):
        """Requests that were answered in whichever life get that answer again, and change nothing."""
        answered = self.ledger.finished
        for request in self.dice.sample(answered, min(REPEATS, len(answered))):
            answer = client.post("/api/v1/alerts", request.body(), headers={"Idempotency-Key": request.key})
            self.assertEqual((answer.status, answer.headers["Idempotent-Replayed"]), (202, "true"), answer.body)
            self.ledger.acknowledge(request, answer)


if __name__ == "__main__":
    unittest.main()
