#include "winnow/signin/mail_text.hpp"

#include "signin/mail_words.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace winnow::signin {

namespace {

constexpr std::size_t kLongestName = 80;  // code points
constexpr std::size_t kLongestTitle = 200;
constexpr std::chrono::milliseconds kNoticeFor = std::chrono::days{1};

/// What stands in the places that the words leave open.
struct Places {
    std::string tenant;
    std::string code;
    std::string at;
    std::string until;
    std::string source;
    std::string number;
    std::string about;
};

struct Place {
    std::string_view name;
    std::string Places::* text;
};
constexpr std::array kPlaces{Place{"tenant", &Places::tenant}, Place{"code", &Places::code},
                             Place{"at", &Places::at},         Place{"until", &Places::until},
                             Place{"source", &Places::source}, Place{"number", &Places::number},
                             Place{"about", &Places::about}};

std::string shortened(std::string_view name, std::size_t longest)
{
    std::string out = shown_text(name);
    std::string_view rest = out;
    for (std::size_t i = 0; i < longest && !rest.empty(); ++i) rest.remove_prefix(first_code_point(rest).bytes);
    if (rest.empty()) return out;
    out.resize(out.size() - rest.size());
    return out + "…";
}

/// "2026-11-28 08:20 UTC"; in Japanese the time of Japan, which has been nine hours ahead since 1951.
std::string shown_time(Timestamp at, Locale locale)
{
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kTime = 5;
    const auto text = format_rfc3339(locale == Locale::ja ? at + std::chrono::hours{9} : at);
    return text.substr(0, kDate) + " " + text.substr(kDate + 1, kTime) + (locale == Locale::ja ? " JST" : " UTC");
}

std::string shown_source(std::string_view source, Locale locale)
{
    if (source.empty()) return {};
    const auto address = shown_text(source);
    return locale == Locale::ja ? "（アドレス " + address + "）" : " from the address " + address;
}

/// One pass: what is filled in may hold braces of its own.
std::string filled(std::string_view words, const Places& places)
{
    std::string out;
    while (!words.empty()) {
        const auto open = std::min(words.find('{'), words.size());
        out += words.substr(0, open);
        words.remove_prefix(open);
        const auto close = words.find('}');
        if (close == std::string_view::npos) break;
        const auto* const place = std::ranges::find(kPlaces, words.substr(1, close - 1), &Place::name);
        if (place != kPlaces.end()) out += places.*(place->text);
        words.remove_prefix(close + 1);
    }
    return out;
}

std::string footer(std::string_view public_url, Locale locale)
{
    return locale == Locale::ja
               ? "\n-- \nこのメールは Winnow（" + std::string(public_url) +
                     "）が自動的に送信しています。返信しないでください。\n"
               : "\n-- \nSent by Winnow at " + std::string(public_url) + ". Nobody reads answers to this mail.\n";
}

}  // namespace

std::string_view to_string(MailKind kind) noexcept
{
    switch (kind) {
        case MailKind::invitation: return "invitation";
        case MailKind::password_reset: return "password_reset";
        case MailKind::email_change: return "email_change";
        case MailKind::email_change_notice: return "email_change_notice";
        case MailKind::mfa_reset: return "mfa_reset";
        case MailKind::password_changed: return "password_changed";
        case MailKind::factor_changed: return "factor_changed";
        case MailKind::email_changed: return "email_changed";
        case MailKind::new_network: return "new_network";
        case MailKind::few_recovery_codes: return "few_recovery_codes";
        case MailKind::sign_in_held: return "sign_in_held";
        case MailKind::announced_maintenance: return "announced_maintenance";
        case MailKind::announced_change: return "announced_change";
        case MailKind::announced_incident: return "announced_incident";
        case MailKind::announced_advisory: return "announced_advisory";
        case MailKind::inquiry_asked: return "inquiry_asked";
        case MailKind::inquiry_answered: return "inquiry_answered";
        case MailKind::support_opened: return "support_opened";
        case MailKind::admin_invited: return "admin_invited";
        case MailKind::key_made: return "key_made";
    }
    return "invitation";
}

std::optional<MailKind> parse_mail_kind(std::string_view word) noexcept
{
    for (const auto kind : kMailKinds) {
        if (word == to_string(kind)) return kind;
    }
    return std::nullopt;
}

MailKind mail_of(domain::AnnouncementKind kind) noexcept
{
    switch (kind) {
        case domain::AnnouncementKind::maintenance: return MailKind::announced_maintenance;
        case domain::AnnouncementKind::change: return MailKind::announced_change;
        case domain::AnnouncementKind::incident: return MailKind::announced_incident;
        case domain::AnnouncementKind::advisory: return MailKind::announced_advisory;
    }
    return MailKind::announced_maintenance;
}

std::optional<LinkPurpose> link_of(MailKind kind) noexcept
{
    switch (kind) {
        case MailKind::invitation: return LinkPurpose::invitation;
        case MailKind::password_reset: return LinkPurpose::reset;
        case MailKind::email_change: return LinkPurpose::email_change;
        case MailKind::email_change_notice: return LinkPurpose::email_stop;
        case MailKind::mfa_reset: return LinkPurpose::mfa_reset;
        case MailKind::password_changed:
        case MailKind::factor_changed:
        case MailKind::email_changed:
        case MailKind::new_network:
        case MailKind::few_recovery_codes:
        case MailKind::sign_in_held:
        case MailKind::announced_maintenance:
        case MailKind::announced_change:
        case MailKind::announced_incident:
        case MailKind::announced_advisory:
        case MailKind::inquiry_asked:
        case MailKind::inquiry_answered:
        case MailKind::support_opened:
        case MailKind::admin_invited:
        case MailKind::key_made: break;
    }
    return std::nullopt;
}

std::chrono::milliseconds worth_sending_for(MailKind kind) noexcept
{
    const auto link = link_of(kind);
    return link ? life_of(*link) : kNoticeFor;
}

std::string_view to_string(Locale locale) noexcept
{
    switch (locale) {
        case Locale::en: return "en";
        case Locale::ja: return "ja";
    }
    return "en";
}

std::optional<Locale> parse_locale(std::string_view word) noexcept
{
    for (const auto locale : kLocales) {
        if (word == to_string(locale)) return locale;
    }
    return std::nullopt;
}

MailText render_mail(MailKind kind, Locale locale, const MailFacts& facts)
{
    const auto& words = locale == Locale::ja ? japanese(kind) : english(kind);
    const auto link = link_of(kind);
    const Places places{.tenant = shortened(facts.tenant_name, kLongestName),
                        .code = shown_text(facts.service_code),
                        .at = shown_time(facts.at, locale),
                        .until = shown_time(facts.at + worth_sending_for(kind), locale),
                        .source = shown_source(facts.source, locale),
                        .number = std::to_string(facts.number),
                        .about = shortened(facts.about, kLongestTitle)};
    MailText mail;
    mail.subject = filled(words.subject, places);
    mail.text = filled(words.before, places) + "\n\n";
    if (link) mail.text += link_text(facts.public_url, *link, facts.token) + "\n\n";
    mail.text += filled(words.after, places) + "\n" + footer(facts.public_url, locale);
    return mail;
}

}  // namespace winnow::signin
