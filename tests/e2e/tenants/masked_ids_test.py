"""Ids of alerts, tickets and receipts tell their tenant nothing of what others send; whatever is asked for that is no id of
its own is not found, and nothing worse."""

import random
import unittest
import uuid

from harness import Instance, wait_until

# The two lowest bits of an id: masked, and a ticket's.
MASKED_ALERT, MASKED_TICKET = 2, 3


def kind(text):
    return uuid.UUID(text).int & 3


def hidden(text):
    """The bits that hold stream and sequence where an id is not masked."""
    number = uuid.UUID(text).int
    return (number >> 64 & 0xFFF) << 46 | number >> 16 & (1 << 46) - 1


class MaskedIds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(tenants=2)
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    def client(self, client):
        self.addCleanup(client.close)
        return client

    def sent(self, sender, count=1):
        """Each in a request of its own."""
        ids = []
        for _ in range(count):
            answer = sender.post("/api/v1/alerts", {"title": "disk full", "source": f"db-{len(ids)}"})
            self.assertEqual(answer.status, 202, answer.body)
            ids.append((answer.json()["results"][0]["alert_id"], answer.json()["receipt_id"]))
        return ids

    def items(self, user, path):
        """Of all pages."""
        found, cursor = [], ""
        while cursor is not None:
            answer = user.get(f"/api/v1{path}limit=2{cursor and '&cursor=' + cursor}")
            self.assertEqual(answer.status, 200, answer.body)
            found += answer.json()["items"]
            cursor = answer.json()["next_cursor"]
        return found

    def test_they_lead_to_their_alerts_for_their_own_tenant_alone_and_after_a_restart(self):
        ours = self.client(self.instance.integration(0))
        others = self.client(self.instance.integration(1))
        ids = []
        for _ in range(8):
            ids += self.sent(ours)
            self.sent(others, 3)
        # A sequence that counts the others' rows, too, grows by four each time.
        places = [hidden(alert) for alert, _ in ids]
        steps = {later - earlier for earlier, later in zip(places, places[1:])}
        self.assertEqual(len(steps), 7, "each step another one")
        self.assertGreater(max(abs(step) for step in steps), 1 << 40)
        viewer = self.client(self.instance.user("viewer", 0))
        stranger = self.client(self.instance.user("viewer", 1))

        def settled():
            receipts = [viewer.get(f"/api/v1/receipts/{receipt}").json() for _, receipt in ids]
            return receipts if all(receipt["settled"] for receipt in receipts) else None

        receipts = wait_until(settled, "triage of all alerts")
        self.assertEqual([receipt["id"] for receipt in receipts], [receipt for _, receipt in ids])
        self.assertEqual([receipt["results"][0]["alert_id"] for receipt in receipts], [alert for alert, _ in ids])
        tickets, openers = set(), 0
        for alert, receipt in ids:
            self.assertEqual(kind(alert), MASKED_ALERT)
            self.assertEqual(receipt, alert + ".1")
            shown = viewer.get(f"/api/v1/alerts/{alert}").json()
            self.assertEqual(shown["id"], alert)
            ticket = shown["ticket"]["id"]
            self.assertEqual(kind(ticket), MASKED_TICKET)
            tickets.add(ticket)
            told = viewer.get(f"/api/v1/alerts/{alert}/explanation").json()
            self.assertEqual(told["id"], alert)
            if uuid.UUID(ticket).int == uuid.UUID(alert).int | 1:
                openers += 1
                self.assertEqual([event["data"]["alert_id"] for event in told["ticket_events"]][:1], [alert])
            for path in (f"alerts/{alert}", f"alerts/{alert}/explanation", f"receipts/{receipt}", f"tickets/{ticket}"):
                self.assertEqual(stranger.get("/api/v1/" + path).status, 404, path)
        self.assertEqual(openers, len(tickets))
        of_ours = [alert for alert, _ in ids]
        listed = [alert["id"] for alert in self.items(viewer, "/alerts?")]
        self.assertEqual(sorted(listed), sorted(of_ours))
        by_ticket = [alert["id"] for ticket in tickets for alert in self.items(viewer, f"/tickets/{ticket}/alerts?")]
        self.assertEqual(sorted(by_ticket), sorted(of_ours))

        self.instance.stop()
        self.instance.start()
        again = self.client(self.instance.user("viewer", 0))
        self.assertEqual([alert["id"] for alert in self.items(again, "/alerts?")], listed)
        self.assertEqual(again.get(f"/api/v1/receipts/{ids[0][1]}").status, 200)

    def test_whatever_is_no_id_of_an_own_alert_is_not_found(self):
        alert = uuid.UUID(self.sent(self.client(self.instance.integration(0)))[0][0]).int
        viewer = self.client(self.instance.user("viewer", 0))
        chance = random.Random(12)
        tried = [alert ^ 1 << bit for bit in range(1, 128)]  # bit 0 makes it the id of its ticket
        tried += [chance.getrandbits(128) for _ in range(50)]
        # Those that look like ids: of now, of the beginning and the end of time, of every kind.
        for high in (alert >> 64, 0x8000, 0xFFFFFFFFFFFF8FFF, 0x7FFFFFFFFFFF8000):
            for low in range(4):
                tried += [high << 64 | 2 << 62 | chance.getrandbits(60) << 2 | low for _ in range(5)]
                tried += [high << 64 | 2 << 62 | low, high << 64 | 0xBFFFFFFFFFFFFFFC | low]
        for number in tried:
            text = str(uuid.UUID(int=number))
            for path in (f"alerts/{text}", f"receipts/{text}.1", f"tickets/{text}"):
                self.assertEqual(viewer.get("/api/v1/" + path).status, 404, path)
            self.assertIn(viewer.get(f"/api/v1/alerts?ticket_id={text}").status, (200, 422), text)


if __name__ == "__main__":
    unittest.main()
