#pragma once

/// @file
/// A tenant's quotas, inside its transaction.

#include "winnow/base/result.hpp"
#include "winnow/domain/tenants/quota.hpp"

#include <vector>

namespace winnow::ports {

/// Not thread-safe: lives and dies with its transaction.
class QuotaStore {
public:
    QuotaStore() = default;
    QuotaStore(const QuotaStore&) = delete;
    QuotaStore& operator=(const QuotaStore&) = delete;
    virtual ~QuotaStore() = default;

    /// What the tenant may have and has. Waits until nobody else takes of it, and keeps everybody else from it until
    /// this transaction ends: what is free now may be taken. What is taken is counted by the database itself. Of
    /// silences and back-tests, which end with time, it does not know how many there are: 0.
    [[nodiscard]] virtual Result<domain::QuotaUse> lock(domain::Quota quota) = 0;

    /// All, in the order of domain::kQuotas; nothing is locked.
    [[nodiscard]] virtual Result<std::vector<domain::QuotaUse>> all() = 0;
};

}  // namespace winnow::ports
