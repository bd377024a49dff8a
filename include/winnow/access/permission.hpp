#pragma once

/// @file
/// Who may do what. The one table that drives the router, docs/openapi.yaml and the tests.

#include "winnow/access/groups.hpp"
#include "winnow/access/source_networks.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/rates.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::access {

/// Stored by name: do not rename. In no order: what each may do, says the table of permissions.
enum class Role : std::uint8_t { viewer, operator_, admin, auditor };

inline constexpr std::array kRoles{Role::viewer, Role::operator_, Role::admin, Role::auditor};

[[nodiscard]] std::string_view to_string(Role role) noexcept;  ///< "viewer", "operator", "admin", "auditor".
[[nodiscard]] std::optional<Role> parse_role(std::string_view word) noexcept;

/// What a route asks for. Every route names exactly one. Their names are stored, as the scopes of keys: do not rename.
enum class Permission : std::uint8_t {
    open,    ///< No credential (probes).
    ingest,  ///< Integration keys only.
    read_own_profile,
    write_own_keys,  ///< A user's own API keys.
    write_own_profile,
    write_own_factors,  ///< A user's own password, address and second factors: sessions only.
    session,            ///< A session, also half a one: the route looks at it itself.
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
    read_exports,  ///< All that the tenant owns, at once.
    write_exports,
    read_announcements,
    read_inquiries,
    write_inquiries,
    read_support_grants,
    write_support_grants,  ///< Ends them.
    read_groups,           ///< Management groups.
    write_groups,
    write_imports,    ///< All that a tenant is to own, at once.
    provision_users,  ///< A tenant's directory only, by SCIM.
    provider,         ///< Management listener only.
};

[[nodiscard]] std::string_view to_string(Permission permission) noexcept;  ///< "tickets:read", "rules:write", …

/// Of all, in the order of the table.
[[nodiscard]] std::vector<Permission> all_permissions();

/// Some permissions. A value.
class PermissionSet {
public:
    constexpr PermissionSet() noexcept = default;
    constexpr PermissionSet(std::initializer_list<Permission> all) noexcept
    {
        for (const auto each : all) insert(each);
    }

    constexpr void insert(Permission permission) noexcept { bits_ |= bit_of(permission); }
    [[nodiscard]] constexpr bool contains(Permission permission) const noexcept
    {
        return (bits_ & bit_of(permission)) != 0;
    }
    friend constexpr bool operator==(PermissionSet, PermissionSet) noexcept = default;

private:
    static constexpr std::uint64_t bit_of(Permission permission) noexcept
    {
        return std::uint64_t{1} << static_cast<unsigned>(permission);
    }

    std::uint64_t bits_ = 0;
};
static_assert(static_cast<unsigned>(Permission::provider) < 64, "a PermissionSet has a bit for each");

/// How a caller proved who it is.
enum class CredentialKind : std::uint8_t {
    none,
    integration_key,
    user_key,
    provider,
    session,     ///< A user's, who has signed in fully.
    support,     ///< One of the provider's staff, by a support grant.
    access_key,  ///< It signs requests: an integration's sends alerts, a user's reads tickets.
    directory,   ///< A tenant's directory, by its token: it keeps its users.
};

/// A caller whose credential was verified.
struct Principal {
    CredentialKind kind = CredentialKind::none;
    TenantId tenant;           ///< nil for the provider.
    std::string service_code;  ///< The tenant's, for logs.
    UserId user;               ///< user_key, session, and access_key of a user, as what follows.
    std::string user_name;
    std::string email;
    Role role = Role::viewer;   ///< Of a directory: that of users whom it makes.
    IntegrationId integration;  ///< integration_key, and access_key of an integration.
    std::string integration_name;
    StaffId staff;                        ///< support only.
    Uuid key;                             ///< Which of their keys it is, or the support grant; nil: none.
    std::optional<PermissionSet> scopes;  ///< Of what the role may it has these; nullopt: all, but of support none.
    Groups groups;  ///< A user's, whatever it shows: to which management groups it is narrowed; null: none.
    std::shared_ptr<const std::vector<Network>> networks;  ///< Where the key may be used; null: everywhere.
    SessionId session;                                     ///< session only.
    Timestamp authenticated_at;                    ///< session only: when its user last showed all that was asked for.
    bool second_factor = false;                    ///< session only: a second factor was part of it.
    bool by_provider = false;                      ///< session only: begun by the word of a provider of sign-ins.
    std::shared_ptr<const SourceNetworks> places;  ///< Where the tenant lets callers in; null: everywhere.
    /// access_key only, and only until identity::Authenticator has checked a signature with it: null for all others.
    std::shared_ptr<const std::string> signing_secret;
    bool tenant_suspended = false;
    std::shared_ptr<const domain::RateOverrides> rates;  ///< The tenant's own; null where it has none.

    /// "user:<id>", "integration:<id>", "provider", "provider:<id>": the actor of what it does.
    [[nodiscard]] std::string actor() const;
};

/// Whether it is a user, by whatever means.
[[nodiscard]] constexpr bool is_user(CredentialKind kind) noexcept
{
    return kind == CredentialKind::user_key || kind == CredentialKind::session;
}

/// Pure: whether `who` may: its role has the permission, its key's scopes do not leave it out, and it is one that a
/// caller who is narrowed to management groups may have, where this one is. A suspended tenant's users may read only;
/// its integrations may not ingest. By a support grant one may what its scopes name of support_permissions(), whatever
/// role stands beside them.
[[nodiscard]] bool allows(const Principal& who, Permission permission) noexcept;

/// The same, as if the tenant were not suspended: for what only takes access away, and for seeing what there is to
/// take.
[[nodiscard]] bool allows_if_active(const Principal& who, Permission permission) noexcept;

/// What a support grant may name, and has where it names nothing: reading what a viewer reads, but neither people nor
/// logs.
[[nodiscard]] PermissionSet support_permissions() noexcept;

/// The part of it that scopes decide: true where there are none.
[[nodiscard]] bool is_in_scope(const Principal& who, Permission permission) noexcept;

/// The part of it that management groups decide: what is of the whole tenant, or gives access to others, is for nobody
/// who is narrowed.
[[nodiscard]] bool is_for_groups(const Principal& who, Permission permission) noexcept;

/// What keeps a caller out of where it asks from.
enum class OutOfPlace : std::uint8_t {
    none,  ///< Nothing does.
    key,   ///< The networks of its key.
    users,
    admins,
    keys,  ///< These three: a list of its tenant's.
};

/// Whether the credential may be used from `address` (IP, as text), by its own networks and its tenant's: what is no
/// address is nowhere. Pure.
[[nodiscard]] OutOfPlace out_of_place(const Principal& who, std::string_view address);
[[nodiscard]] inline bool is_in_place(const Principal& who, std::string_view address)
{
    return out_of_place(who, address) == OutOfPlace::none;
}

[[nodiscard]] bool has(Role role, Permission permission) noexcept;

/// Whether `role` may something that `other` may not.
[[nodiscard]] bool is_beyond(Role role, Role other) noexcept;

/// Whether a session must have shown password and second factor of late: what is done with it gives or takes access, or
/// sends the tenant's data elsewhere. The rest of it says signin::needs_step_up().
[[nodiscard]] bool wants_step_up(Permission permission) noexcept;

/// The roles that have it: "admin", "operator or admin"; "" where no user has it (open, ingest, provider).
[[nodiscard]] std::string roles_with(Permission permission);

/// Whether a key can be limited to it. What makes keys, and what changes users and settings, only a key without scopes
/// may: with it, a key could give itself more.
[[nodiscard]] bool is_scope(Permission permission) noexcept;

/// The scope of that name; nullopt where there is none.
[[nodiscard]] std::optional<Permission> parse_scope(std::string_view word) noexcept;

/// What a key has that is limited to `scopes`: these, and its owner's profile, by which it can tell what it is.
[[nodiscard]] PermissionSet with_profile(PermissionSet scopes) noexcept;

}  // namespace winnow::access
