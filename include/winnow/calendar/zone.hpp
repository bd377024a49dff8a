#pragma once

/// @file
/// A time zone: from instants to the clock on the wall and back. Pure, save that a zone's rules are read from the
/// system's tables when it is first named.

#include "winnow/calendar/rule.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace winnow::calendar {

/// Immutable, thread-safe, cheap to copy.
///
/// The tables that date reads end in 2037 where a zone changes its clocks by a rule for ever; what they say of the last
/// eleven years goes on after that. (A zone whose changes follow no such rule keeps its last offset.)
class Zone {
public:
    /// "Asia/Tokyo". nullopt: there is none of that name.
    [[nodiscard]] static std::optional<Zone> named(const std::string& name);

    /// The names, quoted, of zones that may have been meant by one of which there is none (zones_meant() of all).
    [[nodiscard]] static std::string names_meant(std::string_view name);

    [[nodiscard]] WallTime wall(std::chrono::sys_seconds instant) const;

    struct Instant {
        std::chrono::sys_seconds at;
        bool skipped = false;  ///< The clocks never showed that time.
    };
    /// Of a time that comes twice the first; one that is skipped is taken as if the clocks had not changed.
    [[nodiscard]] Instant instant(WallTime wall) const;

private:
    class Impl;
    explicit Zone(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

}  // namespace winnow::calendar
