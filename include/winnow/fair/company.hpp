#pragma once

/// @file
/// Whether more than one tenant has come of late. Pure: who owns one locks it, and brings the time.

#include "winnow/base/uuid.hpp"

#include <chrono>

namespace winnow::fair {

/// What is bounded only for the others' sake need not be bounded as long as there are none. A quiet tenant is not there
/// at most instants, so it counts for a while; a tenant that is alone pays one comparison.
class Company {
public:
    using Instant = std::chrono::steady_clock::time_point;

    explicit Company(std::chrono::milliseconds lasts) : lasts_(lasts) {}

    void came(TenantId tenant, Instant now)
    {
        if (tenant == last_) return;
        if (!last_.is_nil()) until_ = now + lasts_;
        last_ = tenant;
    }

    /// Whether two have come one after the other not longer ago than it lasts.
    [[nodiscard]] bool is_there(Instant now) const { return now < until_; }

private:
    std::chrono::milliseconds lasts_;
    TenantId last_;
    Instant until_ = Instant::min();
};

}  // namespace winnow::fair
