#pragma once

/// @file
/// The ledger of notifications, inside one tenant's transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/delivery.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Which deliveries; every part that is set must hold.
struct DeliveryFilter {
    std::vector<domain::DeliveryState> states;  ///< Any of these; empty: every state.
    std::optional<TicketId> ticket_id;
    std::optional<ContactId> contact_id;
};

/// The place after a delivery in the ledger, which is read newest first.
struct DeliveryCursor {
    std::int64_t created_us = 0;  ///< Microseconds since the epoch, as the database keeps it.
    DeliveryId id;
};

struct ListedDelivery {
    domain::Delivery delivery;  ///< Without its payload.
    DeliveryCursor place;
};

/// Not thread-safe: lives and dies with its transaction.
class DeliveryStore {
public:
    DeliveryStore() = default;
    DeliveryStore(const DeliveryStore&) = delete;
    DeliveryStore& operator=(const DeliveryStore&) = delete;
    virtual ~DeliveryStore() = default;

    /// At most `limit` after `after`; fewer only at the ledger's end.
    [[nodiscard]] virtual Result<std::vector<ListedDelivery>> page(const DeliveryFilter& filter,
                                                                   const std::optional<DeliveryCursor>& after,
                                                                   std::size_t limit) = 0;

    /// With its payload; `not_found` where the tenant has no such delivery.
    [[nodiscard]] virtual Result<domain::Delivery> find(DeliveryId id) = 0;

    /// What was owed because of one ticket's events, at most `limit`, oldest first.
    [[nodiscard]] virtual Result<std::vector<domain::Delivery>> of_events(TicketId ticket,
                                                                          const std::vector<std::int32_t>& event_seqs,
                                                                          std::size_t limit) = 0;

    /// Makes a dead or pending delivery due at once, with its id and payload unchanged. `conflict` in any other
    /// state, or where a dead one was followed by a later message about the ticket to the same contact; `not_found`
    /// where there is none.
    [[nodiscard]] virtual Result<domain::Delivery> retry(DeliveryId id) = 0;
};

}  // namespace winnow::ports
