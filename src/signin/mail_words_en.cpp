#include "signin/mail_words.hpp"

namespace winnow::signin {

namespace {

constexpr MailWords kInvitation{
    .subject = "You are invited to Winnow: {tenant}",
    .before =
        "{tenant} (service code {code}) invites you to Winnow, where its alerts and tickets are worked on."
        "\n\n"
        "To accept, open this page and choose a password:",
    .after =
        "The link works once, until {until}. Whoever has it can accept in your place: please do not pass "
        "this mail on.\n\n"
        "If you did not expect it, you need do nothing."};

constexpr MailWords kPasswordReset{
    .subject = "Winnow: a new password",
    .before =
        "Somebody asked on {at}{source} for a new password for your account at {tenant} (service code "
        "{code}).\n\n"
        "To choose one, open this page:",
    .after =
        "The link works once, until {until}. When you have chosen, all your sessions end, and you sign in "
        "with the new password and your second factor as ever.\n\n"
        "If it was not you, you need do nothing: your password stays as it is."};

constexpr MailWords kEmailChange{
    .subject = "Winnow: confirm your new mail address",
    .before =
        "On {at}{source} this address was entered as the new one of an account at {tenant} (service code "
        "{code}).\n\n"
        "To confirm it, open this page:",
    .after =
        "The link works once, until {until}. Until then the old address stays in use.\n\n"
        "If it was not you, you need do nothing."};

constexpr MailWords kEmailChangeNotice{
    .subject = "Winnow: your mail address is about to change",
    .before =
        "On {at}{source} another mail address was entered for your account at {tenant} (service code "
        "{code}). It takes the place of this one once it is confirmed.\n\n"
        "If it was not you, stop it on this page:",
    .after =
        "The link works once, until {until}. Then change your password, and tell an administrator of "
        "{tenant}."};

constexpr MailWords kMfaReset{
    .subject = "Winnow: set up your second factor anew",
    .before =
        "An administrator of {tenant} (service code {code}) has let you set up the second factor of your "
        "account anew, on {at}.\n\n"
        "To do so, open this page; you need your password:",
    .after =
        "The link works once, until {until}. When it was used, your old second factor, your recovery codes "
        "and all your sessions end.\n\n"
        "If you did not ask for it, do not use it, and tell an administrator of {tenant}."};

constexpr MailWords kPasswordChanged{
    .subject = "Winnow: your password was changed",
    .before =
        "The password of your account at {tenant} (service code {code}) was changed on {at}{source}. Other "
        "sessions have ended.",
    .after = "If it was not you, ask for a new password now, and tell an administrator of {tenant}."};

constexpr MailWords kFactorChanged{
    .subject = "Winnow: your second factor was changed",
    .before =
        "The second factor of your account at {tenant} (service code {code}) was set up, changed or removed "
        "on {at}{source}. Other sessions have ended.",
    .after = "If it was not you, change your password now, and tell an administrator of {tenant}."};

constexpr MailWords kEmailChanged{
    .subject = "Winnow: your mail address was changed",
    .before =
        "Your account at {tenant} (service code {code}) has had another mail address since {at}{source}. "
        "This is the last mail to this one.",
    .after = "If it was not you, tell an administrator of {tenant} now."};

constexpr MailWords kNewNetwork{
    .subject = "Winnow: you signed in from a new place",
    .before =
        "On {at}{source} somebody signed in to your account at {tenant} (service code {code}) from a "
        "network that was not used before.",
    .after =
        "If it was you, you need do nothing. If it was not, change your password now: other sessions end "
        "with it."};

constexpr MailWords kFewRecoveryCodes{
    .subject = "Winnow: few recovery codes are left",
    .before = "Your account at {tenant} (service code {code}) has {number} unused recovery codes left.",
    .after =
        "Make new ones in your profile, and keep them apart from your second factor. If you have used none, "
        "somebody else has: change your password now, and tell an administrator of {tenant}."};

constexpr MailWords kSignInHeld{
    .subject = "Winnow: many wrong passwords",
    .before =
        "So many wrong passwords or codes were entered for your account at {tenant} (service code {code}) "
        "that signing in was held up ten times within a day, the last time on {at}. Each time it is free "
        "again after 15 minutes, and a browser in which you have signed in before is not held up.",
    .after =
        "If it was not you, somebody is guessing. Your password was not found. A long one that you use "
        "nowhere else, and a second factor, keep it so."};

constexpr MailWords kAnnouncedMaintenance{
    .subject = "Winnow: maintenance: {about}",
    .before =
        "For {tenant} (service code {code}) maintenance of the service was announced on {at}:\n\n"
        "{about}",
    .after = "When it will be, and what it means, stands in Winnow, under announcements."};

constexpr MailWords kAnnouncedChange{
    .subject = "Winnow: change: {about}",
    .before =
        "For {tenant} (service code {code}) a change of the service was announced on {at}:\n\n"
        "{about}",
    .after = "What changes, and from when on, stands in Winnow, under announcements."};

constexpr MailWords kAnnouncedIncident{
    .subject = "Winnow: incident: {about}",
    .before =
        "For {tenant} (service code {code}) an incident was announced on {at}:\n\n"
        "{about}",
    .after = "What is known of it, and what to do, stands in Winnow, under announcements."};

constexpr MailWords kAnnouncedAdvisory{
    .subject = "Winnow: security advisory: {about}",
    .before =
        "For {tenant} (service code {code}) a security advisory was announced on {at}:\n\n"
        "{about}",
    .after = "Whom it concerns, and what to do, stands in Winnow, under announcements."};

constexpr MailWords kInquiryAsked{
    .subject = "Winnow: inquiry of {code}: {about}",
    .before =
        "{tenant} (service code {code}) asks, on {at}:\n\n"
        "{about}",
    .after =
        "The whole of it stands on the management listener: winnow inquiry show --provider. Answer it there, so "
        "that whoever asked is told."};

constexpr MailWords kInquiryAnswered{
    .subject = "Winnow: your inquiry was answered: {about}",
    .before =
        "An inquiry of {tenant} (service code {code}) was answered on {at}:\n\n"
        "{about}",
    .after = "The answer stands in Winnow, under inquiries. There one can ask on, or close it."};

constexpr MailWords kSupportOpened{
    .subject = "Winnow: support may read the data of {code}",
    .before =
        "Since {at} one of the provider's support staff may read tickets, alerts, rules and contacts of {tenant} "
        "(service code {code}), but change nothing, for {number} minutes at most. A second one of the staff has "
        "approved it. The reason:\n\n"
        "{about}",
    .after =
        "Each reading stands in the access log and in the audit log of {tenant}. An admin can end it at any moment, "
        "in Winnow, under support grants."};
constexpr MailWords kAdminInvited{
    .subject = "Winnow: your provider has invited an administrator",
    .before =
        "On {at} the provider of your Winnow has invited an administrator to {tenant} (service code {code}). "
        "This mail goes to all administrators of {tenant}.",
    .after =
        "Whom it was, says the audit log (tenant.invite_admin). If nobody of {tenant} has asked for that, "
        "disable the user, and ask your provider why."};

constexpr MailWords kKeyMade{
    .subject = "Winnow: a key was made for you",
    .before =
        "On {at} an administrator of {tenant} (service code {code}) made a key for your account. Whoever has it "
        "acts in your name.",
    .after = "If you have not asked for it, revoke it in your profile, and ask an administrator of {tenant} why."};

}  // namespace

const MailWords& english(MailKind kind) noexcept
{
    switch (kind) {
        case MailKind::invitation: return kInvitation;
        case MailKind::password_reset: return kPasswordReset;
        case MailKind::email_change: return kEmailChange;
        case MailKind::email_change_notice: return kEmailChangeNotice;
        case MailKind::mfa_reset: return kMfaReset;
        case MailKind::password_changed: return kPasswordChanged;
        case MailKind::factor_changed: return kFactorChanged;
        case MailKind::email_changed: return kEmailChanged;
        case MailKind::new_network: return kNewNetwork;
        case MailKind::few_recovery_codes: return kFewRecoveryCodes;
        case MailKind::sign_in_held: return kSignInHeld;
        case MailKind::announced_maintenance: return kAnnouncedMaintenance;
        case MailKind::announced_change: return kAnnouncedChange;
        case MailKind::announced_incident: return kAnnouncedIncident;
        case MailKind::announced_advisory: return kAnnouncedAdvisory;
        case MailKind::inquiry_asked: return kInquiryAsked;
        case MailKind::inquiry_answered: return kInquiryAnswered;
        case MailKind::support_opened: return kSupportOpened;
        case MailKind::admin_invited: return kAdminInvited;
        case MailKind::key_made: return kKeyMade;
    }
    return kInvitation;
}

}  // namespace winnow::signin
