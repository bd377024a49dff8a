#pragma once

/// @file
/// Which deliveries are to be attempted next. Private to pg.

#include "pg/outbox/due.hpp"
#include "winnow/ports/outbox.hpp"

#include <pqxx/transaction_base>

#include <chrono>
#include <string>

namespace winnow::pg {

/// ports::Outbox::claim inside a transaction; in no order. `places` is where to look, and moves on.
[[nodiscard]] ports::Claim claim_due(pqxx::transaction_base& tx, const std::string& node,
                                     const ports::ClaimShare& share, std::chrono::milliseconds lease, Places& places);

}  // namespace winnow::pg
