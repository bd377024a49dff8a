#include "winnow/forms/rule_documents.hpp"

#include "winnow/forms/field_reader.hpp"
#include "winnow/forms/rule_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::forms {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// An action begins with what it is.
ordered_json written_action(const json& action)
{
    auto written = ordered_json::object();
    written["type"] = action.at("type");
    for (const auto& [name, value] : action.items()) {
        if (name != "type") written[name] = ordered_json::parse(value.dump());
    }
    return written;
}

ordered_json written_value(const RuleField& field, const json& value)
{
    if (!std::holds_alternative<std::vector<domain::Action> domain::Rule::*>(field.member)) {
        return ordered_json::parse(value.dump());
    }
    auto list = ordered_json::array();
    for (const auto& action : value) list.push_back(written_action(action));
    return list;
}

bool goes_without_saying(const RuleField& field, const json& value)
{
    return value.is_null() || (!field.usually.empty() && value == json::parse(field.usually));
}

/// Those that are written, in their order.
std::vector<const RuleField*> written_fields()
{
    std::vector<const RuleField*> fields;
    for (const auto& field : rule_fields()) {
        if (field.written > 0) fields.push_back(&field);
    }
    std::ranges::sort(fields, {}, &RuleField::written);
    return fields;
}

}  // namespace

Result<std::vector<domain::Rule>> read_rule_documents(std::string_view text)
{
    const auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!document.is_array()) return field_error("", "must be an array of rules");
    std::vector<domain::Rule> rules;
    std::vector<FieldError> errors;
    for (const auto& item : document) {
        const auto place = rules.size();
        auto input = read_rule(item, "/" + std::to_string(place), errors);
        input.rule.id = input.id.value_or(RuleId(Uuid::from_words(0, place + 1)));
        input.rule.position = static_cast<std::int32_t>(place) + 1;
        rules.push_back(std::move(input.rule));
        if (errors.size() >= kMaxErrors) break;
    }
    if (!errors.empty()) return Error(std::move(errors));
    return rules;
}

ordered_json written_rules(const json& rules)
{
    const auto fields = written_fields();
    auto list = ordered_json::array();
    for (const auto& rule : rules) {
        auto written = ordered_json::object();
        for (const auto* field : fields) {
            const auto value = rule.find(field->name);
            if (value == rule.end() || goes_without_saying(*field, *value)) continue;
            written[std::string(field->name)] = written_value(*field, *value);
        }
        list.push_back(std::move(written));
    }
    return list;
}

}  // namespace winnow::forms
