#pragma once

/// @file
/// Support grants of one tenant, as its people see and end them.

#include "winnow/access/support_grant.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Not thread-safe: lives and dies with its transaction.
class SupportGrantStore {
public:
    SupportGrantStore() = default;
    SupportGrantStore(const SupportGrantStore&) = delete;
    SupportGrantStore& operator=(const SupportGrantStore&) = delete;
    virtual ~SupportGrantStore() = default;

    /// The newest first, those before `after`.
    [[nodiscard]] virtual Result<std::vector<access::SupportGrant>> page(std::optional<SupportGrantId> after,
                                                                         std::size_t limit) = 0;
    [[nodiscard]] virtual Result<access::SupportGrant> find(SupportGrantId id) = 0;

    /// Ends it, or refuses it, for good. Last in its transaction, and after the tenant's own record: appends `act`, of
    /// the actor who ends it, to the provider's audit chain. `conflict`: it is over already.
    [[nodiscard]] virtual Result<Done> end(SupportGrantId id, const audit::Act& act) = 0;

    /// `permission_denied` unless it is active at this moment, and `reader` is who asked for it.
    [[nodiscard]] virtual Result<Done> expect_open(SupportGrantId id, StaffId reader) = 0;
};

}  // namespace winnow::ports
