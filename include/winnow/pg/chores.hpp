#pragma once

/// @file
/// ports::Chores on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/chores.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {

struct ChoreLimits {
    std::chrono::days max_retention{3'650};  ///< Whatever a tenant has chosen.
};

/// As the role winnow_pipeline. One session.
[[nodiscard]] std::unique_ptr<ports::Chores> make_chores(PgOptions options, ChoreLimits limits = {});

}  // namespace winnow::pg
