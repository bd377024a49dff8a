#pragma once

/// @file
/// ports::HoldStore on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/hold_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::HoldStore> make_hold_store(const Sessions& sessions);

}  // namespace winnow::pg
