#pragma once

/// @file
/// ports::Suspects on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/suspects.hpp"

#include <memory>

namespace winnow::pg {

/// `options` name the pipeline role. There is a session only while rows are on trial.
[[nodiscard]] std::unique_ptr<ports::Suspects> make_suspects(PgOptions options);

}  // namespace winnow::pg
