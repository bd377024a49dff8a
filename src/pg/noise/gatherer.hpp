#pragma once

/// @file
/// Gathers the noise statistics. Private to pg.

#include "winnow/base/error.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/fair/setbacks.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

#include <chrono>
#include <cstddef>

namespace winnow::pg {

/// Gathers additions into one row a key and hour. Tenants take turns, each under a savepoint of its own: what fails of
/// one is undone, halved until the addition that cannot be taken in stands alone, and that one put aside
/// (chore_set_asides), so that neither the tenant's others nor anybody else's wait for it. Where that does not help,
/// the tenant is left out for a minute, then for twice as long each time, up to an hour.
class NoiseGatherer {
public:
    /// Up to `limit` additions of all tenants; none while somebody else does the same.
    [[nodiscard]] ports::ChoreStep gather(pqxx::transaction_base& tx, std::size_t limit);

private:
    using Clock = std::chrono::steady_clock;

    std::size_t gather_of(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit, ports::ChoreStep& step);
    void give_up_on(TenantId tenant, const Error& error);

    fair::Setbacks setbacks_;
    TenantId last_;  ///< Whose turn it was.
};

}  // namespace winnow::pg
