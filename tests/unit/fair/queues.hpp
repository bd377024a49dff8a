#pragma once

/// @file
/// Queues of words, and what it takes to serve them.

#include "winnow/fair/tenant_queues.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::fair {

using namespace std::chrono_literals;

[[nodiscard]] inline TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(0, number));
}

/// Items are "a1", "a2": the letter is the tenant.
class Queues {
public:
    explicit Queues(const QueueLimits& limits, TenantQueues<std::string>::IsDead is_dead = {})
        : queues_(limits, std::move(is_dead))
    {
    }

    static TenantId of(const std::string& item) { return tenant(static_cast<std::uint64_t>(item.front())); }

    std::optional<Refused> push(std::string item, Weight weight = {})
    {
        return queues_.push(of(item), item, now, weight);
    }

    /// The next item; "" where there is none. It is in flight until done().
    std::string take(Lane lane = Lane::any)
    {
        auto taken = queues_.take(now, lane);
        if (!taken) return "";
        flying_[taken->item] = taken->ticket;
        return taken->item;
    }
    void done(const std::string& item, Cost cost, bool overran = false)
    {
        queues_.done(flying_.at(item), cost, now, overran);
        flying_.erase(item);
    }
    /// One after the other, each at that cost.
    std::vector<std::string> serve(std::size_t count, Cost cost)
    {
        std::vector<std::string> served;
        for (std::size_t i = 0; i < count; ++i) {
            served.push_back(take());
            if (served.back().empty()) break;
            done(served.back(), cost);
        }
        return served;
    }

    Instant now{1h};
    TenantQueues<std::string> queues_;

private:
    std::map<std::string, Ticket> flying_;
};

[[nodiscard]] inline QueueLimits limits(Cost quantum)
{
    return {.tenant_in_flight = 100, .quantum = quantum};
}

}  // namespace winnow::fair
