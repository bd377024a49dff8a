#pragma once

/// @file
/// Times in which no node served, so that no sender could refresh. Private to pg.

#include "winnow/base/time.hpp"

#include <pqxx/transaction_base>

#include <chrono>

namespace winnow::pg {

/// Writes down that nobody has served since the latest heartbeat of any node, where that is longer ago than a few
/// missed ones. To be called before the heartbeat that ends it, in its transaction: a database that stands still
/// between the two would let the heartbeat hide the outage.
void note_outage(pqxx::transaction_base& tx);

/// There is an outage that nobody has written down yet: whoever looks at the clock has come before the heartbeat.
[[nodiscard]] bool is_away(pqxx::transaction_base& tx);

/// Up to where ends count. Time in which nobody could refresh does not, so after an outage of ours only what had ended
/// before it, until senders have had `resolve_timeout` to come again. The same whether it is written down or not.
[[nodiscard]] Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout);

}  // namespace winnow::pg
