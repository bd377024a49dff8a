#pragma once

/// @file
/// What the built-in receiver writes for a message: as people would read it, and never more than a terminal can take.
/// Pure.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::app::dev {

/// `text` as a terminal may have it: nothing that is_hidden(), well-formed UTF-8, at most `max_bytes`. What was there
/// stands as a space, what was cut as "…".
[[nodiscard]] std::string for_terminal(std::string_view text, std::size_t max_bytes);

/// Not thread-safe.
class PagePrinter {
public:
    using Clock = std::chrono::steady_clock;

    /// What to print for a webhook's body that came in at `now`: the message as text, 22 lines at most, each short;
    /// what does not fit is left out of the middle. Of a second's messages the first 5 are shown so, the next 20 by
    /// their subject only, and of the others the count is told, by the next call of either function in a later second.
    [[nodiscard]] std::string page(const std::string& body, Clock::time_point now);

    /// The count of what has not been shown, once its second is over; "" where there is none.
    [[nodiscard]] std::string rest(Clock::time_point now);

private:
    Clock::time_point second_began_;
    std::size_t shown_ = 0;  ///< In this second.
    std::size_t not_shown_ = 0;
};

}  // namespace winnow::app::dev
