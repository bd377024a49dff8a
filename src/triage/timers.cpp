#include "triage/book.hpp"
#include "triage/endings.hpp"
#include "triage/event_data.hpp"
#include "triage/holds.hpp"
#include "winnow/triage/fold.hpp"

#include <utility>

namespace winnow::triage {

Outcome expire(const std::vector<InstanceState>& expired, States states, Timestamp now)
{
    states.instances = expired;
    Book book(std::move(states));
    for (const auto& instance : expired) {
        auto* slot = book.instance(instance.key);
        if (!slot->state.firing) continue;
        // A pause that was over before the instance ended has let its ticket go.
        if (slot->ticket != nullptr) pass_time(book, *slot->ticket, instance.ends_at.value_or(now));
        if (end_instance(*slot)) recover(book, *slot->ticket, now, Data().add("reason", "expired").str());
    }
    return std::move(book).finish({});
}

Outcome pass_time(States states, Timestamp now)
{
    Book book(std::move(states));
    for (auto& ticket : book.tickets()) pass_time(book, ticket, now);
    for (auto& [key, machine] : book.machines()) settle_due(book, machine, now);
    return std::move(book).finish({});
}

}  // namespace winnow::triage
