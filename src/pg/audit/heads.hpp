#pragma once

/// @file
/// Audit chains as chores: their heads are signed, and what is old is taken off. Private to pg.

#include "winnow/pg/chores.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

#include <chrono>

namespace winnow::pg {

/// Signs the heads of a bounded number of chains that grew; each stands in the log as well, and tenants' in the
/// provider's chain.
[[nodiscard]] ports::ChoreStep sign_heads(pqxx::transaction_base& tx, const HeadSigner& signer);

/// Takes some records older than `kept` off the beginning of one chain.
[[nodiscard]] ports::ChoreStep cut_chain(pqxx::transaction_base& tx, std::chrono::days kept);

}  // namespace winnow::pg
