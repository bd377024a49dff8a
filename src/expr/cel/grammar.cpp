#include "expr/cel/grammar.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace winnow::expr::cel {

namespace {

constexpr std::array<std::string_view, 16> kReserved = {"as",        "break",  "const",  "continue", "else", "for",
                                                        "function",  "if",     "import", "let",      "loop", "package",
                                                        "namespace", "return", "var",    "void"};
constexpr std::array<std::string_view, 8> kMacros = {"all", "exists", "exists_one", "existsOne",
                                                     "map", "filter", "optMap",     "optFlatMap"};

}  // namespace

Node Grammar::member_of(Node node)
{
    while (true) {
        const auto here = peek().at;
        if (take(".")) {
            node = selected(std::move(node), here);
        } else if (take("[")) {
            const bool optional = take("?");
            node = binary(optional ? Kind::optional_index : Kind::index, here, std::move(node), expression());
            expect("]", " after the index");
        } else if (at("{") && (node.kind == Kind::identifier || node.kind == Kind::select)) {
            fail("messages are not part of this profile; write a map: {\"key\": value}");
        } else {
            return node;
        }
    }
}

Node Grammar::selected(Node from, Position here)
{
    const bool optional = take("?");
    const auto field = peek();
    if (field.kind != Token::Kind::identifier && field.kind != Token::Kind::quoted_identifier) {
        fail("expected a field's name after the dot, found " + shown(field));
    }
    if (field.kind == Token::Kind::identifier &&
        (field.text == "in" || field.text == "true" || field.text == "false" || field.text == "null")) {
        fail(field.text + " is a word of the language; write [\"" + field.text + "\"]");
    }
    ++next_;
    if (!optional && field.kind == Token::Kind::identifier && take("(")) {
        return method_call(std::move(from), field);
    }
    auto node = make(optional ? Kind::optional_select : Kind::select, here);
    node.name = field.text;
    node.children.push_back(std::move(from));
    return node;
}

Node Grammar::method_call(Node receiver, const Token& name)
{
    auto arguments = list_until(")");
    if (std::ranges::find(kMacros, name.text) != kMacros.end() && arguments.size() >= 2) {
        return macro(std::move(receiver), name, std::move(arguments));
    }
    auto node = make(Kind::call, name.at);
    node.name = name.text;
    node.method = true;
    node.children.push_back(std::move(receiver));
    std::ranges::move(arguments, std::back_inserter(node.children));
    return node;
}

Node Grammar::macro(Node range, const Token& name, std::vector<Node> arguments)
{
    const bool may_transform = name.text == "map";
    if (arguments.size() > (may_transform ? 3U : 2U)) {
        fail_at(name.at, name.text + "() takes a variable and an expression");
    }
    if (arguments.front().kind != Kind::identifier || arguments.front().name.contains('.')) {
        fail_at(arguments.front().at, "the first argument of " + name.text + "() is a variable's name");
    }
    auto node = make(Kind::macro, name.at);
    node.name = name.text == "existsOne" ? "exists_one" : name.text;
    node.variable = arguments.front().name;
    node.children.push_back(std::move(range));
    for (std::size_t i = 1; i < arguments.size(); ++i) node.children.push_back(std::move(arguments[i]));
    return node;
}

std::vector<Node> Grammar::list_until(std::string_view closing)
{
    std::vector<Node> items;
    if (take(closing)) return items;
    do {
        items.push_back(expression());
        if (items.size() > limits_.max_list) {
            fail("more than " + std::to_string(limits_.max_list) + " elements");
        }
    } while (take(","));
    expect(closing, "");
    return items;
}

Node Grammar::primary()
{
    const auto& token = peek();
    switch (token.kind) {
        case Token::Kind::literal: return literal();
        case Token::Kind::identifier: return identifier();
        case Token::Kind::quoted_identifier: fail("a name between backquotes follows a dot only");
        case Token::Kind::end: fail("the expression ends here; something is missing");
        case Token::Kind::sign: break;
    }
    const auto here = token.at;
    if (take(".")) {
        if (peek().kind != Token::Kind::identifier) fail("expected a name after the dot, found " + shown(peek()));
        return identifier();
    }
    if (take("(")) {
        auto inner = expression();
        expect(")", " that closes the parenthesis");
        return inner;
    }
    if (take("[")) return list_literal(here);
    if (take("{")) return map_literal(here);
    fail("unexpected " + token.text);
}

Node Grammar::literal()
{
    const auto& token = tokens_[next_++];
    if (token.too_large_unless_negated) {
        fail_at(token.at, "this number is beyond 64 bits; write u after it for an unsigned one");
    }
    auto node = make(Kind::literal, token.at);
    node.value = token.value;
    return node;
}

Node Grammar::identifier()
{
    const auto token = tokens_[next_++];
    auto node = make(Kind::identifier, token.at);
    if (token.text == "true" || token.text == "false" || token.text == "null") {
        node.kind = Kind::literal;
        node.value = token.text == "null" ? Value() : Value(token.text == "true");
        return node;
    }
    if (token.text == "in" || std::ranges::find(kReserved, token.text) != kReserved.end()) {
        fail_at(token.at, token.text + " is a reserved word");
    }
    node.name = token.text;
    if (!take("(")) return node;
    auto arguments = list_until(")");
    if (token.text == "has") return has(token, std::move(arguments));
    node.kind = Kind::call;
    node.children = std::move(arguments);
    return node;
}

Node Grammar::has(const Token& token, std::vector<Node> arguments)
{
    if (arguments.size() != 1 || arguments.front().kind != Kind::select) {
        fail_at(token.at, "has() takes one field, such as has(labels.env)");
    }
    auto node = std::move(arguments.front());
    node.kind = Kind::has;
    node.at = token.at;
    return node;
}

Node Grammar::list_literal(Position here)
{
    auto node = make(Kind::list, here);
    while (!take("]")) {
        node.optional_at.push_back(take("?"));
        node.children.push_back(expression());
        bound_elements(node.children.size());
        if (!take(",") && !at("]")) fail("expected , or ] in the list, found " + shown(peek()));
    }
    return node;
}

Node Grammar::map_literal(Position here)
{
    auto node = make(Kind::map, here);
    while (!take("}")) {
        node.optional_at.push_back(take("?"));
        node.children.push_back(expression());
        expect(":", " between a map's key and its value");
        node.children.push_back(expression());
        bound_elements(node.children.size() / 2);
        if (!take(",") && !at("}")) fail("expected , or } in the map, found " + shown(peek()));
    }
    return node;
}

void Grammar::bound_elements(std::size_t count) const
{
    if (count > limits_.max_list) fail("more than " + std::to_string(limits_.max_list) + " elements");
}

}  // namespace winnow::expr::cel
