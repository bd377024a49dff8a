#pragma once

/// @file
/// Tenants that have something due, one after the other. Private to pipeline.

#include "winnow/base/uuid.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

namespace winnow::pipeline {

/// A tenant waits for its own lock only. Each that is due is tried once, without waiting; those that somebody else is
/// at are tried again in the next round. So that a tenant that is folded without a pause comes to its turn all the
/// same, each round ends with a short wait for one of them: the one that has waited longest.
class Turns {
public:
    static constexpr std::chrono::milliseconds kPatience{200};

    /// False where somebody else is at the tenant. `patience`: how long to wait for them.
    using Attempt = std::function<bool(TenantId, std::chrono::milliseconds patience)>;

    void take(const std::vector<TenantId>& due, const std::stop_token& stop, const Attempt& attempt);

private:
    std::deque<TenantId> busy_;  ///< The one that has waited longest for its wait first.
};

}  // namespace winnow::pipeline
