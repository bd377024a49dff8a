#pragma once

/// @file
/// The outbox's loop: claims what is due, hands it to the channel, records what became of it.

#include "winnow/ports/outbox.hpp"
#include "winnow/routing/plan.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::dispatch {

struct DispatcherOptions {
    std::string node;
    std::size_t max_in_flight = 64;
    std::size_t per_contact = 2;              ///< A slow receiver takes no more slots than these.
    std::chrono::milliseconds lease{60'000};  ///< Longer than any attempt may take.
    std::chrono::milliseconds poll{1'000};    ///< The longest sleep.
    std::size_t breaker_after = 5;            ///< Failures in a row after which a contact is tried one at a time.
    routing::BackoffPolicy backoff;
    std::function<double()> jitter;  ///< Uniform in [0, 1).
};

/// Thread-safe. One thread of its own; `outbox` and `channel` must outlive it.
class Dispatcher {
public:
    Dispatcher(ports::Outbox& outbox, ports::Channel& channel, DispatcherOptions options, observe::Metrics& metrics);
    ~Dispatcher();  ///< As stop(0 ms).
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    void start();

    /// Something came to be owed: look now. Never blocks.
    void poke();

    /// Claims nothing more, waits up to `grace` for attempts in flight, and hands the rest back as due.
    void stop(std::chrono::milliseconds grace);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::dispatch
