#pragma once

/// @file
/// What a submitter is told whose request finds no room. Private to journal.

#include "journal/request_queue.hpp"
#include "winnow/base/error.hpp"

namespace winnow::journal {

[[nodiscard]] Error stopping();

/// Names the limit, its value and whose it is; a tenant's own is `rate_limited`.
[[nodiscard]] Error error_of(const RequestQueue::Refusal& refusal);

}  // namespace winnow::journal
