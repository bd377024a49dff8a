"""Bytes that are no text, in every place of a request that could reach a statement: 400 that names the place, never a 500,
and nobody else's request fails or waits for it."""

import base64
import json
import os
import re
import socket
import ssl
import threading
import unittest

import yaml

from harness import Instance, MailReceiver, wait_until

from tenants.person import Person

OPENAPI = os.path.join(os.path.dirname(__file__), "../../../docs/openapi.yaml")
ID = "0199c0de-0000-7000-8000-000000000001"
# In a URL; the same bytes stand raw in headers and bodies.
NO_TEXT = {"no UTF-8": b"\xff\xfe", "overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "cut": b"\xe2\x82",
           "beyond Unicode": b"\xf4\x90\x80\x80"}
ODD_TEXT = {"quote": b"'; drop table tickets; --", "noncharacter": "\uffff".encode(), "escape": b"\x1b[31m",
            "braces": b'{"a\\,b"}', "right to left": "\u202e".encode(), "infinity": b"infinity", "huge": b"9" * 400}


def percent(value):
    return "".join(f"%{byte:02X}" for byte in value)


class Document:
    """docs/openapi.yaml, which equals the router, as another test shows."""

    def __init__(self):
        with open(OPENAPI, encoding="utf-8") as text:
            self.root = yaml.safe_load(text)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        for path, item in self.root["paths"].items():
            if not path.startswith("/api/v1/"):
                continue
            for method, operation in item.items():
                if method in ("get", "put", "post", "patch", "delete"):
                    shared = [self.resolve(parameter) for parameter in item.get("parameters", [])]
                    own = [self.resolve(parameter) for parameter in operation.get("parameters", [])]
                    yield method.upper(), path, operation, shared + own

    def body_schema(self, operation):
        content = self.resolve(operation.get("requestBody", {})).get("content", {})
        for kind in ("application/json", "application/merge-patch+json"):
            if kind in content:
                return kind, self.resolve(content[kind].get("schema", {}))
        return None, None

    def strings(self, schema, depth=0):
        """Bodies with `MARK` at each string field, one at a time; other fields are left out."""
        schema = self.resolve(schema)
        if depth > 4 or not isinstance(schema, dict):
            return
        for part in schema.get("allOf", []) + schema.get("oneOf", [])[:2] + schema.get("anyOf", [])[:2]:
            yield from self.strings(part, depth + 1)
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "string" in kinds:
            yield "MARK"
        for name, inner in schema.get("properties", {}).items():
            for value in self.strings(inner, depth + 1):
                yield {name: value}
        if isinstance(schema.get("additionalProperties"), dict):
            yield {"MARK": "value"}
            for value in self.strings(schema["additionalProperties"], depth + 1):
                yield {"name": value}
        if "items" in schema:
            for value in self.strings(schema["items"], depth + 1):
                yield [value]


def takes_a_session(operation):
    return operation["x-permission"] in ("session", "own_factors:write")


class HostileText(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mail = MailReceiver()
        cls.addClassCleanup(cls.mail.close)
        cls.instance = Instance(smtp=cls.mail.address())
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)
        cls.document = Document()
        cls.admin = cls.instance.user("admin")
        cls.sender = cls.instance.integration()
        cls.browser, cls.settings_version = cls.signed_in()
        cls.objects = {}
        covers_nothing = 'mark="nothing"'
        for path, body in {
            "/api/v1/rules": {"name": "one", "syntax": "matchers", "condition": '{title="x"}',
                              "actions": [{"type": "set", "field": "labels.tier", "value": "y"}]},
            "/api/v1/contacts": {"name": "one", "type": "webhook", "url": "https://example.org/"},
            "/api/v1/contact-groups": {"name": "one", "contact_ids": []},
            "/api/v1/management-groups": {"name": "one"},
            "/api/v1/integrations": {"name": "one"},
            "/api/v1/users": {"name": "one", "email": "one@example.org", "role": "viewer"},
            "/api/v1/silences": {"matchers": covers_nothing, "ends_at": "2099-01-01T00:00:00Z", "comment": "one"},
            "/api/v1/maintenance-windows": {"name": "one", "matchers": covers_nothing, "starts_at": "2026-11-23T02:00:00Z",
                                            "time_zone": "UTC", "duration": "PT1H", "rrule": "FREQ=DAILY", "comment": "one"},
            "/api/v1/inhibitions": {"name": "one", "source_matchers": covers_nothing, "target_matchers": covers_nothing,
                                    "equal": ["mark"]},
        }.items():
            answer = cls.admin.post(path, body)
            assert answer.status == 201, (path, answer.body)
            cls.objects[path] = answer.json()["id"]
        answer = cls.sender.post("/api/v1/alerts", {"title": "one"})
        assert answer.status == 202, answer.body
        tickets = wait_until(lambda: cls.admin.get("/api/v1/tickets").json()["items"], "the ticket")
        cls.objects["/api/v1/tickets"] = tickets[0]["id"]

    @classmethod
    def signed_in(cls):
        """The browser of somebody who has signed in, and the version of the settings that let them do so with a password."""
        settings = cls.admin.call("PATCH", "/api/v1/settings", {"mfa_policy": "admins"},
                                  headers={"Content-Type": "application/merge-patch+json"})
        assert settings.status == 200, settings.body
        person = Person(cls, "pat@example.com")
        for answer in (person.accept(), person.sign_in()):
            assert answer.status in (200, 204), answer.body
        cls.addClassCleanup(person.browser.close)
        return person.browser, settings.headers["ETag"]

    def place(self, path):
        """The path with an object that is there, where there is one."""
        return path.replace("{id}", self.objects.get(path.split("/{id}")[0], ID))

    def ask(self, operation, method, path, body=None, headers=None):
        """As an admin with a key; what takes a person's session, as somebody who has signed in."""
        asker = self.browser if takes_a_session(operation) else self.admin
        return asker.call(method, path, body, headers=headers)

    def version_for(self, operation):
        return self.settings_version if operation["operationId"] == "updateSettings" else '"1"'

    def raw(self, method, path, headers, body=b"", key=None):
        """Bytes as they are: http.client would refuse them. Status and body."""
        url = self.sender.host
        if not hasattr(self, "stream") or self.stream is None:
            plain = socket.create_connection((url.hostname, url.port), timeout=30)
            self.stream = self.sender.context.wrap_socket(plain, server_hostname=url.hostname)
            self.reader = self.stream.makefile("rb")
            self.addCleanup(self.close)
        head = [f"{method} {path} HTTP/1.1".encode(), f"Host: {url.netloc}".encode(),
                b"Authorization: Bearer " + (key or self.admin.key).encode(), f"Content-Length: {len(body)}".encode()]
        self.stream.sendall(b"\r\n".join(head + headers) + b"\r\n\r\n" + body)
        status = int(self.reader.readline().split()[1])
        length, stays = 0, True
        while (line := self.reader.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            stays = stays and line.lower() != b"connection: close"
        answer = self.reader.read(length) if method != "HEAD" else b""
        if not stays:
            self.close()
        return status, answer

    def close(self):
        if getattr(self, "stream", None):
            self.reader.close()
            self.stream.close()
            self.stream = None

    def test_an_idempotency_key_that_is_no_text_is_refused_by_name(self):
        alert = json.dumps({"title": "hostile"}).encode()
        json_type = b"Content-Type: application/json"
        doors = [("/api/v1/alerts", self.sender.key, alert)]
        doors += [(self.place(path), self.admin.key, b"{}") for method, path, operation, _ in self.document.operations()
                  if method == "POST" and path != "/api/v1/alerts" and not takes_a_session(operation)]
        self.assertGreater(len(doors), 20)
        for path, key, body in doors:
            for name, value in {**NO_TEXT, "too long": b"k" * 256}.items():
                with self.subTest(path=path, value=name):
                    status, answer = self.raw("POST", path, [b"Idempotency-Key: " + value, json_type], body, key)
                    self.assertEqual(status, 400, answer)
                    self.assertIn(b"Idempotency-Key", answer)

    def test_a_query_parameter_that_is_no_text_is_refused_by_name(self):
        asked = 0
        for method, path, operation, parameters in self.document.operations():
            for name in [p["name"] for p in parameters if p["in"] == "query"]:
                for kind, value in {**NO_TEXT, "NUL": b"a\x00b"}.items():
                    with self.subTest(operation=operation["operationId"], parameter=name, value=kind):
                        asked += 1
                        answer = self.ask(operation, method, f"{self.place(path)}?{name}={percent(value)}",
                                          {} if method != "GET" else None)
                        self.assertEqual(answer.status, 400, answer.body)
                        self.assertIn(name, answer.json()["detail"])
        self.assertGreater(asked, 200)

    def test_odd_text_in_a_query_parameter_is_never_our_fault(self):
        cursors = [json.dumps(parts).encode() for parts in
                   (["x"], ["x", "y"], ["infinity", ID], ["99999-01-01T00:00:00Z", ID], ["1" * 30, ID], ["\ud800", "x"],
                    ["a\u0000", "b"], [], {}, ["2026-11-26T00:00:00Z", "x"], ["-1", "-1", "-1"], ["9" * 30])]
        odd = {**ODD_TEXT, **{f"cursor {at}": base64.urlsafe_b64encode(parts).rstrip(b"=")
                              for at, parts in enumerate(cursors)}}
        for method, path, operation, parameters in self.document.operations():
            for name in [p["name"] for p in parameters if p["in"] == "query"]:
                for kind, value in odd.items():
                    with self.subTest(operation=operation["operationId"], parameter=name, value=kind):
                        answer = self.ask(operation, method, f"{self.place(path)}?{name}={percent(value)}",
                                          {} if method != "GET" else None)
                        self.assertLess(answer.status, 500, answer.body)

    def test_a_path_that_is_no_text_finds_nothing(self):
        for method, path, operation, _ in self.document.operations():
            if "{" not in path:
                continue
            for kind, value in {**NO_TEXT, **ODD_TEXT, "NUL": b"\x00"}.items():
                with self.subTest(operation=operation["operationId"], value=kind):
                    answer = self.ask(operation, method, re.sub(r"\{[^}]+\}", percent(value), path),
                                      {} if method != "GET" else None)
                    self.assertIn(answer.status, (400, 404, 405, 412, 415, 422, 428), answer.body)

    def test_a_body_field_that_is_no_text_is_refused_and_odd_text_is_never_our_fault(self):
        asked = refused = 0
        bad = {**{kind: b'"' + value + b'"' for kind, value in NO_TEXT.items()}, "NUL": b'"a\\u0000b"',
               "lone surrogate": b'"\\ud800"'}
        odd = {kind: json.dumps(value.decode(errors="replace")).encode() for kind, value in ODD_TEXT.items()}
        for method, path, operation, _ in self.document.operations():
            kind_of_body, schema = self.document.body_schema(operation)
            if kind_of_body is None or operation["operationId"] in ("sendAlerts",):
                continue
            bodies = {json.dumps(body) for body in self.document.strings(schema)}
            for body in sorted(bodies):
                for kind, value in {**bad, **odd}.items():
                    with self.subTest(operation=operation["operationId"], body=body, value=kind):
                        asked += 1
                        sent = body.encode().replace(b'"MARK"', value)
                        answer = self.ask(operation, method, self.place(path), sent,
                                          headers={"Content-Type": kind_of_body, "If-Match": self.version_for(operation)})
                        self.assertLess(answer.status, 500, answer.body)
                        if kind in bad:
                            # What needs an object that is not there may look for it first.
                            self.assertIn(answer.status, (400, 404), answer.body)
                            refused += answer.status == 400
        self.assertGreater(asked, 1000)
        self.assertGreater(refused, asked / 3)

    def test_a_mebibyte_in_a_field_is_refused(self):
        large = "x" * (1 << 20)
        for method, path, operation, _ in self.document.operations():
            kind_of_body, schema = self.document.body_schema(operation)
            if kind_of_body is None or operation["operationId"] in ("sendAlerts", "replaceRuleset", "startBacktest"):
                continue
            body = next(iter(self.document.strings(schema)), None)
            if body is None:
                continue
            with self.subTest(operation=operation["operationId"]):
                answer = self.ask(operation, method, self.place(path), json.dumps(body).replace("MARK", large),
                                  headers={"Content-Type": kind_of_body})
                self.assertIn(answer.status, (400, 404, 413, 422), answer.body)

    def test_bad_keys_take_nothing_from_good_senders(self):
        """Four connections with bad keys; what the good sender's transactions do meanwhile is counted, not timed."""
        stop = threading.Event()
        refused = []

        def attack():
            url = self.sender.host
            with socket.create_connection((url.hostname, url.port), timeout=30) as plain:
                with self.sender.context.wrap_socket(plain, server_hostname=url.hostname) as stream, stream.makefile("rb") as reader:
                    body = b'{"title":"bad"}'
                    request = (f"POST /api/v1/alerts HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {self.sender.key}\r\n"
                               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n").encode()
                    while not stop.is_set():
                        stream.sendall(request + b"Idempotency-Key: \xff\xfe\r\n\r\n" + body)
                        status = int(reader.readline().split()[1])
                        length = 0
                        while (line := reader.readline().strip()):
                            if line.lower().startswith(b"content-length:"):
                                length = int(line.split(b":")[1])
                        reader.read(length)
                        refused.append(status)

        attackers = [threading.Thread(target=attack) for _ in range(4)]
        for thread in attackers:
            thread.start()
        try:
            wait_until(lambda: len(refused) > 100, "the attack")
            for number in range(200):
                answer = self.sender.post("/api/v1/alerts", {"title": "good"}, headers={"Idempotency-Key": f"good-{number}"})
                self.assertEqual(answer.status, 202, answer.body)
        finally:
            stop.set()
            for thread in attackers:
                thread.join()
        self.assertEqual(set(refused), {400})
        metrics = self.instance.provider().get("/metrics").body.decode()
        self.assertRegex(metrics, r"(?m)^winnow_journal_failures_total 0$", "no transaction failed for them")


if __name__ == "__main__":
    unittest.main()
