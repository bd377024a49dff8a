#pragma once

/// @file
/// What a request that changes nothing counts for, once it is known what it took.

#include <chrono>
#include <cstdint>

namespace winnow::api {

/// 1, and 1 for each whole millisecond of a processor beyond the first: a small one costs what its head has paid.
[[nodiscard]] constexpr std::int64_t units_of_read(std::chrono::nanoseconds spent) noexcept
{
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(spent).count();
    return whole > 1 ? whole : 1;
}

}  // namespace winnow::api
