#pragma once

/// @file
/// ports::AccessRecords and ports::RefusedAccessStore on PostgreSQL.

#include "winnow/observe/queue_metrics.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <cstddef>
#include <memory>

namespace winnow::pg {

struct AccessRecordLimits {
    std::size_t waiting = 2'000;                         ///< Entries that wait for their commit.
    std::size_t waiting_bytes = std::size_t{64} << 20U;  ///< Of answers that wait with them; one may always.
    observe::QueueMetrics metrics = {};
};

/// As the role winnow_pipeline, on a thread and a session of its own. The destructor answers what still waits with
/// `unavailable`.
[[nodiscard]] std::unique_ptr<ports::AccessRecords> make_access_records(PgOptions options,
                                                                        const AccessRecordLimits& limits = {});

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::RefusedAccessStore> make_refused_access_store(const Sessions& sessions);

}  // namespace winnow::pg
