#pragma once

/// @file
/// All conditions of a rule set put together: their slots, values, tests and clauses, each known once and by number.

#include "rules/index/normal_form.hpp"
#include "rules/index/symbol_table.hpp"
#include "winnow/domain/alert.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules::index {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// A leaf, by numbers. Tests that cost more than looking at a value have a place in an alert's memory of results.
struct Predicate {
    LeafKind kind = LeafKind::opaque;
    bool scanned = false;          ///< contains: the index looks for it whenever it looks at its slot at all.
    std::uint32_t slot = kNone;    ///< kNone: opaque
    std::uint32_t first = 0;       ///< equals: the symbol; in: the first of `set`; texts: where it begins in `texts`.
    std::uint32_t count = 0;       ///< in: symbols; texts: bytes.
    std::uint32_t memory = kNone;  ///< Place among the remembered results.
    union {
        double bound = 0;        ///< Ranges.
        const re2::RE2* regex;   ///< regex
        const expr::Node* node;  ///< opaque
    };
};

struct Clause {
    std::uint32_t rule = 0;
    std::uint32_t first = 0;  ///< In `literals`.
    std::uint32_t count = 0;
};

/// Immutable once built. Refers to the normal forms that it was made of, which must outlive it.
class Program {
public:
    struct SlotInfo {
        Slot::Origin origin = Slot::Origin::field;
        bool lower = false;
        bool has_symbols = false;         ///< Some test compares its whole value.
        std::uint32_t next_of_label = 0;  ///< Another slot of the same label, plus one; 0: none.
        std::uint32_t distinct = 0;       ///< How many values rules compare it with.
        std::uint32_t empty_symbol = 0;   ///< Of "", if a rule names that.
        std::uint8_t field = 0;           ///< In kFieldNames.
    };

    /// One form a rule; nullptr where the rule takes no part.
    explicit Program(std::span<const NormalForm* const> forms);

    [[nodiscard]] const std::vector<SlotInfo>& slots() const noexcept { return slots_; }
    [[nodiscard]] const std::vector<Predicate>& predicates() const noexcept { return predicates_; }
    [[nodiscard]] std::vector<Predicate>& predicates() noexcept { return predicates_; }
    [[nodiscard]] const std::vector<Clause>& clauses() const noexcept { return clauses_; }
    [[nodiscard]] const SymbolTable& symbols() const noexcept { return symbols_; }
    [[nodiscard]] std::size_t remembered() const noexcept { return remembered_; }

    /// Predicate number times two, plus one where it is negated; the cheapest first.
    [[nodiscard]] std::span<const std::uint32_t> literals(const Clause& clause) const noexcept
    {
        return std::span(literals_).subspan(clause.first, clause.count);
    }
    void prefetch_literals(std::uint32_t clause) const noexcept
    {
        __builtin_prefetch(literals_.data() + clauses_[clause].first);
    }
    void prefetch_first_predicate(std::uint32_t clause) const noexcept
    {
        const auto& at = clauses_[clause];
        if (at.count > 0) __builtin_prefetch(&predicates_[literals_[at.first] >> 1U]);
    }
    [[nodiscard]] std::span<const std::uint32_t> set_of(const Predicate& in) const noexcept
    {
        return std::span(sets_).subspan(in.first, in.count);
    }
    /// All symbols that make an equality or membership true.
    [[nodiscard]] std::span<const std::uint32_t> symbols_of(const Predicate& predicate) const noexcept;
    [[nodiscard]] std::string_view text_of(const Predicate& predicate) const noexcept
    {
        return std::string_view(texts_).substr(predicate.first, predicate.count);
    }
    /// Takes a literal that the clause's own index entry vouches for off the clause.
    void take_off(std::uint32_t clause, std::uint32_t predicate);

    /// A guess, without having seen alerts: values that many rules tell apart are rare ones.
    [[nodiscard]] double frequency(const Predicate& predicate) const noexcept;

    /// The first slot of the label, or kNone.
    [[nodiscard]] std::uint32_t label_slot(std::string_view name) const noexcept
    {
        const auto symbol = labels_.find(0, name);
        return symbol == 0 ? kNone : label_slots_[symbol - 1];
    }
    /// Of a value in symbols(). Refers to the bytes.
    [[nodiscard]] static SymbolTable::Key symbol_key(std::uint32_t slot, Constant::Type type,
                                                     std::string_view bytes) noexcept
    {
        return {space(slot, type), bytes};
    }

    /// Slots to be read whatever labels an alert has.
    [[nodiscard]] const std::vector<std::uint32_t>& field_slots() const noexcept { return field_slots_; }
    [[nodiscard]] const std::vector<std::uint32_t>& fallback_slots() const noexcept { return fallback_slots_; }
    [[nodiscard]] const std::vector<std::uint32_t>& empty_slots() const noexcept { return empty_slots_; }
    /// Where in the details a slot's value stands.
    struct DetailPath {
        std::uint32_t slot = 0;
        std::vector<std::string> steps;
    };
    [[nodiscard]] const std::vector<DetailPath>& details() const noexcept { return details_; }

    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    static std::uint32_t space(std::uint32_t slot, Constant::Type type) noexcept
    {
        return slot * 4 + static_cast<std::uint32_t>(type);
    }
    std::uint32_t slot_number(const Leaf& leaf);
    std::uint32_t predicate_number(const Leaf& leaf);
    Predicate predicate_of(const Leaf& leaf);
    std::uint32_t symbol_number(std::uint32_t slot, const Constant& constant);
    void add_clauses(std::uint32_t rule, const NormalForm& form);
    void note_special_slots();
    void order_literals();

    std::vector<SlotInfo> slots_;
    SymbolTable slot_names_;  ///< Slot keys.
    SymbolTable labels_;
    std::vector<std::uint32_t> label_slots_;
    SymbolTable symbols_;
    std::vector<Predicate> predicates_;
    std::vector<std::uint32_t> sets_;
    std::string texts_;
    std::vector<Clause> clauses_;
    std::vector<std::uint32_t> literals_;
    std::size_t remembered_ = 0;
    std::vector<std::uint32_t> field_slots_;
    std::vector<std::uint32_t> fallback_slots_;
    std::vector<std::uint32_t> empty_slots_;
    std::vector<DetailPath> details_;

    /// Only while it is built: leaves by hash.
    struct Known {
        std::uint64_t hash = 0;
        std::uint64_t check = 0;
        std::uint32_t predicate = kNone;
    };
    std::vector<Known> known_;
    std::vector<std::uint32_t> numbers_;
};

}  // namespace winnow::rules::index
