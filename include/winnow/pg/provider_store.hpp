#pragma once

/// @file
/// ports::ProviderStore on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking. `changed` is told of a tenant before the call that changed it returns.
[[nodiscard]] std::unique_ptr<ports::ProviderStore> make_provider_store(const Sessions& sessions,
                                                                        ports::TenantChanged changed = {});

}  // namespace winnow::pg
