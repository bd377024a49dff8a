#include "winnow/triage/rehearsal.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace winnow::triage {

namespace {

/// Of several tickets of one key, which of them takes its alerts.
std::tuple<bool, Timestamp, std::int64_t> rank(const TicketCore& state)
{
    return {is_live(state.state), state.opened_at, state.number};
}

TicketCore state_of(const Outcome::Opened& opened)
{
    auto core = tickets::core_of(opened.ticket);
    core.episode_starts_at = opened.episode_starts_at;
    core.firing_instances = opened.firing_instances;
    core.restraint = opened.restraint;
    return core;
}

}  // namespace

Rehearsal::Taken Rehearsal::take(domain::Alert alert)
{
    pass(alert.received_at);
    const domain::RowPosition row{.received_at = alert.received_at, .stream = 1, .seq = ++seq_};
    std::vector<Evaluated> batch;
    batch.emplace_back(domain::AlertPosition{.row = row, .index = 0}, std::move(alert));
    evaluate(*rules_, batch);
    auto outcome = fold(batch, load(keys_of(batch)), settings_);
    keep(outcome);
    return {.evaluated = std::move(batch.front()), .verdict = std::move(outcome.verdicts.front())};
}

void Rehearsal::pass(Timestamp now)
{
    expire_until(now);
    let_pass(now);
}

std::vector<Rehearsal::Known> Rehearsal::tickets() const
{
    std::vector<Known> list;
    list.reserve(tickets_.size());
    for (const auto& [id, known] : tickets_) list.push_back(known);
    std::ranges::sort(list, {}, [](const Known& known) { return known.state.number; });
    return list;
}

const Rehearsal::Known* Rehearsal::find(TicketId id) const
{
    const auto found = tickets_.find(id);
    return found == tickets_.end() ? nullptr : &found->second;
}

/// Instances whose end has passed, those first that ended first; what was due before each of them has happened.
void Rehearsal::expire_until(Timestamp now)
{
    std::set<Timestamp> ends;
    for (const auto& [key, instance] : instances_) {
        if (instance.firing && instance.ends_at && *instance.ends_at <= now) ends.insert(*instance.ends_at);
    }
    for (const auto end : ends) {
        let_pass(end);
        std::vector<InstanceState> due;
        States states{.tickets = {}, .instances = {}, .next_number = next_number_};
        for (const auto& [key, instance] : instances_) {
            if (!instance.firing || instance.ends_at != end) continue;
            due.push_back(instance);
            add(states, instance.ticket_id);
        }
        keep(expire(due, std::move(states), end));
    }
}

void Rehearsal::let_pass(Timestamp now)
{
    States states{.tickets = {}, .instances = {}, .next_number = next_number_};
    for (const auto& [id, known] : tickets_) states.tickets.push_back(known.state);
    for (const auto& [key, machine] : machines_) states.machines.push_back(machine);
    auto outcome = pass_time(std::move(states), now);
    std::ranges::stable_sort(outcome.notices, {}, [](const Outcome::Notice& notice) { return notice.event.at; });
    keep(outcome);
}

States Rehearsal::load(const StateKeys& keys) const
{
    States states{.tickets = {}, .instances = {}, .next_number = next_number_};
    for (const auto& key : keys.dedup_keys) {
        const TicketCore* latest = nullptr;
        for (const auto& [id, known] : tickets_) {
            if (known.state.dedup_key != key) continue;
            if (latest == nullptr || rank(*latest) < rank(known.state)) latest = &known.state;
        }
        if (latest != nullptr) states.tickets.push_back(*latest);
    }
    for (const auto& key : keys.instance_keys) {
        const auto found = instances_.find(key);
        if (found == instances_.end()) continue;
        states.instances.push_back(found->second);
        add(states, found->second.ticket_id);
    }
    for (const auto& key : keys.machines) {
        const auto found = machines_.find(key);
        if (found != machines_.end()) states.machines.push_back(found->second);
    }
    return states;
}

void Rehearsal::add(States& states, TicketId id) const
{
    const auto* known = find(id);
    if (known == nullptr || std::ranges::count(states.tickets, id, &TicketCore::id) != 0) return;
    states.tickets.push_back(known->state);
}

void Rehearsal::keep(const Outcome& outcome)
{
    for (const auto& opened : outcome.opened) {
        tickets_[opened.ticket.id] = {.opened = opened.ticket, .state = state_of(opened)};
    }
    for (const auto& state : outcome.changed) tickets_.at(state.id).state = state;
    for (const auto& instance : outcome.instances) instances_[instance.key] = instance;
    for (const auto& machine : outcome.machines) machines_[machine.key] = machine;
    next_number_ = outcome.next_number;
    notices_.insert(notices_.end(), outcome.notices.begin(), outcome.notices.end());
}

}  // namespace winnow::triage
