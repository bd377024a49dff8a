#include "expr/functions/function.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace winnow::expr {

namespace {

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

}  // namespace winnow::expr
