#include "winnow/observe/queue_metrics.hpp"

namespace winnow::observe {

QueueMetrics::QueueMetrics(Metrics& metrics, const std::string& queue)
    : items_(metrics.gauge("winnow_queue_items", "What waits in a queue that tenants share", {{"queue", queue}})),
      wait_(metrics.histogram("winnow_queue_wait_seconds", "How long it waited for its turn", {{"queue", queue}},
                              {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30})),
      refused_(metrics.counter("winnow_queue_refused_total",
                               "Refused because the tenant's share, or the queue, was full", {{"queue", queue}})),
      given_up_(metrics.counter("winnow_queue_given_up_total", "Dropped because nobody waited for it any more",
                                {{"queue", queue}})),
      cost_(metrics.counter("winnow_queue_cost_seconds_total",
                            "What was taken has cost: time of a session, or of a processor", {{"queue", queue}}))
{
}

}  // namespace winnow::observe
