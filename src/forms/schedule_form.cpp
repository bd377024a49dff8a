#include "winnow/forms/schedule_form.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::forms {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxZoneChars = 64;
// So that a word that is none hears which there are, and not how long they are.
constexpr std::size_t kMaxWordChars = 64;

std::uint8_t read_days(FieldReader& period)
{
    unsigned days = 0;
    const auto names = period.texts("days", {0, kMaxWordChars}, 7, Need::required);
    for (std::size_t i = 0; names && i < names->size(); ++i) {
        const auto day = domain::parse_weekday((*names)[i]);
        if (!day) {
            period.item_error("days", i, "must be mon, tue, wed, thu, fri, sat or sun");
            days |= 1U;  // told of; not also that there is none
        } else {
            days |= 1U << static_cast<unsigned>(*day);
        }
    }
    if (!names) days = 1;
    return static_cast<std::uint8_t>(days);
}

std::optional<std::int16_t> read_clock(FieldReader& period, const char* name)
{
    const auto text = period.text(name, {0, kMaxWordChars}, Need::required);
    if (!text) return std::nullopt;
    const auto minutes = domain::parse_clock(*text);
    if (!minutes) period.error(name, "must be a time of day from \"00:00\" to \"24:00\"");
    return minutes;
}

/// nullopt, or what nlohmann throws, where it is no period that schedule_json() wrote.
std::optional<domain::WeeklyPeriod> load_period(const json& stored)
{
    const auto from = domain::parse_clock(stored.at("from").get<std::string>());
    const auto until = domain::parse_clock(stored.at("until").get<std::string>());
    if (!from || !until) return std::nullopt;
    domain::WeeklyPeriod period{.days = 0, .from = *from, .until = *until};
    for (const auto& name : stored.at("days")) {
        const auto day = domain::parse_weekday(name.get<std::string>());
        if (!day) return std::nullopt;
        period.days = static_cast<std::uint8_t>(period.days | 1U << static_cast<unsigned>(*day));
    }
    return period;
}

}  // namespace

json schedule_json(const std::optional<domain::WeeklySchedule>& schedule)
{
    if (!schedule) return nullptr;
    auto weekly = json::array();
    for (const auto& period : schedule->weekly) {
        auto days = json::array();
        for (int day = 0; day < 7; ++day) {
            if ((period.days >> day & 1) != 0) days.push_back(domain::weekday_name(day));
        }
        weekly.push_back({{"days", std::move(days)},
                          {"from", domain::format_clock(period.from)},
                          {"until", domain::format_clock(period.until)}});
    }
    return {{"time_zone", schedule->time_zone}, {"weekly", std::move(weekly)}};
}

std::optional<domain::WeeklySchedule> read_schedule(FieldReader& rule)
{
    auto fields = rule.object("schedule");
    if (!fields) return std::nullopt;
    domain::WeeklySchedule schedule;
    const auto zone = fields->text("time_zone", {1, kMaxZoneChars}, Need::required);
    schedule.time_zone = zone.value_or("UTC");
    auto periods = fields->objects("weekly", domain::kMaxWeeklyPeriods, Need::required);
    fields->close();
    if (!periods) return std::nullopt;
    for (auto& period : *periods) {
        domain::WeeklyPeriod read{.days = read_days(period), .from = 0, .until = domain::kMinutesADay};
        const auto from = read_clock(period, "from");
        const auto until = read_clock(period, "until");
        period.close();
        if (from && until) {
            read.from = *from;
            read.until = *until;
        }
        schedule.weekly.push_back(read);
    }
    return schedule;
}

Result<std::optional<domain::WeeklySchedule>> load_schedule(const json& stored)
{
    if (stored.is_null()) return std::optional<domain::WeeklySchedule>();
    const Error broken(ErrorCode::internal, "a stored rule has a schedule that this version cannot read");
    try {
        domain::WeeklySchedule schedule{.time_zone = stored.at("time_zone"), .weekly = {}};
        for (const auto& entry : stored.at("weekly")) {
            const auto period = load_period(entry);
            if (!period) return broken;
            schedule.weekly.push_back(*period);
        }
        return std::optional(std::move(schedule));
    } catch (const json::exception&) {
        return broken;
    }
}

}  // namespace winnow::forms
