#pragma once

/// @file
/// Whose a service code, a session's token or a mailed link is: what is asked before a tenant is known.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/signin/session.hpp"
#include "winnow/signin/states.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct TenantAtDoor {
    TenantId id;
    std::string name;
    bool suspended = false;
    bool closing = false;  ///< Only its admins get in.
};

/// A provider of sign-ins, as the page says it on which people sign in.
struct ProviderAtDoor {
    OidcProviderId id;
    std::string name;
};

/// A session that was not over when it was asked for.
struct FoundSession {
    access::Principal principal;  ///< Of kind session, whatever the state.
    signin::SignInState state = signin::SignInState::active;
    std::chrono::milliseconds lives_for{};  ///< From then on, if nobody uses it.
};

/// Thread-safe; never blocks the caller. Each `done` is called once, on a database thread, or at once with
/// `unavailable` where the queue is full.
class SignInDoor {
public:
    template <typename T>
    using Sink = std::move_only_function<void(Result<std::optional<T>>)>;

    SignInDoor() = default;
    SignInDoor(const SignInDoor&) = delete;
    SignInDoor& operator=(const SignInDoor&) = delete;
    virtual ~SignInDoor() = default;

    /// nullopt: no tenant has it.
    virtual void tenant_of_code(std::string service_code, Sink<TenantAtDoor> done) = 0;

    /// By the SHA-256 of its token. nullopt: there is none, it was ended, it is over by its time, or its user is not
    /// active any more.
    virtual void find_session(std::string token_hash, Sink<FoundSession> done) = 0;

    /// By the SHA-256 of its token. nullopt: it is good for nothing.
    virtual void tenant_of_link(std::string token_hash, Sink<TenantId> done) = 0;

    /// By the id of a provider of sign-ins, as text of a UUID. nullopt: nobody has one that is enabled.
    virtual void tenant_of_provider(std::string provider_id, Sink<TenantId> done) = 0;

    /// A tenant's enabled ones, by id; none of a code that no tenant has. Never nullopt.
    virtual void providers_of_code(std::string service_code, Sink<std::vector<ProviderAtDoor>> done) = 0;

    /// False while no session is to be had; it is tried again without a call.
    [[nodiscard]] virtual bool healthy() const { return true; }
};

}  // namespace winnow::ports
