#pragma once

/// @file
/// Where what is due of a tenant is loaded, by whoever decides about it under the tenant's fold lock.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/turn.hpp"

#include <cstdint>
#include <vector>

namespace winnow::ports {

/// `Rows`: what is due of one tenant, with its size(), and `unread` rows (domain::UnreadRow); best a type of the core,
/// beside the decision about it. Thread-safe; each call borrows a session of the pipeline role, and what it locks keeps
/// it.
template <typename Rows>
class DueStore {
public:
    DueStore() = default;
    DueStore(const DueStore&) = delete;
    DueStore& operator=(const DueStore&) = delete;
    virtual ~DueStore() = default;

    /// Tenants with something that is due by the database's clock.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_due() = 0;

    /// Locks the tenant's folding, and loads at most `turn.limit` of what is due of each kind.
    ///
    /// @param config_version  Of the configuration that decides: where it is not the current one, there is nothing to
    ///                        do, so that nobody is told because a change of it has not got about yet.
    ///
    /// `conflict`, of all that follows, too: somebody else is at the tenant, or at one of its tickets; nothing was
    /// done.
    [[nodiscard]] virtual Result<Due<Rows>> lock_due(TenantId tenant, std::int64_t config_version, Turn turn) = 0;
};

}  // namespace winnow::ports
