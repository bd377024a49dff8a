#pragma once

/// @file
/// What each queue that tenants share tells of itself: the metrics winnow_queue_…{queue}.

#include "winnow/observe/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace winnow::observe {

/// Thread-safe, cheap to copy. One that was made without a registry measures nothing.
class QueueMetrics {
public:
    QueueMetrics() = default;
    /// `queue`: its name, the label of all.
    QueueMetrics(Metrics& metrics, const std::string& queue);

    void waiting(std::size_t items) const { items_.set(static_cast<double>(items)); }
    void taken(std::chrono::nanoseconds waited) const { wait_.observe(std::chrono::duration<double>(waited).count()); }
    void refused() const { refused_.add(); }
    /// Nobody waited for it any more when its turn came.
    void given_up(std::size_t items) const { given_up_.add(static_cast<double>(items)); }
    void cost(std::chrono::nanoseconds spent) const { cost_.add(std::chrono::duration<double>(spent).count()); }

private:
    Gauge items_;
    Histogram wait_;
    Counter refused_;
    Counter given_up_;
    Counter cost_;
};

}  // namespace winnow::observe
