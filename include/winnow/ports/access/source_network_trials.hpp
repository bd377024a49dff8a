#pragma once

/// @file
/// Source networks that are on trial, as the clock sees them.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Thread-safe; each call borrows a session.
class SourceNetworkTrials {
public:
    SourceNetworkTrials() = default;
    SourceNetworkTrials(const SourceNetworkTrials&) = delete;
    SourceNetworkTrials& operator=(const SourceNetworkTrials&) = delete;
    virtual ~SourceNetworkTrials() = default;

    /// Whose trial is over: at most so many tenants, the first due first.
    [[nodiscard]] virtual Result<std::vector<TenantId>> over(std::size_t limit) = 0;

    /// Puts what was before in force again, with a record in the tenant's audit chain; since when it was due. nullopt:
    /// somebody has done it, or said to keep them, or what was tried is another one.
    [[nodiscard]] virtual Result<std::optional<Timestamp>> revert(TenantId tenant) = 0;
};

}  // namespace winnow::ports
