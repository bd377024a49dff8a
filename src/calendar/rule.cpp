#include "winnow/calendar/rule.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace winnow::calendar {

namespace {

using std::string_view;

constexpr std::array<string_view, 7> kFrequencies{"YEARLY", "MONTHLY",  "WEEKLY",  "DAILY",
                                                  "HOURLY", "MINUTELY", "SECONDLY"};
constexpr std::array<string_view, 7> kWeekdays{"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

enum class Part : std::uint8_t {
    freq,
    interval,
    count,
    until,
    wkst,
    by_month,
    by_month_day,
    by_year_day,
    by_week_no,
    by_day,
    by_hour,
    by_minute,
    by_second,
    by_set_pos,
    unknown
};
constexpr std::array<string_view, 14> kParts{"FREQ",    "INTERVAL",   "COUNT",     "UNTIL",    "WKST",
                                             "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY",
                                             "BYHOUR",  "BYMINUTE",   "BYSECOND",  "BYSETPOS"};

/// Why it is refused; "": it is not.
using Complaint = std::string;

bool same_letters(string_view text, string_view upper)
{
    return std::ranges::equal(text, upper,
                              [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
}

template <std::size_t Size>
std::optional<std::size_t> place_of(string_view word, const std::array<string_view, Size>& words)
{
    const auto* const found = std::ranges::find_if(words, [&](string_view known) { return same_letters(word, known); });
    if (found == words.end()) return std::nullopt;
    return static_cast<std::size_t>(found - words.begin());
}

string_view trimmed(string_view text)
{
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// Cuts the front of `rest` off, up to `separator`.
string_view cut(string_view& rest, char separator)
{
    const auto end = std::min(rest.find(separator), rest.size());
    const auto front = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return front;
}

/// Digits only, at most nine.
std::optional<int> number_of(string_view digits)
{
    int number = 0;
    if (digits.empty() || digits.size() > 9 ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// With a sign before it.
std::optional<int> signed_number_of(string_view text)
{
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    const auto number = number_of(text);
    return number && minus ? -*number : number;
}

/// Hands each item of "1,2,3" to `take`, until it returns false.
template <typename Take>
bool each_item(string_view list, Take take)
{
    do {
        if (!take(cut(list, ','))) return false;
    } while (!list.empty());
    return true;
}

Complaint read_positive(string_view name, string_view value, std::uint32_t most, std::uint32_t& into)
{
    const auto number = number_of(value);
    // COUNT beyond its bound is told as such, however long.
    if (value.empty() || !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }) || number == 0) {
        return std::string(name) + " must be a whole number of 1 or more";
    }
    if (!number || *number > static_cast<int>(most))
        return std::string(name) + " must be at most " + std::to_string(most);
    into = static_cast<std::uint32_t>(*number);
    return {};
}

template <typename Mask>
Complaint read_mask(string_view name, string_view value, int least, int most, Mask& into)
{
    const bool read = each_item(value, [&](string_view item) {
        // "+3" is none by the RFC's grammar, but was taken once and may be stored.
        const auto number = signed_number_of(item);
        if (!number || item.starts_with('-') || *number < least || *number > most) return false;
        into |= Mask{1} << static_cast<unsigned>(*number);
        return true;
    });
    if (read) return {};
    return std::string(name) + " takes whole numbers from " + std::to_string(least) + " to " + std::to_string(most);
}

template <std::size_t Most>
Complaint read_ordinals(string_view name, string_view value, Ordinals<Most>& into)
{
    const bool read = each_item(value, [&](string_view item) {
        const auto number = signed_number_of(item);
        if (!number || *number == 0 || std::abs(*number) > static_cast<int>(Most)) return false;
        into.insert(*number);
        return true;
    });
    const auto most = std::to_string(Most);
    if (read) return {};
    return std::string(name) + " takes whole numbers from 1 to " + most + " and from -" + most + " to -1";
}

Complaint read_weekdays(string_view value, Rule& rule)
{
    const bool read = each_item(value, [&](string_view item) {
        if (item.size() < 2) return false;
        const auto day = place_of(item.substr(item.size() - 2), kWeekdays);
        if (!day) return false;
        const auto before = item.substr(0, item.size() - 2);
        if (before.empty()) {
            rule.weekdays |= 1U << *day;
            return true;
        }
        const auto number = signed_number_of(before);
        if (!number || *number == 0 || std::abs(*number) > 53) return false;
        rule.nth_weekday[*day].insert(*number);
        return true;
    });
    if (read) return {};
    return R"(BYDAY takes MO, TU, WE, TH, FR, SA and SU, also with a number such as "2MO" or "-1FR")";
}

Complaint read_until(string_view value, Rule& rule)
{
    const Complaint complaint =
        R"(UNTIL must be a date and time such as "20271224T180000Z", or a date such as "20271224")";
    const auto field = [&](std::size_t at, std::size_t size) {
        return number_of(value.substr(at, size)).value_or(-1);
    };
    const bool is_date = value.size() == 8;
    const bool is_utc = value.size() == 16 && (value[15] == 'Z' || value[15] == 'z');
    if (!is_date && !is_utc && value.size() != 15) return complaint;
    if (!is_date && value[8] != 'T' && value[8] != 't') return complaint;
    const int year = field(0, 4);
    const int month = field(4, 2);
    const int day = field(6, 2);
    if (year < 0 || month < 1 || day < 1) return complaint;
    const auto date = std::chrono::year(year) / month / day;
    if (!date.ok()) return complaint;
    const int hour = is_date ? 23 : field(9, 2);
    const int minute = is_date ? 59 : field(11, 2);
    const int second = is_date ? 59 : std::min(field(13, 2), 60);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || (!is_date && field(13, 2) > 60)) {
        return complaint;
    }
    rule.until = Until{.form = is_date ? Until::Form::date : (is_utc ? Until::Form::utc : Until::Form::local),
                       .at = std::chrono::local_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                             std::chrono::seconds(std::min(second, 59))};
    return {};
}

Complaint read_part(Part part, string_view value, Rule& rule)
{
    const auto name = kParts.at(static_cast<std::size_t>(part));
    switch (part) {
        case Part::freq: {
            const auto frequency = place_of(value, kFrequencies);
            if (!frequency) return "FREQ must be YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY";
            rule.frequency = static_cast<Frequency>(*frequency);
            return {};
        }
        case Part::interval: return read_positive(name, value, kMaxInterval, rule.interval);
        case Part::count: return read_positive(name, value, kMaxCount, rule.count);
        case Part::until: return read_until(value, rule);
        case Part::wkst: {
            const auto day = place_of(value, kWeekdays);
            if (!day) return "WKST must be MO, TU, WE, TH, FR, SA or SU";
            rule.week_start = static_cast<unsigned>(*day);
            return {};
        }
        case Part::by_month: return read_mask(name, value, 1, 12, rule.months);
        case Part::by_month_day: return read_ordinals(name, value, rule.month_days);
        case Part::by_year_day: return read_ordinals(name, value, rule.year_days);
        case Part::by_week_no: return read_ordinals(name, value, rule.weeks);
        case Part::by_day: return read_weekdays(value, rule);
        case Part::by_hour: return read_mask(name, value, 0, 23, rule.hours);
        case Part::by_minute: return read_mask(name, value, 0, 59, rule.minutes);
        case Part::by_second: {
            auto complaint = read_mask(name, value, 0, 60, rule.seconds);
            constexpr std::uint64_t kLeap = 1ULL << 60U;
            if ((rule.seconds & kLeap) != 0) rule.seconds = (rule.seconds & ~kLeap) | (kLeap >> 1U);
            return complaint;
        }
        case Part::by_set_pos: return read_ordinals(name, value, rule.positions);
        case Part::unknown: break;
    }
    return {};
}

/// What RFC 5545 says must not stand together.
Complaint forbidden(const Rule& rule)
{
    const auto frequency = rule.frequency;
    const auto name = std::string(kFrequencies.at(static_cast<std::size_t>(frequency)));
    const bool yearly = frequency == Frequency::yearly;
    if (rule.count != 0 && rule.until) return "COUNT and UNTIL must not stand together";
    if (rule.weeks.any() && !yearly) return "BYWEEKNO goes with FREQ=YEARLY only";
    if (rule.month_days.any() && frequency == Frequency::weekly) return "BYMONTHDAY does not go with FREQ=WEEKLY";
    if (rule.year_days.any() && !yearly && frequency < Frequency::hourly) {
        return "BYYEARDAY does not go with FREQ=" + name;
    }
    if (rule.any_nth_weekday() && frequency > Frequency::monthly) {
        return "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only";
    }
    if (rule.any_nth_weekday() && rule.weeks.any()) return "BYDAY with a number does not go with BYWEEKNO";
    const bool limited = rule.months != 0 || rule.month_days.any() || rule.year_days.any() || rule.weeks.any() ||
                         rule.any_by_day() || rule.hours != 0 || rule.minutes != 0 || rule.seconds != 0;
    if (rule.positions.any() && !limited) return "BYSETPOS needs another part that begins with BY";
    return {};
}

constexpr string_view kNoRule = "is not a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU";

Complaint unknown_part(string_view name)
{
    constexpr std::size_t kLongestName = 20;
    const bool is_name = !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    });
    if (!is_name) return std::string(kNoRule);
    if (same_letters(name, "RSCALE") || same_letters(name, "SKIP")) return std::string(name) + " is not supported";
    const auto meant = nearest(name, kParts);
    return std::string(name) + " is not a part of RFC 5545's recurrence rules" +
           (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?");
}

Error invalid(std::string why)
{
    return Error(ErrorCode::invalid_argument, std::move(why));
}

}  // namespace

bool Rule::any_nth_weekday() const
{
    return std::ranges::any_of(nth_weekday, [](const auto& numbers) { return numbers.any(); });
}

Result<Rule> parse_rule(string_view text)
{
    constexpr string_view kPrefix = "RRULE:";
    if (text.size() >= kPrefix.size() && same_letters(text.substr(0, kPrefix.size()), kPrefix)) {
        text.remove_prefix(kPrefix.size());
    }
    Rule rule;
    std::bitset<kParts.size()> seen;
    while (!text.empty()) {
        auto value = cut(text, ';');
        if (value.empty()) continue;  // ";" at the end, or two: harmless, and stored rules may have them
        const bool has_value = value.contains('=');
        const auto name = cut(value, '=');
        const auto place = has_value ? place_of(name, kParts) : std::nullopt;
        if (!place) return invalid(has_value ? unknown_part(name) : std::string(kNoRule));
        if (seen.test(*place)) return invalid(std::string(kParts.at(*place)) + " must stand there once");
        seen.set(*place);
        if (auto why = read_part(static_cast<Part>(*place), value, rule); !why.empty()) return invalid(std::move(why));
    }
    if (!seen.test(static_cast<std::size_t>(Part::freq))) return invalid("has no FREQ, such as FREQ=WEEKLY");
    if (auto why = forbidden(rule); !why.empty()) return invalid(std::move(why));
    return rule;
}

}  // namespace winnow::calendar
