#pragma once

/// @file
/// ports::Outbox on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/outbox.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. Adds the timeline's 'notified' and 'notification_failed' in the transaction that
/// records an attempt.
[[nodiscard]] std::unique_ptr<ports::Outbox> make_outbox(const Sessions& sessions);

}  // namespace winnow::pg
