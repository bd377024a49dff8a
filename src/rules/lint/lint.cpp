#include "winnow/rules/lint.hpp"

#include "rules/index/pattern.hpp"
#include "rules/lint/leaf_logic.hpp"
#include "rules/lint/shadows.hpp"
#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace winnow::rules {

namespace {

using expr::Node;
using index::Leaf;
using index::LeafKind;
using index::Literal;
using Origin = index::Slot::Origin;
using Kind = Node::Kind;

/// In steps, for what follows from what: in one rule, and in all of a set together. A second on a processor at most.
constexpr std::size_t kEffortAlone = 1'000'000;
constexpr std::size_t kEffort = 25'000'000;

/// Looks at one rule by itself.
class RuleLint {
public:
    RuleLint(const domain::Rule& rule, const CompiledRule& compiled, expr::Budget& effort,
             std::vector<Finding>& findings)
        : rule_(rule), form_(compiled.form), effort_(effort), findings_(findings)
    {
    }

    void run()
    {
        check_slips();
        check_truth();
        check_labels();
        check_opaque();
        if (const auto condition = expr::compile_condition(rule_.condition, rule_.syntax)) {
            check_patterns(condition->root());
        }
    }

private:
    void add(FindingKind kind, std::string message, std::optional<expr::Position> at = {})
    {
        if (rule_.syntax == domain::RuleSyntax::matchers) at.reset();  // trees made of matchers have no places
        const auto same = [&](const Finding& finding) {
            return finding.rule_id == rule_.id && finding.kind == kind && finding.message == message;
        };
        if (std::ranges::any_of(findings_, same)) return;
        findings_.push_back(
            {.rule_id = rule_.id, .kind = kind, .message = std::move(message), .position = at, .because_of = {}});
    }

    void check_slips()
    {
        const auto checked = expr::check_condition(rule_.condition, rule_.syntax);
        if (!checked) return add(FindingKind::suspicious, checked.error().message());  // older than the check
        for (const auto& remark : checked->remarks) add(FindingKind::suspicious, remark.message, remark.at);
    }

    void check_truth()
    {
        bool contradictory = false;
        for (std::size_t i = 0; i < form_.clauses(); ++i) {
            const auto clause = form_.clause(i);
            if (exclude_each_other(form_, clause, effort_)) {
                contradictory = true;
                continue;
            }
            const bool possible = std::ranges::none_of(clause, [&](const Literal& literal) {
                return is_impossible(form_.leaves[literal.leaf], literal.negated, effort_);
            });
            if (possible) return;
        }
        if (contradictory) {
            add(FindingKind::contradictory, "the tests of this condition exclude each other: it matches no alert");
        } else {
            add(FindingKind::never_true, "no alert can be as this condition asks: it never matches");
        }
    }

    /// A test that is to fail is an error, which is no match, where the label is missing.
    void check_labels()
    {
        for (std::size_t i = 0; i < form_.clauses(); ++i) {
            const auto clause = form_.clause(i);
            for (const auto& literal : clause) {
                const auto& leaf = form_.leaves[literal.leaf];
                if (!literal.negated || leaf.slot.origin != Origin::label || leaf.kind == LeafKind::has ||
                    leaf.kind == LeafKind::opaque || is_guarded(clause, leaf)) {
                    continue;
                }
                const auto name = "labels." + leaf.slot.name;
                add(FindingKind::unguarded_label,
                    "an alert without the label " + leaf.slot.name +
                        " does not match this, negated or not: write label(\"" + leaf.slot.name +
                        "\") for \"\" where it is missing, or has(" + name + ") && … where it must be there",
                    leaf.at);
            }
        }
    }

    [[nodiscard]] bool is_guarded(std::span<const Literal> clause, const Leaf& leaf) const
    {
        return std::ranges::any_of(clause, [&](const Literal& other) {
            return !other.negated && form_.leaves[other.leaf].slot == leaf.slot &&
                   form_.leaves[other.leaf].kind != LeafKind::opaque;
        });
    }

    void check_opaque()
    {
        for (const auto& leaf : form_.leaves) {
            if (leaf.kind != LeafKind::opaque) continue;
            add(FindingKind::opaque,
                "the index cannot use this part, so it is evaluated for every alert that the rest lets through: " +
                    leaf.text,
                leaf.at);
        }
    }

    // Recursion is bounded by the depth that the tree was checked for.
    void check_patterns(const Node& node)
    {
        const auto* pattern =
            node.kind == Kind::call && node.regex ? node.children[1].value.as<std::string>() : nullptr;
        if (pattern != nullptr) check_pattern(node, *pattern);
        for (const auto& child : node.children) check_patterns(child);
    }

    void check_pattern(const Node& node, const std::string& pattern)
    {
        const auto texts = index::exact_texts(pattern);
        if (!texts) return;
        if (rule_.syntax == domain::RuleSyntax::matchers) {
            if (texts->size() == 1) {
                add(FindingKind::regex_is_equality,
                    "the pattern matches one text only: write = (or !=) and " + expr::to_text(texts->front()));
            }
            return;
        }
        auto test = expr::to_cel(node.children[0]) + (texts->size() == 1 ? " == " : " in [");
        for (const auto& text : *texts) test += (&text == &texts->front() ? "" : ", ") + expr::to_text(text);
        if (texts->size() > 1) test += "]";
        add(FindingKind::regex_is_equality, "the pattern only matches whole texts: write " + test, node.at);
    }

    const domain::Rule& rule_;
    const index::NormalForm& form_;
    expr::Budget& effort_;
    std::vector<Finding>& findings_;
};

/// The clauses whatever their order: the same for rules that match the same by the same tests.
std::string canonical(const index::NormalForm& form)
{
    std::vector<std::string> clauses;
    for (std::size_t i = 0; i < form.clauses(); ++i) {
        std::vector<std::string> literals;
        for (const auto& literal : form.clause(i)) {
            const auto& key = form.leaves[literal.leaf].key;
            literals.push_back((literal.negated ? "!" : "=") + std::to_string(key.size()) + ":" + key);
        }
        std::ranges::sort(literals);
        auto& clause = clauses.emplace_back();
        for (const auto& literal : literals) clause += literal;
    }
    std::ranges::sort(clauses);
    std::string all;
    for (const auto& clause : clauses) all += std::to_string(clause.size()) + "|" + clause;
    return all;
}

/// A rule that does what an earlier one does, for the same alerts.
void find_duplicates(const std::vector<PlacedRule>& rules, std::vector<Finding>& findings)
{
    std::unordered_map<std::string, std::vector<const PlacedRule*>> known;
    for (const auto& placed : rules) {
        if (!placed.live) continue;
        auto& same = known[canonical(placed.rule->form)];
        const auto earlier = std::ranges::find_if(same, [&](const PlacedRule* other) {
            return other->rule->source.actions == placed.rule->source.actions && other->from == placed.from &&
                   other->until == placed.until && other->hours == placed.hours && other->stop == placed.stop;
        });
        if (earlier != same.end()) {
            const auto& source = (*earlier)->rule->source;
            findings.push_back(
                {.rule_id = placed.rule->source.id,
                 .kind = FindingKind::duplicate,
                 .message = "the rule \"" + source.name + "\" before it does the same for the same alerts",
                 .position = {},
                 .because_of = source.id});
        }
        constexpr std::size_t kMostCompared = 64;  // with one condition, and each with other actions
        if (same.size() < kMostCompared) same.push_back(&placed);
    }
}

void find_shadows(const std::vector<PlacedRule>& rules, expr::Budget& effort, std::vector<Finding>& findings)
{
    const auto shadows = shadowed_rules(rules, effort);
    for (const auto& [shadowed, by] : shadows.found) {
        const auto& source = rules[by].rule->source;
        findings.push_back({.rule_id = rules[shadowed].rule->source.id,
                            .kind = FindingKind::shadowed,
                            .message = "it is never reached: the rule \"" + source.name +
                                       "\" before it ends the evaluation for every alert that this one could match",
                            .position = {},
                            .because_of = source.id});
    }
    if (!shadows.untried) return;
    findings.push_back({.rule_id = rules[*shadows.untried].rule->source.id,
                        .kind = FindingKind::untried,
                        .message = "whether this rule and those after it can be reached was not looked at: comparing "
                                   "the tests of all rules has cost all that it may; they have many in common, or "
                                   "regular expressions that take long",
                        .position = {},
                        .because_of = {}});
}

}  // namespace

std::string_view to_string(FindingKind kind) noexcept
{
    switch (kind) {
        case FindingKind::contradictory: return "contradictory";
        case FindingKind::never_true: return "never_true";
        case FindingKind::duplicate: return "duplicate";
        case FindingKind::shadowed: return "shadowed";
        case FindingKind::unguarded_label: return "unguarded_label";
        case FindingKind::regex_is_equality: return "regex_is_equality";
        case FindingKind::opaque: return "opaque";
        case FindingKind::suspicious: return "suspicious";
        case FindingKind::untried: return "untried";
    }
    return "opaque";
}

std::vector<Finding> lint_alone(const domain::Rule& rule)
{
    std::vector<Finding> findings;
    expr::Budget effort{.steps = kEffortAlone};
    if (const auto compiled = compile_rule(rule)) RuleLint(rule, **compiled, effort, findings).run();
    return findings;
}

std::vector<Finding> warnings_of(const std::string& condition, domain::RuleSyntax syntax)
{
    domain::Rule rule;
    rule.name = "condition";
    rule.condition = condition;
    rule.syntax = syntax;
    rule.actions = {domain::DropAction{}};
    auto findings = lint_alone(rule);
    std::erase_if(findings, [](const Finding& finding) {
        using enum FindingKind;
        return finding.kind != contradictory && finding.kind != never_true && finding.kind != suspicious;
    });
    return findings;
}

std::vector<Finding> lint(const std::vector<domain::Rule>& rules)
{
    std::vector<const domain::Rule*> sorted;
    for (const auto& rule : rules) sorted.push_back(&rule);
    std::ranges::stable_sort(sorted, {}, &domain::Rule::position);
    std::vector<PlacedRule> placed;
    std::unordered_map<RuleId, std::vector<Finding>> by_rule;
    expr::Budget effort{.steps = kEffort};
    for (const auto* rule : sorted) {
        auto compiled = compile_rule(*rule);
        if (!compiled) continue;
        RuleLint(*rule, **compiled, effort, by_rule[rule->id]).run();
        placed.push_back(place(*rule, *std::move(compiled)));
    }
    std::vector<Finding> of_several;
    find_duplicates(placed, of_several);
    find_shadows(placed, effort, of_several);
    for (auto& finding : of_several) by_rule[finding.rule_id].push_back(std::move(finding));
    std::vector<Finding> findings;
    for (const auto* rule : sorted) std::ranges::move(by_rule[rule->id], std::back_inserter(findings));
    return findings;
}

}  // namespace winnow::rules
