#include "intake/alert/lenient_time.hpp"

#include "winnow/base/time_range.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace winnow::intake {

namespace {

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

std::optional<Timestamp> unix_time(std::string_view text)
{
    const auto whole = text.substr(0, text.find('.'));
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (error != std::errc() || end != whole.data() + whole.size() || value < 0) return std::nullopt;
    using namespace std::chrono;
    if (whole.size() <= 11) return Timestamp(seconds{value});
    if (whole.size() <= 14) return Timestamp(milliseconds{value});
    if (whole.size() <= 17) return Timestamp(floor<milliseconds>(microseconds{value}));
    return Timestamp(floor<milliseconds>(nanoseconds{value}));
}

// "+0900", "+09", " +09:00 JST" → "+09:00"; nothing, "UTC" and "GMT" → "Z".
std::optional<std::string> zone_of(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty() || text == "UTC" || text == "GMT" || text == "Z" || text == "z") return "Z";
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    std::string digits;
    std::size_t at = 1;
    for (; at < text.size() && (is_digit(text[at]) || text[at] == ':'); ++at) {
        if (text[at] != ':') digits += text[at];
    }
    if (at < text.size() && text[at] != ' ') return std::nullopt;  // behind it: a zone's name, Go's monotonic clock
    if (digits.size() == 2) digits += "00";
    if (digits.size() != 4) return std::nullopt;
    return std::string(1, text.front()) + digits.substr(0, 2) + ":" + digits.substr(2);
}

}  // namespace

std::optional<Timestamp> time_from_sender(std::string_view text)
{
    constexpr std::size_t kLongest = 64;
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (text.empty() || text.size() > kLongest) return std::nullopt;
    if (const auto strict = parse_unbounded_rfc3339(text)) return strict;
    if (std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; })) return unix_time(text);

    constexpr std::size_t kDate = 10;
    constexpr std::size_t kMinutes = 16;
    constexpr std::size_t kSeconds = 19;
    if (text.size() == kDate) return parse_unbounded_rfc3339(std::string(text) + "T00:00:00Z");
    if (text.size() < kMinutes) return std::nullopt;
    std::string clock(text.substr(0, kMinutes));
    auto rest = text.substr(kMinutes);
    if (rest.starts_with(':') && text.size() >= kSeconds) {
        clock += rest.substr(0, kSeconds - kMinutes);
        rest.remove_prefix(kSeconds - kMinutes);
    } else {
        clock += ":00";
    }
    if (rest.starts_with('.') || rest.starts_with(',')) {
        std::size_t end = 1;
        while (end < rest.size() && is_digit(rest[end])) ++end;
        clock += "." + std::string(rest.substr(1, end - 1));
        rest.remove_prefix(end);
    }
    const auto zone = zone_of(rest);
    return zone ? parse_unbounded_rfc3339(clock + *zone) : std::nullopt;
}

}  // namespace winnow::intake
