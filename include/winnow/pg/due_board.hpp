#pragma once

/// @file
/// ports::DueBoard on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/due_kind.hpp"

#include <memory>

namespace winnow::pg {

/// `options` name the pipeline role.
[[nodiscard]] std::unique_ptr<ports::DueBoard> make_due_board(PgOptions options);

}  // namespace winnow::pg
