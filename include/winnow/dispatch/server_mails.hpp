#pragma once

/// @file
/// The loop of the service's own mails: claims what is due, hands it to the channel, records what became of it.

#include "winnow/ports/mail/server_mail_queue.hpp"
#include "winnow/routing/plan.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::dispatch {

struct ServerMailOptions {
    std::size_t at_once = 8;                  ///< Attempts under way on this node.
    std::chrono::milliseconds lease{60'000};  ///< Longer than any attempt may take.
    std::chrono::milliseconds poll{15'000};   ///< The longest sleep: in case nobody reminds.
    std::chrono::milliseconds again{1'000};   ///< How soon after the database did not answer.
    /// A link that people wait for is good for a quarter of an hour. When to give up says the mail.
    routing::BackoffPolicy backoff{.initial = std::chrono::milliseconds{5'000},
                                   .maximum = std::chrono::milliseconds{120'000}};
    std::function<double()> jitter = {};  ///< Uniform in [0, 1); empty: 0.5.
};

/// Thread-safe. One thread of its own; `queue`, `channel` and `metrics` must outlive it.
class ServerMails {
public:
    ServerMails(ports::ServerMailQueue& queue, ports::ServerMailChannel& channel, ServerMailOptions options,
                observe::Metrics& metrics);
    ~ServerMails();  ///< As stop(0 ms).
    ServerMails(const ServerMails&) = delete;
    ServerMails& operator=(const ServerMails&) = delete;

    void start();

    /// Something is due: look now. Never blocks.
    void remind();

    /// Claims nothing more, waits up to `grace` for attempts in flight, and records them. What is in flight still is
    /// tried again by whoever claims it after its lease.
    void stop(std::chrono::milliseconds grace);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::dispatch
