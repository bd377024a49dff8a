#pragma once

/// @file
/// What became of attempts, stored whatever others hold. Private to pg.

#include "winnow/ports/outbox.hpp"

#include <pqxx/transaction_base>

#include <cstdint>
#include <vector>

namespace winnow::pg {

/// A delivery that was attempted, and where its chain goes on.
struct ChainPlace {
    TenantId tenant;
    TicketId ticket;
    ContactId contact;
    std::int32_t event_seq = 0;
};

struct StoredResults {
    ports::Recorded recorded;
    std::vector<ChainPlace> chains;  ///< Of those that are stored and need call their next.
};

/// Stores results and, of final ones, what the timeline is owed. Waits for nobody: rows that others hold are left out.
[[nodiscard]] StoredResults store_results(pqxx::transaction_base& tx, const std::vector<ports::AttemptResult>& results);

/// Makes the next message of each chain due. Returns the chains whose next message somebody else holds.
[[nodiscard]] std::vector<ChainPlace> call_next(pqxx::transaction_base& tx, const std::vector<ChainPlace>& chains);

}  // namespace winnow::pg
