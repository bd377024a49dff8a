/// @file
/// Back-tests of several tenants on one node, and how soon they let go.

#include "backtest_flow.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace winnow::pipeline {
namespace {

/// With rules that use up all that an alert may cost: some milliseconds each.
domain::RuleDraft dear(const domain::Rule& rule)
{
    domain::RuleDraft draft{.whole_set = true, .rules = {}};
    for (int i = 0; i < 10; ++i) {
        draft.rules.push_back(rule);
        draft.rules.back().name += std::to_string(i);
        draft.rules.back().syntax = domain::RuleSyntax::cel;
        std::string list = "[" + std::to_string(i);
        for (int item = 1; item < 100; ++item) list += "," + std::to_string(item);
        list += "]";
        draft.rules.back().condition = list + ".all(a, " + list + ".all(b, a + b + size(title) >= 0))";
    }
    return draft;
}

class BacktestTurns : public BacktestFlow {
protected:
    /// Alerts that the node's back-tests have looked at.
    static std::size_t looked_at(const Node& node)
    {
        constexpr std::string_view kName = "\nwinnow_backtest_alerts_total ";
        const auto text = node.metrics.exposition();
        const auto found = text.find(kName);
        EXPECT_NE(found, std::string::npos) << text;
        const auto* begin = text.data() + std::min(found + kName.size(), text.size());
        double alerts = 0;
        EXPECT_EQ(std::from_chars(begin, text.data() + text.size(), alerts).ec, std::errc{}) << text;
        return static_cast<std::size_t>(alerts);
    }

    /// One journal row, and so one page, that takes minutes.
    BacktestId ask_for_minutes()
    {
        history(kMany);
        return ask(dear(rule_of("")));
    }

    /// It is in the middle of its page.
    bool is_under_way(BacktestId id)
    {
        return pg::eventually([&] { return seen(id).draft_rules == 10; });
    }

    static constexpr std::size_t kMany = 50'000;
    std::atomic<bool> held_ = false;
};

TEST_F(BacktestTurns, ALongOneDoesNotKeepAnotherTenantsWaiting)
{
    const auto quiet = new_tenant();
    const auto loud = ask_for_minutes();
    const Node node(pipeline(), "n", held_);
    ASSERT_TRUE(is_under_way(loud));
    as_tenant(quiet, [&] {
        history(30);
        const auto id = ask("{}");
        EXPECT_TRUE(ends(id, BacktestState::done));
        return id;
    });
    EXPECT_EQ(seen(loud).state, BacktestState::running);
    EXPECT_LT(looked_at(node), kMany);
}

TEST_F(BacktestTurns, FourTenantsAreServedAtOnceAndAFifthWhenOneOfThemIsDone)
{
    std::vector<TenantId> tenants;
    std::vector<BacktestId> asked;
    for (int i = 0; i < 5; ++i) tenants.push_back(new_tenant());
    for (const auto tenant : tenants) asked.push_back(as_tenant(tenant, [&] { return ask_for_minutes(); }));
    const Node node(pipeline(), "n", held_);
    const auto state_of = [&](std::size_t i) {
        return as_tenant(tenants[i], [&] { return seen(asked[i]).state; });
    };
    const auto read_of = [&](std::size_t i) {
        return as_tenant(tenants[i], [&] { return seen(asked[i]).progress.alerts_read; });
    };
    EXPECT_TRUE(pg::eventually([&] { return read_of(0) > 0 && read_of(1) > 0 && read_of(2) > 0 && read_of(3) > 0; }));
    EXPECT_EQ(state_of(4), BacktestState::queued);
    as_tenant(tenants[0], [&] {
        cancel(asked[0]);
        return asked[0];
    });
    EXPECT_TRUE(pg::eventually([&] { return read_of(4) > 0; }));
}

TEST_F(BacktestTurns, ACancelledOneMakesRoomInTheMiddleOfAPage)
{
    const auto id = ask_for_minutes();
    const Node node(pipeline(), "n", held_);
    ASSERT_TRUE(is_under_way(id));
    cancel(id);
    const auto next = ask("{}", 1);
    EXPECT_TRUE(ends(next, BacktestState::done));
    EXPECT_EQ(seen(id).state, BacktestState::cancelled);
    EXPECT_LT(looked_at(node), kMany);
}

TEST_F(BacktestTurns, ANodeThatStopsPutsItBackInTheMiddleOfAPage)
{
    const auto id = ask_for_minutes();
    std::optional<Node> node(std::in_place, pipeline(), "n", held_);
    ASSERT_TRUE(is_under_way(id));
    node->stop();
    EXPECT_EQ(seen(id).state, BacktestState::queued);
    EXPECT_LT(looked_at(*node), kMany);
}

}  // namespace
}  // namespace winnow::pipeline
