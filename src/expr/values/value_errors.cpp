#include "expr/values/value_errors.hpp"

#include <utility>

namespace winnow::expr {

Value no_overload(std::string_view name, Arguments arguments)
{
    std::string types;
    for (const auto& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(type_name(argument));
    return Value::error("no such overload: " + std::string(name) + "(" + types + ")");
}

Value over_budget()
{
    return Value::error("the condition costs more than its budget");
}

std::string shown(const Value& value)
{
    constexpr std::size_t kMostShown = 256;
    const auto* text = value.as<std::string>();
    const bool is_long = text != nullptr && text->size() > kMostShown;
    auto start = start_of_text(is_long ? Value(text->substr(0, kMostShown)) : value, kMostShown);
    if (is_long) start.bytes = text->size();
    if (start.text.size() < start.bytes) start.text += "… (" + std::to_string(start.bytes) + " bytes)";
    return std::move(start.text);
}

}  // namespace winnow::expr
