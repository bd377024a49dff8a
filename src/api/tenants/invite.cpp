#include "api/tenants/invite.hpp"

#include "api/signin/steps.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace winnow::api {

namespace {

/// Whose mailbox it is has not asked for it, and need not be anybody of the tenant's: five an hour go there.
Result<Done> may_be_mailed(const Call& call, ports::TenantSession& session, const std::string& to, Timestamp now)
{
    using signin::Throttled;
    auto& throttles = session.throttles();
    const auto bucket = crypto::sha256("mailed_link:" + signin::request_subject(call.who.service_code, to));
    const auto before = throttles.lock(Throttled::request, bucket);
    if (!before) return before.error();
    if (const auto held = signin::held_for(Throttled::request, *before, now)) {
        const auto minutes = std::chrono::ceil<std::chrono::minutes>(*held).count();
        return Error(ErrorCode::rate_limited, "five links were mailed to this address within an hour; ask again in " +
                                                  std::to_string(minutes) + " minutes");
    }
    const auto counted = signin::count(Throttled::request, *before, now);
    return throttles.keep(Throttled::request, bucket, counted.bucket, now);
}

}  // namespace

Result<Done> mail_link(const Call& call, ports::TenantSession& session, const ports::User& user,
                       signin::LinkPurpose purpose, signin::MailKind kind)
{
    const auto now = session.throttles().now();  // links are over by the database's clock
    if (!now) return now.error();
    if (const auto may = may_be_mailed(call, session, user.email, *now); !may) return may.error();
    if (const auto dropped = session.server_mails().drop(kind, user.email); !dropped) return dropped.error();
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
