/// A webhook's URL is a secret: chat services put a token into its path.

#include "integration/api/tenants.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/pg/chores.hpp"

#include <algorithm>

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto kUrl = "https://hooks.example.com:8443/services/T0/xoxb-tok?sig=xoxb-tok";
constexpr auto kMasked = "https://hooks.example.com:8443/***";
constexpr auto kToken = "xoxb-tok";

class WebhookUrls : public Tenants {
protected:
    static json webhook(const std::string& name, const std::string& url = kUrl)
    {
        return {{"name", name}, {"type", "webhook"}, {"url", url}};
    }

    /// As a node does it; how many were sealed.
    std::size_t seal()
    {
        const auto chores = pg::make_chores(pg::PgOptions{.conninfo = database_.pipeline}, {},
                                            [this](TenantId tenant, ContactId contact, std::string_view url) {
                                                return sealer_.seal(url, domain::sealed_url_context(tenant, contact));
                                            });
        const auto found = std::ranges::find(chores->list(), "seal_urls", &ports::Chore::name);
        std::size_t sealed = 0;
        for (bool more = true; more;) {
            const auto step = chores->step(static_cast<std::size_t>(found - chores->list().begin()));
            if (!step) throw std::runtime_error(step.error().message());
            EXPECT_LE(step->rows, 100U) << "a step is bounded";
            sealed += step->rows;
            more = step->more;
        }
        return sealed;
    }

    /// Everything that the table holds, as text.
    std::string at_rest() { return sql("select string_agg(c::text, ' ') from contacts c"); }
    std::string is_compatible()
    {
        return sql("select compatible from schema_migrations where name = '0026_sealed_urls'");
    }
    void a_stream(const std::string& opens_urls, const std::string& ended_at)
    {
        sql("insert into journal_streams (node, opens_urls, ended_at) values ('n', " + opens_urls + ", " + ended_at +
            ")");
    }
};

TEST_F(WebhookUrls, AreSealedAtRestAndShownWholeToAdminsOnly)
{
    seal();
    const auto created = post("/contacts", webhook("chat"));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.body["url"], kUrl);
    const auto path = "/contacts/" + created.id();
    EXPECT_THAT(at_rest(), AllOf(Not(HasSubstr(kToken)), Not(HasSubstr("services")), HasSubstr("chat")));
    EXPECT_EQ(sql("select url || ' ' || receiver from contacts"),
              "https://hooks.example.com:8443 https://hooks.example.com:8443");

    EXPECT_EQ(get(path).body["url"], kUrl);
    EXPECT_EQ(get(path).header("Cache-Control"), "no-store");
    EXPECT_THAT(get("/contacts").text, HasSubstr(kUrl));
    for (const auto role : {access::Role::viewer, access::Role::operator_}) {
        become(viewer_, role);
        EXPECT_EQ(get(path).body["url"], kMasked);
        EXPECT_THAT(get(path).text, Not(HasSubstr(kToken)));
        EXPECT_THAT(get("/contacts").text, AllOf(Not(HasSubstr(kToken)), HasSubstr(kMasked)));
    }
}

TEST_F(WebhookUrls, StayWhenAnotherFieldChangesAndAreSealedAnewWhenTheyChange)
{
    seal();
    const auto path = "/contacts/" + made("/contacts", webhook("chat"));
    EXPECT_EQ(patch(path, {{"name", "chat 2"}}).body["url"], kUrl);
    EXPECT_EQ(get(path).body["url"], kUrl);
    EXPECT_EQ(patch(path, {{"url", "https://other.example.com/xoxb-tok-2"}}).status, 200);
    EXPECT_EQ(get(path).body["url"], "https://other.example.com/xoxb-tok-2");
    EXPECT_EQ(put(path, webhook("chat 3")).body["url"], kUrl);
    EXPECT_THAT(at_rest(), Not(HasSubstr(kToken)));
}

TEST_F(WebhookUrls, ThatAreMaskedAreRefusedByName)
{
    seal();
    const auto path = "/contacts/" + made("/contacts", webhook("chat"));
    const auto by_patch = patch(path, {{"url", kMasked}});
    EXPECT_EQ(by_patch.status, 422);
    EXPECT_THAT(by_patch.errors(), ElementsAre(HasSubstr("/url: is masked")));
    EXPECT_THAT(put(path, webhook("chat", kMasked)).errors(), ElementsAre(HasSubstr("/url: is masked")));
    EXPECT_THAT(post("/contacts", webhook("new", kMasked)).errors(), ElementsAre(HasSubstr("/url: is masked")));
    EXPECT_EQ(get(path).body["url"], kUrl);
}

TEST_F(WebhookUrls, OfNoUseAreRefusedWithoutBeingRepeated)
{
    for (const auto* const bad : {"ftp://hooks.example.com/xoxb-tok", "https://a:xoxb-tok@hooks.example.com/",
                                  "https://hooks.example.com/#xoxb-tok", "https://hooks.example.com/ xoxb-tok",
                                  "http://hooks.example.com/xoxb-tok", "https:xoxb-tok"}) {
        const auto answered = post("/contacts", webhook("chat", bad));
        EXPECT_EQ(answered.status, 422) << bad;
        EXPECT_THAT(answered.text, Not(HasSubstr(kToken))) << bad;
    }
}

TEST_F(WebhookUrls, UnderAnotherKeyAreMaskedKeptAndCanBeSetAnew)
{
    seal();
    const auto path = "/contacts/" + made("/contacts", webhook("chat"));
    const auto before = sql("select encode(sealed_url, 'hex') from contacts");
    const crypto::Sealer other(std::string(32, 'o'));
    const auto sealed = other.seal(kUrl, "contact-url:x");
    std::string hex;
    for (const char c : sealed) {
        constexpr auto kDigits = "0123456789abcdef";
        hex += kDigits[static_cast<unsigned char>(c) >> 4U];
        hex += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    sql("update contacts set sealed_url = decode('" + hex + "', 'hex')");
    EXPECT_EQ(get(path).body["url"], kMasked);
    EXPECT_EQ(patch(path, {{"enabled", false}}).status, 200) << "who cannot read it can still switch it off";
    EXPECT_EQ(sql("select encode(sealed_url, 'hex') from contacts"), hex);
    EXPECT_EQ(sql("select url from contacts"), "https://hooks.example.com:8443");
    EXPECT_EQ(patch(path, {{"url", kUrl}}).body["url"], kUrl);
    EXPECT_NE(sql("select encode(sealed_url, 'hex') from contacts"), hex);
    EXPECT_NE(sql("select encode(sealed_url, 'hex') from contacts"), before);
}

TEST_F(WebhookUrls, ThatWereStoredWholeAreSealedInSteps)
{
    for (const auto& tenant : {ours_.str(), theirs_.str()}) {
        sql("insert into contacts (tenant_id, contact_id, name, type, url) select '" + tenant +
            "', gen_random_uuid(), 'c' || n, 'webhook', 'https://Hooks.example.com/xoxb-tok/' || n from "
            "generate_series(1, 130) n");
    }
    sql("insert into contacts (tenant_id, contact_id, name, type, address) values ('" + ours_.str() +
        "', gen_random_uuid(), 'mail', 'email', 'ops@example.org')");
    const auto receivers = sql("select string_agg(distinct receiver, ' ') from contacts");
    EXPECT_THAT(get("/contacts?limit=1").text, HasSubstr(kToken)) << "an admin sees them before, too";
    EXPECT_EQ(seal(), 260U);
    EXPECT_EQ(seal(), 0U);
    EXPECT_THAT(at_rest(), Not(HasSubstr(kToken)));
    EXPECT_EQ(sql("select string_agg(distinct receiver, ' ') from contacts"), receivers);
    EXPECT_THAT(get("/contacts?limit=1").text, HasSubstr("https://Hooks.example.com/xoxb-tok/"));
    EXPECT_EQ(sql("select min(version) || ' ' || max(version) from contacts"), "1 1") << "nobody has changed them";
}

TEST_F(WebhookUrls, AreLeftWholeWhileAProgramThatCannotOpenThemMayBeAtWork)
{
    sql("update schema_migrations set compatible = true where name = '0026_sealed_urls'");  // as in a database of then
    const auto path = "/contacts/" + made("/contacts", webhook("chat"));
    const auto stays = [&] {
        EXPECT_EQ(seal(), 0U);
        EXPECT_EQ(patch(path, {{"enabled", true}}).body["url"], kUrl);
        EXPECT_EQ(sql("select url from contacts"), kUrl) << "the old program calls what it reads here";
        EXPECT_EQ(is_compatible(), "t");
        become(viewer_, access::Role::viewer);
        EXPECT_EQ(get(path).body["url"], kMasked);
        become(admin_, access::Role::admin);
    };
    a_stream("true", "null");
    a_stream("false", "null");
    stays();
    sql("update journal_streams set ended_at = now() - interval '4 minutes' where not opens_urls");
    stays();
    sql("update journal_streams set ended_at = now() - interval '6 minutes' where not opens_urls");
    EXPECT_EQ(seal(), 1U);
    EXPECT_THAT(at_rest(), Not(HasSubstr(kToken)));
    EXPECT_EQ(is_compatible(), "f") << "and so it does not start any more";
    EXPECT_EQ(get(path).body["url"], kUrl);
}

TEST_F(WebhookUrls, AreNotSealedByWhoMayNot)
{
    for (const auto& conninfo : {database_.api, database_.provider}) {
        pqxx::connection connection(conninfo);
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("select begin_sealing_urls()"), pqxx::insufficient_privilege);
    }
}

}  // namespace
}  // namespace winnow::test
