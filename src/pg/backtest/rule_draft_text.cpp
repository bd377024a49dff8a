#include "pg/backtest/rule_draft_text.hpp"

#include "winnow/forms/rule_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace winnow::pg {
namespace {

using domain::Rule;
using forms::RuleField;
using nlohmann::json;

/// What a back-test looks at. Drafts are older than the form that rules have elsewhere: their times are milliseconds.
bool is_kept(const RuleField& field)
{
    return field.part == forms::RulePart::place || field.part == forms::RulePart::effect;
}

bool is_needed(const RuleField& field)
{
    static constexpr std::array<std::string_view, 4> kNames{"id", "name", "condition", "actions"};
    return std::ranges::find(kNames, field.name) != kNames.end();
}

json kept_json(const Rule& rule, const RuleField& field)
{
    using Time = std::optional<Timestamp> Rule::*;
    const auto* at = std::get_if<Time>(&field.member);
    if (at == nullptr || !(rule.**at)) return forms::field_json(rule, field.member);
    return (rule.**at)->time_since_epoch().count();
}

json rule_json(const Rule& rule)
{
    auto document = json::object();
    for (const auto& field : forms::rule_fields()) {
        if (is_kept(field)) document[std::string(field.name)] = kept_json(rule, field);
    }
    return document;
}

/// Throws what nlohmann throws on a wrong type, and where what makes it a rule is missing. Any other field may be
/// younger than the program that kept the draft, which waits for a runner meanwhile: then it is a rule's that does not
/// say it.
std::optional<Rule> read_rule(const json& document)
{
    Rule rule;
    for (const auto& field : forms::rule_fields()) {
        if (!is_kept(field)) continue;
        const std::string name(field.name);
        if (!document.contains(name) && !is_needed(field)) continue;
        if (!forms::load_field(document.at(name), field.member, rule)) return std::nullopt;
    }
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
