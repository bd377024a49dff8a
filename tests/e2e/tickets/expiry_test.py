"""What has had its time: a key that expired, and alerts that their tenant no longer keeps."""

import subprocess
import time
import unittest
from datetime import datetime, timedelta, timezone

from harness import Instance, wait_until


def sql(instance, statement):
    return subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", instance.ready["database_url"], "-c", statement],
                          check=True, capture_output=True, text=True).stdout.strip()


class Expiry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(tenants=2)
        cls.instance.start()
        cls.addClassCleanup(cls.instance.__exit__)

    def client(self, made):
        self.addCleanup(made.close)
        return made

    def test_a_key_opens_nothing_once_it_has_expired_however_often_it_was_used_before(self):
        admin = self.client(self.instance.user())
        me = admin.get("/api/v1/me").json()
        expires = datetime.now(timezone.utc) + timedelta(seconds=4)
        made = admin.post("/api/v1/api-keys", {"user_id": me["id"], "name": "short", "expires_at":
                                               expires.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"})
        self.assertEqual(made.status, 201, made.body)
        short = self.client(self.instance.user())
        short.key = made.json()["secret"]
        self.assertEqual(short.get("/api/v1/me").status, 200)
        # Used all the time, it used to work on for half a minute.
        wait_until(lambda: short.get("/api/v1/me").status == 401, "the key to be refused", 15)
        self.assertGreaterEqual(datetime.now(timezone.utc), expires)

    def test_an_alert_is_shown_for_as_long_as_its_own_tenant_keeps_alerts(self):
        patient, hasty = (self.client(self.instance.user(tenant=n)) for n in (0, 1))
        kept = patient.call("PATCH", "/api/v1/settings", {"journal_retention_days": 3650},
                            headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(kept.status, 200, kept.body)
        sender = self.client(self.instance.integration(tenant=1))
        title = f"old {time.monotonic_ns()}"
        sent = sender.post("/api/v1/alerts", {"title": title, "source": "s", "severity": "critical"})
        self.assertEqual(sent.status, 202, sent.body)
        shown = wait_until(lambda: [alert for alert in hasty.get("/api/v1/alerts").json()["items"]
                                    if alert["title"] == title and alert["disposition"] == "ticketed"], "the verdict")
        tenant = self.instance.ready["tenants"][1]["tenant_id"]
        sql(self.instance, "select make_day_partitions((now() at time zone 'UTC')::date - 39, 1)")
        for table in ("journal", "verdicts"):
            sql(self.instance, f"update {table} set received_at = received_at - interval '39 days' "
                               f"where tenant_id = '{tenant}'")

        def listed():
            return [alert["id"] for alert in hasty.get("/api/v1/alerts").json()["items"] if alert["title"] == title]

        old = listed()
        self.assertEqual(len(old), 1, "90 days are usual")
        self.assertNotEqual(old[0], shown[0]["id"])
        self.assertEqual(hasty.get(f"/api/v1/alerts/{old[0]}").status, 200)
        kept = hasty.call("PATCH", "/api/v1/settings", {"journal_retention_days": 1},
                          headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(kept.status, 200, kept.body)
        self.assertEqual(listed(), [])
        for path in (f"/api/v1/alerts/{old[0]}", f"/api/v1/alerts/{old[0]}/explanation"):
            self.assertEqual(hasty.get(path).status, 404, path)


if __name__ == "__main__":
    unittest.main()
