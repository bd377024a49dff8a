#pragma once

/// @file
/// Stores a fold's outcome. Private to pg.

#include "winnow/ports/triage_store.hpp"

#include <pqxx/transaction_base>

#include <string>
#include <vector>

namespace winnow::pg {

void store_writes(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes,
                  const triage::States& loaded);

}  // namespace winnow::pg
