#pragma once

/// @file
/// When the next journal transaction may start. Private to journal.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace winnow::journal {

/// Lets transactions overlap only where one alone would leave the disk waiting: while one is under way for less than
/// `kAlone`, requests gather for the next, which then costs no more for being larger. With commits of a millisecond one
/// is in flight at a time, with commits of ten all of them. Measured with 32 connections and a fast disk on two cores:
/// 1.5 times what three free-running writers reach (docs/decisions/group-commit-without-a-timer.md).
///
/// Thread-safe. Locking it is the right to gather: one writer at a time.
class Takeoff {
public:
    static constexpr std::chrono::milliseconds kAlone{2};

    [[nodiscard]] std::unique_lock<std::mutex> right_to_gather() { return std::unique_lock(gathering_); }

    /// Waits until nothing is in flight, or the youngest has been for `kAlone`.
    void wait()
    {
        std::unique_lock lock(mutex_);
        landed_.wait_until(lock, last_start_ + kAlone, [this] { return in_flight_ == 0; });
    }

    void start()
    {
        const std::lock_guard lock(mutex_);
        ++in_flight_;
        last_start_ = std::chrono::steady_clock::now();
    }

    void land()
    {
        {
            const std::lock_guard lock(mutex_);
            --in_flight_;
        }
        landed_.notify_one();
    }

private:
    std::mutex gathering_;
    std::mutex mutex_;
    std::condition_variable landed_;
    std::size_t in_flight_ = 0;
    std::chrono::steady_clock::time_point last_start_{};
};

}  // namespace winnow::journal
