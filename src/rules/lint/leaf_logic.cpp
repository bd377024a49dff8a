#include "rules/lint/leaf_logic.hpp"

#include "winnow/domain/words.hpp"
#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace winnow::rules {

namespace {

using index::Constant;
using index::Leaf;
using index::LeafKind;
using index::Literal;
using index::Slot;

bool is_equality(const Leaf& leaf)
{
    return leaf.kind == LeafKind::equals || leaf.kind == LeafKind::in;
}

bool is_upper(LeafKind kind)
{
    return kind == LeafKind::less || kind == LeafKind::less_equal;
}

bool is_open(LeafKind kind)
{
    return kind == LeafKind::less || kind == LeafKind::greater;
}

bool in_range(double number, const Leaf& range)
{
    switch (range.kind) {
        case LeafKind::less: return number < range.bound;
        case LeafKind::less_equal: return number <= range.bound;
        case LeafKind::greater: return number > range.bound;
        default: return number >= range.bound;
    }
}

bool is_used_up(const expr::Budget& effort)
{
    return effort.steps == 0;
}

Holds of(bool yes)
{
    return yes ? Holds::yes : Holds::no;
}

Holds test_text(std::string_view text, const Leaf& leaf, expr::Budget& effort)
{
    if (leaf.kind == LeafKind::regex) {
        const auto found = expr::matches(*leaf.regex, text, effort);
        return found ? of(*found) : Holds::error;
    }
    constexpr std::size_t kBytes = 16;  // for a step
    if (!effort.charge(1 + text.size() / kBytes)) return Holds::error;
    switch (leaf.kind) {
        case LeafKind::prefix: return of(text.starts_with(leaf.text));
        case LeafKind::suffix: return of(text.ends_with(leaf.text));
        default: return of(text.contains(leaf.text));
    }
}

/// A range that holds wherever the other does.
bool is_weaker(const Leaf& weak, const Leaf& strong)
{
    if (is_upper(weak.kind) != is_upper(strong.kind)) return false;
    if (weak.bound == strong.bound) return !is_open(weak.kind) || is_open(strong.kind);
    return is_upper(weak.kind) == (weak.bound > strong.bound);
}

bool is_empty_range(const Leaf& a, const Leaf& b)
{
    if (is_upper(a.kind) == is_upper(b.kind)) return false;
    const auto& low = is_upper(a.kind) ? b : a;
    const auto& high = is_upper(a.kind) ? a : b;
    return low.bound > high.bound || (low.bound == high.bound && (is_open(low.kind) || is_open(high.kind)));
}

bool text_implies(const Leaf& a, const Leaf& b)
{
    const bool a_is_text = a.kind == LeafKind::prefix || a.kind == LeafKind::suffix || a.kind == LeafKind::contains;
    if (!a_is_text) return false;
    if (b.kind == LeafKind::contains) return a.text.contains(b.text);
    if (a.kind != b.kind) return false;
    return b.kind == LeafKind::prefix ? a.text.starts_with(b.text) : a.text.ends_with(b.text);
}

bool literal_excludes(const Leaf& a, bool a_negated, const Leaf& b, bool b_negated, expr::Budget& effort)
{
    if (a.slot != b.slot || a.kind == LeafKind::opaque || b.kind == LeafKind::opaque) {
        return a.key == b.key && a_negated != b_negated;
    }
    if (implies(a, a_negated, b, !b_negated, effort)) return true;
    if (a.kind == LeafKind::has && a_negated && !b_negated) return b.kind != LeafKind::has;
    return !a_negated && !b_negated && is_range(a.kind) && is_range(b.kind) && is_empty_range(a, b);
}

/// The values that an equality leaves, less those that the clause's other tests of the slot refuse.
bool leaves_no_value(const index::NormalForm& form, std::span<const Literal> clause, const Leaf& equality,
                     expr::Budget& effort)
{
    const bool none = std::ranges::none_of(equality.constants, [&](const Constant& value) {
        return std::ranges::all_of(clause, [&](const Literal& other) {
            const auto& leaf = form.leaves[other.leaf];
            if (leaf.kind == LeafKind::opaque || leaf.slot != equality.slot) return true;
            return test(value, leaf, effort) == (other.negated ? Holds::no : Holds::yes);
        });
    });
    return none && !is_used_up(effort);
}

}  // namespace

Holds test(const Constant& value, const Leaf& leaf, expr::Budget& effort)
{
    switch (leaf.kind) {
        case LeafKind::has: return Holds::yes;
        case LeafKind::equals:
        case LeafKind::in:
            if (!effort.charge(leaf.constants.size())) return Holds::error;
            return of(std::ranges::find(leaf.constants, value) != leaf.constants.end());
        case LeafKind::opaque: return Holds::error;
        default: break;
    }
    if (is_range(leaf.kind)) {
        return value.type == Constant::Type::number ? of(in_range(value.number, leaf)) : Holds::error;
    }
    return value.type == Constant::Type::text ? test_text(value.text, leaf, effort) : Holds::error;
}

bool implies(const Leaf& a, bool a_negated, const Leaf& b, bool b_negated, expr::Budget& effort)
{
    if (!effort.charge(1)) return false;
    if (a.key == b.key) return a_negated == b_negated;
    if (a_negated || a.kind == LeafKind::opaque || b.kind == LeafKind::opaque || a.slot != b.slot) return false;
    if (b.kind == LeafKind::has) return !b_negated;  // what has been tested is there
    if (is_equality(a)) {
        const auto wanted = b_negated ? Holds::no : Holds::yes;
        return std::ranges::all_of(a.constants,
                                   [&](const Constant& value) { return test(value, b, effort) == wanted; });
    }
    if (b_negated) return false;
    if (is_range(a.kind) && is_range(b.kind)) return is_weaker(b, a);
    return text_implies(a, b);
}

bool exclude_each_other(const index::NormalForm& form, std::span<const Literal> clause, expr::Budget& effort)
{
    for (const auto& a : clause) {
        const auto& leaf = form.leaves[a.leaf];
        if (!a.negated && is_equality(leaf) && !leaf.constants.empty() && leaves_no_value(form, clause, leaf, effort)) {
            return true;
        }
        for (const auto& b : clause) {
            if (&a != &b && literal_excludes(leaf, a.negated, form.leaves[b.leaf], b.negated, effort)) return true;
        }
    }
    return false;
}

namespace {

bool holds_nowhere(const Leaf& leaf, bool negated, expr::Budget& effort)
{
    using Origin = Slot::Origin;
    if (leaf.kind == LeafKind::opaque) return false;
    if (negated) {
        static constexpr std::array kLevels = {1.0, 2.0, 3.0, 4.0};
        return leaf.slot.origin == Origin::severity && std::ranges::all_of(kLevels, [&](double level) {
                   return test({.type = Constant::Type::number, .number = level, .text = {}}, leaf, effort) !=
                          Holds::no;
               });
    }
    if (leaf.slot.origin == Origin::severity) {
        for (double level = 1; level <= 4; ++level) {
            if (test({.type = Constant::Type::number, .number = level, .text = {}}, leaf, effort) == Holds::yes)
                return false;
        }
        return true;
    }
    if (leaf.slot.origin == Origin::field && leaf.slot.name == "status") {
        return std::ranges::none_of(domain::alert_statuses(), [&](domain::AlertStatus status) {
            const std::string word(to_string(status));
            return test({.type = Constant::Type::text, .number = 0, .text = word}, leaf, effort) == Holds::yes;
        });
    }
    if (!is_equality(leaf)) return false;
    const bool own = leaf.slot.origin == Origin::field || leaf.slot.origin == Origin::label_or_field;
    const bool filled =
        leaf.slot.origin == Origin::label || (own && (leaf.slot.name == "title" || leaf.slot.name == "dedup_key"));
    return std::ranges::all_of(leaf.constants, [&](const Constant& value) {
        if (leaf.slot.origin == Origin::detail) return false;
        return value.type != Constant::Type::text || (filled && value.text.empty());
    });
}

}  // namespace

bool is_impossible(const Leaf& leaf, bool negated, expr::Budget& effort)
{
    return holds_nowhere(leaf, negated, effort) && !is_used_up(effort);
}

}  // namespace winnow::rules
