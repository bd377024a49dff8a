#include "winnow/expr/condition.hpp"

#include "expr/cel/parser.hpp"
#include "expr/checks/checker.hpp"
#include "expr/checks/condition_types.hpp"
#include "expr/keywords/keywords.hpp"
#include "expr/matchers/matchers_tree.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::expr {

namespace {

/// The line, and a caret under the column.
std::string pointed_at(std::string_view text, const Position& at)
{
    for (std::uint32_t line = 1; line < at.line; ++line) text.remove_prefix(text.find('\n') + 1);
    const auto line = text.substr(0, text.find('\n'));
    return "\n  " + std::string(line) + "\n  " + std::string(at.column - 1, ' ') + "^";
}

Result<Expression> compile_cel(std::string_view text)
{
    auto expression = Expression::parse(text, {}, is_alert_name);
    if (!expression) return expression;
    if (const auto wrong = check_condition_types(expression->root())) return explained(text, *wrong);
    return expression;
}

Result<Expression> compile_matchers(std::string_view text)
{
    const auto matchers = parse_matchers(text);
    if (!matchers) return matchers.error();
    Limits limits;  // a matcher's value may be as long as the condition
    limits.max_literal_bytes = limits.max_bytes;
    limits.max_leaves = limits.max_bytes;
    return Expression::make(tree_of(*matchers), limits);
}

Result<Expression> compile_keywords(std::string_view text)
{
    auto tree = parse_keywords(text, {}, Wording::as_stored);
    if (!tree) return explained(text, tree.error());
    return Expression::make(*std::move(tree));
}

}  // namespace

Error explained(std::string_view text, const cel::SyntaxError& error)
{
    return {ErrorCode::invalid_argument, std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + ": " +
                                             error.message + pointed_at(text, error.at)};
}

Result<Expression> Expression::parse(std::string_view text, const Limits& limits,
                                     const std::function<bool(std::string_view)>& known)
{
    auto tree = cel::parse(text, limits);
    if (!tree) return explained(text, tree.error());
    if (const auto wrong = check(*tree, limits, known)) return explained(text, *wrong);
    return Expression(std::make_shared<const Node>(*std::move(tree)));
}

Result<Expression> Expression::make(Node root, const Limits& limits)
{
    if (const auto wrong = check(root, limits, is_alert_name)) {
        return Error(ErrorCode::invalid_argument, wrong->message);
    }
    return Expression(std::make_shared<const Node>(std::move(root)));
}

Result<Expression> compile_condition(std::string_view text, domain::RuleSyntax syntax)
{
    if (text.size() > Limits{}.max_bytes) {
        return Error(ErrorCode::invalid_argument,
                     "a condition has at most " + std::to_string(Limits{}.max_bytes) + " bytes");
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        const char* all = syntax == domain::RuleSyntax::matchers ? "{}" : "true";
        return Error(ErrorCode::invalid_argument,
                     syntax == domain::RuleSyntax::keywords
                         ? std::string("the condition is empty: write a word")
                         : std::string("the condition is empty: write ") + all + " to match every alert");
    }
    switch (syntax) {
        case domain::RuleSyntax::cel: return compile_cel(text);
        case domain::RuleSyntax::matchers: return compile_matchers(text);
        case domain::RuleSyntax::keywords: return compile_keywords(text);
    }
    return Error(ErrorCode::internal, "unknown syntax");
}

}  // namespace winnow::expr
