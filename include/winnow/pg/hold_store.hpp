#pragma once

/// @file
/// ports::HoldStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/hold_store.hpp"

#include <memory>

namespace winnow::pg {

/// `options` name the pipeline role.
[[nodiscard]] std::unique_ptr<ports::HoldStore> make_hold_store(PgOptions options);

}  // namespace winnow::pg
