#pragma once

/// @file
/// Stores what was decided. Private to pg.

#include "winnow/ports/fold_transaction.hpp"

#include <pqxx/transaction_base>

#include <string>
#include <vector>

namespace winnow::pg {

/// All but the costs of judges. `loaded`: the tickets that it may change, as they were.
void store_writes(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes,
                  const triage::States& loaded);

}  // namespace winnow::pg
