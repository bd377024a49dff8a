/// @file
/// Back-tests as rows: who may take one, who still has it, and which history it reads.

#include "winnow/ports/backtest_store.hpp"

#include "integration/pg/fixture.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/noun_stores.hpp"
#include "winnow/pg/backtest_jobs.hpp"

#include <optional>
#include <utility>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using ports::Backtest;
using ports::BacktestJob;
using ports::BacktestState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BacktestStoreTest : public PgTest {
protected:
    /// As the api role, in a transaction of the tenant.
    template <typename Work>
    auto in(TenantId tenant, Work work)
    {
        pqxx::nontransaction tx(session_.connection());
        test::begin_as(tx, database_, tenant.str());
        auto result = work(*make_backtest_store(tx, tenant));
        tx.exec("commit");
        return result;
    }

    BacktestId queue(TenantId tenant, std::int32_t seconds = 0)
    {
        Backtest backtest;
        backtest.id = BacktestId(new_uuid());
        backtest.from = now_ - 24h;
        backtest.until = now_;
        backtest.max_alerts = 1'000;
        backtest.draft_rules = 3;
        backtest.live_rules = 2;
        backtest.created_at = now_ + std::chrono::seconds(seconds);
        backtest.created_by = "ann";
        EXPECT_TRUE(in(tenant, [&](ports::BacktestStore& store) { return store.insert(backtest, draft_); }));
        return backtest.id;
    }

    Backtest found(TenantId tenant, BacktestId id)
    {
        auto backtest = in(tenant, [&](ports::BacktestStore& store) { return store.find(id); });
        EXPECT_TRUE(backtest);
        return backtest ? *std::move(backtest) : Backtest();
    }

    std::optional<BacktestJob> claim(const std::string& runner = "n1")
    {
        auto job = jobs_->claim(runner);
        EXPECT_TRUE(job) << job.error().message();
        return job ? *std::move(job) : std::nullopt;
    }

    void fall_silent() { sql("update backtests set touched_at = now() - interval '1 minute'"); }

    bool cancel(TenantId tenant, BacktestId id)
    {
        return in(tenant, [&](ports::BacktestStore& store) { return store.cancel_or_remove(id); }).has_value();
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId ours_ = new_tenant();
    TenantId theirs_ = new_tenant();
    domain::RuleDraft draft_ = [] {
        domain::Rule rule;
        rule.id = RuleId(new_uuid());
        rule.name = "nights \"quiet\" 夜";
        rule.position = 7;
        rule.effective_from = Timestamp(1'764'000'000'123ms);
        rule.condition = "env == \"dev\\n\"";
        rule.syntax = domain::RuleSyntax::cel;
        rule.actions = {domain::SetAction{"title", "{{title}}\n"}, domain::PauseAction{90s}};
        rule.stop = true;
        rule.mode = domain::RuleMode::shadow;
        return domain::RuleDraft{.whole_set = true, .rules = {rule, domain::Rule{}}};
    }();
    Session session_{as(database_.api)};
    std::unique_ptr<ports::BacktestJobs> jobs_ = make_backtest_jobs(pipeline());
};

TEST_F(BacktestStoreTest, ADraftComesToTheRunnerAsItWasGiven)
{
    const auto id = queue(ours_);
    const auto job = claim();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->id, id);
    EXPECT_EQ(job->tenant, ours_);
    EXPECT_EQ(std::pair(job->from, job->until), std::pair(now_ - 24h, now_));
    EXPECT_EQ(job->max_alerts, 1'000U);
    EXPECT_EQ(job->draft.whole_set, true);
    ASSERT_THAT(job->draft.rules, SizeIs(2));
    const auto& rule = job->draft.rules.front();
    const auto& given = draft_.rules.front();
    EXPECT_EQ(rule.id, given.id);
    EXPECT_EQ(rule.name, given.name);
    EXPECT_EQ(rule.position, given.position);
    EXPECT_EQ(rule.effective_from, given.effective_from);
    EXPECT_EQ(rule.effective_until, std::nullopt);
    EXPECT_EQ(rule.condition, given.condition);
    EXPECT_EQ(rule.syntax, given.syntax);
    EXPECT_EQ(rule.actions, given.actions);
    EXPECT_EQ(std::tuple(rule.stop, rule.mode, rule.enabled), std::tuple(given.stop, given.mode, given.enabled));
}

TEST_F(BacktestStoreTest, GoesThroughItsStatesAndKeepsWhatItCameTo)
{
    const auto id = queue(ours_);
    EXPECT_EQ(found(ours_, id).state, BacktestState::queued);
    const auto job = claim();
    EXPECT_EQ(jobs_->begin(*job, 5, 4, 900), true);
    EXPECT_EQ(jobs_->report(*job, {100, 900, 50}, R"({"half":1})"), true);
    EXPECT_EQ(jobs_->report(*job, {200, 900, 60}, ""), true);
    auto seen = found(ours_, id);
    EXPECT_EQ(seen.state, BacktestState::running);
    EXPECT_EQ(std::pair(seen.draft_rules, seen.live_rules), std::pair(std::size_t{5}, std::size_t{4}));
    EXPECT_EQ(std::pair(seen.progress.alerts_read, seen.progress.rate), std::pair(200UL, 60UL));
    EXPECT_EQ(seen.result, R"({"half":1})") << "an empty result leaves the last one";
    EXPECT_TRUE(seen.started_at && !seen.finished_at);

    EXPECT_EQ(jobs_->end(*job, {}, {900, 900, 70}, R"({"all":1})"), true);
    const auto revision = std::exchange(seen, found(ours_, id)).revision;
    EXPECT_EQ(seen.state, BacktestState::done);
    EXPECT_EQ(seen.result, R"({"all":1})");
    EXPECT_GT(seen.revision, revision);
    EXPECT_TRUE(seen.finished_at);
    EXPECT_EQ(text("select draft from backtests"), "") << "nobody needs it any more";
    EXPECT_EQ(jobs_->report(*job, {}, ""), false);
}

TEST_F(BacktestStoreTest, WhoKeepsItStaysAliveAndHearsThatItIsNotWantedAnyMore)
{
    const auto id = queue(ours_);
    const auto job = claim();
    EXPECT_EQ(jobs_->keep(*job), true);
    sql("update backtests set touched_at = now() - interval '9 seconds'");
    const auto revision = found(ours_, id).revision;
    EXPECT_EQ(jobs_->keep(*job), true);
    EXPECT_EQ(number("select (now() - touched_at < interval '5 seconds')::int from backtests"), 1);
    EXPECT_EQ(found(ours_, id).revision, revision) << "nothing that anybody sees has changed";
    EXPECT_TRUE(in(ours_, [&](ports::BacktestStore& store) { return store.cancel_or_remove(id); }));
    EXPECT_EQ(jobs_->keep(*job), false);
}

TEST_F(BacktestStoreTest, TheOldestIsTakenFirstAndOneOfATenantAtATime)
{
    const auto second = queue(ours_, 1);
    const auto first = queue(ours_, 0);
    const auto other = queue(theirs_, 2);
    const auto job = claim("n1");
    EXPECT_EQ(job->id, first);
    EXPECT_EQ(claim("n2")->id, other);
    EXPECT_EQ(claim("n2"), std::nullopt) << "ours has one running";
    EXPECT_EQ(jobs_->end(*job, {}, {}, ""), true);
    EXPECT_EQ(claim("n2")->id, second);
}

TEST_F(BacktestStoreTest, ARunnerThatIsSilentLosesItsBacktestToTheNextOne)
{
    const auto id = queue(ours_);
    const auto first = claim("n1");
    EXPECT_EQ(jobs_->report(*first, {10, 20, 30}, "{}"), true);
    EXPECT_EQ(claim("n2"), std::nullopt);
    fall_silent();
    const auto second = claim("n2");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, id);
    EXPECT_EQ(found(ours_, id).progress.alerts_read, 0U) << "begun anew";
    EXPECT_EQ(found(ours_, id).result, "");
    EXPECT_EQ(jobs_->report(*first, {}, ""), false);
    EXPECT_EQ(jobs_->end(*first, {}, {}, ""), false);
    EXPECT_EQ(jobs_->release(*first), false);
    EXPECT_EQ(jobs_->report(*second, {}, ""), true);
    // The same process, later: its first run is another run.
    fall_silent();
    const auto third = claim("n2");
    EXPECT_EQ(jobs_->report(*second, {}, ""), false);
    EXPECT_EQ(jobs_->report(*third, {}, ""), true);
}

TEST_F(BacktestStoreTest, OneThatEndsItsRunnersAgainAndAgainHasFailed)
{
    const auto id = queue(ours_);
    for (int attempt = 0; attempt < ports::kBacktestAttempts; ++attempt) {
        ASSERT_TRUE(claim());
        fall_silent();
    }
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(found(ours_, id).state, BacktestState::failed);
    EXPECT_THAT(found(ours_, id).error, HasSubstr("3 times"));
}

TEST_F(BacktestStoreTest, OneThatIsPutBackWasNotAnAttempt)
{
    const auto id = queue(ours_);
    for (int i = 0; i < ports::kBacktestAttempts + 2; ++i) {
        const auto job = claim();
        ASSERT_TRUE(job);
        EXPECT_EQ(job->attempt, 1);
        EXPECT_EQ(jobs_->release(*job), true);
        EXPECT_EQ(found(ours_, id).state, BacktestState::queued);
    }
}

TEST_F(BacktestStoreTest, ACancelledOneStopsItsRunnerAndKeepsItsPartialResult)
{
    const auto id = queue(ours_);
    const auto job = claim();
    EXPECT_EQ(jobs_->report(*job, {1, 2, 3}, R"({"part":1})"), true);
    EXPECT_TRUE(cancel(ours_, id));
    EXPECT_EQ(jobs_->report(*job, {2, 2, 3}, R"({"more":1})"), false);
    EXPECT_EQ(jobs_->end(*job, {}, {2, 2, 3}, R"({"all":1})"), false);
    EXPECT_EQ(found(ours_, id).state, BacktestState::cancelled);
    EXPECT_EQ(found(ours_, id).result, R"({"part":1})");
    EXPECT_TRUE(cancel(ours_, id)) << "a finished one goes";
    EXPECT_FALSE(cancel(ours_, id));
}

TEST_F(BacktestStoreTest, NobodySeesOrStopsAnotherTenantsBacktests)
{
    const auto id = queue(ours_);
    EXPECT_FALSE(in(theirs_, [&](ports::BacktestStore& store) { return store.find(id); }));
    EXPECT_FALSE(cancel(theirs_, id));
    EXPECT_THAT(in(theirs_, [](ports::BacktestStore& store) { return store.page({}, 10); }).value(), IsEmpty());
    EXPECT_EQ(in(theirs_, [](ports::BacktestStore& store) { return store.count_unfinished(); }), 0U);
    EXPECT_EQ(in(ours_, [](ports::BacktestStore& store) { return store.count_unfinished(); }), 1U);
}

TEST_F(BacktestStoreTest, PagesGoFromTheNewestToTheOldestWithoutResults)
{
    const auto first = queue(ours_);
    const auto second = queue(ours_);
    const auto job = claim();
    EXPECT_EQ(jobs_->end(*job, {}, {}, R"({"all":1})"), true);
    const auto page = in(ours_, [](ports::BacktestStore& store) { return store.page({}, 1); }).value();
    ASSERT_THAT(page, SizeIs(1));
    EXPECT_EQ(page.front().id, second);
    const auto rest = in(ours_, [&](ports::BacktestStore& store) { return store.page(second, 10); }).value();
    ASSERT_THAT(rest, SizeIs(1));
    EXPECT_EQ(rest.front().id, first);
    EXPECT_EQ(rest.front().result, "");
}

TEST_F(BacktestStoreTest, ADraftThatCannotBeReadFails)
{
    const auto id = queue(ours_);
    sql("update backtests set draft = '{\"whole_set\": 1}'");
    EXPECT_EQ(claim(), std::nullopt);
    EXPECT_EQ(found(ours_, id).state, BacktestState::failed);
}

class HistoryTest : public BacktestStoreTest {
protected:
    void SetUp() override
    {
        sql("select make_day_partitions((now() - interval '3 day')::date, 5)");
        queue(ours_);
        job_ = *claim();
    }

    void row(Timestamp at, std::int32_t stream, std::int64_t seq, std::int32_t alerts, std::size_t bytes = 4,
             std::optional<TenantId> tenant = {})
    {
        sql("insert into journal values ('" + tenant.value_or(ours_).str() + "', '" + format_rfc3339(at) + "', " +
            std::to_string(stream) + ", " + std::to_string(seq) + ", " + std::to_string(alerts) +
            ", convert_to(repeat('x', " + std::to_string(bytes) + "), 'UTF8'))");
    }

    /// "stream/seq" of each row of a page.
    std::vector<std::string> page(std::optional<domain::RowPosition> after, std::uint64_t alerts)
    {
        std::vector<std::string> names;
        last_ = after;
        for (const auto& row : jobs_->history(job_, after, alerts, {}).value()) {
            names.push_back(std::to_string(row.position.stream) + '/' + std::to_string(row.position.seq));
            last_ = row.position;
        }
        return names;
    }

    BacktestJob job_;
    std::optional<domain::RowPosition> last_;
};

TEST_F(HistoryTest, IsReadInTheOrderOfPositionsWithBothEndsOfTheTimeAsTheySay)
{
    row(job_.from - 1ms, 1, 1, 1);
    row(job_.from, 1, 2, 1);
    row(now_ - 1h, 2, 1, 1);
    row(now_ - 1h, 1, 3, 1);
    row(now_ - 1h, 1, 4, 1, 4, theirs_);
    row(job_.until - 1ms, 1, 5, 1);
    row(job_.until, 1, 6, 1);
    EXPECT_THAT(page({}, 100), ElementsAre("1/2", "1/3", "2/1", "1/5"));
    EXPECT_EQ(jobs_->count_alerts(job_, {}), 4U);
    EXPECT_THAT(page(last_, 100), IsEmpty());
}

TEST_F(HistoryTest, RowsThatWereSetAsideAreLeftOutAndCounted)
{
    for (int seq = 1; seq <= 4; ++seq) row(now_ - 1h, 1, seq, 10);
    const auto set_aside = [&](TenantId tenant, Timestamp at, int seq) {
        sql("insert into quarantined_rows values ('" + tenant.str() + "', '" + format_rfc3339(at) + "', 1, " +
            std::to_string(seq) + ", 10)");
    };
    set_aside(job_.tenant, now_ - 1h, 2);
    set_aside(job_.tenant, job_.from - 1ms, 1);
    set_aside(theirs_, now_ - 1h, 3);
    EXPECT_THAT(page({}, 100), ElementsAre("1/1", "1/3", "1/4"));
    EXPECT_EQ(jobs_->count_alerts(job_, {}), 30U);
    EXPECT_EQ(jobs_->count_quarantined(job_), 1U) << "of its time and tenant";
}

TEST_F(HistoryTest, APageEndsWithTheRowThatFillsIt)
{
    for (int seq = 1; seq <= 4; ++seq) row(now_ - 1h, 1, seq, 10);
    EXPECT_THAT(page({}, 1), ElementsAre("1/1"));
    EXPECT_THAT(page({}, 10), ElementsAre("1/1"));
    EXPECT_THAT(page({}, 11), ElementsAre("1/1", "1/2"));
    EXPECT_THAT(page(last_, 1'000), ElementsAre("1/3", "1/4"));
}

TEST_F(HistoryTest, APageIsBoundedInBytesTooButNeverEmpty)
{
    row(now_ - 1h, 1, 1, 1, ports::kHistoryBytes + 1);
    row(now_ - 1h, 1, 2, 1, ports::kHistoryBytes);
    row(now_ - 1h, 1, 3, 1);
    EXPECT_THAT(page({}, 100), ElementsAre("1/1"));
    EXPECT_THAT(page(last_, 100), ElementsAre("1/2"));
    EXPECT_THAT(page(last_, 100), ElementsAre("1/3"));
}

}  // namespace
}  // namespace winnow::pg
