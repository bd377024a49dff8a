"""Connections are for those who show a key: whoever only holds them open keeps nobody out, and what operators ask is
answered whatever customers do."""

import gzip
import http.client
import json
import resource
import select
import socket
import ssl
import threading
import unittest

from harness import Client, Instance

PLACES = 400
OF_AN_ADDRESS = 32
ATTACKERS = [f"127.0.0.{last}" for last in range(2, 15)]  # 13 addresses: together they have more than all places
AGAIN_SECONDS = 0.05  # between two connections that take the place of closed ones


class Squatters:
    """Holds as many connections from each address as it may have, says nothing on them, and opens those anew that the
    server closes."""

    def __init__(self, port, tls=None):
        self.port = port
        self.tls = tls
        self.poll = select.poll()
        self.open = {}
        self.stopping = threading.Event()
        for address in ATTACKERS:
            for _ in range(OF_AN_ADDRESS):
                self.connect(address)
        self.thread = threading.Thread(target=self.hold)
        self.thread.start()

    def connect(self, address):
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(address, 0))
            if self.tls:
                connection = self.tls.wrap_socket(connection)
        except OSError:  # turned away, or displaced in the middle of its handshake
            return
        self.open[connection.fileno()] = (address, connection)
        self.poll.register(connection, select.POLLIN | select.POLLHUP)

    def hold(self):
        while not self.stopping.is_set():
            for number, _ in self.poll.poll(20)[:1]:
                address, connection = self.open.pop(number)
                self.poll.unregister(number)
                connection.close()
                self.connect(address)
                self.stopping.wait(AGAIN_SECONDS)

    def stop(self):
        self.stopping.set()
        self.thread.join()
        for _, connection in self.open.values():
            connection.close()


class FairConnections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        cls.instance = Instance(config=f"""
node:
  io_threads: 1
http:
  max_connections: {PLACES}
  max_connections_per_address: {OF_AN_ADDRESS}
  handshake_timeout: PT2M  # whoever says nothing stays as long as the test
  idle_timeout: PT2M
""")
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    addresses = 0

    def squat(self, tls=None):
        squatters = Squatters(int(self.instance.ready["customer_url"].rsplit(":", 1)[1]), tls)
        self.addCleanup(squatters.stop)

    def new_clients_that_are_served(self, count):
        """Each from an address that was never here before."""
        served = 0
        for _ in range(count):
            FairConnections.addresses += 1
            client = self.instance.user("viewer")
            client.connection = http.client.HTTPSConnection(
                client.host.hostname, client.host.port, context=client.context, timeout=30,
                source_address=(f"127.0.1.{self.addresses}", 0))
            try:
                served += client.get("/api/v1/tickets").status == 200
            except (OSError, http.client.HTTPException):
                pass
            client.close()
        return served

    def holds_nobody_out(self, tls=None):
        known = [self.instance.user("viewer") for _ in range(10)]
        for client in known:
            self.addCleanup(client.close)
            self.assertEqual(client.get("/api/v1/tickets").status, 200)
        before = [client.connection.sock for client in known]
        self.squat(tls)
        self.assertEqual(self.new_clients_that_are_served(20), 20)
        for client, connection in zip(known, before):
            self.assertEqual(client.get("/api/v1/tickets").status, 200)
            self.assertIs(client.connection.sock, connection, "it has kept its place")

    def test_thirteen_addresses_that_say_nothing_hold_nobody_out(self):
        self.holds_nobody_out()

    def test_thirteen_addresses_that_shake_hands_and_ask_nothing_hold_nobody_out(self):
        context = ssl.create_default_context(cafile=self.instance.ready["ca_file"])
        context.check_hostname = False
        self.holds_nobody_out(context)

    def test_operators_are_answered_while_customers_keep_every_loop_busy(self):
        """A push of the longest kind is read on the loop of its connection, for a good part of a second. These hold
        alerts without a label, so that nothing comes of them."""
        alert = {"labels": {}, "annotations": {f"name{i}": "value" * 8 for i in range(8)}}
        body = gzip.compress(json.dumps([alert] * 30_000).encode(), 1)
        headers = {"Content-Encoding": "gzip"}
        key = self.instance.ready["tenants"][0]["integration"]["key"]
        pushed = []

        def push():
            client = Client(self.instance.ready["customer_url"], self.instance.ready["ca_file"], key)
            for _ in range(4):
                pushed.append(client.post("/am/api/v2/alerts", body, headers=headers).status)
            client.close()

        pushers = [threading.Thread(target=push) for _ in range(6)]
        for pusher in pushers:
            pusher.start()
        answered = 0
        while any(pusher.is_alive() for pusher in pushers):
            for path in ("/livez", "/readyz", "/metrics"):
                probe = self.instance.provider()
                self.assertEqual(probe.get(path).status, 200)
                probe.close()
                answered += 1
        for pusher in pushers:
            pusher.join()
        self.assertEqual(pushed, [200] * 24)
        self.assertGreater(answered, 2 * len(pushed))  # each needs several turns of its loop; the pushes had one each


if __name__ == "__main__":
    unittest.main()
