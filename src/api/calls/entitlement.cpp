#include "api/calls/entitlement.hpp"

#include <utility>

namespace winnow::api {

bool may(const access::Principal& who, const Route& route)
{
    return access::allows(who, route.permission) ||
           (route.ends_access && access::allows_if_active(who, route.permission));
}

http::Entitlement entitlement(const access::Principal& was, access::Permission permission,
                              const Result<access::Principal>& now)
{
    using enum http::Entitlement;
    if (!now) return now.error().code() == ErrorCode::unauthenticated ? lost : unknown;
    const bool is_same = now->tenant == was.tenant && now->user == was.user && now->integration == was.integration &&
                         access::same_groups(now->groups, was.groups);
    const bool was_suspended = now->tenant_suspended && !was.tenant_suspended;
    return is_same && !was_suspended && access::allows(*now, permission) ? held : lost;
}

std::function<void(http::EntitlementSink)> recheck_of(identity::Authenticator& authenticator, Shown shown,
                                                      access::Principal was, access::Permission permission,
                                                      std::string address)
{
    return [&authenticator, shown = std::move(shown), was = std::move(was), permission,
            address = std::move(address)](http::EntitlementSink sink) {
        authenticate(authenticator, shown,
                     [was, permission, address, sink = std::move(sink)](const Result<access::Principal>& now) mutable {
                         const bool is_elsewhere = now && !access::is_in_place(*now, address);
                         sink(is_elsewhere ? http::Entitlement::lost : entitlement(was, permission, now));
                     });
    };
}

}  // namespace winnow::api
