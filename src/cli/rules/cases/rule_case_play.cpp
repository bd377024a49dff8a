/// @file
/// Test cases, played.

#include "cli/rules/cases/rule_cases.hpp"
#include "winnow/base/time_range.hpp"
#include "winnow/intake/formats.hpp"
#include "winnow/triage/rehearsal.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

namespace winnow::cli {

namespace {

using nlohmann::json;
using triage::Rehearsal;

json labels_json(const domain::Labels& labels)
{
    auto object = json::object();
    for (const auto& [name, value] : labels.entries()) object[name] = value;
    return object;
}

/// Who would hear of it: ids of contact groups, or the tenant's default route.
json route_json(const std::vector<ContactGroupId>& route)
{
    auto list = json::array();
    for (const auto& group : route) list.push_back(group.str());
    if (list.empty()) list.push_back("default");
    return list;
}

json ticket_json(const Rehearsal::Known& known)
{
    const auto& state = known.state;
    return {{"number", state.number},
            {"state", to_string(state.state)},
            {"severity", to_string(state.severity)},
            {"priority", known.opened.priority},
            {"dedup_key", state.dedup_key},
            {"title", state.title},
            {"source", state.source},
            {"service", state.service},
            {"labels", labels_json(known.opened.labels)},
            {"occurrences", state.occurrences},
            {"suppressed", state.suppressed},
            {"suppression_reason", state.suppression_reason},
            {"route", route_json(state.route)}};
}

json held_json(const std::optional<domain::Held>& held)
{
    if (!held) return nullptr;
    return {{"kind", to_string(held->kind)}, {"count", held->count}, {"needed", held->needed}};
}

class Player {
public:
    Player(std::shared_ptr<const rules::RuleSet> set, const domain::Settings& settings,
           const std::unordered_map<RuleId, std::string>& names, const RuleCase& played)
        : rehearsal_(std::move(set), settings), names_(names), case_(played), now_(played.at)
    {
    }

    CaseResult run()
    {
        CaseResult result;
        result.name = case_.name;
        for (std::size_t i = 0; i < case_.steps.size() && result.error.empty(); ++i) {
            step(case_.steps[i], "step " + std::to_string(i + 1), result);
        }
        if (!result.error.empty() || case_.expect.is_null()) return result;
        auto tickets = json::array();
        for (const auto& known : rehearsal_.tickets()) tickets.push_back(ticket_json(known));
        match(case_.expect, {{"tickets", std::move(tickets)}, {"told", told_since(0)}}, "end", "", result.mismatches);
        return result;
    }

private:
    void step(const CaseStep& step, const std::string& where, CaseResult& result)
    {
        const auto then = step.at.value_or(now_ + step.after.value_or(std::chrono::milliseconds{0}));
        if (!is_in_time_range(then)) {
            result.error = where + ": the clock must be " + std::string(kTimeRange);
            return;
        }
        if (then < now_) {
            result.error = where + ": the clock cannot go back to " + format_rfc3339(then);
            return;
        }
        now_ = then;
        const auto told_before = rehearsal_.notices().size();
        json facts = json::object();
        if (step.alert.is_null()) {
            rehearsal_.pass(now_);
        } else {
            for (std::size_t i = 0; i < step.times; ++i) {
                auto alert = read_alert(step.alert, where, result);
                if (!alert) return;
                if (i == 0) note_warnings(*alert, where, result);
                facts = facts_of(rehearsal_.take(*std::move(alert)));
            }
        }
        facts["told"] = told_since(told_before);
        if (!step.expect.is_null()) match(step.expect, facts, where, "", result.mismatches);
    }

    std::optional<domain::Alert> read_alert(const json& document, const std::string& where, CaseResult& result) const
    {
        const auto batch = intake::parse_native_json(
            document.dump(), {.integration_id = {}, .integration = "test", .received_at = now_}, {});
        if (!batch) {
            result.error = where + ": /alert " + batch.error().message();
            return std::nullopt;
        }
        if (const auto* alert = std::get_if<domain::Alert>(&batch->front())) return *alert;
        const auto& error = std::get<FieldError>(batch->front());
        result.error = where + ": /alert" + error.pointer + " " + error.detail;
        return std::nullopt;
    }

    static void note_warnings(const domain::Alert& alert, const std::string& where, CaseResult& result)
    {
        for (const auto& warning : alert.warnings) {
            result.warnings.push_back(where + ": /alert" + warning.pointer + " " + warning.detail);
        }
    }

    json facts_of(const Rehearsal::Taken& taken) const
    {
        const auto& evaluation = taken.evaluated.evaluation;
        const auto& alert = taken.evaluated.alert;
        auto matched = json::array();
        for (const auto& rule : evaluation.matches) matched.push_back(names_.at(rule.rule_id));
        auto failures = json::array();
        for (const auto& failure : evaluation.failures)
            failures.push_back(names_.at(failure.rule_id) + ": " + failure.error);
        const auto* ticket = taken.verdict.ticket_id ? rehearsal_.find(*taken.verdict.ticket_id) : nullptr;
        return {{"disposition", to_string(taken.verdict.disposition)},
                {"effect", to_string(taken.verdict.effect)},
                {"matched", std::move(matched)},
                {"severity", to_string(alert.severity)},
                {"priority", evaluation.priority},
                {"dedup_key", alert.dedup_key},
                {"labels", labels_json(alert.labels)},
                {"suppressed", evaluation.suppressed},
                {"suppression_reason", evaluation.suppression_reason},
                {"held_by", held_json(taken.verdict.held_by)},
                {"route", route_json(evaluation.route)},
                {"ticket", ticket == nullptr ? json(nullptr) : ticket_json(*ticket)},
                {"failures", std::move(failures)}};
    }

    json told_since(std::size_t first) const
    {
        auto list = json::array();
        for (auto i = first; i < rehearsal_.notices().size(); ++i) {
            list.push_back(to_string(rehearsal_.notices()[i].event.kind));
        }
        return list;
    }

    Rehearsal rehearsal_;
    const std::unordered_map<RuleId, std::string>& names_;
    const RuleCase& case_;
    Timestamp now_;
};

}  // namespace

std::vector<CaseResult> play(const RuleCases& cases, const std::vector<domain::Rule>& rules)
{
    const auto set = rules::RuleSet::compile(rules);
    std::unordered_map<RuleId, std::string> names;
    for (const auto& rule : rules) names.emplace(rule.id, rule.name);
    std::vector<CaseResult> results;
    results.reserve(cases.cases.size());
    for (const auto& each : cases.cases) results.push_back(Player(set, cases.settings, names, each).run());
    return results;
}

}  // namespace winnow::cli
