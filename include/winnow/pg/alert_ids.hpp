#pragma once

/// @file
/// What names alerts, as the database has it.

#include "winnow/domain/alert_ids.hpp"
#include "winnow/pg/options.hpp"

namespace winnow::pg {

/// The same for every node of this database, and for good. Asked at the start, as the role winnow_pipeline, by a
/// session of its own. Throws std::runtime_error where it cannot be read: without it a node can neither tell ids nor
/// find them.
[[nodiscard]] domain::AlertIds stored_alert_ids(const PgOptions& options);

}  // namespace winnow::pg
