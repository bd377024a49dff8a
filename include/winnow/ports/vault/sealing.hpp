#pragma once

/// @file
/// Secrets at rest, for whoever stores or needs one.

#include "winnow/base/result.hpp"
#include "winnow/domain/tenants/sealed.hpp"

#include <string>
#include <string_view>

namespace winnow::ports {

/// Thread-safe. It may wait some seconds for the vault, once: while that is known to be away it says so at once.
class Sealing {
public:
    Sealing() = default;
    Sealing(const Sealing&) = delete;
    Sealing& operator=(const Sealing&) = delete;
    virtual ~Sealing() = default;

    /// `unavailable`: the vault is away, and nothing else known can seal the tenant's secrets. `conflict`: the tenant's
    /// keys were destroyed.
    [[nodiscard]] virtual Result<std::string> seal(const domain::SealedPlace& place, std::string_view secret) = 0;

    /// What seal() gave, now or ever, in its place. `internal`: it was altered, moved, or its key is gone.
    /// `unavailable`: as above; it may open later.
    [[nodiscard]] virtual Result<std::string> open(const domain::SealedPlace& place, std::string_view sealed) = 0;
};

}  // namespace winnow::ports
