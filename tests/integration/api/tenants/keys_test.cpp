/// @file
/// What keys are limited to, and what they tell of themselves.

#include "integration/api/tenants.hpp"

#include <chrono>

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Keys : public Tenants {
protected:
    Keys() { now_ = system_time(); }

    json only_key(const std::string& user = "") { return get("/api-keys" + user).body["items"].at(0); }

    std::string in(std::chrono::milliseconds time) const { return format_rfc3339(now_ + time); }

    /// As a node notes it.
    void note_use(const std::string& kind, const std::string& key, const std::string& at)
    {
        sql("select note_credential_use(array['" + ours_.str() + "'::uuid], array['" + kind + "'], array['" + key +
            "'::uuid], array['" + at + "'::timestamptz])");
    }
};

TEST_F(Keys, HaveTheScopesThatTheyAreMadeWith)
{
    const auto made = post("/api-keys", {{"scopes", {"tickets:write", "alerts:read", "tickets:write"}}});
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.body["scopes"], json::array({"tickets:write", "alerts:read"})) << "in the order of the permissions";
    EXPECT_EQ(only_key()["scopes"], made.body["scopes"]);
    EXPECT_EQ(only_key()["networks"], nullptr);
    EXPECT_EQ(only_key()["created_by"], "user:" + admin_);

    const auto whole = post("/api-keys", {{"user_id", viewer_}, {"scopes", nullptr}});
    EXPECT_EQ(whole.body["scopes"], nullptr);
    EXPECT_EQ(only_key("?user_id=" + viewer_)["created_by"], "user:" + admin_) << "not by whose it is";
}

TEST_F(Keys, ThatSomebodyElseMadeAreToldOfByMailToWhoActsByThem)
{
    ASSERT_EQ(post("/api-keys", {{"name", "own"}}).status, 201);
    ASSERT_EQ(post("/api-keys", {{"user_id", viewer_}}).status, 201);
    EXPECT_EQ(sql("select string_agg(kind, ' ') from server_mails"), "key_made");
    EXPECT_EQ(sql("select (m.receiver = u.email)::text from server_mails m join users u using (tenant_id) "
                  "where u.user_id = '" +
                  viewer_ + "'"),
              "true");
}

TEST_F(Keys, ThatATenantsFirstKeyMakesAreToldOfByMail)
{
    const std::string first = "0199c0de-0000-7000-8000-0000000000f1";
    sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint) values ('" + ours_.str() + "', '" +
        first + "', '" + admin_ + "', 'first key', sha256('x'), 'wnu_xxxx')");
    const auto mails = [&] {
        return sql("select count(*) from server_mails where kind = 'key_made'");
    };
    who_.key = *Uuid::parse(first);
    const auto second = made("/api-keys", json::object());
    EXPECT_EQ(mails(), "1");
    ASSERT_EQ(post("/access-keys", json::object()).status, 201);
    EXPECT_EQ(mails(), "2");
    who_.key = *Uuid::parse(second);
    ASSERT_EQ(post("/api-keys", json::object()).status, 201);
    EXPECT_EQ(mails(), "2") << "its user made it";
}

TEST_F(Keys, AreToldOfFiveTimesAnHourAtMost)
{
    for (int i = 0; i < 7; ++i) ASSERT_EQ(post("/api-keys", {{"user_id", viewer_}}).status, 201);
    EXPECT_EQ(sql("select count(*) from server_mails"), "5");
    for (int i = 0; i < 3; ++i) ASSERT_EQ(post("/access-keys", {{"user_id", viewer_}}).status, 201);
    EXPECT_EQ(sql("select count(*) from server_mails"), "5");
}

TEST_F(Keys, OfAKeyWithNetworksAreGoodNowhereElse)
{
    who_.networks = std::make_shared<const std::vector<Network>>(
        std::vector{*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32")});
    for (const auto* const kind : {"/api-keys", "/access-keys"}) {
        EXPECT_EQ(post(kind, json::object()).body["networks"], json::array({"10.0.0.0/8", "2001:db8::/32"})) << kind;
        EXPECT_EQ(post(kind, {{"networks", {"10.1.0.0/16"}}}).body["networks"], json::array({"10.1.0.0/16"})) << kind;
        EXPECT_THAT(post(kind, {{"networks", {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1"}}}).pointers(),
                    ElementsAre("/networks/1", "/networks/2"))
            << kind;
    }
}

TEST_F(Keys, AreRefusedScopesThatThereAreNotWithThoseThatThereAre)
{
    const auto refused = post("/api-keys", {{"scopes", {"tickets:read", "ticket:read", "everything", "users:write"}}});
    ASSERT_EQ(refused.status, 422) << refused.text;
    EXPECT_THAT(refused.errors(),
                ElementsAre(AllOf(StartsWith("/scopes/1: "), HasSubstr("did you mean tickets:read?")),
                            AllOf(StartsWith("/scopes/2: "), HasSubstr("there are profile:read, tickets:read, "),
                                  HasSubstr("inhibitions:write"), Not(HasSubstr("settings:write"))),
                            AllOf(StartsWith("/scopes/3: "), HasSubstr("never has users:write"))));
    for (const auto* withheld : {"own_keys:write", "settings:write"}) {
        EXPECT_THAT(post("/api-keys", {{"scopes", {withheld}}}).pointers(), ElementsAre("/scopes/0")) << withheld;
    }
    EXPECT_THAT(post("/api-keys", {{"scopes", json::array()}}).errors(), ElementsAre(HasSubstr("at least one")))
        << "none would be taken for all, or for nothing";
    EXPECT_THAT(post("/api-keys", {{"scopes", "tickets:read"}}).pointers(), ElementsAre("/scopes"));
    EXPECT_THAT(post("/api-keys", {{"scopes", {1}}}).pointers(), ElementsAre("/scopes/0"));
    EXPECT_EQ(get("/api-keys").body["items"].size(), 0U);
}

TEST_F(Keys, HaveNoScopeThatTheirUserHasNot)
{
    const auto refused = post("/api-keys", {{"user_id", viewer_}, {"scopes", {"tickets:read", "tickets:write"}}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.errors(), ElementsAre(AllOf(StartsWith("/scopes: holds tickets:write"), HasSubstr("viewer"),
                                                    HasSubstr("operator or admin has it"))));
    EXPECT_EQ(post("/api-keys", {{"user_id", viewer_}, {"scopes", {"tickets:read"}}}).status, 201);
}

TEST_F(Keys, HaveTheNetworksThatTheyAreMadeWith)
{
    const auto made =
        post("/api-keys", {{"networks", {"10.0.0.0/8", "192.0.2.7", "2001:DB8::/32", "::ffff:172.16.0.0/108"}}});
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.body["networks"], json::array({"10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "172.16.0.0/12"}));
    EXPECT_EQ(only_key()["networks"], made.body["networks"]);
}

TEST_F(Keys, AreRefusedNetworksThatAreNoneWithWhatWouldBeRight)
{
    const auto refused = post("/api-keys", {{"networks", {"10.1.2.3/8", "office", "10.0.0.0/33", "fe80::1%eth0"}}});
    ASSERT_EQ(refused.status, 422) << refused.text;
    EXPECT_THAT(refused.errors(),
                ElementsAre(AllOf(StartsWith("/networks/0: "), HasSubstr("write 10.0.0.0/8 for the network")),
                            AllOf(StartsWith("/networks/1: "), HasSubstr("is not a network")),
                            AllOf(StartsWith("/networks/2: "), HasSubstr("from 0 to 32")),
                            AllOf(StartsWith("/networks/3: "), HasSubstr("is not a network"))));
    EXPECT_THAT(post("/api-keys", {{"networks", json::array()}}).errors(), ElementsAre(HasSubstr("at least one")));
}

TEST_F(Keys, HaveTwentyNetworksAtMost)
{
    auto networks = json::array();
    for (int i = 0; i < 20; ++i) networks.push_back("10.0." + std::to_string(i) + ".0/24");
    EXPECT_EQ(post("/api-keys", {{"networks", networks}}).status, 201);
    EXPECT_EQ(only_key()["networks"], networks);
    networks.push_back("10.1.0.0/24");
    EXPECT_THAT(post("/api-keys", {{"networks", networks}}).pointers(), ElementsAre("/networks"));
}

TEST_F(Keys, ExpireAfterNinetyDaysOrWhenTheyAreToWithinAYear)
{
    using std::chrono::days;
    EXPECT_EQ(post("/api-keys", json::object()).body["expires_at"], in(days{90}));
    EXPECT_EQ(post("/api-keys", {{"expires_at", nullptr}}).body["expires_at"], in(days{90}));
    EXPECT_EQ(post("/api-keys", {{"expires_at", in(days{366})}}).body["expires_at"], in(days{366}));
    EXPECT_EQ(post("/api-keys", {{"expires_at", in(std::chrono::milliseconds{1'000})}}).status, 201);
    EXPECT_THAT(post("/api-keys", {{"expires_at", in(days{366} + std::chrono::milliseconds{1})}}).errors(),
                ElementsAre("/expires_at: must be at most 366 days from now"));
    EXPECT_THAT(post("/api-keys", {{"expires_at", in({})}}).errors(),
                ElementsAre("/expires_at: must be in the future"));
}

TEST_F(Keys, FromBeforeTheyHadToExpireAreShownAsTheyAre)
{
    sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint) values ('" + ours_.str() +
        "', gen_random_uuid(), '" + admin_ + "', 'old', sha256('x'), 'wnu_xxxx')");
    for (const auto* unknown : {"expires_at", "scopes", "networks", "created_by", "last_used"}) {
        EXPECT_EQ(only_key().at(unknown), nullptr) << unknown;
    }
}

TEST_F(Keys, SayInWhichMinuteTheyWereUsedLast)
{
    const auto key = made("/api-keys", json::object());
    EXPECT_EQ(only_key()["last_used"], nullptr);
    note_use("user", key, "2026-11-28T06:01:00Z");
    EXPECT_EQ(only_key()["last_used"], "2026-11-28T06:01:00.000Z");
    note_use("user", key, "2026-11-28T06:03:00Z");
    note_use("user", key, "2026-11-28T06:02:00Z");
    EXPECT_EQ(only_key()["last_used"], "2026-11-28T06:03:00.000Z") << "another node was late";
}

TEST_F(Keys, OfIntegrationsHaveNetworksAndSayWhenTheyWereUsed)
{
    const auto integration = post("/integrations", {{"name", "prometheus"}});
    const auto path = "/integrations/" + integration.id();
    const auto first = integration.body["key"];
    EXPECT_EQ(first["networks"], nullptr);
    const auto second = post(path + "/keys", {{"networks", {"10.0.0.0/8"}}});
    ASSERT_EQ(second.status, 201) << second.text;
    note_use("integration", second.id(), "2026-11-28T06:01:00Z");
    const auto keys = get(path).body["keys"];
    EXPECT_EQ(keys[0]["last_used"], nullptr);
    EXPECT_EQ(keys[0]["created_by"], "user:" + admin_);
    EXPECT_EQ(keys[1]["networks"], json::array({"10.0.0.0/8"}));
    EXPECT_EQ(keys[1]["last_used"], "2026-11-28T06:01:00.000Z");

    EXPECT_EQ(remove(path + "/keys/" + first["id"].get<std::string>()).status, 204);
    EXPECT_THAT(post(path + "/keys", {{"networks", {"10.0.0.1/8"}}}).pointers(), ElementsAre("/networks/0"));
    EXPECT_THAT(post(path + "/keys", {{"scopes", {"alerts:read"}}}).pointers(), ElementsAre("/scopes"));
}

}  // namespace
}  // namespace winnow::test
