#pragma once

/// @file
/// Rows of oidc_providers and oidc_logins. Private to pg.

#include "winnow/ports/signin/oidc_store.hpp"

#include <pqxx/result>

#include <string>

namespace winnow::pg {

/// The columns that read_oidc_provider() reads, for a select of oidc_providers.
inline constexpr auto kOidcProviderColumns =
    "provider_id, name, issuer, client_id, sealed_secret, client_auth, to_jsonb(scopes) as scopes, "
    "to_jsonb(algorithms) as algorithms, roles, jit, to_jsonb(second_factors) as second_factors, enabled, version, "
    "created_at, updated_at";

/// Throws where a row was made by another program.
[[nodiscard]] ports::OidcProvider read_oidc_provider(const pqxx::row& row);
[[nodiscard]] ports::OidcLogin read_oidc_login(const pqxx::row& row);

/// As it stands in oidc_providers.roles.
[[nodiscard]] std::string role_mapping_json(const signin::RoleMapping& mapping);

}  // namespace winnow::pg
