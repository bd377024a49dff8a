#pragma once

/// @file
/// Thresholds and flap detectors as rows. Private to pg.

#include "winnow/ports/time/hold_store.hpp"
#include "winnow/triage/machine.hpp"

#include <pqxx/transaction_base>

#include <cstddef>
#include <vector>

namespace winnow::pg {

/// Those of the keys that there are.
[[nodiscard]] std::vector<triage::MachineState> load_machines(pqxx::transaction_base& tx, TenantId tenant,
                                                              const std::vector<triage::MachineKey>& keys);

/// Those that are to be settled by `until`, the longest due first.
void load_due_machines(pqxx::transaction_base& tx, TenantId tenant, Timestamp until, std::size_t limit,
                       ports::DueHolds& due);

void store_machines(pqxx::transaction_base& tx, TenantId tenant, const std::vector<triage::MachineState>& machines);

}  // namespace winnow::pg
