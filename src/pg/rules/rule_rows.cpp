#include "pg/rules/rule_rows.hpp"

#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"
#include "pg/rules/rule_actions.hpp"
#include "pg/rules/rule_schedule.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace winnow::pg {

domain::Rule read_rule(const pqxx::row& row)
{
    domain::Rule rule;
    rule.id = id_of<RuleId>(row["rule_id"]);
    rule.name = text_of(row["name"]);
    rule.description = text_of(row["description"]);
    rule.position = row["position"].as<std::int32_t>();
    rule.enabled = row["enabled"].as<bool>();
    rule.effective_from = optional_time_of(row["effective_from"]);
    rule.effective_until = optional_time_of(row["effective_until"]);
    rule.condition = text_of(row["condition"]);
    rule.stop = row["stop"].as<bool>();
    rule.version = row["version"].as<std::int64_t>();
    rule.updated_at = time_of(row["updated_at"]);
    rule.updated_by = text_of(row["updated_by"]);
    const bool legible = is_legible("rule", rule.id, [&] {
        const auto syntax = domain::parse_rule_syntax(row["syntax"].c_str());
        const auto mode = domain::parse_rule_mode(row["mode"].c_str());
        auto actions = parse_actions(row["actions"].c_str());
        if (!syntax || !mode || !actions) throw std::runtime_error("unknown syntax, mode or action");
        if (!row["schedule"].is_null()) rule.schedule = read_schedule(nlohmann::json::parse(row["schedule"].c_str()));
        rule.syntax = *syntax;
        rule.mode = *mode;
        rule.actions = *std::move(actions);
    });
    if (!legible) rule.actions.clear();
    return rule;
}

bool is_unreadable(const domain::Rule& rule)
{
    return rule.actions.empty();
}

}  // namespace winnow::pg
