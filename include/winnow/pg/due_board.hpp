#pragma once

/// @file
/// ports::DueBoard on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/due_kind.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::DueBoard> make_due_board(const Sessions& sessions);

}  // namespace winnow::pg
