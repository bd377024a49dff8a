"""What will pass is told each sender with a status at which it comes again: at another one its page would be lost."""

import ssl
import socket
import unittest

from harness import Instance

AGAIN = {"/api/v1/alerts": None, "/am/api/v2/alerts": 503, "/am/webhook": 503, "/grafana": 503}  # None: as REST says it
PLACES = 16
OF_A_TENANT = PLACES * 3 // 8


def instance(test, http):
    made = Instance(config=f"http:\n{http}\n")
    made.start()
    test.addClassCleanup(made.__exit__)
    return made


def paths(instance):
    """Each sender's, with its key beside it and in it; and how it is told to come again."""
    key = instance.ready["tenants"][0]["integration"]["key"]
    for path, status in AGAIN.items():
        yield path, status
        if status:
            yield f"/i/{key}{path}", status


class Begun:
    """A request that is at work until its body comes, which it never does."""

    def __init__(self, instance, path):
        port = int(instance.ready["customer_url"].rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=instance.ready["ca_file"])
        context.check_hostname = False
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))
        key = instance.ready["tenants"][0]["integration"]["key"]
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: winnow\r\nAuthorization: Bearer {key}\r\n"
                            "Content-Type: application/json\r\nContent-Length: 1000\r\n"
                            "Expect: 100-continue\r\n\r\n".encode())
        self.begun = self.socket.recv(1_000)

    def answer(self):
        return self.socket.recv(10_000)

    def close(self):
        self.socket.close()


class WhatIsAtWork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = instance(cls, f"  max_connections: {PLACES}")

    def test_a_tenant_with_as_many_requests_at_work_as_it_may_have(self):
        for _ in range(OF_A_TENANT):
            held = Begun(self.instance, "/api/v1/alerts")
            self.addCleanup(held.close)
            self.assertEqual(held.begun, b"HTTP/1.1 100 Continue\r\n\r\n")
        for path, status in paths(self.instance):
            with self.subTest(path=path):
                client = self.instance.integration()
                self.addCleanup(client.close)
                answer = client.post(path, [{"title": "t"}])
                self.assertEqual(answer.status, status or 429, answer.body)
                self.assertEqual(answer.headers["Retry-After"], "1")
                self.assertIn(b"http.max_connections", answer.body)


class WhatIsSlow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = instance(cls, "  body_timeout: PT1S")

    def test_a_body_that_does_not_come_in_time(self):
        for path, status in paths(self.instance):
            with self.subTest(path=path):
                slow = Begun(self.instance, path)
                self.addCleanup(slow.close)
                answer = slow.answer()
                self.assertEqual(int(answer.split(b" ")[1]), status or 408, answer)
                self.assertEqual(b"\r\nRetry-After: " in answer, status == 503, answer)


if __name__ == "__main__":
    unittest.main()
