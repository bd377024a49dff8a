/// Providers of sign-ins as admins have them, and invitations that name one.

#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/signin/provided.hpp"

#include <string>

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kSecret = "the client's secret";

class OidcProviders : public Tenants {
protected:
    static json a_provider(const std::string& name = "Acme ID")
    {
        return {{"name", name}, {"issuer", "https://id.example"}, {"client_id", "winnow"}, {"client_secret", kSecret}};
    }

    std::string stored_secret(const std::string& id)
    {
        std::string sealed;
        EXPECT_TRUE(crypto::from_hex(
            sql("select encode(sealed_secret, 'hex') from oidc_providers where provider_id = '" + id + "'"), sealed));
        const auto opened = sealing_.open(ports::oidc_secret_place(ours_, *OidcProviderId::parse(id)), sealed);
        EXPECT_TRUE(opened);
        return opened.value_or("");
    }

    std::string place(const std::string& id) { return "/oidc-providers/" + id; }
};

TEST_F(OidcProviders, AreMadeWithWhatIsUsualAndShownWithoutTheirSecret)
{
    const auto made = post("/oidc-providers", a_provider());
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_THAT(made.text, Not(HasSubstr(kSecret)));
    const auto& body = made.body;
    EXPECT_EQ(body["client_auth"], "basic");
    EXPECT_EQ(body["scopes"], json({"email", "profile"}));
    EXPECT_EQ(body["algorithms"], json({"RS256", "PS256", "ES256", "ES384", "EdDSA"}));
    EXPECT_EQ(body["roles"]["claim"], "groups");
    EXPECT_EQ(body["roles"]["default_role"], nullptr);
    EXPECT_EQ(body["jit"], false);
    EXPECT_EQ(body["enabled"], true);
    EXPECT_EQ(body["redirect_uri"], "/auth/oidc/" + made.id() + "/callback");
    EXPECT_EQ(get(place(made.id())).body, body);
    EXPECT_EQ(get("/oidc-providers").body["items"], json::array({body}));
    EXPECT_EQ(stored_secret(made.id()), kSecret);
    EXPECT_THAT(sql("select sealed_secret::text from oidc_providers"), Not(HasSubstr(crypto::to_hex(kSecret))));
}

TEST_F(OidcProviders, AreRefusedWithEveryMistake)
{
    auto wrong = a_provider();
    wrong.erase("client_secret");
    EXPECT_THAT(post("/oidc-providers", wrong).text, HasSubstr("/client_secret"));
    for (const auto& [member, value] : {std::pair<std::string, json>{"issuer", "http://id.example"},
                                        {"issuer", "https://id.example/?x"},
                                        {"issuer", "https://id.example/#x"},
                                        {"issuer", ""},
                                        {"name", std::string(101, 'n')},
                                        {"client_id", ""},
                                        {"client_secret", std::string(513, 's')},
                                        {"client_auth", "none"},
                                        {"algorithms", {"HS256"}},
                                        {"algorithms", json::array()},
                                        {"scopes", {"two words"}},
                                        {"scopes", std::vector<std::string>(11, "x")},
                                        {"roles", {{"default_role", "admin"}}},
                                        {"roles", {{"rules", {{{"value", "x"}, {"role", "admin"}}}}}},
                                        {"roles", {{"rules", {{{"value", "x"}, {"role", "nobody"}}}}}},
                                        {"roles", {{"claim", ""}}},
                                        {"second_factors", std::vector<std::string>(21, "x")},
                                        {"jit", "yes"},
                                        {"unknown", 1}}) {
        auto document = a_provider();
        document[member] = value;
        const auto answered = post("/oidc-providers", document);
        EXPECT_EQ(answered.status, 422) << member << ": " << value;
        EXPECT_THAT(answered.text, HasSubstr("/" + member)) << value;
    }
    EXPECT_EQ(sql("select count(*) from oidc_providers"), "0");
}

TEST_F(OidcProviders, HaveANameOfTheirOwnAndAreTenAtMost)
{
    for (std::size_t i = 0; i < signin::kMaxProviders; ++i) made("/oidc-providers", a_provider(std::to_string(i)));
    EXPECT_EQ(post("/oidc-providers", a_provider("one more")).status, 409);
    const auto first = get("/oidc-providers").body["items"][0]["id"].get<std::string>();
    EXPECT_EQ(patch(place(first), {{"name", "1"}}).status, 409);
    EXPECT_EQ(remove(place(first)).status, 204);
    EXPECT_EQ(post("/oidc-providers", a_provider("1")).status, 409);
    EXPECT_EQ(post("/oidc-providers", a_provider("one more")).status, 201);
    become_theirs();
    EXPECT_EQ(post("/oidc-providers", a_provider("1")).status, 201);
}

TEST_F(OidcProviders, KeepTheirSecretAndTheirIssuerWhenTheyAreChanged)
{
    const auto id = made("/oidc-providers", a_provider());
    const auto changed = patch(place(id), {{"client_id", "we"}, {"roles", {{"claim", "teams"}}}, {"enabled", false}});
    ASSERT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(changed.body["client_id"], "we");
    EXPECT_EQ(changed.body["roles"]["claim"], "teams");
    EXPECT_EQ(changed.body["version"], 2);
    EXPECT_EQ(stored_secret(id), kSecret);
    EXPECT_EQ(patch(place(id), {{"client_secret", "another"}}).status, 200);
    EXPECT_EQ(stored_secret(id), "another");
    const auto moved = patch(place(id), {{"issuer", "https://elsewhere.example"}});
    EXPECT_EQ(moved.status, 422);
    EXPECT_THAT(moved.text, HasSubstr("/issuer"));
    EXPECT_EQ(with_if_match("PATCH", place(id), {{"name", "x"}}, "\"1\"").status, 412);
    EXPECT_EQ(with_if_match("DELETE", place(id), nullptr, "\"1\"").status, 412);
}

TEST_F(OidcProviders, AreNamedByInvitationsThatTheyMayAccept)
{
    const auto id = made("/oidc-providers", a_provider());
    json olga{{"email", "olga@example.org"}, {"name", "Olga"}, {"role", "operator"}, {"oidc_provider_id", id}};
    EXPECT_EQ(post("/users", olga).status, 422) << "who is no longer invited accepts nothing";
    olga["state"] = "invited";
    const auto invited = post("/users", olga);
    ASSERT_EQ(invited.status, 201) << invited.text;
    EXPECT_EQ(sql("select oidc_provider_id from invitations where state = 'pending'"), id);
    const auto again = "/users/" + invited.id() + "/invite";
    EXPECT_EQ(post(again, nullptr).status, 202);
    EXPECT_EQ(sql("select oidc_provider_id from invitations where state = 'pending'"), "") << "by its link alone";
    EXPECT_EQ(post(again, {{"oidc_provider_id", id}}).status, 202);
    EXPECT_EQ(sql("select oidc_provider_id from invitations where state = 'pending'"), id);
    EXPECT_EQ(post(again, {{"oidc_provider_id", nullptr}}).status, 202);
    for (const auto& wrong : {json{{"oidc_provider_id", "x"}}, json{{"oidc_provider_id", invited.id()}},
                              json{{"oidc_provider_id", 1}}, json{{"provider", id}}}) {
        EXPECT_EQ(post(again, wrong).status, 422) << wrong;
    }
    EXPECT_EQ(patch("/users/" + invited.id(), {{"oidc_provider_id", id}}).status, 422);
    EXPECT_EQ(get("/users/" + invited.id()).body["managed_by"], nullptr);
}

TEST_F(OidcProviders, KeepOfADeletedUserAHashByWhichItIsKnownWhenItComesAnew)
{
    const auto id = made("/oidc-providers", a_provider());
    sql("insert into user_identities (tenant_id, provider_id, subject, user_id, managed) values ('" + ours_.str() +
        "', '" + id + "', 'vic', '" + viewer_ + "', true)");
    EXPECT_EQ(get("/users/" + viewer_).body["managed_by"], id);
    EXPECT_EQ(remove("/users/" + viewer_).status, 204);
    EXPECT_EQ(sql("select count(*) from user_identities"), "1") << "who is disabled stays who it is";
    EXPECT_EQ(post("/users/" + viewer_ + "/delete", nullptr).status, 204);
    EXPECT_EQ(sql("select count(*) from user_identities where subject like '%vic%'"), "0");
    EXPECT_EQ(sql("select managed::text || count(*) from user_identities group by managed"), "false1");
}

}  // namespace
}  // namespace winnow::test
