#include "api/etag.hpp"
#include "api/json_body.hpp"
#include "api/problem.hpp"
#include "api/reach/mute_routes.hpp"
#include "api/resource.hpp"
#include "api/rule_json.hpp"
#include "api/rule_work.hpp"
#include "api/ruleset_plan.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/ruleset_history.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxErrors = 50;  // as FieldReader: a hostile document must not buy a long answer

Result<bool> dry_run_of(const http::RequestHead& head)
{
    if (const auto known = only_parameters(head, {"dry_run"}); !known) return known.error();
    const auto text = head.query_parameter("dry_run").value_or("false");
    if (text != "true" && text != "false") return query_error("dry_run", "must be true or false");
    return text == "true";
}

/// Two rules of a document cannot be the same stored one.
void refuse_repeated_ids(const std::vector<RuleInput>& rules, const std::string& pointer,
                         std::vector<FieldError>& errors)
{
    std::unordered_map<RuleId, std::size_t> first;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!rules[i].id) continue;
        const auto [it, is_new] = first.emplace(*rules[i].id, i);
        if (is_new) continue;
        errors.push_back({.pointer = pointer + "/" + std::to_string(i) + "/id",
                          .detail = "is the id of " + pointer + "/" + std::to_string(it->second) + " too"});
    }
}

/// Of rules that are wanted and not there, those that the tenant had once.
Result<std::unordered_map<RuleId, std::int64_t>> deleted_before(TenantSession& session,
                                                                const std::vector<Rule>& existing,
                                                                const std::vector<RuleInput>& wanted)
{
    std::unordered_set<RuleId> there;
    for (const auto& rule : existing) there.insert(rule.id);
    std::vector<RuleId> missing;
    for (const auto& input : wanted) {
        if (input.id && !there.contains(*input.id)) missing.push_back(*input.id);
    }
    std::unordered_map<RuleId, std::int64_t> found;
    if (missing.empty()) return found;
    const auto versions = session.ruleset_history().last_versions(missing);
    if (!versions) return versions.error();
    found.insert(versions->begin(), versions->end());
    return found;
}

/// The set as it would be.
std::vector<Rule> outcome_of(const RulesetPlan& plan)
{
    const std::unordered_map<RuleId, std::int32_t> moved(plan.changes.moved.begin(), plan.changes.moved.end());
    auto rules = plan.unchanged;
    for (auto& rule : rules) {
        const auto place = moved.find(rule.id);
        if (place != moved.end()) rule.position = place->second;
    }
    rules.insert(rules.end(), plan.changes.created.begin(), plan.changes.created.end());
    rules.insert(rules.end(), plan.changes.updated.begin(), plan.changes.updated.end());
    std::ranges::sort(rules, {}, &Rule::position);
    return rules;
}

json named(const Rule& rule)
{
    return {{"id", rule.id.str()}, {"name", rule.name}};
}

json plan_json(const RulesetPlan& plan, bool dry_run, std::int64_t version)
{
    auto created = json::array();
    for (const auto& rule : plan.changes.created) {
        created.push_back(named(rule));
        if (dry_run) created.back()["id"] = nullptr;  // it would get another one the next time
    }
    auto updated = json::array();
    for (std::size_t i = 0; i < plan.changes.updated.size(); ++i) {
        updated.push_back(named(plan.changes.updated[i]));
        updated.back()["fields"] = plan.updated_fields[i];
    }
    auto deleted = json::array();
    for (const auto& rule : plan.deleted) deleted.push_back(named(rule));
    auto unchanged = json::array();
    for (const auto& rule : plan.unchanged) unchanged.push_back(named(rule));
    return {{"dry_run", dry_run},
            {"version", version},
            {"created", std::move(created)},
            {"updated", std::move(updated)},
            {"deleted", std::move(deleted)},
            {"unchanged", std::move(unchanged)},
            {"reordered", plan.reordered}};
}

}  // namespace

Result<std::vector<RuleInput>> sound_rules(TenantSession& session, const json& list, const std::string& pointer)
{
    std::vector<FieldError> errors;
    std::vector<RuleInput> rules;
    rules.reserve(list.size());
    for (const auto& item : list) {
        rules.push_back(read_rule(item, pointer + "/" + std::to_string(rules.size()), errors));
        if (errors.size() >= kMaxErrors) return Error(std::move(errors));
    }
    refuse_repeated_ids(rules, pointer, errors);
    std::vector<RoutedRule> routed;
    routed.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        routed.push_back({.rule = &rules[i].rule, .pointer = pointer + "/" + std::to_string(i)});
    }
    auto missing = missing_groups(session, routed);
    if (!missing) return missing.error();
    for (auto& error : *missing) errors.push_back(std::move(error));
    if (errors.size() > kMaxErrors) errors.resize(kMaxErrors);
    if (!errors.empty()) return Error(std::move(errors));
    return rules;
}

Result<Response> change_ruleset(const Call& call, TenantSession& session, const RulesetChange& change)
{
    const auto existing = session.rules().all();
    if (!existing) return existing.error();
    auto before = deleted_before(session, *existing, change.wanted);
    if (!before) return before.error();
    auto plan = plan_ruleset(*existing, change.wanted,
                             {.actor = call.who.actor(),
                              .at = call.now,
                              .new_id = call.services.new_id,
                              .deleted_before = *std::move(before)});
    const auto outcome = outcome_of(plan);
    if (const auto allowed = check_allowance(outcome, call.services.tenant_limits); !allowed) return allowed.error();
    plan.changes.comment = change.comment;
    if (!change.dry_run) {
        if (const auto stored = session.rules().apply(plan.changes); !stored) return stored.error();
    }
    const auto version = session.ruleset_history().version();
    if (!version) return version.error();
    auto answer = plan_json(plan, change.dry_run, *version);
    if (change.dry_run) {
        auto findings = findings_json(outcome, call.now);
        if (const auto told = append_mute_routes(findings, outcome, session); !told) return told.error();
        answer["findings"] = std::move(findings);
    } else {
        auto changed = plan.changes.created;
        changed.insert(changed.end(), plan.changes.updated.begin(), plan.changes.updated.end());
        auto findings = own_findings_json(changed, call.now);
        if (const auto told = append_mute_routes(findings, changed, session); !told) return told.error();
        if (!changed.empty()) {
            for (auto& shared : shared_names_json(outcome)) findings.push_back(std::move(shared));
        }
        if (!findings.empty()) answer["findings"] = std::move(findings);
    }
    return versioned(answer, *version);
}

Result<Response> get_ruleset(const Call& call, TenantSession& session)
{
    // Version first: rules that change in between come with a version that is too low, which If-Match then refuses.
    const auto version = session.ruleset_history().version();
    if (!version) return version.error();
    const auto rules = session.rules().all();
    if (!rules) return rules.error();
    auto list = json::array();
    for (const auto& rule : *rules) list.push_back(rule_json(rule));
    return shown(call, {{"version", *version}, {"rules", std::move(list)}}, *version);
}

Result<Response> put_ruleset(const Call& call, TenantSession& session)
{
    const auto dry_run = dry_run_of(call.request.head);
    if (!dry_run) return dry_run.error();
    const auto document = read_object(call.request);
    if (!document) return document.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.ruleset_history().version();
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, *current); !fresh) return fresh.error();
    FieldReader fields(*document);
    const auto* list = rule_list(fields, "rules", call.services.tenant_limits.max_rules, Need::required);
    const auto comment = fields.text("comment", {0, kMaxRulesetComment});
    fields.read_only({"version"});
    if (const auto read = fields.finish(); !read) return read.error();
    auto wanted = sound_rules(session, *list, "/rules");
    if (!wanted) return wanted.error();
    return change_ruleset(call, session,
                          {.wanted = *std::move(wanted), .comment = comment.value_or(""), .dry_run = *dry_run});
}

}  // namespace winnow::api
