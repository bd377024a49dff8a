#pragma once

/// @file
/// What becomes of quiet tickets that are due. Private to pipeline.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/quiet_store.hpp"

namespace winnow::pipeline {

/// Those that something still covers stay quiet; the others are told of.
[[nodiscard]] ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due);

}  // namespace winnow::pipeline
