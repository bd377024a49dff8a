#pragma once

/// @file
/// Every act that is recorded, by the operation that does it, and why the other operations that write are not.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::audit {

/// By whom an act's record is appended.
enum class Recorded : std::uint8_t {
    with_answer,   ///< In the transaction that acts, last: what it made is in the answer.
    with_changes,  ///< The same, with what was before beside it: GET of the same path shows that.
    beforehand,    ///< In a transaction of its own, before anything of what only reads goes out.
    by_store,      ///< By the store, or the flow of signing in, in the transaction that acts.
};

struct KnownAct {
    std::string_view operation;  ///< As docs/openapi.yaml names it (x-audit is `act`).
    std::string_view act;        ///< As it is stored: never rename one.
    std::string_view object;     ///< What it is done to: "rule" of "rule:<id>".
    Recorded recorded = Recorded::with_answer;
};

inline constexpr std::array kActs{
    KnownAct{"createUser", "user.create", "user"},
    KnownAct{"updateUser", "user.change", "user", Recorded::with_changes},
    KnownAct{"disableUser", "user.disable", "user", Recorded::with_changes},
    KnownAct{"signIn", "sign_in.succeed", "session", Recorded::by_store},  // its failures: see below
    KnownAct{"completeSignIn", "sign_in.succeed", "session", Recorded::by_store},
    KnownAct{"stepUp", "session.step_up", "session", Recorded::by_store},
    KnownAct{"signOut", "session.end", "session", Recorded::by_store}, KnownAct{"endSession", "session.end", "session"},
    KnownAct{"endOtherSessions", "session.end_others", "session"},
    KnownAct{"createFactor", "factor.begin", "factor", Recorded::by_store},
    KnownAct{"confirmFactor", "factor.activate", "factor", Recorded::by_store},
    KnownAct{"deleteFactor", "factor.revoke", "factor"},
    KnownAct{"createRecoveryCodes", "recovery_codes.renew", "recovery_codes"},
    KnownAct{"changePassword", "password.change", "user", Recorded::by_store},
    KnownAct{"requestPasswordReset", "password.reset_asked", "user", Recorded::by_store},
    KnownAct{"confirmPasswordReset", "password.reset", "user", Recorded::by_store},
    KnownAct{"confirmMfaReset", "factors.reset", "user", Recorded::by_store},
    KnownAct{"requestEmailChange", "email.change_asked", "user"},
    KnownAct{"confirmEmailChange", "email.change", "user", Recorded::by_store},
    KnownAct{"stopEmailChange", "email.stop", "user", Recorded::by_store},
    KnownAct{"acceptInvitation", "invitation.accept", "user", Recorded::by_store},
    // Also of who comes for the first time (user.create, invitation.accept) or as another one (user.change).
    KnownAct{"endProviderSignIn", "sign_in.succeed", "session", Recorded::by_store},
    KnownAct{"createOidcProvider", "oidc_provider.create", "oidc_provider"},
    KnownAct{"updateOidcProvider", "oidc_provider.change", "oidc_provider", Recorded::with_changes},
    KnownAct{"deleteOidcProvider", "oidc_provider.delete", "oidc_provider", Recorded::with_changes},
    KnownAct{"updateMe", "user.change_self", "user", Recorded::with_changes},
    KnownAct{"inviteUser", "invitation.send", "user"}, KnownAct{"resetUserPassword", "user.reset_password", "user"},
    KnownAct{"resetUserMfa", "user.reset_mfa", "user"}, KnownAct{"endUserSessions", "user.end_sessions", "user"},
    KnownAct{"deleteUser", "user.delete", "user"}, KnownAct{"createApiKey", "api_key.create", "api_key"},
    KnownAct{"deleteApiKey", "api_key.revoke", "api_key"},
    KnownAct{"createAccessKey", "access_key.create", "access_key"},
    KnownAct{"deleteAccessKey", "access_key.revoke", "access_key"},
    KnownAct{"createScimToken", "scim_token.create", "scim_token"},
    KnownAct{"deleteScimToken", "scim_token.revoke", "scim_token"},
    KnownAct{"createDirectoryUser", "directory.create_user", "user"},
    KnownAct{"replaceDirectoryUser", "directory.change_user", "user", Recorded::with_changes},
    KnownAct{"changeDirectoryUser", "directory.change_user", "user", Recorded::with_changes},
    KnownAct{"removeDirectoryUser", "directory.remove_user", "user", Recorded::with_changes},
    KnownAct{"createIntegration", "integration.create", "integration"},
    KnownAct{"replaceIntegration", "integration.change", "integration", Recorded::with_changes},
    KnownAct{"updateIntegration", "integration.change", "integration", Recorded::with_changes},
    KnownAct{"deleteIntegration", "integration.delete", "integration", Recorded::with_changes},
    KnownAct{"createIntegrationKey", "integration_key.create", "integration_key"},
    KnownAct{"deleteIntegrationKey", "integration_key.revoke", "integration_key"},
    KnownAct{"createContact", "contact.create", "contact"},
    KnownAct{"replaceContact", "contact.change", "contact", Recorded::with_changes},
    KnownAct{"updateContact", "contact.change", "contact", Recorded::with_changes},
    KnownAct{"deleteContact", "contact.delete", "contact", Recorded::with_changes},
    KnownAct{"createContactGroup", "contact_group.create", "contact_group"},
    KnownAct{"replaceContactGroup", "contact_group.change", "contact_group", Recorded::with_changes},
    KnownAct{"updateContactGroup", "contact_group.change", "contact_group", Recorded::with_changes},
    KnownAct{"deleteContactGroup", "contact_group.delete", "contact_group", Recorded::with_changes},
    KnownAct{"createRule", "rule.create", "rule"},
    KnownAct{"replaceRule", "rule.change", "rule", Recorded::with_changes},
    KnownAct{"updateRule", "rule.change", "rule", Recorded::with_changes},
    KnownAct{"deleteRule", "rule.delete", "rule", Recorded::with_changes},
    KnownAct{"reorderRules", "ruleset.reorder", "ruleset"}, KnownAct{"replaceRuleset", "ruleset.replace", "ruleset"},
    KnownAct{"rollBackRuleset", "ruleset.roll_back", "ruleset"}, KnownAct{"createSilence", "silence.create", "silence"},
    KnownAct{"replaceSilence", "silence.change", "silence", Recorded::with_changes},
    KnownAct{"updateSilence", "silence.change", "silence", Recorded::with_changes},
    KnownAct{"expireSilence", "silence.end", "silence", Recorded::with_changes},
    KnownAct{"createMaintenanceWindow", "maintenance_window.create", "maintenance_window"},
    KnownAct{"replaceMaintenanceWindow", "maintenance_window.change", "maintenance_window", Recorded::with_changes},
    KnownAct{"updateMaintenanceWindow", "maintenance_window.change", "maintenance_window", Recorded::with_changes},
    KnownAct{"deleteMaintenanceWindow", "maintenance_window.delete", "maintenance_window", Recorded::with_changes},
    KnownAct{"createInhibition", "inhibition.create", "inhibition"},
    KnownAct{"replaceInhibition", "inhibition.change", "inhibition", Recorded::with_changes},
    KnownAct{"updateInhibition", "inhibition.change", "inhibition", Recorded::with_changes},
    KnownAct{"deleteInhibition", "inhibition.delete", "inhibition", Recorded::with_changes},
    KnownAct{"openInquiry", "inquiry.open", "inquiry"}, KnownAct{"addInquiryMessage", "inquiry.ask", "inquiry"},
    KnownAct{"closeInquiry", "inquiry.close", "inquiry"},
    KnownAct{"endSupportGrant", "support_grant.end", "support_grant", Recorded::by_store},  // in the provider's as well
    KnownAct{"updateSettings", "settings.change", "settings", Recorded::with_changes},
    KnownAct{"replaceSourceNetworks", "networks.change", "networks", Recorded::with_changes},
    KnownAct{"keepSourceNetworks", "networks.keep", "networks"},
    KnownAct{"retryDelivery", "delivery.retry", "delivery"},
    KnownAct{"createManagementGroup", "management_group.create", "management_group"},
    KnownAct{"replaceManagementGroup", "management_group.change", "management_group", Recorded::with_changes},
    KnownAct{"updateManagementGroup", "management_group.change", "management_group", Recorded::with_changes},
    KnownAct{"deleteManagementGroup", "management_group.delete", "management_group", Recorded::with_changes},
    KnownAct{"putTicketManagementGroup", "ticket.give", "ticket", Recorded::with_changes},
    KnownAct{"deleteTicketManagementGroup", "ticket.give_back", "ticket", Recorded::with_changes},
    KnownAct{"listTicketsAsCsv", "tickets.export", "tickets", Recorded::beforehand},
    KnownAct{"createExport", "export.create", "export"},
    KnownAct{"deleteExport", "export.delete", "export", Recorded::with_changes},
    KnownAct{"downloadExport", "export.download", "export", Recorded::beforehand},
    KnownAct{"createImport", "import.create", "import"}, KnownAct{"startImport", "import.start", "import"},
    KnownAct{"deleteImport", "import.delete", "import", Recorded::with_changes},
    KnownAct{"exportAuditLog", "audit.export", "audit", Recorded::beforehand},
    KnownAct{"exportAccessLog", "access_log.export", "access_log", Recorded::beforehand},
    KnownAct{"redactAuditDetails", "audit.redact", "audit", Recorded::by_store},
    // The provider's, in its own chain.
    KnownAct{"createTenant", "tenant.create", "tenant", Recorded::by_store},
    KnownAct{"changeTenant", "tenant.change", "tenant", Recorded::by_store},
    KnownAct{"changeTenantQuotas", "quota.change", "tenant", Recorded::by_store},
    KnownAct{"inviteTenantAdmin", "tenant.invite_admin", "tenant", Recorded::by_store},  // in the tenant's as well
    KnownAct{"suspendTenant", "tenant.suspend", "tenant", Recorded::by_store},
    KnownAct{"resumeTenant", "tenant.resume", "tenant", Recorded::by_store},
    KnownAct{"closeTenant", "tenant.close", "tenant", Recorded::by_store},
    KnownAct{"cancelTenantClosing", "tenant.cancel_close", "tenant", Recorded::by_store},
    KnownAct{"eraseTenant", "tenant.erase", "tenant", Recorded::by_store},
    KnownAct{"exportProviderAuditLog", "audit.export", "audit", Recorded::beforehand},
    KnownAct{"releaseQuarantine", "quarantine.release", "tenant", Recorded::by_store},
    KnownAct{"rotateRootKey", "root_key.rotate", "root_key", Recorded::by_store},
    KnownAct{"rotateTenantKey", "tenant_key.rotate", "tenant", Recorded::by_store},
    KnownAct{"destroyTenantKeys", "tenant_key.destroy", "tenant", Recorded::by_store},
    KnownAct{"resetSourceNetworks", "networks.reset", "tenant", Recorded::by_store},  // in the tenant's as well
    KnownAct{"publishAnnouncement", "announcement.publish", "announcement", Recorded::by_store},
    KnownAct{"withdrawAnnouncement", "announcement.withdraw", "announcement", Recorded::by_store},
    KnownAct{"createStaff", "staff.create", "staff", Recorded::by_store},
    KnownAct{"resetStaff", "staff.reset", "staff", Recorded::by_store},
    KnownAct{"disableStaff", "staff.disable", "staff", Recorded::by_store},
    KnownAct{"enrolStaff", "staff.enrol", "staff", Recorded::by_store},
    KnownAct{"confirmStaff", "staff.activate", "staff", Recorded::by_store},
    KnownAct{"signInStaff", "staff.sign_in", "staff", Recorded::by_store},
    KnownAct{"signOutStaff", "staff.sign_out", "session", Recorded::by_store},
    KnownAct{"answerInquiry", "inquiry.answer", "inquiry", Recorded::by_store},  // the tenant's, too, as the next
    KnownAct{"closeTenantsInquiry", "inquiry.close", "inquiry", Recorded::by_store},
    KnownAct{"requestSupportGrant", "support_grant.request", "support_grant", Recorded::by_store},  // so do these
    KnownAct{"approveSupportGrant", "support_grant.approve", "support_grant", Recorded::by_store},
    KnownAct{"endTenantsSupportGrant", "support_grant.end", "support_grant", Recorded::by_store},
    KnownAct{"readBySupportGrant", "support_grant.read", "support_grant", Recorded::beforehand},  // the tenant's alone
};

/// Of no operation: a tenant's head was signed, and stands in the provider's chain.
inline constexpr std::string_view kHeadSigned = "audit.anchor";
/// Of no operation: a tenant's erasure came to its end. In the provider's chain.
inline constexpr std::string_view kTenantErased = "tenant.erased";

/// Of no operation alone: somebody showed something wrong of a user, or did so too often.
inline constexpr std::string_view kSignInFailed = "sign_in.fail";
inline constexpr std::string_view kStaffSignInFailed = "staff.sign_in_fail";
inline constexpr std::string_view kSignInHeld = "sign_in.hold";
/// Of each reading by a support grant.
inline constexpr std::string_view kSupportRead = "support_grant.read";
/// Of whatever operation somebody was denied; equal ones are one record, with their count.
inline constexpr std::string_view kRequestDenied = "request.denied";
/// Of no operation: source networks were on trial, and nobody said to keep them.
inline constexpr std::string_view kNetworksReverted = "networks.revert";
/// Of no operation: an archive was imported, after it was asked for by import.start.
inline constexpr std::string_view kImportDone = "import.finish";

struct Unrecorded {
    std::string_view operation;
    std::string_view why;
};

inline constexpr std::string_view kTimeline = "the ticket's timeline tells who did what, and when";
inline constexpr std::string_view kTriesOnly = "changes nothing: what is tried is sent along";
inline constexpr std::string_view kLooksOnly = "changes nothing: it is POST so that no link holds the token";
inline constexpr std::string_view kAsksOnly =
    "changes nothing: the provider of sign-ins is asked what it says of itself";
inline constexpr std::string_view kReadMark = "says only of oneself that one has read it";
inline constexpr std::string_view kReadsOnly = "changes nothing: it is POST because its protocol has it so";
inline constexpr std::string_view kUpload = "changes nothing before import.start, which is recorded";
inline constexpr std::string_view kBacktest = "changes nothing that alerts or people meet, and names who began it";

/// The other operations that are no GET.
inline constexpr std::array kUnrecorded{
    Unrecorded{"changeTicketsInBulk", kTimeline},
    Unrecorded{"updateTicket", kTimeline},
    Unrecorded{"transitionTicket", kTimeline},
    Unrecorded{"addTicketComment", kTimeline},
    Unrecorded{"putTicketParent", kTimeline},
    Unrecorded{"deleteTicketParent", kTimeline},
    Unrecorded{"previewSilence", kTriesOnly},
    Unrecorded{"testRule", kTriesOnly},
    Unrecorded{"lintRules", kTriesOnly},
    Unrecorded{"startBacktest", kBacktest},
    Unrecorded{"cancelBacktest", kBacktest},
    Unrecorded{"peekInvitation", kLooksOnly},
    Unrecorded{"testOidcProvider", kAsksOnly},
    Unrecorded{"markAnnouncementRead", kReadMark},
    Unrecorded{"getUomTicketDetail", kReadsOnly},
    Unrecorded{"searchDirectory", kReadsOnly},
    Unrecorded{"searchDirectoryUsers", kReadsOnly},
    Unrecorded{"addImportPart", kUpload},
};

/// nullptr: it is not recorded.
[[nodiscard]] constexpr const KnownAct* act_of(std::string_view operation) noexcept
{
    const auto* const found = std::ranges::find(kActs, operation, &KnownAct::operation);
    return found == kActs.end() ? nullptr : found;
}

}  // namespace winnow::audit
