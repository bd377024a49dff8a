#include "api/oidc/login.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/respond.hpp"

#include <utility>

namespace winnow::api {

namespace {

using identity::ProviderDocuments;
using ports::TenantSession;

nlohmann::json shown(const ProviderDocuments::Found& found)
{
    nlohmann::json document{{"good", found.has_value()}};
    if (!found) {
        document["code"] = found.error().word;
        document["detail"] = found.error().detail;
        return document;
    }
    const auto& metadata = (*found)->metadata;
    document["authorization_endpoint"] = metadata.authorization_endpoint;
    document["token_endpoint"] = metadata.token_endpoint;
    document["jwks_uri"] = metadata.jwks_uri;
    document["keys"] = (*found)->keys.size();
    document["names_itself"] = metadata.announces_issuer;
    return document;
}

}  // namespace

/// Of the caller's own tenant, enabled or not: what the provider says of itself is asked for anew.
void try_provider(const FlowPtr& flow)
{
    if (const auto key = idempotency_key(flow->request.head); !key) return fail(flow, key.error());
    const auto tenant = flow->who.tenant;
    const auto id = OidcProviderId::parse(flow->parameter);
    if (!id) return fail(flow, Error(ErrorCode::not_found, "there is no such object"));
    if (!flow->waits_for_provider(tenant)) {
        return fail(flow, Error(ErrorCode::unavailable, "too many people are signing in there; try again"));
    }
    auto login = std::make_shared<ProviderLogin>();
    login->tenant = tenant;
    in_tenant(
        flow, tenant,
        [login, id = *id](TenantSession& session) -> Result<Done> {
            auto provider = session.oidc().find(id);
            if (!provider) return provider.error();
            login->provider = *std::move(provider);
            return Done{};
        },
        [flow, login] {
            flow->parts->documents->forget(login->tenant, login->provider.issuer);
            know_provider(flow, login, false, [flow](const ProviderDocuments::Found& found) {
                answer(flow, json_response(200, shown(found)));
            });
        });
}

}  // namespace winnow::api
