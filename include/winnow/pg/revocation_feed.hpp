#pragma once

/// @file
/// ports::RevocationFeed on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/revocation_feed.hpp"

#include <memory>

namespace winnow::pg {

/// By a session of its own, of any role: listening asks for no rights. A session that does not answer within a second
/// is given up, whatever `options` say.
[[nodiscard]] std::unique_ptr<ports::RevocationFeed> make_revocation_feed(PgOptions options);

}  // namespace winnow::pg
