#pragma once

/// @file
/// What wakes a dispatcher. Private to dispatch.

#include "winnow/base/uuid.hpp"
#include "winnow/ports/outbox.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace winnow::dispatch {

/// Where reports arrive, on the channel's thread, also after the dispatcher is gone.
struct Inbox {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::pair<DeliveryId, ports::SendReport>> reports;  // guarded by mutex, as what follows
    bool poked = false;
    bool reminded = false;  ///< Timelines may be owed something.
    bool stopping = false;

    /// `reminds`: of timelines.
    void poke(bool reminds)
    {
        {
            const std::lock_guard lock(mutex);
            poked = true;
            reminded = reminded || reminds;
        }
        changed.notify_one();
    }
    /// Until something comes, for `length` at most; whether it came. `owes`: set where it was a reminder of timelines.
    bool wait(std::chrono::milliseconds length, bool& owes)
    {
        std::unique_lock lock(mutex);
        const bool came = changed.wait_for(lock, length, [this] { return stopping || poked || !reports.empty(); });
        poked = false;
        owes = std::exchange(reminded, false) || owes;
        return came;
    }
    [[nodiscard]] bool is_stopping()
    {
        const std::lock_guard lock(mutex);
        return stopping;
    }
    void report(DeliveryId id, ports::SendReport report)
    {
        {
            const std::lock_guard lock(mutex);
            reports.emplace_back(id, std::move(report));
        }
        changed.notify_one();
    }
};

}  // namespace winnow::dispatch
