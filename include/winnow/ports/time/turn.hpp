#pragma once

/// @file
/// What a loop over tenants may ask of one of them.

#include "winnow/domain/outage.hpp"

#include <chrono>
#include <cstddef>
#include <span>

namespace winnow::ports {

/// One call's share: at most so many rows, and so long a wait for whoever else is folding the tenant. Without patience
/// it is tried once: what is due stays due, and others need not wait for this tenant's lock.
struct Turn {
    Turn(std::size_t most, std::chrono::milliseconds wait = {},  // NOLINT: a count
         std::span<const domain::Outage> away = {})
        : limit(most), patience(wait), outages(away)
    {
    }

    std::size_t limit;
    std::chrono::milliseconds patience;
    /// For what measures time that passed outside: when we were away, or the database's clock was put forward. Valid
    /// during the call.
    std::span<const domain::Outage> outages;
};

}  // namespace winnow::ports
