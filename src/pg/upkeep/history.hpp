#pragma once

/// @file
/// How much each tenant's histories take, added up (migration 0027). Private to pg.

#include "pg/turns/tenant_rounds.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

#include <string>

namespace winnow::pg {

/// Adds up what has changed since the last time. `without`: a uuid[] literal.
[[nodiscard]] ports::ChoreStep gather_history(pqxx::transaction_base& tx, const Stretch& stretch,
                                              const std::string& without);

/// Goes on counting what was there before anybody counted.
[[nodiscard]] ports::ChoreStep count_history(pqxx::transaction_base& tx, const Stretch& stretch,
                                             const std::string& without);

}  // namespace winnow::pg
