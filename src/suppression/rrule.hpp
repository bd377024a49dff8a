#pragma once

/// @file
/// A recurrence rule over wall-clock times, by libical. Private to suppression.

#include "winnow/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace winnow::suppression {

/// Seconds of a clock on a wall, whose zone is the caller's business. Counted as if it were UTC.
using WallTime = std::chrono::local_seconds;

class Rrule {
public:
    /// `invalid_argument` that says what is wrong. `to_wall` turns UTC (in which UNTIL may be given) into wall time.
    [[nodiscard]] static Result<Rrule> parse(const std::string& text, WallTime first,
                                             const std::function<WallTime(WallTime)>& to_wall);

    /// Calls `take` for the occurrences from about `from` on, in order, until it returns false, `most` were looked at,
    /// or there are no more.
    void walk(WallTime first, WallTime from, std::size_t most, const std::function<bool(WallTime)>& take) const;

private:
    struct Parsed;
    explicit Rrule(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
    std::shared_ptr<const Parsed> parsed_;
};

}  // namespace winnow::suppression
