#pragma once

/// @file
/// ports::SignInDoor on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_api, on `options.connections` threads of its own.
[[nodiscard]] std::unique_ptr<ports::SignInDoor> make_sign_in_door(const PgOptions& options);

}  // namespace winnow::pg
