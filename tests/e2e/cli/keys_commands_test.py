"""People and their keys on the command line: by name, and with what is refused said in its words."""

import json
import unittest
from datetime import datetime, timedelta, timezone

from cli.command_line_test import server, setUpModule, winnow  # noqa: F401  # pylint: disable=unused-import


class Users(unittest.TestCase):
    def test_are_created_listed_changed_and_disabled_by_their_address(self):
        made = json.loads(winnow("user", "create", "Aud@acme.example", "--name", "Aud", "--role", "auditor", "--json").stdout)
        self.assertEqual((made["role"], made["state"]), ("auditor", "active"))
        listed = winnow("user", "list").stdout
        self.assertIn("auditor   Aud@acme.example", listed)
        changed = winnow("user", "change", "aud@ACME.example", "--role", "viewer", "--name", "Audrey").stdout
        self.assertIn("Aud@acme.example is viewer, active", changed)
        self.assertIn("is disabled", winnow("user", "disable", made["id"]).stdout)
        self.assertIn("viewer, disabled", winnow("user", "change", made["id"], "--email", "aud2@acme.example").stdout)
        self.assertIn("active", winnow("user", "change", "aud2@acme.example", "--state", "active").stdout)

    def test_are_refused_in_the_words_that_were_typed(self):
        said = winnow("user", "create", "x@acme.example", "--name", "X", "--role", "auditer", status=1).stderr
        self.assertIn("--role: ", said)
        self.assertIn('did you mean "auditor"?', said)
        self.assertIn("there is no user of the email or id", winnow("user", "disable", "nobody@acme.example", status=1).stderr)
        self.assertIn("--role, --name, --email or --state", winnow("user", "change", "x@acme.example", status=2).stderr)


class Keys(unittest.TestCase):
    def test_are_made_for_others_with_limits_used_listed_and_revoked_by_name(self):
        winnow("user", "create", "kay@acme.example", "--name", "Kay", "--role", "operator")
        made = json.loads(winnow("key", "create", "screen", "--user", "kay@acme.example", "--scope", "tickets:read",
                                 "--scope", "alerts:read", "--network", "127.0.0.0/8", "--for", "P30D", "--json").stdout)
        self.assertEqual(made["scopes"], ["tickets:read", "alerts:read"])
        self.assertEqual(made["networks"], ["127.0.0.0/8"])
        ends = datetime.fromisoformat(made["expires_at"].replace("Z", "+00:00"))
        self.assertLess(abs(ends - datetime.now(timezone.utc) - timedelta(days=30)), timedelta(minutes=5))

        as_kay = {**server(), "WINNOW_KEY": made["secret"]}
        winnow("ticket", "list", environment=as_kay)
        said = winnow("rules", "list", environment=as_kay, status=1).stderr
        self.assertIn("rules:read is none of them", said)

        listed = winnow("key", "list", "--user", "kay@acme.example").stdout
        self.assertIn("tickets:read, alerts:read", listed)
        self.assertIn("127.0.0.0/8", listed)
        self.assertNotIn(made["secret"], listed)
        self.assertIn("screen is revoked", winnow("key", "revoke", "screen", "--user", "kay@acme.example").stdout)
        self.assertNotIn("screen", winnow("key", "list", "--user", "kay@acme.example").stdout)

    def test_are_of_use_in_their_networks_only(self):
        made = json.loads(winnow("key", "create", "office", "--network", "192.0.2.0/24", "--json").stdout)
        said = winnow("ticket", "list", environment={**server(), "WINNOW_KEY": made["secret"]}, status=1).stderr
        self.assertIn("127.0.0.1 is in none of them", said)
        winnow("key", "revoke", made["id"])

    def test_are_refused_in_the_words_that_were_typed(self):
        for words, said in (
                (("--scope", "ticket:read"), "--scope (/scopes/0): "),
                (("--scope", "ticket:read"), "did you mean tickets:read?"),
                (("--network", "10.1.2.3/8"), "write 10.0.0.0/8 for the network"),
                (("--for", "P367D"), "--for: must be at most 366 days from now"),
                (("--until", "2020-01-01T00:00:00Z"), "--until: must be in the future"),
                (("--user", "nobody@acme.example"), "there is no user of the email or id")):
            with self.subTest(words=words):
                self.assertIn(said, winnow("key", "create", "wrong", *words, status=1).stderr)
        winnow("key", "create", "wrong", "--for", "P1D", "--until", "2030-01-01T00:00:00Z", status=2)
        self.assertIn("there is no key of the name or id", winnow("key", "revoke", "nothing", status=1).stderr)


class Integrations(unittest.TestCase):
    def test_change_their_key_while_the_old_one_goes_on(self):
        first = json.loads(winnow("integration", "list", "--json").stdout)["items"][0]
        name, old = first["name"], first["keys"][0]["id"]
        made = json.loads(winnow("integration", "rotate", name, "--overlap", "P1D", "--json").stdout)
        self.assertEqual(made["replaces"]["id"], old)
        listed = winnow("integration", "list").stdout
        self.assertIn(made["replaces"]["expires_at"], listed)
        self.assertIn(made["id"], listed)
        self.assertNotIn(made["secret"], listed)
        said = winnow("integration", "rotate", name, status=1).stderr
        self.assertIn("two live keys already", said)
        winnow("alert", "send", "--title", "by the new one", environment={**server(), "WINNOW_KEY": made["secret"]})
        self.assertIn("is revoked", winnow("integration", "revoke", name, made["id"]).stdout)
        said = winnow("alert", "send", "--title", "too late", environment={**server(), "WINNOW_KEY": made["secret"]},
                      status=1).stderr
        self.assertIn("revoked", said)

    def test_are_refused_in_the_words_that_were_typed(self):
        name = json.loads(winnow("integration", "list", "--json").stdout)["items"][0]["name"]
        self.assertIn("--overlap: ", winnow("integration", "rotate", name, "--overlap", "P91D", status=1).stderr)
        self.assertIn("there is no integration of the name or id",
                      winnow("integration", "rotate", "nobody", status=1).stderr)
        winnow("integration", "revoke", name, "prometheus", status=2)


class AccessKeys(unittest.TestCase):
    def test_are_made_listed_and_revoked_by_name(self):
        made = json.loads(winnow("access-key", "create", "old sender", "--network", "192.0.2.0/24", "--json").stdout)
        self.assertRegex(made["access_key"], "^[A-Z2-7]{20}$")
        self.assertRegex(made["secret"], "^[A-Z2-7]{40}$")
        self.assertIsNone(made["integration_id"])
        listed = winnow("access-key", "list").stdout
        self.assertIn(made["access_key"], listed)
        self.assertIn("192.0.2.0/24", listed)
        self.assertNotIn(made["secret"], listed)
        self.assertIn("old sender is revoked", winnow("access-key", "revoke", "old sender").stdout)
        self.assertNotIn("old sender", winnow("access-key", "list").stdout)

    def test_of_users_go_with_them(self):
        winnow("user", "create", "axel@acme.example", "--name", "Axel", "--role", "viewer")
        winnow("access-key", "create", "his", "--user", "axel@acme.example")
        self.assertIn("his", winnow("access-key", "list", "--user", "axel@acme.example").stdout)
        winnow("user", "disable", "axel@acme.example")
        self.assertNotIn("his", winnow("access-key", "list", "--user", "axel@acme.example").stdout)

    def test_are_refused_in_the_words_that_were_typed(self):
        for words, said in ((("--network", "10.1.2.3/8"), "write 10.0.0.0/8 for the network"),
                            (("--for", "P367D"), "--for: must be at most 366 days from now"),
                            (("--user", "nobody@acme.example"), "there is no user of the email or id"),
                            (("--integration", "nobodys"), "there is no integration of the name or id")):
            with self.subTest(words=words):
                self.assertIn(said, winnow("access-key", "create", "wrong", *words, status=1).stderr)
        winnow("access-key", "create", "wrong", "--user", "a@acme.example", "--integration", "i", status=2)


class ScimTokens(unittest.TestCase):
    def test_are_made_listed_and_revoked_by_name(self):
        made = json.loads(winnow("scim-token", "create", "entra", "--role", "operator", "--json").stdout)
        self.assertTrue(made["secret"].startswith("wns_"))
        self.assertEqual(made["role"], "operator")
        listed = winnow("scim-token", "list").stdout
        self.assertIn(made["hint"], listed)
        self.assertNotIn(made["secret"], listed)
        self.assertIn("entra is revoked", winnow("scim-token", "revoke", "entra").stdout)
        self.assertNotIn("entra", winnow("scim-token", "list").stdout)

    def test_are_refused_in_the_words_that_were_typed(self):
        self.assertIn("--role: ", winnow("scim-token", "create", "wrong", "--role", "admin", status=1).stderr)
        self.assertIn("there is no token of the name or id", winnow("scim-token", "revoke", "nobodys", status=1).stderr)


if __name__ == "__main__":
    unittest.main()
