#include "winnow/access/permission.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace winnow::access {

namespace {

std::vector<Permission> every_permission()
{
    std::vector<Permission> all;
    for (int i = 0; i <= static_cast<int>(Permission::provider); ++i) all.push_back(static_cast<Permission>(i));
    return all;
}

Principal user(Role role, bool suspended = false)
{
    Principal who;
    who.kind = CredentialKind::user_key;
    who.role = role;
    who.tenant_suspended = suspended;
    return who;
}

Principal of_kind(CredentialKind kind)
{
    Principal who;
    who.kind = kind;
    who.role = Role::admin;  // must not matter
    return who;
}

std::set<Permission> held_by(const Principal& who)
{
    std::set<Permission> held;
    for (const auto permission : every_permission()) {
        if (allows(who, permission)) held.insert(permission);
    }
    return held;
}

const std::set<Permission> kReading{
    Permission::read_own_profile, Permission::read_tickets,     Permission::read_alerts,
    Permission::read_rules,       Permission::read_contacts,    Permission::read_integrations,
    Permission::read_deliveries,  Permission::read_settings,    Permission::read_users,
    Permission::read_silences,    Permission::read_maintenance, Permission::read_inhibitions};

std::set<Permission> reading_and(std::set<Permission> more)
{
    more.insert(kReading.begin(), kReading.end());
    more.insert(Permission::open);
    return more;
}

}  // namespace

TEST(PermissionTable, AViewerReadsAndKeepsItsOwnKeys)
{
    EXPECT_EQ(held_by(user(Role::viewer)), reading_and({Permission::write_own_keys}));
}

TEST(PermissionTable, AnOperatorAlsoWorksTicketsRetriesDeliveriesAndKeepsThingsQuiet)
{
    EXPECT_EQ(held_by(user(Role::operator_)),
              reading_and({Permission::write_own_keys, Permission::work_tickets, Permission::retry_deliveries,
                           Permission::write_silences, Permission::write_maintenance}));
}

TEST(PermissionTable, AnAdminAlsoConfigures)
{
    EXPECT_EQ(held_by(user(Role::admin)),
              reading_and({Permission::write_own_keys, Permission::work_tickets, Permission::retry_deliveries,
                           Permission::write_rules, Permission::write_contacts, Permission::write_integrations,
                           Permission::write_settings, Permission::write_users, Permission::write_silences,
                           Permission::write_maintenance, Permission::write_inhibitions, Permission::read_audit}));
}

TEST(PermissionTable, NobodyElseGetsATenantsPermissions)
{
    using Set = std::set<Permission>;
    EXPECT_EQ(held_by(of_kind(CredentialKind::none)), Set{Permission::open});
    EXPECT_EQ(held_by(of_kind(CredentialKind::integration_key)), (Set{Permission::open, Permission::ingest}));
    EXPECT_EQ(held_by(of_kind(CredentialKind::provider)), (Set{Permission::open, Permission::provider}));
}

TEST(PermissionTable, ASuspendedTenantReadsOnlyAndIngestsNothing)
{
    for (const auto role : {Role::viewer, Role::operator_, Role::admin}) {
        auto held = reading_and({});
        if (role == Role::admin) held.insert(Permission::read_audit);
        EXPECT_EQ(held_by(user(role, true)), held);
    }
    auto integration = of_kind(CredentialKind::integration_key);
    integration.tenant_suspended = true;
    EXPECT_FALSE(allows(integration, Permission::ingest));
}

TEST(PermissionTable, TheLeastRoleIsTheFirstThatMay)
{
    for (const auto permission : every_permission()) {
        const auto least = least_role(permission);
        for (const auto role : {Role::viewer, Role::operator_, Role::admin}) {
            if (permission == Permission::open) continue;
            EXPECT_EQ(allows(user(role), permission), least.has_value() && role >= *least) << to_string(permission);
        }
    }
    EXPECT_EQ(least_role(Permission::open), std::nullopt);
    EXPECT_EQ(least_role(Permission::ingest), std::nullopt);
    EXPECT_EQ(least_role(Permission::provider), std::nullopt);
}

TEST(PermissionTable, NamesAreUnique)
{
    std::set<std::string_view> names;
    for (const auto permission : every_permission()) names.insert(to_string(permission));
    EXPECT_EQ(names.size(), every_permission().size());
    EXPECT_EQ(to_string(Permission::read_tickets), "tickets:read");
    EXPECT_EQ(to_string(Permission::write_rules), "rules:write");
}

TEST(Role, WordsRoundTripAndOthersAreRefused)
{
    for (const auto role : {Role::viewer, Role::operator_, Role::admin}) EXPECT_EQ(parse_role(to_string(role)), role);
    for (const auto* word : {"", "Admin", "operator_", "owner", "viewer "}) EXPECT_EQ(parse_role(word), std::nullopt);
}

TEST(Principal, NamesItselfAsAnActor)
{
    auto who = user(Role::viewer);
    who.user = UserId(Uuid::from_words(1, 2));
    who.integration = IntegrationId(Uuid::from_words(3, 4));
    EXPECT_EQ(who.actor(), "user:00000000-0000-0001-0000-000000000002");
    who.kind = CredentialKind::integration_key;
    EXPECT_EQ(who.actor(), "integration:00000000-0000-0003-0000-000000000004");
    who.kind = CredentialKind::provider;
    EXPECT_EQ(who.actor(), "provider");
    who.kind = CredentialKind::none;
    EXPECT_EQ(who.actor(), "anonymous");
}

}  // namespace winnow::access
