#pragma once

/// @file
/// Which tickets a text or label filter leaves, by the index. Private to pg.

#include "winnow/ports/ticket_store.hpp"

#include <pqxx/transaction_base>

#include <optional>
#include <vector>

namespace winnow::pg {

/// Every ticket of the transaction's tenant that the filter's text and labels hold for is among these; others may be,
/// too. nullopt where the index says nothing: there is neither text nor label, or they are so common that walking the
/// tickets in their order fills a page sooner.
[[nodiscard]] std::optional<std::vector<TicketId>> find_candidates(pqxx::transaction_base& tx,
                                                                   const ports::TicketFilter& filter);

}  // namespace winnow::pg
