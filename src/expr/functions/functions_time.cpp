#include "expr/functions/function.hpp"
#include "expr/prices.hpp"
#include "expr/values/scalar_text.hpp"
#include "winnow/base/text.hpp"
#include "winnow/base/zone_name.hpp"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>

namespace winnow::expr {

namespace {

using namespace std::chrono;

/// "+09:00", "-02:30", "09:30", up to 14:59 as the world's clocks go; nullopt where it is a zone's name, or neither.
std::optional<seconds> fixed_offset(std::string_view zone)
{
    const bool minus = zone.starts_with('-');
    if (minus || zone.starts_with('+')) zone.remove_prefix(1);
    const auto digit = [&](std::size_t i) {
        return zone[i] >= '0' && zone[i] <= '9';
    };
    if (zone.size() != 5 || zone[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
    constexpr int kMostHours = 14;
    const int hour = (zone[0] - '0') * 10 + zone[1] - '0';
    const int minute = (zone[3] - '0') * 10 + zone[4] - '0';
    if (hour > kMostHours || minute > 59) return std::nullopt;
    const auto offset = hours(hour) + minutes(minute);
    return minus ? -offset : offset;
}

/// Seconds east of UTC at that instant; nullopt where there is no such zone.
std::optional<seconds> offset_of(std::string_view zone, std::int64_t at)
{
    if (zone.empty() || zone == "UTC" || zone == "Z") return seconds{0};
    if (const auto fixed = fixed_offset(zone)) return fixed;
    constexpr std::size_t kLongest = 64;
    if (zone.size() > kLongest || !may_name_zone(zone)) return std::nullopt;
    try {
        return date::locate_zone(zone)->get_info(sys_seconds(seconds(at))).offset;
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

Value no_zone(std::string_view zone)
{
    constexpr std::size_t kMostShown = 256;
    return Value::error("there is no time zone " + std::string(truncate_utf8(zone, kMostShown)));
}

struct Local {
    year_month_day date;
    sys_days day;
    hh_mm_ss<seconds> time;
};

template <std::int64_t (*Part)(const Local&, const Instant&)>
Value part_of_instant(Arguments a, Budget& budget)
{
    const auto* at = a[0].as<Instant>();
    const auto* zone = a.size() > 1 ? a[1].as<std::string>() : nullptr;
    if (at == nullptr || (a.size() > 1 && zone == nullptr)) return no_overload("a timestamp's part", a);
    if (!budget.charge(zone == nullptr ? 1 : price::kZone)) return over_budget();
    const auto offset = offset_of(zone == nullptr ? "" : *zone, at->seconds);
    if (!offset) return budget.charge(price::kNoZone) ? no_zone(*zone) : over_budget();
    const sys_seconds local(seconds(at->seconds) + *offset);
    const auto day = floor<days>(local);
    return Part({.date = day, .day = day, .time = hh_mm_ss<seconds>(local - day)}, *at);
}

/// Timestamps and durations share the names of some parts.
template <std::int64_t (*Part)(const Local&, const Instant&), std::int64_t (*OfSpan)(const Span&)>
Value part(Arguments a, Budget& budget)
{
    const auto* span = a[0].as<Span>();
    if (span != nullptr && a.size() == 1) return OfSpan(*span);
    return part_of_instant<Part>(a, budget);
}

std::int64_t year_of(const Local& local, const Instant& /*at*/)
{
    return static_cast<int>(local.date.year());
}
std::int64_t month_of(const Local& local, const Instant& /*at*/)
{
    return static_cast<unsigned>(local.date.month()) - 1;
}
std::int64_t day_of_month(const Local& local, const Instant& /*at*/)
{
    return static_cast<unsigned>(local.date.day()) - 1;
}
std::int64_t date_of(const Local& local, const Instant& /*at*/)
{
    return static_cast<unsigned>(local.date.day());
}
std::int64_t day_of_week(const Local& local, const Instant& /*at*/)
{
    return weekday(local.day).c_encoding();
}
std::int64_t day_of_year(const Local& local, const Instant& /*at*/)
{
    return (local.day - sys_days(local.date.year() / January / 1)).count();
}
std::int64_t hour_of(const Local& local, const Instant& /*at*/)
{
    return local.time.hours().count();
}
std::int64_t minute_of(const Local& local, const Instant& /*at*/)
{
    return local.time.minutes().count();
}
std::int64_t second_of(const Local& local, const Instant& /*at*/)
{
    return local.time.seconds().count();
}
std::int64_t millisecond_of(const Local& /*local*/, const Instant& at)
{
    return at.nanos / 1'000'000;
}

std::int64_t hours_of_span(const Span& span)
{
    return span.nanos / (3'600 * kNanosPerSecond);
}
std::int64_t minutes_of_span(const Span& span)
{
    return span.nanos / (60 * kNanosPerSecond);
}
std::int64_t seconds_of_span(const Span& span)
{
    return span.nanos / kNanosPerSecond;
}
std::int64_t milliseconds_of_span(const Span& span)
{
    return span.nanos % kNanosPerSecond / 1'000'000;
}

}  // namespace

void add_time_functions(std::vector<Function>& all)
{
    const auto add = [&all](std::string_view name, Value (*call)(Arguments, Budget&)) {
        all.push_back({.name = name, .method = true, .least = 1, .most = 2, .call = call});
    };
    add("getFullYear", part_of_instant<year_of>);
    add("getMonth", part_of_instant<month_of>);
    add("getDayOfMonth", part_of_instant<day_of_month>);
    add("getDate", part_of_instant<date_of>);
    add("getDayOfWeek", part_of_instant<day_of_week>);
    add("getDayOfYear", part_of_instant<day_of_year>);
    add("getHours", part<hour_of, hours_of_span>);
    add("getMinutes", part<minute_of, minutes_of_span>);
    add("getSeconds", part<second_of, seconds_of_span>);
    add("getMilliseconds", part<millisecond_of, milliseconds_of_span>);
}

}  // namespace winnow::expr
