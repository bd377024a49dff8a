#pragma once

/// @file
/// The requests that wait for a transaction. Private to journal.

#include "journal/batch.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace winnow::journal {

/// Thread-safe, bounded by alerts and by bytes.
class RequestQueue {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    RequestQueue(std::size_t max_alerts, std::size_t max_bytes) : max_alerts_(max_alerts), max_bytes_(max_bytes) {}

    enum class Push : std::uint8_t { taken, full, closed };

    /// `pending` is untouched where it was not taken.
    [[nodiscard]] Push push(std::unique_ptr<Pending>& pending);

    /// Waits until there are requests, or it is closed.
    void wait();

    /// Waits for requests, then takes all of them up to `max_alerts`, each idempotency key once. Empty when closed and
    /// drained.
    [[nodiscard]] std::vector<std::unique_ptr<Pending>> take(std::size_t max_alerts);

    /// Back to their places, in the order in which they came.
    void put_back(std::vector<std::unique_ptr<Pending>> requests);

    /// Takes what has waited since before `limit`.
    [[nodiscard]] std::vector<std::unique_ptr<Pending>> take_older(TimePoint limit);

    /// No more pushes.
    void close();
    [[nodiscard]] bool closed() const;

    /// Waits that long; false as soon as it is closed.
    [[nodiscard]] bool pause(std::chrono::milliseconds length);

    [[nodiscard]] std::size_t alerts() const;

private:
    void forget(const Pending& pending);  // mutex_ held

    const std::size_t max_alerts_;
    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable closing_;
    std::deque<std::unique_ptr<Pending>> queue_;  // the rest: guarded by mutex_
    std::size_t alerts_ = 0;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

}  // namespace winnow::journal
