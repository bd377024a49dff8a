/// What contacts are reached by: one column, whatever their type; and beside it, for a while, the columns that older
/// programs know.

#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/contact.hpp"

#include <array>
#include <utility>

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto kUrl = "https://hooks.example.com:8443/services/xoxb-tok";

std::string not_seven(std::string_view text, const ports::AllowedHosts& /*hosts*/)
{
    return text.size() == 7 ? "" : "must have seven characters";
}
std::string seven()
{
    return "sevenxx";
}

constexpr std::array kPagerFields{
    ports::ContactField{.name = "url", .max = 100, .required = true, .secrecy = ports::Secrecy::url},
    ports::ContactField{.name = "room", .max = 20},
    ports::ContactField{
        .name = "token", .max = 50, .secrecy = ports::Secrecy::whole, .problem = &not_seven, .make = &seven}};

class ContactSettings : public Tenants {
protected:
    ContactSettings()
    {
        types_.assign(delivery::contact_types().begin(), delivery::contact_types().end());
        types_.push_back({.type = "pager", .fields = kPagerFields});
        contact_types_ = types_;
    }

    static json webhook(const std::string& url = kUrl) { return {{"name", "chat"}, {"type", "webhook"}, {"url", url}}; }
    static json pager(const json& more = json::object())
    {
        json document{{"name", "p"}, {"type", "pager"}, {"url", "https://pager.example/tok"}};
        document.update(more);
        return document;
    }
    /// A setting's sealed text, opened.
    std::string opened(const std::string& id, const std::string& setting)
    {
        std::string sealed;
        const auto text =
            sql("select settings->'" + setting + "'->>'sealed' from contacts where contact_id = '" + id + "'");
        EXPECT_TRUE(crypto::from_base64(text, sealed)) << text;
        const auto whole = sealer_.open(sealed, domain::sealed_setting_context(ours_, *ContactId::parse(id), setting));
        return whole ? *whole : "cannot be opened";
    }

    std::vector<ports::ContactType> types_;
};

TEST_F(ContactSettings, ThatAProgramWritesAreInTheColumnsOfOlderOnesToo)
{
    auto document = webhook();
    document["secret"] = "whsec_" + crypto::to_base64(std::string(64, 's'));  // longer than a line of base64
    const auto id = made("/contacts", document);
    EXPECT_EQ(opened(id, "url"), kUrl);
    EXPECT_EQ(opened(id, "secret"), document["secret"].get<std::string>());
    constexpr auto kSame =
        "select url = settings->'url'->>'shown' and sealed_url = decode(settings->'url'->>'sealed', 'base64') and "
        "sealed_secret = decode(settings->'secret'->>'sealed', 'base64') from contacts";
    EXPECT_EQ(sql(kSame), "t");
    EXPECT_EQ(patch("/contacts/" + id, {{"url", "https://other.example/tok"}}).status, 200);
    EXPECT_EQ(sql(kSame), "t");
    EXPECT_EQ(sql("select url || ' ' || receiver from contacts"), "https://other.example https://other.example");

    made("/contacts", {{"name", "mail"}, {"type", "email"}, {"address", "ops@example.org"}});
    EXPECT_EQ(sql("select address || ' ' || receiver from contacts where type = 'email'"), "ops@example.org mail");
    EXPECT_EQ(sql("select settings::text from contacts where type = 'email'"), R"({"address": "ops@example.org"})");
}

TEST_F(ContactSettings, AreWhatAnOlderProgramWroteIntoItsColumns)
{
    const auto id = made("/contacts", webhook());
    const auto url = "encode(sealed_url, 'hex')";
    const auto before = sql(std::string("select ") + url + " from contacts");
    const auto other =
        sealer_.seal("https://other.example/tok", domain::sealed_url_context(ours_, *ContactId::parse(id)));
    sql("update contacts set url = 'https://other.example', sealed_url = decode('" + crypto::to_base64(other) +
        "', 'base64'), version = version + 1");
    EXPECT_EQ(get("/contacts/" + id).body["url"], "https://other.example/tok");
    EXPECT_NE(sql(std::string("select ") + url + " from contacts"), before);
    sql("update contacts set settings = settings || '{\"later\": \"x\"}'");
    sql("update contacts set url = 'https://other.example:444', version = version + 1");
    EXPECT_EQ(sql("select settings->>'later' from contacts"), "x") << "no column's";
    EXPECT_EQ(sql("select settings->'url'->>'shown' from contacts"), "https://other.example:444");
    sql("update contacts set enabled = false");
    EXPECT_EQ(get("/contacts/" + id).body["url"], "https://other.example/tok") << "the rest is no setting";

    sql("insert into contacts (tenant_id, contact_id, name, type, address) values ('" + ours_.str() +
        "', '0199c0de-0000-7000-8000-0000000000c9', 'mail', 'email', 'ops@example.org')");
    EXPECT_EQ(get("/contacts/0199c0de-0000-7000-8000-0000000000c9").body["address"], "ops@example.org");
    sql("update contacts set address = 'sre@example.org' where type = 'email'");
    EXPECT_EQ(get("/contacts/0199c0de-0000-7000-8000-0000000000c9").body["address"], "sre@example.org");
}

TEST_F(ContactSettings, OfAnotherTypeNeedNothingButItsFields)
{
    const auto created = post("/contacts", pager({{"room", "r 1"}}));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.body["token"], "sevenxx") << "this once";
    EXPECT_EQ(created.body["url"], "https://pager.example/tok");
    const auto path = "/contacts/" + created.id();
    EXPECT_THAT(get(path).text, Not(HasSubstr("seven")));
    EXPECT_EQ(get(path).body["room"], "r 1");
    EXPECT_EQ(opened(created.id(), "token"), "sevenxx");
    EXPECT_EQ(sql("select receiver from contacts"), "https://pager.example");

    EXPECT_EQ(patch(path, {{"token", "another"}, {"room", nullptr}}).status, 200);
    EXPECT_EQ(opened(created.id(), "token"), "another");
    EXPECT_FALSE(get(path).body.contains("room"));
    EXPECT_EQ(patch(path, {{"name", "q"}}).status, 200);
    EXPECT_EQ(opened(created.id(), "token"), "another") << "what is left out stays";
    become(viewer_, access::Role::viewer);
    EXPECT_EQ(get(path).body["url"], "https://pager.example/***");
}

TEST_F(ContactSettings, AreRefusedByTheirPlaces)
{
    EXPECT_THAT(post("/contacts", pager({{"token", "six"}, {"room", std::string(21, 'r')}, {"address", "a@b.example"}}))
                    .errors(),
                ElementsAre(HasSubstr("/room: "), HasSubstr("/token: must have seven"),
                            HasSubstr("/address: belongs to contacts of type \"email\"")));
    EXPECT_THAT(post("/contacts", pager({{"url", "https://pager.example/***"}})).errors(),
                ElementsAre(HasSubstr("/url: is masked")));
    auto foreign = webhook();
    foreign["room"] = "r";
    EXPECT_THAT(post("/contacts", foreign).errors(),
                ElementsAre(HasSubstr("/room: belongs to contacts of type \"pager\"")));
}

TEST_F(ContactSettings, OfATypeThatThisProgramDoesNotKnowAreShownWithoutThem)
{
    const auto id = made("/contacts", pager({{"room", "r"}}));
    contact_types_ = delivery::contact_types();
    const auto shown = get("/contacts/" + id);
    EXPECT_EQ(shown.body["type"], "pager");
    EXPECT_FALSE(shown.body.contains("room"));
    EXPECT_EQ(patch("/contacts/" + id, {{"name", "q"}}).status, 422);
    EXPECT_EQ(sql("select settings->>'room' from contacts"), "r");
}

TEST_F(ContactSettings, OfANewerProgramStayAsTheyAre)
{
    const auto id = made("/contacts", pager({{"room", "r"}}));
    sql("update contacts set settings = settings || '{\"room\": {\"v2\": \"x\"}, \"token\": {\"v2\": \"y\"}, "
        "\"later\": \"z\"}'");
    const auto shown = get("/contacts/" + id).body;
    EXPECT_EQ(shown["enabled"], true) << "one setting that cannot be read is not the contact";
    EXPECT_EQ(shown["url"], "https://pager.example/tok");
    EXPECT_FALSE(shown.contains("room"));
    constexpr auto kNewer =
        "select concat_ws(' ', settings->'room'->>'v2', settings->'token'->>'v2', settings->>'later') from contacts";
    EXPECT_EQ(patch("/contacts/" + id, {{"name", "q"}}).status, 200);
    EXPECT_EQ(sql(kNewer), "x y z");
    EXPECT_EQ(patch("/contacts/" + id, {{"room", "new"}, {"token", "another"}}).status, 200);
    EXPECT_EQ(sql(kNewer), "z");
    EXPECT_EQ(get("/contacts/" + id).body["room"], "new");
    EXPECT_EQ(opened(id, "token"), "another");
}

TEST_F(ContactSettings, AreCheckedByTheDatabase)
{
    made("/contacts", webhook());
    for (const std::string bad : {"[]", "1", R"({"url": 1})", R"({"url": ["x"]})", R"({"url": null, "x": true})"}) {
        EXPECT_THROW(sql("update contacts set settings = '" + bad + "'"), pqxx::check_violation) << bad;
    }
    EXPECT_THROW(sql("update contacts set settings = jsonb_build_object('x', repeat('x', 33000))"),
                 pqxx::check_violation);
    EXPECT_THROW(sql("update contacts set type = 'Web hook'"), pqxx::check_violation);
    sql("update contacts set type = 'pager', settings = '{\"room\": \"r\"}'");
    EXPECT_EQ(sql("select receiver from contacts"), "pager") << "what has no URL is one place a type";
}

}  // namespace
}  // namespace winnow::test
