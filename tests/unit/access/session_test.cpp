#include "winnow/access/permission.hpp"

#include <gtest/gtest.h>

#include <set>

namespace winnow::access {
namespace {

TEST(Sessions, MayWhatTheirUsersRoleMayAndWhatOnlyWhoSignedInMay)
{
    for (const auto role : kRoles) {
        Principal key;
        key.kind = CredentialKind::user_key;
        key.role = role;
        key.user = UserId(Uuid::from_words(1, 2));
        auto session = key;
        session.kind = CredentialKind::session;
        for (const bool suspended : {false, true}) {
            key.tenant_suspended = session.tenant_suspended = suspended;
            EXPECT_TRUE(allows(session, Permission::session));
            EXPECT_EQ(allows(session, Permission::write_own_factors), !suspended);
            for (const auto permission : all_permissions()) {
                const bool is_own = permission == Permission::session || permission == Permission::write_own_factors;
                EXPECT_EQ(allows(session, permission) && !is_own, allows(key, permission))
                    << to_string(role) << ", " << to_string(permission);
            }
        }
        EXPECT_EQ(session.actor(), key.actor());
    }
}

TEST(Sessions, AreUsers)
{
    std::set<CredentialKind> users;
    for (const auto kind :
         {CredentialKind::none, CredentialKind::integration_key, CredentialKind::user_key, CredentialKind::provider,
          CredentialKind::session, CredentialKind::access_key, CredentialKind::directory}) {
        if (is_user(kind)) users.insert(kind);
    }
    EXPECT_EQ(users, (std::set{CredentialKind::user_key, CredentialKind::session}));
}

TEST(StepUp, IsWantedForWhatGivesAccessOrSendsDataElsewhere)
{
    const std::set wanted{Permission::write_own_keys,     Permission::write_own_factors, Permission::write_contacts,
                          Permission::write_integrations, Permission::write_settings,    Permission::write_users,
                          Permission::read_exports,       Permission::write_exports,     Permission::write_imports,
                          Permission::write_groups};
    for (const auto permission : all_permissions()) {
        EXPECT_EQ(wants_step_up(permission), wanted.contains(permission)) << to_string(permission);
    }
}

}  // namespace
}  // namespace winnow::access
