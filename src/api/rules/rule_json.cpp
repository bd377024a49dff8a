#include "api/rules/rule_json.hpp"

#include "api/costs/cost_json.hpp"
#include "api/rest/resource.hpp"
#include "api/rules/rule_schedule.hpp"
#include "winnow/expr/pattern.hpp"
#include "winnow/rules/rule_set.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
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
constexpr std::chrono::milliseconds kShortestHold = std::chrono::seconds{1};
constexpr std::chrono::milliseconds kLongestHold = std::chrono::days{7};

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
    json operator()(const domain::ExtractAction& action) const
    {
        return {{"type", "extract"}, {"field", action.field}, {"pattern", action.pattern}};
    }
    json operator()(const domain::GroupKeyAction& action) const
    {
        if (action.fields.empty()) return {{"type", "group_key"}, {"template", action.key_template}};
        return {{"type", "group_key"}, {"fields", action.fields}};
    }
    json operator()(const domain::PriorityAction& action) const
    {
        return {{"type", "priority"}, {"priority", action.priority}};
    }
    json operator()(const domain::TagAction& action) const { return {{"type", "tag"}, {"tag", action.tag}}; }
    json operator()(const domain::NoteAction& action) const { return {{"type", "note"}, {"note", action.note}}; }
    json operator()(const domain::ThresholdAction& action) const
    {
        return {{"type", "threshold"},
                {"count", action.count},
                {"within", format_iso8601_duration(action.within)},
                {"mode", to_string(action.mode)}};
    }
    json operator()(const domain::PauseAction& action) const
    {
        return {{"type", "pause"}, {"for", format_iso8601_duration(action.duration)}};
    }
    json operator()(const domain::FlapAction& action) const
    {
        return {{"type", "flap"},
                {"transitions", action.transitions},
                {"within", format_iso8601_duration(action.within)},
                {"settle", format_iso8601_duration(action.settle)},
                {"mode", to_string(action.mode)}};
    }
};

Action read_severity(FieldReader& fields)
{
    const auto word = fields.word("severity", {"critical", "error", "warning", "info"}, Need::required);
    const auto severity = domain::parse_severity(word.value_or("warning"));
    return domain::SeverityAction{severity.value_or(domain::Severity::warning)};
}

/// `dedup_key` and `group_key`.
template <typename KeyAction>
Action read_key(FieldReader& fields)
{
    KeyAction action;
    action.fields = fields.texts("fields", {1, 300}, kMaxKeyFields).value_or(action.fields);
    action.key_template = fields.text("template", {1, kMaxTemplateChars}).value_or("");
    if (fields.has("fields") == fields.has("template")) {
        fields.error("", R"(must have either "fields" or "template")");
    }
    return action;
}

Action read_set(FieldReader& fields)
{
    return domain::SetAction{fields.text("field", {1, 300}, Need::required).value_or(""),
                             fields.text("value", {0, kMaxTemplateChars}, Need::required).value_or("")};
}

Action read_extract(FieldReader& fields)
{
    return domain::ExtractAction{fields.text("field", {1, 300}, Need::required).value_or(""),
                                 fields.text("pattern", {1, 1'024}, Need::required).value_or("")};
}

Action read_route(FieldReader& fields)
{
    auto groups = fields.ids<ContactGroupId>("contact_group_ids", kMaxRoutedGroups, Need::required);
    return domain::RouteAction{std::move(groups).value_or(std::vector<ContactGroupId>())};
}

Action read_threshold(FieldReader& fields)
{
    domain::ThresholdAction action;
    action.count = static_cast<std::int32_t>(fields.integer("count", 1, 1'000, Need::required).value_or(1));
    action.within = fields.duration("within", kShortestHold, kLongestHold, Need::required).value_or(kShortestHold);
    const auto mode = fields.word("mode", {"every", "reset"});
    action.mode = domain::parse_threshold_mode(mode.value_or("every")).value_or(action.mode);
    return action;
}

Action read_pause(FieldReader& fields)
{
    return domain::PauseAction{
        fields.duration("for", kShortestHold, kLongestHold, Need::required).value_or(kShortestHold)};
}

Action read_flap(FieldReader& fields)
{
    domain::FlapAction action;
    const auto transitions = fields.integer("transitions", 2, 1'000);
    action.transitions = static_cast<std::int32_t>(transitions.value_or(action.transitions));
    action.within = fields.duration("within", kShortestHold, kLongestHold).value_or(action.within);
    action.settle = fields.duration("settle", kShortestHold, kLongestHold).value_or(action.settle);
    const auto mode = fields.word("mode", {"transitions", "weighted"});
    action.mode = domain::parse_flap_mode(mode.value_or("transitions")).value_or(action.mode);
    return action;
}

struct ActionKind {
    std::string_view type;
    Action (*read)(FieldReader& fields);
};

constexpr std::array kKinds{
    ActionKind{"drop",
               [](FieldReader& /*fields*/) -> Action {
                   return domain::DropAction{};
               }},
    ActionKind{"suppress",
               [](FieldReader& fields) -> Action {
                   return domain::SuppressAction{fields.text("reason", {0, 1'024}).value_or("")};
               }},
    ActionKind{"set", &read_set},
    ActionKind{"severity", &read_severity},
    ActionKind{"dedup_key", &read_key<domain::DedupKeyAction>},
    ActionKind{"route", &read_route},
    ActionKind{"extract", &read_extract},
    ActionKind{"group_key", &read_key<domain::GroupKeyAction>},
    ActionKind{"priority",
               [](FieldReader& fields) -> Action {
                   return domain::PriorityAction{fields.text("priority", {1, 64}, Need::required).value_or("P3")};
               }},
    ActionKind{"tag",
               [](FieldReader& fields) -> Action {
                   return domain::TagAction{fields.text("tag", {1, 255}, Need::required).value_or("tag")};
               }},
    ActionKind{"note",
               [](FieldReader& fields) -> Action {
                   return domain::NoteAction{
                       fields.text("note", {1, kMaxTemplateChars}, Need::required).value_or("note")};
               }},
    ActionKind{"threshold", &read_threshold},
    ActionKind{"pause", &read_pause},
    ActionKind{"flap", &read_flap},
};

Action read_action(FieldReader& fields)
{
    std::vector<std::string_view> types;
    for (const auto& kind : kKinds) types.push_back(kind.type);
    const auto type = fields.word("type", types, Need::required);
    if (!type) return domain::DropAction{};  // not closed: nobody knows which fields it should have
    const auto* kind = std::ranges::find(kKinds, *type, &ActionKind::type);
    auto action = kind->read(fields);
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
            {"schedule", schedule_json(rule.schedule)},
            {"condition", rule.condition},
            {"syntax", to_string(rule.syntax)},
            {"actions", std::move(actions)},
            {"stop", rule.stop},
            {"mode", to_string(rule.mode)},
            {"version", rule.version},
            {"updated_at", format_rfc3339(rule.updated_at)},
            {"updated_by", rule.updated_by}};
}

json rule_json(const ports::StoredRule& stored, Timestamp now)
{
    const auto& stats = stored.stats;
    auto document = rule_json(stored.rule);
    document["stats"] = {{"matched", stats.matched},
                         {"last_matched_at", time_or_null(stats.last_matched_at)},
                         {"failed", stats.failed},
                         {"last_error", stats.last_error.empty() ? json(nullptr) : json(stats.last_error)},
                         {"last_failed_at", time_or_null(stats.last_failed_at)}};
    document["cost"] = cost_json(stored.cost, now);
    return document;
}

const nlohmann::json* rule_list(FieldReader& fields, std::string_view name, std::size_t max, Need need)
{
    const auto* list = fields.any(name, need);
    if (list != nullptr && (!list->is_array() || list->size() > max)) {
        fields.error(name, "must be an array of at most " + std::to_string(max) + " rules");
    }
    return list;
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
    rule.schedule = read_schedule(fields);
    rule.condition = fields.text("condition", {0, kMaxConditionChars}, Need::required).value_or("");
    const auto syntax = fields.word("syntax", {"cel", "matchers", "keywords"});
    rule.syntax = domain::parse_rule_syntax(syntax.value_or("matchers")).value_or(domain::RuleSyntax::matchers);
    if (auto actions = fields.objects("actions", kMaxRuleActions, Need::required)) {
        for (auto& action : *actions) rule.actions.push_back(read_action(action));
    }
    rule.stop = fields.boolean("stop").value_or(drops(rule));
    const auto mode = fields.word("mode", {"live", "shadow"});
    rule.mode = domain::parse_rule_mode(mode.value_or("live")).value_or(domain::RuleMode::live);
    fields.read_only({"version", "updated_at", "updated_by", "stats", "cost", "findings"});

    std::vector<FieldError> found;
    if (const auto read = fields.finish(); !read) found = read.error().fields();
    // A list's reader has one of its own already.
    constexpr std::size_t kMostPatternBytes = std::size_t{64} << 20U;
    const expr::PatternBound patterns(kMostPatternBytes, "the rule's regular expressions take more than " +
                                                             std::to_string(kMostPatternBytes) +
                                                             " bytes compiled, the limit; split it");
    // What could not be read was told of; the rest is judged as a rule.
    const auto sound = rules::check(rule);
    if (document.is_object() && !sound) merge_errors(found, sound.error().fields(), pointer);
    errors.insert(errors.end(), found.begin(), found.end());
    return input;
}

}  // namespace winnow::api
