/// @file
/// A rule's fields as values: shown, read back, compared. By their types alone.

#include "winnow/forms/action_form.hpp"
#include "winnow/forms/rule_form.hpp"
#include "winnow/forms/schedule_form.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace winnow::forms {

namespace {

using domain::Rule;
using nlohmann::json;

json shown(const RuleId& id)
{
    return id.str();
}

json shown(const Timestamp& at)
{
    return format_rfc3339(at);
}

json shown(const std::optional<Timestamp>& at)
{
    return at ? shown(*at) : json(nullptr);
}

json shown(const std::optional<domain::WeeklySchedule>& schedule)
{
    return schedule_json(schedule);
}

json shown(domain::RuleSyntax syntax)
{
    return to_string(syntax);
}

json shown(domain::RuleMode mode)
{
    return to_string(mode);
}

json shown(const std::vector<domain::Action>& actions)
{
    return actions_json(actions);
}

/// Texts, numbers and flags.
template <typename Plain>
json shown(const Plain& value)
{
    return value;
}

/// Moves what was read into its place, if anything was.
template <typename Value, typename Found>
bool keep(Found found, Value& value)
{
    if (!found) return false;
    value = *std::move(found);
    return true;
}

bool load(const json& stored, RuleId& id)
{
    return keep(RuleId::parse(stored.get<std::string>()), id);
}

bool load(const json& stored, Timestamp& at)
{
    if (stored.is_string()) return keep(parse_rfc3339(stored.get<std::string>()), at);
    at = Timestamp(std::chrono::milliseconds(stored.get<std::int64_t>()));
    return true;
}

bool load(const json& stored, std::optional<Timestamp>& at)
{
    at.reset();
    return stored.is_null() || load(stored, at.emplace());
}

bool load(const json& stored, std::optional<domain::WeeklySchedule>& schedule)
{
    return keep(load_schedule(stored), schedule);
}

bool load(const json& stored, domain::RuleSyntax& syntax)
{
    return keep(domain::parse_rule_syntax(stored.get<std::string>()), syntax);
}

bool load(const json& stored, domain::RuleMode& mode)
{
    return keep(domain::parse_rule_mode(stored.get<std::string>()), mode);
}

bool load(const json& stored, std::vector<domain::Action>& actions)
{
    return keep(load_actions(stored), actions);
}

/// Texts, numbers and flags.
template <typename Plain>
bool load(const json& stored, Plain& value)
{
    value = stored.get<Plain>();
    return true;
}

}  // namespace

json field_json(const Rule& rule, const RuleMember& member)
{
    return std::visit([&](auto at) { return shown(rule.*at); }, member);
}

bool load_field(const json& stored, const RuleMember& member, Rule& rule)
{
    return std::visit([&](auto at) { return load(stored, rule.*at); }, member);
}

bool agree(const Rule& a, const Rule& b, const RuleMember& member)
{
    return std::visit([&](auto at) { return a.*at == b.*at; }, member);
}

}  // namespace winnow::forms
