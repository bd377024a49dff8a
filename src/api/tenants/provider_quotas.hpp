#pragma once

/// @file
/// A tenant's quotas as the provider sees and sets them: /admin/v1/tenants/{id}/quotas.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"

namespace winnow::api {

/// Each blocks on the store. `max` is what is set for the tenant alone, null where the node's configuration holds,
/// which is `usual`; null where that does not say (history_bytes).
[[nodiscard]] Result<http::Response> show_tenant_quotas(TenantId id, ports::ProviderStore& store,
                                                        const domain::TenantLimits& usual);
/// PATCH: `{"users": 500, "contacts": null}`; what is absent stays as it is.
[[nodiscard]] Result<http::Response> change_tenant_quotas(TenantId id, const http::Request& request,
                                                          ports::ProviderStore& store,
                                                          const domain::TenantLimits& usual);

}  // namespace winnow::api
