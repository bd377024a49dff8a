/// Access logs as the database keeps them: who writes and sees what, in which order, and what goes when.

#include "winnow/ports/access/access_log.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/domain/retention.hpp"
#include "winnow/pg/access_records.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/transaction>

#include <functional>
#include <future>
#include <memory>
#include <optional>

namespace winnow::pg {
namespace {

using ports::AccessEntry;
using testing::ElementsAre;
using testing::IsEmpty;

class AccessLogTest : public PgTest {
protected:
    AccessLogTest() { EXPECT_TRUE(records_->prepare()); }

    static Timestamp now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

    static AccessEntry entry(const std::string& object, int status = 200)
    {
        return {.at = now(),
                .id = new_uuid(),
                .actor = "user:0199c0de-0000-7000-8000-000000000002",
                .means = "user_key",
                .role = "admin",
                .address = "192.0.2.1",
                .method = "GET",
                .route = "/api/v1/tickets/{id}",
                .object = object,
                .status = status,
                .bytes = 12,
                .request_id = "r"};
    }

    std::future<Result<Done>> store(TenantId tenant, AccessEntry entry, std::size_t held = 0)
    {
        auto done = std::make_shared<std::promise<Result<Done>>>();
        auto told = done->get_future();
        records_->store({.tenant = tenant, .entry = std::move(entry)}, held,
                        [done](Result<Done> stored) { done->set_value(std::move(stored)); });
        return told;
    }

    Result<Done> in_tenant(TenantId tenant, std::function<Result<Done>(ports::AccessLog&)> work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return work(session.access_log()); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }

    std::vector<AccessEntry> page(TenantId tenant, const ports::AccessFilter& filter = {},
                                  const std::optional<ports::AccessPlace>& after = {}, std::size_t limit = 100)
    {
        std::vector<AccessEntry> found;
        const auto done = in_tenant(tenant, [&](ports::AccessLog& log) -> Result<Done> {
            auto read = log.page(filter, after, limit);
            if (!read) return read.error();
            found = *std::move(read);
            return Done{};
        });
        EXPECT_TRUE(done) << done.error().message();
        return found;
    }

    std::vector<std::string> objects(TenantId tenant, const ports::AccessFilter& filter = {})
    {
        std::vector<std::string> names;
        for (const auto& each : page(tenant, filter)) names.push_back(each.object);
        return names;
    }

    /// So many rows of a tenant, `days` and an hour old, in partitions that are made for them.
    void old(TenantId tenant, int days, int count = 1)
    {
        const auto at = "(now() - interval '" + std::to_string(days) + " days 1 hour')";
        sql("select make_access_partitions((" + at + " at time zone 'UTC')::date, 1)");
        sql("insert into access_log (tenant_id, at, object) select '" + tenant.str() + "', " + at + ", '" +
            std::to_string(days) + "' from generate_series(1, " + std::to_string(count) + ")");
    }
    void keep(TenantId tenant, int days)
    {
        sql("update tenant_settings set retention_days = jsonb_build_object('access_log', " + std::to_string(days) +
            ") where tenant_id = '" + tenant.str() + "'");
    }

    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::AccessRecords> records_ = make_access_records(pipeline());
};

TEST_F(AccessLogTest, AnEntryThatStandsThereAlreadyStopsNobodyElsesThatComesWithIt)
{
    const auto ours = new_tenant();
    const auto theirs = new_tenant();
    auto before = entry("in doubt");
    ASSERT_TRUE(store(ours, before).get());
    before.status = 503;
    pqxx::connection connection(database_.superuser);
    pqxx::transaction<> table(connection);
    table.exec("lock table access_log in exclusive mode");  // until all wait: they come together
    auto first = store(theirs, entry("first"));
    ASSERT_TRUE(eventually([&] { return number("select count(*) from pg_locks where not granted") > 0; }));
    auto again = store(ours, before);
    auto beside = store(theirs, entry("beside"));
    table.commit();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(again.get());
    EXPECT_TRUE(beside.get());
    EXPECT_THAT(objects(ours), ElementsAre("in doubt"));
    EXPECT_EQ(page(ours).front().status, 200);
    EXPECT_EQ(objects(theirs).size(), 2U);
}

TEST_F(AccessLogTest, WhatIsToldToBeStoredIsThereForItsTenantAlone)
{
    auto written = entry("a ticket", 404);
    written.key = new_uuid();
    written.code = "not_found";
    ASSERT_TRUE(store(a_, written).get());
    const auto found = page(a_);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].at, written.at);
    EXPECT_EQ(found[0].id, written.id);
    EXPECT_EQ(found[0].actor, written.actor);
    EXPECT_EQ(found[0].means, "user_key");
    EXPECT_EQ(found[0].key, written.key);
    EXPECT_EQ(found[0].role, "admin");
    EXPECT_EQ(found[0].address, "192.0.2.1");
    EXPECT_EQ(found[0].method, "GET");
    EXPECT_EQ(found[0].route, "/api/v1/tickets/{id}");
    EXPECT_EQ(found[0].object, "a ticket");
    EXPECT_EQ(found[0].status, 404);
    EXPECT_EQ(found[0].code, "not_found");
    EXPECT_EQ(found[0].bytes, 12);
    EXPECT_EQ(found[0].request_id, "r");
    EXPECT_EQ(found[0].times, 1);
    EXPECT_EQ(found[0].until, std::nullopt);
    EXPECT_THAT(page(b_), IsEmpty());
}

TEST_F(AccessLogTest, ManyThatComeTogetherAreAllThere)
{
    std::vector<std::future<Result<Done>>> told;
    for (int i = 0; i < 1'200; ++i) told.push_back(store(i % 2 == 0 ? a_ : b_, entry("o")));
    for (auto& each : told) EXPECT_TRUE(each.get());
    EXPECT_EQ(number("select count(*) from access_log where tenant_id = '" + a_.str() + "'"), 600);
    EXPECT_EQ(number("select count(*) from access_log"), 1'200);
    EXPECT_LT(number("select count(distinct xmin::text) from access_log"), 1'200) << "and some share a transaction";
}

TEST_F(AccessLogTest, WhateverACallerSentFits)
{
    auto hostile = entry(std::string("\xFF nul \0 \x1B[31m", 13) + std::string(5'000, 'x'));
    hostile.method = std::string(500, 'M');
    hostile.request_id = "\xC3\x28 {\"\\'";
    hostile.address = std::string(300, '1');
    auto other = store(b_, entry("of another"));
    EXPECT_TRUE(store(a_, hostile).get());
    EXPECT_TRUE(other.get());
    const auto found = page(a_);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_LE(found[0].object.size(), 400U);
    EXPECT_EQ(found[0].method.size(), 32U);
}

TEST_F(AccessLogTest, ATransactionsOwnEntryStandsAndFallsWithIt)
{
    EXPECT_TRUE(in_tenant(a_, [&](ports::AccessLog& log) { return log.add(entry("done")); }));
    EXPECT_FALSE(in_tenant(a_, [&](ports::AccessLog& log) -> Result<Done> {
        EXPECT_TRUE(log.add(entry("undone")));
        return Error(ErrorCode::conflict, "undone");
    }));
    EXPECT_THAT(objects(a_), ElementsAre("done"));
}

TEST_F(AccessLogTest, PagesGoFromTheNewestToTheOldestAndLoseNoneOfTheSameMoment)
{
    const auto at = now();
    for (int i = 0; i < 5; ++i) {
        auto each = entry(std::to_string(i));
        each.at = at;
        ASSERT_TRUE(store(a_, each).get());
    }
    std::vector<std::string> seen;
    std::optional<ports::AccessPlace> after;
    while (true) {
        const auto next = page(a_, {}, after, 2);
        for (const auto& each : next) seen.push_back(each.object);
        if (next.size() < 2) break;
        after = ports::AccessPlace{.at = next.back().at, .id = next.back().id};
    }
    EXPECT_THAT(seen, ElementsAre("4", "3", "2", "1", "0"));
}

TEST_F(AccessLogTest, EachFilterFindsItsOwn)
{
    auto other = entry("other", 403);
    other.actor = "integration:0199c0de-0000-7000-8000-000000000003";
    other.address = "2001:db8::1";
    other.at = now() - std::chrono::hours{1};
    ASSERT_TRUE(store(a_, entry("one")).get());
    ASSERT_TRUE(store(a_, other).get());
    EXPECT_THAT(objects(a_, {.actor = other.actor}), ElementsAre("other"));
    EXPECT_THAT(objects(a_, {.address = "2001:db8::1"}), ElementsAre("other"));
    EXPECT_THAT(objects(a_, {.object = "one"}), ElementsAre("one"));
    EXPECT_THAT(objects(a_, {.status = 403}), ElementsAre("other"));
    EXPECT_THAT(objects(a_, {.to = other.at}), IsEmpty());
    EXPECT_THAT(objects(a_, {.from = other.at, .to = other.at + std::chrono::milliseconds{1}}), ElementsAre("other"));
    EXPECT_THAT(objects(a_, {.from = other.at + std::chrono::milliseconds{1}}), ElementsAre("one"));
}

TEST_F(AccessLogTest, BeyondWhatMayWaitACallIsToldAtOnce)
{
    pqxx::connection connection(database_.superuser);
    std::optional<pqxx::work> somebody(std::in_place, connection);
    somebody->exec("lock table access_log in access exclusive mode");
    records_ = make_access_records(pipeline(), {.waiting = 3, .waiting_bytes = 100});
    auto first = store(a_, entry("first"), 1'000);  // one may always wait
    // It is under way, or waits; from here on those that wait are counted.
    ASSERT_TRUE(eventually([&] {
        return number("select count(*) from pg_locks where relation = 'access_log'::regclass and not granted") == 1;
    }));
    auto second = store(a_, entry("second"), 60);
    auto third = store(a_, entry("third"), 40);
    const auto by_bytes = store(a_, entry("too many bytes"), 1).get();
    ASSERT_FALSE(by_bytes);
    EXPECT_EQ(by_bytes.error().code(), ErrorCode::unavailable);
    auto fourth = store(a_, entry("fourth"), 0);
    EXPECT_FALSE(store(a_, entry("too many"), 0).get());
    somebody.reset();
    for (auto* const each : {&first, &second, &third, &fourth}) EXPECT_TRUE(each->get());
    EXPECT_THAT(objects(a_), ElementsAre("fourth", "third", "second", "first"));
}

TEST_F(AccessLogTest, WhatCannotBeStoredIsSaidOfEachAndTheNextOnesPass)
{
    sql("revoke insert on access_log from winnow_pipeline");
    EXPECT_FALSE(store(a_, entry("lost")).get());
    sql("grant insert on access_log to winnow_pipeline");
    EXPECT_TRUE(store(a_, entry("kept")).get());
    EXPECT_THAT(objects(a_), ElementsAre("kept"));
}

TEST_F(AccessLogTest, AMonthThatNobodyHasMadeIsMade)
{
    auto late = entry("late");
    late.at = now() + std::chrono::days{200};
    EXPECT_TRUE(store(a_, late).get());
    EXPECT_THAT(objects(a_), ElementsAre("late"));
}

TEST_F(AccessLogTest, ARefusedKeyIsToldToTheTenantThatHadIt)
{
    const auto refused = make_refused_access_store(pipeline());
    auto summed = entry("", 401);
    summed.actor.clear();
    summed.means.clear();
    summed.times = 7;
    summed.until = summed.at + std::chrono::milliseconds{5};
    sql("update api_keys set revoked_at = now() where tenant_id = '" + a_.str() + "'");
    std::string hash(31, 'k');
    hash += static_cast<char>(1);  // of the first tenant's admin (new_tenant())
    ASSERT_TRUE(refused->store({{.tenant = b_, .entry = entry("forbidden", 403)}},
                               {{.hash = hash, .entry = summed}, {.hash = std::string(32, '?'), .entry = summed}}));
    const auto found = page(a_);
    ASSERT_EQ(found.size(), 1U) << "and nothing of a key that nobody had";
    EXPECT_TRUE(found[0].actor.starts_with("user:"));
    EXPECT_EQ(found[0].means, "user_key");
    EXPECT_EQ(found[0].times, 7);
    EXPECT_EQ(found[0].until, summed.until);
    EXPECT_EQ(found[0].status, 401);
    EXPECT_THAT(objects(b_), ElementsAre("forbidden"));
}

TEST_F(AccessLogTest, IsShownAndKeptForAsLongAsTheTenantKeepsIt)
{
    keep(a_, 30);
    for (const int days : {29, 30, 100}) {
        old(a_, days);
        old(b_, days);
    }
    EXPECT_THAT(objects(a_), ElementsAre("29")) << "before anything was forgotten";
    EXPECT_EQ(do_chore("forget_access"), 2U);
    EXPECT_THAT(objects(b_), ElementsAre("29", "30", "100"));
    EXPECT_EQ(number("select count(*) from access_log"), 4);
    EXPECT_EQ(do_chore("forget_access"), 0U);
}

TEST_F(AccessLogTest, ForgettingGoesOnWhereAStepWasFull)
{
    keep(a_, 10);
    old(a_, 50, 2'001);
    old(a_, 90, 3'000);
    old(a_, 9);
    EXPECT_EQ(do_chore("forget_access"), 5'001U);
    EXPECT_THAT(objects(a_), ElementsAre("9"));
}

TEST_F(AccessLogTest, MonthsAreMadeAheadAndGoWhenNobodyKeepsThem)
{
    old(a_, 500);
    old(a_, 300);
    EXPECT_EQ(do_chore("make_access_partitions"), 0U);
    EXPECT_EQ(do_chore("drop_access_partitions"), 1U);
    EXPECT_EQ(do_chore("drop_access_partitions"), 0U);
    EXPECT_EQ(number("select count(*) from pg_inherits where inhparent = 'access_log'::regclass"), 4 + 1);
    keep(b_, 30);
    EXPECT_EQ(do_chore("drop_access_partitions"), 0U) << "the other tenant keeps it";
    keep(a_, 30);
    EXPECT_EQ(do_chore("drop_access_partitions"), 1U);
}

TEST_F(AccessLogTest, IsForgottenWhateverStandsInOneTenantsSettings)
{
    sql("alter table tenant_settings drop constraint tenant_settings_retention_days_are_days");
    for (const std::string days : {"\"x\"", "1.5", "1e12", "-100000", "0", "null", "[1]", "{}"}) {
        sql("update tenant_settings set retention_days = '{\"access_log\": " + days + "}' where tenant_id = '" +
            b_.str() + "'");
        keep(a_, 10);
        old(a_, 50);
        old(b_, 50);
        EXPECT_EQ(do_chore("forget_access"), 1U) << days;
        EXPECT_THAT(objects(b_), ElementsAre("50")) << days << ": as is usual";
        EXPECT_EQ(do_chore("drop_access_partitions"), 0U) << days;
        sql("delete from access_log");
    }
}

TEST_F(AccessLogTest, SettingsTakeDaysAndNothingElse)
{
    const std::string change = "update tenant_settings set retention_days = '{\"access_log\": ";
    for (const std::string days : {"\"x\"", "1.5", "1e12", "-1", "0", "null", "[1]", "{}", "3651"}) {
        EXPECT_THROW(sql(change + days + "}'"), pqxx::sql_error) << days;
    }
    EXPECT_NO_THROW(sql(change + "3650}'"));
}

TEST_F(AccessLogTest, NobodyWhoServesChangesOrDeletesAnEntry)
{
    ASSERT_TRUE(store(a_, entry("kept")).get());
    for (const auto& conninfo : {database_.api, database_.pipeline, database_.provider}) {
        pqxx::connection connection(conninfo);
        for (const std::string statement : {"update access_log set object = 'changed'", "delete from access_log",
                                            "truncate access_log", "drop table access_log"}) {
            pqxx::nontransaction tx(connection);
            EXPECT_THROW(tx.exec(statement), pqxx::sql_error) << statement;
        }
    }
    EXPECT_THAT(objects(a_), ElementsAre("kept"));
}

}  // namespace
}  // namespace winnow::pg
