#pragma once

/// @file
/// A queue for each tenant that has something to wait for, served in turn. Pure, as TurnOrder is.

#include "winnow/fair/turn_order.hpp"

#include <deque>
#include <functional>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::fair {

/// What an item takes of the limits, and of its tenant's credit.
struct Weight {
    std::size_t bytes = 0;
    std::optional<Cost> cost = {};  ///< nullopt: only known when it is done.
    /// Nobody asks for it anew when it takes long, so it is never stale: it takes its turn where the newest of others
    /// go first. It is none of the items that its tenant may hold: whoever brings such keeps them few.
    bool in_turn = false;
};

/// Not thread-safe. Items that nobody wants any more (`is_dead`) are never taken: they are thrown out when their turn
/// comes, or when their tenant needs the room, and given back by dead(), so that the owner can tell whoever waits.
template <typename T>
class TenantQueues {
public:
    using IsDead = std::function<bool(const T&)>;

    struct Taken {
        T item;
        Ticket ticket;  ///< For done().
        std::chrono::steady_clock::duration waited{};
    };

    explicit TenantQueues(const QueueLimits& limits, IsDead is_dead = {}) : order_(limits), is_dead_(std::move(is_dead))
    {
    }

    /// Takes the item; where it finds no room it is left untouched.
    [[nodiscard]] std::optional<Refused> push(TenantId tenant, T& item, Instant now, Weight weight = {})
    {
        auto refused = refusal(tenant, weight);
        if (refused && throw_out_dead(tenant)) refused = refusal(tenant, weight);
        if (refused) return refused;
        order_.add(tenant, weight.bytes, now);
        try {
            auto& queue = queues_[tenant];
            queue.entries.push_back({std::move(item), weight, now});
            if (weight.in_turn) ++queue.in_turn;
        } catch (...) {  // no memory: an item that is in the one is in the other
            const auto queue = queues_.find(tenant);
            if (queue != queues_.end() && queue->second.entries.empty()) queues_.erase(queue);
            order_.drop(tenant, weight.bytes);
            throw;
        }
        return std::nullopt;
    }

    /// The next item, nullopt where none may be taken now.
    [[nodiscard]] std::optional<Taken> take(Instant now, Lane lane = Lane::any)
    {
        while (const auto tenant = order_.next(lane, now)) {
            const auto queue = queues_.find(*tenant);
            Entry entry = taken_from(queue->second, now);
            if (queue->second.entries.empty()) queues_.erase(queue);
            if (is_dead_ && is_dead_(entry.item)) {
                order_.drop(*tenant, entry.weight.bytes);
                dead_.push_back(std::move(entry.item));
                continue;
            }
            const auto ticket = order_.begin(*tenant, entry.weight.bytes, entry.weight.cost);
            return Taken{.item = std::move(entry.item), .ticket = ticket, .waited = now - entry.since};
        }
        return std::nullopt;
    }

    /// Settles what was taken.
    void done(const Ticket& ticket, Cost cost, Instant now, bool overran = false)
    {
        order_.done(ticket, cost, now, overran);
    }

    /// Takes out those of a tenant's items for which `unwanted(item)` holds.
    template <typename Predicate>
    [[nodiscard]] std::vector<T> drop_if(TenantId tenant, Predicate unwanted)
    {
        std::vector<T> dropped;
        const auto queue = queues_.find(tenant);
        if (queue == queues_.end()) return dropped;
        std::deque<Entry> kept;
        for (auto& entry : queue->second.entries) {
            if (!unwanted(std::as_const(entry.item))) {
                kept.push_back(std::move(entry));
                continue;
            }
            if (entry.weight.in_turn) --queue->second.in_turn;
            order_.drop(tenant, entry.weight.bytes);
            dropped.push_back(std::move(entry.item));
        }
        queue->second.entries = std::move(kept);
        if (queue->second.entries.empty()) queues_.erase(queue);
        return dropped;
    }

    /// What was thrown out since the last call.
    [[nodiscard]] std::vector<T> dead() { return std::exchange(dead_, {}); }

    /// Everything that waits, at the end of the owner's life.
    [[nodiscard]] std::vector<T> clear()
    {
        auto all = dead();
        while (!queues_.empty()) {
            for (auto& item : drop_if(queues_.begin()->first, [](const T&) { return true; })) {
                all.push_back(std::move(item));
            }
        }
        return all;
    }

    [[nodiscard]] bool others_wait(TenantId tenant) const { return order_.others_wait(tenant); }
    [[nodiscard]] const TurnOrder& order() const noexcept { return order_; }  ///< How much of what there is.

private:
    struct Entry {
        T item;
        Weight weight;
        Instant since;
    };
    struct Queue {
        std::deque<Entry> entries;
        std::size_t in_turn = 0;  ///< So many of them are that.
    };

    [[nodiscard]] std::optional<Refused> refusal(TenantId tenant, const Weight& weight) const
    {
        if (weight.in_turn) return order_.refusal(tenant, weight.bytes, QueueLimits::kNone);
        const auto queue = queues_.find(tenant);
        return order_.refusal(tenant, weight.bytes, queue == queues_.end() ? 0 : queue->second.in_turn);
    }

    /// The oldest one; where that is stale the oldest of those that take their turn, if it has waited as long, else the
    /// newest of all.
    [[nodiscard]] Entry taken_from(Queue& queue, Instant now)
    {
        auto& entries = queue.entries;
        const auto patience = order_.limits().newest_first_after;
        const auto is_stale = [&](const Entry& entry) {
            return patience.count() > 0 && now - entry.since > patience;
        };
        auto next = entries.begin();
        if (is_stale(*next)) {
            if (queue.in_turn > 0) {
                while (next != entries.end() && is_stale(*next) && !next->weight.in_turn) ++next;
            }
            const bool is_due = next != entries.end() && is_stale(*next) && next->weight.in_turn;
            if (!is_due) next = std::prev(entries.end());
        }
        if (next->weight.in_turn) --queue.in_turn;
        Entry entry = std::move(*next);
        entries.erase(next);
        return entry;
    }

    bool throw_out_dead(TenantId tenant)
    {
        if (!is_dead_) return false;
        auto dropped = drop_if(tenant, is_dead_);
        for (auto& item : dropped) dead_.push_back(std::move(item));
        return !dropped.empty();
    }

    TurnOrder order_;
    IsDead is_dead_;
    std::unordered_map<TenantId, Queue> queues_;  // none of them empty
    std::vector<T> dead_;
};

}  // namespace winnow::fair
