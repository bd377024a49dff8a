#pragma once

/// @file
/// Times in which this service itself was not there.

#include "winnow/base/time.hpp"

#include <chrono>
#include <span>

namespace winnow::domain {

/// Nobody could be heard and nothing was done from `began` up to, not including, `ended`.
struct Outage {
    Timestamp began;
    Timestamp ended;
    friend bool operator==(const Outage&, const Outage&) = default;
};

/// How much of the time from `from` to `until` they took, each instant once. In any order; they may overlap.
[[nodiscard]] std::chrono::milliseconds dead_time(std::span<const Outage> outages, Timestamp from, Timestamp until);

/// Up to where may be judged, at `until`, who did not let hear of himself. Time in which nobody could does not count,
/// nor the `grace` after it that they have to come again: only what was before. Where outages follow each other sooner,
/// what was before the first of them. In any order; they may overlap.
[[nodiscard]] Timestamp judged_until(std::span<const Outage> outages, Timestamp until, std::chrono::milliseconds grace);

}  // namespace winnow::domain
