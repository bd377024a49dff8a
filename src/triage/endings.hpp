#pragma once

/// @file
/// How troubles end, when a whole row of alerts has been heard. Private to triage.

#include "triage/book.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::triage {

/// True when it was the last one that fired on its ticket.
bool end_instance(InstanceSlot& instance);

/// Whether a resolved alert is of an episode before the present one.
[[nodiscard]] bool is_late_end(const InstanceState& instance, const domain::Alert& alert);
[[nodiscard]] bool is_late_end(const TicketCore& ticket, const domain::Alert& alert);

/// The troubles that a row ends.
class Endings {
public:
    explicit Endings(Book& book) : book_(book) {}

    /// The ticket's trouble is over, unless another alert of the row joins it (TicketSlot::ending is reset). `verdict`
    /// says it: its place among all.
    void add(TicketSlot& ticket, Timestamp at, std::string data, std::optional<std::size_t> verdict);

    /// What is left over at the row's end is over. `verdicts` are all so far.
    void settle(std::vector<domain::Verdict>& verdicts);

private:
    struct Ending {
        TicketSlot* ticket;
        Timestamp at;
        std::string data;
        std::optional<std::size_t> verdict;
    };

    Book& book_;
    std::vector<Ending> row_;  ///< In order; those count that their ticket names.
};

}  // namespace winnow::triage
