#pragma once

/// @file
/// What is recorded of the provider's acts, and the tenants that they are about. Private to pg.

#include "pg/audit/audit_rows.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/ports/credential_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/result>

#include <string>
#include <string_view>

namespace winnow::pg {

/// What is recorded of an act; `what` it was goes into the detail.
[[nodiscard]] audit::Act act_of(std::string object, std::string_view name, const ports::ProviderRequest& by,
                                nlohmann::json what = nlohmann::json::object());

/// Of an act on a tenant.
[[nodiscard]] audit::Act act_on(TenantId tenant, std::string_view name, const ports::ProviderRequest& by,
                                nlohmann::json what = nlohmann::json::object());

/// An act that stands in both chains. From where the provider came is its own matter: the tenant's says `what` it was.
struct InBothChains {
    WrittenAct theirs;
    WrittenAct own;
};
[[nodiscard]] InBothChains in_both(const audit::Act& act, const nlohmann::json& what);

/// Of `select * from tenants` for one id. `not_found`: there is no such tenant.
[[nodiscard]] Result<domain::Tenant> one_tenant(const pqxx::result& rows);

/// What is said of one that is closing or being erased, where that is in the way: `conflict`.
[[nodiscard]] Error at_its_end(const domain::Tenant& tenant);

}  // namespace winnow::pg
