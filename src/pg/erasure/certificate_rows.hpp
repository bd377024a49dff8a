#pragma once

/// @file
/// What the rows of an erasure say for its certificate. Private to pg.

#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/base/uuid.hpp"

#include <pqxx/transaction_base>

#include <chrono>

namespace winnow::pg {

/// Of an erasure that is done but for that: it finishes now, by the database's clock, and backups are kept for so long.
/// Throws what libpqxx throws.
[[nodiscard]] audit::ErasureCertificate read_certificate(pqxx::transaction_base& tx, ErasureId erasure,
                                                         std::chrono::days backups);

}  // namespace winnow::pg
