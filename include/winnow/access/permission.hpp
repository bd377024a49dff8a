#pragma once

/// @file
/// Who may do what. The one table that drives the router, docs/openapi.yaml and the tests.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/rates.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::access {

/// Stored by name: do not rename. Ordered: each role may do what the ones before it may.
enum class Role : std::uint8_t { viewer, operator_, admin };

[[nodiscard]] std::string_view to_string(Role role) noexcept;  ///< "viewer", "operator", "admin".
[[nodiscard]] std::optional<Role> parse_role(std::string_view word) noexcept;

/// What a route asks for. Every route names exactly one.
enum class Permission : std::uint8_t {
    open,    ///< No credential (probes).
    ingest,  ///< Integration keys only.
    read_own_profile,
    write_own_keys,  ///< A user's own API keys.
    read_tickets,
    work_tickets,
    read_alerts,
    read_rules,
    write_rules,
    read_contacts,
    write_contacts,
    read_integrations,
    write_integrations,
    read_deliveries,
    retry_deliveries,
    read_settings,
    write_settings,
    read_users,
    write_users,
    read_silences,
    write_silences,
    read_maintenance,
    write_maintenance,
    read_inhibitions,
    write_inhibitions,
    read_audit,
    provider,  ///< Management listener only.
};

[[nodiscard]] std::string_view to_string(Permission permission) noexcept;  ///< "tickets:read", "rules:write", …

/// How a caller proved who it is.
enum class CredentialKind : std::uint8_t { none, integration_key, user_key, provider };

/// A caller whose credential was verified.
struct Principal {
    CredentialKind kind = CredentialKind::none;
    TenantId tenant;           ///< nil for the provider.
    std::string service_code;  ///< The tenant's, for logs.
    UserId user;               ///< user_key only.
    std::string user_name;
    std::string email;
    Role role = Role::viewer;
    IntegrationId integration;  ///< integration_key only.
    std::string integration_name;
    bool tenant_suspended = false;
    std::shared_ptr<const domain::RateOverrides> rates;  ///< The tenant's own; null where it has none.

    /// "user:<id>", "integration:<id>", "provider": the actor of what it does.
    [[nodiscard]] std::string actor() const;
};

/// Pure: whether `who` may. A suspended tenant's users may read only; its integrations may not ingest.
[[nodiscard]] bool allows(const Principal& who, Permission permission) noexcept;

/// The least role that has it; nullopt where no user role does (open, ingest, provider).
[[nodiscard]] std::optional<Role> least_role(Permission permission) noexcept;

}  // namespace winnow::access
