#pragma once

/// @file
/// Which deliveries are to be attempted next. Private to pg.

#include "winnow/ports/outbox.hpp"

#include <pqxx/transaction_base>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace winnow::pg {

/// ports::Outbox::claim inside a transaction; in no order.
[[nodiscard]] std::vector<ports::ClaimedDelivery> claim_due(pqxx::transaction_base& tx, const std::string& node,
                                                            std::size_t limit, std::size_t per_contact,
                                                            const std::vector<ContactId>& busy,
                                                            std::chrono::milliseconds lease);

}  // namespace winnow::pg
