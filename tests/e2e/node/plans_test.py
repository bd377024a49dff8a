"""A big, old tenant in outline: every statement that the program runs on it is bounded by its plan.

The statements are those that the running program sends, as PostgreSQL's auto_explain logs them: one that is new is looked
at without an entry here. A million tickets are outlined: a fortieth is there, and the planner is told of all of them.
"""

import datetime
import glob
import itertools
import json
import os
import re
import subprocess
import time
import unittest

import yaml

from harness import Client, Instance, wait_until

ROWS = 25_000
OUTLINED = 40
DAYS = 1_000
MOST_PARTITIONS = 10  # of a table, in one statement
MOST_ROWS = 12_000  # that one step of a plan may read and throw away
BIG = ("tickets", "ticket_events", "alert_instances", "deliveries", "quiet_tickets", "rule_machines", "inhibition_sources",
       "idempotency_receipts", "noise_counts", "ticket_search")

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "src", "pg")
OPENAPI = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "docs", "openapi.yaml")

FILL = f"""
update tenant_settings set journal_retention_days = 3650;
do $$ begin
    for chunk in 0..{DAYS // 50 - 1} loop
        perform make_day_partitions((now() at time zone 'UTC')::date - {DAYS} + chunk * 50, 50);
        commit;
    end loop;
end $$;
insert into tickets (tenant_id, ticket_id, number, state, severity, title, description, dedup_key, source, service, labels,
                     occurrences, first_seen_at, last_seen_at, opened_at, suppressed)
select t.tenant_id, md5('ticket ' || n)::uuid, 1000 + n, case when n % 10 = 0 then 'open' else 'closed' end, 1 + n % 4,
       'disk of host' || n % 5000 || ' is full', 'text', 'old ' || n, 'host' || n % 5000, 'svc' || n % 20,
       jsonb_build_object('rack', 'r' || n % 2000), 1, at, at, at, n % 10 = 0
  from (select tenant_id from tenants order by service_code limit 1) t, generate_series(1, {ROWS}) n,
       lateral (select now() - n * interval '57 minutes' as at) a;
update tickets t set integration_id = case when t.number % 2 = 0 then i.integration_id else t.ticket_id end
  from (select tenant_id, min(integration_id::text)::uuid as integration_id from integrations group by 1) i
 where i.tenant_id = t.tenant_id;
insert into ticket_numbers select tenant_id, {ROWS} + 2000 from tenants where tenant_id in (select tenant_id from tickets)
    on conflict (tenant_id) do update set next_number = excluded.next_number;
insert into ticket_search select tenant_id, ticket_id, search_body(title, description, dedup_key),
       search_tokens(tenant_id, search_grams(search_body(title, description, dedup_key), true) || label_grams(labels))
  from tickets;
insert into search_progress select distinct tenant_id, {ROWS} + 1000 from tickets
    on conflict (tenant_id) do update set indexed_number = excluded.indexed_number;
insert into ticket_events select tenant_id, ticket_id, 1, 'opened', opened_at, 'system' from tickets;
insert into alert_instances select tenant_id, 'old/' || number, ticket_id, opened_at, now() + interval '1 day', number % 10 = 0
  from tickets;
insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, state, created_at, payload)
select tenant_id, ticket_id, ticket_id, 1, 'opened', md5('contact ' || number % 20)::uuid, 'delivered', opened_at, '{{}}'
  from tickets;
insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, target_condition, target_syntax,
                         updated_by)
select tenant_id, md5('inhibition ' || n)::uuid, 'old ' || n, 'mark == "x"', 'cel', 'mark == "y"', 'cel', 'test'
  from (select distinct tenant_id from tickets) t, generate_series(1, 20) n;
insert into inhibition_sources (tenant_id, inhibition_id, source_key, equal_values, two_sided)
select tenant_id, md5('inhibition ' || (1 + number / 10 % 20))::uuid, 'iold/' || number, 'of ' || number, false
  from tickets where number % 10 = 0;
insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, source_key, alert_id, alert, config_version)
select t.tenant_id, t.ticket_id, 'inhibition', md5('cause ' || t.number / 10 % 50)::uuid, 'iold/' || t.number / 10 * 10,
       t.ticket_id, '{{}}', n.config_version
  from tickets t join tenants n using (tenant_id) where t.suppressed;
insert into rule_machines select tenant_id, md5('rule ' || number % 50)::uuid, 'threshold', dedup_key, '{{}}', null, false, 0,
       null, now() + interval '1 day' from tickets where number % 5 = 0;
insert into idempotency_receipts select tenant_id, tenant_id, dedup_key, sha256(''), 202, '', now() from tickets;
insert into noise_counts (tenant_id, hour, kind, key, received)
select tenant_id, date_trunc('hour', now()) - (number % 2000) * interval '1 hour', 'source', source, 1 from tickets
    on conflict do nothing;
select make_access_partitions((now() - interval '390 days')::date, 14);
insert into access_log (tenant_id, at, actor, address, method, route, object, status)
select tenant_id, now() - number % 390 * interval '1 day', 'user:' || number % 50, '192.0.2.' || number % 200, 'GET',
       '/api/v1/tickets/{{id}}', ticket_id::text, case when number % 1000 = 0 then 403 else 200 end from tickets;
insert into exports (tenant_id, export_id, state, created_at, created_by, finished_at, bytes, parts)
select tenant_id, tenant_id, 'ready', now(), 'system', now(), 1, 1 from tenants;
insert into export_parts select tenant_id, export_id, 0, 'x' from exports;
insert into announcements (announcement_id, kind, title, body, for_all) values (gen_random_uuid(), 'change', 'old', 'old', true);
insert into support_grants (tenant_id, grant_id, asked_by, reason, scopes, minutes, state, lapses_at)
select tenant_id, gen_random_uuid(), gen_random_uuid(), 'To have one of each noun.', '{{tickets:read}}', 60, 'requested',
       now() + interval '1 day' from tenants;
insert into imports (tenant_id, import_id, state, created_at, created_by, finished_at)
select tenant_id, tenant_id, 'done', now(), 'system', now() from tenants;
vacuum analyze;
"""

OUTLINE = "; ".join(
    [f"alter table {table} set (autovacuum_enabled = false)" for table in BIG]
    + [f"update pg_class set reltuples = reltuples * {OUTLINED} where relname in ('" + "', '".join(BIG) + "') "
       "or relname ~ '^access_log_[0-9]+$'"]
    + [f"alter role {role} set {setting}" for role in ("winnow_api", "winnow_pipeline", "winnow_provider") for setting in (
        "session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0", "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off", "auto_explain.log_nested_statements = on", "auto_explain.log_format = 'json'")])

# What may grow, by the words of its statement, and why.
EXCUSED = {
    "select t.state, t.severity, count(*)":
        "counting everything looks at everything: by tickets_by_state alone where the tables' pages are as many as its rows",
}

SEARCHES = ["/tickets?limit=50&sort=" + sort for sort in ("-opened_at", "opened_at", "-severity", "severity", "-number",
                                                          "number")]
SEARCHES += ["/tickets?q=host4321", "/tickets?q=nowhere-at-all", "/tickets?q=disk", "/tickets?label.rack=r77",
             "/tickets/stats?q=host4321", "/tickets/stats?label.rack=r77", "/alerts?limit=1", "/deliveries?state=dead"]
SEARCHES += ["/access-log?limit=500", "/access-log?actor=user:7", "/access-log?address=192.0.2.77", "/access-log?status=403",
             "/access-log?on=0199c0de-0000-7000-8000-000000000001", "/access-log?actor=nobody&status=200"]

# The same of who is narrowed to the management group of every other ticket.
NARROWED = [search for search in SEARCHES if not search.startswith("/access-log")] + ["/deliveries?limit=50", "/tickets/stats"]

# One of each noun that a new tenant has none of.
NOUNS = {
    "contacts": {"name": "hook", "type": "webhook", "url": "https://127.0.0.1:9/hook"},
    "contact-groups": {"name": "on call", "contact_ids": []},
    "rules": {"name": "tier", "syntax": "matchers", "condition": '{title=~"disk.+"}',
              "actions": [{"type": "set", "field": "labels.tier", "value": "1"}]},
    "inquiries": {"subject": "where", "text": "Where is it?"},
    "silences": {"matchers": 'mark="x"', "ends_at": "2099-01-01T00:00:00Z", "comment": "none"},
    "maintenance-windows": {"name": "daily", "matchers": 'mark="x"', "starts_at": "2026-11-23T02:00:00Z",
                            "time_zone": "UTC", "duration": "PT1H", "rrule": "FREQ=DAILY", "comment": "none"},
    "management-groups": {"name": "databases"},
    "inhibitions": {"name": "none", "source_matchers": 'mark="z"', "target_matchers": 'mark="y"', "equal": ["rack"]},
    "oidc-providers": {"name": "id", "issuer": "https://127.0.0.1:9", "client_id": "x", "client_secret": "y"},
}

# Rules whose machines remember something.
PATIENT = [{"name": "waits", "syntax": "matchers", "condition": '{mark="pause"}',
            "actions": [{"type": "pause", "for": "PT1S"}]},
           {"name": "flaps", "syntax": "matchers", "condition": '{mark="flap"}',
            "actions": [{"type": "flap", "transitions": 2, "within": "PT1M", "settle": "PT1S"}]}]

# Whose statements the program sends by itself, in the background or at every alert. All of them are to be seen.
UNASKED = ["suppression/covers", "triage/hold_store", "triage/machine_rows", "journal/outages", "outbox/outbox",
           "outbox/claim", "outbox/due", "outbox/record", "outbox/timeline", "triage/quiet_store",
           "search/search_index", "triage/triage_states", "triage/triage_store", "triage/triage_writes"]
# Marks in statements that are made of parts, and what stands there at first.
FILLED = {"ATTEMPTS": "= 0", "LEASES": "", "UNFINISHED": "('pending', 'sending')", "PENDING": "'pending'",
          "SENDING": "'sending'"}
# Save these, and why.
UNSEEN = {
    "suppression/covers.kForgetSources": "an alert that was an inhibition's source and, while it fires, is none any more",
    "outbox/outbox.kIsDue": "a dispatcher whom nobody reminds; by the two indexes that the board looks at each second",
    "outbox/claim.kCancel": "a contact that is gone or disabled",
    "outbox/timeline.kForget": "a ticket that is gone while its timeline is owed something",
    "outbox/timeline.kWrite": "a message that arrived, or was given up",
    "outbox/claim.kWait": "a message behind another that is under way",
    "suppression/covers.kPark": "a quiet ticket that has ended when what covered it ends; by its key",
    "triage/quiet_store.kNextSource": "a tenant whose quiet tickets cannot be marked; by their index, one row",
    "search/search_index.kSetAside": "a ticket that the search index cannot take in; by what is due, one row",
    "triage/triage_writes.kQuarantine": "a row that ended processes; an insert",
    "triage/triage_store.kPatience": "a fold that took too long; looks at no table",
}


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def faults(plan):
    """What in a plan grows with the tenant's size or age."""
    partitions, in_vain = {}, 0
    for node in nodes(plan):
        relation = node.get("Relation Name", "")
        parent = re.fullmatch(r"(journal|verdicts)_\d{8}", relation)
        if parent:
            partitions.setdefault(parent[1], set()).add(relation)
        if node["Node Type"].endswith("Seq Scan") and relation in BIG:
            yield f"reads all of {relation}"
        thrown_away = node.get("Rows Removed by Filter", 0) * node.get("Actual Loops", 1)
        if relation.startswith("access_log_"):
            in_vain += thrown_away
        if thrown_away > MOST_ROWS:
            yield f"reads {thrown_away} rows of {relation or node['Node Type']} in vain"
        if node.get("Subplans Removed", 0) > MOST_PARTITIONS:
            yield f"opens {node['Subplans Removed']} partitions in vain"
    if in_vain > MOST_ROWS:
        yield f"reads {in_vain} rows of the access log in vain"
    for parent, touched in partitions.items():
        if len(touched) > MOST_PARTITIONS:
            yield f"reads {len(touched)} partitions of {parent}"


CONSTANT = re.compile(r'const(?:expr)? (?:auto|std::string_view) (k\w+) =((?:R"sql\(.*?\)sql"|"(?:[^"\\]|\\.)*"|[^;"])*);', re.DOTALL)
LITERAL = re.compile(r'R"sql\((.*?)\)sql"|("(?:[^"\\]|\\.)*")|([^\s"]+)', re.DOTALL)


def pieces_of(expression):
    """The texts of a constant, between which the program puts words of its own."""
    pieces = [""]
    for raw, plain, code in LITERAL.findall(expression):
        if code:
            pieces.append("")
        else:
            pieces[-1] += json.loads(plain) if plain else raw
    return [piece for piece in pieces if piece.strip()]


def statements(module):
    """(name, pieces) of a source file of src/pg. What is only a piece of one is left out."""
    with open(os.path.join(SOURCES, module + ".cpp"), encoding="utf-8") as source:
        text = source.read()
    for name, expression in CONSTANT.findall(text):
        pieces = pieces_of(expression)
        for mark, words in FILLED.items():
            pieces = [piece.replace(mark, words) for piece in pieces]
        if pieces and pieces[0].split()[0] in ("select", "insert", "update", "delete", "with"):
            yield f"{module}.{name}", pieces


def words_of(statement):
    return " ".join(statement.split())


def pattern_of(pieces):
    return re.compile(".*?".join(re.escape(words_of(piece)) for piece in pieces))


class Plans(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A busy machine's missed heartbeats put off the ends of instances only by so much.
        cls.instance = Instance(config="limits:\n  alertmanager_resolve_timeout: PT10S\n")
        cls.addClassCleanup(cls.instance.__exit__)
        cls.instance.start()
        cls.sql(FILL)
        cls.sql(OUTLINE)
        cls.log = os.path.join(os.path.dirname(cls.sql("show data_directory").strip()), "postgres.log")
        assert cls.instance.stop() == 0, cls.instance.log()
        cls.instance.start()

    @classmethod
    def sql(cls, statements):
        psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
        done = subprocess.run([psql, cls.instance.ready["database_url"], "-qAt", "-v", "ON_ERROR_STOP=1"],
                              input=statements + ";", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def plans(self):
        """(statement, plan) as logged, nested ones too."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        for found in re.finditer(r"LOG:  duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)", text):
            entry = json.loads(re.sub(r"^\t", "", found[1], flags=re.MULTILINE))
            yield entry["Query Text"], entry["Plan"]

    def read_everything(self, admin, ids):
        """Every GET operation of the description; one that needs an id gets that of a noun's first item."""
        with open(OPENAPI, encoding="utf-8") as described:
            paths = [path for path, operations in yaml.safe_load(described)["paths"].items()
                     if "get" in operations and path.startswith("/api/v1/")]
        without = set()
        for path in sorted(paths, key=lambda path: path.count("{")):
            noun, _, rest = path.removeprefix("/api/v1/").partition("/{")
            if rest and noun not in ids:
                without.add(noun)
                continue
            answer = admin.get(path if not rest else "/api/v1/" + noun + "/" + ids[noun] + rest.partition("}")[2])
            self.assertEqual(answer.status, 200, (path, answer.body[:500]))
            if not rest and answer.headers["Content-Type"] == "application/json":
                for item in answer.json().get("items", [])[:1]:
                    if "id" in item or "version" in item:
                        ids.setdefault(noun, str(item.get("id", item.get("version"))))
        self.assertFalse(without, "nouns of which there is none to ask for")

    def work(self):
        """What people and senders ask; the rest the program does by itself."""
        sender, admin = self.instance.integration(), self.instance.user()
        sent = sender.post("/api/v1/alerts", [{"title": f"disk {n}", "source": "db-7", "severity": "critical",
                                               "dedup_key": f"new-{n}"} for n in range(120)])
        self.assertEqual(sent.status, 202, sent.body)
        rule = None
        for noun, body in NOUNS.items():
            made = admin.post(f"/api/v1/{noun}", body)
            self.assertEqual(made.status, 201, (noun, made.body))
            rule = made.json()["id"] if noun == "rules" else rule
        self.assertEqual(admin.post("/api/v1/rules/backtests", {"rule_id": rule}).status, 202)
        alert = sent.json()["results"][0]["alert_id"]
        wait_until(lambda: admin.get(f"/api/v1/alerts/{alert}").json().get("disposition") == "ticketed", "triage")
        newest = admin.get("/api/v1/tickets?limit=50").json()["items"]
        ids = {"tickets": newest[0]["id"], "alerts": alert, "receipts": sent.json()["receipt_id"]}
        self.read_everything(admin, ids)
        for query in SEARCHES:
            answer = admin.get("/api/v1" + query)
            self.assertEqual(answer.status, 200, (query, answer.body))
        self.search_narrowed(admin, ids["management-groups"])
        self.hold_some_back(sender, admin)
        self.let_an_instance_expire(sender, admin)
        self.let_a_silence_end(admin)
        for state in ("in_progress", "closed"):
            done = admin.post("/api/v1/tickets/bulk", {"ids": [ticket["id"] for ticket in newest if
                                                               ticket["title"].startswith("disk ")],
                                                       "transition": {"to": state}})
            self.assertGreater(done.json()["succeeded"], 0, done.body)
        sender.close()
        admin.close()

    def search_narrowed(self, admin, group):
        mine = self.sql("select min(integration_id::text) from integrations where tenant_id in (select tenant_id from tickets)")
        patched = admin.call("PATCH", f"/api/v1/management-groups/{group}", {"integration_ids": [mine.strip()]},
                             headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(patched.status, 200, patched.body)
        user = admin.post("/api/v1/users", {"name": "narrowed", "email": "narrowed@example.com", "role": "viewer",
                                            "management_group_ids": [group]})
        key = admin.post("/api/v1/api-keys", {"user_id": user.json()["id"]})
        self.assertEqual(key.status, 201, key.body)
        viewer = Client(self.instance.ready["customer_url"], self.instance.ready["ca_file"], key.json()["secret"])
        for query in NARROWED:
            answer = viewer.get("/api/v1" + query)
            self.assertEqual(answer.status, 200, (query, answer.body))
        viewer.close()

    @staticmethod
    def hold_some_back(sender, admin):
        """By each means that there is: rules that wait, a silence, an inhibition; and tell somebody of the rest."""
        def make(noun, body):
            made = admin.post(f"/api/v1/{noun}", body)
            assert made.status == 201, (noun, made.body)
            return made.json()["id"]

        def becomes(mark, key=None, status="firing"):
            """What becomes of an alert that is sent now."""
            sent = sender.post("/api/v1/alerts", [{"title": f"marked {mark}", "dedup_key": key or mark, "status": status,
                                                   "severity": "critical", "labels": {"mark": mark, "rack": "r1"}}])
            assert sent.status == 202, sent.body
            path = "/api/v1/alerts/" + sent.json()["results"][0]["alert_id"]

            def disposition():
                said = admin.get(path).json()["disposition"]
                return said if said != "pending" else None
            return wait_until(disposition, "triage")

        contact = make("contacts", {"name": "deaf", "type": "webhook", "url": "https://127.0.0.1:9/hook"})
        group = make("contact-groups", {"name": "told", "contact_ids": [contact]})
        told = admin.call("PATCH", "/api/v1/settings", {"default_route": [group]},
                          headers={"Content-Type": "application/merge-patch+json"})
        assert told.status == 200, told.body
        for rule in PATIENT:
            make("rules", rule)

        number = itertools.count()
        wait_until(lambda: becomes("pause", f"pause {next(number)}") == "held", "the rules to be in force")
        wait_until(lambda: not admin.get("/api/v1/tickets?label.mark=pause&state=held").json()["items"], "the pause's end")
        for status in ("firing", "resolved", "firing", "resolved"):
            flapping = becomes("flap", status=status)
        assert flapping == "held", flapping
        for key in ("x", "x", "returned"):
            assert becomes("x", key) == "silenced"
        ticket, = (each for each in admin.get("/api/v1/tickets?label.mark=x").json()["items"]
                   if each["dedup_key"] == "returned")
        for state in ("recovered", "open"):
            moved = admin.post(f"/api/v1/tickets/{ticket['id']}/transitions", {"to": state})
            assert moved.status == 200, moved.body
        wait_until(lambda: becomes("z") and becomes("y") == "inhibited", "the inhibition to be in force")
        assert becomes("z", status="resolved") == "resolved"

    def let_an_instance_expire(self, sender, admin):
        """Alertmanager's ends by itself, while somebody else's rows are stuck: its stream is not applied beyond them."""
        self.sql("""insert into journal
            select gen_random_uuid(), now(), (select max(stream) from journal_streams), 1000000000 + n, 1, ''
              from generate_series(1, 15000) n""")
        now = datetime.datetime.now(datetime.timezone.utc)
        pushed = sender.post("/am/api/v2/alerts", [{"labels": {"alertname": "fading"}, "startsAt": now.isoformat(),
                                                 "endsAt": (now + datetime.timedelta(seconds=2)).isoformat()}])
        self.assertEqual(pushed.status, 200, pushed.body)
        wait_until(lambda: any(ticket["state"] == "recovered"
                               for ticket in admin.get("/api/v1/tickets?q=fading").json()["items"]), "its end", 60)

    def let_a_silence_end(self, admin):
        """One that ends when it was quiet for long enough, which is made to be so."""
        made = admin.post("/api/v1/silences", {"matchers": 'mark="never"', "ends_at": "2099-01-01T00:00:00Z",
                                               "comment": "until it is quiet"})
        self.assertEqual(made.status, 201, made.body)
        this = f"from silences where silence_id = '{made.json()['id']}'"
        self.sql(f"""update silences set end_when_quiet_ms = 1000, starts_at = now() - interval '1 hour',
            created_at = now() - interval '1 hour' where (tenant_id, silence_id) = (select tenant_id, silence_id {this})""")
        wait_until(lambda: self.sql(f"select ends_at <= now() {this}").strip() == "t", "its end")

    def test_no_statement_grows_with_a_tenants_size_or_age(self):
        self.work()
        begun = time.monotonic()
        # Long enough for what recurs every few seconds.
        wait_until(lambda: time.monotonic() - begun > 12, "the keepers' rounds")
        wrong = {}
        seen = set()
        for statement, plan in self.plans():
            seen.add(statement)
            if any(words in statement for words in EXCUSED):
                continue
            for fault in faults(plan):
                wrong.setdefault((statement, fault.split(" ")[0]), (fault, plan))
        self.assertGreater(len(seen), 60, "auto_explain logs what the program sends")
        known = {words_of(statement) for statement in seen}
        all_of_them = dict(pair for module in UNASKED for pair in statements(module))
        self.assertFalse(set(UNSEEN) - set(all_of_them), "excused, and not there")
        unseen = {name for name, pieces in all_of_them.items()
                  if not any(map(pattern_of(pieces).search, known))}
        self.assertFalse(unseen - set(UNSEEN), "statements that were not seen at work")
        for word in ("quiet_tickets", "held_until", "alert_instances", "deliveries", "search_progress", "journal_streams",
                     "find_tickets", "inhibition_sources"):
            self.assertTrue(any(word in statement for statement in seen), f"nothing asked about {word}")
        report = "\n\n".join(f"{fault}: {statement.strip()}\n{json.dumps(plan)[:3000]}"
                             for (statement, _), (fault, plan) in wrong.items())
        self.assertFalse(wrong, f"{len(wrong)} statements grow with the tenant:\n{report}")


if __name__ == "__main__":
    unittest.main()
