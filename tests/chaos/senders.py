"""Clients that send alerts through crashes, and the ledger of what they were promised."""

import http.client
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support"))
# pylint: disable=wrong-import-position
from dev_instance import Client  # noqa: E402

BATCHES = (1, 1, 1, 2, 8, 40)
SHARED_KEYS = 10
KEYS_A_CYCLE = 8
KEYED_SHARE = 0.4


class Ledger:
    """What was sent, and what a 202 promised. A title is one alert and no other."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = {}  # title -> dedup key
        self.acknowledged = {}  # title -> alert id
        self.refused = set()  # titles of requests without an Idempotency-Key that were answered 503
        self.unanswered = 0
        self.retried = 0
        self.replayed = 0
        self.broken = []  # promises that an answer itself breaks
        self.finished = []  # requests with an Idempotency-Key that were answered 202

    def send(self, request):
        with self.lock:
            self.sent.update((alert["title"], alert["dedup_key"]) for alert in request.alerts)

    def acknowledge(self, request, answer):
        receipt = answer.json()
        ids = [result.get("alert_id") for result in receipt["results"]]
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        with self.lock:
            self.replayed += replayed
            if receipt["accepted"] != len(request.alerts) or None in ids:
                self.broken.append(f"accepted in part: {receipt}")
                return
            for alert, alert_id in zip(request.alerts, ids):
                before = self.acknowledged.setdefault(alert["title"], alert_id)
                if before != alert_id:
                    self.broken.append(f"{alert['title']} was {before} and is {alert_id} now")
            if request.key and not replayed:
                self.finished.append(request)

    def complain(self, request, answer):
        with self.lock:
            self.broken.append(f"{len(request.alerts)} alerts answered {answer.status}: {answer.body[:300]}")

    def refuse(self, request):
        with self.lock:
            self.refused.update(alert["title"] for alert in request.alerts)


class Request:
    def __init__(self, alerts, key):
        self.alerts = alerts
        self.key = key
        self.attempts = 0

    def body(self):
        return self.alerts[0] if len(self.alerts) == 1 else self.alerts


class Sender:
    """One connection's worth of a client. What it got no answer to is tried again if it has an Idempotency-Key."""

    def __init__(self, name, ledger, dice):
        self.name = name
        self.ledger = ledger
        self.dice = dice
        self.count = 0
        self.unanswered = []

    def next_request(self, cycle):
        alerts = []
        for _ in range(self.dice.choice(BATCHES)):
            self.count += 1
            shared = self.dice.random() < 0.5
            key = (f"shared-{self.dice.randrange(SHARED_KEYS)}" if shared
                   else f"cycle-{cycle}-{self.dice.randrange(KEYS_A_CYCLE)}")
            alerts.append({"title": f"{self.name}-{self.count}", "dedup_key": key, "severity": "error"})
        keyed = self.dice.random() < KEYED_SHARE
        return Request(alerts, f"{self.name}-{self.count}" if keyed else None)

    def work(self, ready, cycle, stop):
        """Sends until it is told to stop; through refusals and lost connections."""
        client = Client(ready["customer_url"], ready["ca_file"], ready["tenants"][0]["integration"]["key"])
        while not stop.is_set():
            request = self.unanswered.pop(0) if self.unanswered else self.next_request(cycle)
            if not self.attempt(client, request):
                stop.wait(0.02)
        client.close()

    def attempt(self, client, request):
        """Whether it was answered 202."""
        headers = {"Idempotency-Key": request.key} if request.key else {}
        request.attempts += 1
        self.ledger.send(request)
        try:
            answer = client.post("/api/v1/alerts", request.body(), headers=headers)
        except (http.client.HTTPException, OSError):
            with self.ledger.lock:
                self.ledger.unanswered += 1
                self.ledger.retried += bool(request.key)
            if request.key:
                self.unanswered.append(request)
            return False
        if answer.status == 202:
            self.ledger.acknowledge(request, answer)
            return True
        if answer.status != 503:
            self.ledger.complain(request, answer)
        elif request.key:
            self.unanswered.append(request)
        else:
            self.ledger.refuse(request)
        return False

    def finish(self, client):
        """The retries that are still owed, on a system that is well again."""
        while self.unanswered:
            request = self.unanswered.pop(0)
            if not self.attempt(client, request):
                raise AssertionError(f"{self.name}: a retry on the healthy system is not accepted")
