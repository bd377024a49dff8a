#include "rules/index/bitmap_tier.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace winnow::rules::index {

namespace {

constexpr unsigned kWordBits = 64;

void set_bit(std::uint64_t* bits, std::size_t at)
{
    bits[at / kWordBits] |= std::uint64_t{1} << (at % kWordBits);
}

void clear_bit(std::uint64_t* bits, std::size_t at)
{
    bits[at / kWordBits] &= ~(std::uint64_t{1} << (at % kWordBits));
}

bool has_bit(const Bits& bits, std::size_t at)
{
    return (bits[at / kWordBits] >> (at % kWordBits) & 1U) != 0;
}

void keep_only(Bits& bits, const std::uint64_t* in)
{
    auto* out = bits.data();
    const auto words = bits.size();
    for (std::size_t i = 0; i < words; ++i) out[i] &= in[i];
}

std::size_t range_of(const std::vector<double>& cuts, double number)
{
    return static_cast<std::size_t>(std::ranges::upper_bound(cuts, number) - cuts.begin());
}

bool is_equality(const Predicate& predicate)
{
    return predicate.kind == LeafKind::equals || predicate.kind == LeafKind::in;
}

/// Calls `use(predicate)` for each literal of the clause that is not negated.
template <typename Use>
void for_positive(const Program& program, std::uint32_t clause, Use use)
{
    for (const auto literal : program.literals(program.clauses()[clause])) {
        if ((literal & 1U) == 0) use(program.predicates()[literal >> 1U]);
    }
}

}  // namespace

void BitmapTier::build(const Program& program, std::vector<std::uint32_t> clauses)
{
    constexpr std::size_t kBlockBits = 256;  // whole vector registers
    clauses_ = std::move(clauses);
    words_ = (clauses_.size() + kBlockBits - 1) / kBlockBits * (kBlockBits / kWordBits);
    if (clauses_.empty()) return;
    build_columns(program);
    build_dense(program);
    build_ranges(program);
}

void BitmapTier::build_columns(const Program& program)
{
    std::vector<std::uint32_t> uses(program.slots().size());
    for (const auto clause : clauses_) {
        for_positive(program, clause, [&](const Predicate& predicate) {
            if (is_equality(predicate)) ++uses[predicate.slot];
        });
    }
    // A column costs every alert a pass over all words: few clauses are cheaper to verify.
    constexpr std::size_t kWorthIt = 32;
    column_of_slot_.assign(program.slots().size(), kNone);
    for (std::uint32_t slot = 0; slot < uses.size(); ++slot) {
        if (uses[slot] == 0 || uses[slot] * kWorthIt < clauses_.size()) continue;
        column_of_slot_[slot] = static_cast<std::uint32_t>(columns_.size());
        columns_.push_back({slot, add_row(true)});
    }
    std::vector<Postings::Pair> pairs;
    std::vector<std::uint32_t> done;
    for (std::uint32_t at = 0; at < clauses_.size(); ++at) {
        done.clear();
        for_positive(program, clauses_[at], [&](const Predicate& predicate) {
            if (!is_equality(predicate) || column_of_slot_[predicate.slot] == kNone) return;
            if (std::ranges::find(done, predicate.slot) != done.end()) return;  // one test of a slot narrows enough
            done.push_back(predicate.slot);
            clear_bit(row(columns_[column_of_slot_[predicate.slot]].indifferent), at);
            for (const auto symbol : program.symbols_of(predicate)) pairs.emplace_back(symbol, at);
        });
    }
    with_symbol_.build(program.symbols().size() + 1, pairs);
}

void BitmapTier::build_dense(const Program& program)
{
    row_of_symbol_.assign(program.symbols().size() + 1, 0);
    for (const auto& predicate : program.predicates()) {
        if (!is_equality(predicate) || column_of_slot_[predicate.slot] == kNone) continue;
        const auto& column = columns_[column_of_slot_[predicate.slot]];
        for (const auto symbol : program.symbols_of(predicate)) {
            if (row_of_symbol_[symbol] != 0 || with_symbol_.size(symbol) <= words_ / 2) continue;
            const auto made = add_row(false);
            std::copy_n(row(column.indifferent), words_, row(made));
            for (const auto* at = with_symbol_.begin(symbol); at != with_symbol_.end(symbol); ++at) {
                set_bit(row(made), *at);
            }
            row_of_symbol_[symbol] = static_cast<std::uint32_t>(made + 1);
        }
    }
}

void BitmapTier::build_ranges(const Program& program)
{
    constexpr std::size_t kFewestBounds = 64;
    std::map<std::uint32_t, std::vector<double>> bounds;
    for (const auto clause : clauses_) {
        for_positive(program, clause, [&](const Predicate& predicate) {
            if (is_range(predicate.kind)) bounds[predicate.slot].push_back(predicate.bound);
        });
    }
    for (auto& [slot, numbers] : bounds) {
        if (numbers.size() >= kFewestBounds) build_range_column(program, slot, std::move(numbers));
    }
}

void BitmapTier::build_range_column(const Program& program, std::uint32_t slot, std::vector<double> bounds)
{
    constexpr std::size_t kRanges = 64;
    std::ranges::sort(bounds);
    RangeColumn column;
    column.slot = slot;
    for (std::size_t i = 1; i < kRanges; ++i) {
        const auto cut = bounds[bounds.size() * i / kRanges];
        if (column.cuts.empty() || column.cuts.back() < cut) column.cuts.push_back(cut);
    }
    column.indifferent = add_row(false);
    column.possible = column.indifferent + 1;
    for (std::size_t range = 0; range <= column.cuts.size(); ++range) add_row(false);
    for (std::uint32_t at = 0; at < clauses_.size(); ++at) {
        constexpr auto kInfinity = std::numeric_limits<double>::infinity();
        double low = -kInfinity;
        double high = kInfinity;
        bool bounded = false;
        for_positive(program, clauses_[at], [&](const Predicate& predicate) {
            if (!is_range(predicate.kind) || predicate.slot != slot) return;
            bounded = true;
            const bool upper = predicate.kind == LeafKind::less || predicate.kind == LeafKind::less_equal;
            if (upper) high = std::min(high, predicate.bound);
            if (!upper) low = std::max(low, predicate.bound);
        });
        if (!bounded) set_bit(row(column.indifferent), at);
        const auto last = range_of(column.cuts, high);
        for (auto range = range_of(column.cuts, low); range <= last; ++range) set_bit(row(column.possible + range), at);
    }
    ranges_.push_back(std::move(column));
}

std::size_t BitmapTier::add_row(bool set)
{
    rows_.resize(rows_.size() + words_, set ? ~std::uint64_t{0} : 0);
    return rows_.size() / words_ - 1;
}

std::size_t BitmapTier::position_of(std::uint32_t clause) const noexcept
{
    return static_cast<std::size_t>(std::ranges::lower_bound(clauses_, clause) - clauses_.begin());
}

void BitmapTier::narrow(const Event& event, Scratch& scratch) const
{
    scratch.possible.assign(words_, ~std::uint64_t{0});
    for (const auto& column : columns_) narrow_to(column, event.value(column.slot).symbol, scratch);
    for (const auto& column : ranges_) {
        const auto& value = event.value(column.slot);
        const bool is_number = value.type == Event::Value::Type::number;
        keep_only(scratch.possible,
                  row(is_number ? column.possible + range_of(column.cuts, value.number) : column.indifferent));
    }
}

void BitmapTier::narrow_to(const Column& column, std::uint32_t symbol, Scratch& scratch) const
{
    auto& possible = scratch.possible;
    if (symbol == 0) return keep_only(possible, row(column.indifferent));
    if (row_of_symbol_[symbol] != 0) return keep_only(possible, row(row_of_symbol_[symbol] - 1));
    scratch.kept.clear();
    for (const auto* at = with_symbol_.begin(symbol); at != with_symbol_.end(symbol); ++at) {
        if (has_bit(possible, *at)) scratch.kept.push_back(*at);
    }
    keep_only(possible, row(column.indifferent));
    for (const auto at : scratch.kept) set_bit(possible.data(), at);
}

std::size_t BitmapTier::bytes() const noexcept
{
    return rows_.capacity() * sizeof(std::uint64_t) + with_symbol_.bytes() +
           (clauses_.size() + row_of_symbol_.size() + column_of_slot_.size()) * sizeof(std::uint32_t);
}

}  // namespace winnow::rules::index
