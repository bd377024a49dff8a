#pragma once

/// @file
/// ports::TriageStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/triage_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. Keeps `options.connections` sessions: give it one a triage worker.
[[nodiscard]] std::unique_ptr<ports::TriageStore> make_triage_store(PgOptions options);

}  // namespace winnow::pg
