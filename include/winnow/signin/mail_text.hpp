#pragma once

/// @file
/// The mails that the service sends itself, in English and Japanese. They hold no password, no secret but one link, and
/// nothing of what the tenant works on; of what the provider announces or is asked, the title.

#include "winnow/base/time.hpp"
#include "winnow/domain/messages/announcement.hpp"
#include "winnow/signin/link.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::signin {

/// Stored by name: never rename one.
enum class MailKind : std::uint8_t {
    invitation,
    password_reset,
    email_change,         ///< To the new address, with the link that confirms it.
    email_change_notice,  ///< To the old address, with the link that stops it.
    mfa_reset,
    password_changed,
    factor_changed,
    email_changed,  ///< To the old address.
    new_network,    ///< Signed in from a network that was not seen before.
    few_recovery_codes,
    sign_in_held,  ///< Held ten times in a day.
    announced_maintenance,
    announced_change,
    announced_incident,
    announced_advisory,
    inquiry_asked,     ///< To the provider.
    inquiry_answered,  ///< To who asked.
    support_opened,    ///< One of the provider's staff may read the tenant's content.
    admin_invited,     ///< To the other admins: the provider has invited one.
    key_made,          ///< By somebody else, for the user.
};
inline constexpr std::array kMailKinds{
    MailKind::invitation,          MailKind::password_reset,     MailKind::email_change,
    MailKind::email_change_notice, MailKind::mfa_reset,          MailKind::password_changed,
    MailKind::factor_changed,      MailKind::email_changed,      MailKind::new_network,
    MailKind::few_recovery_codes,  MailKind::sign_in_held,       MailKind::announced_maintenance,
    MailKind::announced_change,    MailKind::announced_incident, MailKind::announced_advisory,
    MailKind::inquiry_asked,       MailKind::inquiry_answered,   MailKind::support_opened,
    MailKind::admin_invited,       MailKind::key_made,
};
[[nodiscard]] std::string_view to_string(MailKind kind) noexcept;
[[nodiscard]] std::optional<MailKind> parse_mail_kind(std::string_view word) noexcept;

/// Which tells of an announcement.
[[nodiscard]] MailKind mail_of(domain::AnnouncementKind kind) noexcept;

/// What its link is good for; nullopt: it has none.
[[nodiscard]] std::optional<LinkPurpose> link_of(MailKind kind) noexcept;

/// Until when it is worth sending: as long as its link is good, or a day.
[[nodiscard]] std::chrono::milliseconds worth_sending_for(MailKind kind) noexcept;

/// Stored by name (users.locale): never rename one.
enum class Locale : std::uint8_t { en, ja };
inline constexpr std::array kLocales{Locale::en, Locale::ja};
[[nodiscard]] std::string_view to_string(Locale locale) noexcept;
[[nodiscard]] std::optional<Locale> parse_locale(std::string_view word) noexcept;

/// What a mail says besides its kind.
struct MailFacts {
    std::string tenant_name;
    std::string service_code;
    std::string public_url;   ///< The service's own, which every link and mail leads to.
    std::string token = {};   ///< Of the link, where the kind has one.
    std::string source = {};  ///< From which address it was done, where one is known.
    Timestamp at;             ///< When.
    int number = 0;           ///< few_recovery_codes: how many are left; support_opened: for how many minutes.
    std::string about = {};   ///< announced_…: the title; inquiry_…: the subject; support_opened: the reason.
};

struct MailText {
    std::string subject;  ///< One line.
    std::string text;     ///< Lines ended by LF.

    friend bool operator==(const MailText&, const MailText&) = default;
};

/// Names and titles are shown as shown_text() shows them; names are cut to 80 characters, titles to 200.
[[nodiscard]] MailText render_mail(MailKind kind, Locale locale, const MailFacts& facts);

}  // namespace winnow::signin
