"""What of two exports differs that should not: of one tenant's, and of the tenant's into which that was imported. Pure.

What is new by nature, and why, is written down here once: whatever is not must be equal, row for row and field for field.
"""

import json
import re

# What a tenant's own installation writes of what was done there: no evidence of what was done elsewhere; and what people sign in
# with, or say to their provider, there.
OWN = {"tenants", "audit", "audit_anchors", "access_log", "oidc_providers", "user_identities", "inquiries", "inquiry_messages",
       "support_grants", "announcement_reads"}
# What waits to be written into a timeline within seconds.
ON_ITS_WAY = {"owed_events"}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INDEX_BITS, KIND_BITS = 14, 2


def named_by_place(text):
    """With each alert's id replaced by what it keeps where it is imported: its time, and its place among those that came with
    it. Tickets keep their names."""
    def place(match):
        number = int(match[0].replace("-", ""), 16)
        if number >> 76 & 0xF != 8 or number & 1:
            return match[0]
        return f"alert:{number >> 80}:{number >> KIND_BITS & (1 << INDEX_BITS) - 1}"
    return UUID.sub(place, text)


def without(row, *fields):
    return {name: value for name, value in row.items() if name not in fields}


def stays(setting):
    """Whether a contact's setting is in an export whole."""
    return isinstance(setting, str)


def contact(row):
    kept = {name: value for name, value in row["settings"].items() if stays(value)}
    lacks = kept != row["settings"]
    return without({**row, "settings": kept}, *(["enabled", "receiver"] if lacks or not row["enabled"] else []))


def delivery(row):
    if row["state"] in ("pending", "sending"):  # not owed any more
        row = {**row, "state": "cancelled"}
    return without(row, "finished_at", "last_error") if row["state"] == "cancelled" else row


def backtest(row):
    if row["state"] in ("queued", "running"):
        row = {**row, "state": "cancelled"}
    return without(row, "finished_at") if row["state"] == "cancelled" else row


# Resource → what of a row has to be the same.
COMPARED = {
    # How people sign in is said where they do.
    "tenant_settings": lambda row: without(row, "version", "mfa_policy", "session_idle_ms", "session_idle_viewer_ms"),
    # On trial until somebody says that they hold.
    "source_networks": lambda row: without(row, "old_users", "old_admins", "old_keys", "revert_at"),
    "users": lambda row: without(row, "state", "invited"),  # who is to come, comes anew
    "api_keys": lambda row: without(row, "revoked_at"),  # their secrets are elsewhere
    "integration_keys": lambda row: without(row, "revoked_at"),
    "access_keys": lambda row: without(row, "revoked_at", "access_key"),
    "scim_tokens": lambda row: without(row, "revoked_at"),
    "contacts": contact,
    "backtests": backtest,
    # What fires is what senders say again, and no clock runs for what is held.
    "tickets": lambda row: without(row, "firing_instances", "held_until"),
    "deliveries": delivery,
}


def rows_by_resource(members):
    """Resource → its rows, out of the members of an archive (name → content)."""
    found = {}
    for name in sorted(members):
        if name != "manifest.json":
            found.setdefault(name.split("/")[0], []).extend(json.loads(line) for line in members[name].splitlines())
    return found


def comparable(resource, rows, users):
    lines = []
    for row in rows:
        text = json.dumps(COMPARED.get(resource, lambda row: row)(row), sort_keys=True, ensure_ascii=False)
        for there, here in users.items():
            text = text.replace(there, here)
        lines.append(named_by_place(text))
    return sorted(lines)


def same_people(before, after, importer):
    """Id there → id here, of who had the importer's address there."""
    def of(rows):
        return [row["user_id"] for row in rows.get("users", []) if row["email"].lower() == importer.lower()]
    return dict(zip(of(before), of(after)))


def differences(before, after, importer):
    """Sentences. `before`, `after`: members of both archives; `importer`: the address of who imported, and was there first."""
    before, after = rows_by_resource(before), rows_by_resource(after)
    users = same_people(before, after, importer)
    wrong = []
    for resource in sorted((before.keys() | after.keys()) - OWN - ON_ITS_WAY):
        old, new = before.get(resource, []), after.get(resource, [])
        if resource == "users":  # the importer is as he was
            old = [row for row in old if row["user_id"] not in users]
            new = [row for row in new if row["user_id"] not in users.values() and row["email"].lower() != importer.lower()]
        elif resource in ("api_keys", "credential_use"):  # his own key was here first
            name = "key_id" if resource == "api_keys" else "credential_id"
            known = {row[name] for row in old}
            new = [row for row in new if row[name] in known]
        old, new = comparable(resource, old, users), comparable(resource, new, {})
        wrong += [f"{resource}: {line} is gone" for line in old if line not in new]
        wrong += [f"{resource}: {line} is new" for line in new if line not in old]
        if len(old) != len(new):
            wrong.append(f"{resource}: {len(old)} rows have become {len(new)}")
    return wrong
