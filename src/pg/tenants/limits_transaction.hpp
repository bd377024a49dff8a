#pragma once

/// @file
/// One tenant's limits, as the provider changes them. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <memory>

namespace winnow::pg {

/// $1 tenant, $2 bytes; null: as the configuration has it.
inline constexpr auto kSetHistoryBytes = "update tenants set max_history_bytes = $2 where tenant_id = $1";

/// ports::ProviderStore::lock_limits(), on a session of `sessions` that it keeps until it goes. `changed` is told after
/// the commit.
[[nodiscard]] Result<std::unique_ptr<ports::LimitsTransaction>> lock_limits(const Sessions& sessions, TenantId tenant,
                                                                            ports::TenantChanged changed);

}  // namespace winnow::pg
