#pragma once

/// @file
/// Prefixes that showed a key lately. Pure.

#include "http/places/prefix.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace winnow::http {

/// A table of fixed size: where a row is full, who showed its key longest ago is forgotten. Which row is a prefix's
/// depends on `seed`, so nobody can choose prefixes that push out another one's. Belongs to one thread, or its
/// owner's lock.
class RecentPrefixes {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::size_t kAtOnce = 65'536;  ///< Takes 1 MiB.
    static constexpr std::chrono::hours kRemembered{24};

    explicit RecentPrefixes(std::uint64_t seed, std::size_t at_once = kAtOnce);

    void add(const Prefix& prefix, Time now) noexcept;
    [[nodiscard]] bool contains(const Prefix& prefix, Time now) const noexcept;

private:
    struct Entry {
        std::uint64_t prefix = 0;
        std::int64_t minute = kNever;  ///< Of the steady clock.
    };
    static constexpr std::int64_t kNever = INT64_MIN;
    using Row = std::array<Entry, 4>;

    [[nodiscard]] std::size_t row_of(const Prefix& prefix) const noexcept;

    const std::uint64_t seed_;
    std::vector<Row> rows_;
};

}  // namespace winnow::http
