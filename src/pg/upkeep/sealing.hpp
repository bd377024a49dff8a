#pragma once

/// @file
/// Webhooks' URLs that were stored whole, before there was sealing (docs/decisions/webhook-urls.md).

#include "winnow/pg/chores.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

namespace winnow::pg {

/// Nothing while a program may be at work that could not open them. The first time that none is, the schema's step is
/// marked as one that such a program cannot serve after; then a bounded number of URLs a step.
[[nodiscard]] ports::ChoreStep seal_urls(pqxx::transaction_base& tx, const SealUrl& seal);

}  // namespace winnow::pg
