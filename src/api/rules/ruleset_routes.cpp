#include "api/notify/mute_routes.hpp"
#include "api/quotas/quotas.hpp"
#include "api/rest/etag.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/resource.hpp"
#include "api/rules/rule_json.hpp"
#include "api/rules/rule_work.hpp"
#include "api/rules/ruleset_plan.hpp"
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

using LastVersions = std::unordered_map<RuleId, std::int64_t>;

/// Of rules that are wanted and not there, those that the tenant had once.
Result<LastVersions> deleted_before(TenantSession& session, const std::vector<Rule>& existing,
                                    const std::vector<RuleId>& wanted)
{
    std::unordered_set<RuleId> there;
    for (const auto& rule : existing) there.insert(rule.id);
    std::vector<RuleId> missing;
    for (const auto id : wanted) {
        if (!there.contains(id)) missing.push_back(id);
    }
    LastVersions found;
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

ReadingBounds bounds_beside_stored(const Call& call, TenantSession& session)
{
    auto bounds = bounds_of(call);
    bounds.stored = [&session]() -> Result<rules::Cost> {
        const auto stored = session.rules().all();
        if (!stored) return stored.error();
        return cost_of_all(*stored);
    };
    return bounds;
}

Result<std::vector<RuleInput>> sound_rules(const Groups& existing, const json& list, const std::string& pointer,
                                           const ReadingBounds& bounds)
{
    std::vector<FieldError> errors;
    std::vector<RuleInput> rules;
    rules.reserve(list.size());
    RuleBill bill(bounds);
    for (const auto& item : list) {
        const auto at = pointer + "/" + std::to_string(rules.size());
        rules.push_back(read_rule(item, at, errors));
        if (errors.size() >= kMaxErrors) return Error(std::move(errors));
        auto ended = bill.add(rules.back().rule, at);
        if (!ended) continue;
        errors.insert(errors.end(), ended->fields().begin(), ended->fields().end());
        return ended->fields().empty() ? *std::move(ended) : Error(std::move(errors));
    }
    refuse_repeated_ids(rules, pointer, errors);
    std::vector<RoutedRule> routed;
    routed.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        routed.push_back({.rule = &rules[i].rule, .pointer = pointer + "/" + std::to_string(i)});
    }
    for (auto& error : missing_groups(existing, routed)) errors.push_back(std::move(error));
    if (errors.size() > kMaxErrors) errors.resize(kMaxErrors);
    if (!errors.empty()) return Error(std::move(errors));
    return rules;
}

namespace {

/// The ids that rules of a list have, without reading the rules.
std::vector<RuleId> ids_in(const json& list)
{
    std::vector<RuleId> ids;
    for (const auto& rule : list) {
        const auto found = rule.is_object() ? rule.find("id") : rule.end();
        if (!rule.is_object() || found == rule.end() || !found->is_string()) continue;
        if (const auto id = RuleId::parse(found->get_ref<const std::string&>())) ids.push_back(*id);
    }
    return ids;
}

/// From the rules that are to those that are wanted, if the tenant may have them.
struct Planned {
    RulesetPlan plan;
    std::vector<Rule> outcome;
};

Result<Planned> planned(const Call& call, const std::vector<Rule>& existing, const std::vector<RuleInput>& wanted,
                        LastVersions before)
{
    auto plan = plan_ruleset(existing, wanted,
                             {.actor = call.who.actor(),
                              .at = call.now,
                              .new_id = call.services.new_id,
                              .deleted_before = std::move(before)});
    auto outcome = outcome_of(plan);
    if (const auto allowed = check_allowance(outcome, call.services.tenant_limits, existing); !allowed) {
        return allowed.error();
    }
    return Planned{.plan = std::move(plan), .outcome = std::move(outcome)};
}

/// What the rules of the list would change, from what was read of the database.
struct Plan {
    json list;
    Groups groups;
    MuteGroups mute;
    std::vector<Rule> existing;
    LastVersions before;
    std::int64_t version = 0;
};

Result<Response> plan_response(const Call& call, const Plan& plan)
{
    auto bounds = bounds_of(call);
    bounds.stored = [&plan]() -> Result<rules::Cost> {
        return cost_of_all(plan.existing);
    };
    const auto wanted = sound_rules(plan.groups, plan.list, "/rules", bounds);
    if (!wanted) return wanted.error();
    const auto would_be = planned(call, plan.existing, *wanted, plan.before);
    if (!would_be) return would_be.error();
    auto answer = plan_json(would_be->plan, /*dry_run=*/true, plan.version);
    auto findings = findings_json(would_be->outcome, call.now);
    append_mute_routes(findings, would_be->outcome, plan.mute);
    for (auto& finding : over_limit_json(would_be->outcome, call.services.tenant_limits)) {
        findings.push_back(std::move(finding));
    }
    put_findings(answer, std::move(findings));
    return versioned(answer, plan.version);
}

/// In a transaction that sees one moment, so that all is of one version.
Result<Answer> plan_only(TenantSession& session, json list, Groups groups, std::int64_t version)
{
    auto existing = session.rules().all();
    if (!existing) return existing.error();
    auto before = deleted_before(session, *existing, ids_in(list));
    if (!before) return before.error();
    auto mute = mute_groups(groups, session);
    if (!mute) return mute.error();
    Plan plan{.list = std::move(list),
              .groups = std::move(groups),
              .mute = *std::move(mute),
              .existing = *std::move(existing),
              .before = *std::move(before),
              .version = version};
    return Compute([plan = std::move(plan)](const Call& again) { return plan_response(again, plan); });
}

}  // namespace

Result<Response> change_ruleset(const Call& call, TenantSession& session, const RulesetChange& change)
{
    const auto existing = session.rules().all();
    if (!existing) return existing.error();
    std::vector<RuleId> ids;
    for (const auto& input : change.wanted) {
        if (input.id) ids.push_back(*input.id);
    }
    auto before = deleted_before(session, *existing, ids);
    if (!before) return before.error();
    auto next = planned(call, *existing, change.wanted, *std::move(before));
    if (!next) return next.error();
    auto& [plan, outcome] = *next;
    const auto more = static_cast<std::int64_t>(outcome.size()) - static_cast<std::int64_t>(existing->size());
    if (const auto room = has_room(call, session, domain::Quota::rules, more); !room) return room.error();
    plan.changes.comment = change.comment;
    if (const auto stored = session.rules().apply(plan.changes); !stored) return stored.error();
    const auto version = session.ruleset_history().version();
    if (!version) return version.error();
    auto answer = plan_json(plan, /*dry_run=*/false, *version);
    auto changed = plan.changes.created;
    changed.insert(changed.end(), plan.changes.updated.begin(), plan.changes.updated.end());
    auto findings = own_findings_json(changed, call.now);
    if (const auto told = append_mute_routes(findings, changed, session); !told) return told.error();
    if (!changed.empty()) {
        for (auto& shared : shared_names_json(outcome)) findings.push_back(std::move(shared));
    }
    if (!findings.empty()) put_findings(answer, std::move(findings));
    return versioned(answer, *version);
}

Result<Response> get_ruleset(const Call& call, TenantSession& session)
{
    const auto version = session.ruleset_history().version();
    if (!version) return version.error();
    const auto rules = session.rules().all();
    if (!rules) return rules.error();
    auto list = json::array();
    for (const auto& rule : *rules) list.push_back(rule_json(rule));
    return shown(call, {{"version", *version}, {"rules", std::move(list)}}, *version);
}

Result<Answer> put_ruleset(const Call& call, TenantSession& session)
{
    const auto dry_run = dry_run_of(call.request.head);
    if (!dry_run) return dry_run.error();
    const auto document = read_object(call.request);
    if (!document) return document.error();
    if (!*dry_run) {
        if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    }
    const auto current = session.ruleset_history().version();
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, *current); !fresh) return fresh.error();
    FieldReader fields(*document);
    const auto* list = rule_list(fields, "rules", call.services.tenant_limits.max_rules, Need::required);
    const auto comment = fields.text("comment", {0, kMaxRulesetComment});
    fields.read_only({"version"});
    if (const auto read = fields.finish(); !read) return read.error();
    auto groups = named_groups(session, *list);
    if (!groups) return groups.error();
    if (*dry_run) return plan_only(session, *list, *std::move(groups), *current);
    auto wanted = sound_rules(*groups, *list, "/rules", bounds_beside_stored(call, session));
    if (!wanted) return wanted.error();
    return change_ruleset(call, session, {.wanted = *std::move(wanted), .comment = comment.value_or("")});
}

}  // namespace winnow::api
