/// @file
/// Back-tests of stored history on a real database: what they find, and how they stop, end and begin again.

#include "backtest_flow.hpp"

namespace winnow::pipeline {
namespace {

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

TEST_F(BacktestFlow, LeavesRowsOutThatWereSetAsideAndSaysHowMany)
{
    history(3);
    history(4);
    sql("insert into quarantined_rows select tenant_id, received_at, stream, seq, alert_count from journal where seq = "
        "2");
    const auto id = ask("{}");
    const auto found = run(id);
    EXPECT_EQ(found["quarantined_rows"], 1);
    EXPECT_EQ(found["draft"]["dropped"], 3);
    EXPECT_EQ(found["complete"], true);
    EXPECT_EQ(seen(id).progress.alerts_total, 3U);
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

TEST_F(BacktestFlow, AsksLiveRulesThatAreSetAsideForTheirCost)
{
    history(5, "dev");
    sql("insert into set_asides (tenant_id, kind, id, version, record, for_good, last_at) "
        "select tenant_id, 'rule', rule_id, version, '{}', true, now() from rules");
    // Instead of the live rule, so that each set is asked by itself.
    const auto found = run(ask(domain::RuleDraft{.whole_set = true, .rules = {rule_of("{env=\"dev\"}")}}));
    EXPECT_EQ(found["live"]["dropped"], 5);
    EXPECT_EQ(found["difference"]["newly_dropped"]["count"], 0);
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
