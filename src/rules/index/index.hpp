#pragma once

/// @file
/// Finds the rules that match an alert without looking at most of the others.

#include "rules/index/anchor_scanner.hpp"
#include "rules/index/bitmap_tier.hpp"
#include "rules/index/event.hpp"
#include "rules/index/program.hpp"
#include "rules/schedule.hpp"
#include "winnow/domain/alert_budget.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace winnow::rules::index {

/// What matching has to know of a rule beside its condition.
struct RuleTraits {
    Timestamp from = Timestamp::min();
    Timestamp until = Timestamp::max();  ///< Not included.
    const Schedule* schedule = nullptr;  ///< Of the rule, which outlives the index; nullptr: at every hour.
    bool ends_search = false;  ///< It may end the evaluation or change the alert: what follows is another search.

    [[nodiscard]] bool applies(Timestamp now) const
    {
        return from <= now && now < until && (schedule == nullptr || schedule->covers(now));
    }
};

/// One search's results and memory, used again.
struct Search {
    std::vector<std::uint32_t> rules;  ///< That match, ascending, each once.
    /// Rules whose conditions could not be decided, each once; why, the event says as long as it is of that alert.
    std::vector<std::pair<std::uint32_t, const std::string*>> errors;
    std::uint32_t limit = kNone;                           ///< Rules beyond it need not be looked at.
    std::size_t steps_left = domain::AlertBudget::kSteps;  ///< Of the alert's budget.
    bool over = false;                                     ///< Some of that was for want of the budget.
    domain::AlertDeadline deadline;                        ///< Of the alert, so far.
    std::uint32_t dearest = kNone;         ///< A rule that asks for what has cost most, if anything has, …
    std::size_t most = 0;                  ///< … and how many steps that was.
    std::uint32_t turn = 0;                ///< Of searches.
    std::vector<std::uint32_t> failed_in;  ///< By rule: the last turn in which it was among `errors`.
    BitmapTier::Scratch bitmap;
    std::vector<std::uint32_t> found;
};

/// Clauses with a value or a text that is rare among the rules stand in lists under it; the others in bitmaps. What
/// either gives is verified, so the result is that of a loop over all rules. Immutable once built; refers to the forms,
/// which must outlive it.
class Index {
public:
    /// `forms` and `traits` by rule; a nullptr form never matches.
    Index(std::span<const NormalForm* const> forms, std::vector<RuleTraits> traits);

    [[nodiscard]] const Program& program() const noexcept { return program_; }

    /// The rules from `from` on that match the event, up to and including the first that ends the search.
    void find(Event& event, std::uint32_t from, Search& search) const;

    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    /// The texts that are looked for in one slot.
    struct TextPostings {
        std::uint32_t slot = 0;
        AnchorScanner scanner;
        std::vector<std::uint32_t> predicates;  ///< By pattern.
        Postings clauses;                       ///< By pattern.
        std::vector<Postings::Pair> pairs;      ///< Only while it is built.
    };
    struct Builder;

    void collect(Event& event, std::vector<std::uint32_t>& clauses) const;
    void verify(Event& event, std::uint32_t from, Search& search) const;
    void consider(Event& event, std::uint32_t from, std::uint32_t clause, Search& search) const;
    void begin(Search& search) const;
    void note_error(std::uint32_t rule, const std::string& why, Search& search) const;
    void note_who_asks();
    [[nodiscard]] std::uint32_t first_clause_of(std::uint32_t rule) const noexcept;

    Program program_;
    std::vector<RuleTraits> traits_;
    std::vector<std::uint32_t> asks_;  ///< For what is remembered, by place there: the first rule that asks.
    Postings by_symbol_;
    std::vector<TextPostings> by_text_;
    BitmapTier bitmaps_;
};

}  // namespace winnow::rules::index
