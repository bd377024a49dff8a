#pragma once

/// @file
/// ports::TriageStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. Keeps `options.connections` sessions: give it one a triage worker. `resolve_timeout`:
/// how long after an outage of ours instances are given whose end has passed meanwhile.
[[nodiscard]] std::unique_ptr<ports::TriageStore> make_triage_store(
    PgOptions options, std::chrono::milliseconds resolve_timeout = std::chrono::minutes{5});

}  // namespace winnow::pg
