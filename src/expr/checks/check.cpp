#include "winnow/expr/check.hpp"

#include "expr/cel/parser.hpp"
#include "expr/checks/certainties.hpp"
#include "expr/checks/checker.hpp"
#include "expr/checks/condition_types.hpp"
#include "expr/checks/slips.hpp"
#include "expr/keywords/keywords.hpp"
#include "winnow/expr/matchers.hpp"
#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::expr {

namespace {

using domain::RuleSyntax;
using Kind = Node::Kind;

Error refusal(std::string message)
{
    return {ErrorCode::invalid_argument, std::move(message)};
}

/// Whether a text that is not well in its syntax is plainly of CEL's making: it compares, calls or joins something.
bool looks_like_cel(std::string_view text)
{
    static constexpr std::array kTelling = {Kind::call,        Kind::macro,      Kind::has,     Kind::conditional,
                                            Kind::logical_and, Kind::logical_or, Kind::equal,   Kind::not_equal,
                                            Kind::less,        Kind::less_equal, Kind::greater, Kind::greater_equal,
                                            Kind::in};
    const auto tree = cel::parse(text, {});
    if (!tree) return false;
    const auto& root = tree->kind == Kind::logical_not ? tree->children[0] : *tree;
    return std::ranges::find(kTelling, root.kind) != kTelling.end();
}

bool looks_like_matchers(std::string_view text)
{
    const auto matchers = parse_matchers(text);
    return matchers && !matchers->empty() && !slip_in_matchers(text);
}

bool looks_like_keywords(std::string_view text)
{
    const auto tree = parse_keywords(text, {}, Wording::as_written);
    if (!tree) return false;
    // One word alone is like anything; `severity:critical` and `title:disk` are not.
    const bool of_field =
        tree->kind == Kind::equal || (tree->kind == Kind::call && tree->children.front().name != "text");
    return of_field || tree->kind == Kind::logical_and || tree->kind == Kind::logical_or ||
           tree->kind == Kind::logical_not;
}

std::string looks_like(RuleSyntax other, WrittenIn where)
{
    const std::string name = other == RuleSyntax::cel ? "CEL" : other == RuleSyntax::matchers ? "matchers" : "keywords";
    if (where == WrittenIn::rule) return "this looks like " + name + ": add syntax: " + std::string(to_string(other));
    return other == RuleSyntax::cel ? "this looks like CEL: give it as condition"
                                    : "this looks like matchers: give it as matchers";
}

/// What is wrong, headed by the syntax that the text seems to be in, if that is another one.
Error with_hint(const Error& error, std::string_view text, RuleSyntax syntax, WrittenIn where)
{
    std::optional<RuleSyntax> other;
    if (text.size() > Limits{}.max_bytes) return error;
    if (syntax != RuleSyntax::matchers && looks_like_matchers(text)) {
        other = RuleSyntax::matchers;
    } else if (syntax != RuleSyntax::cel && looks_like_cel(text)) {
        other = RuleSyntax::cel;
    } else if (where == WrittenIn::rule && syntax != RuleSyntax::keywords && looks_like_keywords(text)) {
        other = RuleSyntax::keywords;
    }
    if (!other) return error;
    return refusal(error.message() + "\n" + looks_like(*other, where));
}

/// Recursion is bounded by the depth that the tree was checked for.
std::optional<cel::SyntaxError> large_pattern_in(const Node& node)
{
    if (node.regex) {
        if (auto wrong = too_large(*node.regex)) {
            return cel::SyntaxError{.at = node.children.back().at, .message = *std::move(wrong)};
        }
    }
    for (const auto& child : node.children) {
        if (auto wrong = large_pattern_in(child)) return wrong;
    }
    return std::nullopt;
}

Result<CheckedCondition> check_cel(std::string_view text)
{
    auto condition = compile_condition(text, RuleSyntax::cel);
    if (!condition) return condition.error();
    if (const auto wrong = slip_in(condition->root())) return explained(text, *wrong);
    if (const auto wrong = large_pattern_in(condition->root())) return explained(text, *wrong);
    auto remarks = remarks_on_certainties(condition->root());
    return CheckedCondition{.condition = *std::move(condition), .remarks = std::move(remarks)};
}

Result<CheckedCondition> check_matchers(std::string_view text)
{
    auto condition = compile_condition(text, RuleSyntax::matchers);
    if (!condition) return condition.error();
    if (auto wrong = slip_in_matchers(text)) return refusal(*std::move(wrong));
    if (auto wrong = large_pattern_in(condition->root())) return refusal(std::move(wrong->message));
    return CheckedCondition{.condition = *std::move(condition), .remarks = remarks_on_matchers(text)};
}

Result<CheckedCondition> check_keywords(std::string_view text, WrittenIn where)
{
    auto condition = compile_condition(text, RuleSyntax::keywords);
    if (!condition) return condition.error();
    if (const auto strict = parse_keywords(text, {}, Wording::as_written); !strict) {
        return explained(text, strict.error());
    }
    // `severity>=ERROR` is a word, too; `true` is one that somebody may look for.
    if (looks_like_cel(text) && compile_condition(text, RuleSyntax::cel)) {
        return refusal("1:1: " + looks_like(RuleSyntax::cel, where) + "; a text to look for stands in quotes");
    }
    CheckedCondition checked{.condition = *std::move(condition), .remarks = {}};
    if (looks_like_matchers(text)) {
        checked.remarks.push_back(
            {.at = {},
             .message = looks_like(RuleSyntax::matchers, where) + "; as keywords it looks for these very characters"});
    }
    return checked;
}

}  // namespace

Result<CheckedCondition> check_condition(std::string_view text, RuleSyntax syntax, WrittenIn where)
{
    auto checked = syntax == RuleSyntax::cel        ? check_cel(text)
                   : syntax == RuleSyntax::matchers ? check_matchers(text)
                                                    : check_keywords(text, where);
    if (checked) return checked;
    return with_hint(checked.error(), text, syntax, where);
}

Result<std::optional<std::string>> check_name(std::string_view name)
{
    if (auto wrong = slip_in_name(name)) return refusal(*std::move(wrong));
    return remark_on_name(name);
}

Result<CheckedCondition> check_expression(std::string_view text)
{
    auto expression = Expression::parse(text, {}, is_alert_name);
    if (!expression) return with_hint(expression.error(), text, RuleSyntax::cel, WrittenIn::rule);
    if (const auto wrong = check_comparisons(expression->root())) return explained(text, *wrong);
    if (const auto wrong = slip_in(expression->root())) return explained(text, *wrong);
    auto remarks = remarks_on_certainties(expression->root());
    return CheckedCondition{.condition = *std::move(expression), .remarks = std::move(remarks)};
}

}  // namespace winnow::expr
