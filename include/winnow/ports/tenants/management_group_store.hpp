#pragma once

/// @file
/// Management groups, inside one tenant's transaction.

#include "winnow/access/groups.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/management_group.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class ManagementGroupStore {
public:
    ManagementGroupStore() = default;
    ManagementGroupStore(const ManagementGroupStore&) = delete;
    ManagementGroupStore& operator=(const ManagementGroupStore&) = delete;
    virtual ~ManagementGroupStore() = default;

    /// Whether there may be groups at all: not while a program may be at work that knows nothing of them. Asked before
    /// each that is made; true once is true for good, and such a program does not start any more.
    [[nodiscard]] virtual Result<bool> may_begin() = 0;

    [[nodiscard]] virtual Result<std::vector<domain::ManagementGroup>> page(std::optional<ManagementGroupId> after,
                                                                            std::size_t limit) = 0;
    /// `not_found` where the tenant has no such group.
    [[nodiscard]] virtual Result<domain::ManagementGroup> find(ManagementGroupId id) = 0;
    [[nodiscard]] virtual Result<std::size_t> count() = 0;
    /// `conflict` where another group has the name. Its integrations leave the groups that they were in.
    [[nodiscard]] virtual Result<Done> insert(const domain::ManagementGroup& group) = 0;
    [[nodiscard]] virtual Result<Done> update(const domain::ManagementGroup& group) = 0;
    /// Users and keys that were narrowed to it stay narrowed, to what else they have. `conflict` where an integration
    /// is in it: what is that one's would be everybody's.
    [[nodiscard]] virtual Result<Done> remove(ManagementGroupId id) = 0;

    /// Those of `ids` that are groups of the tenant.
    [[nodiscard]] virtual Result<std::vector<ManagementGroupId>> existing(
        const std::vector<ManagementGroupId>& ids) = 0;
    /// Those of `ids` that are integrations of the tenant.
    [[nodiscard]] virtual Result<std::vector<IntegrationId>> known_integrations(
        const std::vector<IntegrationId>& ids) = 0;
    /// Those whose alerts a caller sees who is narrowed to `groups`, which is not null.
    [[nodiscard]] virtual Result<std::vector<IntegrationId>> seen_integrations(const access::Groups& groups) = 0;
};

}  // namespace winnow::ports
