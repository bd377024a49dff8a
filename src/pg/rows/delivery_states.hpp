#pragma once

/// @file
/// Deliveries' states in SQL. Private to pg.

#include "pg/rows/sql_word.hpp"
#include "winnow/domain/delivery.hpp"

#include <string>

namespace winnow::pg {

/// `('pending', 'sending')`: those whose contact is still to be told. The index on chains is of these.
[[nodiscard]] inline std::string sql_unfinished_deliveries()
{
    return sql_words({domain::DeliveryState::pending, domain::DeliveryState::sending});
}

}  // namespace winnow::pg
