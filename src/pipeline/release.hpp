#pragma once

/// @file
/// What becomes of quiet tickets that are due. Private to pipeline.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/quiet_store.hpp"

namespace winnow::pipeline {

/// Which inhibition sources deciding about them takes.
[[nodiscard]] domain::InhibitionSourceKeys release_keys(const TenantPolicy& policy,
                                                        const std::vector<ports::QuietTicket>& due, Timestamp now);

/// Those that something still covers stay quiet; the others are told of.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due);

}  // namespace winnow::pipeline
