#include "winnow/access/permission.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

namespace winnow::access {

namespace {

// Who holds a permission. `user`: those of `roles`, by key or session; `session`: whoever has signed in.
enum class Holder : std::uint8_t { anyone, integration, user, session, directory, provider };

/// Some roles, a bit each.
class Roles {
public:
    constexpr Roles(std::initializer_list<Role> all) noexcept
    {
        for (const auto each : all) bits_ |= bit_of(each);
    }

    [[nodiscard]] constexpr bool contain(Role role) const noexcept { return (bits_ & bit_of(role)) != 0; }

private:
    static constexpr unsigned bit_of(Role role) noexcept { return 1U << static_cast<unsigned>(role); }

    unsigned bits_ = 0;
};

// Whether it may be done in a suspended tenant.
enum class Suspended : std::uint8_t { may, may_not };

// Whether a key can be limited to it; `always`: and every limited key has it.
enum class AsScope : std::uint8_t { no, yes, always };

// Whether a session must have proven of late who it is.
enum class StepUp : std::uint8_t { no, yes };

struct Row {
    Permission permission;
    std::string_view name;
    Holder holder;
    Roles roles = {};  // Holder::user and session only, as what follows
    Suspended suspended = Suspended::may_not;
    AsScope scope = AsScope::no;
    StepUp step_up = StepUp::no;
};

constexpr Roles kAnyUser{Role::viewer, Role::operator_, Role::admin, Role::auditor};
constexpr Roles kReaders{Role::viewer, Role::operator_, Role::admin};
constexpr Roles kWorkers{Role::operator_, Role::admin};
constexpr Roles kAdmins{Role::admin};
constexpr Roles kAuditors{Role::admin, Role::auditor};

constexpr auto kReads = Suspended::may;
constexpr auto kWrites = Suspended::may_not;

// The table. In the order of the enumeration, so that a permission is its own index.
constexpr std::array kTable{
    Row{Permission::open, "open", Holder::anyone},
    Row{Permission::ingest, "alerts:ingest", Holder::integration},
    Row{Permission::read_own_profile, "profile:read", Holder::user, kAnyUser, kReads, AsScope::always},
    Row{Permission::write_own_keys, "own_keys:write", Holder::user, kAnyUser, kWrites, AsScope::no, StepUp::yes},
    Row{Permission::write_own_profile, "own_profile:write", Holder::user, kAnyUser, kWrites, AsScope::no},
    Row{Permission::write_own_factors, "own_factors:write", Holder::session, kAnyUser, kWrites, AsScope::no,
        StepUp::yes},
    Row{Permission::session, "session", Holder::session, kAnyUser, kReads},
    Row{Permission::read_tickets, "tickets:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::work_tickets, "tickets:write", Holder::user, kWorkers, kWrites, AsScope::yes},
    Row{Permission::read_alerts, "alerts:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::read_rules, "rules:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_rules, "rules:write", Holder::user, kAdmins, kWrites, AsScope::yes},
    Row{Permission::read_contacts, "contacts:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_contacts, "contacts:write", Holder::user, kAdmins, kWrites, AsScope::yes, StepUp::yes},
    Row{Permission::read_integrations, "integrations:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_integrations, "integrations:write", Holder::user, kAdmins, kWrites, AsScope::yes,
        StepUp::yes},
    Row{Permission::read_deliveries, "deliveries:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::retry_deliveries, "deliveries:retry", Holder::user, kWorkers, kWrites, AsScope::yes},
    Row{Permission::read_settings, "settings:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_settings, "settings:write", Holder::user, kAdmins, kWrites, AsScope::no, StepUp::yes},
    Row{Permission::read_users, "users:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_users, "users:write", Holder::user, kAdmins, kWrites, AsScope::no, StepUp::yes},
    Row{Permission::read_silences, "silences:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_silences, "silences:write", Holder::user, kWorkers, kWrites, AsScope::yes},
    Row{Permission::read_maintenance, "maintenance-windows:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_maintenance, "maintenance-windows:write", Holder::user, kWorkers, kWrites, AsScope::yes},
    Row{Permission::read_inhibitions, "inhibitions:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_inhibitions, "inhibitions:write", Holder::user, kAdmins, kWrites, AsScope::yes},
    Row{Permission::read_audit, "audit:read", Holder::user, kAuditors, kReads, AsScope::yes},
    Row{Permission::read_exports, "exports:read", Holder::user, kAdmins, kReads, AsScope::no, StepUp::yes},
    // What is exported is only read: a tenant whose contract ends takes along what it owns.
    Row{Permission::write_exports, "exports:write", Holder::user, kAdmins, kReads, AsScope::no, StepUp::yes},
    Row{Permission::read_announcements, "announcements:read", Holder::user, kAnyUser, kReads, AsScope::yes},
    Row{Permission::read_inquiries, "inquiries:read", Holder::user, kAnyUser, kReads, AsScope::yes},
    Row{Permission::write_inquiries, "inquiries:write", Holder::user, kAdmins, kWrites, AsScope::yes},
    Row{Permission::read_support_grants, "support-grants:read", Holder::user, kAnyUser, kReads, AsScope::yes},
    Row{Permission::write_support_grants, "support-grants:write", Holder::user, kAdmins, kReads, AsScope::yes},
    Row{Permission::read_groups, "management-groups:read", Holder::user, kReaders, kReads, AsScope::yes},
    Row{Permission::write_groups, "management-groups:write", Holder::user, kAdmins, kWrites, AsScope::no, StepUp::yes},
    Row{Permission::write_imports, "imports:write", Holder::user, kAdmins, kWrites, AsScope::no, StepUp::yes},
    Row{Permission::provision_users, "directory:write", Holder::directory},
    Row{Permission::provider, "provider", Holder::provider},
};

// What who is narrowed to management groups may. The rest is of the whole tenant, or gives access to others.
constexpr PermissionSet kNarrowed{
    Permission::read_own_profile,  Permission::write_own_keys,    Permission::write_own_profile,
    Permission::write_own_factors, Permission::session,           Permission::read_tickets,
    Permission::work_tickets,      Permission::read_alerts,       Permission::read_rules,
    Permission::read_contacts,     Permission::read_integrations, Permission::read_deliveries,
    Permission::retry_deliveries,  Permission::read_settings,     Permission::read_users,
    Permission::read_silences,     Permission::read_maintenance,  Permission::read_inhibitions,
    Permission::read_groups,       Permission::read_announcements};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kTable.size(); ++i) {
        if (static_cast<std::size_t>(kTable[i].permission) != i) return false;
    }
    return static_cast<std::size_t>(Permission::provider) + 1 == kTable.size();
}
static_assert(in_order(), "every permission has exactly one row, in the order of the enumeration");

// What whoever signs with an access key of his own may, if his role has it.
constexpr PermissionSet kSigned{Permission::read_tickets};

bool is_users_access_key(const Principal& who) noexcept
{
    return who.kind == CredentialKind::access_key && who.integration.is_nil();
}

constexpr const Row& row_of(Permission permission) noexcept
{
    return kTable[static_cast<std::size_t>(permission)];
}

// What the provider's staff may be given leave to read.
constexpr PermissionSet kOfSupport{
    Permission::read_tickets,      Permission::read_alerts,     Permission::read_rules,    Permission::read_contacts,
    Permission::read_integrations, Permission::read_deliveries, Permission::read_settings, Permission::read_silences,
    Permission::read_maintenance,  Permission::read_inhibitions};

constexpr bool is_a_viewers_reading(PermissionSet all)
{
    for (const auto& row : kTable) {
        const bool reads = row.holder == Holder::user && row.roles.contain(Role::viewer) &&
                           row.suspended == Suspended::may && row.scope == AsScope::yes && row.step_up == StepUp::no;
        if (all.contains(row.permission) && !reads) return false;
    }
    return true;
}
static_assert(is_a_viewers_reading(kOfSupport), "a support grant gives no more than a viewer's role does");

bool is_left_to_support(const Principal& who, Permission permission) noexcept
{
    return kOfSupport.contains(permission) && who.scopes && who.scopes->contains(permission);
}

bool allowed(const Principal& who, Permission permission, bool is_suspended) noexcept
{
    const auto& row = row_of(permission);
    switch (row.holder) {
        case Holder::anyone: return true;
        case Holder::integration:
            return !is_suspended && (who.kind == CredentialKind::integration_key ||
                                     (who.kind == CredentialKind::access_key && !who.integration.is_nil()));
        case Holder::directory: return who.kind == CredentialKind::directory && !is_suspended;
        case Holder::provider: return who.kind == CredentialKind::provider;
        case Holder::session:
            return who.kind == CredentialKind::session && is_for_groups(who, permission) &&
                   (row.suspended == Suspended::may || !is_suspended);
        case Holder::user:
            if (who.kind == CredentialKind::support) return is_left_to_support(who, permission);
            return (is_user(who.kind) || (is_users_access_key(who) && kSigned.contains(permission))) &&
                   row.roles.contain(who.role) && is_in_scope(who, permission) && is_for_groups(who, permission) &&
                   (row.suspended == Suspended::may || !is_suspended);
    }
    return false;
}

}  // namespace

std::string_view to_string(Role role) noexcept
{
    switch (role) {
        case Role::viewer: return "viewer";
        case Role::operator_: return "operator";
        case Role::admin: return "admin";
        case Role::auditor: return "auditor";
    }
    return "viewer";
}

std::optional<Role> parse_role(std::string_view word) noexcept
{
    for (const auto role : kRoles) {
        if (word == to_string(role)) return role;
    }
    return std::nullopt;
}

std::string_view to_string(Permission permission) noexcept
{
    return row_of(permission).name;
}

std::vector<Permission> all_permissions()
{
    std::vector<Permission> all;
    all.reserve(kTable.size());
    for (const auto& row : kTable) all.push_back(row.permission);
    return all;
}

std::string Principal::actor() const
{
    switch (kind) {
        case CredentialKind::none: return "anonymous";
        case CredentialKind::integration_key: return "integration:" + integration.str();
        case CredentialKind::user_key:
        case CredentialKind::session: return "user:" + user.str();
        case CredentialKind::access_key:
            return integration.is_nil() ? "user:" + user.str() : "integration:" + integration.str();
        case CredentialKind::directory: return "directory:" + key.str();
        case CredentialKind::provider: return "provider";
        case CredentialKind::support: return "provider:" + staff.str();
    }
    return "anonymous";
}

bool allows(const Principal& who, Permission permission) noexcept
{
    return allowed(who, permission, who.tenant_suspended);
}

bool allows_if_active(const Principal& who, Permission permission) noexcept
{
    return allowed(who, permission, false);
}

PermissionSet support_permissions() noexcept
{
    return kOfSupport;
}

bool is_for_groups(const Principal& who, Permission permission) noexcept
{
    return !who.groups || kNarrowed.contains(permission);
}

bool is_in_scope(const Principal& who, Permission permission) noexcept
{
    return !who.scopes || who.scopes->contains(permission);
}

OutOfPlace out_of_place(const Principal& who, std::string_view address)
{
    if (!who.networks && !who.places) return OutOfPlace::none;  // most, and each alert's sender is asked
    const bool is_key = who.kind != CredentialKind::session && who.kind != CredentialKind::provider;
    const auto parsed = parse_address(address);
    const auto holds = [&](const std::vector<Network>& networks) {
        return parsed && is_in(networks, unmapped(*parsed));
    };
    const auto lets_in = [&](const std::vector<Network>& networks) {
        return networks.empty() || holds(networks);
    };
    if (who.networks && !holds(*who.networks)) return OutOfPlace::key;
    if (!who.places) return OutOfPlace::none;
    const bool is_users = is_user(who.kind) || is_users_access_key(who);
    if (is_users && !lets_in(who.places->users)) return OutOfPlace::users;
    if (is_users && who.role == Role::admin && !lets_in(who.places->admins)) return OutOfPlace::admins;
    return is_key && !lets_in(who.places->keys) ? OutOfPlace::keys : OutOfPlace::none;
}

bool has(Role role, Permission permission) noexcept
{
    const auto& row = row_of(permission);
    return row.holder == Holder::user && row.roles.contain(role);
}

bool is_beyond(Role role, Role other) noexcept
{
    return std::ranges::any_of(
        kTable, [&](const Row& row) { return has(role, row.permission) && !has(other, row.permission); });
}

bool wants_step_up(Permission permission) noexcept
{
    return row_of(permission).step_up == StepUp::yes;
}

std::string roles_with(Permission permission)
{
    std::string words;
    for (const auto role : kRoles) {
        if (!has(role, permission)) continue;
        if (!words.empty()) words += " or ";
        words += to_string(role);
    }
    return words;
}

bool is_scope(Permission permission) noexcept
{
    return row_of(permission).scope != AsScope::no;
}

std::optional<Permission> parse_scope(std::string_view word) noexcept
{
    const auto* const found = std::ranges::find(kTable, word, &Row::name);
    if (found == kTable.end() || !is_scope(found->permission)) return std::nullopt;
    return found->permission;
}

PermissionSet with_profile(PermissionSet scopes) noexcept
{
    for (const auto& row : kTable) {
        if (row.scope == AsScope::always) scopes.insert(row.permission);
    }
    return scopes;
}

}  // namespace winnow::access
