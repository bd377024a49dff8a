#include "pipeline/fold/tenant_line.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace winnow::pipeline {
namespace {

using fair::Lane;

class TenantLineTest : public testing::Test {
protected:
    TenantLineTest() { stopped_.request_stop(); }

    void submit(TenantId tenant, std::size_t rows = 1)
    {
        std::vector<PendingRow> pending;
        for (std::size_t i = 0; i < rows; ++i) {
            pending.push_back({.row = row(tenant, 3, ++seq_, {"a"}), .turn = seq_, .since = {}});
        }
        line_.submit(std::move(pending));
    }

    /// Without waiting.
    FoldingTenant* take(Lane lane = Lane::any) { return line_.take(lane, stopped_.get_token()); }

    /// Who it is; nullopt where it is nobody's turn. Its first row is done in that time.
    std::optional<TenantId> serve(std::chrono::nanoseconds took = 1ms, Lane lane = Lane::any)
    {
        auto* tenant = take(lane);
        if (tenant == nullptr) return std::nullopt;
        if (!tenant->rows.empty()) finish_row(*tenant);
        line_.give_back(*tenant, took);
        return tenant->id;
    }
    static void finish_row(FoldingTenant& tenant)
    {
        tenant.waiting -= tenant.rows.front().row.alerts.size();
        tenant.rows.pop_front();
    }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    const TenantId three_ = tenant_id(3);
    TenantLine line_{{.max_fold_alerts = 100'000, .most_aside = 1}};
    std::stop_source stopped_;
    std::uint64_t seq_ = 0;
};

TEST_F(TenantLineTest, TenantsTakeTurnsHoweverManyRowsOneHas)
{
    submit(one_, 4);
    submit(two_, 2);
    submit(three_);
    std::vector<std::optional<TenantId>> served;
    for (int i = 0; i < 8; ++i) served.push_back(serve());
    EXPECT_THAT(served, testing::ElementsAre(one_, two_, three_, one_, two_, one_, one_, std::nullopt));
}

TEST_F(TenantLineTest, WhoseTurnsTakeLongHasFewerOfThem)
{
    submit(one_, 100);
    submit(two_, 100);
    std::size_t slow = 0;
    for (int i = 0; i < 60; ++i) {
        auto* tenant = take();
        ASSERT_NE(tenant, nullptr);
        finish_row(*tenant);
        slow += tenant->id == one_ ? 1U : 0U;
        line_.give_back(*tenant, tenant->id == one_ ? 90ms : 0ms);
    }
    EXPECT_GE(slow, 4U);
    EXPECT_LE(slow, 8U) << "one in ten or so";
}

TEST_F(TenantLineTest, NobodyElseHasATenantThatIsTakenAndWhatComesMeanwhileIsBehind)
{
    submit(one_, 2);
    auto* tenant = take();
    ASSERT_NE(tenant, nullptr);
    EXPECT_EQ(tenant->rows.size(), 2U);
    EXPECT_EQ(tenant->waiting, 2U);
    submit(one_);
    EXPECT_EQ(take(), nullptr);
    EXPECT_EQ(tenant->rows.size(), 2U) << "it is somebody's";
    line_.give_back(*tenant, 1ms);
    ASSERT_EQ(take(), tenant);
    ASSERT_EQ(tenant->rows.size(), 3U);
    EXPECT_EQ(tenant->rows.back().row.position.seq, 3U);
    EXPECT_EQ(tenant->waiting, 3U);
}

TEST_F(TenantLineTest, TheQuickLanePassesOverTenantsWhoseTurnsAreLong)
{
    submit(one_, 10);
    EXPECT_EQ(serve(150ms, Lane::quick), one_) << "nothing is known of it";
    EXPECT_EQ(serve(1ms, Lane::quick), std::nullopt);
    submit(two_);
    EXPECT_EQ(serve(1ms, Lane::quick), two_);
    EXPECT_EQ(serve(1ms, Lane::any), one_);
}

TEST_F(TenantLineTest, SaysWhetherOthersCouldHaveTheirTurn)
{
    submit(one_, 2);
    auto* tenant = take();
    EXPECT_FALSE(line_.others_wait(*tenant));
    submit(one_);
    EXPECT_FALSE(line_.others_wait(*tenant));
    submit(two_);
    EXPECT_TRUE(line_.others_wait(*tenant)) << "though nobody has looked since";
    auto* other = take();
    EXPECT_FALSE(line_.others_wait(*tenant));
    other->backoff = 1s;
    other->due = TenantLine::Clock::now() + 1h;
    line_.give_back(*other, 1ms);
    EXPECT_FALSE(line_.others_wait(*tenant)) << "it is not due";
}

TEST_F(TenantLineTest, ABacklogGathersUntilItIsDueOrAWholeFold)
{
    submit(one_);
    auto* tenant = take();
    finish_row(*tenant);
    tenant->due = TenantLine::Clock::now() + 1h;
    submit(one_);
    line_.give_back(*tenant, 1ms);
    EXPECT_EQ(serve(), std::nullopt);
    submit(one_, FoldPace::kFirst);
    EXPECT_EQ(serve(), one_);
}

TEST_F(TenantLineTest, WhatCameToAnIdleTenantIsDueAtOnce)
{
    submit(one_);
    auto* tenant = take();
    finish_row(*tenant);
    tenant->due = TenantLine::Clock::now() + 1h;
    line_.give_back(*tenant, 1ms);
    submit(one_);
    EXPECT_EQ(serve(), one_);
}

TEST_F(TenantLineTest, WhatFailedIsTakenAgainWhenItIsDueAndTheOthersMeanwhile)
{
    submit(one_);
    submit(two_);
    auto* tenant = take();
    tenant->backoff = 20ms;
    tenant->due = TenantLine::Clock::now() + 20ms;
    line_.give_back(*tenant, 1ms);
    const std::stop_source going;
    EXPECT_EQ(line_.take(Lane::any, going.get_token())->id, two_);
    EXPECT_EQ(line_.take(Lane::any, going.get_token()), tenant) << "and it is waited for";
}

TEST_F(TenantLineTest, AWaitEndsWhenSomethingComesAndAtTheEnd)
{
    std::atomic<int> taken = 0;
    const auto work = [&](Lane lane) {
        return [&, lane](const std::stop_token& stop) {
            while (auto* tenant = line_.take(lane, stop)) {
                finish_row(*tenant);
                ++taken;
                line_.give_back(*tenant, lane == Lane::quick ? 150ms : 0ms);
            }
        };
    };
    std::jthread any(work(Lane::any));
    std::jthread quick(work(Lane::quick));
    for (int i = 0; i < 200; ++i) submit(tenant_id(static_cast<std::uint64_t>(i % 7)), 2);
    EXPECT_TRUE(eventually([&] { return taken == 400; })) << "slow ones, too, whoever was woken for them";
}

TEST_F(TenantLineTest, ATenantThatIsAwayComesBackWhenItLandsAndItsPlaceIsFreeThen)
{
    submit(one_);
    submit(two_);
    for (auto* tenant : {take(), take()}) {
        tenant->patience.failed(3s, /*alone=*/true);
        tenant->batches.emplace_back();
        tenant->rows.clear();
        line_.give_back(*tenant, 1ms);
    }
    auto* away = take();
    ASSERT_NE(away, nullptr);
    EXPECT_EQ(take(), nullptr) << "there is one place";
    away->landed.emplace(Applied{.outcome = Done{}, .took = {}});
    away->away = true;
    line_.give_back(*away, 1ms);
    EXPECT_EQ(take(), nullptr);
    line_.land(*away);
    auto* next = take();
    ASSERT_NE(next, nullptr);
    EXPECT_EQ(take(), nullptr);
    line_.give_back(*next, 1ms);
    EXPECT_NE(take(), nullptr);
}

TEST_F(TenantLineTest, ItMayLandBeforeItsTurnIsOver)
{
    submit(one_);
    auto* tenant = take();
    tenant->rows.clear();
    tenant->landed.emplace(Applied{.outcome = Done{}, .took = {}});
    tenant->away = true;
    line_.land(*tenant);
    EXPECT_EQ(take(), nullptr);
    line_.give_back(*tenant, 1ms);
    EXPECT_EQ(take(), tenant) << "what became of it is to be settled";
}

}  // namespace
}  // namespace winnow::pipeline
