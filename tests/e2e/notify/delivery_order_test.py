"""What people are told of a ticket comes in order, and the last word is the right one, also where a receiver or a mail
server sends the first message away."""

import json
import unittest

from harness import World, wait_until


def setUpModule():
    global world
    world = World()
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)


def send(key, status="firing", **fields):
    answer = world.instance.integration().post("/api/v1/alerts",
                                               {"title": key, "dedup_key": key, "status": status, **fields})
    assert answer.status == 202, answer.body
    alert_id = answer.json()["results"][0]["alert_id"]
    viewer = world.instance.user("viewer")
    wait_until(lambda: viewer.get(f"/api/v1/alerts/{alert_id}").json()["disposition"] not in (None, "pending"),
               "the verdict")


def ledger(key, contact=None):
    """(event, state) of each message that was owed, in order of the events."""
    query = f"/api/v1/deliveries?limit=500&ticket_id={world.ticket(key)['id']}"
    answer = world.instance.user("viewer").get(query + (f"&contact_id={contact}" if contact else ""))
    assert answer.status == 200, answer.body
    found = sorted(answer.json()["items"], key=lambda each: each["event_seq"])
    return [(each["event"], each["state"]) for each in found]


def contact(name):
    for each in world.instance.user("viewer").get("/api/v1/contacts").json()["items"]:
        if each["name"] == name:
            return each["id"]
    raise AssertionError(name)


class TheLastWord(unittest.TestCase):
    # Whoever sends a message away does so until the recovery is through: how often the first one is tried meanwhile is
    # the machine's affair. Afterwards all are taken, so that a late one would be seen.

    def test_a_receiver_that_is_busy_once_hears_the_recovery_and_nothing_older_after_it(self):
        taken = []
        tried = []

        def answer(message):
            if message["ticket"]["dedup_key"] != "busy once":
                return 204
            tried.append(message["type"])
            if message["type"] == "ticket.opened" and not taken:
                return 503
            taken.append((message["type"], message["ticket"]["state"]))
            return 204

        world.webhook.answer = answer
        self.addCleanup(setattr, world.webhook, "answer", None)
        send("busy once")
        wait_until(lambda: tried, "the first attempt")
        send("busy once", "resolved")
        hook = contact("hook")
        told = [("opened", "superseded"), ("recovered", "delivered")]
        wait_until(lambda: ledger("busy once", hook) == told, "the ledger")
        self.assertEqual(taken, [("ticket.recovered", "recovered")])

        send("a later ticket")
        wait_until(lambda: world.webhook.about("a later ticket"), "a later message")
        self.assertEqual(taken, [("ticket.recovered", "recovered")], "nothing comes after the last word")

        viewer = world.instance.user("viewer")
        dropped = viewer.get(f"/api/v1/deliveries?state=superseded&ticket_id={world.ticket('busy once')['id']}").json()
        self.assertEqual(len(dropped["items"]), 1)
        overtaker = viewer.get(f"/api/v1/deliveries/{dropped['items'][0]['superseded_by']}").json()
        self.assertEqual(overtaker["event"], "recovered")
        self.assertEqual([each["type"] for each in overtaker["message"]["overtook"]], ["ticket.opened"])

    def test_a_mail_server_that_greylists_delivers_one_mail_that_says_it_all(self):
        def greylists(mail, is_first):
            return is_first or not ("Recovered: " in mail["Subject"] or world.mails_about("greylisted"))

        self.addCleanup(setattr, world.mail, "sends_away", world.mail.sends_away)
        world.mail.sends_away = greylists
        before = len(world.mail.sent_away)
        send("greylisted")
        wait_until(lambda: len(world.mail.sent_away) > before, "the first attempt")
        send("greylisted", "resolved")
        told = [("opened", "superseded"), ("recovered", "delivered")]
        wait_until(lambda: ledger("greylisted", contact("mail")) == told, "the ledger", 30)
        mails = world.mails_about("greylisted")
        self.assertEqual(len(mails), 1)
        self.assertIn("Recovered: greylisted", mails[0][1]["Subject"])
        self.assertIn("did not get through", mails[0][1].get_payload(decode=True).decode())

    def test_a_healthy_receiver_hears_every_event_in_order(self):
        for turn in range(16):
            send("in order", ("firing", "resolved")[turn % 2])
        requests = wait_until(lambda: len(world.webhook.about("in order")) >= 16 and world.webhook.about("in order"),
                              "all messages", 30)
        numbers = [json.loads(body)["event_seq"] for _, _, body in requests]
        self.assertEqual(numbers, sorted(set(numbers)))
        wait_until(lambda: {state for _, state in ledger("in order", contact("hook"))} == {"delivered"}, "the ledger")


if __name__ == "__main__":
    unittest.main()
