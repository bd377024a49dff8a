"""Who asks, and what the permission of a route says to it: one of the two tables of the probe (`places.py` has the other).

A new kind of caller is one line in `identities()`.
"""

import dataclasses

ROLES = ("viewer", "operator", "admin")
READS, WRITES = True, False

# Permission → who holds it, users from which role on, and whether it holds while the tenant is suspended.
PERMISSIONS = {
    "open": ("anyone", None, READS),
    "alerts:ingest": ("integration", None, WRITES),
    "profile:read": ("user", "viewer", READS),
    "own_keys:write": ("user", "viewer", WRITES),
    "own_profile:write": ("user", "viewer", WRITES),
    "own_factors:write": ("session", None, WRITES),
    "session": ("session", None, READS),
    "tickets:read": ("user", "viewer", READS),
    "tickets:write": ("user", "operator", WRITES),
    "alerts:read": ("user", "viewer", READS),
    "rules:read": ("user", "viewer", READS),
    "rules:write": ("user", "admin", WRITES),
    "contacts:read": ("user", "viewer", READS),
    "contacts:write": ("user", "admin", WRITES),
    "integrations:read": ("user", "viewer", READS),
    "integrations:write": ("user", "admin", WRITES),
    "deliveries:read": ("user", "viewer", READS),
    "deliveries:retry": ("user", "operator", WRITES),
    "settings:read": ("user", "viewer", READS),
    "settings:write": ("user", "admin", WRITES),
    "users:read": ("user", "viewer", READS),
    "users:write": ("user", "admin", WRITES),
    "silences:read": ("user", "viewer", READS),
    "silences:write": ("user", "operator", WRITES),
    "maintenance-windows:read": ("user", "viewer", READS),
    "maintenance-windows:write": ("user", "operator", WRITES),
    "inhibitions:read": ("user", "viewer", READS),
    "inhibitions:write": ("user", "admin", WRITES),
    "audit:read": ("user", "admin", READS),
    "directory:write": ("directory", None, WRITES),
    "provider": ("provider", None, READS),
}
LISTENS = {"user": "customer", "integration": "customer", "provider": "management"}


@dataclasses.dataclass(frozen=True)
class Identity:
    """A caller. `holder` is what its key proves: nobody, a user, an integration or the provider."""

    name: str
    key: object = None
    holder: str = "nobody"
    role: str = ""
    suspended: bool = False
    tenant: object = None  # whose objects it calls its own

    def refusal(self, route):
        """401 or 403 where the permission refuses; None where it does not, so that the id must."""
        holder, least, while_suspended = PERMISSIONS[route.permission]
        if holder == "anyone":
            return None
        if LISTENS.get(self.holder) != route.listener:
            return 401
        if self.holder != holder or (least and ROLES.index(self.role) < ROLES.index(least)):
            return 403
        return 403 if self.suspended and not while_suspended else None

    def administers(self):
        return self.role == "admin" and not self.suspended


def identities(other, suspended, dead, provider_key):
    """All of them. `other` and `suspended` are tenants that are not the one whose ids are used; `dead` are keys of `other`
    that were good once."""
    users = [Identity(role, other.users[role], "user", role, False, other) for role in ROLES]
    users += [Identity(f"suspended {role}", suspended.users[role], "user", role, True, suspended) for role in ROLES]
    return users + [
        Identity("none", tenant=other),
        Identity("no key at all", "nonsense", tenant=other),
        Identity("unknown key", "wnu_" + "A" * 43, tenant=other),
        Identity("revoked key", dead["revoked"], tenant=other),
        Identity("expired key", dead["expired"], tenant=other),
        Identity("disabled user", dead["user"], tenant=other),
        Identity("integration", other.integration_key, "integration", tenant=other),
        Identity("suspended integration", suspended.integration_key, "integration", "", True, suspended),
        Identity("revoked integration", dead["integration"], tenant=other),
        Identity("disabled integration", dead["disabled"], tenant=other),
        Identity("provider", provider_key, "provider", tenant=other),
    ]
