/// What the provider announces: who sees it, who is owed a mail, who has read it, and how long it stays.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/provider/provider_announcements.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/messages/announcement_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <functional>
#include <future>
#include <memory>
#include <utility>

namespace winnow::pg {
namespace {

using domain::AnnouncementKind;
using ports::NewAnnouncement;
using ports::SeenAnnouncement;
using testing::ElementsAre;
using testing::IsEmpty;

class AnnouncementsTest : public PgTest {
protected:
    static NewAnnouncement about(const std::string& title, std::optional<std::vector<TenantId>> tenants = {})
    {
        NewAnnouncement made;
        made.announcement.id = AnnouncementId(new_uuid());
        made.announcement.kind = AnnouncementKind::incident;
        made.announcement.title = title;
        made.announcement.text = "All of it.";
        made.announcement.starts_at = *parse_rfc3339("2026-11-28T08:20:00.123Z");
        made.tenants = std::move(tenants);
        return made;
    }
    AnnouncementId publish(const NewAnnouncement& made)
    {
        const auto published = provider_->publish(made, {});
        EXPECT_TRUE(published) << published.error().message();
        return made.announcement.id;
    }

    Result<Done> in(TenantId tenant, std::function<Result<Done>(ports::AnnouncementStore&)> work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return work(session.announcements()); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }
    std::vector<SeenAnnouncement> seen(TenantId tenant, std::optional<AnnouncementId> after = {},
                                       std::size_t limit = 10)
    {
        std::vector<SeenAnnouncement> page;
        const auto done = in(tenant, [&](ports::AnnouncementStore& store) -> Result<Done> {
            auto found = store.page(admin_of(tenant), after, limit);
            if (!found) return found.error();
            page = *std::move(found);
            return Done{};
        });
        EXPECT_TRUE(done) << done.error().message();
        return page;
    }
    std::vector<std::string> titles(TenantId tenant, std::optional<AnnouncementId> after = {}, std::size_t limit = 10)
    {
        std::vector<std::string> all;
        for (const auto& each : seen(tenant, after, limit)) all.push_back(each.announcement.title);
        return all;
    }
    UserId admin_of(TenantId tenant)
    {
        return *UserId::parse(text("select user_id from users where tenant_id = '" + tenant.str() + "' limit 1"));
    }

    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::ProviderAnnouncements> provider_ = make_provider_announcements(as(database_.provider));
    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
};

TEST_F(AnnouncementsTest, AreSeenByThoseTheyAreForTheNewestFirst)
{
    const auto first = publish(about("for all"));
    const auto second = publish(about("for one", std::vector{a_}));
    EXPECT_THAT(titles(a_), ElementsAre("for one", "for all"));
    EXPECT_THAT(titles(b_), ElementsAre("for all"));
    EXPECT_THAT(titles(a_, second), ElementsAre("for all"));
    EXPECT_THAT(titles(a_, {}, 1), ElementsAre("for one"));
    EXPECT_THAT(titles(a_, first), IsEmpty());
    EXPECT_THAT(titles(new_tenant()), ElementsAre("for all")) << "who comes later is told of it, too";
    const auto found = seen(a_).front().announcement;
    EXPECT_EQ(found.id, second);
    EXPECT_EQ(found.kind, AnnouncementKind::incident);
    EXPECT_EQ(found.text, "All of it.");
    EXPECT_EQ(found.starts_at, parse_rfc3339("2026-11-28T08:20:00.123Z"));
    EXPECT_EQ(found.ends_at, std::nullopt);
}

TEST_F(AnnouncementsTest, OfOthersAreNotThere)
{
    const auto id = publish(about("for one", std::vector{a_}));
    for (const auto& each : {id, AnnouncementId(new_uuid())}) {
        const auto done = in(b_, [&](ports::AnnouncementStore& store) -> Result<Done> {
            if (const auto marked = store.mark_read(admin_of(b_), each); !marked) return marked;
            const auto found = store.find(admin_of(b_), each);
            if (!found) return found.error();
            return Done{};
        });
        EXPECT_EQ(done.error().code(), ErrorCode::not_found);
    }
    EXPECT_EQ(number("select count(*) from announcement_reads"), 0);
}

TEST_F(AnnouncementsTest, OweEachActiveAdminOfThoseTenantsAMail)
{
    sql("insert into users (tenant_id, user_id, email, name, role, state, locale) values ('" + a_.str() +
        "', gen_random_uuid(), 'second@example.org', 'S', 'admin', 'active', 'ja'), ('" + a_.str() +
        "', gen_random_uuid(), 'viewer@example.org', 'V', 'viewer', 'active', 'en'), ('" + a_.str() +
        "', gen_random_uuid(), 'gone@example.org', 'G', 'admin', 'disabled', 'en')");
    publish(about("Storage fails", std::vector{a_}));
    EXPECT_EQ(
        text("select string_agg(receiver || ' ' || locale || ' ' || kind || ' ' || about, ', ' order by receiver) "
             "from server_mails"),
        "admin@example.org en announced_incident Storage fails, "
        "second@example.org ja announced_incident Storage fails");
    EXPECT_EQ(number("select count(distinct tenant_id) from server_mails"), 1);
    publish(about("For all"));
    EXPECT_EQ(number("select count(*) from server_mails where tenant_id = '" + b_.str() + "'"), 1);
}

TEST_F(AnnouncementsTest, AreReadByEachPersonOnceAndTheProviderSeesHowMany)
{
    const auto id = publish(about("for all"));
    const auto mark = [&](TenantId tenant) {
        return in(tenant, [&](ports::AnnouncementStore& store) { return store.mark_read(admin_of(tenant), id); });
    };
    EXPECT_EQ(seen(a_).front().read_at, std::nullopt);
    ASSERT_TRUE(mark(a_));
    const auto when = seen(a_).front().read_at;
    EXPECT_TRUE(when);
    ASSERT_TRUE(mark(a_));
    EXPECT_EQ(seen(a_).front().read_at, when) << "the first time stays";
    EXPECT_EQ(seen(b_).front().read_at, std::nullopt) << "nobody has read it for others";
    ASSERT_TRUE(mark(b_));
    EXPECT_EQ(provider_->find(id)->read_by, 2);
}

TEST_F(AnnouncementsTest, AreWithdrawnOnceAndStayToBeRead)
{
    const auto id = publish(about("wrong"));
    EXPECT_TRUE(provider_->withdraw(id, {})->announcement.withdrawn_at);
    EXPECT_EQ(provider_->withdraw(id, {}).error().code(), ErrorCode::conflict);
    EXPECT_EQ(provider_->withdraw(AnnouncementId(new_uuid()), {}).error().code(), ErrorCode::not_found);
    EXPECT_TRUE(seen(a_).front().announcement.withdrawn_at);
    EXPECT_EQ(text("select string_agg(act, ' ' order by seq) from audit where act like 'announcement%'"),
              "announcement.publish announcement.withdraw");
}

TEST_F(AnnouncementsTest, ForTenantsThatAreNotThereLeaveNothing)
{
    const auto refused = provider_->publish(about("for nobody", std::vector{a_, TenantId(new_uuid())}), {});
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().fields().front().pointer, "/tenant_ids");
    EXPECT_EQ(number("select count(*) from announcements"), 0);
    EXPECT_EQ(number("select count(*) from server_mails"), 0);
}

TEST_F(AnnouncementsTest, AreListedForTheProviderWithTheirTenants)
{
    publish(about("for all"));
    const auto second = publish(about("for one", std::vector{b_}));
    const auto page = provider_->page({}, 10).value();
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].tenants, std::vector{b_});
    EXPECT_EQ(page[1].tenants, std::nullopt);
    EXPECT_EQ(provider_->page(second, 10)->size(), 1U);
}

TEST_F(AnnouncementsTest, AreForgottenAfterFourHundredDaysWithWhoHasReadThem)
{
    const auto id = publish(about("old", std::vector{a_}));
    ASSERT_TRUE(in(a_, [&](ports::AnnouncementStore& store) { return store.mark_read(admin_of(a_), id); }));
    publish(about("new", std::vector{a_}));
    const auto one = "announcement_id = '" + id.str() + "'";
    sql("update announcements set published_at = now() - interval '401 days' where " + one);
    sql("update announcement_targets set made_at = now() - interval '401 days' where " + one);
    sql("update announcement_reads set read_at = now() - interval '401 days' where " + one);
    EXPECT_EQ(do_chore("forget_announcements"), 3U);
    EXPECT_THAT(titles(a_), ElementsAre("new"));
}

}  // namespace
}  // namespace winnow::pg
