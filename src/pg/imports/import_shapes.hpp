#pragma once

/// @file
/// What imported lines have to look like, as the database's own catalogue has it. Private to pg.

#include "winnow/domain/tenants/archive_shape.hpp"

#include <pqxx/transaction_base>

namespace winnow::pg {

/// Of all exported tables, in their order. Throws what libpqxx throws.
[[nodiscard]] domain::ArchiveShape read_shape(pqxx::transaction_base& tx);

}  // namespace winnow::pg
