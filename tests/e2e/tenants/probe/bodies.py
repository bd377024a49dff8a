"""What the probe sends: a body that would do for each operation, and each place of an id in one.

A new operation with a body gets a line in BODIES; one whose body may name an object gets a line in REFERENCES as well.
`own` is the caller's tenant.
"""

import dataclasses

OK, INVALID = 200, 422
GROUPS = "/actions/-/contact_group_ids/-"


def a_rule(**more):
    return {"name": "not theirs", "condition": 'env="prod"', "actions": [{"type": "suppress"}], **more}


def routed(group):
    return a_rule(actions=[{"type": "route", "contact_group_ids": [group]}])


def a_contact(_):
    return {"name": "not theirs", "type": "email", "address": "x@example.com"}


def a_silence(_):
    return {"matchers": 'a="b"', "ends_at": "2099-01-01T00:00:00Z", "comment": "not theirs"}


def a_window(_):
    return {"name": "not theirs", "matchers": 'a="b"', "starts_at": "2026-11-23T02:00:00Z", "duration": "PT1H"}


def an_inhibition(_):
    return {"name": "not theirs", "source_matchers": 'a="b"', "target_matchers": 'c="d"'}


def an_alert(_):
    return {"title": "not theirs"}


def labelled(_):
    return [{"labels": {"alertname": "not theirs"}}]


def a_webhook(own):
    return {"version": "4", "status": "firing", "alerts": labelled(own)}


def a_provider(_):
    return {"name": "not theirs", "issuer": "https://127.0.0.1:9", "client_id": "x", "client_secret": "not theirs"}


def an_announcement(tenants):
    return {"kind": "change", "title": "not theirs", "text": "not theirs", "tenant_ids": tenants}


def a_support_grant(tenant):
    return {"tenant_id": tenant, "reason": "not theirs, and for no reason", "minutes": 1}


def renamed(_):
    return {"name": "not theirs"}


def a_viewer():
    return {"name": "not theirs", "email": "x@example.com", "role": "viewer"}


def told(_):
    return {"comment": "not theirs"}


def a_directory_user(_):
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x@example.com",
            "displayName": "not theirs"}


def a_directory_patch(_):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": False}]}


def a_directory_search(_):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}


# Operation → a body with which it would do what it is for, were the path one's own.
BODIES = {
    "acceptInvitation": lambda _: {"token": "A" * 43, "name": "not theirs", "password": "not theirs at all"},
    "addInquiryMessage": lambda _: {"text": "not theirs"},
    "addImportPart": lambda _: {"number": 0, "bytes": "bm90IHRoZWlycw=="},
    "addTicketComment": lambda _: {"text": "not theirs"},
    "answerInquiry": lambda _: {"text": "not theirs"},
    "cancelTenantClosing": lambda _: {"reason": "not theirs, never"},
    "changeDirectoryUser": a_directory_patch,
    "changePassword": lambda _: {"old": "not theirs at all", "new": "nor is this one theirs"},
    "changeTenant": lambda _: {"max_history_bytes": None},
    "changeTenantQuotas": lambda _: {"users": None},
    "changeTicketsInBulk": lambda own: {"ids": [own.own("ticket")], "patch": {"priority": "not theirs"}},
    "closeTenant": lambda _: {"reason": "not theirs, never"},
    "completeSignIn": lambda _: {"code": "000000"},
    "confirmEmailChange": lambda _: {"token": "A" * 43},
    "confirmFactor": lambda _: {"code": "000000"},
    "confirmMfaReset": lambda _: {"token": "A" * 43, "password": "not theirs at all"},
    "confirmPasswordReset": lambda _: {"token": "A" * 43, "password": "not theirs at all"},
    "createAccessKey": lambda _: {},
    "createApiKey": lambda _: {},
    "createContact": a_contact,
    "createExport": lambda _: {},
    "createContactGroup": lambda _: {"name": "not theirs", "contact_ids": []},
    "createDirectoryUser": a_directory_user,
    "createFactor": lambda _: {"kind": "totp"},
    "createInhibition": an_inhibition,
    "createImport": lambda _: {},
    "createIntegration": renamed,
    "createIntegrationKey": lambda _: {},
    "createMaintenanceWindow": a_window,
    "createOidcProvider": a_provider,
    "createManagementGroup": renamed,
    "createRule": lambda _: a_rule(),
    "createScimToken": lambda _: {},
    "createSilence": a_silence,
    "confirmStaff": lambda _: {"token": "A" * 43, "code": "000000"},
    "createStaff": lambda _: {"email": "x@example.com", "name": "not theirs", "role": "support"},
    "createTenant": lambda _: {"name": "not theirs", "admin": {"email": "x@example.com"}},
    "createUser": lambda _: a_viewer(),
    "destroyTenantKeys": lambda own: {"service_code": own.service_code, "reason": "not theirs, never"},
    "inviteUser": lambda _: {},
    "enrolStaff": lambda _: {"token": "A" * 43, "password": "not theirs at all"},
    "eraseTenant": lambda _: {"name": "not theirs", "reason": "not theirs, never"},
    "getUomTicketDetail": lambda own: {"TicketId": "UTM1", "ServiceCode": own.service_code},
    "inviteTenantAdmin": lambda _: {"email": "x@example.com"},
    "lintRules": lambda _: {},
    "openInquiry": lambda _: {"subject": "not theirs", "text": "not theirs"},
    "peekInvitation": lambda _: {"token": "A" * 43},
    "previewSilence": lambda _: {"matchers": 'a="b"'},
    "publishAnnouncement": lambda own: an_announcement([own.own("tenant")]),
    "putTicketManagementGroup": lambda own: {"management_group_id": own.own("management_group")},
    "putTicketParent": lambda own: {"parent_id": own.own("ticket", 1)},
    "redactAuditDetails": lambda _: {"seqs": [1], "reason": "not theirs"},
    "reorderRules": lambda own: {"ids": own.ids["rule"]},
    "replaceContact": a_contact,
    "replaceDirectoryUser": a_directory_user,
    "replaceContactGroup": lambda _: {"name": "not theirs", "contact_ids": []},
    "replaceInhibition": an_inhibition,
    "replaceIntegration": renamed,
    "replaceMaintenanceWindow": a_window,
    "replaceManagementGroup": renamed,
    "replaceRule": lambda _: a_rule(),
    "replaceRuleset": lambda _: {"rules": []},
    "replaceSilence": a_silence,
    "requestEmailChange": lambda _: {"email": "x@example.com"},
    "requestSupportGrant": lambda own: a_support_grant(own.own("tenant")),
    "requestPasswordReset": lambda _: {"service_code": "nobodys1", "email": "x@example.com"},
    "replaceSourceNetworks": lambda _: {},
    "resetSourceNetworks": lambda _: {"reason": "not theirs"},
    "rollBackRuleset": lambda _: {"to": 1},
    "rotateRootKey": lambda _: {},
    "sendAlertmanagerAlerts": labelled,
    "sendAlertmanagerAlertsByToken": labelled,
    "sendAlertmanagerWebhook": a_webhook,
    "sendAlertmanagerWebhookByToken": a_webhook,
    "searchDirectory": a_directory_search,
    "searchDirectoryUsers": a_directory_search,
    "sendAlerts": an_alert,
    "sendAlertsByToken": an_alert,
    "sendGrafanaWebhook": a_webhook,
    "sendGrafanaWebhookByToken": a_webhook,
    "sendUomAlert": lambda own: {"ServiceCode": own.service_code, "Explanation": "not theirs"},
    "sendUomAlertByForm": lambda own: {"ServiceCode": own.service_code, "Explanation": "not theirs"},
    "signIn": lambda _: {"service_code": "nobodys1", "email": "x@example.com", "password": "not theirs at all"},
    "signInStaff": lambda _: {"email": "x@example.com", "password": "not theirs at all", "code": "000000"},
    "startBacktest": lambda own: {"rule_id": own.own("rule")},
    "stepUp": lambda _: {"password": "not theirs at all", "code": "000000"},
    "stopEmailChange": lambda _: {"token": "A" * 43},
    "testRule": lambda own: {"rule_id": own.own("rule"), "alert": an_alert(own)},
    "transitionTicket": lambda _: {"to": "closed"},
    "updateContact": renamed,
    "updateContactGroup": renamed,
    "updateInhibition": renamed,
    "updateIntegration": renamed,
    "updateMaintenanceWindow": told,
    "updateManagementGroup": renamed,
    "updateMe": lambda _: {"name": "not theirs"},
    "updateOidcProvider": renamed,
    "updateRule": renamed,
    "updateSettings": lambda _: {"close_approval": True},
    "updateSilence": told,
    "updateTicket": lambda _: {"priority": "not theirs"},
    "updateUser": renamed,
}


@dataclasses.dataclass(frozen=True)
class Reference:
    """An id in a body or a query."""

    kind: str  # of object, or "mark": a text that only one tenant's objects bear
    make: object  # (own tenant, id) → the body
    absent: int = INVALID  # of an id that is foreign or unknown
    malformed: object = INVALID  # None: any text will do
    others: object = None  # what a foreign or unknown one is to who is no admin, where that differs
    alike: bool = True  # foreign and unknown answers are the same, byte for byte


# (operation, JSON pointer) → what stands there. 200: the id is an id of nothing, and does nothing.
REFERENCES = {
    ("changeTicketsInBulk", "/ids/-"): Reference("ticket", lambda _, i: {"ids": [i], "patch": {"priority": "x"}}, OK),
    ("changeTicketsInBulk", "/patch/assignee"):
        Reference("user", lambda own, i: {"ids": [own.own("ticket")], "patch": {"assignee": i}}, OK, OK),
    ("createApiKey", "/management_group_ids/-"): Reference("management_group", lambda _, i: {"management_group_ids": [i]}),
    ("createAccessKey", "/integration_id"): Reference("integration", lambda _, i: {"integration_id": i}, others=403),
    ("createAccessKey", "/user_id"): Reference("user", lambda _, i: {"user_id": i}, others=403),
    ("createApiKey", "/user_id"): Reference("user", lambda _, i: {"user_id": i}, others=403),
    ("createContactGroup", "/contact_ids/-"): Reference("contact", lambda _, i: {"name": "x", "contact_ids": [i]}),
    ("createUser", "/oidc_provider_id"):
        Reference("oidc_provider", lambda _, i: {"name": "x", "email": "x@example.com", "role": "viewer", "state": "invited",
                                                 "oidc_provider_id": i}),
    ("createManagementGroup", "/integration_ids/-"):
        Reference("integration", lambda _, i: {"name": "x", "integration_ids": [i]}),
    ("createRule", GROUPS): Reference("group", lambda _, i: routed(i)),
    ("inviteUser", "/oidc_provider_id"): Reference("oidc_provider", lambda _, i: {"oidc_provider_id": i}),
    ("createUser", "/management_group_ids/-"):
        Reference("management_group", lambda _, i: {**a_viewer(), "management_group_ids": [i]}),
    ("lintRules", "/rule/id"): Reference("rule", lambda _, i: {"rule": a_rule(id=i)}, OK),
    ("lintRules", "/rule" + GROUPS): Reference("group", lambda _, i: {"rule": routed(i)}, OK),
    ("lintRules", "/ruleset/-" + GROUPS): Reference("group", lambda _, i: {"ruleset": [routed(i)]}),
    ("publishAnnouncement", "/tenant_ids/-"): Reference("tenant", lambda _, i: an_announcement([i])),
    ("putTicketManagementGroup", "/management_group_id"): Reference("management_group", lambda _, i: {"management_group_id": i}),
    ("putTicketParent", "/parent_id"): Reference("ticket", lambda _, i: {"parent_id": i}),
    ("reorderRules", "/ids/-"): Reference("rule", lambda _, i: {"ids": [i]}),
    ("replaceContactGroup", "/contact_ids/-"): Reference("contact", lambda _, i: {"name": "x", "contact_ids": [i]}),
    ("replaceManagementGroup", "/integration_ids/-"):
        Reference("integration", lambda _, i: {"name": "x", "integration_ids": [i]}),
    ("replaceRule", GROUPS): Reference("group", lambda _, i: routed(i)),
    ("replaceRuleset", "/rules/-/id"): Reference("rule", lambda _, i: {"rules": [a_rule(id=i)]}, OK),
    ("replaceRuleset", "/rules/-" + GROUPS): Reference("group", lambda _, i: {"rules": [routed(i)]}),
    ("requestSupportGrant", "/tenant_id"): Reference("tenant", lambda _, i: a_support_grant(i)),
    ("startBacktest", "/rule/id"): Reference("rule", lambda _, i: {"rule": a_rule(id=i)}, 202, alike=False),
    ("startBacktest", "/rule" + GROUPS): Reference("group", lambda _, i: {"rule": routed(i)}),
    ("startBacktest", "/rule_id"): Reference("rule", lambda _, i: {"rule_id": i}),
    ("startBacktest", "/ruleset/-/id"): Reference("rule", lambda _, i: {"ruleset": [a_rule(id=i)]}, 202, alike=False),
    ("startBacktest", "/ruleset/-" + GROUPS): Reference("group", lambda _, i: {"ruleset": [routed(i)]}),
    ("testRule", "/rule" + GROUPS): Reference("group", lambda own, i: {"rule": routed(i), "alert": an_alert(own)}, OK),
    ("testRule", "/rule_id"): Reference("rule", lambda own, i: {"rule_id": i, "alert": an_alert(own)}),
    ("testRule", "/ruleset/-" + GROUPS):
        Reference("group", lambda own, i: {"ruleset": [routed(i)], "alert": an_alert(own)}, OK),
    ("updateContactGroup", "/contact_ids/-"): Reference("contact", lambda _, i: {"contact_ids": [i]}),
    ("updateManagementGroup", "/integration_ids/-"): Reference("integration", lambda _, i: {"integration_ids": [i]}),
    ("updateRule", GROUPS): Reference("group", lambda _, i: {"actions": routed(i)["actions"]}),
    ("updateSettings", "/default_route/-"): Reference("group", lambda _, i: {"default_route": [i]}),
    ("updateTicket", "/assignee"): Reference("user", lambda _, i: {"assignee": i}),
    ("updateUser", "/management_group_ids/-"): Reference("management_group", lambda _, i: {"management_group_ids": [i]}),
}

# What no schema calls an id, and leads to objects all the same.
BESIDES = {
    ("previewSilence", "/matchers"): Reference("mark", lambda _, i: {"matchers": f'mark="{i}"'}, OK, None),
    ("rollBackRuleset", "/to"): Reference("version", lambda _, i: {"to": int(i) if i.isdigit() else i}),
}

# (operation, query parameter) → what stands there.
FILTERS = {
    ("listAccessKeys", "integration_id"): Reference("integration", None, 404, 400, others=403),
    ("listAccessKeys", "user_id"): Reference("user", None, 404, 400, others=403),
    ("listAlerts", "rule_id"): Reference("rule", None, OK, 400),
    ("listAlerts", "ticket_id"): Reference("ticket", None, OK, 400),
    ("listApiKeys", "user_id"): Reference("user", None, 404, 400, others=403),
    ("listDeliveries", "contact_id"): Reference("contact", None, OK, 400),
    ("listDeliveries", "ticket_id"): Reference("ticket", None, OK, 400),
}
# The same at each operation that has it.
FILTERS_ANYWHERE = {
    "actor": Reference("user", None, OK, None),
    "assignee": Reference("user", None, OK, 400),
    "label": Reference("mark", None, OK, None),
    "on": Reference("user", None, OK, None),
    "q": Reference("mark", None, OK, None),
    "service": Reference("mark", None, OK, None),
}
NAMED_AS = {"actor": "user:{}", "on": "user:{}"}  # how a filter names the object
SPELT = {"label": "label.mark"}  # a name that the document has in another form
# Parameters that name nobody's objects; `cursor` is a place of its own.
SIGNED_PARAMETERS = {"AccessKeyId", "Action", "APIVersion", "DetectionMessage", "Expire", "Explanation", "MessageGroup", "MessageId",
                     "MonitoringId", "NodeName", "ObstacleDetectionTime", "ServiceCode", "Severity", "Signature",
                     "SignatureMethod", "SignatureVersion", "SurveillanceServer"}
PLAIN_PARAMETERS = {*SIGNED_PARAMETERS, "act", "address", "attributes", "code", "count", "disposition", "dry_run", "error", "everything",
                    "excludedAttributes", "filter", "format", "from", "group_by", "iss", "limit", "prove_anew", "return_to", "severity",
                    "sort", "startIndex", "state", "status", "to"}
PLAIN_HEADERS = {"Content-Encoding", "Content-MD5", "x-iijapi-expire", "x-iijapi-signaturemethod", "x-iijapi-signatureversion"}
# Says what the caller itself did, with the ids and marks that it asked for; the test looks at whose acts they are.
WHAT_ONE_ASKED = {"/api/v1/access-log", "/api/v1/access-log/export", "/api/v1/audit-log", "/api/v1/audit-log/export"}
# Further views of what an operation shows, which are read for another tenant's marks as well.
VIEWS = {
    "getNoise": ["group_by=rule", "group_by=source", "group_by=service", "group_by=hour", "group_by=day"],
    "listTickets": ["state=held,open,in_progress,recovered,close_requested,returned,closed", "sort=-severity"],
}
# What takes no body finds nothing to do where a body would be refused.
WITHOUT_BODY = {"keepSourceNetworks": (409, 409, 400)}
# Only looks what would change.
DRY = {"replaceRuleset": "?dry_run=true"}


def filter_of(route, name):
    """The filter that stands in a query under that name; None where it names no object."""
    return FILTERS.get((route.operation, name)) or FILTERS_ANYWHERE.get(name)


def references_of(route):
    """(pointer, Reference) of each that the body may hold."""
    found = [(pointer, REFERENCES[route.operation, pointer]) for pointer in route.in_body]
    return found + [(pointer, each) for (operation, pointer), each in BESIDES.items() if operation == route.operation]
