#pragma once

/// @file
/// A login by the word of a tenant's own provider of sign-ins (OpenID Connect), from its beginning to its end.

#include "api/signin/flow.hpp"
#include "api/signin/steps.hpp"
#include "winnow/oidc/claims.hpp"
#include "winnow/oidc/login.hpp"
#include "winnow/oidc/provider.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/signin/second_factor.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// One login, on its way there or back. Used by one thread at a time.
struct ProviderLogin {
    TenantId tenant;
    ports::OidcProvider provider;
    std::optional<std::chrono::milliseconds> held = {};  ///< Its network was wrong too often: for so long.
    Timestamp now;                                       ///< By the database's clock.
    std::shared_ptr<const identity::ProviderKnown> known = {};

    // There.
    std::string return_to = "/";
    bool prove_anew = false;
    crypto::SecretText state;
    crypto::SecretText cookie;
    std::string nonce;
    std::string challenge;

    // Back.
    oidc::WayBack back;
    ports::OidcLogin stored;
    std::string verifier;
    std::string secret;
    oidc::TokenAnswer answer;
    bool asked_anew = false;  ///< For the provider's keys.
    oidc::Identity person;
    ports::User user;
    std::string refusal;    ///< For the tenant's audit log; "": none.
    std::string elsewhere;  ///< Why nobody is let in from there, whom the provider has named rightly; "": one is.
    NewSession begun;
    signin::AfterPassword after = signin::AfterPassword::active;
};
using LoginPtr = std::shared_ptr<ProviderLogin>;

// The requests, a function each. Each answers its flow once.
void begin_provider_login(const FlowPtr& flow);  // start.cpp
void end_provider_login(const FlowPtr& flow);    // callback.cpp
void try_provider(const FlowPtr& flow);          // trial.cpp

/// Where the provider leads back to: one URI each, so that none's answer is taken for another's.
[[nodiscard]] std::string redirect_uri(std::string_view origin, OidcProviderId provider);

/// The provider that the path names, of whatever tenant, and a place among those that wait for it; null: nobody has it,
/// or it is not enabled.
void with_provider(const FlowPtr& flow, std::move_only_function<void(LoginPtr)> then);

/// The whole of it, the time, and whether the network is held; `not_found` where it is gone or not enabled any more.
[[nodiscard]] Result<Done> load_provider(const FlowPtr& flow, ProviderLogin& login, ports::TenantSession& session);

/// What the provider says of itself; `newer_keys`: for a key that is not among those. `then` on the fetcher's thread,
/// or at once.
void know_provider(const FlowPtr& flow, const LoginPtr& login, bool newer_keys, identity::ProviderDocuments::Sink then);

/// Who the subject is, or becomes, and a session of that user; or ProviderLogin::refusal or elsewhere, and nothing is
/// changed.
[[nodiscard]] Result<Done> let_in_by_provider(const FlowPtr& flow, ProviderLogin& login, ports::TenantSession& session);

}  // namespace winnow::api
