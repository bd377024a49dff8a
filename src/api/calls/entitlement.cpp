#include "api/calls/entitlement.hpp"

#include <utility>

namespace winnow::api {

http::Entitlement entitlement(const access::Principal& was, access::Permission permission,
                              const Result<access::Principal>& now)
{
    using enum http::Entitlement;
    if (!now) return now.error().code() == ErrorCode::unauthenticated ? lost : unknown;
    const bool is_same = now->tenant == was.tenant && now->user == was.user && now->integration == was.integration;
    const bool was_suspended = now->tenant_suspended && !was.tenant_suspended;
    return is_same && !was_suspended && access::allows(*now, permission) ? held : lost;
}

std::function<void(http::EntitlementSink)> recheck_of(identity::Authenticator& authenticator, Shown shown,
                                                      access::Principal was, access::Permission permission)
{
    return [&authenticator, shown = std::move(shown), was = std::move(was), permission](http::EntitlementSink sink) {
        authenticate(authenticator, shown,
                     [was, permission, sink = std::move(sink)](const Result<access::Principal>& now) mutable {
                         sink(entitlement(was, permission, now));
                     });
    };
}

}  // namespace winnow::api
