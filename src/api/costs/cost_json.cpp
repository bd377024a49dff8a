#include "api/costs/cost_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace winnow::api {

namespace {

using nlohmann::json;

double milliseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

json cost_json(const std::optional<domain::JudgeCost>& cost, Timestamp now)
{
    if (!cost) return nullptr;
    const auto& record = cost->record;
    const auto state = state_of(record, now);
    if (state == domain::CostState::fine) return nullptr;
    return {{"state", to_string(state)},
            {"until", state == domain::CostState::set_aside ? json(format_rfc3339(*record.until)) : json(nullptr)},
            {"mean_ms", milliseconds(record.sum / std::max<std::int64_t>(1, record.overruns))},
            {"most_ms", milliseconds(record.most)},
            {"overruns", record.overruns},
            {"last_alert_id", cost->last_alert.str()}};
}

}  // namespace winnow::api
