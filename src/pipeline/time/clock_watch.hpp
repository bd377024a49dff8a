#pragma once

/// @file
/// The database's clock beside a monotonic one. Private to pipeline. Pure.

#include "winnow/base/time.hpp"
#include "winnow/domain/outage.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace winnow::pipeline {

/// Due times are the database's; that its clock was put forward or back shows in the comparison of its steps with those
/// of a clock that never jumps. Time that it left out nobody lived through: it counts as an outage of ours. Put back it
/// delays what is due, and nothing happens twice, for each effect is conditional on its row.
class ClockWatch {
public:
    using Instant = std::chrono::steady_clock::time_point;

    /// Less is an answer that took its time: calls are cut after 15 seconds.
    static constexpr std::chrono::seconds kJump{60};
    /// For so long a jump is told of.
    static constexpr std::chrono::hours kKept{24};

    /// Notes what both clocks show. By how much the database's has jumped since the last time, forward or (negative)
    /// back, where that is over `kJump`.
    std::optional<std::chrono::milliseconds> look(Timestamp database, Instant steady);

    /// What the database's clock shows by now. Epoch before the first look.
    [[nodiscard]] Timestamp now(Instant steady) const;

    /// What it left out in the last day, in order.
    [[nodiscard]] const std::vector<domain::Outage>& left_out() const noexcept { return left_out_; }

private:
    std::optional<Instant> steady_;  ///< Of the last look.
    Timestamp database_;
    std::vector<domain::Outage> left_out_;
};

}  // namespace winnow::pipeline
