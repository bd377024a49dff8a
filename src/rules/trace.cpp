#include "rules/trace.hpp"

#include "winnow/expr/condition.hpp"
#include "winnow/expr/matchers.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules {

namespace {

using expr::Node;
using expr::Value;
using Kind = Node::Kind;

/// Evaluates parts of one rule's condition.
class Eye {
public:
    Eye(const domain::Alert& alert, Timestamp now, LookingBudget& budget)
        : names_(expr::names_of(alert, now)), budget_(budget)
    {
    }

    Value condition(const Node& node) const { return value(node, budget_.conditions); }
    Value part(const Node& node) const { return value(node, budget_.parts); }

    TraceLeaf leaf(const Node& node) const
    {
        TraceLeaf leaf;
        leaf.expression = expr::to_cel(node);
        const auto result = part(node);
        leaf.matched = result.is_true();
        if (const auto* error = result.as<expr::EvalError>()) {
            leaf.error = error->message;
        } else if (!result.is<bool>()) {
            leaf.error = "this is no true or false";
        }
        const auto shown = part(looked_at(node));
        if (!shown.is_error()) leaf.value = expr::to_text(shown);
        return leaf;
    }

private:
    Value value(const Node& node, std::size_t& steps_left) const
    {
        if (steps_left == 0) {
            return Value::error("not looked at: what was looked at before has used up the budget of one request");
        }
        expr::Budget budget;
        const auto allowed = budget.steps = std::min(budget.steps, steps_left);
        auto seen = expr::evaluate(node, names_, budget);
        steps_left -= allowed - budget.steps;
        return seen;
    }

    /// The part that tells most: what is compared, not the outcome.
    static const Node& looked_at(const Node& node)
    {
        const bool compares = node.kind == Kind::equal || node.kind == Kind::not_equal || node.kind == Kind::less ||
                              node.kind == Kind::less_equal || node.kind == Kind::greater ||
                              node.kind == Kind::greater_equal || node.kind == Kind::in ||
                              (node.kind == Kind::call && node.children.size() == 2);
        if (!compares) return node;
        return node.children[node.children[0].kind == Kind::literal ? 1 : 0];
    }

    expr::Names names_;
    LookingBudget& budget_;
};

void add_leaves(const Node& node, const Eye& eye, std::vector<TraceLeaf>& leaves)
{
    if (!index::is_connective(node)) return leaves.push_back(eye.leaf(node));
    for (const auto& child : node.children) add_leaves(child, eye, leaves);
}

/// The fewest leaves that would have had to be otherwise for the node to be true (or, negated, false).
std::vector<const Node*> failing(const Node& node, bool negated, const Eye& eye)
{
    if (node.kind == Kind::logical_not) return failing(node.children[0], !negated, eye);
    if (!index::is_connective(node)) {
        const auto result = eye.part(node);
        const auto* flag = result.as<bool>();
        if (flag != nullptr && *flag != negated) return {};
        return {&node};
    }
    const bool all = (node.kind == Kind::logical_and) != negated;
    std::optional<std::vector<const Node*>> found;
    for (const auto& child : node.children) {
        auto part = failing(child, negated, eye);
        if (!found) {
            found = std::move(part);
        } else if (all) {
            found->insert(found->end(), part.begin(), part.end());
        } else if (part.size() < found->size()) {
            found = std::move(part);
        }
    }
    return found ? *std::move(found) : std::vector<const Node*>();
}

}  // namespace

TraceEntry trace_rule(const PlacedRule& placed, bool ended, const domain::Alert& alert, Timestamp now,
                      LookingBudget& budget)
{
    const auto& source = placed.rule->source;
    TraceEntry entry;
    entry.rule_id = source.id;
    entry.rule_name = source.name;
    entry.version = placed.version;
    if (ended) return entry;
    entry.considered = placed.applies(now);
    entry.shadow = placed.shadow && placed.is_due(now);
    const auto condition = expr::compile_condition(source.condition, source.syntax);
    if (!condition) return entry;  // it compiled before
    const Eye eye(alert, now, budget);
    const auto result = eye.condition(condition->root());
    entry.matched = entry.considered && result.is_true();
    entry.would_match = entry.shadow && result.is_true();
    if (const auto* error = result.as<expr::EvalError>()) entry.error = error->message;
    if (source.syntax != domain::RuleSyntax::matchers) {
        add_leaves(condition->root(), eye, entry.leaves);
        return entry;
    }
    const auto matchers = expr::parse_matchers(source.condition);
    for (const auto& matcher : matchers ? *matchers : std::vector<expr::Matcher>()) {
        entry.leaves.push_back({matcher.str(), matcher.value_in(alert), matcher.matches(alert), {}});
    }
    return entry;
}

std::optional<NearMiss> near_miss(const PlacedRule& placed, const domain::Alert& alert, Timestamp now,
                                  LookingBudget& budget)
{
    const auto& source = placed.rule->source;
    const auto condition = expr::compile_condition(source.condition, source.syntax);
    if (!condition) return std::nullopt;
    const Eye eye(alert, now, budget);
    const auto leaves = failing(condition->root(), false, eye);
    if (leaves.empty()) return std::nullopt;
    NearMiss miss{.rule_id = source.id, .rule_name = source.name, .version = placed.version, .failing = {}};
    for (const auto* leaf : leaves) miss.failing.push_back(eye.leaf(*leaf));
    if (budget.parts == 0) return std::nullopt;
    return miss;
}

}  // namespace winnow::rules
