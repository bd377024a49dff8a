#include "api/rule_json.hpp"

#include "api/json_body.hpp"
#include "api/resource.hpp"
#include "winnow/rules/rule_set.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {
namespace {

using domain::Action;
using domain::Rule;
using nlohmann::json;

constexpr std::size_t kMaxConditionChars = 8'192;
constexpr std::size_t kMaxDescriptionChars = 4'000;
constexpr std::size_t kMaxTemplateChars = 4'096;
constexpr std::size_t kMaxKeyFields = 32;
constexpr std::size_t kMaxRoutedGroups = 50;

json time_or_null(const std::optional<Timestamp>& at)
{
    return at ? json(format_rfc3339(*at)) : json(nullptr);
}

struct ActionJson {
    json operator()(const domain::DropAction& /*action*/) const { return {{"type", "drop"}}; }
    json operator()(const domain::SuppressAction& action) const
    {
        return {{"type", "suppress"}, {"reason", action.reason}};
    }
    json operator()(const domain::SetAction& action) const
    {
        return {{"type", "set"}, {"field", action.field}, {"value", action.value}};
    }
    json operator()(const domain::SeverityAction& action) const
    {
        return {{"type", "severity"}, {"severity", to_string(action.severity)}};
    }
    json operator()(const domain::DedupKeyAction& action) const
    {
        if (action.fields.empty()) return {{"type", "dedup_key"}, {"template", action.key_template}};
        return {{"type", "dedup_key"}, {"fields", action.fields}};
    }
    json operator()(const domain::RouteAction& action) const
    {
        auto groups = json::array();
        for (const auto& id : action.contact_group_ids) groups.push_back(id.str());
        return {{"type", "route"}, {"contact_group_ids", std::move(groups)}};
    }
};

Action read_severity(FieldReader& fields)
{
    const auto word = fields.word("severity", {"critical", "error", "warning", "info"}, Need::required);
    const auto severity = domain::parse_severity(word.value_or("warning"));
    return domain::SeverityAction{severity.value_or(domain::Severity::warning)};
}

Action read_dedup_key(FieldReader& fields)
{
    domain::DedupKeyAction action;
    action.fields = fields.texts("fields", {1, 300}, kMaxKeyFields).value_or(action.fields);
    action.key_template = fields.text("template", {1, kMaxTemplateChars}).value_or("");
    if (fields.has("fields") == fields.has("template")) {
        fields.error("", R"(must have either "fields" or "template")");
    }
    return action;
}

Action read_action(FieldReader& fields)
{
    const auto type =
        fields.word("type", {"drop", "suppress", "set", "severity", "dedup_key", "route"}, Need::required);
    if (!type) return domain::DropAction{};  // not closed: nobody knows which fields it should have
    Action action = domain::DropAction{};
    if (*type == "suppress") action = domain::SuppressAction{fields.text("reason", {0, 1'024}).value_or("")};
    if (*type == "severity") action = read_severity(fields);
    if (*type == "dedup_key") action = read_dedup_key(fields);
    if (*type == "set") {
        action = domain::SetAction{fields.text("field", {1, 300}, Need::required).value_or(""),
                                   fields.text("value", {0, kMaxTemplateChars}, Need::required).value_or("")};
    }
    if (*type == "route") {
        auto groups = fields.ids<ContactGroupId>("contact_group_ids", kMaxRoutedGroups, Need::required);
        action = domain::RouteAction{std::move(groups).value_or(std::vector<ContactGroupId>())};
    }
    fields.close();
    return action;
}

bool drops(const Rule& rule)
{
    return std::ranges::any_of(rule.actions,
                               [](const Action& action) { return std::holds_alternative<domain::DropAction>(action); });
}

}  // namespace

json rule_json(const Rule& rule)
{
    auto actions = json::array();
    for (const auto& action : rule.actions) actions.push_back(std::visit(ActionJson{}, action));
    return {{"id", rule.id.str()},
            {"name", rule.name},
            {"description", rule.description},
            {"position", rule.position},
            {"enabled", rule.enabled},
            {"effective_from", time_or_null(rule.effective_from)},
            {"effective_until", time_or_null(rule.effective_until)},
            {"condition", rule.condition},
            {"syntax", to_string(rule.syntax)},
            {"actions", std::move(actions)},
            {"stop", rule.stop},
            {"mode", to_string(rule.mode)},
            {"version", rule.version},
            {"updated_at", format_rfc3339(rule.updated_at)},
            {"updated_by", rule.updated_by}};
}

json rule_json(const ports::StoredRule& stored)
{
    const auto& stats = stored.stats;
    auto document = rule_json(stored.rule);
    document["stats"] = {{"matched", stats.matched},
                         {"last_matched_at", time_or_null(stats.last_matched_at)},
                         {"failed", stats.failed},
                         {"last_error", stats.last_error.empty() ? json(nullptr) : json(stats.last_error)},
                         {"last_failed_at", time_or_null(stats.last_failed_at)}};
    return document;
}

RuleInput read_rule(const json& document, const std::string& pointer, std::vector<FieldError>& errors)
{
    RuleInput input;
    Rule& rule = input.rule;
    FieldReader fields(document, pointer);
    input.id = fields.id<RuleId>("id");
    rule.name = fields.text("name", {1, 200}, Need::required).value_or("");
    rule.description = fields.text("description", {0, kMaxDescriptionChars}).value_or("");
    const auto position = fields.integer("position", 1, kMaxRulePosition);
    if (position) input.position = static_cast<std::int32_t>(*position);
    rule.enabled = fields.boolean("enabled").value_or(true);
    rule.effective_from = fields.timestamp("effective_from");
    rule.effective_until = fields.timestamp("effective_until");
    rule.condition = fields.text("condition", {0, kMaxConditionChars}, Need::required).value_or("");
    const auto syntax = fields.word("syntax", {"cel", "matchers", "keywords"});
    rule.syntax = domain::parse_rule_syntax(syntax.value_or("matchers")).value_or(domain::RuleSyntax::matchers);
    if (auto actions = fields.objects("actions", kMaxRuleActions, Need::required)) {
        for (auto& action : *actions) rule.actions.push_back(read_action(action));
    }
    rule.stop = fields.boolean("stop").value_or(drops(rule));
    const auto mode = fields.word("mode", {"live", "shadow"});
    rule.mode = domain::parse_rule_mode(mode.value_or("live")).value_or(domain::RuleMode::live);
    fields.read_only({"version", "updated_at", "updated_by", "stats"});

    std::vector<FieldError> found;
    if (const auto read = fields.finish(); !read) found = read.error().fields();
    // What could not be read was told of; the rest is judged as a rule.
    const auto sound = rules::check(rule);
    if (document.is_object() && !sound) merge_errors(found, sound.error().fields(), pointer);
    errors.insert(errors.end(), found.begin(), found.end());
    return input;
}

}  // namespace winnow::api
