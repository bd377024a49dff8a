#pragma once

/// @file
/// What a store does for triage, in memory: answers keys with states as the contract says, and keeps outcomes.

#include "winnow/tickets/ticket_core.hpp"
#include "winnow/triage/fold.hpp"
#include "winnow/triage/release.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace winnow::triage {

inline constexpr Timestamp kNoon{std::chrono::milliseconds{1'800'000'000'000}};

inline Timestamp at(std::chrono::milliseconds after_noon)
{
    return kNoon + after_noon;
}

struct StoreModel {
    std::map<TicketId, TicketCore> tickets;
    std::map<std::string, InstanceState> instances;
    std::map<MachineKey, MachineState> machines;
    std::int64_t next_number = 1;
    domain::Settings settings;

    std::vector<domain::Verdict> verdicts;
    std::vector<domain::TicketEvent> events;
    std::vector<Outcome::Notice> notices;

    Outcome apply(const std::vector<Evaluated>& batch)
    {
        const auto keys = keys_of(batch);
        auto outcome = fold(batch, load(keys), settings);
        keep(outcome);
        return outcome;
    }

    Outcome expire_due(Timestamp now)
    {
        std::vector<InstanceState> due;
        States states{.tickets = {}, .instances = {}, .next_number = next_number};
        for (const auto& [key, instance] : instances) {
            if (!instance.firing || !instance.ends_at || *instance.ends_at > now) continue;
            due.push_back(instance);
            add(states, instance.ticket_id);
        }
        auto outcome = expire(due, std::move(states), now);
        keep(outcome);
        return outcome;
    }

    const TicketCore& ticket(std::int64_t number) const
    {
        return std::ranges::find_if(tickets, [&](const auto& entry) { return entry.second.number == number; })->second;
    }

    States load(const StateKeys& keys) const
    {
        States states{.tickets = {}, .instances = {}, .next_number = next_number};
        for (const auto& key : keys.dedup_keys) {
            const TicketCore* latest = nullptr;
            for (const auto& [id, state] : tickets) {
                if (state.dedup_key == key && (latest == nullptr || rank(*latest) < rank(state))) latest = &state;
            }
            if (latest != nullptr) states.tickets.push_back(*latest);
        }
        for (const auto& key : keys.instance_keys) {
            const auto found = instances.find(key);
            if (found == instances.end()) continue;
            states.instances.push_back(found->second);
            add(states, found->second.ticket_id);
        }
        for (const auto& key : keys.machines) {
            const auto found = machines.find(key);
            if (found != machines.end()) states.machines.push_back(found->second);
        }
        return states;
    }

    /// What the timers do.
    Outcome pass(Timestamp now)
    {
        States states{.tickets = {}, .instances = {}, .next_number = next_number};
        for (const auto& [id, ticket] : tickets) states.tickets.push_back(ticket);
        for (const auto& [key, machine] : machines) states.machines.push_back(machine);
        auto outcome = pass_time(std::move(states), now);
        keep(outcome);
        return outcome;
    }

    /// Nothing covers any ticket any more.
    Outcome release_all(Timestamp now)
    {
        States states{.tickets = {}, .instances = {}, .next_number = next_number};
        std::vector<Released> released;
        for (const auto& [id, ticket] : tickets) {
            states.tickets.push_back(ticket);
            released.push_back({.ticket_id = id, .alert_id = {}});
        }
        auto outcome = release(released, std::move(states), now);
        keep(outcome);
        return outcome;
    }

    void add(States& states, TicketId id) const
    {
        const auto found = tickets.find(id);
        if (found == tickets.end() || std::ranges::count(states.tickets, id, &TicketCore::id) != 0) return;
        states.tickets.push_back(found->second);
    }

    static std::tuple<bool, Timestamp, std::int64_t> rank(const TicketCore& state)
    {
        return {domain::is_live(state.state), state.opened_at, state.number};
    }

    void keep(const Outcome& outcome)
    {
        for (const auto& [ticket, firing, restraint, episode_starts_at] : outcome.opened) {
            auto& stored = tickets[ticket.id] = winnow::tickets::core_of(ticket);
            stored.episode_starts_at = episode_starts_at;
            stored.firing_instances = firing;
            stored.restraint = restraint;
        }
        for (const auto& state : outcome.changed) tickets[state.id] = state;
        for (const auto& instance : outcome.instances) instances[instance.key] = instance;
        for (const auto& machine : outcome.machines) machines[machine.key] = machine;
        next_number = outcome.next_number;
        verdicts.insert(verdicts.end(), outcome.verdicts.begin(), outcome.verdicts.end());
        events.insert(events.end(), outcome.events.begin(), outcome.events.end());
        notices.insert(notices.end(), outcome.notices.begin(), outcome.notices.end());
    }
};

/// Alerts one after the other, each with a position of its own.
class AlertSource {
public:
    Evaluated firing(const std::string& key, std::chrono::milliseconds after_noon = {})
    {
        Evaluated next;
        next.alert.title = "disk full";
        next.alert.description = "93%";
        next.alert.dedup_key = key;
        next.alert.received_at = at(after_noon);
        next.position = {{next.alert.received_at, 1, ++seq_}, 0};
        return next;
    }

    Evaluated resolved(const std::string& key, std::chrono::milliseconds after_noon = {})
    {
        auto next = firing(key, after_noon);
        next.alert.status = domain::AlertStatus::resolved;
        return next;
    }

    Evaluated acknowledged(const std::string& key, std::chrono::milliseconds after_noon = {})
    {
        auto next = firing(key, after_noon);
        next.alert.status = domain::AlertStatus::acknowledged;
        return next;
    }

    /// A firing alert of a repeating sender, good for five minutes.
    Evaluated instance(const std::string& key, const std::string& instance_key,
                       std::chrono::milliseconds after_noon = {})
    {
        auto next = firing(key, after_noon);
        next.alert.instance_key = instance_key;
        next.alert.starts_at = next.alert.received_at;
        next.alert.ends_at = next.alert.received_at + std::chrono::minutes{5};
        return next;
    }

    Evaluated instance_resolved(const std::string& key, const std::string& instance_key,
                                std::chrono::milliseconds after_noon = {})
    {
        auto next = instance(key, instance_key, after_noon);
        next.alert.status = domain::AlertStatus::resolved;
        next.alert.ends_at = next.alert.received_at;
        return next;
    }

private:
    std::uint64_t seq_ = 0;
};

inline Evaluated with(Evaluated evaluated, domain::Severity severity)
{
    evaluated.alert.severity = severity;
    return evaluated;
}

inline Evaluated suppressed(Evaluated evaluated, const std::string& reason = "known")
{
    evaluated.evaluation.suppressed = true;
    evaluated.evaluation.suppression_reason = reason;
    return evaluated;
}

inline Evaluated routed(Evaluated evaluated, std::vector<ContactGroupId> route)
{
    evaluated.evaluation.route = std::move(route);
    return evaluated;
}

inline Evaluated asking(Evaluated evaluated, std::uint64_t rule, decltype(rules::Evaluation::Hold::terms) terms)
{
    evaluated.evaluation.holds.push_back({RuleId(Uuid::from_words(9, rule)), terms});
    return evaluated;
}

inline std::vector<domain::TicketEventKind> kinds(const std::vector<domain::TicketEvent>& events)
{
    std::vector<domain::TicketEventKind> list;
    for (const auto& event : events) list.push_back(event.kind);
    return list;
}

inline std::vector<domain::TicketEventKind> told(const std::vector<Outcome::Notice>& notices)
{
    std::vector<domain::TicketEventKind> list;
    for (const auto& notice : notices) list.push_back(notice.event.kind);
    return list;
}

}  // namespace winnow::triage
