#pragma once

/// @file
/// What becomes of quiet and of held tickets that are due. Private to pipeline.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/hold_store.hpp"
#include "winnow/ports/quiet_store.hpp"

namespace winnow::pipeline {

/// Which inhibition sources deciding about them takes.
[[nodiscard]] domain::InhibitionSourceKeys release_keys(const TenantPolicy& policy,
                                                        const std::vector<ports::QuietTicket>& due, Timestamp now);

/// Those that something still covers stay quiet; the others are told of.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due);

/// As above, for held tickets. They are matched as they were when they opened, after the rules, and without details.
[[nodiscard]] domain::InhibitionSourceKeys release_keys(const TenantPolicy& policy, const ports::DueHolds& due);

/// A paused ticket that something covers by now is let go unheard, and becomes one of the quiet tickets.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueHolds& due);

}  // namespace winnow::pipeline
