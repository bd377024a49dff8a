"""What stands in Winnow at the end, by REST and by SQL, held against the clients' ledger."""

import collections
import json
import subprocess
from urllib.parse import quote

PAGE = 500


def sql(url, query):
    """The rows of one query, each a list of strings."""
    done = subprocess.run(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", query],
                          capture_output=True, text=True, timeout=60, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def one_number(url, query):
    return int(sql(url, query)[0][0])


def unapplied_rows(url):
    """Journal rows without their verdict: triage writes one with everything else that a row leads to."""
    return one_number(url, "select count(*) from journal left join verdicts v"
                           " using (tenant_id, received_at, stream, seq) where v.seq is null")


def unfinished_deliveries(url):
    return one_number(url, "select count(*) from deliveries where state in ('pending', 'sending')")


def every(client, path):
    """All items of a list, page by page."""
    cursor = None
    while True:
        answer = client.get(f"{path}?limit={PAGE}" + (f"&cursor={quote(cursor)}" if cursor else ""))
        assert answer.status == 200, answer.body
        page = answer.json()
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


class Found:
    """The alerts and tickets as an operator sees them."""

    def __init__(self, viewer):
        self.alerts = collections.defaultdict(list)  # title -> the alerts of that title
        for alert in every(viewer, "/api/v1/alerts"):
            self.alerts[alert["title"]].append(alert)
        self.tickets = collections.defaultdict(list)  # dedup key -> its tickets
        for ticket in every(viewer, "/api/v1/tickets"):
            self.tickets[ticket["dedup_key"]].append(ticket)

    def stored_of_key(self):
        return collections.Counter(
            alert["dedup_key"] for alerts in self.alerts.values() for alert in alerts)

    def total(self):
        return sum(len(alerts) for alerts in self.alerts.values())


class Verdict:
    """Counts of lost and double, and every single complaint."""

    def __init__(self):
        self.lost = 0
        self.double = 0
        self.complaints = []

    def complain(self, text):
        self.complaints.append(text)

    def lose(self, count, text):
        self.lost += count
        self.complain(text)

    def repeat(self, count, text):
        self.double += count
        self.complain(text)


def judge_alerts(ledger, found, verdict):
    for title, alert_id in ledger.acknowledged.items():
        ids = [alert["id"] for alert in found.alerts.get(title, [])]
        if alert_id not in ids:
            verdict.lose(1, f"{title}: acknowledged as {alert_id}, stored as {ids}")
    for title, alerts in found.alerts.items():
        if title not in ledger.sent:
            verdict.complain(f"{title}: stored, and never sent")
        if len(alerts) > 1:
            verdict.repeat(len(alerts) - 1, f"{title}: stored {len(alerts)} times")
        for alert in alerts:
            if alert["disposition"] != "ticketed" or alert["ticket_id"] is None:
                verdict.complain(f"{title}: ended as {alert['disposition']}")
    for title in ledger.refused:
        if title in found.alerts:
            verdict.complain(f"{title}: answered 503, and stored all the same")


def judge_tickets(ledger, found, verdict):
    acknowledged = collections.Counter(ledger.sent[title] for title in ledger.acknowledged)
    sent = collections.Counter(ledger.sent.values())
    stored = found.stored_of_key()
    for key in sent:
        tickets = found.tickets.get(key, [])
        occurrences = sum(ticket["occurrences"] for ticket in tickets)
        if len(tickets) > 1:
            verdict.complain(f"{key}: has {len(tickets)} tickets")
        if occurrences < stored[key]:
            verdict.lose(stored[key] - occurrences, f"{key}: {stored[key]} alerts stored, {occurrences} counted")
        if occurrences > stored[key]:
            verdict.repeat(occurrences - stored[key], f"{key}: {stored[key]} alerts stored, {occurrences} counted")
        if not acknowledged[key] <= occurrences <= sent[key]:
            verdict.complain(f"{key}: {acknowledged[key]} acknowledged, {sent[key]} sent, {occurrences} counted")
    for key in set(found.tickets) - set(sent):
        verdict.complain(f"{key}: a ticket of which no alert was sent")


def judge_rows(url, found, verdict):
    """The same once more from PostgreSQL, beneath the API."""
    rows = one_number(url, "select coalesce(sum(alert_count), 0) from journal")
    counted = one_number(url, "select coalesce(sum(occurrences), 0) from tickets")
    keys = one_number(url, "select count(distinct dedup_key) from tickets")
    tickets = one_number(url, "select count(*) from tickets")
    if not rows == counted == found.total():
        verdict.complain(f"SQL: {rows} alerts in the journal, {counted} counted in tickets, {found.total()} by REST")
    if not keys == tickets == sum(map(len, found.tickets.values())):
        verdict.complain(f"SQL: {tickets} tickets of {keys} dedup keys, {len(found.tickets)} keys by REST")
    orphans = one_number(url, "select count(*) from verdicts left join journal j using (tenant_id, received_at, stream,"
                              " seq) where j.seq is null")
    if orphans:
        verdict.complain(f"SQL: {orphans} verdicts without a journal row")


def judge_webhooks(url, found, requests, verdict):
    """Each ticket's opening was told, under one id; a repeat says the same, and was an attempt in the ledger."""
    attempts = {delivery: (int(tries), state) for delivery, tries, state in
                sql(url, "select delivery_id, attempts, state from deliveries")}
    received = collections.defaultdict(list)  # webhook-id -> bodies
    ids_of_event = collections.defaultdict(set)
    opened = set()
    for _, headers, body in requests:
        webhook_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        message = json.loads(body)
        received[webhook_id].append(body)
        ids_of_event[message["ticket"]["id"], message["event_seq"]].add(webhook_id)
        if message["type"] == "ticket.opened":
            opened.add(message["ticket"]["id"])
    for event, ids in ids_of_event.items():
        if len(ids) > 1:
            verdict.complain(f"event {event} was told under the ids {sorted(ids)}")
    for webhook_id, bodies in received.items():
        tries, state = attempts.get(webhook_id, (0, "unknown"))
        if len(bodies) > tries or state != "delivered":
            verdict.complain(f"webhook {webhook_id} came {len(bodies)} times; in the ledger: {tries}, {state}")
        if len({json.loads(body)["ticket"]["id"] for body in bodies}) > 1:
            verdict.complain(f"webhook {webhook_id} told of several tickets")
    for ticket in (ticket for tickets in found.tickets.values() for ticket in tickets):
        if ticket["id"] not in opened:
            verdict.complain(f"ticket {ticket['number']} was opened, and nobody was told")
    dead = sum(state != "delivered" for _, state in attempts.values())
    if dead or len(attempts) != len(received):
        verdict.complain(f"{len(attempts)} deliveries in the ledger, {dead} not delivered, {len(received)} received")
    return len(received), sum(len(bodies) - 1 for bodies in received.values())


def judge(ledger, instance, requests):
    """The verdict, what was found, and how many webhooks came (ids, and repeats of one)."""
    verdict = Verdict()
    url = instance.ready["database_url"]
    found = Found(instance.user("viewer"))
    for broken in ledger.broken:
        verdict.complain(broken)
    judge_alerts(ledger, found, verdict)
    judge_tickets(ledger, found, verdict)
    judge_rows(url, found, verdict)
    webhooks = judge_webhooks(url, found, requests, verdict)
    return verdict, found, webhooks
