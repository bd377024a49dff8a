#include "rules/trace.hpp"

#include "winnow/base/text.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/matchers.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace winnow::rules {

namespace {

using expr::Node;
using expr::Value;
using Kind = Node::Kind;

/// The first bytes of a text of the alert's own.
void show(std::string_view value, TraceLeaf& leaf)
{
    leaf.value = truncate_utf8(value, TraceLimits::kShownBytes);
    leaf.bytes = leaf.value.size() < value.size() ? value.size() : 0;
}

/// Evaluates parts of one rule's condition.
class Eye {
public:
    Eye(const domain::Alert& alert, Timestamp now, TraceRoom& room) : names_(expr::names_of(alert, now)), room_(room) {}

    Value condition(const Node& root) const { return value(root, room_.condition_steps); }
    Value part(const Node& node) const { return value(node, room_.steps); }

    /// No more can be shown.
    [[nodiscard]] bool is_full() const noexcept { return room_.bytes == 0; }
    /// No more can be found out of tests.
    [[nodiscard]] bool is_spent() const noexcept { return room_.steps == 0; }

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
        const auto seen = part(looked_at(node));
        if (!seen.is_error()) {
            auto start = expr::start_of_text(seen, TraceLimits::kShownBytes);
            leaf.bytes = start.text.size() < start.bytes ? start.bytes : 0;
            leaf.value = std::move(start.text);
        }
        take_room(leaf);
        return leaf;
    }

    void take_room(const TraceLeaf& leaf) const
    {
        constexpr std::size_t kFrame = 64;  // its names and marks
        const auto bytes = leaf.expression.size() + leaf.value.size() + leaf.error.size() + kFrame;
        room_.bytes -= std::min(room_.bytes, bytes);
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
        steps_left -= std::min(steps_left, allowed - budget.steps + budget.beside);
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
    TraceRoom& room_;
};

void add_leaves(const Node& node, const Eye& eye, TraceEntry& entry)
{
    if (eye.is_full()) {
        entry.leaves_left_out = true;
        return;
    }
    if (!index::is_connective(node)) return entry.leaves.push_back(eye.leaf(node));
    for (const auto& child : node.children) add_leaves(child, eye, entry);
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

TraceEntry trace_rule(const PlacedRule& placed, bool ended, const domain::Alert& alert, Timestamp now, TraceRoom& room)
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
    const Eye eye(alert, now, room);
    const auto result = eye.condition(condition->root());
    entry.matched = entry.considered && result.is_true();
    entry.would_match = entry.shadow && result.is_true();
    if (const auto* error = result.as<expr::EvalError>()) entry.error = error->message;
    if (source.syntax != domain::RuleSyntax::matchers) {
        add_leaves(condition->root(), eye, entry);
        return entry;
    }
    const auto matchers = expr::parse_matchers(source.condition);
    for (const auto& matcher : matchers ? *matchers : std::vector<expr::Matcher>()) {
        if (eye.is_full()) {
            entry.leaves_left_out = true;
            break;
        }
        TraceLeaf leaf{
            .expression = matcher.str(), .value = {}, .bytes = 0, .matched = matcher.matches(alert), .error = {}};
        show(matcher.value_in(alert), leaf);
        eye.take_room(leaf);
        entry.leaves.push_back(std::move(leaf));
    }
    return entry;
}

std::optional<NearMiss> near_miss(const PlacedRule& placed, const domain::Alert& alert, Timestamp now, TraceRoom& room)
{
    const auto& source = placed.rule->source;
    const auto condition = expr::compile_condition(source.condition, source.syntax);
    if (!condition) return std::nullopt;
    const Eye eye(alert, now, room);
    const auto leaves = failing(condition->root(), false, eye);
    if (leaves.empty() || eye.is_spent()) return std::nullopt;
    NearMiss miss{.rule_id = source.id, .rule_name = source.name, .version = placed.version, .failing = {}};
    for (const auto* leaf : leaves) {
        miss.failing.push_back(eye.leaf(*leaf));
        if (eye.is_full() || eye.is_spent()) return std::nullopt;
    }
    return miss;
}

}  // namespace winnow::rules
