"""The commands as people and scripts use them, against a running instance."""

import json
import os
import socket
import subprocess
import tempfile
import unittest

from harness import Instance, wait_until


def setUpModule():
    global instance
    instance = Instance()
    instance.start()
    unittest.addModuleCleanup(instance.__exit__)
    # The commands look for the ready file where `winnow dev` leaves it by default.
    os.link(instance.ready_file, os.path.join(instance.state_dir, "ready.json"))


def winnow(*words, environment=None, status=0, stdin=""):
    everything = {**os.environ, "WINNOW_STATE_DIR": instance.state_dir, **(environment or {})}
    done = subprocess.run([os.environ["WINNOW_BINARY"], *words], capture_output=True, text=True, timeout=60,
                          env=everything, input=stdin, check=False)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def server():
    """The instance, as the environment names it."""
    return {"WINNOW_URL": instance.ready["customer_url"], "WINNOW_CA_FILE": instance.ready["ca_file"],
            "WINNOW_KEY": instance.ready["tenants"][0]["users"]["admin"]["key"]}


class Commands(unittest.TestCase):
    def test_no_key_goes_to_a_server_that_it_is_not_meant_for(self):
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            url = f"https://127.0.0.1:{stranger.getsockname()[1]}"
            for words, environment in (((), {"WINNOW_URL": url}), (("--url", url), {}), (("--url", url), server())):
                refused = winnow("ticket", "list", *words, environment=environment, status=1)
                self.assertIn("is given without", refused.stderr)
            stranger.settimeout(0)
            with self.assertRaises(BlockingIOError, msg="nobody called"):
                stranger.accept()
        self.assertIn("NUMBER", winnow("ticket", "list", environment=server()).stdout)

    def test_a_configuration_check_opens_what_it_names(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "winnow.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write("listen:\n  customer: {port: 9443, certificate_file: /nowhere.pem}\n"
                          "delivery: {public_url: winnow}\nlisten: {}\n")
            found = json.loads(winnow("config", "check", path, "--json", status=2).stdout)
            self.assertIn({"at": path + ":4:1", "detail": "listen stands twice, first in line 1; "
                           "only one of them can hold"}, found["problems"])
            with open(path, "w", encoding="utf-8") as out:
                out.write("listen:\n  customer: {port: 9443, certificate_file: /nowhere.pem}\n"
                          "delivery: {public_url: winnow}\n")
            with open(path, "a", encoding="utf-8") as out:
                out.write("node: {nam: x}\n")
            for words in (("config", "check", path), ("serve", "--config", path)):
                told = winnow(*words, status=2).stderr
                self.assertIn(path + ":2:44: listen.customer.certificate_file names /nowhere.pem, which cannot be "
                              "read: No such file or directory", told)
                self.assertIn("the other listener's port", told)
                self.assertIn("unknown key node.nam; did you mean node.name?", told)
                self.assertIn("database.api_url is needed", told)
                self.assertIn('delivery.public_url is "winnow"', told)
                misspelt = winnow(*words, status=2, environment={"WINNOW_DATABASE_API_UR": "x"}).stderr
                self.assertIn("did you mean WINNOW_DATABASE_API_URL?", misspelt)

            for words in (("config", "check", folder), ("serve", "--config", folder), ("migrate", "--config", folder)):
                self.assertIn("this is a folder", winnow(*words, status=2).stderr)
            self.assertIn("nothing reads WINNOW_FOO", winnow("config", "check", path, status=2,
                                                             environment={"WINNOW_FOO": "x"}).stderr)

    def test_a_file_is_named_with_the_option_or_without_and_what_is_wrong_is_said_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "winnow.yaml")
            missing = path + ": this file cannot be read: No such file or directory"
            for words in (("config", "check"), ("serve",), ("migrate",), ("dev",)):
                for named in ((path,), ("--config", path)):
                    if words == ("dev",):
                        named = ("--config", path, "--state-dir", os.path.join(folder, "state"))
                    self.assertIn(missing, winnow(*words, *named, status=2).stderr)
            with open(path, "wb") as out:
                out.write(b'node: {name: "\x83f\x83B"}\n')
            for words in (("config", "check"), ("serve",)):
                told = winnow(*words, path, status=2, environment={"WINNOW_FOO": "x", "WINNOW_LOG_LEVEL": "loud"}).stderr
                self.assertIn(f"winnow: {path}: database.api_url is needed\n", told)
                self.assertIn(f"winnow: {path}:1:14: node.name is not UTF-8: save the file as UTF-8\n", told)
                self.assertIn("winnow: WINNOW_LOG_LEVEL: log.level must be one of", told)
                if words != ("serve",):
                    self.assertIn("winnow: nothing reads WINNOW_FOO: it changes nothing\n", told)
            refused = winnow("dev", "--state-dir", os.path.join(folder, "state"), "--egress-allow", "foo", status=2)
            self.assertIn("winnow: --egress-allow", refused.stderr)
            self.assertNotIn("PostgreSQL", refused.stderr)
        self.assertIn(".winnow/ready.json", winnow("ticket", "list", environment={"WINNOW_STATE_DIR": ""},
                                                   status=1).stderr)

    def test_a_migration_says_which_url_is_wrong(self):
        for url in ("nonsense", "postgresql://u:hunter2@db:99999/x"):
            told = winnow("migrate", "--url", url, status=2).stderr
            self.assertRegex(told, "^winnow: --url (is no connection string|names a port that is none)")
            self.assertEqual(told.count("\n"), 1)
            self.assertNotIn("hunter2", told)

    def test_an_alert_is_sent_and_its_ticket_worked(self):
        sent = winnow("alert", "send", "--title", "disk full", "--severity", "critical", "--source", "db-7",
                      "--dedup-key", "cli", "--label", "env=prod", "--json")
        alert = json.loads(sent.stdout)["results"][0]["alert_id"]

        def ticket(state="open,in_progress"):
            items = json.loads(winnow("ticket", "list", "--state", state, "--json").stdout)["items"]
            return next((item for item in items if item["dedup_key"] == "cli"), None)

        number = str(wait_until(ticket, "the ticket")["number"])
        self.assertIn("disk full", winnow("ticket", "list", "--state", "open", "--severity", "critical").stdout)
        self.assertNotIn("disk full", winnow("ticket", "list", "--severity", "info").stdout)
        self.assertIn("disk full", winnow("ticket", "show", number).stdout)
        winnow("ticket", "ack", "#" + number, "--comment", "on it")
        self.assertEqual(ticket()["state"], "in_progress")
        winnow("ticket", "close", number, "--comment", "done")
        self.assertIsNone(ticket())
        self.assertIsNotNone(ticket("closed"))
        self.assertIn("on it", winnow("ticket", "show", number).stdout)
        self.assertIn("disk full", winnow("alert", "show", alert, "--explain").stdout)

    def test_rules_are_applied_all_or_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            good = os.path.join(folder, "good.yaml")
            bad = os.path.join(folder, "bad.yaml")
            with open(good, "w", encoding="utf-8") as out:
                out.write("- name: development is not urgent\n  syntax: matchers\n  condition: '{env=\"dev\"}'\n"
                          "  actions: [{type: drop}]\n")
            with open(bad, "w", encoding="utf-8") as out:
                out.write("- name: one\n  syntax: matchers\n  condition: '{env='\n  actions: [{type: drop}]\n")
            winnow("rules", "apply", good, "--dry-run")
            self.assertEqual(json.loads(winnow("rules", "list", "--json").stdout)["rules"], [])
            winnow("rules", "apply", good)
            self.assertIn("development is not urgent", winnow("rules", "list").stdout)
            refused = winnow("rules", "apply", bad, status=1)
            self.assertIn("condition", refused.stderr)
            self.assertIn("development is not urgent", winnow("rules", "list").stdout, "nothing was replaced")

    def test_the_rule_set_can_be_read_back_as_it_is_printed(self):
        rule = {"name": "staging can wait", "syntax": "matchers", "condition": '{env="staging"}',
                "actions": [{"type": "severity", "severity": "info"}]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rules.json")
            with open(path, "w", encoding="utf-8") as out:
                json.dump([rule], out)
            winnow("rules", "apply", path)
            for words in (["list", "--json"], ["export", "--format", "json"], ["export"]):
                with open(path, "w", encoding="utf-8") as out:
                    out.write(winnow("rules", *words).stdout)
                with self.subTest(words=words):
                    self.assertIn("1 unchanged", winnow("rules", "apply", path).stdout)
                    self.assertIn("1 unchanged", winnow("rules", "plan", path).stdout)
                    self.assertIn("nothing looks wrong", winnow("rules", "lint", path).stdout)
                    self.assertEqual(winnow("rules", "backtest", path, "--json").stdout.count('"state": "done"'), 1)
            shown = json.loads(winnow("rules", "list", "--json").stdout)
            cases = {"cases": [{"name": "one", "steps": [{"alert": {"title": "full", "labels": {"env": "staging"}}}]}]}
            for printed in (shown, shown["rules"]):
                with open(path, "w", encoding="utf-8") as out:
                    json.dump({**(printed if isinstance(printed, dict) else {"rules": printed}), **cases}, out)
                with self.subTest(printed=printed):
                    winnow("rules", "test", path)

    def test_the_list_of_rules_tells_which_of_them_act(self):
        def row(**more):
            rule = {"name": "tried", "syntax": "matchers", "condition": '{env="x"}', "actions": [{"type": "drop"}], **more}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as out:
                json.dump([rule], out)
                out.flush()
                winnow("rules", "apply", out.name)
            return winnow("rules", "list").stdout.splitlines()[1]

        before = winnow("rules", "export").stdout
        self.assertRegex(row(mode="shadow"), r"tried +yes +shadow ")
        self.assertRegex(row(effective_from="2030-01-01T00:00:00Z"), r"tried +not yet +live ")
        self.assertRegex(row(effective_until="2020-01-01T00:00:00Z"), r"tried +over +live ")
        self.assertRegex(row(enabled=False), r"tried +no +live ")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as out:
            out.write(before)
            out.flush()
            winnow("rules", "apply", out.name)

    def test_what_keeps_alerts_quiet_is_made_listed_and_ended(self):
        one = ("--matchers", 'source="quiet"')
        silence = winnow("silence", "add", *one, "--for", "PT1H", "--comment", "work").stdout.split()[0]
        before = json.loads(winnow("silence", "list", "--json").stdout)["items"][0]["ends_at"]
        self.assertIn("is active", winnow("silence", "extend", silence, "--for", "PT2H").stdout)
        self.assertGreater(json.loads(winnow("silence", "list", "--json").stdout)["items"][0]["ends_at"], before)
        winnow("silence", "expire", silence)
        self.assertIn("is over", winnow("silence", "extend", silence, "--for", "PT2H", status=1).stderr)

        made = winnow("window", "add", "nights", *one, "--from", "2036-03-01T02:00:00Z", "--for", "PT2H",
                      "--rrule", "FREQ=DAILY").stdout
        window = made.split()[0]
        self.assertEqual(made.count("T02:00:00.000Z to "), 10)
        self.assertIn("2036-03-01T02:00:00.000Z", winnow("window", "list").stdout)
        self.assertEqual(winnow("window", "show", window).stdout.count(" to "), 10)
        self.assertIn("--rrule: ", winnow("window", "add", "never", *one, "--from", "2036-03-01T02:00:00Z", "--for", "PT2H",
                                          "--rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", status=1).stderr)
        winnow("window", "remove", window)
        self.assertNotIn("nights", winnow("window", "list").stdout)

        inhibition = winnow("inhibition", "add", "rack", "--source-matchers", 'class="rack"', "--target-condition",
                            'class == "host"', "--equal", "rack,env").stdout.split()[0]
        self.assertIn("env, rack", winnow("inhibition", "list").stdout)
        winnow("inhibition", "remove", inhibition)
        self.assertEqual(json.loads(winnow("inhibition", "list", "--json").stdout)["items"], [])
        self.assertIn("--target-matchers or --target-condition",
                      winnow("inhibition", "add", "x", "--source-matchers", 'class="a"', status=2).stderr)

    def test_tenants_are_created_and_listed(self):
        created = json.loads(winnow("tenant", "create", "Acme Ltd", "--admin-email", "ops@acme.example",
                                    "--service-code", "acme1", "--json").stdout)
        self.assertTrue(created["admin"]["key"].startswith("wnu_"))
        self.assertIn("acme1", winnow("tenant", "list").stdout)
        self.assertIn("tenant acme1 is suspended", winnow("tenant", "suspend", "acme1").stdout)
        self.assertEqual(json.loads(winnow("tenant", "resume", created["id"], "--json").stdout)["state"], "active")
        self.assertIn("winnow tenant list", winnow("tenant", "resume", "nobody", status=1).stderr)
        taken = winnow("tenant", "create", "Acme Ltd", "--admin-email", "ops@acme.example", "--service-code", "acme1",
                       status=1)
        self.assertIn("service code", taken.stderr)

    def test_an_export_is_made_listed_and_downloaded(self):
        made = json.loads(winnow("export", "create", "--json").stdout)
        wait_until(lambda: "ready" in winnow("export", "list").stdout, "the export")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "all.tar.zst")
            self.assertIn(path, winnow("export", "get", made["id"], "--output", path).stderr)
            with open(path, "rb") as archive:
                self.assertEqual(archive.read(4), b"\x28\xb5\x2f\xfd", "zstd's magic number")
            self.assertIn("whole: ", winnow("export", "verify", path).stdout)
            with open(path, "r+b") as archive:
                archive.truncate(os.path.getsize(path) - 9)
            self.assertIn("ends before its end", winnow("export", "verify", path, status=1).stdout)
            self.assertFalse(json.loads(winnow("export", "verify", path, "--json", status=1).stdout)["whole"])
            self.assertIn("winnow export list", winnow("export", "get", "nonsense", "--output", path, status=2).stderr)

    def test_an_export_beyond_the_quota_is_told_so_and_nothing_that_does_not_help(self):
        code = instance.ready["tenants"][0]["service_code"]
        winnow("tenant", "quotas", code, "--set", "exports_a_day=0")
        self.addCleanup(winnow, "tenant", "quotas", code, "--set", "exports_a_day=default")
        refused = winnow("export", "create", status=1).stderr
        self.assertIn("exports a day", refused)
        self.assertNotIn("winnow export delete", refused)

    def test_quotas_are_set_and_shown_by_the_tenants_code(self):
        code = instance.ready["tenants"][0]["service_code"]
        self.assertRegex(winnow("tenant", "quotas", code, "--set", "inhibitions=77").stdout, r"(?m)^inhibitions +77 ")
        self.assertRegex(winnow("quota", "list").stdout, r"(?m)^inhibitions +77 ")
        self.assertRegex(winnow("tenant", "quotas", code, "--set", "inhibitions=default").stdout,
                         r"(?m)^inhibitions +as configured \(\d+\) ")
        self.assertIn("users=500", winnow("tenant", "quotas", code, "--set", "users", status=2).stderr)
        self.assertIn("--set user", winnow("tenant", "quotas", code, "--set", "user=5", status=1).stderr)
        self.assertIn("winnow tenant list", winnow("tenant", "quotas", "nobody", status=1).stderr)

    def test_what_the_service_says_of_its_security_is_shown_in_both_languages(self):
        shown = winnow("security", "features").stdout
        self.assertRegex(shown, r"(?m)^tls +on +6\.1, 13\.4 +both listeners speak TLS 1\.2 and 1\.3")
        self.assertRegex(shown, r"(?m)^public_receivers_only +off ", "loopback is allowed here")
        self.assertRegex(shown, r"(?m)^mail_tls +not_used ")
        self.assertIn("両方のリスナー", winnow("security", "features", "--language", "ja").stdout)
        self.assertRegex(winnow("security", "responsibility").stdout, r"(?m)^backup +8\.3 +provider +backs up the database")
        self.assertRegex(winnow("security", "responsibility", "--language", "ja").stdout, r"(?m)^ +customer +必要なものの写し")
        self.assertEqual(json.loads(winnow("security", "responsibility", "--json").stdout)["version"], 1)
        self.assertIn("fr not in {en,ja}", winnow("security", "features", "--language", "fr", status=2).stderr)

    def test_mistakes_teach(self):
        self.assertIn("--title", winnow("alert", "send", "--severity", "urgent", status=2).stderr)
        unknown = winnow("ticket", "list", environment={**server(), "WINNOW_KEY": "nonsense"}, status=1)
        self.assertIn("this is no key of Winnow's", unknown.stderr)
        mixed = winnow("ticket", "list", environment={"WINNOW_KEY": "nonsense"}, status=1)
        self.assertIn("WINNOW_KEY is given without WINNOW_URL", mixed.stderr)
        elsewhere = winnow("ticket", "list", environment={"WINNOW_STATE_DIR": "/nonexistent"}, status=1)
        self.assertIn("--url", elsewhere.stderr)
        self.assertIn("--help", winnow("ticket", "shwo", "1", status=2).stderr)
        self.assertIn('"tciket"; did you mean ticket?', winnow("tciket", "list", status=2).stderr)
        self.assertIn('"shwo" of ticket; did you mean show?', winnow("ticket", "shwo", "1", status=2).stderr)
        self.assertIn('no command "bogus"', winnow("bogus", status=2).stderr)
        self.assertNotIn("winnow dev", winnow("silence", "--help").stdout, "no examples of other commands")
        self.assertIn("no option --titel of send; did you mean --title?",
                      winnow("alert", "send", "--titel", "x", status=2).stderr)
        self.assertIn("no option --verson; did you mean --version?", winnow("--verson", status=2).stderr)
        self.assertIn("from 0 to 65535, not \"99999\"", winnow("dev", "--customer-port", "99999", status=2).stderr)
        self.assertIn("a whole number from 0 on, not \"abc\"",
                      winnow("rules", "apply", "f", "--if-version", "abc", status=2).stderr)
        self.assertIn("WINNOW_POSTGRES_BIN names /nonexistent", winnow(
            "dev", "--state-dir", os.path.join(instance.state_dir, "none"), status=1,
            environment={"WINNOW_POSTGRES_BIN": "/nonexistent"}).stderr)
        mixed = winnow("alert", "send", "--title", "x", "--file", "f.json", status=2)
        self.assertIn("--file", mixed.stderr)
        for word in ("OK", "RESOLVED", "fixed"):
            winnow("alert", "send", "--title", "x", "--source", "words", "--status", word)
        never = winnow("window", "add", "never", "--matchers", 'source="a"', "--from", "2036-03-01T02:00:00Z", "--for",
                       "PT2H", "--rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", status=1).stderr
        self.assertEqual(never.count("never"), 1, "said once: " + never)

    def test_nothing_in_a_file_is_passed_over(self):
        rule = "- {name: %s, syntax: cel, condition: 'source == \"%s\"', actions: [{type: drop}]}\n"
        one, other = rule % ("a", "a"), rule % ("b", "b")
        files = {
            "rules:\n" + one + "---\nrules:\n" + other: ":4:1: a second document begins here",
            "rules:\n" + one + "rules:\n" + other: ':3:1: "rules" stands twice, first in line 1',
            "- {name: a, condition: 'true', condition: 'false'}\n": '"condition" stands twice',
            '{"rules": [{"name": "a", "name": "b"}]}': '"name" stands twice',
            "rules:\n" + one + "coment: hello\n": '"coment" beside "rules"',
            "- {name: second, position: 20}\n- {name: first, position: 10}\n": "in the order in which they stand",
        }
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rules.yaml")
            for text, why in files.items():
                with open(path, "w", encoding="utf-8") as out:
                    out.write(text)
                with self.subTest(text=text):
                    self.assertIn(why, winnow("rules", "apply", path, "--dry-run", status=1).stderr)
                    self.assertIn(why, winnow("rules", "lint", path, status=1).stderr)
                    self.assertIn(why, winnow("rules", "plan", path, status=1).stderr)
            with open(path, "w", encoding="utf-8") as out:
                out.write("---\nrules:\n" + one + "...\n---\n")
            self.assertIn("+ a", winnow("rules", "apply", path, "--dry-run").stdout, "one document, however framed")
            with open(path, "wb") as out:
                out.write(b"rules:\n- name: caf\xe9\n")
            self.assertIn("line 2 is not UTF-8", winnow("rules", "apply", path, status=1).stderr)
            with open(path, "w", encoding="utf-8") as out:
                out.write("log: {level: debug}\n---\njournal: {transactions_in_flight: 99}\n")
            self.assertIn("a second document begins here", winnow("config", "check", path, status=2).stderr)
            self.assertIn("it is a folder", winnow("rules", "apply", folder, status=1).stderr)
            self.assertIn("it is a folder", winnow("alert", "send", "--file", folder, status=1).stderr)
        self.assertIn("stands twice", winnow("expr", "eval", "title", "--bindings", '{"title":"x","title":"y"}',
                                             status=1).stdout)

    def test_an_alert_gets_through_and_all_else_is_named(self):
        sent = winnow("alert", "send", "--title", b"caf\xe9 a\xffb", "--source", "bytes", "--description", "",
                      "--label", "a=1", "--label", "a=2")
        self.assertIn("warning: --title: what is not UTF-8 was replaced", sent.stderr)
        self.assertIn("warning: --label a stands twice", sent.stderr)
        alert = sent.stdout.split()[-1]
        self.assertEqual(json.loads(winnow("alert", "show", alert, "--json").stdout)["labels"]["a"], "1")
        self.assertIn("--comment is not UTF-8", winnow("ticket", "ack", "1", "--comment", b"\xe9", status=2).stderr)
        for words in (("window", "show", ""), ("silence", "expire", ""), ("ticket", "list", "--state", ""),
                      ("migrate", "--url", "")):
            with self.subTest(words=words):
                self.assertIn("must not be empty", winnow(*words, status=2).stderr)
        for key in ("wnu_a\r", "a\r\nX: y", "two words"):
            broken = winnow("ticket", "list", environment={**server(), "WINNOW_KEY": key}, status=1)
            self.assertIn("the key (--key or WINNOW_KEY) holds", broken.stderr)
        injected = winnow("alert", "send", "--title", "x", "--idempotency-key", "a\r\nX: y", status=1)
        self.assertIn("Idempotency-Key must not hold line ends", injected.stderr)
        nowhere = winnow("ticket", "list", environment={"WINNOW_STATE_DIR": "/nonexistent"}, status=1)
        self.assertIn("/nonexistent/ready.json, where WINNOW_STATE_DIR points", nowhere.stderr)

    def test_a_server_that_cannot_be_called_is_told_with_what_to_change(self):
        here = server()
        winnow("ticket", "list", environment={**here, "WINNOW_URL": here["WINNOW_URL"] + "/"})
        plain = winnow("ticket", "list", environment={**here, "WINNOW_URL": "http://127.0.0.1:8443"}, status=1)
        self.assertIn("must begin with https://", plain.stderr)
        untrusted = winnow("ticket", "list", environment={**here, "WINNOW_CA_FILE": ""}, status=1)
        self.assertIn("--ca, or WINNOW_CA_FILE", untrusted.stderr)
        missing = winnow("ticket", "list", environment={**here, "WINNOW_CA_FILE": "/nowhere.pem"}, status=1)
        self.assertIn("/nowhere.pem cannot be read", missing.stderr)
        self.assertIn("management listener", winnow("tenant", "list", environment=here, status=1).stderr)

    def test_help_has_examples_everywhere(self):
        for command in (["dev"], ["serve"], ["migrate"], ["config", "check"], ["alert", "send"], ["alert", "show"],
                        ["ticket", "list"], ["ticket", "show"], ["ticket", "ack"], ["ticket", "close"], ["rules", "list"],
                        ["rules", "apply"], ["tenant", "create"], ["tenant", "list"], ["tenant", "quotas"],
                        ["tenant", "close"], ["tenant", "cancel-close"], ["tenant", "erase"], ["tenant", "erasures"],
                        ["tenant", "certificate"], ["tenant", "verify-certificate"],
                        ["quota", "list"], ["export", "create"], ["export", "list"], ["export", "get"],
                        ["export", "verify"], ["import", "start"], ["import", "list"], ["import", "show"],
                        ["import", "delete"], ["completion"], ["user", "list"],
                        ["user", "create"], ["user", "change"], ["user", "disable"], ["key", "create"], ["key", "list"],
                        ["key", "revoke"]):
            with self.subTest(command=command):
                self.assertIn("Example", winnow(*command, "--help").stdout)

    def test_completion_is_good_shell(self):
        script = winnow("completion", "bash").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("ticket", winnow("completion", shell).stdout)

    def test_a_configuration_is_checked_as_a_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "winnow.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write("listen:\n  customer:\n    prot: 8443\njournal:\n  transactions_in_flight: many\n")
            wrong = winnow("config", "check", path, status=2)
            self.assertIn("winnow.yaml:3", wrong.stderr)
            self.assertIn("listen.customer.port", wrong.stderr)
            self.assertIn("winnow.yaml:5", wrong.stderr)
            report = json.loads(winnow("config", "check", path, "--json", status=2).stdout)
            self.assertFalse(report["valid"])
            told = [problem["detail"] for problem in report["problems"]]
            self.assertEqual(len([words for words in told if "unknown key" in words or "whole number" in words]), 2)
            self.assertIn("database.api_url is needed", told)
            self.assertIn("winnow.yaml:3", winnow("serve", "--config", path, status=2).stderr)

    def test_migrating_twice_does_nothing(self):
        done = winnow("migrate", "--url", instance.ready["database_url"])
        self.assertIn("up to date", done.stderr)

    def test_output_into_a_pipe_has_no_colours(self):
        for words in (["ticket", "list"], ["rules", "list"], ["tenant", "list"]):
            self.assertNotIn("\x1b[", winnow(*words).stdout)


class Output(unittest.TestCase):
    def shell(self, line, status):
        """Of /bin/sh, with the program as `winnow` and its own status as that of the line."""
        everything = {**os.environ, "WINNOW_STATE_DIR": instance.state_dir}
        script = 'winnow() { "$WINNOW_BINARY" "$@"; }\n' + line
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, env=everything,
                              check=False)
        self.assertEqual(done.returncode, status, (line, done.stdout, done.stderr))
        return done.stderr

    def test_what_cannot_be_written_is_said_and_has_a_status_of_its_own(self):
        for words in ("--version", "--help", "alert send --help", "completion bash", "ticket list", "ticket list --json",
                      "rules export", "tenant list", "expr eval true", "alert send --title written",
                      "config check --json", "silence list"):
            for place, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                status = 2 if words.startswith("config") else 3
                said = self.shell(f"winnow {words} {place}", status)
                self.assertIn("the output could not be written: " + why, said, words)
                self.assertEqual("done, but" in said, status == 3, words)

    def test_a_secret_that_is_lost_is_named_with_what_to_do(self):
        for number, json_too in enumerate(("", "--json")):
            said = self.shell("winnow tenant create Lost --admin-email ops@acme.example "
                              f"--service-code lost{number} {json_too} >/dev/full", 3)
            self.assertIn(f"tenant lost{number} (", said)
            self.assertIn("the key of its admin, which is shown once, is lost", said)
            self.assertIn(f"lost{number}", winnow("tenant", "list").stdout)

    def test_a_lost_secret_of_a_key_is_named_with_what_to_do(self):
        said = self.shell("winnow key create Lost >/dev/full", 3)
        self.assertIn("its secret, which is shown once, is lost. Revoke it (winnow key revoke ", said)
        winnow("key", "revoke", "Lost")

    def test_a_reader_that_has_read_enough_is_no_failure(self):
        for line in ("winnow completion bash | head -1", "winnow rules export --json | head -1",
                     "trap '' PIPE; { winnow completion bash; } | true"):
            self.assertEqual(self.shell(line, 0).replace(f"(the development instance of {instance.state_dir}/ready.json)\n", ""), "", line)


class StateFolder(unittest.TestCase):
    def test_only_one_instance_works_on_a_folder(self):
        second = winnow("dev", "--state-dir", os.path.join(instance.state_dir, "state"), status=1)
        self.assertIn("--state-dir", second.stderr)
        self.assertTrue(os.path.exists(instance.ready_file), "the first one's ready file stays")

    def test_a_folder_of_somebody_else_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "thesis.txt"), "w", encoding="utf-8") as out:
                out.write("years of work")
            refused = winnow("dev", "--state-dir", folder, "--reset", status=1)
            self.assertIn("no state folder of winnow", refused.stderr)
            self.assertEqual(os.listdir(folder), ["thesis.txt"])


class Restart(unittest.TestCase):
    def test_a_second_start_keeps_data_keys_and_certificate(self):
        with Instance(tenants=2) as mine:
            first = mine.ready
            mine.integration(1).post("/api/v1/alerts", {"title": "kept"})
            wait_until(lambda: mine.user("viewer", 1).get("/api/v1/tickets").json()["items"], "the ticket")
            with open(first["ca_file"], encoding="utf-8") as ca:
                authority = ca.read()
            self.assertEqual(mine.stop(), 0)
            self.assertFalse(os.path.exists(mine.ready_file), "ready only as long as it serves")
            mine.start()
            self.assertEqual({**mine.ready, "pid": 0}, {**first, "pid": 0})
            with open(first["ca_file"], encoding="utf-8") as ca:
                self.assertEqual(ca.read(), authority)
            self.assertEqual(mine.user("viewer", 1).get("/api/v1/tickets").json()["items"][0]["title"], "kept")
            self.assertEqual(os.stat(mine.ready_file).st_mode & 0o777, 0o600)

    def test_reset_forgets_everything(self):
        with Instance() as mine:
            mine.integration().post("/api/v1/alerts", {"title": "forgotten"})
            wait_until(lambda: mine.user("viewer").get("/api/v1/tickets").json()["items"], "the ticket")
            key = mine.ready["tenants"][0]["integration"]["key"]
            mine.stop()
            mine.arguments.append("--reset")
            mine.start()
            self.assertNotEqual(mine.ready["tenants"][0]["integration"]["key"], key)
            self.assertEqual(mine.user("viewer").get("/api/v1/tickets").json()["items"], [])


if __name__ == "__main__":
    unittest.main()
