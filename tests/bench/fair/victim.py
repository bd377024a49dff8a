"""The quiet tenant, in a process of its own: it asks at a steady rate whatever the answers do, and remembers when each
request was due, when it was answered and how. `python3 -m fair.victim`: settings come as a line of JSON, then a word a line:
`begin`, then any number of `look`, then `end`. After the latter two, what it saw goes out as a line of JSON."""

import http.client
import itertools
import json
import os
import queue
import select
import ssl
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "support"))
# pylint: disable=wrong-import-position
from dev_instance import Certificates, WebhookReceiver  # noqa: E402

ADDRESS = "127.0.0.2"  # nobody else's, so that limits of an address are its own
WORKERS = 64  # of each kind: so many answers may be late at once before requests wait for each other
TIMEOUT_SECONDS = 35  # the server answers within 30


def is_stale(connection):
    """Whether the server has closed it: whoever sends on such a one gets no answer, and that is nobody's refusal."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


class Caller:
    """Keep-alive connections, one for each thread that calls."""

    def __init__(self, url, ca_file, key=None):
        parts = urllib.parse.urlsplit(url)
        self.place = parts.hostname, parts.port
        self.context = ssl.create_default_context(cafile=ca_file)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.mine = threading.local()

    def connect(self, address=ADDRESS):
        return http.client.HTTPSConnection(*self.place, context=self.context, timeout=TIMEOUT_SECONDS,
                                           source_address=(address, 0))

    def ask(self, method, path, body=None):
        connection = getattr(self.mine, "connection", None)
        if connection is None or is_stale(connection):
            self.mine.connection = self.connect()
        try:
            return self.ask_on(self.mine.connection, method, path, body)
        except (OSError, http.client.HTTPException):
            self.mine.connection.close()
            self.mine.connection = None
            raise

    def ask_anew(self, address, method, path, body=None):
        connection = self.connect(address)
        try:
            return self.ask_on(connection, method, path, body)
        finally:
            connection.close()

    def ask_on(self, connection, method, path, body):
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


class OpenLoop:
    """Calls `ask(number)` so many times a second. What is due waits for nobody, but for a free thread."""

    def __init__(self, kind, rate, ask, good, workers=WORKERS):
        self.kind, self.rate, self.ask, self.good = kind, rate, ask, good
        self.samples = []
        self.came_due = 0
        self.due = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(workers)]
        self.clock = threading.Thread(target=self.tick, daemon=True)

    def start(self):
        for thread in [*self.threads, self.clock]:
            thread.start()

    def tick(self):
        begin = time.time()
        for number in itertools.count():
            at = begin + number / self.rate
            if self.stopping.wait(max(0.0, at - time.time())):
                break
            self.due.put((number, at))
            self.came_due = number + 1
        for _ in self.threads:
            self.due.put(None)

    def work(self):
        while (item := self.due.get()) is not None:
            number, due = item
            try:
                status = self.ask(number)
            except (OSError, http.client.HTTPException) as failure:
                status = type(failure).__name__
            self.samples.append({"kind": self.kind, "number": number, "due": due, "done": time.time(),
                                 "status": status, "good": status == self.good})

    def first(self, count):
        """What is known of the first so many."""
        return [sample for sample in list(self.samples) if sample["number"] < count]

    def stop(self):
        self.stopping.set()
        self.clock.join()

    def join(self, deadline):
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.time()))


def key_of(number):
    return f"victim-{number}"


def loops(settings):
    customer = {name: Caller(settings["url"], settings["ca_file"], settings["keys"][name]) for name in ("viewer", "sender",
                                                                                                      "newcomer")}
    management = Caller(settings["management_url"], settings["ca_file"], settings["provider_key"])

    def send(number):
        alert = {"title": f"disk of db-{number % 40} is full", "dedup_key": key_of(number), "source": f"db-{number % 40}"}
        return customer["sender"].ask("POST", "/api/v1/alerts", json.dumps(alert))

    def newcomer(number):  # from an address that was never here before
        address = f"127.{1 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
        return customer["newcomer"].ask_anew(address, "GET", "/api/v1/me")

    return [
        OpenLoop("read", 20, lambda _: customer["viewer"].ask("GET", "/api/v1/tickets"), 200),
        OpenLoop("send", 20, send, 202),
        OpenLoop("newcomer", 2, newcomer, 200, workers=16),
        OpenLoop("livez", 10, lambda _: management.ask_anew(ADDRESS, "GET", "/livez"), 200, workers=16),
        OpenLoop("management", 10, lambda _: management.ask("GET", "/admin/v1/tenants?limit=1"), 200, workers=16),
    ]


def arrivals(receiver):
    """When each dedup key came first."""
    arrived = {}
    for at, _, body in list(receiver.requests):
        arrived.setdefault(json.loads(body)["ticket"]["dedup_key"], at)
    return arrived


def so_far(came_due):
    """Of pairs of a loop and how many of its requests are meant: the samples, and how many have no answer yet."""
    samples = [sample for loop, count in came_due for sample in loop.first(count)]
    return samples, sum(count for _, count in came_due) - len(samples)


def tell(known, receiver, deadline):
    """What `known()` has; before the deadline only with every answer, and when the receiver has every alert of them."""
    while True:
        samples, unanswered = known()
        sent = {key_of(sample["number"]) for sample in samples if sample["kind"] == "send" and sample["good"]}
        arrived = arrivals(receiver)
        if not unanswered and sent <= arrived.keys() or time.time() > deadline:
            break
        time.sleep(0.1)
    print(json.dumps({"samples": samples, "arrived": arrived, "unanswered": unanswered}), flush=True)


def main():
    sys.setswitchinterval(0.0005)  # seconds; a thread that has its answer shall not wait long to look at the clock
    settings = json.loads(sys.stdin.readline())
    certificates = Certificates.__new__(Certificates)
    vars(certificates).update(settings["certificates"])
    receiver = WebhookReceiver(certificates)
    print(json.dumps({"receiver": receiver.url}), flush=True)
    sys.stdin.readline()  # the receiver is somebody's contact now
    running = loops(settings)
    for loop in running:
        loop.start()
    while sys.stdin.readline() == "look\n":
        came_due = [(loop, loop.came_due) for loop in running]
        tell(lambda came_due=came_due: so_far(came_due), receiver, time.time() + settings["look_seconds"])
    for loop in running:
        loop.stop()
    deadline = time.time() + TIMEOUT_SECONDS + 5
    for loop in running:
        loop.join(deadline)
    samples = [sample for loop in running for sample in list(loop.samples)]
    tell(lambda: (samples, 0), receiver, time.time() + settings["grace_seconds"])
    receiver.close()
    os._exit(0)  # threads that still wait for an answer are of no use to anybody


if __name__ == "__main__":
    main()
