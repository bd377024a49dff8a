#pragma once

/// @file
/// ports::AccessKeyDoor on PostgreSQL.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/access/access_key_store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace winnow::pg {

/// Opens what was sealed for that key. Called on database threads, from several at once.
using OpenSecret = std::function<Result<std::string>(TenantId, ports::AccessKeyId, const std::string& sealed)>;

/// As the role winnow_api, on `options.connections` threads of its own: a look-up never waits behind a query.
[[nodiscard]] std::unique_ptr<ports::AccessKeyDoor> make_access_key_door(const PgOptions& options, OpenSecret open);

}  // namespace winnow::pg
