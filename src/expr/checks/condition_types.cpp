#include "expr/checks/condition_types.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

/// "" where it depends.
std::string_view type_of_name(std::string_view name)
{
    if (name == "severity" || name == "CRITICAL" || name == "ERROR" || name == "WARNING" || name == "INFO") {
        return "severity";
    }
    if (name == "labels" || name == "details") return "map";
    if (name == "links") return "list";
    if (name == "starts_at" || name == "received_at" || name == "now") return "timestamp";
    return "string";
}

std::string_view type_of_call(const Node& node)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kResults = {{
        {"size", "number"},         {"int", "number"},
        {"uint", "number"},         {"double", "number"},
        {"indexOf", "number"},      {"lastIndexOf", "number"},
        {"getFullYear", "number"},  {"getMonth", "number"},
        {"getDate", "number"},      {"getDayOfMonth", "number"},
        {"getDayOfWeek", "number"}, {"getDayOfYear", "number"},
        {"getHours", "number"},     {"getMinutes", "number"},
        {"getSeconds", "number"},   {"getMilliseconds", "number"},
        {"string", "string"},       {"lowerAscii", "string"},
        {"upperAscii", "string"},   {"trim", "string"},
        {"substring", "string"},    {"replace", "string"},
        {"join", "string"},         {"label", "string"},
        {"timestamp", "timestamp"}, {"duration", "duration"},
        {"split", "list"},
    }};
    for (const auto& [name, type] : kResults) {
        if (node.name == name) return type;
    }
    static constexpr std::array<std::string_view, 9> kTests = {
        "contains", "startsWith", "endsWith", "matches", "bool", "hasValue", "containsIP", "containsCIDR", "isIP"};
    for (const auto name : kTests) {
        if (node.name == name) return "bool";
    }
    return "";
}

std::string_view type_of_literal(const Value& value)
{
    if (value.is<bool>()) return "bool";
    if (value.is_number()) return "number";
    if (value.is<std::string>()) return "string";
    return value.is_null() ? "null" : type_name(value);
}

class Types {
public:
    /// The type where it is certain, else "".
    std::string_view of(const Node& node)
    {
        switch (node.kind) {
            case Kind::literal: return type_of_literal(node.value);
            case Kind::identifier: return is_variable(node.name) ? "" : type_of_name(node.name);
            case Kind::select:
            case Kind::index: return is_labels(node.children[0]) ? "string" : "";
            case Kind::call: return type_of_call(node);
            case Kind::list: return "list";
            case Kind::map: return "map";
            case Kind::macro:
                return node.name == "map" || node.name == "filter" ? "list"
                       : node.name.starts_with("opt")              ? ""
                                                                   : "bool";
            case Kind::conditional: {
                const auto type = of(node.children[1]);
                return type == of(node.children[2]) ? type : "";
            }
            case Kind::has:
            case Kind::logical_and:
            case Kind::logical_or:
            case Kind::logical_not:
            case Kind::equal:
            case Kind::not_equal:
            case Kind::less:
            case Kind::less_equal:
            case Kind::greater:
            case Kind::greater_equal:
            case Kind::in: return "bool";
            default: return "";
        }
    }

    std::optional<cel::SyntaxError> check(const Node& node)
    {
        if (is_comparison(node.kind)) {
            if (auto wrong = check_comparison(node)) return wrong;
        }
        if (node.kind == Kind::logical_and || node.kind == Kind::logical_or || node.kind == Kind::logical_not) {
            for (const auto& child : node.children) {
                if (auto wrong = expect_bool(child)) return wrong;
            }
        }
        const bool scoped = node.kind == Kind::macro;
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            if (scoped && i == 1) variables_.push_back(node.variable);
            if (auto wrong = check(node.children[i])) return wrong;
        }
        if (scoped) variables_.pop_back();
        return std::nullopt;
    }

    std::optional<cel::SyntaxError> expect_bool(const Node& node)
    {
        const auto type = of(node);
        if (type.empty() || type == "bool") return std::nullopt;
        return cel::SyntaxError{
            node.at, "this is a " + std::string(type) + ", where true or false is needed; compare it with something"};
    }

private:
    static bool is_comparison(Kind kind)
    {
        return kind == Kind::equal || kind == Kind::not_equal || kind == Kind::less || kind == Kind::less_equal ||
               kind == Kind::greater || kind == Kind::greater_equal || kind == Kind::in;
    }

    static bool is_labels(const Node& node) { return node.kind == Kind::identifier && node.name == "labels"; }

    [[nodiscard]] bool is_variable(std::string_view name) const
    {
        for (const auto& variable : variables_) {
            if (variable == name) return true;
        }
        return false;
    }

    std::optional<cel::SyntaxError> check_comparison(const Node& node)
    {
        const auto left = of(node.children[0]);
        if (node.kind != Kind::in) return differ(node, left, of(node.children[1]));
        if (node.children[1].kind != Kind::list) return std::nullopt;
        for (const auto& item : node.children[1].children) {
            if (auto wrong = differ(item, left, of(item))) return wrong;
        }
        return std::nullopt;
    }

    static std::optional<cel::SyntaxError> differ(const Node& node, std::string_view left, std::string_view right)
    {
        if (left.empty() || right.empty() || left == right || left == "null" || right == "null") return std::nullopt;
        const auto pair = [&](std::string_view a, std::string_view b) {
            return (left == a && right == b) || (left == b && right == a);
        };
        if (pair("severity", "number")) return std::nullopt;
        std::string message =
            "a " + std::string(left) + " is compared with a " + std::string(right) + "; they are never equal";
        if (pair("severity", "string")) {
            message = "severity is compared with CRITICAL, ERROR, WARNING or INFO, without quotes";
        } else if (pair("string", "number")) {
            message += "; a text's number is int(x) or double(x), a number in a text stands in quotes";
        }
        return cel::SyntaxError{node.at, std::move(message)};
    }

    std::vector<std::string_view> variables_;
};

}  // namespace

std::optional<cel::SyntaxError> check_condition_types(const Node& root)
{
    Types types;
    if (auto wrong = types.expect_bool(root)) return wrong;
    return types.check(root);
}

std::optional<cel::SyntaxError> check_comparisons(const Node& root)
{
    return Types().check(root);
}

}  // namespace winnow::expr
