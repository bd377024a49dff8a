#include "pipeline/fold/due_soon.hpp"

#include <algorithm>
#include <optional>

namespace winnow::pipeline {

bool is_due_by(const ports::TriageWrites& writes, Timestamp by)
{
    const auto over = [by](const std::optional<Timestamp>& time) {
        return time && *time <= by;
    };
    const auto waits = [&](const auto& ticket) {
        return over(ticket.restraint.until);
    };
    const auto& outcome = writes.outcome;
    return std::ranges::any_of(outcome.opened, waits) || std::ranges::any_of(outcome.changed, waits) ||
           std::ranges::any_of(outcome.machines, [&](const auto& one) { return over(one.due_at); }) ||
           std::ranges::any_of(outcome.instances, [&](const auto& one) { return one.firing && over(one.ends_at); }) ||
           std::ranges::any_of(writes.quiet_tickets, [&](const auto& one) { return over(one.cover.until); });
}

}  // namespace winnow::pipeline
