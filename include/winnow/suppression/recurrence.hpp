#pragma once

/// @file
/// When a maintenance window is in force: RFC 5545 recurrence (winnow/calendar) in a time zone. Pure, save that a
/// zone's rules are read from the system's tables when it is first named.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/silence.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace winnow::suppression {

/// From the first instant up to, not including, the second.
struct Occurrence {
    Timestamp starts_at;
    Timestamp ends_at;

    friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

inline constexpr std::chrono::milliseconds kShortestWindow = std::chrono::minutes{1};
inline constexpr std::chrono::milliseconds kLongestWindow = std::chrono::hours{24 * 31};

/// Immutable but for what it remembers; thread-safe, shareable.
///
/// Recurs by the wall clock of its zone. A time that a change of clocks skips is taken as if the clocks had not
/// changed; of one that comes twice the first is meant.
class Recurrence {
public:
    /// Field errors about `/time_zone`, `/duration`, `/rrule` and `/exceptions/N`. What recurs more often than hourly
    /// or 48 times a day is refused, and so is what never occurs: within milliseconds, whatever the rule.
    [[nodiscard]] static Result<Recurrence> compile(const domain::MaintenanceWindow& window);

    /// The first `count` occurrences that end after `now`, in order.
    [[nodiscard]] std::vector<Occurrence> next(Timestamp now, std::size_t count) const;

    /// Whether an occurrence begins then: at an instant, or on a date of its zone. Those left out do not count.
    [[nodiscard]] bool begins_on(const std::string& when) const;

    /// The one that `now` lies in; of several the one that ends last.
    [[nodiscard]] std::optional<Occurrence> covering(Timestamp now) const;

private:
    class Impl;
    explicit Recurrence(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

}  // namespace winnow::suppression
