/// Access keys: made, listed and revoked by whom they concern, shown once, and gone with their users.

#include "integration/api/tenants.hpp"

#include <chrono>

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class AccessKeys : public Tenants {
protected:
    AccessKeys() { now_ = system_time(); }

    [[nodiscard]] std::string live_of(const std::string& column, const std::string& id)
    {
        return sql("select count(*) from access_keys where revoked_at is null and " + column + " = '" + id + "'");
    }
};

TEST_F(AccessKeys, AreMadeForOneselfAndTheirSecretIsShownOnceAndStoredSealed)
{
    become(viewer_, access::Role::viewer);
    const auto created = post("/access-keys", {{"name", "old sender"}, {"networks", {"192.0.2.0/24"}}});
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.header("Cache-Control"), "no-store");
    EXPECT_EQ(created.body["user_id"], viewer_);
    EXPECT_TRUE(created.body["integration_id"].is_null());
    EXPECT_THAT(created.body["access_key"].get<std::string>(), MatchesRegex("[A-Z2-7]+"));
    const auto secret = created.body["secret"].get<std::string>();
    EXPECT_THAT(secret, SizeIs(40));
    const auto listed = get("/access-keys");
    ASSERT_THAT(listed.body["items"], SizeIs(1));
    EXPECT_EQ(listed.body["items"][0]["access_key"], created.body["access_key"]);
    EXPECT_THAT(listed.body["items"][0]["networks"], ElementsAre("192.0.2.0/24"));
    EXPECT_THAT(listed.text, Not(HasSubstr(secret)));
    EXPECT_THAT(sql("select encode(sealed_secret, 'escape') from access_keys"), Not(HasSubstr(secret)));
}

TEST_F(AccessKeys, OfOthersAndOfIntegrationsAreAnAdminsBusiness)
{
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    const auto senders = post("/access-keys", {{"integration_id", integration}});
    ASSERT_EQ(senders.status, 201) << senders.text;
    EXPECT_EQ(senders.body["integration_id"], integration);
    const auto viewers = made("/access-keys", {{"user_id", viewer_}});
    const auto admins = made("/access-keys", json::object());
    EXPECT_THAT(get("/access-keys?integration_id=" + integration).body["items"], SizeIs(1));
    EXPECT_THAT(get("/access-keys?user_id=" + viewer_).body["items"], SizeIs(1));
    EXPECT_THAT(get("/access-keys").body["items"], SizeIs(1));

    become(viewer_, access::Role::viewer);
    EXPECT_EQ(post("/access-keys", {{"user_id", admin_}}).status, 403);
    EXPECT_EQ(post("/access-keys", {{"integration_id", integration}}).status, 403);
    EXPECT_EQ(get("/access-keys?user_id=" + admin_).status, 403);
    EXPECT_EQ(get("/access-keys?integration_id=" + integration).status, 403);
    for (const auto& key : {admins, senders.id()}) EXPECT_EQ(remove("/access-keys/" + key).status, 404);
    EXPECT_EQ(remove("/access-keys/" + viewers).status, 204);
    EXPECT_EQ(remove("/access-keys/" + viewers).status, 404);
}

/// An access key sees all that its user does.
TEST_F(AccessKeys, AreNotMadeByAKeyThatSeesLessThanItsUser)
{
    const auto made_by = [&](const access::Groups& groups) {
        become(viewer_, access::Role::viewer);
        who_.groups = groups;
        const auto answer = post("/access-keys", json::object());
        become(admin_, access::Role::admin);
        return answer.status;
    };
    const auto group = made("/management-groups", {{"name", "databases"}});
    const auto other = made("/management-groups", {{"name", "network"}});
    const auto groups = [](const std::vector<std::string>& ids) {
        std::vector<ManagementGroupId> parsed;
        for (const auto& id : ids) parsed.push_back(*ManagementGroupId::parse(id));
        return access::groups_of(parsed);
    };
    EXPECT_EQ(made_by(groups({group})), 403);
    ASSERT_EQ(patch("/users/" + viewer_, {{"management_group_ids", {group, other}}}).status, 200);
    EXPECT_EQ(made_by(groups({group})), 403);
    EXPECT_EQ(live_of("user_id", viewer_), "0");
    EXPECT_EQ(made_by(groups({other, group})), 201) << "it is no more than its user sees";
}

TEST_F(AccessKeys, OfOthersAreTakenAwayFromASuspendedTenantToo)
{
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    const auto senders = made("/access-keys", {{"integration_id", integration}});
    const auto viewers = made("/access-keys", {{"user_id", viewer_}});
    const auto api_key = post("/api-keys", {{"user_id", viewer_}}).id();
    who_.tenant_suspended = true;
    for (const auto& list : {"/access-keys?user_id=" + viewer_, "/access-keys?integration_id=" + integration,
                             "/api-keys?user_id=" + viewer_}) {
        EXPECT_THAT(get(list).body["items"], SizeIs(1)) << list;
    }
    EXPECT_TRUE(get("/users/" + viewer_).body.contains("mfa")) << "as much as before is seen of it";
    for (const auto& key : {"/access-keys/" + senders, "/access-keys/" + viewers, "/api-keys/" + api_key}) {
        EXPECT_EQ(remove(key).status, 204) << key;
        EXPECT_EQ(remove(key).status, 404) << key;
    }
    become(viewer_, access::Role::viewer);
    who_.tenant_suspended = true;
    EXPECT_EQ(get("/access-keys?user_id=" + admin_).status, 403);
}

TEST_F(AccessKeys, OfAUserAreNotShownToAKeyWithScopes)
{
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    made("/access-keys", json::object());
    who_.scopes = access::with_profile({access::Permission::write_integrations});
    EXPECT_EQ(get("/access-keys").status, 403);
    EXPECT_EQ(get("/access-keys?user_id=" + admin_).status, 403);
    EXPECT_EQ(get("/access-keys?integration_id=" + integration).status, 200) << "that is what its scope is for";
}

TEST_F(AccessKeys, ThatSomebodyElseMadeAreToldToTheirUser)
{
    made("/access-keys", json::object());
    EXPECT_EQ(sql("select count(*) from server_mails"), "0");
    made("/access-keys", {{"user_id", viewer_}});
    EXPECT_EQ(sql("select string_agg(kind, ' ') from server_mails"), "key_made");
    EXPECT_EQ(sql("select (m.receiver = u.email)::text from server_mails m join users u using (tenant_id) "
                  "where u.user_id = '" +
                  viewer_ + "'"),
              "true");
}

TEST_F(AccessKeys, AreFiveAnOwnerAtMost)
{
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    for (const auto& owner : {json::object(), json{{"integration_id", integration}}}) {
        for (int i = 0; i < 5; ++i) ASSERT_EQ(post("/access-keys", owner).status, 201) << i;
        EXPECT_EQ(post("/access-keys", owner).status, 409);
    }
    EXPECT_EQ(remove("/access-keys/" + get("/access-keys").body["items"][0]["id"].get<std::string>()).status, 204);
    EXPECT_EQ(post("/access-keys", json::object()).status, 201);
}

TEST_F(AccessKeys, AreRefusedForThePastForTwoForNobodyAndForTheDisabled)
{
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    EXPECT_THAT(post("/access-keys", {{"expires_at", "2020-11-23T06:00:00Z"}, {"nmae", "x"}}).pointers(),
                UnorderedElementsAre("/expires_at", "/nmae"));
    EXPECT_THAT(post("/access-keys", {{"user_id", admin_}, {"integration_id", integration}}).pointers(),
                ElementsAre("/integration_id"));
    EXPECT_THAT(post("/access-keys", {{"user_id", their_admin_}}).pointers(), ElementsAre("/user_id"));
    EXPECT_THAT(post("/access-keys", {{"integration_id", admin_}}).pointers(), ElementsAre("/integration_id"));
    EXPECT_EQ(get("/access-keys?user_id=" + admin_ + "&integration_id=" + integration).status, 400);
    remove("/users/" + viewer_);
    EXPECT_EQ(post("/access-keys", {{"user_id", viewer_}}).status, 409);
}

TEST_F(AccessKeys, EndWithTheirUsersForGoodAndGoWithTheirIntegrations)
{
    made("/access-keys", {{"user_id", viewer_}});
    const auto integration = post("/integrations", {{"name", "uom"}}).id();
    made("/access-keys", {{"integration_id", integration}});
    ASSERT_EQ(live_of("user_id", viewer_), "1");
    EXPECT_EQ(remove("/users/" + viewer_).status, 204);
    EXPECT_EQ(live_of("user_id", viewer_), "0");
    EXPECT_EQ(live_of("integration_id", integration), "1");
    EXPECT_EQ(remove("/integrations/" + integration).status, 204);
    EXPECT_EQ(live_of("integration_id", integration), "0");
}

}  // namespace
}  // namespace winnow::test
