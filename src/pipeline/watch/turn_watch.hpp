#pragma once

/// @file
/// A turn that does not end. Private to pipeline.

#include "winnow/base/uuid.hpp"
#include "winnow/observe/metrics.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace winnow::pipeline {

/// Looks at what the turns of other threads have spent of processor time, which waiting for a database is none of. A
/// thread that takes turns has a Seat, made on that thread, and tells it of each alert that it is done with: a turn of
/// many alerts that are dear hangs nowhere. Thread-safe.
class TurnWatch {
public:
    struct Limits {
        std::chrono::nanoseconds long_turn{0};  ///< Logged and counted, once a turn.
        std::chrono::nanoseconds hung_turn{0};  ///< Without getting on: `hung` is called, once a turn.
        std::function<void()> hung = {};        ///< Empty: the process is aborted.
    };

    TurnWatch(Limits limits, observe::Counter long_turns);
    TurnWatch(const TurnWatch&) = delete;
    TurnWatch& operator=(const TurnWatch&) = delete;

    class Seat {
    public:
        explicit Seat(TurnWatch& watch);
        ~Seat();
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;

        void begin(TenantId tenant);
        void end();

        /// The turn got on: what it spends from here on is for something else. By the seat's thread only; costs
        /// nothing.
        void get_on() noexcept { steps_.store(steps_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

    private:
        friend class TurnWatch;
        TurnWatch& watch_;
        clockid_t clock_ = 0;  ///< Of the thread's processor time.
        std::atomic<std::uint64_t> steps_ = 0;
        // Guarded by the watch. Seats are a list of their own, so that taking one needs no memory.
        Seat* before_ = nullptr;
        Seat* after_ = nullptr;
        bool busy_ = false;
        bool is_long_ = false;
        bool hangs_ = false;
        TenantId tenant_;
        std::chrono::nanoseconds begun_{0};
        std::uint64_t seen_ = 0;             ///< Of steps_.
        std::chrono::nanoseconds since_{0};  ///< When that was seen first.
    };

private:
    void run(const std::stop_token& stop);
    void look();

    const Limits limits_;
    const observe::Counter long_turns_;
    std::mutex mutex_;  // guards what seats have of a turn, too
    std::condition_variable_any wake_;
    Seat* seats_ = nullptr;  ///< The first one.
    std::jthread thread_;    // last
};

}  // namespace winnow::pipeline
