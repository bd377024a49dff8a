#include "winnow/expr/ast.hpp"

#include <string_view>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

/// The higher, the tighter.
int precedence(Kind kind)
{
    switch (kind) {
        case Kind::conditional: return 1;
        case Kind::logical_or: return 2;
        case Kind::logical_and: return 3;
        case Kind::equal:
        case Kind::not_equal:
        case Kind::less:
        case Kind::less_equal:
        case Kind::greater:
        case Kind::greater_equal:
        case Kind::in: return 4;
        case Kind::add:
        case Kind::subtract: return 5;
        case Kind::multiply:
        case Kind::divide:
        case Kind::modulo: return 6;
        case Kind::logical_not:
        case Kind::negate: return 7;
        default: return 8;
    }
}

std::string_view sign_of(Kind kind)
{
    switch (kind) {
        case Kind::logical_or: return " || ";
        case Kind::logical_and: return " && ";
        case Kind::equal: return " == ";
        case Kind::not_equal: return " != ";
        case Kind::less: return " < ";
        case Kind::less_equal: return " <= ";
        case Kind::greater: return " > ";
        case Kind::greater_equal: return " >= ";
        case Kind::in: return " in ";
        case Kind::add: return " + ";
        case Kind::subtract: return " - ";
        case Kind::multiply: return " * ";
        case Kind::divide: return " / ";
        default: return " % ";
    }
}

std::string written(const Node& node);

std::string within(const Node& node, int least)
{
    return precedence(node.kind) < least ? "(" + written(node) + ")" : written(node);
}

bool is_plain_field(std::string_view name)
{
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               std::string_view::npos &&
           name != "in" && name != "true" && name != "false" && name != "null";
}

std::string field_of(const Node& node, const char* dot)
{
    const auto from = within(node.children[0], 8);
    if (is_plain_field(node.name)) return from + dot + node.name;
    return from + (dot[1] == '?' ? "[?" : "[") + to_text(node.name) + "]";
}

std::string arguments_of(const Node& node, std::size_t first)
{
    std::string out = "(";
    for (auto i = first; i < node.children.size(); ++i) out += (i == first ? "" : ", ") + written(node.children[i]);
    return out + ")";
}

std::string list_of(const Node& node)
{
    std::string out = "[";
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        out += (i == 0 ? "" : ", ") + std::string(node.optional_at[i] ? "?" : "") + written(node.children[i]);
    }
    return out + "]";
}

std::string map_of(const Node& node)
{
    std::string out = "{";
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
        out += (i == 0 ? "" : ", ") + std::string(node.optional_at[i / 2] ? "?" : "") + written(node.children[i]) +
               ": " + written(node.children[i + 1]);
    }
    return out + "}";
}

std::string macro_of(const Node& node)
{
    std::string out = within(node.children[0], 8) + "." + node.name + "(" + node.variable;
    for (std::size_t i = 1; i < node.children.size(); ++i) out += ", " + written(node.children[i]);
    return out + ")";
}

std::string chain_of(const Node& node)
{
    const auto own = precedence(node.kind);
    std::string out;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        // Operators group to the left: what stands on the right must bind tighter.
        out += (i == 0 ? std::string() : std::string(sign_of(node.kind))) +
               within(node.children[i], i == 0 && own > 3 ? own : own + 1);
    }
    return out;
}

std::string written(const Node& node)
{
    switch (node.kind) {
        case Kind::literal: return to_text(node.value);
        case Kind::identifier: return node.name;
        case Kind::select: return field_of(node, ".");
        case Kind::optional_select: return field_of(node, ".?");
        case Kind::has: return "has(" + field_of(node, ".") + ")";
        case Kind::index: return within(node.children[0], 8) + "[" + written(node.children[1]) + "]";
        case Kind::optional_index: return within(node.children[0], 8) + "[?" + written(node.children[1]) + "]";
        case Kind::call:
            if (!node.method) return node.name + arguments_of(node, 0);
            return within(node.children[0], 8) + "." + node.name + arguments_of(node, 1);
        case Kind::list: return list_of(node);
        case Kind::map: return map_of(node);
        case Kind::macro: return macro_of(node);
        case Kind::conditional:
            return within(node.children[0], 2) + " ? " + within(node.children[1], 2) + " : " +
                   written(node.children[2]);
        case Kind::logical_not: return "!" + within(node.children[0], 7);
        case Kind::negate: return "-" + within(node.children[0], 7);
        default: return chain_of(node);
    }
}

}  // namespace

std::string to_cel(const Node& node)
{
    return written(node);
}

}  // namespace winnow::expr
