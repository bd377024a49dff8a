#include "triage/book.hpp"

#include "winnow/tickets/episode.hpp"
#include "winnow/tickets/event_data.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace winnow::triage {

using domain::TicketEventKind;

namespace {

bool comes_before(const TicketCore& a, const TicketCore& b) noexcept
{
    return std::tuple(domain::is_live(a.state), a.opened_at, a.number) <
           std::tuple(domain::is_live(b.state), b.opened_at, b.number);
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
    auto& slot = tickets_.emplace_back(TicketSlot{.state = tickets::core_of(ticket), .opened = outcome_.opened.size()});
    slot.state.restraint = restraint;
    slot.state.restraint.never_told = true;
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
        instance.last_end = known->state.last_end;
        *known = {.state = std::move(instance), .ticket = &ticket, .changed = true};
        return;
    }
    auto& slot =
        instances_.emplace_back(InstanceSlot{.state = std::move(instance), .ticket = &ticket, .changed = true});
    instance_by_key_.emplace(slot.state.key, &slot);
}

void Book::record(TicketSlot& ticket, domain::TicketEventKind kind, Timestamp at, std::string data, bool tell,
                  std::string actor)
{
    ticket.changed = true;
    auto& event = outcome_.events.emplace_back(domain::TicketEvent{.ticket_id = ticket.state.id,
                                                                   .seq = ++ticket.state.event_seq,
                                                                   .kind = kind,
                                                                   .at = at,
                                                                   .actor = std::move(actor),
                                                                   .data = std::move(data)});
    if (!tell) return;
    const auto heard_as = tickets::tell(ticket.state, kind);
    if (!heard_as) {
        tickets::mark(event.data, "unheard");
        return;
    }
    auto& notice = outcome_.notices.emplace_back(Outcome::Notice{.event = event, .ticket = ticket.state});
    notice.event.kind = *heard_as;
    if (earlier_) {
        ticket.net_from = outcome_.notices.size();
        ticket.told_in_row = 0;
        std::erase(told_again_, &ticket);  // of what may be needless nothing is told yet
        return;
    }
    if (row_ == 0) return;
    if (ticket.told_in_row == row_) told_again_.push_back(&ticket);
    ticket.told_in_row = row_;
}

void Book::begin_row()
{
    ++row_;
    row_notices_ = outcome_.notices.size();
    row_events_ = outcome_.events.size();
    told_again_.clear();
}

void Book::end_row()
{
    if (told_again_.empty()) return;
    std::ranges::sort(told_again_);
    const auto repeats = std::ranges::unique(told_again_);
    told_again_.erase(repeats.begin(), repeats.end());
    std::unordered_map<TicketId, std::pair<TicketSlot*, Notices>> told;
    for (auto* ticket : told_again_) told[ticket->state.id].first = ticket;

    // Taken out, thought over, and put back where each was.
    Notices left;
    std::vector<domain::TicketEvent> needless;
    for (auto i = row_notices_; i < outcome_.notices.size(); ++i) {
        const auto found = told.find(outcome_.notices[i].ticket.id);
        if (found == told.end() || i < found->second.first->net_from) continue;
        found->second.second.push_back(outcome_.notices[i]);
    }
    for (auto& [id, entry] : told) net(*entry.first, entry.second);
    for (auto i = row_notices_; i < outcome_.notices.size(); ++i) {
        auto& notice = outcome_.notices[i];
        const auto found = told.find(notice.ticket.id);
        if (found == told.end() || i < found->second.first->net_from) {
            left.push_back(std::move(notice));
            continue;
        }
        const auto same = [&](const Outcome::Notice& kept) {
            return kept.event.seq == notice.event.seq;
        };
        if (const auto kept = std::ranges::find_if(found->second.second, same); kept != found->second.second.end()) {
            left.push_back(std::move(*kept));
        } else {
            needless.push_back(std::move(notice.event));
        }
    }
    outcome_.notices.resize(row_notices_);
    std::ranges::move(left, std::back_inserter(outcome_.notices));
    for (auto i = row_events_; i < outcome_.events.size(); ++i) {
        auto& event = outcome_.events[i];
        const bool left_out = std::ranges::any_of(needless, [&](const domain::TicketEvent& each) {
            return each.ticket_id == event.ticket_id && each.seq == event.seq;
        });
        if (left_out) tickets::mark(event.data, "batched");
    }
}

/// `told` is what the row told of the ticket, in order; leaves what is to be told.
void Book::net(TicketSlot& ticket, Notices& told)
{
    using enum TicketEventKind;
    const auto is_flapping = [](const Outcome::Notice& notice) {
        return notice.event.kind == flapping_started || notice.event.kind == flapping_settled;
    };
    const auto first = told.front().event.kind;
    if ((first != opened && first != reopened) || std::ranges::any_of(told, is_flapping)) return;
    if (told.back().event.kind == recovered) {
        if (first == opened) ticket.state.restraint.never_told = true;
        told.clear();
        return;
    }
    told.resize(1);
    told.front().ticket = ticket.state;
}

Outcome Book::finish(std::vector<domain::Verdict> verdicts) &&
{
    assert(std::ranges::all_of(outcome_.notices, &Outcome::Notice::tells));
    outcome_.verdicts = std::move(verdicts);
    for (auto& slot : tickets_) {
        if (slot.opened != TicketSlot::kLoaded) {
            auto& opened = outcome_.opened[slot.opened];
            opened.firing_instances = slot.state.firing_instances;
            opened.restraint = slot.state.restraint;
            opened.episode_starts_at = slot.state.episode_starts_at;
            tickets::settle(std::move(slot.state), opened.ticket);
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
    // As they are loaded in that order, they nearly always have it; to sort them moves much.
    if (!std::ranges::is_sorted(outcome_.changed, {}, &TicketCore::id)) {
        std::ranges::sort(outcome_.changed, {}, &TicketCore::id);
    }
    std::ranges::sort(outcome_.instances, {}, &InstanceState::key);
    return std::move(outcome_);
}

void Book::enter(TicketSlot& ticket)
{
    const auto [at, fresh] = by_key_.try_emplace(ticket.state.dedup_key, &ticket);
    if (!fresh && comes_before(at->second->state, ticket.state)) at->second = &ticket;
}

}  // namespace winnow::triage
