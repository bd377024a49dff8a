#pragma once

/// @file
/// The outbox's loop: claims what is due, hands it to the channel, records what became of it.

#include "winnow/domain/position.hpp"
#include "winnow/observe/progress.hpp"
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

/// How many attempts may be under way at once on this node, and whose.
struct ShareOptions {
    std::size_t max_in_flight = 256;
    std::size_t max_retries = 128;       ///< Of these, attempts at what was tried before; never more than half.
    std::size_t per_tenant = 32;         ///< And never more than are left free for others.
    std::size_t retries_per_tenant = 8;  ///< Of these, attempts at what was tried before.
    std::size_t per_hanging_tenant = 4;  ///< While more than half of its attempts run into their time limit.
    std::size_t per_receiver = 8;        ///< A tenant's attempts at one host and port, or by mail.
    std::size_t per_contact = 2;         ///< A slow receiver takes no more slots than these.
    std::size_t breaker_after = 5;       ///< Failures in a row after which a contact is tried one at a time; and
                                         ///< attempts without any answer after which a receiver is only probed …
    std::chrono::milliseconds first_probe{5'000};      ///< … so long after the last one, doubled with each that fails …
    std::chrono::milliseconds longest_probe{300'000};  ///< … up to this.
};

struct DispatcherOptions {
    std::string node;
    ShareOptions shares;
    std::chrono::milliseconds lease{60'000};  ///< Longer than any attempt may take.
    std::chrono::milliseconds poll{1'000};    ///< How long it relies on being reminded of what has become due.
    /// How often it is looked for what another node left to timelines, where nobody reminds of it.
    std::chrono::milliseconds settle_anyway{10'000};
    /// How soon it looks again for what could not be done: of such nobody reminds.
    std::chrono::milliseconds again{1'000};
    routing::BackoffPolicy backoff;
    std::function<double()> jitter;                               ///< Uniform in [0, 1).
    std::chrono::milliseconds standstill = observe::kStandstill;  ///< See goes_on().
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

    /// As poke(), of what has become due by time; and timelines may be owed something that another node left.
    void remind();

    /// False where for `standstill` no look at what is due has come to its end: readiness. What receivers do, or do
    /// not, is nothing to it.
    [[nodiscard]] bool goes_on() const;

    /// The writer of this journal stream is gone: what it had under way is due again. Waits for the database.
    void take_over(domain::StreamId stream);

    /// Claims nothing more, waits up to `grace` for attempts in flight, and hands the rest back as due.
    void stop(std::chrono::milliseconds grace);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::dispatch
