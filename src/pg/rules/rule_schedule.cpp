#include "pg/rules/rule_schedule.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>

namespace winnow::pg {

using nlohmann::json;

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

std::optional<domain::WeeklySchedule> read_schedule(const json& document)
{
    if (document.is_null()) return std::nullopt;
    domain::WeeklySchedule schedule{.time_zone = document.at("time_zone"), .weekly = {}};
    for (const auto& entry : document.at("weekly")) {
        const auto from = domain::parse_clock(entry.at("from").get<std::string>());
        const auto until = domain::parse_clock(entry.at("until").get<std::string>());
        if (!from || !until) throw std::runtime_error("a rule's schedule cannot be read");
        domain::WeeklyPeriod period{.days = 0, .from = *from, .until = *until};
        for (const auto& name : entry.at("days")) {
            const auto day = domain::parse_weekday(name.get<std::string>());
            if (!day) throw std::runtime_error("a rule's schedule cannot be read");
            period.days = static_cast<std::uint8_t>(period.days | 1U << static_cast<unsigned>(*day));
        }
        schedule.weekly.push_back(period);
    }
    return schedule;
}

}  // namespace winnow::pg
