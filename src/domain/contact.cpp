#include "winnow/domain/contact.hpp"

namespace winnow::domain {

namespace {

constexpr std::string_view kMask = "/***";

}  // namespace

std::string_view to_string(ContactType type) noexcept
{
    return type == ContactType::webhook ? "webhook" : "email";
}

std::optional<ContactType> parse_contact_type(std::string_view word) noexcept
{
    if (word == "webhook") return ContactType::webhook;
    if (word == "email") return ContactType::email;
    return std::nullopt;
}

std::string base_of_url(std::string_view url)
{
    constexpr std::string_view kAfterScheme = "://";
    const auto scheme = url.find_first_of(":/?#\\");
    if (scheme == std::string_view::npos || !url.substr(scheme).starts_with(kAfterScheme)) return {};
    const auto start = scheme + kAfterScheme.size();
    auto authority = url.substr(start);
    authority = authority.substr(0, authority.find_first_of("/?#\\"));
    // A name and a password may stand before the host.
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
    return std::string(url.substr(0, start)) + std::string(authority);
}

std::string masked_url(std::string_view url)
{
    return base_of_url(url) + std::string(kMask);
}

bool is_masked_url(std::string_view url)
{
    const auto base = base_of_url(url);
    return url.starts_with(base) && url.substr(base.size()).starts_with(kMask);
}

std::string sealed_url_context(TenantId tenant, ContactId contact)
{
    return "contact-url:" + tenant.str() + ':' + contact.str();
}

}  // namespace winnow::domain
