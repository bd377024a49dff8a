#include "winnow/access/groups.hpp"

#include "winnow/access/permission.hpp"

#include <gtest/gtest.h>

#include <set>

namespace winnow::access {
namespace {

const ManagementGroupId kOne(Uuid::from_words(1, 1));
const ManagementGroupId kTwo(Uuid::from_words(1, 2));
const ManagementGroupId kThree(Uuid::from_words(1, 3));

TEST(Groups, OfAKeyLeaveWhatItsUserHasToo)
{
    EXPECT_EQ(both_of(nullptr, nullptr), nullptr);
    EXPECT_TRUE(same_groups(both_of(groups_of({kTwo, kOne}), nullptr), groups_of({kOne, kTwo})));
    EXPECT_TRUE(same_groups(both_of(nullptr, groups_of({kOne})), groups_of({kOne})));
    EXPECT_TRUE(same_groups(both_of(groups_of({kTwo, kOne}), groups_of({kThree, kTwo})), groups_of({kTwo})));
    const auto none = both_of(groups_of({kOne}), groups_of({kTwo}));
    ASSERT_NE(none, nullptr) << "who is narrowed to nothing is narrowed";
    EXPECT_TRUE(none->empty());
}

TEST(Groups, AreTheSameByWhatTheyHold)
{
    EXPECT_TRUE(same_groups(nullptr, nullptr));
    EXPECT_FALSE(same_groups(groups_of({}), nullptr));
    EXPECT_FALSE(same_groups(nullptr, groups_of({})));
    EXPECT_TRUE(same_groups(groups_of({kOne, kOne}), groups_of({kOne})));
    EXPECT_FALSE(same_groups(groups_of({kOne}), groups_of({kTwo})));
}

TEST(Groups, AreSaidAsPostgresqlReadsThem)
{
    EXPECT_EQ(said(nullptr), "*");
    EXPECT_EQ(said(groups_of({})), "{}");
    EXPECT_EQ(said(groups_of({kTwo, kOne})), "{" + kOne.str() + "," + kTwo.str() + "}");
}

TEST(Groups, LeaveNobodyWhatIsOfTheWholeTenantOrGivesAccess)
{
    for (const auto kind : {CredentialKind::user_key, CredentialKind::session}) {
        for (const auto role : kRoles) {
            Principal who;
            who.kind = kind;
            who.role = role;
            Principal narrowed = who;
            narrowed.groups = groups_of({kOne});
            for (const auto permission : all_permissions()) {
                const std::set may{Permission::open,
                                   Permission::read_own_profile,
                                   Permission::write_own_keys,
                                   Permission::write_own_profile,
                                   Permission::write_own_factors,
                                   Permission::session,
                                   Permission::read_tickets,
                                   Permission::work_tickets,
                                   Permission::read_alerts,
                                   Permission::read_rules,
                                   Permission::read_contacts,
                                   Permission::read_integrations,
                                   Permission::read_deliveries,
                                   Permission::retry_deliveries,
                                   Permission::read_settings,
                                   Permission::read_users,
                                   Permission::read_silences,
                                   Permission::read_maintenance,
                                   Permission::read_inhibitions,
                                   Permission::read_groups,
                                   Permission::read_announcements};
                EXPECT_EQ(allows(narrowed, permission), allows(who, permission) && may.contains(permission))
                    << to_string(role) << ' ' << to_string(permission);
            }
        }
    }
}

}  // namespace
}  // namespace winnow::access
