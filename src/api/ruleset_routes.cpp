#include "api/etag.hpp"
#include "api/json_body.hpp"
#include "api/problem.hpp"
#include "api/resource.hpp"
#include "api/rule_json.hpp"
#include "api/rule_work.hpp"
#include "api/ruleset_plan.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <unordered_map>
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
void refuse_repeated_ids(const std::vector<RuleInput>& rules, std::vector<FieldError>& errors)
{
    std::unordered_map<RuleId, std::size_t> first;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!rules[i].id) continue;
        const auto [it, is_new] = first.emplace(*rules[i].id, i);
        if (is_new) continue;
        errors.push_back({.pointer = "/rules/" + std::to_string(i) + "/id",
                          .detail = "is the id of /rules/" + std::to_string(it->second) + " too"});
    }
}

Result<std::vector<RuleInput>> sound_rules(TenantSession& session, const json& document)
{
    FieldReader fields(document);
    const auto* list = fields.any("rules", Need::required);
    fields.read_only({"version"});
    if (list != nullptr && (!list->is_array() || list->size() > kMaxRules)) {
        fields.error("rules", "must be an array of at most " + std::to_string(kMaxRules) + " rules");
    }
    if (const auto read = fields.finish(); !read) return read.error();

    std::vector<FieldError> errors;
    std::vector<RuleInput> rules;
    rules.reserve(list->size());
    for (const auto& item : *list) {
        rules.push_back(read_rule(item, "/rules/" + std::to_string(rules.size()), errors));
        if (errors.size() >= kMaxErrors) return Error(std::move(errors));
    }
    refuse_repeated_ids(rules, errors);
    std::vector<RoutedRule> routed;
    routed.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        routed.push_back({.rule = &rules[i].rule, .pointer = "/rules/" + std::to_string(i)});
    }
    auto missing = missing_groups(session, routed);
    if (!missing) return missing.error();
    for (auto& error : *missing) errors.push_back(std::move(error));
    if (errors.size() > kMaxErrors) errors.resize(kMaxErrors);
    if (!errors.empty()) return Error(std::move(errors));
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

Result<Response> get_ruleset(const Call& call, TenantSession& session)
{
    // Version first: rules that change in between come with a version that is too low, which If-Match then refuses.
    const auto version = session.settings().configuration_version();
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
    const auto locked = session.settings().lock_configuration();
    if (!locked) return locked.error();
    if (const auto fresh = check_if_match(call.request.head, *locked); !fresh) return fresh.error();
    const auto wanted = sound_rules(session, *document);
    if (!wanted) return wanted.error();
    const auto existing = session.rules().all();
    if (!existing) return existing.error();

    const auto plan =
        plan_ruleset(*existing, *wanted, {.actor = call.who.actor(), .at = call.now, .new_id = call.services.new_id});
    if (*dry_run) return versioned(plan_json(plan, true, *locked), *locked);
    if (const auto stored = session.rules().apply(plan.changes); !stored) return stored.error();
    const auto version = session.settings().configuration_version();
    if (!version) return version.error();
    return versioned(plan_json(plan, false, *version), *version);
}

}  // namespace winnow::api
