#include "api/calls/entitlement.hpp"

#include "api/rest/route.hpp"

#include <gtest/gtest.h>

namespace winnow::api {
namespace {

using access::Permission;
using enum http::Entitlement;

access::Principal viewer()
{
    access::Principal who;
    who.kind = access::CredentialKind::user_key;
    who.tenant = TenantId(Uuid::from_words(1, 1));
    who.user = UserId(Uuid::from_words(1, 2));
    who.role = access::Role::viewer;
    return who;
}

TEST(EntitlementOf, AKeyThatSaysTheSameStillHoldsIt)
{
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, viewer()), held);
}

TEST(EntitlementOf, AKeyThatIsKnownNoMoreHasLostIt)
{
    const Error revoked(ErrorCode::unauthenticated, "unknown");
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, revoked), lost);
}

TEST(EntitlementOf, ADatabaseThatIsAwaySaysNothing)
{
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, Error(ErrorCode::unavailable, "away")), unknown);
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, Error(ErrorCode::internal, "what")), unknown);
}

TEST(EntitlementOf, WhoseTenantWasSuspendedHasLostItAndWhoWasAdmittedSoHasNot)
{
    auto suspended = viewer();
    suspended.tenant_suspended = true;
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, suspended), lost);
    EXPECT_EQ(entitlement(suspended, Permission::read_tickets, suspended), held) << "it may read";
    EXPECT_EQ(entitlement(suspended, Permission::read_tickets, viewer()), held);
}

TEST(EntitlementOf, WhoseRoleMayItNoMoreHasLostIt)
{
    auto admin = viewer();
    admin.role = access::Role::admin;
    EXPECT_EQ(entitlement(admin, Permission::write_rules, admin), held);
    EXPECT_EQ(entitlement(admin, Permission::write_rules, viewer()), lost);
}

/// What is under way was chosen by other groups: a list of tickets' ids.
TEST(EntitlementOf, WhoIsNarrowedToOtherManagementGroupsHasLostIt)
{
    const ManagementGroupId group(Uuid::from_words(3, 1));
    auto narrowed = viewer();
    narrowed.groups = access::groups_of({group});
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, narrowed), lost);
    EXPECT_EQ(entitlement(narrowed, Permission::read_tickets, viewer()), lost);
    auto same = viewer();
    same.groups = access::groups_of({group});
    EXPECT_EQ(entitlement(narrowed, Permission::read_tickets, same), held);
}

TEST(EntitlementOf, AnotherUsersKeyIsAnotherOne)
{
    auto other = viewer();
    other.user = UserId(Uuid::from_words(1, 3));
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, other), lost);
    other = viewer();
    other.tenant = TenantId(Uuid::from_words(2, 1));
    EXPECT_EQ(entitlement(viewer(), Permission::read_tickets, other), lost);
}

/// Directories take people away by PATCH and PUT, too, and look for them before.
TEST(May, ADirectoryDoesInASuspendedTenantAllButMakeUsers)
{
    access::Principal directory;
    directory.kind = access::CredentialKind::directory;
    directory.tenant_suspended = true;
    for (const auto& route : scim_routes()) {
        EXPECT_EQ(may(directory, route), route.operation_id != "createDirectoryUser") << route.operation_id;
        EXPECT_FALSE(may(viewer(), route)) << route.operation_id;
    }
}

TEST(May, AUserOfASuspendedTenantTakesAwayWhatItsRoleLetsItTakeAway)
{
    auto admin = viewer();
    admin.role = access::Role::admin;
    admin.tenant_suspended = true;
    auto suspended = viewer();
    suspended.tenant_suspended = true;
    const Route gives{"POST", "/x", Permission::write_users, "x", {}};
    const auto takes = that_ends_access(gives);
    EXPECT_FALSE(may(admin, gives));
    EXPECT_TRUE(may(admin, takes));
    EXPECT_FALSE(may(suspended, takes));
}

}  // namespace
}  // namespace winnow::api
