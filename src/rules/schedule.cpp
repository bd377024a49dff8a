#include "rules/schedule.hpp"

#include "winnow/base/zone_name.hpp"

#include <date/tz.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::rules {

namespace {

constexpr std::uint8_t kAllDays = 0x7F;

const date::time_zone* zone_named(const std::string& name)
{
    try {
        return date::locate_zone(name);
    } catch (const std::exception&) {  // neither an unknown name nor a missing table stops anything
        return nullptr;
    }
}

std::string zones_near(const std::string& name)
{
    try {
        std::vector<std::string_view> names;
        for (const auto& zone : date::get_tzdb().zones) {
            if (may_name_zone(zone.name())) names.emplace_back(zone.name());
        }
        return zones_meant(name, names);
    } catch (const std::exception&) {
        return {};
    }
}

void refuse(std::vector<FieldError>& errors, std::string pointer, std::string detail)
{
    errors.push_back({.pointer = std::move(pointer), .detail = std::move(detail)});
}

}  // namespace

std::shared_ptr<const Schedule> Schedule::compile(const std::optional<domain::WeeklySchedule>& source)
{
    if (!source) return nullptr;
    const auto* const zone = zone_named(source->time_zone);
    if (zone == nullptr) return nullptr;
    return std::shared_ptr<const Schedule>(new Schedule(*zone, source->weekly));
}

Schedule::Schedule(const date::time_zone& zone, const std::vector<domain::WeeklyPeriod>& weekly) : zone_(zone)
{
    for (const auto& period : weekly) {
        const auto length =
            period.until > period.from ? period.until - period.from : period.until - period.from + domain::kMinutesADay;
        for (int day = 0; day < 7; ++day) {
            if ((period.days >> day & 1) == 0) continue;
            const auto begin = static_cast<std::size_t>(day * domain::kMinutesADay + period.from);
            for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i) {
                minutes_.set((begin + i) % kMinutesAWeek);
            }
        }
    }
}

bool Schedule::covers(Timestamp instant) const
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(instant);
    const auto wall = whole.time_since_epoch() + zone_.get_info(date::sys_seconds(whole.time_since_epoch())).offset;
    const auto minutes = std::chrono::floor<std::chrono::minutes>(wall).count();
    constexpr std::int64_t kWeek = kMinutesAWeek;
    constexpr std::int64_t kThursday = 3 * domain::kMinutesADay;  // 1970-01-01
    return minutes_.test(static_cast<std::size_t>(((minutes + kThursday) % kWeek + kWeek) % kWeek));
}

void check_schedule(const domain::WeeklySchedule& schedule, std::vector<FieldError>& errors)
{
    if (!may_name_zone(schedule.time_zone) || zone_named(schedule.time_zone) == nullptr) {
        const auto near = zones_near(schedule.time_zone);
        refuse(errors, "/schedule/time_zone",
               "is no time zone such as \"Asia/Tokyo\"" + (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    if (schedule.weekly.empty() || schedule.weekly.size() > domain::kMaxWeeklyPeriods) {
        refuse(errors, "/schedule/weekly", "must have 1 to " + std::to_string(domain::kMaxWeeklyPeriods) + " periods");
    }
    for (std::size_t i = 0; i < schedule.weekly.size(); ++i) {
        const auto& period = schedule.weekly[i];
        const auto place = "/schedule/weekly/" + std::to_string(i);
        if (period.days == 0 || period.days > kAllDays) refuse(errors, place + "/days", "must name at least one day");
        if (period.from < 0 || period.from >= domain::kMinutesADay) {
            refuse(errors, place + "/from", "must be from \"00:00\" to \"23:59\"");
        }
        if (period.until == period.from) {
            refuse(errors, place + "/until",
                   "is the same as \"from\", so the period never occurs; a whole day is \"00:00\" to \"24:00\"");
        }
    }
}

}  // namespace winnow::rules
