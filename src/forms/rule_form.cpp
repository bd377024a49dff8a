/// @file
/// The table of a rule's fields, and how a rule is read.

#include "winnow/forms/rule_form.hpp"

#include "winnow/expr/pattern.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/schedule_form.hpp"
#include "winnow/rules/rule_set.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::forms {

namespace {

using domain::Rule;
using nlohmann::json;
using enum RulePart;

constexpr std::size_t kMaxConditionChars = 8'192;
constexpr std::size_t kMaxDescriptionChars = 4'000;
constexpr std::array<std::string_view, 3> kRemarks{"stats", "cost", "findings"};

bool drops(const Rule& rule)
{
    return std::ranges::any_of(rule.actions,
                               [](const auto& action) { return std::holds_alternative<domain::DropAction>(action); });
}

void read_id(FieldReader& fields, RuleInput& input)
{
    input.id = fields.id<RuleId>("id");
}

void read_name(FieldReader& fields, RuleInput& input)
{
    input.rule.name = fields.text("name", {1, 200}, Need::required).value_or("");
}

void read_description(FieldReader& fields, RuleInput& input)
{
    input.rule.description = fields.text("description", {0, kMaxDescriptionChars}).value_or("");
}

void read_position(FieldReader& fields, RuleInput& input)
{
    const auto position = fields.integer("position", 1, kMaxRulePosition);
    if (position) input.position = static_cast<std::int32_t>(*position);
}

void read_enabled(FieldReader& fields, RuleInput& input)
{
    input.rule.enabled = fields.boolean("enabled").value_or(true);
}

void read_effective_from(FieldReader& fields, RuleInput& input)
{
    input.rule.effective_from = fields.timestamp("effective_from");
}

void read_effective_until(FieldReader& fields, RuleInput& input)
{
    input.rule.effective_until = fields.timestamp("effective_until");
}

void read_hours(FieldReader& fields, RuleInput& input)
{
    input.rule.schedule = read_schedule(fields);
}

void read_condition(FieldReader& fields, RuleInput& input)
{
    input.rule.condition = fields.text("condition", {0, kMaxConditionChars}, Need::required).value_or("");
}

void read_syntax(FieldReader& fields, RuleInput& input)
{
    const auto word = fields.word("syntax", {"cel", "matchers", "keywords"});
    input.rule.syntax = domain::parse_rule_syntax(word.value_or("matchers")).value_or(domain::RuleSyntax::matchers);
}

void read_actions(FieldReader& fields, RuleInput& input)
{
    auto actions = fields.objects("actions", kMaxRuleActions, Need::required);
    if (!actions) return;
    for (auto& action : *actions) input.rule.actions.push_back(read_action(action));
}

/// After the actions.
void read_stop(FieldReader& fields, RuleInput& input)
{
    input.rule.stop = fields.boolean("stop").value_or(drops(input.rule));
}

void read_mode(FieldReader& fields, RuleInput& input)
{
    const auto word = fields.word("mode", {"live", "shadow"});
    input.rule.mode = domain::parse_rule_mode(word.value_or("live")).value_or(domain::RuleMode::live);
}

constexpr std::array kFields{
    RuleField{.name = "id", .part = place, .member = &Rule::id, .read = read_id, .written = 1},
    RuleField{.name = "name", .part = effect, .member = &Rule::name, .read = read_name, .written = 2},
    RuleField{.name = "description",
              .part = words,
              .member = &Rule::description,
              .read = read_description,
              .written = 3,
              .usually = R"("")"},
    RuleField{.name = "position", .part = place, .member = &Rule::position, .read = read_position},
    RuleField{.name = "enabled",
              .part = effect,
              .member = &Rule::enabled,
              .read = read_enabled,
              .written = 4,
              .usually = "true"},
    RuleField{.name = "effective_from",
              .part = effect,
              .member = &Rule::effective_from,
              .read = read_effective_from,
              .written = 6},
    RuleField{.name = "effective_until",
              .part = effect,
              .member = &Rule::effective_until,
              .read = read_effective_until,
              .written = 7},
    RuleField{.name = "schedule", .part = effect, .member = &Rule::schedule, .read = read_hours, .written = 8},
    RuleField{.name = "condition", .part = effect, .member = &Rule::condition, .read = read_condition, .written = 10},
    RuleField{.name = "syntax", .part = effect, .member = &Rule::syntax, .read = read_syntax, .written = 9},
    RuleField{.name = "actions", .part = effect, .member = &Rule::actions, .read = read_actions, .written = 11},
    RuleField{.name = "stop", .part = effect, .member = &Rule::stop, .read = read_stop, .written = 12},
    RuleField{
        .name = "mode", .part = effect, .member = &Rule::mode, .read = read_mode, .written = 5, .usually = R"("live")"},
    RuleField{.name = "version", .member = &Rule::version},
    RuleField{.name = "updated_at", .member = &Rule::updated_at},
    RuleField{.name = "updated_by", .member = &Rule::updated_by},
};

}  // namespace

std::span<const RuleField> rule_fields() noexcept
{
    return kFields;
}

std::span<const std::string_view> rule_remarks() noexcept
{
    return kRemarks;
}

json rule_json(const Rule& rule)
{
    auto document = json::object();
    for (const auto& field : kFields) document[std::string(field.name)] = field_json(rule, field.member);
    return document;
}

const json* rule_list(FieldReader& fields, std::string_view name, std::size_t max, Need need)
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
    FieldReader fields(document, pointer);
    for (const auto& field : kFields) {
        if (field.read != nullptr) {
            field.read(fields, input);
        } else {
            fields.read_only({field.name});
        }
    }
    for (const auto name : kRemarks) fields.read_only({name});

    std::vector<FieldError> found;
    if (const auto read = fields.finish(); !read) found = read.error().fields();
    // A list's reader has one of its own already.
    constexpr std::size_t kMostPatternBytes = std::size_t{64} << 20U;
    const expr::PatternBound patterns(kMostPatternBytes, "the rule's regular expressions take more than " +
                                                             std::to_string(kMostPatternBytes) +
                                                             " bytes compiled, the limit; split it");
    // What could not be read was told of; the rest is judged as a rule.
    const auto sound = rules::check(input.rule);
    if (document.is_object() && !sound) merge_errors(found, sound.error().fields(), pointer);
    for (auto& error : found) {
        if (errors.size() >= kMaxErrors) break;
        errors.push_back(std::move(error));
    }
    return input;
}

}  // namespace winnow::forms
