#include "api/calls/router.hpp"
#include "api/oidc/login.hpp"

#include <string_view>
#include <utility>

namespace winnow::api {

std::vector<RouteEntry> provider_entries()
{
    std::vector<RouteEntry> entries;
    using access::Permission;
    const auto add = [&](std::string_view method, std::string_view pattern, std::string_view operation_id,
                         void (*flow)(const FlowPtr&), Permission permission, Special special) {
        RouteEntry entry;
        entry.route = {method, pattern, permission, operation_id, {}};
        entry.special = special;
        entry.flow = flow;
        entries.push_back(std::move(entry));
    };
    add("GET", "/auth/oidc/{id}/start", "beginProviderSignIn", begin_provider_login, Permission::open, Special::auth);
    add("GET", "/auth/oidc/{id}/callback", "endProviderSignIn", end_provider_login, Permission::open, Special::auth);
    add("POST", "/api/v1/oidc-providers/{id}/test", "testOidcProvider", try_provider, Permission::write_settings,
        Special::waiting);
    return entries;
}

}  // namespace winnow::api
