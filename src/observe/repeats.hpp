#pragma once

/// @file
/// Which warnings are said again: an outage must not bury what led to it. Pure: the instant is an argument. Private to
/// observe.

#include "winnow/observe/log.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace winnow::observe {

/// Not thread-safe. The same sentence with the same fields is said once, then once in `kQuiet`. A request's id does not
/// tell two troubles apart.
class Repeats {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds kQuiet{10};
    static constexpr std::size_t kMost = 1'000;  ///< Different ones that are remembered; beyond, all are said.

    /// nullopt: leave it out. Else say it, and that so many like it were left out since it was last said.
    [[nodiscard]] std::optional<std::size_t> say(std::string_view message, std::span<const Field> fields,
                                                 Clock::time_point now);

private:
    struct Said {
        Clock::time_point last;
        std::size_t left_out = 0;
    };

    std::unordered_map<std::string, Said> said_;
};

}  // namespace winnow::observe
