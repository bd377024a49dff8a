/// @file
/// What looks wrong in rules that are valid, and what they may cost together.

#include "api/json_body.hpp"
#include "api/respond.hpp"
#include "api/rule_work.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/rules/cost.hpp"
#include "winnow/rules/lint.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/scope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// Findings that say that a rule does not do what it seems to; the others are advice.
bool is_warning(rules::FindingKind kind)
{
    using enum rules::FindingKind;
    return kind == contradictory || kind == never_true || kind == duplicate || kind == shadowed || kind == suspicious;
}

json finding_json(const rules::Finding& finding, const std::unordered_map<RuleId, std::string>& names)
{
    const auto named = [&](RuleId id) {
        return json{{"id", id.str()}, {"name", names.at(id)}};
    };
    json position = nullptr;
    if (finding.position) position = {{"line", finding.position->line}, {"column", finding.position->column}};
    return {{"rule_id", finding.rule_id.str()},
            {"rule_name", names.at(finding.rule_id)},
            {"kind", to_string(finding.kind)},
            {"severity", is_warning(finding.kind) ? "warning" : "info"},
            {"message", finding.message},
            {"pointer", "/condition"},
            {"position", std::move(position)},
            {"because_of", finding.because_of ? named(*finding.because_of) : json(nullptr)}};
}

bool drops(const domain::Action& action)
{
    return std::holds_alternative<domain::DropAction>(action);
}

/// What lint does not see, because it needs the time, or alerts to try the condition with.
json more_findings_json(const Rule& rule, Timestamp now)
{
    auto list = json::array();
    const auto add = [&](const char* pointer, std::string message) {
        const rules::Finding finding{.rule_id = rule.id,
                                     .kind = rules::FindingKind::suspicious,
                                     .message = std::move(message),
                                     .position = {},
                                     .because_of = {}};
        list.push_back(finding_json(finding, {{rule.id, rule.name}}));
        list.back()["pointer"] = pointer;
    };
    if (rule.effective_until && *rule.effective_until <= now) {
        add("/effective_until", "its effective_until has passed: it matches nothing any more");
    }
    if (!std::ranges::any_of(rule.actions, drops)) return list;
    const auto scope = suppression::Scope::compile({.text = rule.condition, .syntax = rule.syntax});
    if (scope && suppression::covers_everything(*scope, suppression::hours_of_a_week(now))) {
        add("/condition", "it drops every alert that reaches it, or every one that lacks what it names");
    }
    return list;
}

void append(json& list, json&& more)
{
    for (auto& item : more) list.push_back(std::move(item));
}

/// A rule that is looked at in its place among the live ones: instead of the one of its id, else at the end.
void put_among(std::vector<Rule>& rules, const RuleInput& input, RuleId id)
{
    auto rule = input.rule;
    rule.id = id;
    const auto same = std::ranges::find(rules, id, &Rule::id);
    const auto place = same != rules.end() ? same->position : rules.empty() ? 1 : rules.back().position + 1;
    rule.position = input.position.value_or(place);
    if (same != rules.end()) rules.erase(same);
    const auto after = std::ranges::lower_bound(rules, rule.position, {}, &Rule::position);
    rules.insert(after, std::move(rule));
}

std::vector<Rule> draft_set(const std::vector<RuleInput>& inputs)
{
    std::vector<Rule> rules;
    for (const auto& input : inputs) {
        rules.push_back(input.rule);
        rules.back().id = input.id.value_or(RuleId(Uuid::from_words(0, rules.size())));
        rules.back().position = static_cast<std::int32_t>(rules.size());
    }
    return rules;
}

}  // namespace

json own_findings_json(const std::vector<Rule>& rules, Timestamp now)
{
    auto list = json::array();
    for (const auto& rule : rules) {
        for (const auto& finding : rules::lint_alone(rule)) {
            list.push_back(finding_json(finding, {{rule.id, rule.name}}));
        }
        append(list, more_findings_json(rule, now));
    }
    return list;
}

json shared_names_json(const std::vector<Rule>& rules)
{
    auto list = json::array();
    std::unordered_map<RuleId, std::string> names;
    std::unordered_map<std::string_view, RuleId> first;
    for (const auto& rule : rules) {
        names.emplace(rule.id, rule.name);
        const auto [known, is_new] = first.try_emplace(rule.name, rule.id);
        if (is_new) continue;
        list.push_back(
            finding_json({.rule_id = rule.id,
                          .kind = rules::FindingKind::suspicious,
                          .message = "a rule before it has the same name: who reads of one cannot tell which",
                          .position = {},
                          .because_of = known->second},
                         names));
        list.back()["pointer"] = "/name";
    }
    return list;
}

json findings_json(const std::vector<Rule>& rules, Timestamp now)
{
    std::unordered_map<RuleId, std::string> names;
    for (const auto& rule : rules) names.emplace(rule.id, rule.name);
    auto list = json::array();
    for (const auto& finding : rules::lint(rules)) list.push_back(finding_json(finding, names));
    for (const auto& rule : rules) append(list, more_findings_json(rule, now));
    append(list, shared_names_json(rules));
    return list;
}

Result<Done> check_allowance(const std::vector<Rule>& all, const domain::TenantLimits& limits)
{
    rules::Cost cost;
    for (const auto& rule : all) cost += rules::cost_of(rule);
    return rules::check_cost(cost, limits);
}

namespace {

/// A whole set that is not saved.
Result<Response> lint_draft(const json& list, const Groups& groups, Timestamp now)
{
    const auto inputs = sound_rules(groups, list, "/ruleset");
    if (!inputs) return inputs.error();
    return json_response(200, {{"findings", findings_json(draft_set(*inputs), now)}});
}

/// The live rules; or one that is not saved, in its place among them.
Result<Response> lint_stored(std::vector<Rule>& rules, const json& rule, Timestamp now)
{
    if (rule.is_null()) return json_response(200, {{"findings", findings_json(rules, now)}});
    std::vector<FieldError> errors;
    const auto input = read_rule(rule, "/rule", errors);
    if (!errors.empty()) return Error(std::move(errors));
    const auto id = input.id.value_or(RuleId(Uuid::from_words(0, 1)));
    put_among(rules, input, id);
    auto findings = findings_json(rules, now);
    findings.erase(std::remove_if(findings.begin(), findings.end(),
                                  [&](const json& finding) { return finding["rule_id"] != id.str(); }),
                   findings.end());
    return json_response(200, {{"findings", std::move(findings)}});
}

}  // namespace

Result<Answer> lint_rules(const Call& call, TenantSession& session)
{
    auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto* rule = fields.any("rule");
    const auto* ruleset = rule_list(fields, "ruleset", call.services.tenant_limits.max_rules);
    if (rule != nullptr && ruleset != nullptr) fields.error("", R"(has "rule" or "ruleset", not both)");
    if (const auto read = fields.finish(); !read) return read.error();
    if (ruleset != nullptr) {
        auto groups = named_groups(session, *ruleset);
        if (!groups) return groups.error();
        return Compute([list = std::move(document->at("ruleset")), groups = *std::move(groups)](const Call& again) {
            return lint_draft(list, groups, again.now);
        });
    }
    auto rules = session.rules().all();
    if (!rules) return rules.error();
    return Compute([rules = *std::move(rules), rule = rule == nullptr ? json() : *rule](const Call& again) mutable {
        return lint_stored(rules, rule, again.now);
    });
}

}  // namespace winnow::api
