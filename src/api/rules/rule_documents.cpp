#include "winnow/api/rule_documents.hpp"

#include "api/rules/rule_json.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::api {

Result<std::vector<domain::Rule>> read_rule_documents(std::string_view json)
{
    const auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
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

}  // namespace winnow::api
