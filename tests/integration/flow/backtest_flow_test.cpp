/// @file
/// Back-tests of stored history on a real database: what they find, and how they stop, end and begin again.

#include "integration/pg/fixture.hpp"
#include "pg/connection.hpp"
#include "pg/noun_stores.hpp"
#include "pg/values.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/backtest_jobs.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/ports/backtest_store.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ports::Backtest;
using ports::BacktestState;

/// A node whose runner waits for leave before each page, once it is told to.
struct Node {
    Node(const pg::PgOptions& database, const std::string& name, std::atomic<bool>& held)
        : jobs(pg::make_backtest_jobs(database)),
          configs(pg::make_config_store(database)),
          policies(*configs),
          runner(*jobs, policies,
                 {.node = name, .busy = [&held] { return held.load(); }, .page = 10, .look = 5ms, .report = 0ms},
                 metrics)
    {
        runner.start();
    }

    observe::Metrics metrics;
    std::unique_ptr<ports::BacktestJobs> jobs;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    BacktestRunner runner;
};

class BacktestFlow : public pg::PgTest {
protected:
    void SetUp() override
    {
        sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t() + ", '" + group_ +
            "', 'g'); insert into default_route values (" + t() + ", '" + group_ + "', 1)");
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
            t() + ", gen_random_uuid(), 'live', 1, '{env=\"dev\"}', 'matchers', '[{\"type\":\"drop\"}]', 'x')");
    }

    std::string t() const { return "'" + tenant_.str() + "'"; }

    /// One journal row of as many alerts, a gap after the first one.
    void history(std::size_t alerts, const std::string& env = "prod")
    {
        std::string lines;
        for (std::size_t i = 0; i < alerts; ++i) {
            domain::Alert alert;
            alert.title = alert.dedup_key = env + std::to_string(i);
            alert.labels.set("env", env);
            intake::append_canonical(alert, lines);
            lines += i == 0 ? "\n\n" : "\n";
        }
        store(journal::encode_rows(lines), alerts);
    }

    void store(const std::string& payload, std::size_t alerts)
    {
        const auto seq = std::to_string(++seq_);
        sql("insert into journal values (" + t() + ", '" + format_rfc3339(now_ - 1h) + "', 1, " + seq + ", " +
            std::to_string(alerts) + ", '" + pg::hex_bytes(payload) + "')");
    }

    BacktestId ask(const std::string& condition, std::uint64_t max_alerts = 1'000'000)
    {
        domain::Rule rule;
        rule.name = "draft";
        rule.condition = condition;
        rule.actions = {domain::DropAction{}};
        Backtest backtest;
        backtest.id = BacktestId(pg::new_uuid());
        backtest.from = now_ - 2h;
        backtest.until = now_;
        backtest.max_alerts = max_alerts;
        backtest.created_at = now_;
        with_store([&](ports::BacktestStore& store) {
            EXPECT_TRUE(store.insert(backtest, {.whole_set = false, .rules = {rule}}));
        });
        return backtest.id;
    }

    template <typename Work>
    void with_store(Work work)
    {
        pqxx::nontransaction tx(session_.connection());
        tx.exec("select set_config('winnow.tenant_id', " + t() + ", false)");
        work(*pg::make_backtest_store(tx, tenant_));
    }

    Backtest seen(BacktestId id)
    {
        Backtest backtest;
        with_store([&](ports::BacktestStore& store) { backtest = store.find(id).value(); });
        return backtest;
    }

    json result(BacktestId id) { return json::parse(seen(id).result); }

    bool ends(BacktestId id, BacktestState state)
    {
        return pg::eventually([&] { return seen(id).state == state; });
    }

    /// Runs it to its end on a node of its own.
    json run(BacktestId id)
    {
        std::atomic<bool> held = false;
        const Node node(pipeline(), "n", held);
        EXPECT_TRUE(ends(id, BacktestState::done)) << seen(id).error;
        return result(id);
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId tenant_ = new_tenant();
    const std::string group_ = pg::new_uuid().str();
    std::uint64_t seq_ = 0;
    pg::Session session_{as(database_.api)};
};

TEST_F(BacktestFlow, SaysWhatTheDraftWouldHaveDroppedBesidesTheLiveRules)
{
    history(30, "prod");
    history(12, "dev");
    history(7, "qa");
    const auto id = ask("{env=~\"qa|dev\"}");
    const auto found = run(id);
    EXPECT_EQ(found["difference"]["newly_dropped"]["count"], 7);
    EXPECT_EQ(found["difference"]["no_longer_told"]["count"], 7);
    EXPECT_EQ(found["difference"]["no_longer_dropped"]["count"], 0);
    const json draft{{"matched", 19}, {"dropped", 19}, {"suppressed", 0}, {"held", 0}, {"told", 30}};
    EXPECT_EQ(found["draft"], draft);
    EXPECT_EQ(found["live"]["dropped"], 12);
    EXPECT_EQ(found["complete"], true);
    // The id leads to the alert: index 1 is the gap.
    const auto& samples = found["difference"]["newly_dropped"]["samples"];
    const auto place = [](std::uint16_t index, Timestamp at) {
        return domain::alert_id_at({.row = {.received_at = at, .stream = 1, .seq = 3}, .index = index}).str();
    };
    EXPECT_EQ(samples[0]["alert_id"], place(0, now_ - 1h));
    EXPECT_EQ(samples[1]["alert_id"], place(2, now_ - 1h));
    const auto after = seen(id);
    EXPECT_EQ(after.progress.alerts_read, 49U);
    EXPECT_EQ(after.progress.alerts_total, 49U);
    EXPECT_EQ(std::pair(after.draft_rules, after.live_rules), std::pair(std::size_t{2}, std::size_t{1}));
}

TEST_F(BacktestFlow, WithoutHistoryIsDoneAtOnce)
{
    const auto found = run(ask("{}"));
    EXPECT_EQ(found["live"]["told"], 0);
    EXPECT_EQ(found["complete"], true);
}

TEST_F(BacktestFlow, ReadsNoMoreThanItMayAlsoInTheMiddleOfARow)
{
    history(30);
    const auto id = ask("{}", 25);
    const auto found = run(id);
    EXPECT_EQ(seen(id).progress.alerts_read, 25U);
    EXPECT_EQ(seen(id).progress.alerts_total, 25U);
    EXPECT_EQ(found["draft"]["dropped"], 25);
    EXPECT_EQ(found["complete"], false);
    EXPECT_EQ(run(ask("{}", 30))["complete"], true);
}

TEST_F(BacktestFlow, CountsWhatCannotBeReadAndGoesOn)
{
    history(3);
    store("not a row", 5);
    store(journal::encode_rows("{\"title\":\"good\"}\n{\"title\":\n"), 2);
    const auto found = run(ask("{}"));
    EXPECT_EQ(found["unreadable"], 2);
    EXPECT_EQ(found["draft"]["dropped"], 4);
}

TEST_F(BacktestFlow, ShowsHowFarItIsAndStopsWhereItIsCancelled)
{
    for (int i = 0; i < 50; ++i) history(10);
    std::atomic<bool> held = true;  // a page a second
    const Node node(pipeline(), "n", held);
    const auto id = ask("{}");
    ASSERT_TRUE(pg::eventually([&] { return seen(id).progress.alerts_read >= 10; }));
    EXPECT_EQ(seen(id).state, BacktestState::running);
    EXPECT_EQ(seen(id).progress.alerts_total, 500U);
    EXPECT_EQ(result(id)["draft"]["dropped"], seen(id).progress.alerts_read);
    EXPECT_EQ(result(id)["complete"], false);
    with_store([&](ports::BacktestStore& store) { EXPECT_TRUE(store.cancel_or_remove(id)); });
    // The runner is free for the next one.
    const auto next = ask("{}", 1);
    EXPECT_TRUE(ends(next, BacktestState::done));
    EXPECT_EQ(seen(id).state, BacktestState::cancelled);
    EXPECT_LT(seen(id).progress.alerts_read, 500U);
    EXPECT_GT(result(id)["draft"]["dropped"], 0);
}

TEST_F(BacktestFlow, AStoppedNodePutsItBackAndTheNextOneDoesAllOfIt)
{
    for (int i = 0; i < 20; ++i) history(10);
    const auto id = ask("{}");
    {
        std::atomic<bool> held = true;
        const Node node(pipeline(), "first", held);
        ASSERT_TRUE(pg::eventually([&] { return seen(id).progress.alerts_read >= 10; }));
    }
    EXPECT_EQ(seen(id).state, BacktestState::queued);
    EXPECT_EQ(run(id)["draft"]["dropped"], 200);
    EXPECT_EQ(number("select attempt from backtests"), 1);
}

TEST_F(BacktestFlow, OneWhoseNodeDiedIsBegunAnew)
{
    for (int i = 0; i < 20; ++i) history(10);
    const auto id = ask("{}");
    ASSERT_TRUE(pg::make_backtest_jobs(pipeline())->claim("dead").value());
    sql("update backtests set touched_at = now() - interval '1 minute'");
    EXPECT_EQ(run(id)["draft"]["dropped"], 200);
    EXPECT_EQ(number("select attempt from backtests"), 2);
}

TEST_F(BacktestFlow, ComparesWithTheRulesThatAreLiveWhenItBegins)
{
    history(5, "dev");
    const auto id = ask("{}");
    sql("delete from rules");
    const auto found = run(id);
    EXPECT_EQ(found["live"]["dropped"], 0);
    EXPECT_EQ(seen(id).live_rules, 0U);
}

}  // namespace
}  // namespace winnow::pipeline
