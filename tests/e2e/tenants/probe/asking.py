"""Sends probes over TLS, judges each answer, and counts."""

import collections
import concurrent.futures
import http.client
import re
import threading
import time

from harness import Client

AT_ONCE = 4
MOST_SHOWN = 40
# Of each request or of the moment; a length follows from the body, which is compared.
OF_THE_REQUEST = {"x-request-id", "date", "ratelimit", "ratelimit-policy", "content-length"}


def shape(answer, sent):
    """What of an answer must not depend on whether an id is foreign or unknown."""
    def plain(text):
        for value in sorted(filter(None, (answer.headers.get("X-Request-Id"), *sent)), key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", "…", text)
        return text

    headers = sorted((name.lower(), plain(value)) for name, value in answer.headers.items()
                     if name.lower() not in OF_THE_REQUEST)
    return answer.status, headers, plain(answer.body.decode("utf-8", "replace"))


class Asking:
    """Everything that is asked in one run. Thread-safe."""

    def __init__(self, ready, canaries):
        self.ready = ready
        self.canaries = canaries
        self.lock = threading.Lock()
        self.failures = []
        self.counts = collections.Counter()  # (place, identity) → probes
        self.kinds = collections.Counter()
        self.refused = 0  # the others read something of the caller's own

    def run(self, identities, groups_of):
        """Asks what `groups_of(identity)` gives, for several identities at once; how many seconds it took."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(self.ask_as, who, groups_of) for who in identities]:
                done.result()
        return time.monotonic() - begun

    def ask_as(self, who, groups_of):
        clients = {listener: Client(self.ready[f"{listener}_url"], self.ready["ca_file"], who.key)
                   for listener in ("customer", "management")}
        try:
            for group in groups_of(who):
                answers = [(probe, self.ask(clients[probe.listener], probe)) for probe in group]
                self.judge(who, answers)
                self.tidy(clients["customer"], answers)
        finally:
            for client in clients.values():
                client.close()

    @staticmethod
    def ask(client, probe):
        """Once more where the connection had ended meanwhile."""
        try:
            return client.call(probe.method, probe.target, probe.body, headers=dict(probe.head))
        except (http.client.HTTPException, OSError):
            return client.call(probe.method, probe.target, probe.body, headers=dict(probe.head))

    @staticmethod
    def tidy(client, answers):
        """Back-tests that were begun are ended: a tenant has room for a few."""
        for probe, answer in answers:
            if answer.status == 202 and probe.target.endswith("/backtests"):
                client.call("DELETE", f"{probe.target}/{answer.json()['id']}")

    def judge(self, who, answers):
        wrong = []
        for probe, answer in answers:
            wrong += [f"{who.name}: {probe.method} {probe.target} [{probe.listener}, {probe.place}, {probe.kind}] {why}"
                      for why in self.wrong_with(probe, answer)]
        foreign, unknown = ([(probe, answer) for probe, answer in answers if probe.kind == kind and probe.alike]
                            for kind in ("foreign", "unknown"))
        for (probe, first), (twin, second) in zip(foreign, unknown):
            if shape(first, probe.sent) != shape(second, twin.sent):
                wrong.append(f"{who.name}: {probe.method} {probe.target} [{probe.place}] tells a foreign id from an unknown "
                             f"one:\n    {shape(first, probe.sent)}\n    {shape(second, twin.sent)}")
        with self.lock:
            self.failures += wrong
            for probe, answer in answers:
                self.refused += answer.status >= 400
                self.counts[probe.place.split(" /")[0], who.name] += 1
                self.kinds[probe.kind] += 1

    def wrong_with(self, probe, answer):
        if answer.status not in (probe.expected if isinstance(probe.expected, tuple) else (probe.expected,)):
            yield f"answers {answer.status} instead of {probe.expected}: {answer.body[:400]}"
        if "Idempotent-Replayed" in answer.headers:
            yield "replays what another was answered"
        if not probe.searched:
            return
        text = answer.body + str(answer.headers).encode()
        found = [canary for canary in self.canaries if canary in text]
        if found:
            for value in probe.sent:
                text = text.replace(value.encode(), b"")
            found = [canary for canary in found if canary in text]
        if found:
            yield f"shows {found}"

    def report(self, seconds):
        """The count, by place and by who asked."""
        total = sum(self.counts.values())
        lines = [f"isolation probe: {total} probes, {self.refused} refused, {total - self.refused} shown nothing but their own; "
                 f"{len(self.failures)} faults; in {seconds:.0f} s ({total / max(seconds, 0.001):.0f}/s)"]
        lines.append("  by kind of id: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items())))
        for axis, title in ((0, "place"), (1, "identity")):
            sums = collections.Counter()
            for key, count in self.counts.items():
                sums[key[axis]] += count
            lines.append(f"  by {title}:")
            lines += [f"    {count:6}  {name}" for name, count in sums.most_common()]
        return "\n".join(lines)

    def complaint(self):
        """What failed, of long lists the beginning; "" where nothing did."""
        shown = "\n".join(self.failures[:MOST_SHOWN])
        return shown + (f"\n… and {len(self.failures) - MOST_SHOWN} more" if len(self.failures) > MOST_SHOWN else "")
