#pragma once

/// @file
/// ports::TenantDatabase on PostgreSQL.

#include "winnow/observe/queue_metrics.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/triage_store.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace winnow::pg {

/// How tenants share the threads and the queue before them.
struct TenantShare {
    /// Jobs that one tenant may have waiting, or fewer where the queue is nearly full. More: `rate_limited`.
    std::size_t waiting = 64;
    observe::QueueMetrics metrics;
};

/// Jobs run in a queue a tenant, which take turns by the time for which they hold a session; at most half of the
/// threads work for one tenant, and of several one passes over tenants whose jobs take long.
///
/// `options.connections` threads, each with its own session of the role winnow_api, opened when first needed. The
/// transactions are put on their tenants with a key that only `keys` reach: of the role winnow_pipeline, borrowed when
/// the key is first needed and when it was renewed. The destructor answers what still
/// waits with `unavailable`, lets running jobs end, and joins.
///
/// `changed` is told what a transaction changed of its tenant's configuration, after the commit and before `finished`:
/// the database's own notice comes a little later.
[[nodiscard]] std::unique_ptr<ports::TenantDatabase> make_tenant_database(const PgOptions& options,
                                                                          const Sessions& keys,
                                                                          const TenantShare& share = {},
                                                                          ports::TenantChanged changed = {});
/// The key by a session that is opened for it, and closed.
[[nodiscard]] std::unique_ptr<ports::TenantDatabase> make_tenant_database(const PgOptions& options,
                                                                          const std::string& pipeline_conninfo,
                                                                          const TenantShare& share = {},
                                                                          ports::TenantChanged changed = {});

}  // namespace winnow::pg
