#pragma once

/// @file
/// Support grants of all tenants, as the provider's staff ask for, approve and end them.

#include "winnow/access/support_grant.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/credential_store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// So many admins of a tenant are mailed at once, the longest there.
inline constexpr std::size_t kMostSupportMails = 100;

struct TenantSupportGrant {
    TenantId tenant;
    std::string service_code;
    bool suspended = false;  ///< The tenant: it is not active, whatever else it is.
    bool closing = false;    ///< So is it: nothing of it is read by a grant, which is no admin of its own.
    access::SupportGrant grant;
};

struct NewSupportGrant {
    SupportGrantId id;
    TenantId tenant;
    StaffId asked_by;
    std::string reason;  ///< One line.
    access::PermissionSet scopes;
    std::int64_t minutes = 0;
};

/// Under the provider role; each act stands in the tenant's audit chain, without from where it was done, and in the
/// provider's. Thread-safe, blocking.
class ProviderSupport {
public:
    ProviderSupport() = default;
    ProviderSupport(const ProviderSupport&) = delete;
    ProviderSupport& operator=(const ProviderSupport&) = delete;
    virtual ~ProviderSupport() = default;

    /// `not_found`: there is no such tenant. `conflict`: `most` of the tenant's wait or are active.
    [[nodiscard]] virtual Result<TenantSupportGrant> request(const NewSupportGrant& asked, std::size_t most,
                                                             const ProviderRequest& by) = 0;

    /// Of all tenants, the newest first, those before `after`.
    [[nodiscard]] virtual Result<std::vector<TenantSupportGrant>> page(std::optional<SupportGrantId> after,
                                                                       std::size_t limit) = 0;
    [[nodiscard]] virtual Result<TenantSupportGrant> find(SupportGrantId id) = 0;

    /// Active from now on; the tenant's active admins are owed a mail. `permission_denied`: it is `second` who asked.
    /// `conflict`: it does not wait any more.
    [[nodiscard]] virtual Result<TenantSupportGrant> approve(SupportGrantId id, StaffId second,
                                                             const ProviderRequest& by) = 0;
    /// Ended, or refused. `conflict`: it is over already.
    [[nodiscard]] virtual Result<TenantSupportGrant> end(SupportGrantId id, const ProviderRequest& by) = 0;
};

}  // namespace winnow::ports
