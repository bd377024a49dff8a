#pragma once

/// @file
/// Tenants as the provider sees them: /admin/v1/tenants.

#include "api/staff/provider_request.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>

namespace winnow::api {

[[nodiscard]] nlohmann::json tenant_json(const domain::Tenant& tenant);

/// Each blocks on the store. `new_id` gives version 7 ids; `region`: of the installation, Tenant::data_region.
[[nodiscard]] Result<http::Response> create_tenant(const http::Request& request, ports::ProviderStore& store,
                                                   const std::function<Uuid()>& new_id, const std::string& region);
/// POST: {"email", "name", "locale"}; the link goes by mail, and nobody else sees it.
[[nodiscard]] Result<http::Response> invite_admin(TenantId id, const http::Request& request,
                                                  ports::ProviderStore& store, ports::Sealing& sealing,
                                                  const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> list_tenants(const http::Request& request, ports::ProviderStore& store);
[[nodiscard]] Result<http::Response> show_tenant(TenantId id, ports::ProviderStore& store);
/// PATCH: `rates`, merged into what is set for the tenant.
[[nodiscard]] Result<http::Response> change_tenant(TenantId id, const http::Request& request,
                                                   ports::ProviderStore& store);
[[nodiscard]] Result<http::Response> suspend_tenant(TenantId id, bool suspended, const http::Request& request,
                                                    ports::ProviderStore& store);
/// Its journal rows that were set aside because judging them ended processes; and that these are judged again.
[[nodiscard]] Result<http::Response> list_quarantine(TenantId id, ports::ProviderStore& store,
                                                     const domain::AlertIds& ids);
[[nodiscard]] Result<http::Response> release_quarantine(TenantId id, const http::Request& request,
                                                        ports::ProviderStore& store);
/// A tenant whose source networks shut out its own admins: it lets its callers in from everywhere again. `reason`.
[[nodiscard]] Result<http::Response> reset_networks(TenantId id, const http::Request& request,
                                                    ports::ProviderStore& store);
/// What the provider itself did, as its own chain has it.
[[nodiscard]] Result<http::Response> list_provider_audit(const http::Request& request, ports::ProviderStore& store);

}  // namespace winnow::api
