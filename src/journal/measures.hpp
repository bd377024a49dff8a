#pragma once

/// @file
/// What the journal's writer tells of itself. Private to journal.

#include "journal/request_queue.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace winnow::journal {

struct Measures {
    explicit Measures(observe::Metrics& metrics)
        : alerts(metrics.counter("winnow_journal_alerts_total", "Alerts committed to the journal")),
          commits(metrics.counter("winnow_journal_commits_total", "Transactions of the journal")),
          failures(metrics.counter("winnow_journal_failures_total", "Transactions that stored nothing")),
          queued(metrics.gauge("winnow_journal_queued_alerts", "Alerts that wait for their commit")),
          seconds(metrics.histogram("winnow_journal_commit_seconds", "Time of one transaction", {},
                                    {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5})),
          queue(metrics, "journal"),
          triage(metrics, "triage")
    {
    }

    void taken(const std::vector<std::unique_ptr<Pending>>& requests, const RequestQueue::Waiting& left) const
    {
        const auto now = std::chrono::steady_clock::now();
        for (const auto& request : requests) queue.taken(now - request->since);
        queue.waiting(left.requests);
        queued.set(static_cast<double>(left.alerts));
    }

    void transaction(std::chrono::nanoseconds took) const
    {
        seconds.observe(std::chrono::duration<double>(took).count());
        queue.cost(took);
    }

    void refused(const RequestQueue::Refusal& refusal) const
    {
        if (refusal.limit == RequestQueue::Refusal::Limit::closed) return;
        (refusal.limit == RequestQueue::Refusal::Limit::unapplied_bytes ? triage : queue).refused();
    }

    observe::Counter alerts, commits, failures;
    observe::Gauge queued;
    observe::Histogram seconds;
    observe::QueueMetrics queue;
    observe::QueueMetrics triage;  ///< Refused for its sake.
};

}  // namespace winnow::journal
