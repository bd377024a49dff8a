#pragma once

/// @file
/// ports::TenantEnds on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/tenants/tenant_ends.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. An erasure begins `begins_after` it was asked for: what was under way by then is over.
/// `changed` is told of a tenant before the call that changed it returns.
[[nodiscard]] std::unique_ptr<ports::TenantEnds> make_tenant_ends(const Sessions& sessions,
                                                                  std::chrono::milliseconds begins_after,
                                                                  ports::TenantChanged changed = {});

}  // namespace winnow::pg
