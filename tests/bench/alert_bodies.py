"""The same made-up alerts in the words of each server: 10,000 distinct ones, about 600 bytes each."""

import json

DISTINCT_ALERTS = 10_000
STARTS_AT = "2026-11-23T06:00:00.000Z"
DESCRIPTION = "The file system has less than 7% left; at the present rate it is full within three hours from now."
SEVERITIES = ("critical", "error", "warning", "info")


def native(number):
    """As Winnow's own endpoint takes it."""
    host = f"db-{number}.eu-central-1.example.net"
    return {
        "title": f"disk 93% full on db-{number}: /var/lib/postgresql",
        "severity": SEVERITIES[number % 4],
        "dedup_key": f"db-{number}/disk",
        "source": host,
        "service": f"billing-{number % 20}",
        "component": "disk",
        "group": "db",
        "class": "disk_full",
        "description": DESCRIPTION,
        "labels": {"env": "prod", "team": "storage", "region": "eu-central-1", "cluster": "pg-main"},
        "details": {"used_bytes": 998244353123, "free_ratio": 0.068},
        "starts_at": STARTS_AT,
        "links": [{"href": f"https://runbooks.example.net/disk-full?host=db-{number}", "text": "Runbook"}],
    }


def alertmanager(number):
    """The same facts as Prometheus would say them: what tells alerts apart in labels, the rest in annotations."""
    return {
        "labels": {
            "alertname": "disk_full",
            "severity": SEVERITIES[number % 4],
            "instance": f"db-{number}.eu-central-1.example.net",
            "service": f"billing-{number % 20}",
            "component": "disk",
            "group": "db",
            "env": "prod",
            "team": "storage",
            "region": "eu-central-1",
            "cluster": "pg-main",
        },
        "annotations": {
            "summary": f"disk 93% full on db-{number}: /var/lib/postgresql",
            "description": DESCRIPTION,
            "used_bytes": "998244353123",
            "free_ratio": "0.068",
        },
        "startsAt": STARTS_AT,
        "generatorURL": f"https://runbooks.example.net/disk-full?host=db-{number}",
    }


def bodies(alert_of, batch):
    """Request bodies that hold every alert once (the last is filled up from the start). Arrays, both sides alike."""
    count = -(-DISTINCT_ALERTS // batch)
    return [
        json.dumps([alert_of((first * batch + n) % DISTINCT_ALERTS) for n in range(batch)], separators=(",", ":"))
        for first in range(count)
    ]
