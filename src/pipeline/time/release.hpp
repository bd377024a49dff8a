#pragma once

/// @file
/// What becomes of quiet tickets, held tickets and instances that are due: which states that takes, and what is decided
/// by them. Pure. Private to pipeline.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/time/hold_store.hpp"
#include "winnow/ports/time/quiet_store.hpp"
#include "winnow/ports/triage_store.hpp"

namespace winnow::pipeline {

/// By the same clock as decide_release(): the database's.
[[nodiscard]] triage::StateKeys release_keys(const TenantPolicy& policy, const ports::DueTickets& due);

/// Those that something still covers stay quiet; the others are told of. What has ended quietly waits for people to
/// bring it back.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due,
                                                 triage::States states);

/// As above, for held tickets. They are matched as they were when they opened, after the rules, and without details.
[[nodiscard]] triage::StateKeys release_keys(const TenantPolicy& policy, const ports::DueHolds& due);

/// A paused ticket that something covers by now is let go unheard, and becomes one of the quiet tickets.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueHolds& due,
                                                 triage::States states);

/// The tickets of instances.
[[nodiscard]] triage::StateKeys expiry_keys(const ports::ExpiredInstances& due);

/// They have ended, and so has their tickets' trouble.
[[nodiscard]] ports::TriageWrites decide_expiry(const TenantPolicy& policy, const ports::ExpiredInstances& due,
                                                triage::States states);

}  // namespace winnow::pipeline
