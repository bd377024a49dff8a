/// @file
/// POST /rules/test: what rules would make of an alert, without a trace of it anywhere.

#include "api/alerts/alert_json.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/rules/rule_json.hpp"
#include "api/rules/rule_work.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/intake/formats.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxTestedRules = 1'000;

struct TestInput {
    std::vector<Rule> rules;
    domain::Alert alert;
};

/// A single rule is tested for what it says, whether or not it is in force.
Rule in_force(Rule rule)
{
    rule.enabled = true;
    rule.mode = domain::RuleMode::live;
    rule.effective_from.reset();
    rule.effective_until.reset();
    rule.schedule.reset();
    return rule;
}

/// The same place in the same list always gets the same id, so that compiled rules can be told apart.
Rule numbered(Rule rule, std::size_t index)
{
    rule.id = RuleId(Uuid::from_words(0, index + 1));
    rule.position = static_cast<std::int32_t>(index) + 1;
    return rule;
}

/// `stored`: the rule that "rule_id" names, where it names one that can be.
std::vector<Rule> tested_rules(const Call& call, FieldReader& fields, std::vector<FieldError>& errors,
                               const std::optional<Rule>& stored)
{
    std::vector<Rule> rules;
    const auto* rule = fields.any("rule");
    const auto* ruleset = fields.any("ruleset");
    const auto id = fields.id<RuleId>("rule_id");
    const int given = (rule != nullptr ? 1 : 0) + (ruleset != nullptr ? 1 : 0) + (fields.has("rule_id") ? 1 : 0);
    if (given != 1) fields.error("", R"(must have exactly one of "rule", "rule_id" and "ruleset")");
    if (rule != nullptr) rules.push_back(numbered(in_force(read_rule(*rule, "/rule", errors).rule), 0));
    if (id && !stored) fields.error("rule_id", "there is no such rule");
    if (id && stored) rules.push_back(in_force(*stored));
    if (ruleset != nullptr && (!ruleset->is_array() || ruleset->size() > kMaxTestedRules)) {
        fields.error("ruleset", "must be an array of at most " + std::to_string(kMaxTestedRules) + " rules");
    } else if (ruleset != nullptr) {
        const auto bounds = bounds_of(call);
        RuleBill bill(bounds);
        for (const auto& item : *ruleset) {
            const auto pointer = "/ruleset/" + std::to_string(rules.size());
            rules.push_back(numbered(read_rule(item, pointer, errors).rule, rules.size()));
            if (errors.size() >= kMaxErrors) break;
            const auto ended = bill.add(rules.back(), pointer);
            if (!ended) continue;
            errors.insert(errors.end(), ended->fields().begin(), ended->fields().end());
            if (ended->fields().empty()) fields.error("ruleset", ended->message());
            break;
        }
    }
    return rules;
}

domain::Alert tested_alert(const Call& call, FieldReader& fields, std::vector<FieldError>& errors)
{
    const auto* document = fields.any("alert", Need::required);
    if (document == nullptr) return {};
    if (!document->is_object() || document->contains("alerts")) {
        fields.error("alert", "must be one alert, as POST /api/v1/alerts takes it");
        return {};
    }
    const auto batch = intake::parse_native_json(dump(*document),
                                                 {.integration_id = {}, .integration = "test", .received_at = call.now},
                                                 call.services.alert_limits);
    if (!batch) {
        fields.error("alert", batch.error().message());
        return {};
    }
    if (const auto* alert = std::get_if<domain::Alert>(&batch->front())) return *alert;
    auto error = std::get<FieldError>(batch->front());
    error.pointer = "/alert" + error.pointer;
    errors.push_back(std::move(error));
    return {};
}

Result<TestInput> read_test(const Call& call, const json& document, const std::optional<Rule>& stored)
{
    FieldReader fields(document);
    std::vector<FieldError> errors;
    auto rules = tested_rules(call, fields, errors, stored);
    auto alert = tested_alert(call, fields, errors);
    if (const auto read = fields.finish(); !read) {
        errors.insert(errors.begin(), read.error().fields().begin(), read.error().fields().end());
    }
    if (!errors.empty()) return Error(std::move(errors));
    return TestInput{.rules = std::move(rules), .alert = std::move(alert)};
}

/// What the alert would end as, were no ticket open and no silence in force.
domain::Disposition disposition_of(const rules::Evaluation& evaluation, const domain::Alert& alert)
{
    const domain::AlertPosition first{.row = {.received_at = alert.received_at, .stream = 1, .seq = 1}, .index = 0};
    const auto outcome = triage::fold({{.position = first, .alert = alert, .evaluation = evaluation}},
                                      triage::States{.tickets = {}, .instances = {}}, domain::Settings{});
    return outcome.verdicts.front().disposition;
}

/// A part of a condition is true or false, or it failed.
json trace_json(const rules::TraceEntry& entry)
{
    auto leaves = json::array();
    for (const auto& leaf : entry.leaves) {
        json line{{"expr", leaf.expression}, {"actual", leaf.value}};
        if (leaf.error.empty()) {
            line["value"] = leaf.matched;
        } else {
            line["error"] = leaf.error;
        }
        if (leaf.bytes != 0) line["actual_bytes"] = leaf.bytes;
        leaves.push_back(std::move(line));
    }
    return leaves;
}

/// The first thing that went wrong: null, or a rule and why it did nothing, or not all that it says.
json error_json(const std::vector<rules::TraceEntry>& entries, const rules::Evaluation& evaluation)
{
    for (const auto& entry : entries) {
        if (entry.error.empty()) continue;
        return {{"code", "evaluation_failed"}, {"rule", entry.rule_name}, {"detail", entry.error}};
    }
    if (evaluation.failures.empty()) return nullptr;
    return {{"code", "evaluation_failed"}, {"rule", nullptr}, {"detail", evaluation.failures.front().error}};
}

Result<json> test_json(const Call& call, const TestInput& input)
{
    const auto now = call.now;
    const auto compiled = rules::RuleSet::compile(input.rules, nullptr, [&] { return call.is_given_up(); });
    if (compiled == nullptr) return Error(ErrorCode::timeout, "nobody waited for the answer any more");
    auto alert = input.alert;
    const auto evaluation = compiled->evaluate(alert, now);
    const auto entries = compiled->trace(input.alert, now);

    bool matched = false;
    bool truncated = false;
    auto trace = json::array();
    auto actions = json::array();
    auto per_rule = json::array();
    for (std::size_t i = 0; i < entries.size() && i < input.rules.size(); ++i) {
        const auto& entry = entries[i];
        truncated = truncated || entry.leaves_left_out;
        const auto leaves = trace_json(entry);
        trace.insert(trace.end(), leaves.begin(), leaves.end());
        per_rule.push_back({{"name", entry.rule_name},
                            {"matched", entry.matched},
                            {"stopped", entry.stopped_here},
                            {"error", entry.error.empty() ? json(nullptr) : json(entry.error)}});
        if (!entry.matched) continue;
        matched = true;
        const auto acted = rule_json(input.rules[i])["actions"];
        actions.insert(actions.end(), acted.begin(), acted.end());
    }
    json document{{"matched", matched},
                  {"error", error_json(entries, evaluation)},
                  {"trace", std::move(trace)},
                  {"truncated", truncated},
                  {"rules", std::move(per_rule)},
                  {"alert", received_json(alert)},
                  {"disposition", to_string(disposition_of(evaluation, alert))},
                  {"actions", std::move(actions)},
                  {"warnings", warnings_json(input.alert)}};
    put_findings(document, own_findings_json(input.rules, now));
    return document;
}

/// The rule that the document names by its id; nullopt where there is none, or none such.
Result<std::optional<Rule>> named_rule(const json& document, TenantSession& session)
{
    FieldReader fields(document);
    const auto id = fields.id<RuleId>("rule_id");
    if (!id) return std::optional<Rule>();
    auto stored = session.rules().find(*id);
    if (!stored && stored.error().code() == ErrorCode::not_found) return std::optional<Rule>();
    if (!stored) return stored.error();
    return std::optional(std::move(stored->rule));
}

}  // namespace

Result<Answer> test_rule(const Call& call, TenantSession& session)
{
    auto document = read_object(call.request);
    if (!document) return document.error();
    auto stored = named_rule(*document, session);
    if (!stored) return stored.error();
    return Compute(
        [document = *std::move(document), stored = *std::move(stored)](const Call& again) -> Result<Response> {
            const auto input = read_test(again, document, stored);
            if (!input) return input.error();
            const auto tested = test_json(again, *input);
            if (!tested) return tested.error();
            return json_response(200, *tested);
        });
}

}  // namespace winnow::api
