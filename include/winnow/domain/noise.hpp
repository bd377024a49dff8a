#pragma once

/// @file
/// How many alerts came and what became of them.

#include "winnow/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::domain {

struct NoiseCounts {
    std::int64_t received = 0;
    std::int64_t dropped = 0;
    std::int64_t suppressed = 0;  ///< By rules.
    std::int64_t silenced = 0;    ///< By silences and maintenance windows.
    std::int64_t inhibited = 0;
    std::int64_t held = 0;
    std::int64_t ticketed = 0;
    std::int64_t resolved = 0;
    std::int64_t ignored = 0;
    std::int64_t notified = 0;    ///< Messages.
    std::int64_t would_drop = 0;  ///< By shadow rules, also below.
    std::int64_t would_suppress = 0;

    NoiseCounts& operator+=(const NoiseCounts& other) noexcept;

    friend bool operator==(const NoiseCounts&, const NoiseCounts&) = default;
};

/// Stored by name: do not rename.
enum class NoiseKind : std::uint8_t { total, rule, source, service };
[[nodiscard]] std::string_view to_string(NoiseKind kind) noexcept;

/// One hour's counts of one key: a rule's id, a source, a service; "" of all alerts together.
struct NoiseRow {
    Timestamp hour;  ///< Its beginning, in UTC.
    NoiseKind kind = NoiseKind::total;
    std::string key;
    NoiseCounts counts;

    friend bool operator==(const NoiseRow&, const NoiseRow&) = default;
};

/// So many sources and as many services are told apart in an hour; the others count together, as kOtherKeys.
inline constexpr std::size_t kMaxNoiseKeys = 1'000;
inline constexpr std::string_view kOtherKeys = "…";

}  // namespace winnow::domain
