#include "pg/backtest/rule_draft_text.hpp"

#include "pg/rules/rule_actions.hpp"
#include "pg/rules/rule_schedule.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Rule;
using nlohmann::json;

json time_json(const std::optional<Timestamp>& at)
{
    return at ? json(at->time_since_epoch().count()) : json(nullptr);
}

std::optional<Timestamp> read_time(const json& value)
{
    if (value.is_null()) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(value.get<std::int64_t>()));
}

/// What a back-test looks at.
json rule_json(const Rule& rule)
{
    return {{"id", rule.id.str()},
            {"name", rule.name},
            {"position", rule.position},
            {"enabled", rule.enabled},
            {"effective_from", time_json(rule.effective_from)},
            {"effective_until", time_json(rule.effective_until)},
            {"schedule", schedule_json(rule.schedule)},
            {"condition", rule.condition},
            {"syntax", to_string(rule.syntax)},
            {"actions", actions_json(rule.actions)},
            {"stop", rule.stop},
            {"mode", to_string(rule.mode)}};
}

/// Throws what nlohmann throws on a missing member or a wrong type.
std::optional<Rule> read_rule(const json& document)
{
    const auto id = RuleId::parse(document.at("id").get<std::string>());
    const auto syntax = domain::parse_rule_syntax(document.at("syntax").get<std::string>());
    const auto mode = domain::parse_rule_mode(document.at("mode").get<std::string>());
    auto actions = parse_actions(document.at("actions").dump());
    if (!id || !syntax || !mode || !actions) return std::nullopt;
    Rule rule;
    rule.id = *id;
    rule.name = document.at("name");
    rule.position = document.at("position");
    rule.enabled = document.at("enabled");
    rule.effective_from = read_time(document.at("effective_from"));
    rule.effective_until = read_time(document.at("effective_until"));
    rule.schedule = read_schedule(document.at("schedule"));
    rule.condition = document.at("condition");
    rule.syntax = *syntax;
    rule.actions = *std::move(actions);
    rule.stop = document.at("stop");
    rule.mode = *mode;
    return rule;
}

}  // namespace

std::string draft_text(const domain::RuleDraft& draft)
{
    auto rules = json::array();
    for (const auto& rule : draft.rules) rules.push_back(rule_json(rule));
    return json{{"whole_set", draft.whole_set}, {"rules", std::move(rules)}}.dump();
}

Result<domain::RuleDraft> parse_draft(std::string_view text)
{
    const Error broken(ErrorCode::internal, "a stored draft cannot be read by this version");
    try {
        const auto document = json::parse(text);
        domain::RuleDraft draft;
        draft.whole_set = document.at("whole_set");
        for (const auto& item : document.at("rules")) {
            auto rule = read_rule(item);
            if (!rule) return broken;
            draft.rules.push_back(*std::move(rule));
        }
        return draft;
    } catch (const json::exception&) {
        return broken;
    }
}

}  // namespace winnow::pg
