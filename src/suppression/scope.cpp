#include "winnow/suppression/scope.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::suppression {

namespace {

using expr::Matcher;

// Recursion is bounded by the depth that the tree was checked for.
bool names_a_time(const expr::Node& node)
{
    if (node.kind == expr::Node::Kind::identifier &&
        (node.name == "now" || node.name == "received_at" || node.name == "starts_at")) {
        return true;
    }
    return std::ranges::any_of(node.children, names_a_time);
}

}  // namespace

Result<Scope> Scope::compile(const domain::Scope& scope)
{
    if (scope.text.find_first_not_of(" \t\r\n") == std::string::npos) {
        return Error(ErrorCode::invalid_argument, "must not be empty; {} means every alert");
    }
    if (scope.syntax == domain::RuleSyntax::matchers) {
        auto matchers = expr::parse_matchers(scope.text);
        if (!matchers) return matchers.error();
        return Scope(*std::move(matchers));
    }
    auto condition = expr::compile_condition(scope.text, scope.syntax);
    if (!condition) return condition.error();
    return Scope(*std::move(condition));
}

bool Scope::finds(const domain::Alert& alert, Timestamp now) const
{
    if (const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_)) {
        return expr::matches_all(*matchers, alert);
    }
    expr::Budget budget;
    return std::get<expr::Expression>(compiled_).evaluate(expr::names_of(alert, now), budget).is_true();
}

bool Scope::asks_for_the_time() const
{
    const auto* condition = std::get_if<expr::Expression>(&compiled_);
    return condition != nullptr && names_a_time(condition->root());
}

const Matcher* Scope::required() const
{
    const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_);
    if (matchers == nullptr) return nullptr;
    const auto found = std::ranges::find_if(*matchers, [](const Matcher& matcher) {
        return matcher.op() == Matcher::Op::equal && !matcher.value().empty();
    });
    return found == matchers->end() ? nullptr : &*found;
}

}  // namespace winnow::suppression
