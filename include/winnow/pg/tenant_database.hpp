#pragma once

/// @file
/// ports::TenantDatabase on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <memory>

namespace winnow::pg {

/// `options.connections` threads, each with its own session of the role winnow_api, opened when first needed. The
/// destructor answers what still waits with `unavailable`, lets running jobs end, and joins.
[[nodiscard]] std::unique_ptr<ports::TenantDatabase> make_tenant_database(PgOptions options);

}  // namespace winnow::pg
