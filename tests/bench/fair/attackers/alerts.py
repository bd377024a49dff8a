"""Who sends too much, or what is dear to read."""

import gzip
import json
import random

from fair.attackers.base import Threads, Wrk


class NewKeys(Wrk):
    name, about = "new-keys", "single alerts, each with a new dedup key, on 32 connections"
    method, path, key = "POST", "/api/v1/alerts", "sender"
    body = json.dumps({"title": "disk {n}", "dedup_key": "key {n}"})


class AstralSource(NewKeys):
    name, about = "astral-source", "single alerts whose `source` is 1,000 characters beyond the first plane"
    body = json.dumps({"title": "disk {n}", "dedup_key": "key {n}", "source": "\U0001f4a9" * 1000 + "{n}"},
                      ensure_ascii=False)


class BadIdempotencyKeys(NewKeys):
    name, about = "bad-idempotency-keys", "single alerts with an Idempotency-Key that is no UTF-8"
    headers = {"Idempotency-Key": "\xff\xfe\xc0{n}"}
    mostly_refused = True


class LargeAlerts(Threads):
    name, about = "large-alerts", "bodies of 64 alerts of 12 KB on 16 connections"
    connections = 16

    def start(self):
        dice = random.Random(2)
        self.bodies = [json.dumps([{"title": f"dump {number}", "dedup_key": f"{body}-{number}",
                                    "details": {"dump": dice.randbytes(6_000).hex()}} for number in range(64)])
                       for body in range(8)]
        super().start()

    def turn(self, number):
        return self.ask(number, "POST", "/api/v1/alerts", self.bodies[number % len(self.bodies)])[0]


class Pushes(Threads):
    """One body, again and again, at the door for Alertmanager."""

    headers = {}
    body = b""

    def turn(self, number):
        return self.ask(number, "POST", "/am/api/v2/alerts", self.body, self.headers)[0]


class Annotations(Pushes):
    name, about = "annotations", "75,000 annotations of one alert, gzipped, 4 connections"
    headers = {"Content-Encoding": "gzip"}

    def start(self):
        alert = {"labels": {"alertname": "a"}, "annotations": {f"name{n:05}": "" for n in range(75_000)}}
        self.body = gzip.compress(json.dumps([alert]).encode(), 9)
        super().start()


class EmptyFrames(Pushes):
    name, about = "empty-zstd-frames", "100,000 zstd frames without content, 4 connections"
    headers = {"Content-Encoding": "zstd"}
    body = bytes.fromhex("28b52ffd" "20" "00" "010000") * 100_000  # magic, one segment of size 0, an empty last block
