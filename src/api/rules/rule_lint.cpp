/// @file
/// What looks wrong in rules that are valid, and what they may cost together.

#include "api/costs/cost_json.hpp"
#include "api/notify/mute_routes.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/rules/rule_work.hpp"
#include "winnow/base/text.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/rules/cost.hpp"
#include "winnow/rules/lint.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/scope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxMessage = 1'024;
constexpr std::size_t kMaxFindings = 200;

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
            {"message", finding.message.size() > kMaxMessage
                            ? std::string(truncate_utf8(finding.message, kMaxMessage)) + "…"
                            : finding.message},
            {"pointer", "/condition"},
            {"position", std::move(position)},
            {"because_of", finding.because_of ? named(*finding.because_of) : json(nullptr)}};
}

bool drops(const domain::Action& action)
{
    return std::holds_alternative<domain::DropAction>(action);
}

/// What lint does not see, because it needs the time, or alerts to try conditions with. Conditions are tried at one
/// cost for all of a request's rules, so that nobody keeps the API busy with many that cost much.
class Trials {
public:
    explicit Trials(Timestamp now) : now_(now), hours_(suppression::hours_of_a_week(now)) {}

    void look_at(const Rule& rule)
    {
        if (rule.effective_until && *rule.effective_until <= now_) {
            add(rule, rules::FindingKind::suspicious, "/effective_until",
                "its effective_until has passed: it matches nothing any more");
        }
        if (!std::ranges::any_of(rule.actions, drops)) return;
        switch (breadth_of(rule)) {
            case Breadth::something: return;
            case Breadth::everything:
                return add(rule, rules::FindingKind::suspicious, "/condition",
                           "it drops every alert that reaches it, or every one that lacks what it names");
            case Breadth::untried:
                if (untried_++ == 0) first_untried_ = rule;
        }
    }

    /// After the last rule.
    [[nodiscard]] json findings() &&
    {
        if (untried_ == 0) return std::move(findings_);
        const auto others = untried_ == 1 ? std::string() : ", nor were " + std::to_string(untried_ - 1) + " after it";
        add(first_untried_, rules::FindingKind::untried, "/condition",
            "it was not tried out whether it drops everything" + others +
                ": trying conditions has cost all that one request may; look at fewer rules at once, or let them ask "
                "for less");
        return std::move(findings_);
    }

private:
    using Breadth = suppression::Breadth;

    Breadth breadth_of(const Rule& rule)
    {
        if (effort_.steps == 0) return Breadth::untried;
        const auto scope = suppression::Scope::compile({.text = rule.condition, .syntax = rule.syntax});
        return scope ? suppression::breadth_of(*scope, hours_, effort_) : Breadth::something;
    }

    void add(const Rule& rule, rules::FindingKind kind, const char* pointer, std::string message)
    {
        const rules::Finding finding{
            .rule_id = rule.id, .kind = kind, .message = std::move(message), .position = {}, .because_of = {}};
        findings_.push_back(finding_json(finding, {{rule.id, rule.name}}));
        findings_.back()["pointer"] = pointer;
    }

    Timestamp now_;
    std::vector<Timestamp> hours_;
    suppression::Effort effort_ = suppression::kEffortOfARequest;
    json findings_ = json::array();
    std::size_t untried_ = 0;
    Rule first_untried_;
};

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

Response answer(json findings)
{
    auto document = json::object();
    put_findings(document, std::move(findings));
    return json_response(200, document);
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
    Trials trials(now);
    for (const auto& rule : rules) {
        for (const auto& finding : rules::lint_alone(rule)) {
            list.push_back(finding_json(finding, {{rule.id, rule.name}}));
        }
        trials.look_at(rule);
    }
    append(list, std::move(trials).findings());
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

json findings_json(const std::vector<Rule>& rules, Timestamp now, std::optional<RuleId> only)
{
    const auto is_meant = [&](RuleId id) {
        return !only || id == *only;
    };
    std::unordered_map<RuleId, std::string> names;
    for (const auto& rule : rules) names.emplace(rule.id, rule.name);
    auto list = json::array();
    for (const auto& finding : rules::lint(rules)) {
        if (is_meant(finding.rule_id)) list.push_back(finding_json(finding, names));
    }
    Trials trials(now);
    for (const auto& rule : rules) {
        if (is_meant(rule.id)) trials.look_at(rule);
    }
    append(list, std::move(trials).findings());
    for (auto& shared : shared_names_json(rules)) {
        if (!only || shared["rule_id"] == only->str()) list.push_back(std::move(shared));
    }
    return list;
}

void put_findings(json& document, json findings)
{
    if (findings.size() > kMaxFindings) {
        // What must not be lost: that not all was tried, and warnings.
        const auto rank = [](const json& finding) {
            return finding["kind"] == "untried" ? 0 : finding["severity"] == "warning" ? 1 : 2;
        };
        auto& all = findings.get_ref<json::array_t&>();
        std::ranges::stable_sort(all, {}, rank);
        document["findings_left_out"] = all.size() - kMaxFindings;
        all.resize(kMaxFindings);
    }
    document["findings"] = std::move(findings);
}

Result<Done> check_allowance(const std::vector<Rule>& all, const domain::TenantLimits& limits,
                             const std::vector<Rule>& stored)
{
    const auto cost = cost_of_all(all);
    const auto allowed = rules::check_cost(cost, limits);
    return allowed ? allowed : rules::check_cost(cost, limits, cost_of_all(stored));
}

json over_limit_json(const std::vector<Rule>& rules, const domain::TenantLimits& limits)
{
    auto list = json::array();
    rules::Cost cost;
    for (const auto& rule : rules) {
        cost += rules::pattern_cost_of(rule);
        if (!rules::too_many_patterns(cost, limits)) continue;
        const auto of_all = rules::too_many_patterns(cost_of_all(rules), limits);
        const rules::Finding finding{
            .rule_id = rule.id,
            .kind = rules::FindingKind::suspicious,
            .message = "what is stored stays in force, but more is refused: from this rule on " + of_all.value_or(""),
            .position = {},
            .because_of = {}};
        list.push_back(finding_json(finding, {{rule.id, rule.name}}));
        break;
    }
    return list;
}

namespace {

constexpr std::size_t kAllRules = 1'000'000;

/// Rules that alerts cost too much by, at present.
json costly_json(const std::vector<Rule>& rules, const std::vector<domain::JudgeCost>& costs, Timestamp now)
{
    auto list = json::array();
    for (const auto& cost : costs) {
        const auto document = cost_json(cost, now);
        const auto rule = std::ranges::find(rules, RuleId(cost.judge.id), &Rule::id);
        if (document.is_null() || rule == rules.end()) continue;
        const bool is_aside = is_set_aside(state_of(cost.record, now));
        const auto so_often =
            std::to_string(cost.record.overruns) + " alerts cost more to judge than one may, and it cost most";
        const auto until =
            document["until"].is_string() ? document["until"].get<std::string>() : std::string("somebody changes it");
        const rules::Finding finding{.rule_id = rule->id,
                                     .kind = rules::FindingKind::suspicious,
                                     .message = is_aside ? "it is set aside until " + until + ": " + so_often
                                                         : so_often + ": if that goes on it is set aside",
                                     .position = {},
                                     .because_of = {}};
        list.push_back(finding_json(finding, {{rule->id, rule->name}}));
    }
    return list;
}

Result<Response> findings_response(const std::vector<Rule>& rules, const MuteGroups& mute, Timestamp now)
{
    auto findings = findings_json(rules, now);
    append_mute_routes(findings, rules, mute);
    return answer(std::move(findings));
}

/// A whole set that is not saved.
Result<Response> lint_draft(const json& list, const Groups& groups, const MuteGroups& mute, const Call& call)
{
    const auto inputs = sound_rules(groups, list, "/ruleset", bounds_of(call));
    if (!inputs) return inputs.error();
    return findings_response(draft_set(*inputs), mute, call.now);
}

/// The live rules; or one that is not saved, in its place among them.
Result<Response> lint_stored(std::vector<Rule>& rules, const std::vector<domain::JudgeCost>& costs, const json& rule,
                             const MuteGroups& mute, const Call& call)
{
    const auto now = call.now;
    if (rule.is_null()) {
        auto findings = findings_json(rules, now);
        append_mute_routes(findings, rules, mute);
        append(findings, over_limit_json(rules, call.services.tenant_limits));
        append(findings, costly_json(rules, costs, now));
        return answer(std::move(findings));
    }
    std::vector<FieldError> errors;
    const auto input = read_rule(rule, "/rule", errors);
    if (!errors.empty()) return Error(std::move(errors));
    const auto id = input.id.value_or(RuleId(Uuid::from_words(0, 1)));
    put_among(rules, input, id);
    auto findings = findings_json(rules, now, id);
    append_mute_routes(findings, {*std::ranges::find(rules, id, &Rule::id)}, mute);
    return answer(std::move(findings));
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
        auto mute = mute_groups(*groups, session);
        if (!mute) return mute.error();
        return Compute([list = std::move(document->at("ruleset")), groups = *std::move(groups),
                        mute = *std::move(mute)](const Call& again) { return lint_draft(list, groups, mute, again); });
    }
    auto stored = session.rules().page(std::nullopt, kAllRules);
    if (!stored) return stored.error();
    std::vector<Rule> rules;
    std::vector<domain::JudgeCost> costs;
    for (auto& each : *stored) {
        rules.push_back(std::move(each.rule));
        if (each.cost) costs.push_back(*std::move(each.cost));
    }
    const auto groups =
        rule == nullptr ? Result<Groups>(groups_routed_to(rules)) : named_groups(session, json::array({*rule}));
    if (!groups) return groups.error();
    auto mute = mute_groups(*groups, session);
    if (!mute) return mute.error();
    return Compute(
        [rules = std::move(rules), costs = std::move(costs), rule = rule == nullptr ? json() : *rule,
         mute = *std::move(mute)](const Call& again) mutable { return lint_stored(rules, costs, rule, mute, again); });
}

}  // namespace winnow::api
