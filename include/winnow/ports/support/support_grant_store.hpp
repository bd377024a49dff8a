#pragma once

/// @file
/// Support grants of one tenant, as its people see and end them.

#include "winnow/access/support_grant.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <optional>
#include <string>
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

    /// Ends it, or refuses it, for good: `act` tells the tenant's audit chain, and with that detail in place of its own
    /// the provider's. Last in its transaction: whoever else appends to either waits until that has ended. `conflict`:
    /// it is over already.
    [[nodiscard]] virtual Result<Done> end(SupportGrantId id, const audit::Act& act,
                                           const std::string& providers_detail) = 0;

    /// `permission_denied` unless it is active at this moment, and `reader` is who asked for it.
    [[nodiscard]] virtual Result<Done> expect_open(SupportGrantId id, StaffId reader) = 0;
};

}  // namespace winnow::ports
