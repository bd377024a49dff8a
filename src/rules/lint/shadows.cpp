#include "rules/lint/shadows.hpp"

#include "rules/index/anchor_scanner.hpp"
#include "rules/lint/leaf_logic.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace winnow::rules {

namespace {

using index::Constant;
using index::Leaf;
using index::LeafKind;
using index::Literal;

constexpr std::uint32_t kNone = index::kNone;

bool ends_evaluation(const PlacedRule& placed)
{
    return placed.live && (placed.stop || placed.rule->drops);
}

/// The literals of the clauses that may cover others, each once, and for a given literal those that it implies. A
/// clause is found by the one of its literals that fewest clauses have: a test that all rules have in common finds
/// none.
class Covers {
public:
    explicit Covers(const std::vector<PlacedRule>& rules)
    {
        for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
            if (ends_evaluation(rules[rule])) add(rule, rules[rule].rule->form);
        }
        for (std::uint32_t clause = 0; clause < clauses_.size(); ++clause) find_by_rarest(clause);
        for (auto& [key, slot] : slots_) {
            for (const auto number : slot.texts) slot.scanner.add(literals_[number].leaf->text);
            slot.scanner.build();
        }
    }

    struct CoveringClause {
        std::uint32_t rule = 0;
        std::vector<std::uint32_t> literals;
    };
    /// Those of a literal, in the order of their rules.
    [[nodiscard]] const std::vector<CoveringClause>& found_by(std::uint32_t literal) const
    {
        return literals_[literal].finds;
    }
    /// The rules that have a clause without a literal, in order: they match whatever comes.
    [[nodiscard]] const std::vector<std::uint32_t>& unconditional() const { return unconditional_; }
    [[nodiscard]] std::size_t literals() const { return literals_.size(); }

    /// Calls `use(literal)` for each that the given one implies; perhaps more than once.
    template <typename Use>
    void for_implied(const Leaf& leaf, bool negated, expr::Budget& effort, Use use) const
    {
        const auto consider = [&](std::uint32_t number) {
            const auto& other = literals_[number];
            if (implies(leaf, negated, *other.leaf, other.negated, effort)) use(number);
        };
        if (const auto same = numbers_.find(name_of(leaf, negated)); same != numbers_.end()) use(same->second);
        const auto found = slots_.find(slot_of(leaf));
        if (negated || leaf.kind == LeafKind::opaque || found == slots_.end()) return;
        const auto& slot = found->second;
        for (const auto number : slot.few) consider(number);
        if (!leaf.constants.empty()) {
            const auto equalities = slot.equalities.find(name_of(leaf.constants.front()));
            if (equalities != slot.equalities.end()) {
                for (const auto number : equalities->second) consider(number);
            }
        }
        const auto& text = leaf.constants.empty() ? leaf.text : leaf.constants.front().text;
        slot.scanner.scan(text, [&](std::uint32_t pattern) { consider(slot.texts[pattern]); });
    }

private:
    struct Known {
        const Leaf* leaf = nullptr;
        bool negated = false;
        std::uint32_t clauses = 0;               ///< That have it.
        std::vector<CoveringClause> finds = {};  ///< Of these, those that no rarer one finds.
    };
    struct SlotLiterals {
        std::unordered_map<std::string, std::vector<std::uint32_t>> equalities;  ///< By each of their values.
        std::vector<std::uint32_t> texts;                                        ///< contains, in scanner order.
        std::vector<std::uint32_t> few;  ///< The others: tried one by one, and cut off where they are many.
        index::AnchorScanner scanner;
    };

    static std::string name_of(const Leaf& leaf, bool negated) { return (negated ? "!" : "=") + leaf.key; }
    static std::string name_of(const Constant& value)
    {
        return static_cast<char>('0' + static_cast<int>(value.type)) + std::string(index::bytes_of(value));
    }
    static std::string slot_of(const Leaf& leaf) { return leaf.key.substr(0, leaf.slot_key); }

    void add(std::uint32_t rule, const index::NormalForm& form)
    {
        for (std::size_t i = 0; i < form.clauses(); ++i) {
            if (form.clause(i).empty()) unconditional_.push_back(rule);
            if (form.clause(i).empty()) continue;
            auto& clause = clauses_.emplace_back(rule);
            for (const auto& literal : form.clause(i)) {
                clause.literals.push_back(number_of(form.leaves[literal.leaf], literal.negated));
                ++literals_[clause.literals.back()].clauses;
            }
        }
    }

    void find_by_rarest(std::uint32_t number)
    {
        auto& clause = clauses_[number];
        const auto clauses_with = [&](std::uint32_t literal) {
            return literals_[literal].clauses;
        };
        const auto rarest = *std::ranges::min_element(clause.literals, {}, clauses_with);
        literals_[rarest].finds.push_back(std::move(clause));
    }

    std::uint32_t number_of(const Leaf& leaf, bool negated)
    {
        const auto [at, fresh] =
            numbers_.try_emplace(name_of(leaf, negated), static_cast<std::uint32_t>(literals_.size()));
        if (!fresh) return at->second;
        const auto number = at->second;
        literals_.push_back({.leaf = &leaf, .negated = negated});
        if (leaf.kind == LeafKind::opaque) return number;
        auto& slot = slots_[slot_of(leaf)];
        constexpr std::size_t kMostTried = 512;
        if (!negated && !leaf.constants.empty()) {
            for (const auto& value : leaf.constants) slot.equalities[name_of(value)].push_back(number);
        } else if (!negated && leaf.kind == LeafKind::contains && !leaf.text.empty()) {
            slot.texts.push_back(number);
        } else if (slot.few.size() < kMostTried) {
            slot.few.push_back(number);
        }
        return number;
    }

    std::vector<Known> literals_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::unordered_map<std::string, SlotLiterals> slots_;
    std::vector<CoveringClause> clauses_;  ///< Until they are found by a literal.
    std::vector<std::uint32_t> unconditional_;
};

class Search {
public:
    Search(const std::vector<PlacedRule>& rules, expr::Budget& effort)
        : rules_(rules), covers_(rules), seen_(covers_.literals(), 0), effort_(effort)
    {
    }

    Shadows run()
    {
        Shadows shadows;
        std::uint32_t unchanged_since = 0;  // rules before it saw another alert, perhaps
        for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
            const auto by = shadow_of(rule, unchanged_since);
            if (by != kNone) shadows.found.emplace_back(rule, by);
            if (by == kNone && effort_.steps == 0) {
                shadows.untried = rule;
                break;
            }
            if (rules_[rule].live && rules_[rule].rule->changes_alert) unchanged_since = rule;
        }
        return shadows;
    }

private:
    /// The last of the rules that are needed to shadow it.
    std::uint32_t shadow_of(std::uint32_t rule, std::uint32_t since)
    {
        const auto& form = rules_[rule].rule->form;
        if (!rules_[rule].live || form.clauses() == 0) return kNone;
        std::uint32_t last = kNone;
        for (std::size_t i = 0; i < form.clauses(); ++i) {
            const auto by = cover_of(form, form.clause(i), rule, since);
            if (by == kNone) return kNone;
            last = last == kNone ? by : std::max(last, by);
        }
        return last;
    }

    std::uint32_t cover_of(const index::NormalForm& form, std::span<const Literal> clause, std::uint32_t rule,
                           std::uint32_t since)
    {
        ++round_;
        implied_.clear();
        const auto note = [&](std::uint32_t literal) {
            if (std::exchange(seen_[literal], round_) != round_) implied_.push_back(literal);
        };
        for (const auto& literal : clause) {
            covers_.for_implied(form.leaves[literal.leaf], literal.negated, effort_, note);
        }
        auto best = kNone;
        for (const auto literal : implied_) best = std::min(best, first_found_by(literal, rule, best, since));
        return best == kNone ? unconditional(rule, since) : best;
    }

    /// The first rule before `end`, too, that covers, of those that the literal finds.
    std::uint32_t first_found_by(std::uint32_t literal, std::uint32_t rule, std::uint32_t end, std::uint32_t since)
    {
        const auto is_implied = [&](std::uint32_t other) {
            return effort_.charge(1) && seen_[other] == round_;
        };
        for (const auto& cover : covers_.found_by(literal)) {
            if (cover.rule >= std::min(rule, end)) break;
            if (std::ranges::all_of(cover.literals, is_implied) && may_cover(cover.rule, rule, since))
                return cover.rule;
        }
        return kNone;
    }

    /// A rule without a test matches whatever comes.
    [[nodiscard]] std::uint32_t unconditional(std::uint32_t rule, std::uint32_t since)
    {
        for (const auto cover : covers_.unconditional()) {
            if (cover >= rule || !effort_.charge(1)) break;
            if (may_cover(cover, rule, since)) return cover;
        }
        return kNone;
    }

    [[nodiscard]] bool may_cover(std::uint32_t cover, std::uint32_t rule, std::uint32_t since) const
    {
        const auto& a = rules_[cover];
        const auto& b = rules_[rule];
        // A rule that ends the evaluation and changes the alert is no change for those behind it: they are not reached.
        return cover >= since && a.from <= b.from && b.until <= a.until && (!a.hours || a.hours == b.hours);
    }

    const std::vector<PlacedRule>& rules_;
    Covers covers_;
    std::vector<std::uint32_t> seen_;     ///< By literal: the last round in which it was implied.
    std::vector<std::uint32_t> implied_;  ///< In this one.
    std::uint32_t round_ = 0;
    expr::Budget& effort_;
};

}  // namespace

Shadows shadowed_rules(const std::vector<PlacedRule>& rules, expr::Budget& effort)
{
    return Search(rules, effort).run();
}

}  // namespace winnow::rules
