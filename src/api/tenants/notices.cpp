#include "api/tenants/notices.hpp"

#include "api/signin/steps.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/signin/throttle_store.hpp"
#include "winnow/signin/throttle.hpp"

#include <string>

namespace winnow::api {

namespace {

/// Whether nobody of the tenant made the key that the caller shows. Of keys from before that was noted, it is unknown.
Result<bool> is_first_key(const Call& call, ports::TenantSession& session)
{
    if (call.who.kind != access::CredentialKind::user_key) return false;
    const auto shown = session.users().find_key(ApiKeyId(call.who.key));
    if (shown) return shown->created_by.empty();
    if (shown.error().code() == ErrorCode::not_found) return false;  // revoked meanwhile
    return shown.error();
}

}  // namespace

Result<Done> owe_notice(const Call& call, ports::TenantSession& session, const ports::User& user, signin::MailKind kind)
{
    using signin::Throttled;
    auto& throttles = session.throttles();
    const auto now = throttles.now();
    if (!now) return now.error();
    const auto bucket = crypto::sha256("notice:" + std::string(to_string(kind)) + ":" +
                                       signin::request_subject(call.who.service_code, user.email));
    const auto before = throttles.lock(Throttled::request, bucket);
    if (!before) return before.error();
    if (signin::held_for(Throttled::request, *before, *now)) return Done{};
    const auto counted = signin::count(Throttled::request, *before, *now);
    if (const auto kept = throttles.keep(Throttled::request, bucket, counted.bucket, *now); !kept) return kept;
    return owe_mail(*call.services.sealing, call.services.new_id(), session, user, kind, "", call.now);
}

Result<Done> tell_of_key(const Call& call, ports::TenantSession& session, UserId owner)
{
    if (owner == call.who.user) {
        const auto first = is_first_key(call, session);
        if (!first) return first.error();
        if (!*first) return Done{};
    }
    const auto user = session.users().find(owner);
    if (!user) return user.error();
    return owe_notice(call, session, *user, signin::MailKind::key_made);
}

}  // namespace winnow::api
