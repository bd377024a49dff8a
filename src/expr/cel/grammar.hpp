#pragma once

/// @file
/// The productions of CEL's grammar. Private to expr.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/condition.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::expr::cel {

struct Failure {
    SyntaxError error;
};

/// Errors leave by exception, caught in parse(): the grammar reads as a grammar.
class Grammar {
public:
    Grammar(std::vector<Token> tokens, const Limits& limits) : tokens_(std::move(tokens)), limits_(limits) {}

    Node run()
    {
        auto node = expression();
        if (peek().kind != Token::Kind::end) fail("unexpected " + shown(peek()) + after_expression());
        return node;
    }

private:
    using Kind = Node::Kind;

    // ------------------------------------------------------------------ tokens

    [[nodiscard]] const Token& peek() const { return tokens_[next_]; }
    [[nodiscard]] bool at(std::string_view sign) const
    {
        return peek().kind == Token::Kind::sign && peek().text == sign;
    }
    [[nodiscard]] bool at_word(std::string_view word) const
    {
        return peek().kind == Token::Kind::identifier && peek().text == word;
    }
    bool take(std::string_view sign)
    {
        if (!at(sign)) return false;
        ++next_;
        return true;
    }
    void expect(std::string_view sign, const char* why)
    {
        if (!take(sign)) fail("expected " + std::string(sign) + why + ", found " + shown(peek()));
    }
    static std::string shown(const Token& token)
    {
        switch (token.kind) {
            case Token::Kind::end: return "the end";
            case Token::Kind::literal: return to_text(token.value);
            default: return token.text;
        }
    }
    /// A hint for people who write other languages.
    [[nodiscard]] std::string after_expression() const
    {
        if (at_word("and") || at_word("AND")) return "; CEL says &&";
        if (at_word("or") || at_word("OR")) return "; CEL says ||";
        if (at_word("not") || at_word("NOT")) return "; CEL says !";
        if (at_word("matches") || at_word("contains") || at_word("startsWith")) {
            return "; write it as a call: title." + peek().text + "(\"…\")";
        }
        return "; two expressions are joined by && or ||";
    }
    [[noreturn]] void fail(std::string message) const { fail_at(peek().at, std::move(message)); }
    [[noreturn]] static void fail_at(Position at, std::string message) { throw Failure{{at, std::move(message)}}; }

    // ------------------------------------------------------------------ bounds

    /// Counts how deep the grammar has descended: the stack's bound.
    class Deeper {
    public:
        explicit Deeper(Grammar& parser) : parser_(parser)
        {
            // Parentheses make no node, so they may be somewhat deeper than the tree.
            if (++parser_.depth_ > 2 * parser_.limits_.max_depth + 2) {
                parser_.fail("this is nested more than " + std::to_string(parser_.limits_.max_depth) + " deep");
            }
        }
        ~Deeper() { --parser_.depth_; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;

    private:
        Grammar& parser_;
    };

    // ------------------------------------------------------------------ grammar

    Node make(Kind kind, Position at, std::vector<Node> children = {})
    {
        Node node;
        node.kind = kind;
        node.at = at;
        node.children = std::move(children);
        return node;
    }

    Node binary(Kind kind, Position at, Node left, Node right)
    {
        std::vector<Node> children;
        children.reserve(2);
        children.push_back(std::move(left));
        children.push_back(std::move(right));
        return make(kind, at, std::move(children));
    }

    Node expression()
    {
        const Deeper deeper(*this);
        auto condition = logical_or();
        const auto here = peek().at;
        if (!take("?")) return condition;
        auto then = logical_or();
        expect(":", " between the two results of ?:");
        auto otherwise = expression();
        auto node = make(Kind::conditional, here);
        node.children.push_back(std::move(condition));
        node.children.push_back(std::move(then));
        node.children.push_back(std::move(otherwise));
        return node;
    }

    Node logical_or() { return chain("||", Kind::logical_or, &Grammar::logical_and); }
    Node logical_and() { return chain("&&", Kind::logical_and, &Grammar::relation); }

    /// a && b && c is one node: chains have no depth.
    Node chain(std::string_view sign, Kind kind, Node (Grammar::*operand)())
    {
        auto first = (this->*operand)();
        if (!at(sign)) return first;
        auto node = make(kind, peek().at);
        node.children.push_back(std::move(first));
        while (take(sign)) node.children.push_back((this->*operand)());
        return node;
    }

    std::optional<Kind> relation_here() const
    {
        static constexpr std::array<std::pair<std::string_view, Kind>, 6> kSigns = {{{"==", Kind::equal},
                                                                                     {"!=", Kind::not_equal},
                                                                                     {"<=", Kind::less_equal},
                                                                                     {">=", Kind::greater_equal},
                                                                                     {"<", Kind::less},
                                                                                     {">", Kind::greater}}};
        if (at_word("in")) return Kind::in;
        for (const auto& [sign, kind] : kSigns) {
            if (at(sign)) return kind;
        }
        return std::nullopt;
    }

    Node relation()
    {
        auto left = addition();
        while (const auto kind = relation_here()) {
            const auto here = peek().at;
            ++next_;
            left = binary(*kind, here, std::move(left), addition());
        }
        return left;
    }

    Node addition()
    {
        auto left = multiplication();
        while (at("+") || at("-")) {
            const auto kind = at("+") ? Kind::add : Kind::subtract;
            const auto here = peek().at;
            ++next_;
            left = binary(kind, here, std::move(left), multiplication());
        }
        return left;
    }

    Node multiplication()
    {
        auto left = unary();
        while (at("*") || at("/") || at("%")) {
            const auto kind = at("*") ? Kind::multiply : at("/") ? Kind::divide : Kind::modulo;
            const auto here = peek().at;
            ++next_;
            left = binary(kind, here, std::move(left), unary());
        }
        return left;
    }

    Node unary()
    {
        const auto here = peek().at;
        const bool is_not = at("!");
        const std::string_view sign = is_not ? "!" : "-";
        std::size_t count = 0;
        while (take(sign)) ++count;
        if (count == 0) return member();
        if (!is_not && peek().kind == Token::Kind::literal && peek().value.is_number()) {
            auto negated = negative_literal();
            --count;
            auto node = member_of(std::move(negated));
            return repeat(Kind::negate, count, here, std::move(node));
        }
        return repeat(is_not ? Kind::logical_not : Kind::negate, count, here, member());
    }

    /// !!x is x where x is a bool, and an error where not: pairs must stay. At most two are kept.
    Node repeat(Kind kind, std::size_t count, Position here, Node node)
    {
        const std::size_t kept = count <= 2 ? count : 2 - count % 2;
        for (std::size_t i = 0; i < kept; ++i) {
            std::vector<Node> children;
            children.push_back(std::move(node));
            node = make(kind, here, std::move(children));
        }
        return node;
    }

    Node negative_literal()
    {
        auto token = tokens_[next_++];
        auto node = make(Kind::literal, token.at);
        if (const auto* i = token.value.as<std::int64_t>()) {
            node.value = token.too_large_unless_negated ? *i : -*i;
        } else if (const auto* d = token.value.as<double>()) {
            node.value = -*d;
        } else {
            fail_at(token.at, "an unsigned number has no sign");
        }
        return node;
    }

    Node member() { return member_of(primary()); }

    Node member_of(Node node);
    Node selected(Node from, Position here);
    Node method_call(Node receiver, const Token& name);
    Node macro(Node range, const Token& name, std::vector<Node> arguments);
    std::vector<Node> list_until(std::string_view closing);
    Node primary();
    Node literal();
    Node identifier();
    Node has(const Token& token, std::vector<Node> arguments);
    Node list_literal(Position here);
    Node map_literal(Position here);
    void bound_elements(std::size_t count) const;

    std::vector<Token> tokens_;
    const Limits& limits_;
    std::size_t next_ = 0;
    std::size_t depth_ = 0;
};

}  // namespace winnow::expr::cel
