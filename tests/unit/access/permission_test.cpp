#include "winnow/access/permission.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
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
    Permission::read_own_profile,   Permission::read_tickets,     Permission::read_alerts,
    Permission::read_rules,         Permission::read_contacts,    Permission::read_integrations,
    Permission::read_deliveries,    Permission::read_settings,    Permission::read_users,
    Permission::read_silences,      Permission::read_maintenance, Permission::read_inhibitions,
    Permission::read_announcements, Permission::read_inquiries,   Permission::read_support_grants,
    Permission::read_groups};

std::set<Permission> reading_and(std::set<Permission> more)
{
    more.insert(kReading.begin(), kReading.end());
    more.insert(Permission::open);
    return more;
}

}  // namespace

TEST(PermissionTable, AViewerReadsAndKeepsItsOwnKeys)
{
    EXPECT_EQ(held_by(user(Role::viewer)), reading_and({Permission::write_own_keys, Permission::write_own_profile}));
}

TEST(PermissionTable, AnOperatorAlsoWorksTicketsRetriesDeliveriesAndKeepsThingsQuiet)
{
    EXPECT_EQ(held_by(user(Role::operator_)),
              reading_and({Permission::write_own_keys, Permission::write_own_profile, Permission::work_tickets,
                           Permission::retry_deliveries, Permission::write_silences, Permission::write_maintenance}));
}

TEST(PermissionTable, AnAdminAlsoConfigures)
{
    EXPECT_EQ(held_by(user(Role::admin)),
              reading_and({Permission::write_own_keys, Permission::write_own_profile, Permission::work_tickets,
                           Permission::retry_deliveries, Permission::write_rules, Permission::write_contacts,
                           Permission::write_integrations, Permission::write_settings, Permission::write_users,
                           Permission::write_silences, Permission::write_maintenance, Permission::write_inhibitions,
                           Permission::read_audit, Permission::read_exports, Permission::write_exports,
                           Permission::write_inquiries, Permission::write_support_grants, Permission::write_groups,
                           Permission::write_imports}));
}

TEST(PermissionTable, NobodyElseGetsATenantsPermissions)
{
    using Set = std::set<Permission>;
    EXPECT_EQ(held_by(of_kind(CredentialKind::none)), Set{Permission::open});
    EXPECT_EQ(held_by(of_kind(CredentialKind::integration_key)), (Set{Permission::open, Permission::ingest}));
    EXPECT_EQ(held_by(of_kind(CredentialKind::provider)), (Set{Permission::open, Permission::provider}));
    auto directory = of_kind(CredentialKind::directory);
    EXPECT_EQ(held_by(directory), (Set{Permission::open, Permission::provision_users}));
    directory.tenant_suspended = true;
    EXPECT_EQ(held_by(directory), Set{Permission::open});
    auto access_key = of_kind(CredentialKind::access_key);
    access_key.user = UserId(Uuid::from_words(1, 1));
    EXPECT_EQ(held_by(access_key), (Set{Permission::open, Permission::read_tickets})) << "and sends for no integration";
    access_key.tenant_suspended = true;
    EXPECT_EQ(held_by(access_key), (Set{Permission::open, Permission::read_tickets})) << "as its user";
    access_key.tenant_suspended = false;
    access_key.role = Role::auditor;
    EXPECT_EQ(held_by(access_key), Set{Permission::open}) << "as its user";
    EXPECT_EQ(access_key.actor(), "user:" + access_key.user.str());
    access_key.integration = IntegrationId(Uuid::from_words(1, 2));
    EXPECT_EQ(held_by(access_key), (Set{Permission::open, Permission::ingest}));
    EXPECT_EQ(access_key.actor(), "integration:" + access_key.integration.str());
    access_key.tenant_suspended = true;
    EXPECT_EQ(held_by(access_key), Set{Permission::open});
}

TEST(PermissionTable, ASupportGrantGivesWhatItNamesOfAViewersReadingAndNeitherPeopleNorLogs)
{
    auto who = of_kind(CredentialKind::support);
    EXPECT_EQ(held_by(who), std::set{Permission::open}) << "what names nothing gives nothing";
    PermissionSet all;
    for (const auto permission : every_permission()) all.insert(permission);
    who.scopes = all;
    const auto held = held_by(who);
    EXPECT_EQ(held, (std::set{Permission::open, Permission::read_tickets, Permission::read_alerts,
                              Permission::read_rules, Permission::read_contacts, Permission::read_integrations,
                              Permission::read_deliveries, Permission::read_settings, Permission::read_silences,
                              Permission::read_maintenance, Permission::read_inhibitions}));
    for (const auto permission : held) {
        EXPECT_EQ(support_permissions().contains(permission), permission != Permission::open);
        EXPECT_TRUE(permission == Permission::open || has(Role::viewer, permission));
    }
    who.tenant_suspended = true;
    EXPECT_EQ(held_by(who), held) << "reading goes on";
    who.scopes = PermissionSet{Permission::read_rules, Permission::write_rules, Permission::read_users};
    EXPECT_EQ(held_by(who), (std::set{Permission::open, Permission::read_rules}));
}

TEST(PermissionTable, AnAuditorSeesItselfKeepsItsOwnKeysAndWorksNothing)
{
    EXPECT_EQ(held_by(user(Role::auditor)),
              (std::set{Permission::open, Permission::read_own_profile, Permission::write_own_keys,
                        Permission::write_own_profile, Permission::read_audit, Permission::read_announcements,
                        Permission::read_inquiries, Permission::read_support_grants}));
}

TEST(PermissionTable, ASuspendedTenantReadsOnlyAndIngestsNothing)
{
    for (const auto role : {Role::viewer, Role::operator_, Role::admin}) {
        auto held = reading_and({});
        if (role == Role::admin) {
            held.insert({Permission::read_audit, Permission::read_exports, Permission::write_exports,
                         Permission::write_support_grants});
        }
        EXPECT_EQ(held_by(user(role, true)), held);
    }
    EXPECT_EQ(held_by(user(Role::auditor, true)),
              (std::set{Permission::open, Permission::read_own_profile, Permission::read_audit,
                        Permission::read_announcements, Permission::read_inquiries, Permission::read_support_grants}));
    auto integration = of_kind(CredentialKind::integration_key);
    integration.tenant_suspended = true;
    EXPECT_FALSE(allows(integration, Permission::ingest));
}

TEST(PermissionTable, RolesThatHaveItAreThoseThatMay)
{
    for (const auto permission : every_permission()) {
        for (const auto role : kRoles) {
            if (permission == Permission::open) continue;
            EXPECT_EQ(allows(user(role), permission), has(role, permission)) << to_string(permission);
        }
    }
    EXPECT_EQ(roles_with(Permission::read_own_profile), "viewer or operator or admin or auditor");
    EXPECT_EQ(roles_with(Permission::work_tickets), "operator or admin");
    EXPECT_EQ(roles_with(Permission::write_rules), "admin");
    for (const auto nobodys : {Permission::open, Permission::ingest, Permission::write_own_factors, Permission::session,
                               Permission::provision_users, Permission::provider}) {
        EXPECT_EQ(roles_with(nobodys), "");
    }
}

TEST(PermissionTable, IsListedWhole)
{
    EXPECT_EQ(all_permissions(), every_permission());
}

TEST(Scopes, LeaveOfARoleWhatTheyName)
{
    auto who = user(Role::operator_);
    who.scopes = with_profile({Permission::read_tickets, Permission::write_rules});
    EXPECT_EQ(held_by(who), (std::set{Permission::open, Permission::read_own_profile, Permission::read_tickets}))
        << "what the role has not is not given";
    who.role = Role::admin;
    EXPECT_TRUE(allows(who, Permission::write_rules));
    who.tenant_suspended = true;
    EXPECT_FALSE(allows(who, Permission::write_rules));
    EXPECT_TRUE(is_in_scope(who, Permission::write_rules));
    who.scopes = PermissionSet();
    EXPECT_EQ(held_by(who), std::set{Permission::open}) << "none is not all";
}

TEST(Scopes, AreWhatUsersHaveButWhatGivesMore)
{
    const std::set withheld{Permission::open,
                            Permission::ingest,
                            Permission::write_own_keys,
                            Permission::write_own_profile,
                            Permission::write_own_factors,
                            Permission::session,
                            Permission::write_settings,
                            Permission::write_users,
                            Permission::read_exports,
                            Permission::write_exports,
                            Permission::provision_users,
                            Permission::write_groups,
                            Permission::write_imports,
                            Permission::provider};
    for (const auto permission : every_permission()) {
        EXPECT_EQ(is_scope(permission), !withheld.contains(permission)) << to_string(permission);
        const auto parsed = parse_scope(to_string(permission));
        EXPECT_EQ(parsed, is_scope(permission) ? std::optional(permission) : std::nullopt) << to_string(permission);
    }
    for (const auto* word : {"", "tickets", "tickets:read ", "Tickets:read", "*", "all"}) {
        EXPECT_EQ(parse_scope(word), std::nullopt) << word;
    }
}

TEST(Networks, SayWhereAKeyMayBeUsed)
{
    auto who = user(Role::admin);
    EXPECT_TRUE(is_in_place(who, "203.0.113.7"));
    EXPECT_TRUE(is_in_place(who, "")) << "a key without networks is asked for nothing";

    who.networks = std::make_shared<const std::vector<Network>>(
        std::vector{*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32")});
    for (const auto* address : {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "2001:db8::1"}) {
        EXPECT_TRUE(is_in_place(who, address)) << address;
    }
    for (const auto* address : {"11.0.0.0", "9.255.255.255", "::ffff:11.0.0.1", "2001:db9::1", "::1", "", "unknown",
                                "10.0.0.1:443", "fe80::1%eth0"}) {
        EXPECT_FALSE(is_in_place(who, address)) << address;
    }
    who.networks = std::make_shared<const std::vector<Network>>();
    EXPECT_FALSE(is_in_place(who, "10.0.0.1")) << "none is not all";
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
    for (const auto role : kRoles) EXPECT_EQ(parse_role(to_string(role)), role);
    EXPECT_EQ(parse_role("auditor"), Role::auditor);
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
    who.kind = CredentialKind::support;
    who.staff = StaffId(Uuid::from_words(5, 6));
    EXPECT_EQ(who.actor(), "provider:00000000-0000-0005-0000-000000000006");
    who.kind = CredentialKind::none;
    EXPECT_EQ(who.actor(), "anonymous");
}

TEST(Roles, AreBeyondEachOtherWhereTheyMaySomethingMore)
{
    for (const auto role : kRoles) {
        EXPECT_FALSE(is_beyond(role, role));
        EXPECT_FALSE(is_beyond(role, Role::admin)) << to_string(role);
        EXPECT_EQ(is_beyond(Role::admin, role), role != Role::admin) << to_string(role);
    }
    EXPECT_TRUE(is_beyond(Role::operator_, Role::viewer));
    EXPECT_FALSE(is_beyond(Role::viewer, Role::operator_));
    EXPECT_TRUE(is_beyond(Role::auditor, Role::operator_)) << "it reads the logs";
    EXPECT_TRUE(is_beyond(Role::operator_, Role::auditor));
}

}  // namespace winnow::access
