#include "rules/index/program.hpp"

#include <algorithm>
#include <bit>

namespace winnow::rules::index {

namespace {

int cost(LeafKind kind) noexcept
{
    switch (kind) {
        case LeafKind::equals:
        case LeafKind::has: return 0;
        case LeafKind::in:
        case LeafKind::less:
        case LeafKind::less_equal:
        case LeafKind::greater:
        case LeafKind::greater_equal: return 1;
        case LeafKind::prefix:
        case LeafKind::suffix: return 2;
        case LeafKind::contains: return 3;
        case LeafKind::regex: return 4;
        case LeafKind::opaque: return 5;
    }
    return 5;
}

/// Forms lie anywhere in memory: what comes next is asked for while there is still something to do.
void prefetch(std::span<const NormalForm* const> forms, std::size_t rule)
{
    constexpr std::size_t kFar = 12;
    constexpr std::size_t kNear = 4;
    constexpr std::size_t kLine = 64;
    if (rule + kFar < forms.size() && forms[rule + kFar] != nullptr) {
        __builtin_prefetch(&forms[rule + kFar]->leaves);
        __builtin_prefetch(&forms[rule + kFar]->ends);
    }
    if (rule + kNear >= forms.size() || forms[rule + kNear] == nullptr) return;
    const auto& near = *forms[rule + kNear];
    __builtin_prefetch(near.literals.data());
    __builtin_prefetch(near.ends.data());
    const auto bytes = std::as_bytes(std::span(near.leaves));
    for (std::size_t at = 0; at < bytes.size(); at += kLine) __builtin_prefetch(&bytes[at]);
}

}  // namespace

Program::Program(std::span<const NormalForm* const> forms)
{
    std::size_t leaves = 0;
    std::size_t literals = 0;
    for (const auto* form : forms) {
        if (form == nullptr) continue;
        leaves += form->leaves.size();
        literals += form->literals.size();
    }
    known_.resize(std::bit_ceil(leaves * 2 + 1));
    symbols_.reserve(leaves / 2);
    predicates_.reserve(leaves / 2);
    literals_.reserve(literals);
    for (std::uint32_t rule = 0; rule < forms.size(); ++rule) {
        prefetch(forms, rule);
        if (forms[rule] != nullptr) add_clauses(rule, *forms[rule]);
    }
    note_special_slots();
    order_literals();
    known_ = {};
    numbers_ = {};
}

std::uint32_t Program::slot_number(const Leaf& leaf)
{
    const auto number = slot_names_.add(0, std::string_view(leaf.key).substr(0, leaf.slot_key)) - 1;
    if (number < slots_.size()) return number;
    SlotInfo info;
    info.origin = leaf.slot.origin;
    info.lower = leaf.slot.lower;
    if (const auto* name = std::ranges::find(kFieldNames, leaf.slot.name); name != kFieldNames.end()) {
        info.field = static_cast<std::uint8_t>(name - kFieldNames.begin());
    }
    using Origin = Slot::Origin;
    switch (info.origin) {
        case Origin::field:
        case Origin::severity: field_slots_.push_back(number); break;
        case Origin::detail: details_.push_back({number, leaf.slot.steps}); break;
        case Origin::label:
        case Origin::label_or_empty:
        case Origin::label_or_field: {
            const auto symbol = labels_.add(0, leaf.slot.name);
            if (symbol > label_slots_.size()) {
                label_slots_.push_back(number);
            } else {
                info.next_of_label = label_slots_[symbol - 1] + 1;
                label_slots_[symbol - 1] = number;
            }
            if (info.origin == Origin::label_or_field) fallback_slots_.push_back(number);
            break;
        }
    }
    slots_.push_back(info);
    return number;
}

std::uint32_t Program::symbol_number(std::uint32_t slot, const Constant& constant)
{
    const auto before = symbols_.size();
    const auto symbol = symbols_.add(space(slot, constant.type), bytes_of(constant));
    slots_[slot].has_symbols = true;
    if (symbols_.size() > before) {
        ++slots_[slot].distinct;
        if (constant.type == Constant::Type::text && constant.text.empty()) slots_[slot].empty_symbol = symbol;
    }
    return symbol;
}

Predicate Program::predicate_of(const Leaf& leaf)
{
    Predicate predicate;
    predicate.kind = leaf.kind;
    if (leaf.kind == LeafKind::opaque) {
        predicate.node = leaf.node.get();
        predicate.memory = static_cast<std::uint32_t>(remembered_++);
        return predicate;
    }
    predicate.slot = slot_number(leaf);
    switch (leaf.kind) {
        case LeafKind::equals: predicate.first = symbol_number(predicate.slot, leaf.constants.front()); break;
        case LeafKind::in:
            predicate.first = static_cast<std::uint32_t>(sets_.size());
            predicate.count = static_cast<std::uint32_t>(leaf.constants.size());
            for (const auto& constant : leaf.constants) sets_.push_back(symbol_number(predicate.slot, constant));
            std::ranges::sort(sets_.begin() + predicate.first, sets_.end());
            break;
        case LeafKind::has: break;
        case LeafKind::prefix:
        case LeafKind::suffix:
        case LeafKind::contains:
            predicate.first = static_cast<std::uint32_t>(texts_.size());
            predicate.count = static_cast<std::uint32_t>(leaf.text.size());
            texts_ += leaf.text;
            if (leaf.kind == LeafKind::contains) predicate.memory = static_cast<std::uint32_t>(remembered_++);
            break;
        case LeafKind::regex:
            predicate.regex = leaf.regex.get();
            predicate.memory = static_cast<std::uint32_t>(remembered_++);
            break;
        default: predicate.bound = leaf.bound;
    }
    return predicate;
}

std::uint32_t Program::predicate_number(const Leaf& leaf)
{
    const auto mask = known_.size() - 1;
    auto at = leaf.hash & mask;
    while (known_[at].predicate != kNone) {
        if (known_[at].hash == leaf.hash && known_[at].check == leaf.check) return known_[at].predicate;
        at = (at + 1) & mask;
    }
    const auto number = static_cast<std::uint32_t>(predicates_.size());
    known_[at] = {leaf.hash, leaf.check, number};
    predicates_.push_back(predicate_of(leaf));
    return number;
}

void Program::add_clauses(std::uint32_t rule, const NormalForm& form)
{
    numbers_.clear();
    for (const auto& leaf : form.leaves) numbers_.push_back(predicate_number(leaf));
    for (std::size_t i = 0; i < form.clauses(); ++i) {
        const auto clause = form.clause(i);
        clauses_.push_back(
            {rule, static_cast<std::uint32_t>(literals_.size()), static_cast<std::uint32_t>(clause.size())});
        for (const auto& literal : clause) {
            literals_.push_back(numbers_[literal.leaf] << 1U | (literal.negated ? 1U : 0U));
        }
    }
}

void Program::note_special_slots()
{
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].origin == Slot::Origin::label_or_empty && slots_[i].empty_symbol != 0) empty_slots_.push_back(i);
    }
}

void Program::order_literals()
{
    std::vector<float> ranks;
    ranks.reserve(predicates_.size() * 2);
    for (const auto& predicate : predicates_) {
        const auto frequency_of = frequency(predicate);
        const auto base = static_cast<double>(cost(predicate.kind));
        ranks.push_back(static_cast<float>(base + frequency_of * 0.5));
        ranks.push_back(static_cast<float>(base + 0.9 - frequency_of * 0.5));
    }
    for (const auto& clause : clauses_) {
        const auto begin = literals_.begin() + clause.first;
        std::ranges::sort(begin, begin + clause.count, [&](std::uint32_t a, std::uint32_t b) {
            return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a < b;
        });
    }
}

void Program::take_off(std::uint32_t clause, std::uint32_t predicate)
{
    auto& shorter = clauses_[clause];
    const auto begin = literals_.begin() + shorter.first;
    const auto end = begin + shorter.count;
    const auto at = std::find(begin, end, predicate << 1U);
    if (at == end) return;
    std::rotate(at, at + 1, end);
    --shorter.count;
}

std::span<const std::uint32_t> Program::symbols_of(const Predicate& predicate) const noexcept
{
    if (predicate.kind == LeafKind::equals) return {&predicate.first, 1};
    return predicate.kind == LeafKind::in ? set_of(predicate) : std::span<const std::uint32_t>();
}

double Program::frequency(const Predicate& predicate) const noexcept
{
    constexpr double kUsualText = 0.003;
    constexpr double kShortText = 0.2;
    constexpr std::uint32_t kShort = 4;
    switch (predicate.kind) {
        case LeafKind::equals: return 1.0 / (slots_[predicate.slot].distinct + 1);
        case LeafKind::in:
            return std::min(1.0, static_cast<double>(predicate.count) / (slots_[predicate.slot].distinct + 1));
        case LeafKind::contains: return predicate.count >= kShort ? kUsualText : kShortText;
        default: return 0.5;
    }
}

std::size_t Program::bytes() const noexcept
{
    return slots_.capacity() * sizeof(SlotInfo) + slot_names_.bytes() + labels_.bytes() + symbols_.bytes() +
           predicates_.capacity() * sizeof(Predicate) + clauses_.capacity() * sizeof(Clause) + texts_.capacity() +
           (sets_.capacity() + literals_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace winnow::rules::index
