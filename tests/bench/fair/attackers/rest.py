"""Who asks too much: of REST, of the key look-up, of what costs processor time."""

import json
import random
import socket
import time

from fair.attackers.base import Threads, Wrk

SEEDED = 10_000  # tickets
SEEDING_SECONDS = 600
BODY_BYTES = 900_000


class Rest32(Wrk):
    name, about = "rest-32", "GET /tickets on 32 connections"
    path = "/api/v1/tickets"
    mostly_refused = True


class Rest800(Rest32):
    name, about = "rest-800", "GET /tickets on 800 connections"
    connections = 800


class UnknownKeys(Wrk):
    name, about = "unknown-keys", "GET /tickets with another key each time that nobody has"
    path, key = "/api/v1/tickets", None
    headers = {"Authorization": "Bearer wnu_" + "A" * 31 + "{n}"}
    mostly_refused = True


def nested(condition_on="details.a"):
    """Comparing what is nested costs the evaluator most."""
    copies, many = ", ".join([condition_on] * 60), ", ".join(["m"] * 60)
    return f"optional.of([{copies}]).optMap(m, [{many}] == [{many}]).orValue(false)"


def hostile_rule(number, condition):
    return {"name": f"hostile {number}", "syntax": "cel", "condition": condition,
            "actions": [{"type": "tag", "tag": f"t{number % 20}"}]}


class RulesTest(Threads):
    name, about = "rules-test", "POST /rules/test of nested ==, 4 connections"
    body = json.dumps({"rule": hostile_rule(0, nested()), "alert": {"title": "x", "details": {"a": [1] * 20_000}}})

    def turn(self, number):
        return self.ask(number, "POST", "/api/v1/rules/test", self.body, key="admin")[0]


def in_bodies(alerts):
    body, size = [], 0
    for alert in alerts:
        length = len(json.dumps(alert))
        if body and (size + length > BODY_BYTES or len(body) == 1000):
            yield body
            body, size = [], 0
        body.append(alert)
        size += length
    if body:
        yield body


def seed_titles(tenant, count=SEEDED):
    """Tickets that are over and that nobody acted on, whose titles are long and nearly alike."""
    dice = random.Random(1)
    titles = [" ".join(dice.choices(("a", "b", "c", "7"), k=500)) for _ in range(count)]
    for status in ("firing", "resolved"):
        for body in in_bodies({"title": title, "dedup_key": f"seed-{number}", "status": status, "service": "one"}
                              for number, title in enumerate(titles)):
            tenant.send(body)
    end = time.monotonic() + SEEDING_SECONDS
    client = tenant.node.client(tenant.keys["viewer"])
    while client.get("/api/v1/tickets?state=open&limit=1").json()["items"]:
        if time.monotonic() > end:
            raise RuntimeError("the tickets do not recover")
        time.sleep(0.2)
    client.close()


class Suggestions(Threads):
    name, about = "suggestions", "GET /stats/suggestions over 10,000 long titles, 16 connections"
    connections = 16

    def prepare(self, tenant):
        seed_titles(tenant)

    def turn(self, number):
        return self.ask(number, "GET", "/api/v1/stats/suggestions", key="viewer")[0]


class SlowReaders(Threads):
    name, about = "slow-csv", "CSV of 10,000 tickets on 200 connections, a byte taken a second"
    connections = 200

    def prepare(self, tenant):
        seed_titles(tenant)

    def turn(self, number):
        connection = self.target.connect()
        self.open[number] = connection
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(30)
        try:
            raw.bind(("127.0.1.1", 0))
            raw.connect(self.target.place)
            connection.sock = self.target.context.wrap_socket(raw)
            connection.request("GET", "/api/v1/tickets.csv", headers={"Authorization":
                                                                      f"Bearer {self.target.keys['viewer']}"})
            answer = connection.getresponse()
            while answer.status == 200 and not self.stopping.wait(1):
                if not answer.read(1):
                    break
            return answer.status
        finally:
            connection.close()
            raw.close()


class Backtests(Threads):
    name, about = "backtests", "back-tests of 200 rules of nested == over 40 KB alerts, cancelled after a second"
    hangs_up = False
    draft = json.dumps({"ruleset": [hostile_rule(number, nested()) for number in range(200)], "days": 1})

    def prepare(self, tenant):
        for body in in_bodies({"title": f"seed {number}", "dedup_key": f"seed-{number}", "details": {"a": [1] * 20_000}}
                              for number in range(500)):
            tenant.send(body)

    def turn(self, number):
        status, begun = self.ask(number, "POST", "/api/v1/rules/backtests", self.draft, key="admin")
        if status != 202:
            return status
        self.stopping.wait(1)
        return self.ask(number, "DELETE", f"/api/v1/rules/backtests/{json.loads(begun)['id']}", key="admin")[0]
