"""Who has rules, silences and templates that are dear, and alerts for them."""

import json
import time

from fair.attackers.base import Threads
from fair.attackers.rest import hostile_rule, nested

RULES = 5_000
SILENCES = 1_000


class Judged(Threads):
    """Alerts in bodies, one after the other on few connections, each with a dedup key of its own."""

    connections = 4
    batch = 16

    def alert(self):
        return {"title": "x", "details": {"a": [1] * 20_000}}

    def start(self):
        alert = self.alert()
        self.text = json.dumps([{"dedup_key": f"@@{at}", **alert} for at in range(self.batch)], separators=(",", ":"))
        super().start()

    def turn(self, number):
        body = self.text.replace("@@", f"{number}-{time.time_ns()}-")
        return self.ask(number, "POST", "/api/v1/alerts", body)[0]


def silence(tenant, condition):
    answer = tenant.admin.post("/api/v1/silences?everything=true", {
        "condition": condition, "comment": "hostile",
        "ends_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))})
    if answer.status != 201:
        raise RuntimeError(f"a silence is refused: {answer.status} {answer.body[:400]}")


class RulesAndSilences(Judged):
    name, about = "rules-and-silences", "4 rules and 4 silences of nested ==, alerts of 40 KB"

    def prepare(self, tenant):
        tenant.rules([hostile_rule(number, nested()) for number in range(4)])
        for _ in range(4):
            silence(tenant, nested())


class CelSilences(Judged):
    name, about = "cel-silences", "1,000 silences in CEL that look through 20,000 elements, alerts of 40 KB"

    def prepare(self, tenant):
        for number in range(SILENCES):
            silence(tenant, f"details.a.exists(x, x == -{number + 1})")


class UnanchoredRegexes(Judged):
    name, about = "unanchored-regexes", "5,000 rules (or as many as are taken) with an unanchored regex, alerts of 150 characters"
    batch = 100

    def prepare(self, tenant):
        return {"rules": tenant.rules([hostile_rule(number, f'title.matches("[a-z]*{number}[a-z ]{{3,9}}(fail|down)")')
                                       for number in range(RULES)])}

    def alert(self):
        return {"title": ("service4711 of the cluster fails or is down " * 4)[:150]}


def largest_pattern(tenant, text):
    """The hostile pattern of most repeats that is taken."""
    for repeats in (480, 400, 340, 300, 250, 200, 100, 50):
        condition = f'{text}.matches("(a?){{{repeats}}}b{{{repeats // 3}}}[c-e]{{1}}")'
        answer = tenant.admin.post("/api/v1/rules", hostile_rule(0, condition))
        if answer.status == 201:
            return condition
    raise RuntimeError(f"no pattern is taken: {answer.status} {answer.body[:400]}")


class HostileRegexes(Judged):
    name, about = "hostile-regexes", "40 rules with the largest regex that is taken, over 60 KB of details"
    batch = 8

    def prepare(self, tenant):
        condition = largest_pattern(tenant, "details.t")
        tenant.rules([hostile_rule(number, condition) for number in range(40)])
        return {"condition": condition}

    def alert(self):
        return {"title": "x", "details": {"t": "a" * 60_000}}


class Notes(Judged):
    name, about = "notes", "64 rules with 32 notes of 250 descriptions each, alerts of 16 KB"

    def prepare(self, tenant):
        note = {"type": "note", "note": "{{description}}" * 250}
        tenant.rules([{"name": f"note {number}", "condition": "{}", "actions": [note] * 32} for number in range(64)])

    def alert(self):
        return {"title": "x", "description": "n" * 16_000}
