#pragma once

/// @file
/// Which of a tenant's alerts somebody sees who is narrowed to management groups. The journal's rows mix integrations,
/// so it is asked of each alert when it was read (docs/decisions/management-groups.md).

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/tenants/management_group.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace winnow::api {

/// Used by one thread, within one transaction.
class AlertSight {
public:
    /// Reads nothing for who is not narrowed, and sees all then.
    [[nodiscard]] static Result<AlertSight> of(const access::Principal& who, ports::TenantSession& session);

    [[nodiscard]] bool is_narrowed() const noexcept { return groups_ != nullptr; }

    /// Asks for those of the tickets that were not asked for before, all at once.
    [[nodiscard]] Result<Done> look_at(const std::vector<TicketId>& tickets);

    /// Of one that was looked at; one that is gone is not seen.
    [[nodiscard]] bool sees(TicketId ticket) const;

    /// An alert in a ticket is seen with it, which was looked at; one in none, by its labels and integration. `verdict`
    /// is null while there is none.
    [[nodiscard]] bool sees(const domain::Alert& alert, const domain::Verdict* verdict) const;

private:
    access::Groups groups_;
    ports::TicketStore* store_ = nullptr;
    domain::GroupMap labels_;
    std::set<IntegrationId> integrations_;
    std::unordered_map<TicketId, bool> tickets_;
};

}  // namespace winnow::api
