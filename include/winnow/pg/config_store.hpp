#pragma once

/// @file
/// ports::ConfigStore on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/triage_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. Listens on a session of its own while it waits for changes.
[[nodiscard]] std::unique_ptr<ports::ConfigStore> make_config_store(const Sessions& sessions);

}  // namespace winnow::pg
