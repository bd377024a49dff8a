#pragma once

/// @file
/// ports::QuietStore over PostgreSQL, as winnow_pipeline.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/quiet_store.hpp"

#include <memory>

namespace winnow::pg {

[[nodiscard]] std::unique_ptr<ports::QuietStore> make_quiet_store(const Sessions& sessions);

}  // namespace winnow::pg
