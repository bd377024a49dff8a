"""Who asks, and what the permission of a route says to it: one of the two tables of the probe (`places.py` has the other).

A new kind of caller is one line in `identities()`.
"""

import dataclasses

ROLES = ("viewer", "operator", "admin")
SCOPES = {"tickets:read", "silences:write"}  # of a key that is limited
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
    "exports:read": ("user", "admin", READS),
    "exports:write": ("user", "admin", READS),
    "announcements:read": ("user", "viewer", READS),
    "inquiries:read": ("user", "viewer", READS),
    "inquiries:write": ("user", "admin", WRITES),
    "support-grants:read": ("user", "viewer", READS),
    "support-grants:write": ("user", "admin", READS),
    "management-groups:read": ("user", "viewer", READS),
    "management-groups:write": ("user", "admin", WRITES),
    "directory:write": ("directory", None, WRITES),
    "imports:write": ("user", "admin", WRITES),
    "provider": ("provider", None, READS),
}
# What nobody may who is narrowed to management groups: it is of the whole tenant, or gives access. By permission, and where one
# holds more, by operation.
NOT_NARROWED = {"silences:write", "maintenance-windows:write", "rules:write", "contacts:write", "integrations:write",
                "settings:write", "users:write", "inhibitions:write", "audit:read", "exports:read", "exports:write",
                "inquiries:read", "inquiries:write", "support-grants:read", "support-grants:write", "management-groups:write",
                "imports:write"}
WHOLE = {"getNoise", "listSuggestions", "listBacktests", "getBacktest", "previewSilence"}
# What auditors hold: their role is above and below none.
AUDITS = {"profile:read", "own_keys:write", "own_profile:write", "audit:read", "announcements:read", "inquiries:read",
          "support-grants:read"}
# What a key has whatever scopes it is limited to.
IN_ANY_SCOPES = {"profile:read"}
# But not this of it: what the profile's owner has besides.
OF_WHOLE_KEYS = {"listSessions", "listFactors", "listApiKeys", "listAccessKeys"}
# What only admins see, beside the permission that the route takes.
OF_ADMINS = {"listScimTokens"}
# What may be done while the tenant is suspended, whatever the permission says: it takes access away.
ENDS_ACCESS = {"disableUser", "deleteUser", "endUserSessions", "deleteApiKey", "deleteIntegrationKey", "endSession",
               "endOtherSessions", "deleteAccessKey", "deleteScimToken", "removeDirectoryUser"}
# Of a directory all but making users: it looks for them, and takes them away by PUT and PATCH as well.
ENDS_ACCESS |= {"listDirectoryUsers", "searchDirectory", "searchDirectoryUsers", "getDirectoryUser", "replaceDirectoryUser",
                "changeDirectoryUser", "getScimConfig", "listScimResourceTypes", "getScimUserResourceType", "listScimSchemas",
                "getScimUserSchema"}
# What takes one of the provider's staff who has signed in; what those do whose role is support, although it changes something.
PERSONS = {"requestSupportGrant", "approveSupportGrant", "readBySupportGrant"}
SUPPORT_DOES = {"answerInquiry", "closeTenantsInquiry", "signOutStaff", "requestSupportGrant", "approveSupportGrant",
                "endTenantsSupportGrant"}
SIGNED = "/uom/"  # where no key opens anything: requests are signed (senders/uom_test.py)
LISTENS = {"user": "customer", "integration": "customer", "directory": "customer", "provider": "management"}


@dataclasses.dataclass(frozen=True)
class Identity:
    """A caller. `holder` is what its key proves: nobody, a user, an integration, a directory or the provider."""

    name: str
    key: object = None
    holder: str = "nobody"
    role: str = ""
    suspended: bool = False
    elsewhere: bool = False  # where its tenant lets nobody in
    tenant: object = None  # whose objects it calls its own
    scopes: object = None  # that its key is limited to; None: it is not
    outside: bool = False  # of the networks that its key is good in
    person: bool = False  # of the provider's staff, whose role is support; no grant is of that one's
    narrowed: bool = False  # to a management group

    def refusal(self, route):
        """401 or 403 where the permission refuses; None where it does not, so that the id must."""
        holder, least, while_suspended = PERMISSIONS[route.permission]
        if holder == "anyone":
            return None
        if LISTENS.get(self.holder) != route.listener or route.path.startswith(SIGNED):
            return 401
        if self.elsewhere or self.outside or self.holder != holder or not self.has(route.permission, least):
            return 403
        if self.narrowed and (route.permission in NOT_NARROWED or route.operation in WHOLE):
            return 403
        if self.scopes is not None and route.operation in OF_WHOLE_KEYS:
            return 403
        if route.operation in OF_ADMINS and not self.administers():
            return 403
        if self.suspended and not (while_suspended or route.operation in ENDS_ACCESS):
            return 403
        return self.refusal_of_staff(route) if self.holder == "provider" else None

    def refusal_of_staff(self, route):
        """404 of what a support grant would open: that is what is not there."""
        if not self.person:
            return 403 if route.operation in PERSONS else None
        if route.operation == "readBySupportGrant":
            return 404
        return None if route.method in ("GET", "HEAD") or route.operation in SUPPORT_DOES else 403

    def has(self, permission, least):
        """Whether its role does, and its scopes."""
        if self.scopes is not None and permission not in self.scopes | IN_ANY_SCOPES:
            return False
        if self.role == "auditor":
            return permission in AUDITS
        return least is None or ROLES.index(self.role) >= ROLES.index(least)

    def administers(self):
        return self.role == "admin" and self.scopes is None and not self.narrowed and not self.elsewhere


def identities(other, suspended, walled, dead, less, provider_key, staff_token):
    """All of them. `other`, `suspended` and `walled` are tenants that are not the one whose ids are used, and `walled` lets
    nobody in from here, so that what is its own is never asked for: it calls those of `other` so; `dead` are keys of `other`
    that were good once, and `less` those that may less than its admin's (Tenant.lesser_keys); `staff_token` is of a session of
    one of the provider's staff."""
    users = [Identity(role, other.users[role], "user", role, tenant=other) for role in ROLES]
    users += [Identity(f"suspended {role}", suspended.users[role], "user", role, True, tenant=suspended) for role in ROLES]
    users += [Identity(f"{role} in a foreign network", walled["users"][role]["key"], "user", role, elsewhere=True, tenant=other)
              for role in ROLES]
    return users + [
        Identity("none", tenant=other),
        Identity("no key at all", "nonsense", tenant=other),
        Identity("unknown key", "wnu_" + "A" * 43, tenant=other),
        Identity("revoked key", dead["revoked"], tenant=other),
        Identity("expired key", dead["expired"], tenant=other),
        Identity("disabled user", dead["user"], tenant=other),
        Identity("integration", other.integration_key, "integration", tenant=other),
        Identity("suspended integration", suspended.integration_key, "integration", "", True, tenant=suspended),
        Identity("integration in a foreign network", walled["integration"]["key"], "integration", elsewhere=True, tenant=other),
        Identity("revoked integration", dead["integration"], tenant=other),
        Identity("disabled integration", dead["disabled"], tenant=other),
        Identity("directory", other.directory_token, "directory", tenant=other),
        Identity("suspended directory", suspended.directory_token, "directory", "", True, tenant=suspended),
        Identity("revoked directory", dead["directory"], tenant=other),
        Identity("auditor", less["auditor"], "user", "auditor", tenant=other),
        Identity("viewer in a management group", less["narrowed"], "user", "viewer", tenant=other, narrowed=True),
        Identity("key with scopes", less["scopes"], "user", "admin", tenant=other, scopes=SCOPES),
        Identity("key of another network", less["networks"], "user", "admin", tenant=other, outside=True),
        Identity("integration's key of another network", less["integration"], "integration", tenant=other, outside=True),
        Identity("provider", provider_key, "provider", tenant=other),
        Identity("provider without grant", staff_token, "provider", tenant=other, person=True),
    ]
