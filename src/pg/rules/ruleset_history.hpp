#pragma once

/// @file
/// Writes the versions that ports::RulesetHistory reads. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/ports/rule_store.hpp"

#include <pqxx/transaction_base>

namespace winnow::pg {

/// After the changes have been stored; forgets versions that are not kept any longer.
void keep_ruleset_version(pqxx::transaction_base& tx, TenantId tenant, const ports::RuleChanges& changes);

}  // namespace winnow::pg
