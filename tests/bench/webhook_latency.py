"""How long it takes on an idle system from an alert to its webhook."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support"))
# pylint: disable=wrong-import-position
from dev_instance import WebhookReceiver  # noqa: E402

WAIT_SECONDS = 10
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


def percentile(values, share):
    """The smallest value that at least this share of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def expect(answer, status):
    if answer.status != status:
        raise RuntimeError(f"answered {answer.status}, not {status}: {answer.body[:300]}")
    return answer.json()


def default_route(admin, groups):
    expect(admin.call("PATCH", "/api/v1/settings", {"default_route": groups}, headers=MERGE_PATCH), 200)


def measure(instance, certificates, count, progress):
    """Milliseconds from sending and from the 202 to the webhook: `count` single alerts with keys of their own."""
    receiver = WebhookReceiver(certificates)
    admin, sender = instance.user("admin"), instance.integration()
    pauses = random.Random(1)
    since_sent, since_accepted = [], []
    try:
        contact = expect(admin.post("/api/v1/contacts", {"name": "bench", "type": "webhook", "url": receiver.url}), 201)
        group = expect(admin.post("/api/v1/contact-groups", {"name": "bench", "contact_ids": [contact["id"]]}), 201)
        default_route(admin, [group["id"]])
        for number in range(-5, count):  # the first few open connections and are not counted
            key = f"latency-{number}"
            seen = len(receiver.requests)
            sent = time.time()
            answer = sender.post("/api/v1/alerts", {"title": f"latency {number}", "dedup_key": key})
            accepted = time.time()
            expect(answer, 202)
            received, _, _ = receiver.wait_for(lambda body, key=key: body["ticket"]["dedup_key"] == key, seen,
                                               WAIT_SECONDS)
            if number >= 0:
                since_sent.append((received - sent) * 1000)
                since_accepted.append((received - accepted) * 1000)
                progress(number + 1, count)
            time.sleep(pauses.uniform(0.005, 0.03))  # idle again, and in step with nobody's timer
        default_route(admin, [])
    finally:
        receiver.close()
        admin.close()
        sender.close()
    return {
        "alerts": count,
        "accepted_to_webhook_ms": {"p50": percentile(since_accepted, 50), "p99": percentile(since_accepted, 99)},
        "sent_to_webhook_ms": {"p50": percentile(since_sent, 50), "p99": percentile(since_sent, 99)},
    }
