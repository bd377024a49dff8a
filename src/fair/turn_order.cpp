#include "winnow/fair/turn_order.hpp"

#include <algorithm>

namespace winnow::fair {

namespace {

constexpr Cost kSmoothing = 8;  // the newest item counts an eighth

}  // namespace

TurnOrder::TurnOrder(const QueueLimits& limits) : limits_(limits) {}

std::optional<Refused> TurnOrder::refusal(TenantId tenant, std::size_t bytes, std::size_t uncounted) const
{
    const auto found = found_.find(tenant);
    const auto all_items = found == found_.end() ? 0 : found->second->items;
    const auto own_items = all_items - std::min(all_items, uncounted);
    const auto own_bytes = found == found_.end() ? 0 : found->second->bytes;
    const auto may_items = std::min(limits_.tenant_items, share_of({limits_.items, limits_.floor_items}, items_));
    if (own_items >= may_items) return Refused{Refused::Limit::items, may_items, Refused::Whose::tenant};
    const auto may_bytes = share_of({limits_.bytes, limits_.floor_bytes}, bytes_);
    if (bytes > may_bytes - std::min(may_bytes, own_bytes)) {
        return Refused{Refused::Limit::bytes, may_bytes, Refused::Whose::tenant};
    }
    // Below its share and no room: that is nobody's fault but the node's.
    if (items_ >= with_floors({limits_.items, limits_.floor_items}))
        return Refused{Refused::Limit::items, limits_.items, Refused::Whose::node};
    const auto most_bytes = with_floors({limits_.bytes, limits_.floor_bytes});
    if (bytes > most_bytes - std::min(most_bytes, bytes_)) {
        return Refused{Refused::Limit::bytes, limits_.bytes, Refused::Whose::node};
    }
    return std::nullopt;
}

void TurnOrder::add(TenantId tenant, std::size_t bytes, Instant now)
{
    forget(now);
    auto entry = found_.find(tenant);
    if (entry == found_.end()) {
        Records made;  // first: whatever finds no memory, nothing has changed
        made.push_back({.tenant = tenant, .list = fresh, .credit = limits_.quantum});
        entry = found_.emplace(tenant, made.begin()).first;
        lists_[fresh].splice(lists_[fresh].end(), made);
    }
    const auto record = entry->second;
    if (record->list == resting && record->credit >= 0) {
        record->credit = limits_.quantum;
        move(record, fresh);
    } else if (record->list == resting || record->list == busy) {
        move(record, ring);
    }
    if (record->items++ == 0) ++waiting_tenants_;
    record->bytes += bytes;
    ++items_;
    bytes_ += bytes;
}

std::optional<TenantId> TurnOrder::next(Lane lane, Instant now)
{
    forget(now);
    const auto first = next_fresh(lane, now);
    if (first != lists_[fresh].end()) return first->tenant;
    const auto in_turn = next_in_ring(lane, now);
    if (in_turn != lists_[ring].end()) return in_turn->tenant;
    return std::nullopt;
}

TurnOrder::Place TurnOrder::next_fresh(Lane lane, Instant now)
{
    auto& list = lists_[fresh];
    for (auto at = list.begin(); at != list.end();) {
        const auto record = at++;
        if (record->items > 0 && !may(*record, lane, now)) continue;
        if (record->items > 0 && record->credit > 0) return record;
        if (record->items > 0) record->credit += limits_.quantum;
        move(record, ring);
    }
    return list.end();
}

TurnOrder::Place TurnOrder::next_in_ring(Lane lane, Instant now)
{
    auto& list = lists_[ring];
    // One turn: who has spent its quantum gets another, and goes to the end.
    auto at = list.begin();  // with those that go to the end behind it: there is one for each that is left
    for (auto left = list.size(); left > 0; --left) {
        const auto record = at++;
        if (record->items == 0) {
            retire(record, now);
        } else if (may(*record, lane, now)) {
            if (record->credit > 0) return record;
            record->credit += limits_.quantum;
            move(record, ring);
        }
    }
    // All that may were in debt: as many turns at once as bring one of them out of it.
    std::optional<Cost> turns;
    for (const auto& record : list) {
        if (!may(record, lane, now)) continue;
        const auto needed = record.credit > 0 ? 0 : 1 + -record.credit / limits_.quantum;
        turns = std::min(turns.value_or(needed), needed);
    }
    if (!turns) return list.end();
    auto first = list.end();
    for (auto record = list.begin(); record != list.end(); ++record) {
        if (!may(*record, lane, now)) continue;
        record->credit += *turns * limits_.quantum;
        if (record->credit > 0 && first == list.end()) first = record;
    }
    return first;
}

Ticket TurnOrder::begin(TenantId tenant, std::size_t bytes, std::optional<Cost> estimate)
{
    const auto record = found_.at(tenant);
    leave(*record, bytes);
    ++record->in_flight;
    ++in_flight_;
    const auto paid = estimate.value_or(record->smoothed.value_or(0));
    record->credit -= paid;
    return {.tenant = tenant, .estimate = paid};
}

void TurnOrder::drop(TenantId tenant, std::size_t bytes)
{
    leave(*found_.at(tenant), bytes);
}

/// One of the tenant's items waits no more.
void TurnOrder::leave(Record& record, std::size_t bytes)
{
    if (--record.items == 0) {
        --waiting_tenants_;
        record.passed_over = false;
    }
    record.bytes -= bytes;
    --items_;
    bytes_ -= bytes;
}

void TurnOrder::pass_over(TenantId tenant, bool passed)
{
    const auto found = found_.find(tenant);
    if (found != found_.end()) found->second->passed_over = passed && found->second->items > 0;
}

void TurnOrder::done(const Ticket& ticket, Cost cost, Instant now, bool overran)
{
    const auto record = found_.at(ticket.tenant);
    --record->in_flight;
    --in_flight_;
    record->credit = std::min(record->credit + ticket.estimate - cost, limits_.quantum);
    const auto before = record->smoothed.value_or(cost);
    record->smoothed = before + (cost - before) / kSmoothing;
    if (overran) record->slow_until = now + limits_.memory;
    if (record->list == busy && record->in_flight == 0) retire(record, now);
}

bool TurnOrder::others_wait(TenantId tenant) const
{
    const auto found = found_.find(tenant);
    const bool waits = found != found_.end() && found->second->items > 0;
    return waiting_tenants_ > (waits ? 1U : 0U);
}

bool TurnOrder::is_slow(TenantId tenant, Instant now) const
{
    const auto found = found_.find(tenant);
    return found != found_.end() && is_slow(*found->second, now);
}

bool TurnOrder::is_slow(const Record& record, Instant now) const
{
    return now < record.slow_until || (limits_.slow_cost > 0 && record.smoothed.value_or(0) > limits_.slow_cost);
}

bool TurnOrder::may(const Record& record, Lane lane, Instant now) const
{
    return record.items > 0 && !record.passed_over && record.in_flight < limits_.tenant_in_flight &&
           (lane == Lane::any || !is_slow(record, now));
}

void TurnOrder::move(Place record, List to)
{
    lists_[to].splice(lists_[to].end(), lists_[record->list], record);
    record->list = to;
}

/// A tenant for which nothing waits.
void TurnOrder::retire(Place record, Instant now)
{
    if (record->in_flight > 0) return move(record, busy);
    if (record->credit < 0 || is_slow(*record, now)) {
        record->idle_since = now;
        return move(record, resting);
    }
    found_.erase(record->tenant);
    lists_[record->list].erase(record);
}

void TurnOrder::forget(Instant now)
{
    auto& list = lists_[resting];
    while (!list.empty() && now - list.front().idle_since >= limits_.memory) {
        found_.erase(list.front().tenant);
        list.pop_front();
    }
}

}  // namespace winnow::fair
