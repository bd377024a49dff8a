#pragma once

/// @file
/// The mails that the service sends itself, in English and Japanese. They hold no password, no secret but one link, and
/// nothing of what the tenant works on.

#include "winnow/base/time.hpp"
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
    sign_in_held,   ///< Held ten times in a day.
    admin_invited,  ///< To the other admins: the provider has invited one.
    key_made,       ///< By somebody else, for the user.
};
inline constexpr std::array kMailKinds{
    MailKind::invitation,  MailKind::password_reset,     MailKind::email_change,   MailKind::email_change_notice,
    MailKind::mfa_reset,   MailKind::password_changed,   MailKind::factor_changed, MailKind::email_changed,
    MailKind::new_network, MailKind::few_recovery_codes, MailKind::sign_in_held,   MailKind::admin_invited,
    MailKind::key_made,
};
[[nodiscard]] std::string_view to_string(MailKind kind) noexcept;
[[nodiscard]] std::optional<MailKind> parse_mail_kind(std::string_view word) noexcept;

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
    int number = 0;           ///< few_recovery_codes: how many are left.
};

struct MailText {
    std::string subject;  ///< One line.
    std::string text;     ///< Lines ended by LF.

    friend bool operator==(const MailText&, const MailText&) = default;
};

/// Names are shown as shown_text() shows them, and cut to 80 characters.
[[nodiscard]] MailText render_mail(MailKind kind, Locale locale, const MailFacts& facts);

}  // namespace winnow::signin
