#include "api/signin/code_tries.hpp"

#include "winnow/ports/signin/throttle_store.hpp"

#include <algorithm>

namespace winnow::api {

namespace {

using signin::Throttle;
using signin::Throttled;

using Look = Result<Throttle> (ports::ThrottleStore::*)(Throttled, const std::string&);

Result<CodeTry> looked_at(const FlowPtr& flow, ports::TenantSession& session, const access::Principal& who, Look look)
{
    auto& throttles = session.throttles();
    CodeTry tried;
    tried.code_bucket = flow->parts->bucket("code:" + who.tenant.str() + ":" + who.user.str());
    tried.account_bucket = flow->parts->bucket(signin::account_subject(who.service_code, who.email));
    const auto account = (throttles.*look)(Throttled::account, tried.account_bucket);
    if (!account) return account.error();
    const auto own = (throttles.*look)(Throttled::code, tried.code_bucket);
    if (!own) return own.error();
    const auto now = throttles.now();
    if (!now) return now.error();
    tried.account = *account;
    tried.codes = *own;
    tried.now = *now;
    // Strangers' failures hold the account, not who has shown the password.
    tried.refused = signin::held_for(Throttled::code, tried.codes, *now);
    return tried;
}

}  // namespace

Result<CodeTry> look_at_code_try(const FlowPtr& flow, ports::TenantSession& session, const access::Principal& who)
{
    return looked_at(flow, session, who, &ports::ThrottleStore::seen);
}

Result<CodeTry> begin_code_try(const FlowPtr& flow, ports::TenantSession& session, const access::Principal& who)
{
    return looked_at(flow, session, who, &ports::ThrottleStore::lock);
}

Result<Done> end_code_try(ports::TenantSession& session, CodeTry& tried, bool right)
{
    auto& throttles = session.throttles();
    if (right) {
        if (const auto kept = throttles.keep(Throttled::code, tried.code_bucket, {}, tried.now); !kept) return kept;
        return throttles.keep(Throttled::account, tried.account_bucket, signin::cleared(tried.account), tried.now);
    }
    const auto own = signin::count(Throttled::code, tried.codes, tried.now);
    const auto account = signin::count(Throttled::account, tried.account, tried.now);
    tried.hold_began = own.hold_began;
    tried.delay = std::max(own.delay, account.delay);
    if (const auto kept = throttles.keep(Throttled::code, tried.code_bucket, own.bucket, tried.now); !kept) {
        return kept;
    }
    return throttles.keep(Throttled::account, tried.account_bucket, account.bucket, tried.now);
}

}  // namespace winnow::api
