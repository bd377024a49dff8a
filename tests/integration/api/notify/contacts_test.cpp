#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"

namespace winnow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class Contacts : public Tenants {
protected:
    static json webhook(const std::string& name, const std::string& url = "https://hooks.example.com/x")
    {
        return {{"name", name}, {"type", "webhook"}, {"url", url}};
    }
    static json email(const std::string& name, const std::string& address = "ops@example.com")
    {
        return {{"name", name}, {"type", "email"}, {"address", address}};
    }
    static std::string secret_of(std::size_t bytes) { return "whsec_" + crypto::to_base64(std::string(bytes, 's')); }
    /// What the database holds for a contact's secret, opened.
    std::string stored_secret(const std::string& id)
    {
        const auto hex = sql("select encode(sealed_secret, 'hex') from contacts where contact_id = '" + id + "'");
        std::string sealed;
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
            sealed += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        }
        const auto opened = sealer_.open(sealed, "contact:" + ours_.str() + ':' + id);
        return opened ? *opened : "cannot be opened";
    }
};

TEST_F(Contacts, OfTypeWebhookGetASecretThatIsShownOnce)
{
    const auto created = post("/contacts", webhook("chat"));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.header("Cache-Control"), "no-store");
    const auto secret = created.body["secret"].get<std::string>();
    EXPECT_THAT(secret, StartsWith("whsec_"));
    std::string bytes;
    ASSERT_TRUE(crypto::from_base64(secret.substr(6), bytes));
    EXPECT_EQ(bytes.size(), 32U);
    EXPECT_EQ(stored_secret(created.id()), secret);

    for (const auto& path : {"/contacts/" + created.id(), std::string("/contacts")}) {
        EXPECT_THAT(get(path).text, Not(HasSubstr("secret")));
    }
    EXPECT_THAT(patch("/contacts/" + created.id(), {{"name", "x"}}).text, Not(HasSubstr("secret")));
    EXPECT_EQ(stored_secret(created.id()), secret) << "a change of something else keeps it";
}

TEST_F(Contacts, TakeASecretOfTwentyFourToSixtyFourBytesAndNeverShowIt)
{
    for (const std::size_t size : {24U, 64U}) {
        auto body = webhook("size " + std::to_string(size));
        body["secret"] = secret_of(size);
        const auto created = post("/contacts", body);
        EXPECT_EQ(created.status, 201) << created.text;
        EXPECT_FALSE(created.body.contains("secret"));
        EXPECT_EQ(stored_secret(created.id()), secret_of(size));
    }
    for (const auto& bad : {secret_of(23), secret_of(65), std::string("whsec_"), std::string("whsec_!!!!"),
                            std::string("hunter2"), secret_of(32).substr(6)}) {
        auto body = webhook("bad");
        body["secret"] = bad;
        const auto answered = post("/contacts", body);
        EXPECT_THAT(answered.pointers(), ElementsAre("/secret")) << bad;
        if (bad.size() > 6) EXPECT_THAT(answered.text, Not(HasSubstr(bad)));
    }
    const auto id = made("/contacts", webhook("rotated"));
    EXPECT_EQ(patch("/contacts/" + id, {{"secret", secret_of(40)}}).status, 200);
    EXPECT_EQ(stored_secret(id), secret_of(40));
}

TEST_F(Contacts, OfTypeEmailHaveAnAddressAndNoSecret)
{
    const auto created = post("/contacts", email("ops"));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_FALSE(created.body.contains("secret"));
    EXPECT_FALSE(created.body.contains("url"));
    EXPECT_EQ(created.body["address"], "ops@example.com");
    EXPECT_EQ(get("/contacts/" + created.id()).body, created.body);
    EXPECT_EQ(sql("select octet_length(sealed_secret) from contacts"), "0");
}

TEST_F(Contacts, RefuseWhatBelongsToTheOtherType)
{
    auto body = email("ops");
    body["url"] = "https://example.com";
    body["secret"] = secret_of(32);
    EXPECT_THAT(post("/contacts", body).pointers(), UnorderedElementsAre("/url", "/secret"));
    body = webhook("chat");
    body["address"] = "ops@example.com";
    EXPECT_THAT(post("/contacts", body).pointers(), ElementsAre("/address"));
    const auto id = made("/contacts", webhook("chat"));
    EXPECT_THAT(put("/contacts/" + id, email("chat")).pointers(), ElementsAre("/type"));
}

TEST_F(Contacts, TellEveryMistakeOfADocumentAtOnce)
{
    const auto answered = post(
        "/contacts", {{"name", ""}, {"type", "webhook"}, {"url", "http://x.example"}, {"enabled", 1}, {"ulr", ""}});
    EXPECT_EQ(answered.status, 422);
    EXPECT_THAT(answered.pointers(), UnorderedElementsAre("/name", "/url", "/enabled", "/ulr"));
    EXPECT_THAT(answered.errors(), Contains(HasSubstr("over http anybody on the way")));
    EXPECT_THAT(answered.errors(), Contains(HasSubstr("did you mean \"url\"?")));
    EXPECT_THAT(post("/contacts", {{"name", "x"}, {"type", "pigeon"}}).pointers(), ElementsAre("/type"));
    EXPECT_THAT(post("/contacts", {{"name", "x"}, {"type", "email"}, {"address", "a\r\nb@c"}}).pointers(),
                ElementsAre("/address"));
    EXPECT_EQ(sql("select count(*) from contacts"), "0");
}

TEST_F(Contacts, HaveNamesOfTheirOwn)
{
    const auto id = made("/contacts", webhook("chat"));
    EXPECT_EQ(post("/contacts", email("chat")).status, 409);
    const auto other = made("/contacts", email("mail"));
    const auto answered = patch("/contacts/" + other, {{"name", "chat"}});
    EXPECT_EQ(answered.status, 409);
    EXPECT_THAT(answered.body["detail"], "another contact is already called \"chat\"");
    EXPECT_EQ(patch("/contacts/" + id, {{"name", "chat"}}).status, 200);
}

TEST_F(Contacts, ChangeUnderTheirVersion)
{
    const auto path = "/contacts/" + made("/contacts", email("ops"));
    EXPECT_EQ(with_if_match("PATCH", path, {{"enabled", false}}, "\"1\"").header("ETag"), "\"2\"");
    EXPECT_EQ(get(path).body["enabled"], false);
    for (const auto* method : {"PUT", "PATCH", "DELETE"}) {
        EXPECT_EQ(with_if_match(method, path, email("x"), "\"1\"").status, 412) << method;
    }
    EXPECT_EQ(with_if_match("DELETE", path, nullptr, "\"2\"").status, 204);
    EXPECT_EQ(get(path).status, 404);
}

TEST_F(Contacts, ThatAreDeletedLeaveTheirGroups)
{
    const auto a = made("/contacts", email("a"));
    const auto b = made("/contacts", email("b"));
    const auto group = made("/contact-groups", {{"name", "g"}, {"contact_ids", {b, a}}});
    EXPECT_EQ(get("/contact-groups/" + group).body["contact_ids"], json::array({b, a}));
    EXPECT_EQ(remove("/contacts/" + a).status, 204);
    EXPECT_EQ(get("/contact-groups/" + group).body["contact_ids"], json::array({b}));
}

TEST_F(Contacts, ThatLeaveAGroupChangeItsVersion)
{
    const auto a = made("/contacts", email("a"));
    const auto b = made("/contacts", email("b"));
    const auto group = "/contact-groups/" + made("/contact-groups", {{"name", "g"}, {"contact_ids", {a, b}}});
    const auto other = "/contact-groups/" + made("/contact-groups", {{"name", "h"}, {"contact_ids", {b}}});
    const auto before = get(group);
    EXPECT_EQ(remove("/contacts/" + a).status, 204);
    const auto after = call("GET", group, nullptr, {{"If-None-Match", before.header("ETag")}});
    ASSERT_EQ(after.status, 200) << "not what the caller has";
    EXPECT_EQ(after.body["contact_ids"], json::array({b}));
    EXPECT_EQ(after.body["version"], 2);
    EXPECT_NE(after.body["updated_at"], before.body["updated_at"]);
    EXPECT_EQ(with_if_match("PATCH", group, {{"name", "i"}}, before.header("ETag")).status, 412);
    EXPECT_EQ(get(other).body["version"], 1);
}

TEST_F(Contacts, WhoAreTheLastOfAGroupInUseStay)
{
    const auto a = made("/contacts", email("a"));
    const auto group = made("/contact-groups", {{"name", "night shift"}, {"contact_ids", {a}}});
    EXPECT_EQ(patch("/settings", {{"default_route", {group}}}).status, 200);
    const auto refused = remove("/contacts/" + a);
    EXPECT_EQ(refused.status, 409) << "the next alert would be told to nobody";
    EXPECT_THAT(refused.text, HasSubstr("night shift"));
    EXPECT_EQ(get("/contacts/" + a).status, 200);

    const auto b = made("/contacts", email("b"));
    EXPECT_EQ(patch("/contact-groups/" + group, {{"contact_ids", {a, b}}}).status, 200);
    EXPECT_EQ(remove("/contacts/" + a).status, 204) << "another is there";
    EXPECT_EQ(remove("/contacts/" + b).status, 409);
    EXPECT_EQ(patch("/contact-groups/" + group, {{"contact_ids", json::array()}}).status, 200);
    EXPECT_EQ(remove("/contacts/" + b).status, 204) << "somebody has said so";
}

class ContactGroups : public Contacts {};

TEST_F(ContactGroups, HoldOnlyContactsOfTheirTenantEachOnce)
{
    become_theirs();
    const auto foreign = made("/contacts", email("theirs"));
    become(admin_, access::Role::admin);
    const auto own = made("/contacts", email("ours"));
    EXPECT_THAT(post("/contact-groups", {{"name", "g"}, {"contact_ids", {own, foreign}}}).pointers(),
                ElementsAre("/contact_ids/1"));
    EXPECT_THAT(post("/contact-groups", {{"name", "g"}, {"contact_ids", {own, own}}}).pointers(),
                ElementsAre("/contact_ids/1"));
    EXPECT_THAT(post("/contact-groups", {{"nam", "g"}}).pointers(),
                UnorderedElementsAre("/name", "/contact_ids", "/nam"));
}

TEST_F(ContactGroups, ChangeUnderTheirVersion)
{
    const auto a = made("/contacts", email("a"));
    const auto path = "/contact-groups/" + a_group("g");
    a_group("other");
    auto answered = with_if_match("PATCH", path, {{"contact_ids", {a}}}, "\"1\"");
    EXPECT_EQ(answered.body["contact_ids"], json::array({a}));
    EXPECT_EQ(answered.header("ETag"), "\"2\"");
    EXPECT_EQ(with_if_match("PATCH", path, {{"name", "h"}}, "\"1\"").status, 412);
    EXPECT_EQ(patch(path, {{"name", "other"}}).status, 409);
    EXPECT_EQ(put(path, {{"name", "h"}, {"contact_ids", json::array()}}).body["contact_ids"], json::array());
    EXPECT_EQ(get("/contact-groups").body["items"].size(), 2U);
    EXPECT_EQ(remove(path).status, 204);
}

TEST_F(ContactGroups, InUseCannotBeDeleted)
{
    const auto group = a_group("night shift");
    const auto rule = made(
        "/rules",
        a_rule("pages", {{"actions", {{{"type", "suppress"}}, {{"type", "route"}, {"contact_group_ids", {group}}}}}}));
    auto refused = remove("/contact-groups/" + group);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body["detail"].get<std::string>(), HasSubstr("the rule \"pages\" (" + rule + ")"));

    EXPECT_EQ(patch("/settings", {{"default_route", {group}}}).status, 200);
    remove("/rules/" + rule);
    refused = remove("/contact-groups/" + group);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body["detail"].get<std::string>(), HasSubstr("default route"));

    EXPECT_EQ(patch("/settings", {{"default_route", json::array()}}).status, 200);
    EXPECT_EQ(remove("/contact-groups/" + group).status, 204);
}

}  // namespace
}  // namespace winnow::test
