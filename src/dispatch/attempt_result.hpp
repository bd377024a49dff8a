#pragma once

/// @file
/// What follows from an attempt: delivered, again later, or given up. Pure. Private to dispatch.

#include "winnow/ports/outbox.hpp"
#include "winnow/routing/plan.hpp"

namespace winnow::dispatch {

/// @param claimed_at  the database's time of the claim.
/// @param jitter      uniform in [0, 1).
[[nodiscard]] ports::AttemptResult result_of(const ports::ClaimedDelivery& claimed, const ports::SendReport& report,
                                             Timestamp claimed_at, const routing::BackoffPolicy& backoff,
                                             double jitter);

}  // namespace winnow::dispatch
