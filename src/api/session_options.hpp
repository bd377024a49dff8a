#pragma once

/// @file
/// How session calls run, and what their readings are charged for. Private to api.

#include "api/calls/session_call.hpp"
#include "api/rates/rates.hpp"
#include "api/rates/read_cost.hpp"
#include "winnow/api/customer_api.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <chrono>
#include <memory>

namespace winnow::api {

[[nodiscard]] inline SessionCalls::Options session_options(const CustomerApiOptions& options,
                                                           const std::shared_ptr<Rates>& rates)
{
    // The head has paid one already.
    return {.read_timeout = options.read_timeout,
            .analysis = {.threads = options.analysis_threads,
                         .waiting = options.analyses_waiting,
                         .metrics = observe::QueueMetrics(options.metrics, "analysis")},
            .analysed =
                [rates](const access::Principal& who, std::chrono::nanoseconds spent) {
                    const auto begun = std::chrono::ceil<std::chrono::milliseconds>(spent).count();
                    rates->settle(payer_of(who), domain::RateClass::heavy, begun - 1);
                },
            .has_read =
                [rates](const access::Principal& who, std::chrono::nanoseconds spent) {
                    rates->settle(payer_of(who), domain::RateClass::read, units_of_read(spent) - 1);
                },
            .page_wait =
                [rates](const access::Principal& who) {
                    const auto wait = rates->wait(payer_of(who), domain::RateClass::heavy);
                    return std::chrono::ceil<std::chrono::milliseconds>(wait);
                },
            .page_paid =
                [rates](const access::Principal& who, std::chrono::nanoseconds spent) {
                    const auto begun = std::chrono::ceil<std::chrono::milliseconds>(spent).count();
                    rates->settle(payer_of(who), domain::RateClass::heavy, begun);
                }};
}

}  // namespace winnow::api
