#include "triage/book.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace winnow::triage {

namespace {

bool comes_before(const TicketState& a, const TicketState& b) noexcept
{
    return std::tuple(domain::is_live(a.state), a.opened_at, a.number) <
           std::tuple(domain::is_live(b.state), b.opened_at, b.number);
}

TicketState state_of(const domain::Ticket& ticket)
{
    return {.id = ticket.id,
            .number = ticket.number,
            .state = ticket.state,
            .severity = ticket.severity,
            .dedup_key = ticket.dedup_key,
            .title = ticket.title,
            .source = ticket.source,
            .service = ticket.service,
            .route = ticket.route,
            .suppressed = ticket.suppressed,
            .suppression_reason = ticket.suppression_reason,
            .occurrences = ticket.occurrences,
            .first_seen_at = ticket.first_seen_at,
            .last_seen_at = ticket.last_seen_at,
            .opened_at = ticket.opened_at,
            .acknowledged_at = ticket.acknowledged_at,
            .recovered_at = ticket.recovered_at,
            .closed_at = ticket.closed_at,
            .event_seq = ticket.event_seq,
            .firing_instances = 0,
            .restraint = {}};
}

void copy_mutable(TicketState&& from, domain::Ticket& to)
{
    to.state = from.state;
    to.severity = from.severity;
    to.route = std::move(from.route);
    to.suppressed = from.suppressed;
    to.suppression_reason = std::move(from.suppression_reason);
    to.occurrences = from.occurrences;
    to.last_seen_at = from.last_seen_at;
    to.acknowledged_at = from.acknowledged_at;
    to.recovered_at = from.recovered_at;
    to.closed_at = from.closed_at;
    to.event_seq = from.event_seq;
}

}  // namespace

Book::Book(States states)
{
    outcome_.next_number = states.next_number;
    by_key_.reserve(states.tickets.size());
    std::unordered_map<TicketId, TicketSlot*> by_id;
    if (!states.instances.empty()) by_id.reserve(states.tickets.size());
    for (auto& ticket : states.tickets) {
        auto& slot = tickets_.emplace_back(TicketSlot{.state = std::move(ticket)});
        enter(slot);
        if (!states.instances.empty()) by_id.emplace(slot.state.id, &slot);
    }
    instance_by_key_.reserve(states.instances.size());
    for (auto& instance : states.instances) {
        const auto ticket = by_id.find(instance.ticket_id);
        auto& slot = instances_.emplace_back(
            InstanceSlot{.state = std::move(instance), .ticket = ticket == by_id.end() ? nullptr : ticket->second});
        instance_by_key_.emplace(slot.state.key, &slot);
    }
    for (auto& machine : states.machines) {
        const auto key = machine.key;
        machines_.emplace(key, MachineSlot{.state = std::move(machine)});
    }
}

MachineSlot& Book::machine(const MachineKey& key)
{
    const auto [at, fresh] = machines_.try_emplace(key);
    if (fresh) at->second.state.key = key;
    return at->second;
}

TicketSlot* Book::current(std::string_view dedup_key)
{
    const auto found = by_key_.find(dedup_key);
    return found == by_key_.end() ? nullptr : found->second;
}

TicketSlot* Book::ticket(TicketId id)
{
    const auto found = std::ranges::find(tickets_, id, [](const TicketSlot& slot) { return slot.state.id; });
    return found == tickets_.end() ? nullptr : &*found;
}

InstanceSlot* Book::instance(std::string_view key)
{
    const auto found = instance_by_key_.find(key);
    return found == instance_by_key_.end() ? nullptr : found->second;
}

TicketSlot& Book::open(domain::Ticket ticket, Restraint restraint)
{
    ticket.number = outcome_.next_number++;
    auto& slot = tickets_.emplace_back(TicketSlot{.state = state_of(ticket), .opened = outcome_.opened.size()});
    slot.state.restraint = restraint;
    outcome_.opened.push_back({.ticket = std::move(ticket)});
    by_key_[slot.state.dedup_key] = &slot;
    return slot;
}

void Book::attach(InstanceState instance, TicketSlot& ticket)
{
    instance.firing = true;
    instance.ticket_id = ticket.state.id;
    ++ticket.state.firing_instances;
    ticket.changed = true;
    if (auto* known = this->instance(instance.key)) {
        instance.key = std::move(known->state.key);  // the map looks at these very characters
        *known = {.state = std::move(instance), .ticket = &ticket, .changed = true};
        return;
    }
    auto& slot =
        instances_.emplace_back(InstanceSlot{.state = std::move(instance), .ticket = &ticket, .changed = true});
    instance_by_key_.emplace(slot.state.key, &slot);
}

void Book::record(TicketSlot& ticket, domain::TicketEventKind kind, Timestamp at, std::string data, bool tell,
                  const std::string& description, std::string actor)
{
    ticket.changed = true;
    auto& event = outcome_.events.emplace_back(domain::TicketEvent{.ticket_id = ticket.state.id,
                                                                   .seq = ++ticket.state.event_seq,
                                                                   .kind = kind,
                                                                   .at = at,
                                                                   .actor = std::move(actor),
                                                                   .data = std::move(data)});
    if (tell) outcome_.notices.push_back({.event = event, .ticket = ticket.state, .description = description});
}

Outcome Book::finish(std::vector<domain::Verdict> verdicts) &&
{
    outcome_.verdicts = std::move(verdicts);
    for (auto& slot : tickets_) {
        if (slot.opened != TicketSlot::kLoaded) {
            auto& opened = outcome_.opened[slot.opened];
            opened.firing_instances = slot.state.firing_instances;
            opened.restraint = slot.state.restraint;
            copy_mutable(std::move(slot.state), opened.ticket);
        } else if (slot.changed) {
            outcome_.changed.push_back(std::move(slot.state));
        }
    }
    for (auto& slot : instances_) {
        if (slot.changed) outcome_.instances.push_back(std::move(slot.state));
    }
    for (auto& [key, slot] : machines_) {
        if (slot.changed) outcome_.machines.push_back(std::move(slot.state));
    }
    std::ranges::sort(outcome_.changed, {}, &TicketState::id);
    std::ranges::sort(outcome_.instances, {}, &InstanceState::key);
    return std::move(outcome_);
}

void Book::enter(TicketSlot& ticket)
{
    const auto [at, fresh] = by_key_.try_emplace(ticket.state.dedup_key, &ticket);
    if (!fresh && comes_before(at->second->state, ticket.state)) at->second = &ticket;
}

}  // namespace winnow::triage
