/// A tenant's directory and its users: made, changed, removed and brought back, and nobody else's.

#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/credential_store.hpp"

#include <future>
#include <optional>

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto kUsers = "/scim/v2/Users";

class Scim : public Tenants {
protected:
    Scim() { now_ = system_time(); }

    void become_directory(TenantId tenant)
    {
        who_ = {};
        who_.kind = access::CredentialKind::directory;
        who_.tenant = tenant;
        who_.key = Uuid::from_words(7, 7);
        who_.role = access::Role::operator_;
    }

    static json a_user(const std::string& name, const json& more = json::object())
    {
        json document{{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:User"}}, {"userName", name}};
        document.update(more);
        return document;
    }

    static json set_active(bool active)
    {
        return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                {"Operations", json::array({{{"op", "replace"}, {"path", "active"}, {"value", active}}})}};
    }

    static std::string at(const std::string& id) { return std::string(kUsers) + "/" + id; }

    static std::string filter(const std::string& name)
    {
        return std::string(kUsers) + "?filter=userName%20eq%20%22" + name + "%22";
    }
};

TEST_F(Scim, MakesUsersOfTheTokensRoleAndFindsThemByName)
{
    become_directory(ours_);
    const auto made = post(kUsers, a_user("Bea@example.org", {{"displayName", "Bea"}, {"externalId", "7"}}));
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.header("Content-Type"), "application/scim+json");
    EXPECT_EQ(made.header("Location"), "/scim/v2/Users/" + made.id());
    EXPECT_EQ(made.body["displayName"], "Bea");
    EXPECT_EQ(made.body["externalId"], "7");
    EXPECT_EQ(sql("select role || ' ' || state from users where user_id = '" + made.id() + "'"), "operator active");
    EXPECT_EQ(get(at(made.id())).body, made.body);
    EXPECT_EQ(get(filter("bea@EXAMPLE.org")).body["Resources"][0], made.body);
    EXPECT_EQ(get(filter("nobody")).body["totalResults"], 0);
    EXPECT_EQ(get(std::string(kUsers) + "?filter=externalId%20eq%20%227%22").body["totalResults"], 1);
    EXPECT_EQ(get(std::string(kUsers) + "?count=0").body["totalResults"], 1);
    EXPECT_THAT(get(at(made.id()) + "?attributes=userName").body, SizeIs(3));
    const json search{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}},
                      {"filter", "externalId eq \"7\""}};
    for (const auto* place : {"/scim/v2/.search", "/scim/v2/Users/.search"}) {
        EXPECT_EQ(post(place, search).body["Resources"], json::array({made.body})) << place;
    }
}

TEST_F(Scim, SeesAndTakesOverNobodyElse)
{
    become_directory(ours_);
    EXPECT_EQ(get(kUsers).body["totalResults"], 0) << "people whom admins have made are not the directory's";
    EXPECT_EQ(get(at(viewer_)).status, 404);
    EXPECT_EQ(call("PATCH", at(viewer_), set_active(false)).status, 404);
    EXPECT_EQ(remove(at(viewer_)).status, 404);
    const auto taken = post(kUsers, a_user("VIC@example.org"));
    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(taken.body["scimType"], "uniqueness");
    const auto made = post(kUsers, a_user("bea@example.org")).id();
    become_directory(theirs_);
    EXPECT_EQ(get(at(made)).status, 404);
    EXPECT_EQ(remove(at(made)).status, 404);
    EXPECT_EQ(get(kUsers).body["totalResults"], 0);
    EXPECT_EQ(post(kUsers, a_user("bea@example.org")).status, 201) << "names of another tenant are free";
}

TEST_F(Scim, WhoIsNoLongerActiveIsSignedOutAndLosesKeys)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    const auto session = a_session(bea);
    become(admin_, access::Role::admin);
    ASSERT_EQ(post("/api-keys", {{"user_id", bea}}).status, 201);
    ASSERT_EQ(post("/access-keys", {{"user_id", bea}}).status, 201);
    become_directory(ours_);
    const auto changed = call("PATCH", at(bea), set_active(false));
    ASSERT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(changed.body["active"], false);
    EXPECT_EQ(sql("select ended_by from sessions where session_id = '" + session + "'"), "directory");
    for (const auto* keys : {"api_keys", "access_keys"}) {
        EXPECT_EQ(sql("select count(*) from " + std::string(keys) + " where revoked_at is null"), "0") << keys;
    }
    EXPECT_EQ(call("PATCH", at(bea), set_active(true)).body["active"], true);
    EXPECT_EQ(sql("select count(*) from api_keys where revoked_at is null"), "0") << "they ended for good";
}

TEST_F(Scim, WhoIsRemovedIsDisabledAndMayComeBack)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    EXPECT_EQ(remove(at(bea)).status, 204);
    EXPECT_EQ(get(at(bea)).status, 404);
    EXPECT_EQ(get(kUsers).body["totalResults"], 0);
    EXPECT_EQ(sql("select state from users where user_id = '" + bea + "'"), "disabled");
    const auto again = post(kUsers, a_user("b.lee", {{"emails", json::array({{{"value", "BEA@example.org"}}})}}));
    ASSERT_EQ(again.status, 201) << again.text;
    EXPECT_EQ(again.id(), bea);
    EXPECT_EQ(sql("select state from users where user_id = '" + bea + "'"), "active");
    EXPECT_EQ(again.body["userName"], "b.lee");
}

TEST_F(Scim, NamesAreOnesOwn)
{
    become_directory(ours_);
    ASSERT_EQ(post(kUsers, a_user("bea@example.org")).status, 201);
    const auto other = post(kUsers, a_user("cat@example.org")).id();
    const auto taken = put(at(other), a_user("BEA@example.org", {{"emails", json::array({{{"value", "c@e.org"}}})}}));
    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(taken.body["scimType"], "uniqueness");
    EXPECT_EQ(get(at(other)).body["userName"], "cat@example.org") << "nothing of it was stored";
}

TEST_F(Scim, NeverLeavesATenantWithoutAnAdmin)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    sql("update users set role = 'admin' where user_id = '" + bea + "'");
    sql("update users set role = 'viewer' where user_id = '" + admin_ + "'");
    EXPECT_EQ(call("PATCH", at(bea), set_active(false)).status, 409);
    EXPECT_EQ(remove(at(bea)).status, 409);
    EXPECT_EQ(sql("select state from users where user_id = '" + bea + "'"), "active");
}

TEST_F(Scim, MakesNobodyAgainWhatOnlyAnAdminMadeOfThem)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    const auto role = [&] {
        return sql("select concat(role, ' ', state, case when audits then ' audits' end) from users where user_id = '" +
                   bea + "'");
    };
    for (const std::string more : {"role = 'admin'", "role = 'viewer', audits = true"}) {
        sql("update users set " + more + " where user_id = '" + bea + "'");
        ASSERT_EQ(call("PATCH", at(bea), set_active(false)).status, 200);
        const auto back = call("PATCH", at(bea), set_active(true));
        ASSERT_EQ(back.status, 200) << back.text;
        EXPECT_EQ(role(), "operator active") << more;
        EXPECT_EQ(back.body["roles"][0]["value"], "operator");

        sql("update users set " + more + " where user_id = '" + bea + "'");
        ASSERT_EQ(remove(at(bea)).status, 204);
        ASSERT_EQ(post(kUsers, a_user("bea@example.org")).status, 201);
        EXPECT_EQ(role(), "operator active") << more;
    }
    sql("update users set role = 'viewer' where user_id = '" + bea + "'");
    ASSERT_EQ(call("PATCH", at(bea), set_active(false)).status, 200);
    ASSERT_EQ(call("PATCH", at(bea), set_active(true)).status, 200);
    EXPECT_EQ(role(), "viewer active") << "nor more than an admin left them";
}

TEST_F(Scim, LeavesTheAddressesOfThoseWhomAnAdminMadeMore)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    sql("update users set role = 'admin' where user_id = '" + bea + "'");
    const auto taken = put(at(bea), a_user("mallory@example.org"));
    EXPECT_EQ(taken.status, 403) << taken.text;
    EXPECT_EQ(put(at(bea), a_user("bea@example.org", {{"displayName", "Bea Lee"}})).status, 200);
    ASSERT_EQ(call("PATCH", at(bea), set_active(false)).status, 200);
    EXPECT_EQ(put(at(bea), a_user("mallory@example.org", {{"active", false}})).status, 403) << "nor for later";
    EXPECT_EQ(sql("select email from users where user_id = '" + bea + "'"), "bea@example.org");
    EXPECT_EQ(put(at(bea), a_user("b@example.org")).status, 200) << "who comes back is none of an admin's any more";
    EXPECT_EQ(sql("select role from users where user_id = '" + bea + "'"), "operator");
}

TEST_F(Scim, TakesPeopleAwayFromASuspendedTenantAndDoesNothingElseThere)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    const auto cat = post(kUsers, a_user("cat@example.org")).id();
    who_.tenant_suspended = true;
    EXPECT_EQ(call("PATCH", at(cat), set_active(true)).status, 403);
    EXPECT_EQ(put(at(cat), a_user("other@example.org")).status, 403);
    const auto gone = put(at(bea), a_user("b@example.org", {{"active", false}, {"displayName", "New"}}));
    ASSERT_EQ(gone.status, 200) << gone.text;
    EXPECT_EQ(gone.body["active"], false);
    EXPECT_EQ(gone.body["userName"], "bea@example.org");
    EXPECT_EQ(sql("select state || ' ' || email from users where user_id = '" + bea + "'"), "disabled bea@example.org");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(call("PATCH", at(cat), set_active(false)).body["active"], false) << i;
    EXPECT_EQ(call("PATCH", at(cat), set_active(true)).status, 403);
}

TEST_F(Scim, TwoDirectoriesMayDrawTheSameIdempotencyKey)
{
    become_directory(ours_);
    const std::vector<http::Header> drawn{{"Idempotency-Key", "1"}};
    const auto made = call("POST", kUsers, a_user("bea@example.org"), drawn);
    ASSERT_EQ(made.status, 201) << made.text;
    const auto again = call("POST", kUsers, a_user("bea@example.org"), drawn);
    EXPECT_EQ(again.body, made.body);
    EXPECT_EQ(again.header("Content-Type"), "application/scim+json");
    who_.key = Uuid::from_words(7, 8);
    EXPECT_EQ(call("POST", kUsers, a_user("cat@example.org"), drawn).status, 201);
}

TEST_F(Scim, TokensAreForAdminsToSee)
{
    EXPECT_EQ(get("/scim-tokens").status, 200);
    who_.tenant_suspended = true;
    EXPECT_EQ(get("/scim-tokens").status, 200) << "whoever takes them away looks for them";
    for (const auto role : {access::Role::viewer, access::Role::operator_, access::Role::auditor}) {
        become(viewer_, role);
        EXPECT_EQ(get("/scim-tokens").status, 403);
    }
}

TEST_F(Scim, SaysWhatIsWrongAsScimDoes)
{
    become_directory(ours_);
    const auto wrong = post(kUsers, a_user("no address"));
    EXPECT_EQ(wrong.status, 400) << wrong.text;
    EXPECT_EQ(wrong.body["status"], "400");
    EXPECT_EQ(wrong.body["scimType"], "invalidValue");
    EXPECT_EQ(get(std::string(kUsers) + "?filter=title%20eq%201").body["scimType"], "invalidFilter");
}

TEST_F(Scim, AUserWhoIsDeletedIsForgottenHereToo)
{
    become_directory(ours_);
    const auto bea = post(kUsers, a_user("bea@example.org")).id();
    become(admin_, access::Role::admin);
    EXPECT_EQ(remove("/users/" + bea).status, 204);
    EXPECT_EQ(post("/users/" + bea + "/delete", nullptr).status, 204);
    EXPECT_EQ(sql("select count(*) from scim_users"), "0");
}

TEST_F(Scim, TokensAreMadeByAdminsShownOnceAndOpenUntilTheyAreRevoked)
{
    const auto made = post("/scim-tokens", {{"name", "entra"}, {"role", "operator"}});
    ASSERT_EQ(made.status, 201) << made.text;
    const auto secret = made.body["secret"].get<std::string>();
    EXPECT_THAT(secret, StartsWith("wns_"));
    EXPECT_THAT(get("/scim-tokens").text, Not(HasSubstr(secret)));
    const auto store = pg::make_credential_store({.conninfo = database_.api});
    const auto found = [&] {
        std::promise<std::optional<access::Principal>> answer;
        store->find(crypto::sha256(secret), [&](auto credential) {
            answer.set_value(credential && *credential ? std::optional((*credential)->principal) : std::nullopt);
        });
        return answer.get_future().get();
    };
    const auto who = found();
    ASSERT_TRUE(who);
    EXPECT_EQ(who->kind, access::CredentialKind::directory);
    EXPECT_EQ(who->tenant, ours_);
    EXPECT_EQ(who->role, access::Role::operator_);
    EXPECT_EQ(who->actor(), "directory:" + made.id());
    for (int i = 1; i < 4; ++i) EXPECT_EQ(post("/scim-tokens", json::object()).status, 201);
    EXPECT_EQ(post("/scim-tokens", json::object()).status, 409);
    EXPECT_THAT(post("/scim-tokens", {{"role", "admin"}}).pointers(), ElementsAre("/role"));
    EXPECT_EQ(remove("/scim-tokens/" + made.id()).status, 204);
    EXPECT_EQ(remove("/scim-tokens/" + made.id()).status, 404);
    EXPECT_FALSE(found());
}

TEST_F(Scim, TokensAreGoodWhereTheKeyIsThatMakesThem)
{
    who_.networks = std::make_shared<const std::vector<Network>>(std::vector{*parse_network("10.0.0.0/8")});
    EXPECT_EQ(post("/scim-tokens", json::object()).body["networks"], json::array({"10.0.0.0/8"}));
    EXPECT_THAT(post("/scim-tokens", {{"networks", {"192.0.2.1"}}}).pointers(), ElementsAre("/networks/0"));
}

}  // namespace
}  // namespace winnow::test
