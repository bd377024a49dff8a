#include "winnow/domain/schedule.hpp"

#include <algorithm>
#include <array>

namespace winnow::domain {

namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

}  // namespace

std::string_view weekday_name(int day) noexcept
{
    return kDays[static_cast<std::size_t>(day) % kDays.size()];
}

std::optional<int> parse_weekday(std::string_view name) noexcept
{
    const auto* const found = std::ranges::find(kDays, name);
    if (found == kDays.end()) return std::nullopt;
    return static_cast<int>(found - kDays.begin());
}

std::string format_clock(std::int16_t minutes)
{
    const auto two = [](int number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    return two(minutes / 60) + ':' + two(minutes % 60);
}

std::optional<std::int16_t> parse_clock(std::string_view text) noexcept
{
    const auto digit = [&](std::size_t i) {
        return text[i] >= '0' && text[i] <= '9';
    };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
    const int hour = (text[0] - '0') * 10 + text[1] - '0';
    const int minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour * 60 + minute > kMinutesADay) return std::nullopt;
    return static_cast<std::int16_t>(hour * 60 + minute);
}

}  // namespace winnow::domain
