#include "api/rules/rule_json.hpp"

#include "api/costs/cost_json.hpp"
#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

namespace winnow::api {

using nlohmann::json;

json rule_json(const ports::StoredRule& stored, Timestamp now)
{
    const auto& stats = stored.stats;
    auto document = rule_json(stored.rule);
    document["stats"] = {{"matched", stats.matched},
                         {"last_matched_at", time_json(stats.last_matched_at)},
                         {"failed", stats.failed},
                         {"last_error", stats.last_error.empty() ? json(nullptr) : json(stats.last_error)},
                         {"last_failed_at", time_json(stats.last_failed_at)}};
    document["cost"] = cost_json(stored.cost, now);
    return document;
}

}  // namespace winnow::api
