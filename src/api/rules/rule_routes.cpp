#include "api/notify/mute_routes.hpp"
#include "api/quotas/quotas.hpp"
#include "api/rest/etag.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "api/rules/rule_json.hpp"
#include "api/rules/rule_order.hpp"
#include "api/rules/rule_work.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/ruleset_history.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// PUT /ruleset?dry_run=true changes nothing.
bool is_plan(const http::RequestHead& head)
{
    return head.query_parameter("dry_run") == "true";
}

Result<Response> list_rules(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto stretch = numbered_stretch<std::int32_t>(head);
    if (!stretch) return stretch.error();
    return page_response(
        head, *stretch, [&](const auto& place, std::size_t most) { return session.rules().page(place, most); },
        [&](const auto& stored) { return rule_json(stored, call.now); },
        [](const auto& stored) { return stored.rule.position; }, numbered_cursor);
}

Result<Response> get_rule(const Call& call, TenantSession& session)
{
    const auto id = call.id<RuleId>();
    if (!id) return id.error();
    const auto found = session.rules().find(*id);
    if (!found) return found.error();
    auto document = rule_json(*found, call.now);
    if (found->cost) return versioned(document, found->rule.version);  // not 304: time changes what it shows
    return shown(call, document, found->rule.version);
}

/// Reads a rule and checks what only the database knows. A condition that stays as it is `before` stays good.
Result<RuleInput> sound_rule(TenantSession& session, const json& document, const Rule* before = nullptr)
{
    std::vector<FieldError> errors;
    auto input = read_rule(document, "", errors);
    if (before != nullptr && input.rule.condition == before->condition && input.rule.syntax == before->syntax) {
        std::erase_if(errors, [](const FieldError& error) { return error.pointer == "/condition"; });
    }
    const auto missing = missing_groups(session, {{&input.rule, ""}});
    if (!missing) return missing.error();
    merge_errors(errors, *missing, "");
    if (!errors.empty()) return Error(std::move(errors));
    return input;
}

/// Whether the tenant may have the rule beside its others.
Result<Done> allowed_with(const Call& call, TenantSession& session, const Rule& rule)
{
    auto all = session.rules().all();
    if (!all) return all.error();
    const auto stored = *all;
    std::erase_if(*all, [&](const Rule& other) { return other.id == rule.id; });
    all->push_back(rule);
    return check_allowance(*all, call.services.tenant_limits, stored);
}

/// With what lint has to say to whoever saved it.
Result<json> saved_json(const ports::StoredRule& stored, Timestamp now, TenantSession& session)
{
    auto document = rule_json(stored, now);
    auto findings = own_findings_json({stored.rule}, now);
    if (const auto told = append_mute_routes(findings, {stored.rule}, session); !told) return told.error();
    if (!findings.empty()) document["findings"] = std::move(findings);
    return document;
}

Error no_position_left()
{
    return {ErrorCode::conflict, "a rule would stand behind position " + std::to_string(kMaxRulePosition) +
                                     ", the last there is; POST /api/v1/rules/reorder numbers the rules from 1 on"};
}

Result<Response> create_rule(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto input = sound_rule(session, *document);
    if (!input) return input.error();
    const auto order = session.rules().order();
    if (!order) return order.error();
    if (const auto room = has_room(call, session, domain::Quota::rules); !room) return room.error();

    auto& rule = input->rule;
    rule.id = RuleId(call.services.new_id());
    rule.position = input->position.value_or(position_at_end(*order));
    rule.version = 1;
    rule.updated_at = call.now;
    rule.updated_by = call.who.actor();
    ports::RuleChanges changes;
    changes.moved = make_room(*order, rule.position, rule.id);
    if (rule.position > kMaxRulePosition || reaches_beyond(changes.moved, kMaxRulePosition)) return no_position_left();
    changes.created.push_back(rule);
    changes.actor = rule.updated_by;
    if (const auto allowed = allowed_with(call, session, rule); !allowed) return allowed.error();
    if (const auto stored = session.rules().apply(changes); !stored) return stored.error();
    const auto saved = saved_json({rule, {}}, call.now, session);
    if (!saved) return saved.error();
    return created("/api/v1/rules/" + rule.id.str(), *saved, rule.version);
}

/// PUT and PATCH.
Result<Response> change_rule(const Call& call, TenantSession& session)
{
    const auto id = call.id<RuleId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto current = session.rules().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->rule.version); !fresh) return fresh.error();
    const auto document = wanted_document(call, rule_json(current->rule));
    if (!document) return document.error();
    auto input = sound_rule(session, *document, &current->rule);
    if (!input) return input.error();

    auto& rule = input->rule;
    rule.id = *id;
    rule.position = input->position.value_or(current->rule.position);
    rule.version = current->rule.version + 1;
    rule.updated_at = call.now;
    rule.updated_by = call.who.actor();
    ports::RuleChanges changes;
    if (rule.position != current->rule.position) {
        const auto order = session.rules().order();
        if (!order) return order.error();
        changes.moved = make_room(*order, rule.position, rule.id);
        if (reaches_beyond(changes.moved, kMaxRulePosition)) return no_position_left();
    }
    changes.updated.push_back(rule);
    changes.actor = rule.updated_by;
    if (const auto allowed = allowed_with(call, session, rule); !allowed) return allowed.error();
    if (const auto stored = session.rules().apply(changes); !stored) return stored.error();
    const auto saved = saved_json({rule, current->stats}, call.now, session);
    if (!saved) return saved.error();
    return versioned(*saved, rule.version);
}

Result<Response> delete_rule(const Call& call, TenantSession& session)
{
    const auto id = call.id<RuleId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.rules().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->rule.version); !fresh) return fresh.error();
    ports::RuleChanges changes;
    changes.deleted.push_back(*id);
    changes.actor = call.who.actor();
    if (const auto stored = session.rules().apply(changes); !stored) return stored.error();
    return no_content();
}

Result<Response> reorder_rules(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto wanted = fields.ids<RuleId>("ids", call.services.tenant_limits.max_rules, Need::required);
    if (const auto read = fields.finish(); !read) return read.error();

    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.ruleset_history().version();
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, *current); !fresh) return fresh.error();
    const auto order = session.rules().order();
    if (!order) return order.error();
    auto errors = reorder_errors(*order, *wanted);
    if (!errors.empty()) return Error(std::move(errors));
    ports::RuleChanges changes;
    changes.moved = renumbered(*order, *wanted);
    changes.actor = call.who.actor();
    if (const auto stored = session.rules().apply(changes); !stored) return stored.error();
    const auto version = session.ruleset_history().version();
    if (!version) return version.error();
    return versioned({{"ids", document->at("ids")}, {"version", *version}}, *version);
}

}  // namespace

namespace {

struct Mention {
    ContactGroupId group;
    std::string pointer;
};

std::vector<Mention> mentions_in(const std::vector<RoutedRule>& rules)
{
    std::vector<Mention> mentions;
    for (const auto& [rule, pointer] : rules) {
        for (std::size_t i = 0; i < rule->actions.size(); ++i) {
            const auto* route = std::get_if<domain::RouteAction>(&rule->actions[i]);
            if (route == nullptr) continue;
            const auto list = pointer + "/actions/" + std::to_string(i) + "/contact_group_ids/";
            for (std::size_t j = 0; j < route->contact_group_ids.size(); ++j) {
                mentions.push_back({route->contact_group_ids[j], list + std::to_string(j)});
            }
        }
    }
    return mentions;
}

Result<Groups> existing_of(TenantSession& session, std::vector<ContactGroupId> groups)
{
    std::ranges::sort(groups);
    groups.erase(std::ranges::unique(groups).begin(), groups.end());
    if (groups.empty()) return Groups();
    const auto found = session.contacts().existing_groups(groups);
    if (!found) return found.error();
    return Groups(found->begin(), found->end());
}

/// The member, where there is such a thing.
const json& member(const json& object, const char* name)
{
    static const json kNothing;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : kNothing;
}

}  // namespace

Result<Groups> named_groups(TenantSession& session, const json& list)
{
    std::vector<ContactGroupId> groups;
    for (const auto& rule : list) {
        for (const auto& action : member(rule, "actions")) {
            for (const auto& text : member(action, "contact_group_ids")) {
                if (!text.is_string()) continue;
                if (const auto id = ContactGroupId::parse(text.get_ref<const std::string&>())) groups.push_back(*id);
            }
        }
    }
    return existing_of(session, std::move(groups));
}

std::vector<FieldError> missing_groups(const Groups& existing, const std::vector<RoutedRule>& rules)
{
    std::vector<FieldError> errors;
    for (auto& [group, pointer] : mentions_in(rules)) {
        if (existing.contains(group)) continue;
        errors.push_back({.pointer = std::move(pointer), .detail = "there is no contact group " + group.str()});
    }
    return errors;
}

Result<std::vector<FieldError>> missing_groups(TenantSession& session, const std::vector<RoutedRule>& rules)
{
    std::vector<ContactGroupId> groups;
    for (const auto& mention : mentions_in(rules)) groups.push_back(mention.group);
    const auto existing = existing_of(session, std::move(groups));
    if (!existing) return existing.error();
    return missing_groups(*existing, rules);
}

std::vector<Route> rule_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/rules", read_rules, "listRules", list_rules},
        {"POST", "/api/v1/rules", write_rules, "createRule", create_rule, nullptr, true},
        {"POST", "/api/v1/rules/reorder", write_rules, "reorderRules", reorder_rules},
        {"POST", "/api/v1/rules/test", read_rules, "testRule", test_rule, always},
        {"POST", "/api/v1/rules/lint", read_rules, "lintRules", lint_rules, always},
        {"GET", "/api/v1/rules/{id}", read_rules, "getRule", get_rule},
        {"PUT", "/api/v1/rules/{id}", write_rules, "replaceRule", change_rule, nullptr, true},
        {"PATCH", "/api/v1/rules/{id}", write_rules, "updateRule", change_rule, nullptr, true},
        {"DELETE", "/api/v1/rules/{id}", write_rules, "deleteRule", delete_rule},
        {"GET", "/api/v1/ruleset", read_rules, "getRuleset", get_ruleset},
        {"PUT", "/api/v1/ruleset", write_rules, "replaceRuleset", put_ruleset, is_plan, true},
        {"GET", "/api/v1/ruleset/versions", read_rules, "listRulesetVersions", list_ruleset_versions},
        {"GET", "/api/v1/ruleset/versions/{version}", read_rules, "getRulesetVersion", get_ruleset_version},
        {"POST", "/api/v1/ruleset/rollback", write_rules, "rollBackRuleset", roll_back_ruleset, nullptr, true},
    };
}

}  // namespace winnow::api
