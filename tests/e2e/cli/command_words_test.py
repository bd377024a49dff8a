"""What the commands make of words that people get wrong, and of words in any script."""

import json
import os
import subprocess
import tempfile
import unicodedata
import unittest

from cli.command_line_test import setUpModule, winnow  # noqa: F401  # pylint: disable=unused-import
from harness import wait_until

ID = "0199c0de-0000-7000-8000-000000000001"
SCOPE = ("--matchers", 'source="words"')
WINDOW = ("--from", "2036-03-01T02:00:00Z", "--for", "PT2H")


def columns(text):
    """By the Unicode tables of Python, not the C library's."""
    return sum(0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
               for each in text)


def accepted(done):
    return done.stdout.split()[-1]


class Words(unittest.TestCase):
    def refused(self, said, *words, status=2, **more):
        told = winnow(*words, status=status, **more).stderr
        self.assertIn(said, told)
        return told

    def test_tables_keep_their_columns_in_every_script(self):
        before = winnow("rules", "export").stdout
        names = ["plain", "日本語ルール", "🔥 hot", "cafe\u0301 e", "ＤＢ７"]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as out:
            json.dump([{"name": name, "syntax": "matchers", "condition": '{env="x"}', "actions": [{"type": "drop"}]}
                       for name in names], out)
            out.flush()
            winnow("rules", "apply", out.name)
        for name in names:
            winnow("alert", "send", "--title", "widths", "--source", name, "--dedup-key", "width " + name)
            winnow("silence", "add", "--matchers", f'source="{name}"', "--for", "PT1H", "--comment", "widths")
        wait_until(lambda: winnow("ticket", "list", "--q", "widths").stdout.count("widths") == len(names), "the tickets")
        for words, last in ((("rules", "list"), "CONDITION"), (("ticket", "list", "--q", "widths"), "TITLE"),
                            (("silence", "list", "--state", "active"), "COMMENT")):
            with self.subTest(words=words):
                head, *lines = winnow(*words).stdout.splitlines()
                cells = {"CONDITION": '{env="x"}', "TITLE": "widths", "COMMENT": "widths"}[last]
                self.assertEqual({columns(line[:line.index(cells)]) for line in lines}, {head.index(last)})
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as out:
            out.write(before)
            out.flush()
            winnow("rules", "apply", out.name)

    def test_a_key_of_a_repetition_that_is_no_text_loses_no_page(self):
        sent = []
        for key in (b"\x83f\x83B", b"\x83f\x83B", b"\x83f\x83C"):
            done = winnow("alert", "send", "--title", "keys", "--source", "keys", "--idempotency-key", key)
            self.assertIn("warning: --idempotency-key is not UTF-8: the SHA-256 of its bytes is sent", done.stderr)
            self.assertNotIn("was replaced", done.stderr)
            sent.append(accepted(done))
        self.assertEqual(sent[0], sent[1], "a repetition")
        self.assertNotEqual(sent[0], sent[2], "another key is another alert")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder.encode(), b"\x83f.json")
            with open(path, "w", encoding="utf-8") as out:
                json.dump({"title": "keys", "source": "keys"}, out)
            self.assertNotIn("UTF-8", winnow("alert", "send", "--file", path).stderr, "a name of a file is bytes")

    def test_rules_are_exported_as_asked_for(self):
        self.assertIsInstance(json.loads(winnow("rules", "export", "--json").stdout), list)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rules")
            winnow("rules", "export", path + ".json")
            winnow("rules", "export", path + ".yaml")
            winnow("rules", "export", path + ".json.yaml", "--json")
            winnow("rules", "export", path + ".yaml.json", "--format", "yaml")
            for name, is_json in ((".json", True), (".yaml", False), (".json.yaml", True), (".yaml.json", False)):
                with open(path + name, encoding="utf-8") as text:
                    self.assertEqual(text.read().startswith("["), is_json or not json.loads(
                        winnow("rules", "export", "--json").stdout), name)
        self.refused("--json excludes --format yaml", "rules", "export", "--json", "--format", "yaml")

    def test_an_alert_a_line_is_sent_as_such(self):
        lines = "".join(json.dumps({"title": f"line {i}", "source": "ndjson"}) + "\n" for i in range(3))
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.ndjson", "a.jsonl", "a.txt"):
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8") as out:
                    out.write(lines)
                self.assertEqual(winnow("alert", "send", "--file", path).stdout.count("accepted"), 3)
            one = os.path.join(folder, "one.ndjson")
            with open(one, "w", encoding="utf-8") as out:
                out.write('{"title": "alone", "source": "ndjson"}')
            winnow("alert", "send", "--file", one)
        self.assertEqual(winnow("alert", "send", "--file", "-", stdin="\n" + lines).stdout.count("accepted"), 3)
        mixed = winnow("alert", "send", "--file", "-", stdin=lines + '{"severity": "info"}\n', status=1)
        self.assertEqual(mixed.stdout.count("accepted"), 3)
        self.assertIn("refused: /3/title: is required", mixed.stderr)
        pretty = json.dumps([{"title": "pretty", "source": "ndjson"}], indent=2)
        winnow("alert", "send", "--file", "-", stdin=pretty)

    def test_suggestions_are_what_was_meant(self):
        self.refused("no option --tilte of send; did you mean --title?", "alert", "send", "--tilte", "x")
        for given, meant in (("JST", '"Asia/Tokyo"?'), ("IST", '"Asia/Kolkata", "Europe/Dublin" or "Asia/Jerusalem"?'),
                             ("Asia/Tokio", '"Asia/Tokyo"?')):
            self.refused("--time-zone: is not a time zone; did you mean " + meant, "window", "add", "zones", *SCOPE,
                         *WINDOW, "--time-zone", given, status=1)

    def test_what_cannot_be_understood_is_2(self):
        self.refused("an alert needs a --title", "alert", "send", "--source", "x")
        self.refused("--label wants NAME=VALUE", "alert", "send", "--title", "x", "--label", "env")
        add = ("silence", "add", *SCOPE, "--comment", "x")
        self.refused('--for: takes an ISO 8601 duration such as PT2H or P1D, not "2h"', *add, "--for", "2h")
        self.refused("--until: takes a time such as", *add, "--until", "tomorrow")
        self.refused("--from: takes a time such as", *add, "--for", "PT1H", "--from", "now")
        self.refused("--end-when-quiet: takes an ISO 8601", *add, "--for", "PT1H", "--end-when-quiet", "1h")
        self.refused("--for: takes an ISO 8601", "silence", "extend", ID, "--for", "2h")
        self.refused("--for: takes an ISO 8601", "window", "add", "x", *SCOPE, *WINDOW[:2], "--for", "2h")
        self.refused("--from: takes a time", "window", "add", "x", *SCOPE, "--from", "noon", "--for", "PT2H")
        for words in (("stats", "noise"), ("rules", "suggest"), ("rules", "backtest", "--rule-id", ID)):
            self.refused("--from: takes a time", *words, "--from", "yesterday")
            self.refused("--until: takes a time", *words, "--until", "yesterday")
        self.refused("nofile", "rules", "test", "nofile")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write("rules: nofile.yaml\ncases: [{name: a, steps: [{alert: {title: x}}]}]\n")
            self.refused("nofile.yaml", "rules", "test", path)
            with open(path, "w", encoding="utf-8") as out:
                out.write("rules: []\ncases: [{name: a, steps: [{alert: {title: x}}]}]\n")
            self.refused("cannot write", "rules", "test", path, "--junit", os.path.join(folder, "none", "x.xml"))

    def test_what_is_refused_drives_no_terminal(self):
        self.refused('not "a 2J b"', "alert", "send", "--title", "x", "--label", "a\u009b2J\u202eb")
        self.refused("no 2Jfile", "rules", "test", "no\u009b2Jfile")

    def test_a_batch_of_expressions_tells_that_one_failed(self):
        def batch(*lines, status):
            done = winnow("expr", "eval", "--batch", stdin="\n".join(lines), status=status)
            return [json.loads(line) for line in done.stdout.splitlines()]

        good = '{"expr": "1 + 1"}'
        self.assertEqual([answer["value"] for answer in batch(good, good, status=0)], [2, 2])
        self.assertIn("error", batch("bad", good, status=1)[0])
        self.assertIn("error", batch('{"expr": "1 +"}', status=1)[0])
        self.assertIn("error", batch("[1]", status=1)[0])
        slip = batch('{"expr": "true", "syntx": "cel"}', good, status=1)
        self.assertIn('no member "syntx" of a line; did you mean "syntax"?', slip[0]["error"])
        self.assertEqual(slip[1]["value"], 2, "the others are evaluated")
        self.refused("EXPR excludes --batch", "expr", "eval", "true", "--batch")
        self.refused("--bindings excludes --batch", "expr", "eval", "--bindings", "{}", "--batch")

    def test_a_name_is_taken_where_an_id_was_wanted(self):
        made = winnow("window", "add", "by name", *SCOPE, *WINDOW).stdout.split()[0]
        self.assertEqual(winnow("window", "show", "by name").stdout, winnow("window", "show", made).stdout)
        self.refused('"nights": `winnow window list` lists them', "window", "remove", "by name", "nights", status=1)
        self.assertIn("by name", winnow("window", "list").stdout, "nothing is removed where one is no window")
        winnow("window", "remove", "by name")
        self.assertNotIn("by name", winnow("window", "list").stdout)
        winnow("inhibition", "add", "by name", "--source-matchers", 'class="a"', "--target-matchers", 'class="b"')
        winnow("inhibition", "remove", "by name")
        self.assertNotIn("by name", winnow("inhibition", "list").stdout)
        self.refused("`winnow inhibition list` lists them", "inhibition", "remove", "nothing", status=1)

    def test_of_several_rules_of_one_name_an_id_is_wanted(self):
        before = winnow("rules", "export").stdout
        rule = "{name: twin, syntax: matchers, condition: '{env=\"%s\"}', actions: [{type: drop}]}"
        winnow("rules", "apply", "-", stdin=f"[{rule % 'a'}, {rule % 'b'}]")
        ids = [each["id"] for each in json.loads(winnow("rules", "list", "--json").stdout)["rules"]]
        told = self.refused('2 rules are called "twin": give the id of one of them', "rules", "backtest", "--rule-id",
                            "twin", status=1)
        for each in ids:
            self.assertIn(each, told)
        winnow("rules", "apply", "-", stdin=before)

    def test_what_is_not_there_is_told_with_where_to_look(self):
        for word in ("nope", "12"):
            for command in ("show", "explain"):
                self.refused("is no alert's id: give one as `winnow alert send` printed it", "alert", command, word)
        self.refused(f"there is no alert {ID}", "alert", "show", ID, status=1)
        self.refused(f"there is no alert {ID}", "alert", "explain", ID, status=1)
        for command in ("show", "ack", "close"):
            self.refused('"abc" is no ticket: give its number', "ticket", command, "abc")
            self.refused("`winnow ticket list` lists them", "ticket", command, ID, status=1)
            self.refused("`winnow ticket list` lists them", "ticket", command, "987654", status=1)
        self.refused("`winnow silence list` lists them", "silence", "extend", "nope", "--for", "PT1H")
        self.refused("`winnow silence list` lists them", "silence", "extend", ID, "--for", "PT1H", status=1)
        self.refused("`winnow silence list` lists them", "silence", "expire", "nope")
        self.refused("`winnow silence list` lists them", "silence", "expire", ID, status=1)
        self.refused("`winnow window list` lists them", "window", "show", ID, status=1)
        self.refused("`winnow window list` lists them", "window", "remove", ID, status=1)
        self.refused("`winnow rules list` lists them", "rules", "promote", "nothing", status=1)
        self.refused("`winnow rules list` lists them", "rules", "backtest", "--rule-id", "nothing", status=1)

    def test_a_refusal_names_the_flag_that_was_typed(self):
        def told(*words):
            error = winnow(*words, status=1, stdin="[]").stderr
            self.assertNotRegex(error, r"\n  /")
            return error

        add = ("silence", "add", *SCOPE, "--comment", "x")
        self.assertIn("--until: ", told(*add, "--until", "2020-01-01T00:00:00Z"))
        self.assertIn("--for: ", told(*add, "--for", "P1D", "--from", "2020-01-01T00:00:00Z"))
        self.assertIn("--end-when-quiet: ", told(*add, "--for", "PT1H", "--end-when-quiet", "PT1S"))
        self.assertIn("--matchers: ", told("silence", "add", "--matchers", "=", "--comment", "x", "--for", "PT1H"))
        self.assertIn("--for: ", told("window", "add", "x", *SCOPE, *WINDOW[:2], "--for", "PT1S"))
        self.assertIn("--except (/exceptions/0): ", told("window", "add", "x", *SCOPE, *WINDOW, "--except", "never"))
        self.assertIn("--target-condition: ", told("inhibition", "add", "x", "--source-matchers", 'class="a"',
                                                   "--target-condition", "1 +"))
        self.assertIn("--from: ", told("stats", "noise", "--from", "2026-01-02T00:00:00Z", "--until",
                                       "2026-01-01T00:00:00Z"))
        self.assertIn("warning: --title: ", winnow("alert", "send", "--title", "x" * 2000, "--source", "long").stderr)
        self.assertIn("--admin-email: ", told("tenant", "create", "x", "--admin-email", "nobody"))
        self.assertIn("VERSION: ", told("rules", "rollback", "987654"))
        self.assertIn("--comment: ", told("rules", "apply", "-", "--comment", "x" * 20_000))
        self.assertIn("--state: ", told("ticket", "list", "--state", "bogus"))

    def test_a_value_may_begin_with_a_dash(self):
        for words in (("ticket", "list", "--limit", "-1"), ("dev", "--tenants", "-1"),
                      ("rules", "plan", "f", "--days", "-1"), ("rules", "apply", "f", "--if-version", "-5")):
            told = self.refused(f'{words[-2]}: takes a whole number from ', *words)
            self.assertIn(f'not "{words[-1]}"', told)
        self.refused("rollback takes nothing negative here, and got -1", "rules", "rollback", "-1")
        cold = accepted(winnow("alert", "send", "--title", "-5 degrees", "--description", "--- cut here ---",
                               "--source", "-x", "--label", "-a=b"))
        alert = json.loads(winnow("alert", "show", cold).stdout)
        self.assertEqual((alert["title"], alert["source"], alert["description"], alert["labels"]),
                         ("-5 degrees", "-x", "--- cut here ---", {"-a": "b"}))

    def test_arguments_that_nothing_takes_are_named_in_order(self):
        self.refused('not expected: "disk", "full"; alert send takes no arguments', "alert", "send", "disk", "full")
        self.refused('not expected: "2"; ticket show takes no more arguments', "ticket", "show", "1", "2")
        self.refused('not expected: "f"; dev takes no arguments', "dev", "f")


if __name__ == "__main__":
    unittest.main()
