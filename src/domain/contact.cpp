#include "winnow/domain/contact.hpp"

#include <utility>

namespace winnow::domain {

namespace {

constexpr std::string_view kMask = "/***";

}  // namespace

const ContactSetting& Contact::setting(std::string_view of) const noexcept
{
    static const ContactSetting kNone;
    const auto found = settings.find(of);
    return found == settings.end() ? kNone : found->second;
}

// The first two are from when there were two kinds of secrets; what is stored is bound to them.
std::string sealed_setting_context(TenantId tenant, ContactId contact, std::string_view setting)
{
    auto context = setting == "url"      ? std::string("contact-url:")
                   : setting == "secret" ? std::string("contact:")
                                         : "contact-setting:" + std::string(setting) + ':';
    return std::move(context) + tenant.str() + ':' + contact.str();
}

SealedPlace sealed_setting_place(TenantId tenant, ContactId contact, std::string_view setting)
{
    const bool is_webhooks = setting == "url" || setting == "secret";
    return {.tenant = tenant,
            .kind = is_webhooks ? SecretKind::webhook : SecretKind::credential,
            .table = "contacts",
            .column = "settings",
            .row = contact.str() + '/' + std::string(setting),
            .before = sealed_setting_context(tenant, contact, setting)};
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
    return sealed_setting_context(tenant, contact, "url");
}

}  // namespace winnow::domain
