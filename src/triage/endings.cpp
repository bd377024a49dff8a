#include "triage/endings.hpp"

#include "triage/holds.hpp"
#include "winnow/tickets/episode.hpp"

#include <algorithm>
#include <utility>

namespace winnow::triage {

bool end_instance(InstanceSlot& instance)
{
    instance.state.firing = false;
    instance.changed = true;
    if (instance.ticket == nullptr) return false;
    auto& ticket = *instance.ticket;
    ticket.changed = true;
    ticket.state.firing_instances = std::max(ticket.state.firing_instances - 1, 0);
    return ticket.state.firing_instances == 0;
}

// An alert that has no start of its own was given its end's: where the present start may be ours and the end is the
// sender's, clocks that differ would make an end late that is not.
bool is_late_end(const InstanceState& instance, const domain::Alert& alert)
{
    if (!alert.ends_at) return false;
    if (instance.last_end && *alert.ends_at <= *instance.last_end) return true;
    return alert.starts_at && *alert.starts_at < *alert.ends_at && *alert.ends_at < instance.starts_at;
}

bool is_late_end(const TicketCore& ticket, const domain::Alert& alert)
{
    return alert.ends_at && ticket.episode_starts_at && *alert.ends_at < *ticket.episode_starts_at;
}

void Endings::add(TicketSlot& ticket, Timestamp at, std::string data, std::optional<std::size_t> verdict)
{
    if (ticket.ending) return;
    if (!tickets::has_trouble(ticket.state)) {  // or only takes note
        recover(book_, ticket, at, std::move(data));
        return;
    }
    ticket.ending = row_.size();
    row_.push_back({&ticket, at, std::move(data), verdict});
}

void Endings::settle(std::vector<domain::Verdict>& verdicts)
{
    for (std::size_t i = 0; i < row_.size(); ++i) {
        auto& [ticket, at, data, verdict] = row_[i];
        if (ticket->ending != i) continue;  // an alert of the row has joined it
        ticket->ending.reset();
        if (!recover(book_, *ticket, at, std::move(data)) || !verdict) continue;
        auto& said = verdicts[*verdict];
        if (said.disposition == domain::Disposition::resolved) said.effect = domain::TicketEffect::recovered;
    }
    row_.clear();
}

}  // namespace winnow::triage
