#pragma once

/// @file
/// Small trees, put together by hand. Private to expr.

#include "winnow/expr/ast.hpp"

#include <string>
#include <utility>

namespace winnow::expr {

template <typename... Children>
[[nodiscard]] Node make(Node::Kind kind, Children... children)
{
    Node node;
    node.kind = kind;
    (node.children.push_back(std::move(children)), ...);
    return node;
}

[[nodiscard]] inline Node literal(Value value)
{
    Node node;
    node.value = std::move(value);
    return node;
}

[[nodiscard]] inline Node identifier(std::string name)
{
    Node node;
    node.kind = Node::Kind::identifier;
    node.name = std::move(name);
    return node;
}

template <typename... Arguments>
[[nodiscard]] Node call(std::string name, Arguments... arguments)
{
    auto node = make(Node::Kind::call, std::move(arguments)...);
    node.name = std::move(name);
    return node;
}

template <typename... Arguments>
[[nodiscard]] Node call_method(std::string name, Node on, Arguments... arguments)
{
    auto node = call(std::move(name), std::move(on), std::move(arguments)...);
    node.method = true;
    return node;
}

}  // namespace winnow::expr
