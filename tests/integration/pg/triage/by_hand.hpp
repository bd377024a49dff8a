#pragma once

/// @file
/// Load, decide, store in one call, with decisions that a test writes down.

#include "winnow/ports/time/hold_store.hpp"
#include "winnow/ports/time/quiet_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace winnow::pg {

/// `decide(triage::States)` says what is stored.
template <typename Decide>
Result<Done> decide_by_hand(ports::FoldTransaction& fold, const triage::StateKeys& keys, Decide decide)
{
    auto states = fold.load(keys);
    if (!states) return states.error();
    if (auto stored = fold.store(decide(*std::move(states))); !stored) return stored;
    return fold.commit();
}

/// A triage store whose transactions are one call each.
class FoldsByHand {
public:
    using Decide = std::function<ports::TriageWrites(triage::States)>;
    using DecideExpired =
        std::function<ports::TriageWrites(std::vector<triage::InstanceState>, triage::States, Timestamp)>;

    explicit FoldsByHand(std::unique_ptr<ports::TriageStore> store) : store_(std::move(store)) {}

    Result<Done> apply(TenantId tenant, std::uint64_t from, const domain::RowPosition& to,
                       const triage::StateKeys& keys, const Decide& decide, const ports::Patience& patience = {})
    {
        const auto fold = store_->lock(tenant, from, to, patience);
        if (!fold) return fold.error();
        return decide_by_hand(**fold, keys, decide);
    }

    /// How many there were.
    Result<std::size_t> expire(TenantId tenant, ports::Turn turn, const DecideExpired& decide)
    {
        const auto locked = store_->lock_expired(tenant, turn);
        if (!locked) return locked.error();
        const auto& [fold, due] = *locked;
        if (!fold) return 0;
        triage::StateKeys keys;
        for (const auto& instance : due.instances) keys.tickets.push_back(instance.ticket_id);
        const auto stored = decide_by_hand(
            *fold, keys, [&](triage::States states) { return decide(due.instances, std::move(states), due.now); });
        if (!stored) return stored.error();
        return due.instances.size();
    }

    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) { return store_->applied(tenant, stream); }
    Result<std::vector<TenantId>> tenants_with_expired_instances() { return store_->tenants_with_expired_instances(); }

    /// Transactions in parts.
    ports::TriageStore& real() { return *store_; }

private:
    const std::unique_ptr<ports::TriageStore> store_;
};

/// What is due, with the states that deciding about it takes.
struct DueHolds : ports::DueHolds {
    triage::States states;
};

/// `decide(const DueHolds&)` says what is stored. Returns how many there were.
template <typename Decide>
Result<std::size_t> release(ports::HoldStore& store, TenantId tenant, std::int64_t config_version, ports::Turn turn,
                            Decide decide)
{
    const auto locked = store.lock_due(tenant, config_version, turn);
    if (!locked) return locked.error();
    const auto& [fold, rows] = *locked;
    if (!fold) return 0;
    triage::StateKeys keys;
    for (const auto& [ticket, alert] : rows.alerts) keys.tickets.push_back(ticket);
    for (const auto& machine : rows.machines) keys.dedup_keys.push_back(machine.key.dedup_key);
    const auto stored = decide_by_hand(*fold, keys, [&](triage::States states) {
        DueHolds due{rows, std::move(states)};
        due.states.machines = due.machines;
        return decide(due);
    });
    if (!stored) return stored.error();
    return rows.size();
}

/// The same of quiet tickets, which stay due unless `decide(const ports::DueTickets&)` says what becomes of them.
template <typename Decide>
Result<std::size_t> release(ports::QuietStore& store, TenantId tenant, std::int64_t config_version, ports::Turn turn,
                            Decide decide)
{
    const auto locked = store.lock_due(tenant, config_version, turn);
    if (!locked) return locked.error();
    const auto& [fold, rows] = *locked;
    if (!fold) return 0;
    triage::StateKeys keys;
    for (const auto& quiet : rows.tickets) keys.tickets.push_back(quiet.ticket_id);
    const auto stored = decide_by_hand(*fold, keys, [&](const triage::States&) { return decide(rows); });
    if (!stored) return stored.error();
    return rows.tickets.size();
}

}  // namespace winnow::pg
