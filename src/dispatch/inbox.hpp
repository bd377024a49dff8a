#pragma once

/// @file
/// What wakes a dispatcher. Private to dispatch.

#include "winnow/base/uuid.hpp"
#include "winnow/ports/outbox.hpp"

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
