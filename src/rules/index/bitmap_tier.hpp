#pragma once

/// @file
/// Clauses without a rare value: one bit each, in rule order, and for each slot the bits of the clauses that the
/// slot's value leaves possible.

#include "rules/index/event.hpp"
#include "rules/index/program.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace winnow::rules::index {

using Bits = std::vector<std::uint64_t>;

class BitmapTier {
public:
    /// Memory for one search, used again.
    struct Scratch {
        Bits possible;
        std::vector<std::uint32_t> kept;
    };

    /// `clauses` ascend. What the bits say is only necessary: clauses must be verified.
    void build(const Program& program, std::vector<std::uint32_t> clauses);

    /// Calls `candidate(clause)` in ascending order from clause `from` on, until that returns false.
    template <typename Candidate>
    void search(const Event& event, std::uint32_t from, Scratch& scratch, Candidate candidate) const
    {
        if (clauses_.empty() || from > clauses_.back()) return;
        narrow(event, scratch);
        constexpr unsigned kWordBits = 64;
        const auto first = position_of(from);
        for (auto word = first / kWordBits; word < scratch.possible.size(); ++word) {
            auto bits = scratch.possible[word];
            if (word == first / kWordBits) bits &= ~std::uint64_t{0} << (first % kWordBits);
            for (; bits != 0; bits &= bits - 1) {
                const auto at = word * kWordBits + static_cast<std::size_t>(std::countr_zero(bits));
                if (at >= clauses_.size() || !candidate(clauses_[at])) return;
            }
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return clauses_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Column {
        std::uint32_t slot = 0;
        std::size_t indifferent = 0;  ///< The row of the clauses that do not compare the slot.
    };
    /// Numbers cut into ranges that hold about as many bounds each.
    struct RangeColumn {
        std::uint32_t slot = 0;
        std::vector<double> cuts;
        std::size_t possible = 0;  ///< The row of the first range.
        std::size_t indifferent = 0;
    };

    void build_columns(const Program& program);
    void build_dense(const Program& program);
    void build_ranges(const Program& program);
    void build_range_column(const Program& program, std::uint32_t slot, std::vector<double> bounds);
    std::size_t add_row(bool set);
    [[nodiscard]] std::uint64_t* row(std::size_t number) noexcept { return rows_.data() + number * words_; }
    [[nodiscard]] const std::uint64_t* row(std::size_t number) const noexcept { return rows_.data() + number * words_; }
    [[nodiscard]] std::size_t position_of(std::uint32_t clause) const noexcept;
    void narrow(const Event& event, Scratch& scratch) const;
    void narrow_to(const Column& column, std::uint32_t symbol, Scratch& scratch) const;

    std::vector<std::uint32_t> clauses_;
    std::size_t words_ = 0;
    std::vector<Column> columns_;
    std::vector<std::uint32_t> column_of_slot_;
    Postings with_symbol_;
    std::vector<std::uint32_t> row_of_symbol_;  ///< Plus one; 0: the list is short.
    Bits rows_;                                 ///< All in one block.
    std::vector<RangeColumn> ranges_;
};

}  // namespace winnow::rules::index
