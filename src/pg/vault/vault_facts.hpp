#pragma once

/// @file
/// The vault as the provider sees it. Private to pg.

#include "winnow/ports/vault/key_store.hpp"

#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

[[nodiscard]] ports::VaultFacts vault_facts(pqxx::transaction_base& tx);

/// In order of their versions.
[[nodiscard]] std::vector<ports::KeyFacts> key_facts(pqxx::transaction_base& tx, TenantId tenant);

}  // namespace winnow::pg
