#include "api/tenants/invite.hpp"

#include "api/signin/steps.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace winnow::api {

Result<Done> mail_link(const Call& call, ports::TenantSession& session, const ports::User& user,
                       signin::LinkPurpose purpose, signin::MailKind kind)
{
    const auto now = session.throttles().now();  // links are over by the database's clock
    if (!now) return now.error();
    const auto token = crypto::make_token();
    const ports::MailedLink link{.purpose = purpose,
                                 .id = call.services.new_id(),
                                 .user = user.id,
                                 .created_by = call.who.actor(),
                                 .expires_at = *now + signin::life_of(purpose)};
    if (const auto added = session.links().add(link, token.hash); !added) return added.error();
    return owe_mail(*call.services.sealing, call.services.new_id(), session, user, kind, "", *now, token.text);
}

Result<std::optional<OidcProviderId>> take_provider(ports::TenantSession& session, nlohmann::json& document)
{
    constexpr auto kField = "oidc_provider_id";
    const auto found = document.find(kField);
    if (found == document.end()) return std::optional<OidcProviderId>();
    const auto shown = *found;
    document.erase(found);
    if (shown.is_null()) return std::optional<OidcProviderId>();
    const auto id = shown.is_string() ? OidcProviderId::parse(shown.get<std::string>()) : std::nullopt;
    const auto there =
        id ? session.oidc().find(*id) : Result<ports::OidcProvider>(Error(ErrorCode::not_found, "there is none"));
    if (!there && there.error().code() != ErrorCode::not_found) return there.error();
    if (!there) return field_error("/" + std::string(kField), "must be the id of a provider of sign-ins");
    return id;
}

Result<Done> invite(const Call& call, ports::TenantSession& session, const ports::User& user,
                    std::optional<OidcProviderId> provider)
{
    const auto mailed = mail_link(call, session, user, signin::LinkPurpose::invitation, signin::MailKind::invitation);
    if (!mailed || !provider) return mailed;
    return session.oidc().let_accept(user.id, *provider);
}

}  // namespace winnow::api
