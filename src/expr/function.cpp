#include "expr/function.hpp"

#include <algorithm>
#include <unordered_map>

namespace winnow::expr {

namespace {

constexpr std::size_t kBytesAStep = 64;

std::string key_of(std::string_view name, bool method)
{
    return (method ? "." : "") + std::string(name);
}

const std::unordered_map<std::string, std::uint16_t>& by_name()
{
    static const auto index = [] {
        std::unordered_map<std::string, std::uint16_t> made;
        for (std::size_t i = 0; i < functions().size(); ++i) {
            made.emplace(key_of(functions()[i].name, functions()[i].method), static_cast<std::uint16_t>(i));
        }
        return made;
    }();
    return index;
}

}  // namespace

const std::vector<Function>& functions()
{
    static const auto all = [] {
        std::vector<Function> made;
        add_core_functions(made);
        add_conversions(made);
        add_text_functions(made);
        add_time_functions(made);
        add_network_functions(made);
        return made;
    }();
    return all;
}

std::optional<std::uint16_t> find_function(std::string_view name, bool method)
{
    const auto at = by_name().find(key_of(name, method));
    if (at == by_name().end()) return std::nullopt;
    return at->second;
}

bool is_function(std::string_view name)
{
    return std::ranges::any_of(functions(), [name](const Function& function) { return function.name == name; });
}

Value no_overload(std::string_view name, Arguments arguments)
{
    std::string types;
    for (const auto& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(type_name(argument));
    return Value::error("no such overload: " + std::string(name) + "(" + types + ")");
}

bool charge_text(Budget& budget, std::size_t bytes)
{
    const auto steps = std::min(budget.steps, bytes / kBytesAStep);
    budget.steps -= steps;
    return budget.steps > 0;
}

Value over_budget()
{
    return Value::error("the condition costs more than its budget");
}

}  // namespace winnow::expr
