#pragma once

/// @file
/// ports::TriageStore on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. Each triage worker, and each fold that is given more than the usual time,
/// borrows one session at a time. `resolve_timeout`: how long after an outage of ours instances are given whose end has
/// passed meanwhile.
[[nodiscard]] std::unique_ptr<ports::TriageStore> make_triage_store(
    const Sessions& sessions, std::chrono::milliseconds resolve_timeout = std::chrono::minutes{5});

}  // namespace winnow::pg
