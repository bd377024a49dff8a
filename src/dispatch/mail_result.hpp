#pragma once

/// @file
/// What follows from an attempt to send a mail of the service's own: sent, again later, or given up. Pure. Private to
/// dispatch.

#include "winnow/ports/mail/server_mail_queue.hpp"
#include "winnow/routing/plan.hpp"

namespace winnow::dispatch {

/// @param jitter  uniform in [0, 1).
[[nodiscard]] ports::MailResult result_of(const ports::OwedMail& owed, const ports::SendReport& report,
                                          const routing::BackoffPolicy& backoff, double jitter);

}  // namespace winnow::dispatch
