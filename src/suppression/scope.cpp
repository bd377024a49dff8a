#include "winnow/suppression/scope.hpp"

#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
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

bool names_identifier(const expr::Node& node, std::string_view name)
{
    if (node.kind == expr::Node::Kind::identifier && node.name == name) return true;
    return std::ranges::any_of(node.children, [&](const expr::Node& child) { return names_identifier(child, name); });
}

/// `labels.x`, `labels["x"]`, `label("x")`.
bool names_label(const expr::Node& node, std::string_view label)
{
    if (node.name == label) return true;
    if (node.kind == expr::Node::Kind::literal) {
        const auto* text = node.value.as<std::string>();
        return text != nullptr && *text == label;
    }
    return std::ranges::any_of(node.children, [&](const expr::Node& child) { return names_label(child, label); });
}

template <typename... Kinds>
bool same_literal(const expr::Value& a, const expr::Value& b)
{
    const auto same = [&]<typename Kind>(const Kind* one, const Kind* other) {
        return one != nullptr && other != nullptr && *one == *other;
    };
    return (same(a.as<Kinds>(), b.as<Kinds>()) || ...);
}

// Recursion is bounded, as above.
bool same_tree(const expr::Node& a, const expr::Node& b)
{
    if (a.kind != b.kind || a.method != b.method || a.name != b.name || a.variable != b.variable ||
        a.optional_at != b.optional_at) {
        return false;
    }
    if (a.kind == expr::Node::Kind::literal) {
        return same_literal<bool, std::int64_t, std::uint64_t, double, std::string>(a.value, b.value);
    }
    return std::ranges::equal(a.children, b.children, same_tree);
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

bool Scope::finds(Asked& asked, const domain::Judge& judge) const
{
    auto& whole = asked.budget_;
    expr::Budget budget;
    budget.steps = std::min(budget.steps, whole.left);
    const auto allowed = budget.steps;
    std::optional<bool> found;
    if (!budget.charge(1)) {
        // Nothing is left.
    } else if (const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_)) {
        found = expr::matches_all(*matchers, asked.alert_, budget);
    } else {
        if (!asked.names_) asked.names_ = expr::names_of(asked.alert_, asked.now_);
        const auto value = std::get<expr::Expression>(compiled_).evaluate(*asked.names_, budget);
        if (value.as<bool>() != nullptr || budget.steps > 0) found = value.is_true();
    }
    whole.over = whole.over || !found;
    whole.pay(judge, allowed - budget.steps + budget.beside, expr::match_clock());
    return found == true;
}

std::optional<bool> Scope::finds(const domain::Alert& alert, Timestamp now, Effort& effort) const
{
    constexpr std::size_t kStepsOfAsking = 20;  // whatever is asked
    constexpr std::size_t kStepsOfAMatcher = 8;
    const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_);
    expr::Budget budget;
    const auto allowed = budget.steps;
    const auto most = kStepsOfAsking + (matchers != nullptr ? matchers->size() * kStepsOfAMatcher : allowed);
    if (effort.steps < most) {
        effort.steps = 0;
        return std::nullopt;
    }
    if (matchers != nullptr) {
        effort.steps -= most;
        return expr::matches_all(*matchers, alert);
    }
    const auto value = std::get<expr::Expression>(compiled_).evaluate(expr::names_of(alert, now), budget);
    effort.steps -= std::min(effort.steps, kStepsOfAsking + allowed - budget.steps + budget.beside);
    return value.is_true();
}

bool Scope::asks_for_the_time() const
{
    const auto* condition = std::get_if<expr::Expression>(&compiled_);
    return condition != nullptr && names_a_time(condition->root());
}

bool Scope::same_as(const Scope& other) const
{
    const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_);
    const auto* others = std::get_if<std::vector<Matcher>>(&other.compiled_);
    if ((matchers == nullptr) != (others == nullptr)) return false;
    if (matchers == nullptr) {
        return same_tree(std::get<expr::Expression>(compiled_).root(),
                         std::get<expr::Expression>(other.compiled_).root());
    }
    const auto written = [](const std::vector<Matcher>& all) {
        std::set<std::string> lines;
        for (const auto& matcher : all) lines.insert(matcher.str());
        return lines;
    };
    return written(*matchers) == written(*others);
}

const std::string* Scope::only_value_of(std::string_view label) const
{
    const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_);
    if (matchers == nullptr) return nullptr;
    const auto found = std::ranges::find_if(*matchers, [&](const Matcher& matcher) {
        return matcher.name() == label && matcher.op() == Matcher::Op::equal;
    });
    return found == matchers->end() ? nullptr : &found->value();
}

bool Scope::asks_for(std::string_view label) const
{
    if (const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_)) {
        static const domain::Alert kBare;
        return std::ranges::any_of(
            *matchers, [&](const Matcher& matcher) { return matcher.name() == label && !matcher.matches(kBare); });
    }
    return names_label(std::get<expr::Expression>(compiled_).root(), label);
}

bool Scope::asks_for_name(std::string_view name) const
{
    if (const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_)) {
        return std::ranges::find(*matchers, name, &Matcher::name) != matchers->end();
    }
    return names_label(std::get<expr::Expression>(compiled_).root(), name);
}

bool Scope::names_field(std::string_view field) const
{
    if (std::holds_alternative<std::vector<Matcher>>(compiled_)) return asks_for_name(field);
    return names_identifier(std::get<expr::Expression>(compiled_).root(), field);
}

bool Scope::refuses_firing() const
{
    const auto* matchers = std::get_if<std::vector<Matcher>>(&compiled_);
    static const domain::Alert kFiring;
    return matchers != nullptr && std::ranges::any_of(*matchers, [](const Matcher& matcher) {
               return matcher.name() == "status" && !matcher.matches(kFiring);
           });
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
