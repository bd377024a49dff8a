#include "dispatch/attempt_result.hpp"

#include <algorithm>

namespace winnow::dispatch {

ports::AttemptResult result_of(const ports::ClaimedDelivery& claimed, const ports::SendReport& report,
                               Timestamp claimed_at, const routing::BackoffPolicy& backoff, double jitter)
{
    ports::AttemptResult result;
    result.tenant = claimed.tenant;
    result.id = claimed.delivery.id;
    result.lease_token = claimed.lease_token;
    result.status = report.status;
    result.error = report.error;
    using Outcome = ports::SendReport::Outcome;
    if (report.outcome == Outcome::delivered) {
        result.state = domain::DeliveryState::delivered;
        return result;
    }
    if (report.outcome == Outcome::refused || claimed_at - claimed.delivery.created_at >= backoff.give_up_after) {
        result.state = domain::DeliveryState::dead;
        return result;
    }
    result.state = domain::DeliveryState::pending;
    const auto attempts = static_cast<std::uint32_t>(std::max(claimed.delivery.attempts, 1));
    const auto own = routing::next_delay(backoff, attempts, jitter);
    // The receiver may ask for more patience than we would have, within our own longest.
    result.retry_after = std::max(own, std::min(report.retry_after.value_or(own), backoff.maximum));
    return result;
}

}  // namespace winnow::dispatch
