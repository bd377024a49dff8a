#pragma once

/// @file
/// ports::Chores on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/chores.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. One session.
[[nodiscard]] std::unique_ptr<ports::Chores> make_chores(PgOptions options);

}  // namespace winnow::pg
