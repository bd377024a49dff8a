#include "winnow/access/permission.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace winnow::access {

namespace {

// Who holds a permission. `user`: the roles from `least` on.
enum class Holder : std::uint8_t { anyone, integration, user, provider };

struct Row {
    Permission permission;
    std::string_view name;
    Holder holder;
    Role least = Role::viewer;     // Holder::user only
    bool while_suspended = false;  // Holder::user only: may still be done when the tenant is suspended
};

constexpr bool kReads = true;
constexpr bool kWrites = false;

// The table. In the order of the enumeration, so that a permission is its own index.
constexpr std::array kTable{
    Row{Permission::open, "open", Holder::anyone},
    Row{Permission::ingest, "alerts:ingest", Holder::integration},
    Row{Permission::read_own_profile, "profile:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_own_keys, "own_keys:write", Holder::user, Role::viewer, kWrites},
    Row{Permission::read_tickets, "tickets:read", Holder::user, Role::viewer, kReads},
    Row{Permission::work_tickets, "tickets:write", Holder::user, Role::operator_, kWrites},
    Row{Permission::read_alerts, "alerts:read", Holder::user, Role::viewer, kReads},
    Row{Permission::read_rules, "rules:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_rules, "rules:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_contacts, "contacts:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_contacts, "contacts:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_integrations, "integrations:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_integrations, "integrations:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_deliveries, "deliveries:read", Holder::user, Role::viewer, kReads},
    Row{Permission::retry_deliveries, "deliveries:retry", Holder::user, Role::operator_, kWrites},
    Row{Permission::read_settings, "settings:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_settings, "settings:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_users, "users:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_users, "users:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_silences, "silences:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_silences, "silences:write", Holder::user, Role::operator_, kWrites},
    Row{Permission::read_maintenance, "maintenance-windows:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_maintenance, "maintenance-windows:write", Holder::user, Role::operator_, kWrites},
    Row{Permission::read_inhibitions, "inhibitions:read", Holder::user, Role::viewer, kReads},
    Row{Permission::write_inhibitions, "inhibitions:write", Holder::user, Role::admin, kWrites},
    Row{Permission::read_audit, "audit:read", Holder::user, Role::admin, kReads},
    Row{Permission::provider, "provider", Holder::provider},
};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kTable.size(); ++i) {
        if (static_cast<std::size_t>(kTable[i].permission) != i) return false;
    }
    return static_cast<std::size_t>(Permission::provider) + 1 == kTable.size();
}
static_assert(in_order(), "every permission has exactly one row, in the order of the enumeration");

constexpr const Row& row_of(Permission permission) noexcept
{
    return kTable[static_cast<std::size_t>(permission)];
}

}  // namespace

std::string_view to_string(Role role) noexcept
{
    switch (role) {
        case Role::viewer: return "viewer";
        case Role::operator_: return "operator";
        case Role::admin: return "admin";
    }
    return "viewer";
}

std::optional<Role> parse_role(std::string_view word) noexcept
{
    for (const auto role : {Role::viewer, Role::operator_, Role::admin}) {
        if (word == to_string(role)) return role;
    }
    return std::nullopt;
}

std::string_view to_string(Permission permission) noexcept
{
    return row_of(permission).name;
}

std::string Principal::actor() const
{
    switch (kind) {
        case CredentialKind::none: return "anonymous";
        case CredentialKind::integration_key: return "integration:" + integration.str();
        case CredentialKind::user_key: return "user:" + user.str();
        case CredentialKind::provider: return "provider";
    }
    return "anonymous";
}

bool allows(const Principal& who, Permission permission) noexcept
{
    const auto& row = row_of(permission);
    switch (row.holder) {
        case Holder::anyone: return true;
        case Holder::integration: return who.kind == CredentialKind::integration_key && !who.tenant_suspended;
        case Holder::provider: return who.kind == CredentialKind::provider;
        case Holder::user:
            return who.kind == CredentialKind::user_key && who.role >= row.least &&
                   (row.while_suspended || !who.tenant_suspended);
    }
    return false;
}

std::optional<Role> least_role(Permission permission) noexcept
{
    const auto& row = row_of(permission);
    if (row.holder != Holder::user) return std::nullopt;
    return row.least;
}

}  // namespace winnow::access
