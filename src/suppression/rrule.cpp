#include "suppression/rrule.hpp"

#include "winnow/suppression/recurrence.hpp"

#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace winnow::suppression {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;

constexpr std::size_t kMaxChars = 512;
constexpr int kSearchedDays = 146'097;  // the calendar repeats itself after 400 years

icaltimetype ical_of(WallTime wall)
{
    return icaltime_from_timet_with_zone(wall.time_since_epoch().count(), 0, nullptr);  // floating
}

WallTime wall_of(const icaltimetype& time)
{
    return WallTime(std::chrono::seconds(icaltime_as_timet(time)));
}

template <typename Number, std::size_t Size>
bool has(const Number (&list)[Size])  // NOLINT(modernize-avoid-c-arrays): libical's
{
    return list[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

template <typename Number, std::size_t Size, typename Holds>
bool any_or_empty(const Number (&list)[Size], Holds holds)  // NOLINT(modernize-avoid-c-arrays)
{
    if (!has(list)) return true;
    for (std::size_t i = 0; i < Size && list[i] != ICAL_RECURRENCE_ARRAY_MAX; ++i) {
        if (holds(static_cast<int>(list[i]))) return true;
    }
    return false;
}

/// Whether a daily rule's limits ever agree. libical would look for it through centuries at each question.
bool daily_rule_occurs(const icalrecurrencetype& rule, WallTime first)
{
    const auto step = std::max<int>(rule.interval, 1);
    auto day = std::chrono::floor<days>(first);
    for (int passed = 0; passed < kSearchedDays; passed += step, day += days{step}) {
        const std::chrono::year_month_day date(day);
        const auto length =
            static_cast<int>(static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day()));
        const auto number = static_cast<int>(static_cast<unsigned>(date.day()));
        const auto weekday = static_cast<int>(std::chrono::weekday(day).c_encoding()) + 1;  // libical: Sunday is 1
        const bool agrees =
            any_or_empty(rule.by_month,
                         [&](int m) { return m == static_cast<int>(static_cast<unsigned>(date.month())); }) &&
            any_or_empty(rule.by_month_day, [&](int d) { return d == number || d == number - length - 1; }) &&
            any_or_empty(rule.by_day,
                         [&](int d) { return icalrecurrencetype_day_day_of_week(static_cast<short>(d)) == weekday; });
        if (agrees) return true;
    }
    return false;
}

struct Iterator {
    explicit Iterator(const icalrecurrencetype& rule, WallTime first)
        : it(icalrecur_iterator_new(rule, ical_of(first)), icalrecur_iterator_free)
    {
    }
    std::unique_ptr<icalrecur_iterator, void (*)(icalrecur_iterator*)> it;
};

std::string refused(const icalrecurrencetype& rule)
{
    switch (rule.freq) {
        case ICAL_SECONDLY_RECURRENCE:
        case ICAL_MINUTELY_RECURRENCE: return "a window cannot recur more often than hourly";
        case ICAL_HOURLY_RECURRENCE:
            if (has(rule.by_month) || has(rule.by_month_day) || has(rule.by_day) || has(rule.by_hour) ||
                has(rule.by_year_day) || has(rule.by_week_no) || has(rule.by_set_pos)) {
                return "FREQ=HOURLY takes INTERVAL, BYMINUTE, COUNT and UNTIL only; use FREQ=DAILY with BYHOUR";
            }
            break;
        case ICAL_NO_RECURRENCE: return "has no FREQ, such as FREQ=WEEKLY";
        default: break;
    }
    if (has(rule.by_second)) return "BYSECOND is not supported";
    if (rule.rscale != nullptr) return "RSCALE is not supported";
    if (rule.count > static_cast<int>(kMaxOccurrences)) return "COUNT must be at most 10000";
    return {};
}

}  // namespace

struct Rrule::Parsed {
    icalrecurrencetype rule;
};

Result<Rrule> Rrule::parse(const std::string& text, WallTime first, const std::function<WallTime(WallTime)>& to_wall)
{
    const auto invalid = [](const std::string& what) {
        return Error(ErrorCode::invalid_argument, what);
    };
    if (text.size() > kMaxChars) return invalid("must be at most 512 characters long");
    constexpr std::string_view kPrefix = "RRULE:";
    const auto body = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
    icalerror_clear_errno();
    auto rule = icalrecurrencetype_from_string(body.c_str());
    // RSCALE is text that libical allocates; what is refused for it frees it.
    const std::unique_ptr<char, void (*)(char*)> scale(rule.rscale, [](char* bytes) { icalmemory_free_buffer(bytes); });
    if (icalerrno != ICAL_NO_ERROR) {
        return invalid("is not a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU");
    }
    if (auto why = refused(rule); !why.empty()) return invalid(why);
    if (!icaltime_is_null_time(rule.until)) {
        auto until = rule.until;
        if (until.is_date != 0) {  // the whole day
            until.is_date = 0;
            until.hour = 23;
            until.minute = until.second = 59;
        }
        rule.until = ical_of(icaltime_is_utc(rule.until) != 0 ? to_wall(wall_of(until)) : wall_of(until));
    }
    if (rule.freq == ICAL_DAILY_RECURRENCE && !daily_rule_occurs(rule, first)) return invalid("never occurs");
    if (!Iterator(rule, first).it) return invalid("never occurs");
    return Rrule(std::make_shared<const Parsed>(Parsed{rule}));
}

void Rrule::walk(WallTime first, WallTime from, std::size_t most, const std::function<bool(WallTime)>& take) const
{
    const auto& rule = parsed_->rule;
    const bool skips = rule.count == 0 && from > first;
    if (skips && rule.freq == ICAL_HOURLY_RECURRENCE) {
        // libical's own skipping loses the phase of INTERVAL here.
        const auto step = hours{std::max<int>(rule.interval, 1)};
        first += (from - first) / step * step;
    }
    const Iterator iterator(rule, first);
    if (!iterator.it) return;
    if (skips && rule.freq != ICAL_HOURLY_RECURRENCE) {
        icalrecur_iterator_set_start(iterator.it.get(), ical_of(from));
    }
    for (std::size_t looked_at = 0; looked_at < most; ++looked_at) {
        const auto next = icalrecur_iterator_next(iterator.it.get());
        if (icaltime_is_null_time(next) != 0 || !take(wall_of(next))) return;
    }
}

}  // namespace winnow::suppression
