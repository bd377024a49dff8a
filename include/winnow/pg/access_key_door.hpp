#pragma once

/// @file
/// ports::AccessKeyDoor on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_api, on `options.connections` threads of its own: a look-up never waits behind a query, and where
/// it waits for the vault only signed requests wait for it.
/// @param sealing  Opens secrets; it outlives the door.
[[nodiscard]] std::unique_ptr<ports::AccessKeyDoor> make_access_key_door(const PgOptions& options,
                                                                         ports::Sealing& sealing);

}  // namespace winnow::pg
