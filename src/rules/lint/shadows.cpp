#include "rules/lint/shadows.hpp"

#include "rules/index/anchor_scanner.hpp"
#include "rules/lint/leaf_logic.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

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

/// The literals of the clauses that may cover others, each once, and for a given literal those that it implies.
class Covers {
public:
    explicit Covers(const std::vector<PlacedRule>& rules)
    {
        for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
            if (ends_evaluation(rules[rule])) add(rule, rules[rule].rule->form);
        }
        for (auto& [key, slot] : slots_) {
            for (const auto number : slot.texts) slot.scanner.add(literals_[number].leaf->text);
            slot.scanner.build();
        }
    }

    struct CoveringClause {
        std::uint32_t rule = 0;
        std::uint32_t literals = 0;
    };
    [[nodiscard]] const std::vector<CoveringClause>& clauses() const { return clauses_; }
    [[nodiscard]] const std::vector<std::uint32_t>& clauses_of(std::uint32_t literal) const
    {
        return literals_[literal].clauses;
    }
    [[nodiscard]] std::size_t literals() const { return literals_.size(); }

    /// Calls `use(literal)` for each that the given one implies; perhaps more than once.
    template <typename Use>
    void for_implied(const Leaf& leaf, bool negated, Use use) const
    {
        const auto consider = [&](std::uint32_t number) {
            const auto& other = literals_[number];
            if (implies(leaf, negated, *other.leaf, other.negated)) use(number);
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
        std::vector<std::uint32_t> clauses;
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
            const auto clause = static_cast<std::uint32_t>(clauses_.size());
            clauses_.push_back({rule, static_cast<std::uint32_t>(form.clause(i).size())});
            for (const auto& literal : form.clause(i)) {
                literals_[number_of(form.leaves[literal.leaf], literal.negated)].clauses.push_back(clause);
            }
        }
    }

    std::uint32_t number_of(const Leaf& leaf, bool negated)
    {
        const auto [at, fresh] =
            numbers_.try_emplace(name_of(leaf, negated), static_cast<std::uint32_t>(literals_.size()));
        if (!fresh) return at->second;
        const auto number = at->second;
        literals_.push_back({&leaf, negated, {}});
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
    std::vector<CoveringClause> clauses_;
};

class Search {
public:
    explicit Search(const std::vector<PlacedRule>& rules)
        : rules_(rules), covers_(rules), counted_(covers_.clauses().size()), seen_(covers_.literals(), 0)
    {
    }

    std::vector<std::pair<std::uint32_t, std::uint32_t>> run()
    {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> found;
        std::uint32_t unchanged_since = 0;  // rules before it saw another alert, perhaps
        for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
            if (const auto by = shadow_of(rule, unchanged_since); by != kNone) found.emplace_back(rule, by);
            if (rules_[rule].live && rules_[rule].rule->changes_alert) unchanged_since = rule;
        }
        return found;
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
        touched_.clear();
        std::uint32_t best = kNone;
        const auto count = [&](std::uint32_t literal) {
            if (seen_[literal] == round_) return;
            seen_[literal] = round_;
            for (const auto covering : covers_.clauses_of(literal)) {
                const auto& cover = covers_.clauses()[covering];
                if (cover.rule >= rule) return;  // they ascend
                if (counted_[covering]++ == 0) touched_.push_back(covering);
                if (counted_[covering] == cover.literals && may_cover(cover.rule, rule, since)) {
                    best = std::min(best, cover.rule);
                }
            }
        };
        for (const auto& literal : clause) covers_.for_implied(form.leaves[literal.leaf], literal.negated, count);
        for (const auto covering : touched_) counted_[covering] = 0;
        if (best == kNone) best = unconditional(rule, since);
        return best;
    }

    /// A rule without a test matches whatever comes.
    [[nodiscard]] std::uint32_t unconditional(std::uint32_t rule, std::uint32_t since) const
    {
        for (const auto& cover : covers_.clauses()) {
            if (cover.rule >= rule) break;
            if (cover.literals == 0 && may_cover(cover.rule, rule, since)) return cover.rule;
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
    std::vector<std::uint32_t> counted_;  ///< By covering clause: its literals that are implied.
    std::vector<std::uint32_t> seen_;     ///< By literal: the round in which it was counted.
    std::uint32_t round_ = 0;
    std::vector<std::uint32_t> touched_;
};

}  // namespace

std::vector<std::pair<std::uint32_t, std::uint32_t>> shadowed_rules(const std::vector<PlacedRule>& rules)
{
    return Search(rules).run();
}

}  // namespace winnow::rules
