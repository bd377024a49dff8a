#include "api/oidc/login.hpp"

#include "winnow/ports/signin/throttle_store.hpp"

#include <expected>
#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

Error no_such_provider()
{
    return {ErrorCode::not_found, "there is no such provider of sign-ins"};
}

/// Whether codes can be redeemed there: better known before a browser is led away than when it comes back. Keys were
/// fetched by then, and to the third endpoint browsers go by themselves.
bool reaches(const FlowParts& parts, std::string_view endpoint)
{
    constexpr std::string_view kScheme = "https://";
    if (!parts.reaches) return true;
    const auto rest = endpoint.substr(kScheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    const auto colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
    return parts.reaches(authority.substr(0, colon));
}

}  // namespace

std::string redirect_uri(std::string_view origin, OidcProviderId provider)
{
    std::string uri(origin);
    uri += "/auth/oidc/";
    uri += provider.str();
    uri += "/callback";
    return uri;
}

void with_provider(const FlowPtr& flow, std::move_only_function<void(LoginPtr)> then)
{
    const auto id = OidcProviderId::parse(flow->parameter);
    if (!id) return then(nullptr);
    find_provider(flow, *id, [flow, id = *id, then = std::move(then)](std::optional<TenantId> found) mutable {
        if (!found) return then(nullptr);
        if (!flow->waits_for_provider(*found)) {
            return fail(flow, Error(ErrorCode::unavailable, "too many people are signing in there; try again"));
        }
        auto login = std::make_shared<ProviderLogin>();
        login->tenant = *found;
        login->provider.id = id;
        then(std::move(login));
    });
}

Result<Done> load_provider(const FlowPtr& flow, ProviderLogin& login, ports::TenantSession& session)
{
    auto provider = session.oidc().find(login.provider.id);
    if (!provider) return provider.error();
    if (!provider->enabled) return no_such_provider();
    login.provider = *std::move(provider);
    const auto now = session.throttles().now();
    if (!now) return now.error();
    login.now = *now;
    const auto network = session.throttles().seen(signin::Throttled::network, network_of(flow));
    if (!network) return network.error();
    login.held = signin::held_for(signin::Throttled::network, *network, *now);
    return Done{};
}

void know_provider(const FlowPtr& flow, const LoginPtr& login, bool newer_keys, identity::ProviderDocuments::Sink then)
{
    auto& documents = *flow->parts->documents;
    auto known = [flow, then = std::move(then)](identity::ProviderDocuments::Found found) mutable {
        if (found && !reaches(*flow->parts, (*found)->metadata.token_endpoint)) {
            found = std::unexpected(identity::ProviderUnknown{
                .word = "away",
                .detail = "its token_endpoint is an address of an inner network, where nothing is sent"});
        }
        then(std::move(found));
    };
    if (newer_keys) return documents.get_newer_keys(login->tenant, login->provider.issuer, std::move(known));
    documents.get(login->tenant, login->provider.issuer, std::move(known));
}

}  // namespace winnow::api
