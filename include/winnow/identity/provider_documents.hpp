#pragma once

/// @file
/// Metadata and keys of the tenants' providers of sign-ins, kept for a while.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/oidc/jws.hpp"
#include "winnow/oidc/provider.hpp"
#include "winnow/ports/signin/fetcher.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace winnow::identity {

/// What a provider says of itself.
struct ProviderKnown {
    oidc::Metadata metadata;
    oidc::KeySet keys;
};

/// Why it is not known.
struct ProviderUnknown {
    std::string word;    ///< For logs and records: an oidc::Refusal's, "away", "status" or "busy".
    std::string detail;  ///< A sentence for the tenant's admins, without addresses.
};

/// Thread-safe. Each tenant's are its own, even of one issuer: nobody's provider decides what another tenant sees.
class ProviderDocuments {
public:
    using Found = std::expected<std::shared_ptr<const ProviderKnown>, ProviderUnknown>;
    using Sink = std::move_only_function<void(Found)>;

    static constexpr std::size_t kMost = 1'000;  ///< Of all tenants; the one that was asked for longest ago goes.
    static constexpr std::size_t kMostWaiting = 1'000;  ///< For one provider.

    /// `fetcher` outlives every call of a sink; they may come after this object has gone. An empty clock is the
    /// system's.
    explicit ProviderDocuments(ports::Fetcher& fetcher, std::function<Timestamp()> clock = {});
    ~ProviderDocuments();
    ProviderDocuments(const ProviderDocuments&) = delete;
    ProviderDocuments& operator=(const ProviderDocuments&) = delete;

    /// At once where it is known, else on the fetcher's thread. Who asks for the same meanwhile waits for the same.
    void get(TenantId tenant, const std::string& issuer, Sink done);

    /// For a token of a key that is not among those of get(): asks anew, unless that was done within a minute.
    void get_newer_keys(TenantId tenant, const std::string& issuer, Sink done);

    /// When a provider's settings change.
    void forget(TenantId tenant, const std::string& issuer);

private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace winnow::identity
