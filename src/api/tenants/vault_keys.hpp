#pragma once

/// @file
/// The keys of the vault as the provider sees and rotates them: /admin/v1/keys, /admin/v1/tenants/{id}/keys.

#include "winnow/api/management_api.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"

namespace winnow::api {

// Each blocks, and answers 404 where there is no vault. What acts is recorded before it does: the vault is another
// database than the record's.

[[nodiscard]] Result<http::Response> show_vault(const VaultAdministration& vault);
[[nodiscard]] Result<http::Response> rotate_root_key(const http::Request& request, const VaultAdministration& vault,
                                                     ports::ProviderStore& store);
[[nodiscard]] Result<http::Response> show_tenant_keys(TenantId id, const VaultAdministration& vault,
                                                      ports::ProviderStore& store);
[[nodiscard]] Result<http::Response> rotate_tenant_key(TenantId id, const http::Request& request,
                                                       const VaultAdministration& vault, ports::ProviderStore& store);
/// Of a suspended tenant, whose service code must be said once more.
[[nodiscard]] Result<http::Response> destroy_tenant_keys(TenantId id, const http::Request& request,
                                                         const VaultAdministration& vault, ports::ProviderStore& store);

/// `conflict` where the tenant's keys were destroyed: without a vault it may always. Blocks.
[[nodiscard]] Result<Done> may_resume(TenantId id, const VaultAdministration& vault);

}  // namespace winnow::api
