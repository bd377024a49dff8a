/// @file
/// Alerts and statistics are each tenant's for as long as that tenant keeps them, whatever the others do.

#include "retention_fixture.hpp"
#include "winnow/pg/backtest_jobs.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/alert_archive.hpp"
#include "winnow/ports/backtest_jobs.hpp"
#include "winnow/ports/noise_store.hpp"

#include <pqxx/except>

#include <algorithm>
#include <functional>
#include <future>
#include <utility>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using domain::Kept;
using testing::ElementsAre;
using testing::IsEmpty;

class OwnRetention : public RetentionTest {
protected:
    OwnRetention() { sql("select make_day_partitions((now() at time zone 'UTC')::date - 45, 47)"); }

    void keep_alerts(TenantId tenant, int days)
    {
        sql("update tenant_settings set journal_retention_days = " + std::to_string(days) + " where tenant_id = '" +
            tenant.str() + "'");
    }
    /// `count` rows, from sequence `seq` on.
    void alerts(TenantId tenant, int days_ago, int seq, bool judged = true, int count = 1)
    {
        sql("with made as (insert into journal select '" + tenant.str() + "', date_trunc('milliseconds', " +
            ago(days_ago) + "), 7, " + std::to_string(seq) + " + n - 1, 1, 'alerts' from generate_series(1, " +
            std::to_string(count) +
            ") n returning *) insert into verdicts select tenant_id, received_at, stream, seq, " +
            "'verdicts' from made where " + (judged ? "true" : "false"));
    }
    [[nodiscard]] std::string left(const std::string& table, TenantId tenant)
    {
        return names("seq::text", table + " where tenant_id = '" + tenant.str() + "'");
    }
    [[nodiscard]] domain::RowPosition position(TenantId tenant, int seq)
    {
        const auto ms =
            number("select (extract(epoch from received_at) * 1000)::int8 from journal where tenant_id = '" +
                   tenant.str() + "' and seq = " + std::to_string(seq));
        return {.received_at = Timestamp(std::chrono::milliseconds(ms)),
                .stream = 7,
                .seq = static_cast<std::uint64_t>(seq)};
    }

    /// As its users see it.
    void in(TenantId tenant, const std::function<void(ports::TenantSession&)>& work,
            std::chrono::days provider = std::chrono::days{3'650})
    {
        auto options = as(database_.api);
        options.max_retention = provider;
        const auto database = make_tenant_database(options, database_.pipeline);
        std::promise<Result<Done>> promise;
        database->submit(
            tenant,
            [&](ports::TenantSession& session) -> Result<Done> {
                work(session);
                return Done{};
            },
            [&](Result<Done> done) { promise.set_value(std::move(done)); });
        EXPECT_TRUE(promise.get_future().get());
    }
    /// All of it, page by page: an answer may end early.
    [[nodiscard]] std::vector<std::uint64_t> shown(TenantId tenant, const ports::ArchiveRange& range = {},
                                                   std::chrono::days provider = std::chrono::days{3'650})
    {
        std::vector<std::uint64_t> seqs;
        in(
            tenant,
            [&](ports::TenantSession& session) {
                auto rest = range;
                for (bool more = true; more;) {
                    const auto rows = session.alerts().rows(rest, 100);
                    ASSERT_TRUE(rows) << rows.error().message();
                    for (const auto& row : *rows) seqs.push_back(row.position.seq);
                    more = !rows->empty();
                    if (more) rest.received_until = rows->back().position.received_at;
                }
            },
            provider);
        return seqs;
    }
    static constexpr int kLong = 3'650;
};

TEST_F(OwnRetention, AlertsGoWhenTheirTenantLetsGoAndNotWhenEverybodyHas)
{
    keep_alerts(tenant_, kLong);
    keep_alerts(other_, 1);
    alerts(tenant_, 39, 1);
    for (const int seq : {2, 3}) alerts(other_, seq == 2 ? 39 : 1, seq);
    alerts(other_, 0, 4);
    EXPECT_EQ(do_chore("forget_alerts"), 2U);
    for (const std::string table : {"journal", "verdicts"}) {
        EXPECT_EQ(left(table, other_), "4") << table;
        EXPECT_EQ(left(table, tenant_), "1") << table;
    }
    alerts(other_, 1, 5);  // the chore goes on from where it was
    EXPECT_EQ(do_chore("forget_alerts"), 0U) << "nothing is received in the past";
    sql("truncate alerts_forgotten");
    EXPECT_EQ(do_chore("forget_alerts"), 1U);
    keep_alerts(tenant_, 10);
    keep_alerts(other_, 20);
    EXPECT_EQ(do_chore("forget_alerts"), 1U) << "a tenant that kept them longest does so no longer";
    EXPECT_EQ(left("journal", tenant_), "");
}

TEST_F(OwnRetention, WhoKeepsAlertsLongestLosesThemByWholeDays)
{
    keep_alerts(tenant_, 20);
    keep_alerts(other_, 20);
    alerts(tenant_, 39, 1);
    EXPECT_EQ(do_chore("forget_alerts"), 0U);
    EXPECT_GT(do_chore("drop_partitions"), 0U);
    EXPECT_EQ(left("journal", tenant_), "");
}

TEST_F(OwnRetention, TheProvidersLimitHoldsForAlertsToo)
{
    keep_alerts(tenant_, kLong);
    keep_alerts(other_, 5);
    alerts(tenant_, 39, 1);
    alerts(other_, 39, 2);
    alerts(other_, 6, 3);
    const auto chores = make_chores(pipeline(), {.max_retention = std::chrono::days{5}});
    for (std::size_t i = 0; i < chores->list().size(); ++i) {
        if (chores->list()[i].name == "forget_alerts")
            EXPECT_EQ(chores->step(i)->rows, 0U) << "all keep them equally long";
    }
    EXPECT_THAT(shown(tenant_, {}, std::chrono::days{5}), IsEmpty());
    EXPECT_THAT(shown(tenant_), ElementsAre(1U));
}

TEST_F(OwnRetention, AnAlertThatNobodyWasToldOfYetStays)
{
    keep_alerts(tenant_, kLong);
    keep_alerts(other_, 1);
    alerts(other_, 39, 1, false);
    alerts(other_, 39, 2);
    EXPECT_EQ(do_chore("forget_alerts"), 1U);
    EXPECT_EQ(left("journal", other_), "1");
}

TEST_F(OwnRetention, ForgettingAlertsTakesBoundedSteps)
{
    keep_alerts(tenant_, kLong);
    keep_alerts(other_, 1);
    alerts(other_, 5, 1, true, 1'200);
    const auto chores = make_chores(pipeline());
    const auto found = std::ranges::find(chores->list(), "forget_alerts", &ports::Chore::name);
    const auto chore = static_cast<std::size_t>(found - chores->list().begin());
    std::size_t gone = 0;
    int steps = 0;
    for (bool more = true; more; ++steps) {
        const auto step = chores->step(chore);
        ASSERT_TRUE(step) << step.error().message();
        EXPECT_LE(step->rows, 500U);
        gone += step->rows;
        more = step->more;
    }
    EXPECT_EQ(gone, 1'200U);
    EXPECT_EQ(steps, 3) << "500, 500 and 200";
    EXPECT_EQ(left("journal", other_), "");
}

TEST_F(OwnRetention, NoServingRoleDeletesAlertsButByTheirRetention)
{
    alerts(other_, 0, 1);
    for (const auto& role : {database_.pipeline, database_.api, database_.provider}) {
        pqxx::connection connection(role);
        EXPECT_THROW(pqxx::nontransaction(connection).exec("delete from journal"), pqxx::insufficient_privilege);
        EXPECT_THROW(pqxx::nontransaction(connection).exec("delete from verdicts"), pqxx::insufficient_privilege);
        EXPECT_THROW(pqxx::nontransaction(connection).exec("select from alerts_forgotten"),
                     pqxx::insufficient_privilege);
    }
    for (const auto& role : {database_.api, database_.provider}) {
        pqxx::connection connection(role);
        EXPECT_THROW(
            pqxx::nontransaction(connection)
                .exec("select forget_alerts(1, 90, 90, $$" + Uuid().str() + "$$, $$" + Uuid().str() + "$$, '{}')"),
            pqxx::insufficient_privilege);
    }
}

TEST_F(OwnRetention, WhatATenantNoLongerKeepsIsShownToNobodyFromThatMomentOn)
{
    keep_alerts(tenant_, kLong);
    alerts(tenant_, 39, 1);
    alerts(other_, 39, 2);
    alerts(other_, 0, 3);
    EXPECT_THAT(shown(other_), ElementsAre(3U, 2U)) << "90 days are usual";
    const auto old = position(other_, 2);
    keep_alerts(other_, 1);
    EXPECT_THAT(shown(other_), ElementsAre(3U)) << "although it is there";
    ports::ArchiveRange from_then;
    from_then.received_from = old.received_at;
    EXPECT_THAT(shown(other_, from_then), ElementsAre(3U)) << "whoever asks for it";
    ports::ArchiveRange before_then;
    before_then.not_after = old;
    EXPECT_THAT(shown(other_, before_then), IsEmpty());
    EXPECT_THAT(shown(tenant_), ElementsAre(1U));
    in(other_, [&](ports::TenantSession& session) {
        const auto row = session.alerts().row(old);
        ASSERT_FALSE(row);
        EXPECT_EQ(row.error().code(), ErrorCode::not_found);
        EXPECT_TRUE(session.alerts().row(position(other_, 3)));
    });
}

TEST_F(OwnRetention, ABacktestReadsNoFurtherBackThanItsTenantKeepsAlerts)
{
    keep_alerts(tenant_, kLong);
    keep_alerts(other_, 10);
    alerts(other_, 39, 1);
    alerts(other_, 5, 2);
    sql("insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, "
        "draft_rules, "
        "live_rules, created_at, created_by) values (" +
        other() + ", gen_random_uuid(), 'queued', now() - interval '50 days', now(), 1000, " +
        R"('{"whole_set":false,"rules":[]}', 0, 0, now(), 'x'))");
    const auto jobs = make_backtest_jobs(pipeline());
    const auto job = jobs->claim("node");
    ASSERT_TRUE(job && *job);
    EXPECT_EQ(jobs->count_alerts(**job, {}).value(), 1U);
    const auto history = jobs->history(**job, std::nullopt, 100, {});
    ASSERT_TRUE(history) << history.error().message();
    ASSERT_EQ(history->size(), 1U);
    EXPECT_EQ(history->front().position.seq, 2U);
}

TEST_F(OwnRetention, StatisticsAreShownForAsLongAsTheTenantKeepsThem)
{
    for (const int days : {39, 5}) {
        sql("insert into noise_counts (tenant_id, hour, kind, key, received) values (" + t() + ", date_trunc('hour', " +
            ago(days) + "), 'total', '', 1)");
    }
    const auto counted = [&] {
        std::int64_t received = 0;
        in(tenant_, [&](ports::TenantSession& session) {
            const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            const auto lines = session.noise().read(now - 80 * 24h, now, ports::NoiseGroup::none, 10);
            ASSERT_TRUE(lines) << lines.error().message();
            for (const auto& line : *lines) received += line.counts.received;
        });
        return received;
    };
    EXPECT_EQ(counted(), 2);
    keep(Kept::statistics, 10);
    EXPECT_EQ(counted(), 1);
}

}  // namespace
}  // namespace winnow::pg
