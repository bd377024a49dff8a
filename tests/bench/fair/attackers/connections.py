"""Who holds connections, on either side: at the door, and as a receiver of webhooks."""

import json
import select
import selectors
import socket
import ssl
import threading
import time

from fair.attackers.alerts import LargeAlerts
from fair.attackers.base import Attacker

ADDRESSES = [f"127.0.1.{last}" for last in range(2, 15)]
OF_AN_ADDRESS = 320  # more than one without a key may have
HOOKS = 1_000
PORTS = 8


def is_open(connection):
    """Of one on which something came: the end, or what TLS says after a handshake."""
    try:
        return bool(connection.recv(4096))
    except (ssl.SSLWantReadError, BlockingIOError):
        return True
    except OSError:
        return False


class SilentTcp(Attacker):
    name, about = "silent-tcp", "13 addresses with 320 connections each that say nothing, opened anew when closed"
    tls = False

    def start(self):
        self.stopping = threading.Event()
        self.opened = self.displaced = 0
        self.thread = threading.Thread(target=self.hold, daemon=True)
        self.thread.start()

    def connect(self, address):
        self.opened += 1
        raw = socket.socket()
        try:
            raw.settimeout(5)
            raw.bind((address, 0))
            raw.connect(self.target.place)
            return self.target.context.wrap_socket(raw) if self.tls else raw
        except OSError:
            raw.close()
            return None

    def hold(self):
        held, missing = {}, ADDRESSES * OF_AN_ADDRESS
        with select.epoll() as poll:
            while not self.stopping.is_set():
                for _ in range(min(64, len(missing))):  # of those that are not open, before it looks who was closed
                    address = missing.pop()
                    connection = self.connect(address)
                    if connection is None:
                        missing.insert(0, address)
                        continue
                    connection.setblocking(False)
                    held[connection.fileno()] = address, connection
                    poll.register(connection, select.EPOLLIN)
                for number, _ in poll.poll(0 if missing else 0.1):
                    address, connection = held[number]
                    if is_open(connection):
                        continue
                    poll.unregister(number)
                    del held[number]
                    connection.close()
                    self.displaced += 1
                    missing.append(address)
        for _, connection in held.values():
            connection.close()

    def stop(self):
        self.stopping.set()
        self.thread.join()
        return {"opened": self.opened, "closed": self.displaced}


class SilentTls(SilentTcp):
    name, about = "silent-tls", "the same, with a TLS handshake each and no request"
    tls = True


class SilentReceiver:
    """Takes every connection on its ports, reads, and never answers."""

    def __init__(self):
        self.listeners = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(PORTS)]
        self.urls = [f"http://127.0.0.1:{listener.getsockname()[1]}" for listener in self.listeners]
        self.called = 0
        self.selector = selectors.DefaultSelector()
        for listener in self.listeners:
            self.selector.register(listener, selectors.EVENT_READ)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj in self.listeners:
                    self.selector.register(key.fileobj.accept()[0], selectors.EVENT_READ)
                    self.called += 1
                    continue
                try:
                    said = key.fileobj.recv(65536)
                except OSError:
                    said = b""
                if not said:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()


class HangingWebhooks(Attacker):
    name, about = "hanging-webhooks", "1,000 webhooks that never answer, and one alert for all of them"

    def prepare(self, tenant):
        """The receiver must outlive the blocks and hang all the time, so it is not the capped process's."""
        receiver = SilentReceiver()
        tenant.tell_by_default([f"{receiver.urls[number % PORTS]}/{number}" for number in range(HOOKS)])

    def start(self):
        connection = self.target.connect()
        connection.request("POST", "/api/v1/alerts", json.dumps({"title": "x", "dedup_key": str(time.time_ns())}),
                           {"Authorization": f"Bearer {self.target.keys['sender']}", "Content-Type": "application/json"})
        self.status = connection.getresponse().status
        connection.close()

    def stop(self):
        return {str(self.status): 1}


class Killed(LargeAlerts):
    name, about = "kill-9", "the node is killed under large alerts and started again; its absence itself does not count"
    kills = True
