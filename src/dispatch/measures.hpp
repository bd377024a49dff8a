#pragma once

/// @file
/// What the dispatcher counts. Private to dispatch.

#include "winnow/observe/metrics.hpp"

namespace winnow::dispatch {

struct Measures {
    explicit Measures(observe::Metrics& metrics)
        : delivered(count(metrics, "delivered")),
          retried(count(metrics, "retry")),
          dead(count(metrics, "dead")),
          in_flight(metrics.gauge("winnow_deliveries_in_flight", "Attempts under way")),
          retries_in_flight(metrics.gauge("winnow_delivery_retries_in_flight", "Of these, not the first attempt")),
          hanging_tenants(metrics.gauge("winnow_delivery_hanging_tenants",
                                        "Tenants most of whose attempts run into their time limit")),
          closed_receivers(metrics.gauge("winnow_delivery_closed_receivers",
                                         "Tenants' receivers that do not answer and are only probed")),
          freed_leases(metrics.counter("winnow_delivery_freed_leases_total",
                                       "Attempts of dead nodes that were made due again at once")),
          first_attempt(metrics.histogram("winnow_delivery_first_attempt_seconds", "From owed to the first attempt", {},
                                          {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30, 300})),
          latency(metrics.histogram("winnow_delivery_latency_seconds", "From owed to delivered", {},
                                    {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300}))
    {
    }
    static observe::Counter count(observe::Metrics& metrics, const char* outcome)
    {
        return metrics.counter("winnow_deliveries_total", "Attempts by outcome", {{"outcome", outcome}});
    }
    observe::Counter delivered, retried, dead;
    observe::Gauge in_flight, retries_in_flight, hanging_tenants, closed_receivers;
    observe::Counter freed_leases;
    observe::Histogram first_attempt, latency;
};

}  // namespace winnow::dispatch
