/// @file
/// One tenant's rows end no trial for the others', and what is nobody's fault in particular blames nobody.

#include "housekeeping_fixture.hpp"
#include "pipeline/takeover/trial.hpp"

#include <deque>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using State = TrialReport::State;

class TrialShareTest : public HousekeepingTest {
protected:
    void SetUp() override { streams_.takeovers_ = 1; }

    /// Goes on until the processes have ended as told; what the one after them is told to do.
    TrialOrder order_after(std::deque<TrialReport> reports)
    {
        for (auto& report : reports) {
            bench_.reports_.push_back(report);
            while (!trial_.is_over() && !bench_.reports_.empty()) static_cast<void>(trial_.step());
        }
        const auto before = bench_.orders_.size();
        if (!trial_.is_over()) static_cast<void>(trial_.step());
        return bench_.orders_.size() > before ? bench_.orders_.back() : TrialOrder();
    }
    static TrialReport died(TenantId tenant, std::uint64_t seq, std::uint64_t alerts = 0)
    {
        return {.state = State::died, .at = TriedRow{.tenant = tenant, .seq = seq}, .alerts = alerts};
    }
    static TrialReport slow(TenantId tenant, std::uint64_t alerts = 0)
    {
        return {.state = State::slow, .at = TriedRow{.tenant = tenant, .seq = 1}, .alerts = alerts};
    }
    /// So many rows that end two processes each; `alerts` are applied before the first.
    void blame(const std::vector<TenantId>& tenants, std::uint64_t rows, std::uint64_t alerts = 0)
    {
        for (const auto end = next_ + rows; next_ < end && !trial_.is_over(); ++next_) {
            const auto tenant = tenants[next_ % tenants.size()];
            order_after({died(tenant, next_, std::exchange(alerts, 0)), died(tenant, next_)});
        }
    }

    const TenantId three_ = tenant_id(3);
    std::uint64_t next_ = 1;
    FakeBench bench_;
    Trials trials_{&bench_, metrics_.counter("winnow_quarantined_rows_total", "Rows."), {.silence = 1h}};
    Trial trial_{trials_, streams_, 5};
};

TEST_F(TrialShareTest, WhereARowIsNotStoredItsTenantsAreLeftAndTheOthersTried)
{
    EXPECT_THAT(order_after({slow(one_)}).left, ElementsAre(one_));
    EXPECT_FALSE(trial_.is_over());
    order_after({{.state = State::passed}});
    EXPECT_TRUE(trial_.is_over());
}

TEST_F(TrialShareTest, WhereNobodysAreStoredItIsTheDatabase)
{
    order_after({slow(one_), slow(two_)});
    EXPECT_FALSE(trial_.is_over());
    order_after({slow(three_)});
    EXPECT_TRUE(trial_.is_over());
}

TEST_F(TrialShareTest, WhereOthersAreStoredItIsNot)
{
    EXPECT_THAT(order_after({slow(one_), slow(two_), slow(three_, 1), slow(tenant_id(4))}).left,
                ElementsAre(one_, two_, three_, tenant_id(4)));
    EXPECT_FALSE(trial_.is_over());
}

TEST_F(TrialShareTest, WhereNoRowsAreToBeHadTheStreamIsFoldedAsUsual)
{
    order_after({{.state = State::slow}});
    EXPECT_TRUE(trial_.is_over());
}

TEST_F(TrialShareTest, ATenantAtWhoseRowsAProcessEndedIsTriedAfterTheOthers)
{
    EXPECT_THAT(order_after({died(one_, 1)}).last, ElementsAre(one_));
    EXPECT_THAT(order_after({died(two_, 2)}).last, ElementsAre(one_, two_));
    EXPECT_THAT(order_after({died(one_, 1)}).last, ElementsAre(two_, one_)) << "whose processes end more often";
}

TEST_F(TrialShareTest, WhatEndsProcessesEvenUnreadEndsNoTrialOfTheOthers)
{
    EXPECT_THAT(order_after(std::deque(5, died(one_, 1))).left, ElementsAre(one_));
    EXPECT_FALSE(trial_.is_over());
}

TEST_F(TrialShareTest, WhatWasSetAsideIsOrderedNoMore)
{
    EXPECT_EQ(order_after({died(one_, 1), died(one_, 1)}).aside.size(), 1U);
    auto next = died(one_, 2);
    next.set_aside = {{.tenant = one_, .seq = 1}};
    EXPECT_THAT(order_after({next}).aside, IsEmpty());
    EXPECT_TRUE(metrics_.exposition().contains("winnow_quarantined_rows_total 1\n"));
}

TEST_F(TrialShareTest, WhereRowAfterRowEndsProcessesAndNonePassesNoneIsBlamedAnyMore)
{
    blame({one_}, 16);
    EXPECT_FALSE(trial_.is_over());
    blame({one_}, 1);
    EXPECT_TRUE(trial_.is_over());
}

TEST_F(TrialShareTest, WhereThoseOfSeveralTenantsDoItIsTheProgramToo)
{
    blame({one_, two_}, 17, 1);
    EXPECT_TRUE(trial_.is_over());
}

TEST_F(TrialShareTest, OneTenantAmongOthersWhoseRowsPassEndsNoNodesByHavingManyOfThem)
{
    blame({one_}, 50, 1);
    EXPECT_FALSE(trial_.is_over());
}

struct SilentTest : TrialShareTest {
    /// A process that is at the row, and says no more.
    TrialOrder order_after_silence(bool reading)
    {
        bench_.reports_ = {{.at = TriedRow{.tenant = one_, .seq = 1}, .reading = reading}};
        const auto stops = bench_.stops_;
        while (bench_.stops_ == stops && !silent_.is_over()) static_cast<void>(silent_.step());
        static_cast<void>(silent_.step());
        return bench_.orders_.back();
    }
    Trials silents_{&bench_, metrics_.counter("winnow_quarantined_rows_total", "Rows."), {.silence = 0s}};
    Trial silent_{silents_, streams_, 5};
};

TEST_F(SilentTest, WhoSaysNothingWhileItFoldsMayWaitForADatabase)
{
    const auto order = order_after_silence(false);
    EXPECT_THAT(order.left, ElementsAre(one_));
    EXPECT_THAT(order.last, IsEmpty());
}

TEST_F(SilentTest, WhoSaysNothingWhileItReadsWaitsForNothingAndTheRowIsBlamed)
{
    EXPECT_THAT(order_after_silence(true).last, ElementsAre(one_));
    const auto order = order_after_silence(true);
    ASSERT_EQ(order.aside.size(), 1U);
    EXPECT_TRUE(order.aside[0].unread);
}

}  // namespace
}  // namespace winnow::pipeline
