#pragma once

/// @file
/// What a loop over tenants may ask of one of them.

#include <chrono>
#include <cstddef>

namespace winnow::ports {

/// One call's share: at most so many rows, and so long a wait for whoever else is folding the tenant. Without patience
/// it is tried once: what is due stays due, and others need not wait for this tenant's lock.
struct Turn {
    Turn(std::size_t most, std::chrono::milliseconds wait = {}) : limit(most), patience(wait) {}  // NOLINT: a count

    std::size_t limit;
    std::chrono::milliseconds patience;
};

}  // namespace winnow::ports
