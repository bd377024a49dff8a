#pragma once

/// @file
/// Rows that were set aside, journaled anew. Private to pg.

#include "pg/session/connection.hpp"
#include "winnow/base/time.hpp"

#include <chrono>

namespace winnow::pg {

/// ports::JournalStreams::release_row(), in one transaction: at most 64 rows, and none more after 8 MiB or `patience`.
/// What is left is for the next call. `now` is the node's clock. Throws what libpqxx throws.
[[nodiscard]] bool release_rows(Session& session, Timestamp now, std::chrono::milliseconds patience);

}  // namespace winnow::pg
