#pragma once

/// @file
/// How many requests of signing in wait for tenants' own providers.

#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <map>
#include <mutex>

namespace winnow::api {

/// A provider may take its time. So who waits for one has a place of the tenant's, and tenants with slow providers
/// cost others no more than memory. Thread-safe.
class ProviderWaits {
public:
    static constexpr std::size_t kMost = 1'024;  ///< At once on a node.
    static constexpr std::size_t kMostOfTenant = 32;

    /// False where there is no place.
    [[nodiscard]] bool enter(TenantId tenant);
    /// As often as enter() was true.
    void leave(TenantId tenant);

private:
    std::mutex mutex_;
    std::map<TenantId, std::size_t> of_tenant_;  // guarded by mutex_, as what follows
    std::size_t all_ = 0;
};

}  // namespace winnow::api
