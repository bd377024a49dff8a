#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/retention.hpp"

#include <chrono>

namespace winnow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr std::chrono::days kDay{1};

class Integrations : public Tenants {
protected:
    /// Whether the database would let a sender in with that key.
    bool opens(const std::string& secret)
    {
        const auto hash = crypto::to_hex(crypto::sha256(secret));
        return sql("select count(*) from find_credential('\\x" + hash + "')") == "1";
    }
};

TEST_F(Integrations, ComeWithAKeyThatIsShownOnce)
{
    const auto created = post("/integrations", {{"name", "prometheus"}});
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.header("Cache-Control"), "no-store");
    const auto secret = created.body["key"]["secret"].get<std::string>();
    EXPECT_THAT(secret, StartsWith("wnk_"));
    EXPECT_EQ(created.body["key"]["urls"]["alerts"], "/i/" + secret + "/alerts");
    EXPECT_EQ(created.body["key"]["urls"]["alertmanager"], "/i/" + secret + "/am");
    EXPECT_EQ(created.body["key"]["urls"]["grafana"], "/i/" + secret + "/grafana");
    EXPECT_TRUE(opens(secret));

    const auto read = get("/integrations/" + created.id());
    EXPECT_EQ(read.body["keys"][0]["id"], created.body["key"]["id"]);
    for (const auto& text :
         {read.text, get("/integrations").text, patch("/integrations/" + created.id(), {{"description", "x"}}).text}) {
        EXPECT_THAT(text, Not(HasSubstr(secret)));
        EXPECT_THAT(text, Not(HasSubstr("\"secret\"")));
    }
}

TEST_F(Integrations, HaveAtMostTwoLiveKeys)
{
    const auto created = post("/integrations", {{"name", "p"}});
    const auto path = "/integrations/" + created.id();
    const auto second = call("POST", path + "/keys");
    ASSERT_EQ(second.status, 201) << second.text;
    EXPECT_EQ(call("POST", path + "/keys").status, 409);
    EXPECT_EQ(get(path).body["keys"].size(), 2U);

    EXPECT_EQ(remove(path + "/keys/" + created.body["key"]["id"].get<std::string>()).status, 204);
    EXPECT_FALSE(opens(created.body["key"]["secret"]));
    EXPECT_TRUE(opens(second.body["secret"]));
    EXPECT_EQ(remove(path + "/keys/" + created.body["key"]["id"].get<std::string>()).status, 404);
    EXPECT_EQ(call("POST", path + "/keys").status, 201);
    EXPECT_THAT(post(path + "/keys", {{"name", "x"}}).pointers(), ElementsAre("/name"));
}

TEST_F(Integrations, LetTheirOldKeyGoOnUntilItsEnd)
{
    now_ = system_time();
    const auto created = post("/integrations", {{"name", "p"}});
    const auto path = "/integrations/" + created.id();
    const auto old = created.body["key"];
    EXPECT_EQ(old["expires_at"], nullptr);
    const auto fresh = post(path + "/keys", {{"overlap", "P7D"}});
    ASSERT_EQ(fresh.status, 201) << fresh.text;
    const auto end = format_rfc3339(now_ + std::chrono::days{7});
    EXPECT_EQ(fresh.body["replaces"], json({{"id", old["id"]}, {"expires_at", end}}));
    EXPECT_EQ(fresh.body["expires_at"], nullptr) << "the new one has none";
    auto keys = get(path).body["keys"];
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys[0]["expires_at"], end);
    EXPECT_EQ(keys[1]["expires_at"], nullptr);
    EXPECT_TRUE(opens(old["secret"]));
    EXPECT_TRUE(opens(fresh.body["secret"]));
    EXPECT_EQ(post(path + "/keys", {{"overlap", "PT1S"}}).status, 409) << "two are live";

    sql("update integration_keys set expires_at = now() where expires_at is not null");  // it is over now
    EXPECT_FALSE(opens(old["secret"]));
    EXPECT_TRUE(opens(fresh.body["secret"]));
    EXPECT_EQ(get(path).body["keys"].size(), 1U);
    EXPECT_EQ(remove(path + "/keys/" + old["id"].get<std::string>()).status, 404) << "it is over";
    EXPECT_EQ(call("POST", path + "/keys").body["replaces"], nullptr) << "without overlap the other goes on";
    EXPECT_TRUE(opens(fresh.body["secret"]));
}

TEST_F(Integrations, EndTheirOldKeyAtOnceWhereItMustNotGoOn)
{
    now_ = system_time();
    const auto created = post("/integrations", {{"name", "p"}});
    const auto path = "/integrations/" + created.id();
    for (const auto* overlap : {"P91D", "-PT1S", "soon"}) {
        EXPECT_THAT(post(path + "/keys", {{"overlap", overlap}}).pointers(), ElementsAre("/overlap")) << overlap;
    }
    EXPECT_TRUE(opens(created.body["key"]["secret"]));
    const auto fresh = post(path + "/keys", {{"overlap", "PT0S"}});
    ASSERT_EQ(fresh.status, 201) << fresh.text;
    EXPECT_FALSE(opens(created.body["key"]["secret"]));
    EXPECT_TRUE(opens(fresh.body["secret"]));
    EXPECT_EQ(post(path + "/keys", {{"overlap", "P90D"}}).status, 201) << "one is live";
}

TEST_F(Integrations, PutOffNoEndThatWasSaidBefore)
{
    now_ = system_time();
    const auto created = post("/integrations", {{"name", "p"}});
    const auto path = "/integrations/" + created.id();
    const auto second = post(path + "/keys", {{"overlap", "PT1H"}});
    ASSERT_EQ(remove(path + "/keys/" + second.id()).status, 204);
    const auto third = post(path + "/keys", {{"overlap", "P1D"}});
    ASSERT_EQ(third.status, 201) << third.text;
    EXPECT_EQ(third.body["replaces"]["expires_at"], second.body["replaces"]["expires_at"]);
    EXPECT_EQ(get(path).body["keys"][0]["expires_at"], second.body["replaces"]["expires_at"]);
}

TEST_F(Integrations, ThatAreDisabledOrDeletedLetNobodyIn)
{
    const auto created = post("/integrations", {{"name", "p"}});
    const auto secret = created.body["key"]["secret"].get<std::string>();
    const auto path = "/integrations/" + created.id();
    EXPECT_EQ(patch(path, {{"enabled", false}}).status, 200);
    EXPECT_FALSE(opens(secret));
    EXPECT_EQ(patch(path, {{"enabled", true}}).status, 200);
    EXPECT_TRUE(opens(secret));
    EXPECT_EQ(remove(path).status, 204);
    EXPECT_FALSE(opens(secret));
}

TEST_F(Integrations, ChangeUnderTheirVersionAndRefuseUnknownFields)
{
    const auto path = "/integrations/" + made("/integrations", {{"name", "p"}});
    made("/integrations", {{"name", "q"}});
    EXPECT_EQ(with_if_match("PUT", path, {{"name", "r"}}, "\"1\"").header("ETag"), "\"2\"");
    for (const auto* method : {"PUT", "PATCH", "DELETE"}) {
        EXPECT_EQ(with_if_match(method, path, {{"name", "s"}}, "\"1\"").status, 412) << method;
    }
    EXPECT_EQ(patch(path, {{"name", "q"}}).status, 409);
    EXPECT_THAT(post("/integrations", {{"nam", "x"}, {"enabled", "no"}}).pointers(),
                UnorderedElementsAre("/name", "/nam", "/enabled"));
}

class SettingsResource : public Tenants {};

TEST_F(SettingsResource, BeginWithDefaultsAndChangeUnderTheirVersion)
{
    const auto before = get("/settings");
    EXPECT_EQ(before.body["close_approval"], false);
    EXPECT_EQ(before.body["journal_retention_days"], 90);
    EXPECT_EQ(before.header("ETag"), "\"1\"");

    const auto group = a_group();
    const auto answered = with_if_match("PATCH", "/settings",
                                        {{"reopen_window", "PT5M"},
                                         {"close_approval", true},
                                         {"journal_retention_days", 3650},
                                         {"default_route", {group}}},
                                        "\"1\"");
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(answered.body["reopen_window"], "PT5M");
    EXPECT_EQ(answered.body["default_route"], json::array({group}));
    EXPECT_EQ(get("/settings").body, answered.body);
    EXPECT_EQ(with_if_match("PATCH", "/settings", {{"close_approval", false}}, "\"1\"").status, 412);
    EXPECT_EQ(patch("/settings", {{"reopen_window", nullptr}}).body["reopen_window"], before.body["reopen_window"]);
    EXPECT_EQ(get("/settings").body["close_approval"], true);
    become_theirs();
    EXPECT_EQ(get("/settings").body, before.body);
}

TEST_F(SettingsResource, RefuseWhatIsOutOfBounds)
{
    EXPECT_THAT(patch("/settings", {{"reopen_window", "5m"},
                                    {"close_approval", 1},
                                    {"journal_retention_days", 0},
                                    {"default_route", {admin_}},
                                    {"retention", 1}})
                    .pointers(),
                UnorderedElementsAre("/reopen_window", "/close_approval", "/journal_retention_days", "/default_route/0",
                                     "/retention"));
    EXPECT_THAT(patch("/settings", {{"reopen_window", "P366D"}}).pointers(), ElementsAre("/reopen_window"));
    EXPECT_THAT(patch("/settings", {{"journal_retention_days", 3651}}).pointers(),
                ElementsAre("/journal_retention_days"));
    EXPECT_EQ(patch("/settings", {{"reopen_window", "PT0S"}}).status, 200);
    EXPECT_EQ(patch("/settings", {{"reopen_window", "P365D"}}).status, 200);
}

TEST_F(SettingsResource, SayForHowManyDaysEachClassIsKept)
{
    const auto before = get("/settings").body;
    for (const auto& each : domain::kKeptTable) EXPECT_EQ(before[std::string(each.setting)], each.usual.count());

    json wanted;
    int days = 10;
    for (const auto& each : domain::kKeptTable) wanted[std::string(each.setting)] = ++days;
    const auto after = patch("/settings", wanted);
    ASSERT_EQ(after.status, 200) << after.text;
    EXPECT_EQ(get("/settings").body, after.body);
    for (const auto& [name, value] : wanted.items()) EXPECT_EQ(after.body[name], value) << name;
    EXPECT_EQ(patch("/settings", {{"ticket_retention_days", nullptr}}).body["ticket_retention_days"], 365);

    for (auto& value : wanted) value = 0;
    const auto refused = patch("/settings", wanted);
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.pointers().size(), wanted.size());
}

TEST_F(SettingsResource, KeepNothingLongerThanTheProviderAllows)
{
    limits_.max_retention_days = 30;
    EXPECT_EQ(get("/settings").body["ticket_retention_days"], 30) << "what is usual, too";
    EXPECT_EQ(get("/settings").body["receipt_retention_days"], 7);
    EXPECT_EQ(patch("/settings", {{"ticket_retention_days", 30}}).status, 200);
    EXPECT_THAT(patch("/settings", {{"ticket_retention_days", 31}}).pointers(), ElementsAre("/ticket_retention_days"));
}

class Users : public Tenants {};

TEST_F(Users, AreCreatedChangedAndDisabled)
{
    const auto created = post("/users", {{"email", "Olga@Example.org"}, {"name", "Olga"}, {"role", "operator"}});
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.body["state"], "active");
    const auto path = "/users/" + created.id();
    EXPECT_EQ(get(path).body, created.body);
    EXPECT_EQ(post("/users", {{"email", "olga@example.ORG"}, {"name", "x"}, {"role", "viewer"}}).status, 409);

    EXPECT_EQ(with_if_match("PATCH", path, {{"role", "admin"}}, "\"1\"").body["role"], "admin");
    EXPECT_EQ(with_if_match("PATCH", path, {{"role", "viewer"}}, "\"1\"").status, 412);
    EXPECT_EQ(remove(path).status, 204);
    EXPECT_EQ(get(path).body["state"], "disabled");
    EXPECT_EQ(patch(path, {{"state", "active"}}).body["state"], "active");
}

TEST_F(Users, AreRefusedWithEveryMistake)
{
    EXPECT_THAT(post("/users", {{"email", "no address"}, {"role", "root"}, {"nmae", "x"}}).pointers(),
                UnorderedElementsAre("/email", "/role", "/name", "/nmae"));
}

TEST_F(Users, OfWhomTheLastActiveAdminStaysOne)
{
    const auto path = "/users/" + admin_;
    for (const auto* role : {"viewer", "operator", "auditor"}) {
        const auto refused = patch(path, {{"role", role}});
        EXPECT_EQ(refused.status, 409) << role;
        EXPECT_EQ(refused.body["code"], "last_admin") << role;
    }
    EXPECT_EQ(patch(path, {{"state", "disabled"}}).body["code"], "last_admin");
    EXPECT_EQ(patch(path, {{"state", "disabled"}}).status, 409);
    EXPECT_EQ(remove(path).status, 409);
    EXPECT_EQ(remove(path).body["code"], "last_admin");
    EXPECT_EQ(patch(path, {{"name", "Anna"}}).status, 200);
    made("/users", {{"email", "aud@example.org"}, {"name", "Aud"}, {"role", "auditor"}});
    EXPECT_EQ(remove(path).status, 409) << "an auditor administers nothing";

    EXPECT_EQ(patch("/users/" + viewer_, {{"role", "admin"}}).status, 200);
    EXPECT_EQ(patch(path, {{"role", "operator"}}).status, 200);
    EXPECT_EQ(remove("/users/" + viewer_).status, 409);
}

TEST_F(Users, WhoAuditAreReadAndChangedLikeOthers)
{
    const auto auditor = post("/users", {{"email", "aud@example.org"}, {"name", "Aud"}, {"role", "auditor"}});
    ASSERT_EQ(auditor.status, 201) << auditor.text;
    EXPECT_EQ(auditor.body["role"], "auditor");
    const auto path = "/users/" + auditor.id();
    EXPECT_EQ(get(path).body["role"], "auditor");
    EXPECT_EQ(get("/users").body["items"].back()["role"], "auditor");
    EXPECT_EQ(patch(path, {{"name", "Audrey"}}).body["role"], "auditor");
    EXPECT_EQ(patch(path, {{"role", "operator"}}).body["role"], "operator");
    EXPECT_EQ(patch(path, {{"role", "auditor"}}).body["role"], "auditor");

    become(auditor.id(), access::Role::auditor);
    const auto me = get("/me");
    ASSERT_EQ(me.status, 200) << me.text;
    EXPECT_EQ(me.body["role"], "auditor");
    const auto permissions = me.body["permissions"].get<std::vector<std::string>>();
    EXPECT_THAT(permissions, Contains("own_keys:write"));
    EXPECT_THAT(permissions, Not(Contains("tickets:read")));
    EXPECT_EQ(post("/api-keys", {{"scopes", {"tickets:read"}}}).status, 422) << "within its permissions";
    EXPECT_EQ(post("/api-keys", {{"scopes", {"profile:read"}}}).status, 201);
}

TEST_F(Users, SeeThemselves)
{
    become(viewer_, access::Role::viewer);
    const auto me = get("/me");
    ASSERT_EQ(me.status, 200) << me.text;
    EXPECT_EQ(me.id(), viewer_);
    EXPECT_EQ(me.body["email"], "vic@example.org");
    EXPECT_EQ(me.body["tenant"]["service_code"], "ours");
    const auto permissions = me.body["permissions"].get<std::vector<std::string>>();
    EXPECT_THAT(permissions, Contains("tickets:read"));
    EXPECT_THAT(permissions, Not(Contains("rules:write")));
}

class ApiKeys : public Tenants {
protected:
    ApiKeys() { now_ = system_time(); }
};

TEST_F(ApiKeys, AreMadeForOneselfAndTheirSecretIsShownOnce)
{
    become(viewer_, access::Role::viewer);
    const auto created = post("/api-keys", {{"name", "laptop"}, {"expires_at", format_rfc3339(now_ + 300 * kDay)}});
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.header("Cache-Control"), "no-store");
    const auto secret = created.body["secret"].get<std::string>();
    EXPECT_THAT(secret, StartsWith("wnu_"));
    EXPECT_EQ(created.body["user_id"], viewer_);
    const auto listed = get("/api-keys");
    EXPECT_EQ(listed.body["items"].size(), 1U);
    EXPECT_THAT(listed.text, Not(HasSubstr(secret)));
    EXPECT_THAT(listed.text, Not(HasSubstr("\"secret\"")));
    EXPECT_EQ(sql("select subject_id from find_credential('\\x" + crypto::to_hex(crypto::sha256(secret)) + "')"),
              viewer_);
}

TEST_F(ApiKeys, OfOthersAreAnAdminsBusiness)
{
    const auto key = post("/api-keys", {{"user_id", viewer_}});
    ASSERT_EQ(key.status, 201) << key.text;
    EXPECT_EQ(get("/api-keys?user_id=" + viewer_).body["items"].size(), 1U);
    EXPECT_EQ(get("/api-keys").body["items"].size(), 0U);
    const auto admins = post("/api-keys", json::object()).id();

    become(viewer_, access::Role::viewer);
    EXPECT_EQ(post("/api-keys", {{"user_id", admin_}}).status, 403);
    EXPECT_EQ(get("/api-keys?user_id=" + admin_).status, 403);
    EXPECT_EQ(remove("/api-keys/" + admins).status, 404);
    EXPECT_EQ(remove("/api-keys/" + key.id()).status, 204);
    EXPECT_EQ(remove("/api-keys/" + key.id()).status, 404);
}

TEST_F(ApiKeys, AreRefusedForThePastForNobodyAndForTheDisabled)
{
    EXPECT_THAT(post("/api-keys", {{"expires_at", "2026-11-23T06:00:00Z"}, {"nmae", "x"}}).pointers(),
                UnorderedElementsAre("/expires_at", "/nmae"));
    EXPECT_THAT(post("/api-keys", {{"user_id", their_admin_}}).pointers(), ElementsAre("/user_id"));
    remove("/users/" + viewer_);
    EXPECT_EQ(post("/api-keys", {{"user_id", viewer_}}).status, 409);
}

TEST_F(ApiKeys, AreTwentyAUserAtMost)
{
    for (int i = 0; i < 20; ++i) ASSERT_EQ(post("/api-keys", json::object()).status, 201) << i;
    EXPECT_EQ(post("/api-keys", json::object()).status, 409);
    EXPECT_EQ(remove("/api-keys/" + get("/api-keys").body["items"][0]["id"].get<std::string>()).status, 204);
    EXPECT_EQ(post("/api-keys", json::object()).status, 201);
}

TEST_F(ApiKeys, ThatComeAndGoLeaveAHundredRowsAUser)
{
    const auto kept = post("/api-keys", {{"user_id", viewer_}}).id();
    const auto others = made("/api-keys", json::object());
    sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint, expires_at, revoked_at)"
        " select tenant_id, gen_random_uuid(), user_id, 'old', sha256((g || key_id::text)::bytea), 'x', null,"
        " now() - g * interval '1 s'"
        " from api_keys, generate_series(1, 150) g where key_id in ('" +
        kept + "', '" + others + "')");
    const auto dead_of = [&](const std::string& user) {
        return sql("select count(*) from api_keys where revoked_at is not null and user_id = '" + user + "'");
    };
    const auto span = [&] {
        return sql("select max(revoked_at) - min(revoked_at) from api_keys where user_id = '" + viewer_ + "'");
    };
    ASSERT_EQ(span(), "00:02:29");
    const auto next = post("/api-keys", {{"user_id", viewer_}}).id();
    EXPECT_EQ(dead_of(viewer_), "100");
    EXPECT_EQ(span(), "00:01:39");
    EXPECT_EQ(dead_of(admin_), "150");
    for (const auto& key : {kept, next}) {
        EXPECT_EQ(sql("select count(*) from api_keys where revoked_at is null and key_id = '" + key + "'"), "1");
    }
}

TEST_F(Integrations, ThatChangeTheirKeysLeaveAHundredRowsEach)
{
    const auto created = post("/integrations", {{"name", "mine"}});
    const auto path = "/integrations/" + created.id();
    sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint, revoked_at)"
        " select tenant_id, gen_random_uuid(), integration_id, sha256((g || key_id::text)::bytea), 'x',"
        " now() - g * interval '1 s'"
        " from integration_keys, generate_series(1, 150) g where integration_id = '" +
        created.id() + "'");
    ASSERT_EQ(call("POST", path + "/keys").status, 201);
    EXPECT_EQ(sql("select count(*) from integration_keys where revoked_at is not null"), "100");
    EXPECT_EQ(get(path).body["keys"].size(), 2U);
}

}  // namespace
}  // namespace winnow::test
