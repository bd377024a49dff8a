#pragma once

/// @file
/// ports::ServerMailQueue on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/mail/server_mail_queue.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::ServerMailQueue> make_server_mail_queue(const Sessions& sessions);

}  // namespace winnow::pg
