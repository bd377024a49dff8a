#include "winnow/base/time.hpp"

#include "winnow/base/time_range.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace winnow {

namespace {

using std::chrono::milliseconds;

// Reads from a text piece by piece; every step that does not fit clears `ok`.
class Cursor {
public:
    explicit Cursor(std::string_view text) noexcept : text_(text) {}

    int digits(std::size_t count) noexcept
    {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!at_digit()) {
                ok_ = false;
                return 0;
            }
            value = value * 10 + (text_[at_++] - '0');
        }
        return value;
    }

    void expect(std::string_view any_of) noexcept
    {
        if (!peek(any_of)) {
            ok_ = false;
            return;
        }
        ++at_;
    }

    [[nodiscard]] bool peek(std::string_view any_of) const noexcept
    {
        return at_ < text_.size() && any_of.find(text_[at_]) != std::string_view::npos;
    }

    bool take(char c) noexcept
    {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    // Fraction digits as milliseconds, cut rather than rounded; at least one digit is required.
    int fraction() noexcept
    {
        if (!at_digit()) ok_ = false;
        int value = 0;
        int weight = 100;
        while (at_digit()) {
            value += (text_[at_++] - '0') * weight;
            weight /= 10;
        }
        return value;
    }

    std::int64_t number() noexcept
    {
        std::int64_t value = 0;
        const auto* first = text_.data() + at_;
        const auto [last, ec] = std::from_chars(first, text_.data() + text_.size(), value);
        if (ec != std::errc() || last == first || *first == '-') {
            ok_ = false;
            return 0;
        }
        at_ += static_cast<std::size_t>(last - first);
        return value;
    }

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool done() const noexcept { return ok_ && at_ == text_.size(); }
    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }

private:
    [[nodiscard]] bool at_digit() const noexcept
    {
        return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

std::chrono::minutes read_offset(Cursor& cursor) noexcept
{
    if (cursor.peek("Zz")) {
        cursor.expect("Zz");
        return std::chrono::minutes{0};
    }
    const bool west = cursor.peek("-");
    cursor.expect("+-");
    const auto hours = cursor.digits(2);
    cursor.expect(":");
    const auto minutes = cursor.digits(2);
    if (hours > 23 || minutes > 59) cursor.expect("");  // fails: no character is expected
    const std::chrono::minutes offset{hours * 60 + minutes};
    return west ? -offset : offset;
}

struct Unit {
    char letter;
    milliseconds length;
};

// In the order in which ISO 8601 wants them.
constexpr std::array<Unit, 2> kDateUnits{{{'W', std::chrono::weeks{1}}, {'D', std::chrono::days{1}}}};
constexpr std::array<Unit, 2> kTimeUnits{{{'H', std::chrono::hours{1}}, {'M', std::chrono::minutes{1}}}};
constexpr milliseconds kLongest = std::chrono::years{100};

}  // namespace

std::string format_rfc3339(Timestamp instant)
{
    instant = std::clamp(instant, kEarliestTime, kLatestTime);
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{instant - day};
    std::array<char, 32> text{};
    const auto length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept
{
    const auto instant = parse_unbounded_rfc3339(text);
    return instant && is_in_time_range(*instant) ? instant : std::nullopt;
}

std::optional<Timestamp> parse_unbounded_rfc3339(std::string_view text) noexcept
{
    Cursor cursor(text);
    const auto year = cursor.digits(4);
    cursor.expect("-");
    const auto month = static_cast<unsigned>(cursor.digits(2));
    cursor.expect("-");
    const auto day = static_cast<unsigned>(cursor.digits(2));
    cursor.expect("Tt ");
    const auto hour = cursor.digits(2);
    cursor.expect(":");
    const auto minute = cursor.digits(2);
    cursor.expect(":");
    auto second = cursor.digits(2);
    auto fraction = cursor.take('.') ? cursor.fraction() : 0;
    const auto offset = read_offset(cursor);

    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (!cursor.done() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    if (second == 60) {
        second = 59;
        fraction = 999;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} + milliseconds{fraction} - offset;
}

std::string format_iso8601_duration(std::chrono::milliseconds duration)
{
    const std::chrono::hh_mm_ss time{duration};
    std::string text = "PT";
    if (time.hours().count() != 0) text += std::to_string(time.hours().count()) + "H";
    if (time.minutes().count() != 0) text += std::to_string(time.minutes().count()) + "M";
    const auto seconds = time.seconds().count();
    const auto fraction = time.subseconds().count();
    if (fraction != 0) {
        std::array<char, 32> tail{};
        std::snprintf(tail.data(), tail.size(), "%lld.%03lldS", static_cast<long long>(seconds),
                      static_cast<long long>(fraction));
        text += tail.data();
    } else if (seconds != 0 || text.size() == 2) {
        text += std::to_string(seconds) + "S";
    }
    return text;
}

std::optional<std::chrono::milliseconds> parse_iso8601_duration(std::string_view text) noexcept
{
    Cursor cursor(text);
    cursor.expect("P");
    milliseconds total{0};
    bool any = false;
    bool in_time = false;
    std::size_t next_unit = 0;
    while (cursor.ok() && !cursor.at_end()) {
        if (!in_time && cursor.take('T')) {
            in_time = true;
            next_unit = 0;
            any = false;  // a `T` must be followed by something
            continue;
        }
        const auto value = cursor.number();
        if (value > kLongest / std::chrono::seconds{1}) return std::nullopt;
        if (in_time && cursor.peek(".S")) {
            const auto fraction = cursor.take('.') ? cursor.fraction() : 0;
            cursor.expect("S");
            total += std::chrono::seconds{value} + milliseconds{fraction};
            if (!cursor.done()) return std::nullopt;
            any = true;
            break;
        }
        const auto& units = in_time ? kTimeUnits : kDateUnits;
        while (next_unit < units.size() && !cursor.peek(std::string_view(&units[next_unit].letter, 1))) ++next_unit;
        if (next_unit == units.size()) return std::nullopt;
        cursor.take(units[next_unit].letter);
        if (value > kLongest / units[next_unit].length) return std::nullopt;
        total += value * units[next_unit++].length;
        any = true;
    }
    if (!cursor.ok() || !any || total > kLongest) return std::nullopt;
    return total;
}

}  // namespace winnow
