#pragma once

/// @file
/// Which chains of deliveries are due, and within everybody's share. Private to pg.

#include "winnow/ports/outbox.hpp"

#include <pqxx/transaction_base>

#include <cstddef>
#include <string>
#include <unordered_map>

namespace winnow::pg {

/// Where the next claim goes on, of tenants that owe to more contacts than one claim looks at.
struct Places {
    std::unordered_map<TenantId, ContactId> first;  ///< Of first attempts.
    std::unordered_map<TenantId, ContactId> again;  ///< Of retries.
};

/// Heads of chains, as two columns.
struct Heads {
    std::string tenants;
    std::string heads;
    std::size_t count = 0;
};
struct Due {
    Heads free;
    Heads under_way;    ///< Somebody's lease still runs.
    bool more = false;  ///< Some contacts were not looked at; `places` says where to go on.
};

/// Locks the heads of the chains that it finds until the transaction ends, passing over those that others hold.
[[nodiscard]] Due lock_due(pqxx::transaction_base& tx, const ports::ClaimShare& share, Places& places);

}  // namespace winnow::pg
