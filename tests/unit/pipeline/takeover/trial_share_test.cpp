/// @file
/// One tenant's rows end no trial for the others', and what is nobody's fault in particular blames nobody.

#include "pipeline/takeover/trial.hpp"
#include "stream_keeper_fixture.hpp"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using State = TrialReport::State;

class TrialShareTest : public StreamKeeperTest {
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

    [[nodiscard]] bool has_stood(int times) const
    {
        return metrics_.exposition().contains("winnow_takeover_standing_total " + std::to_string(times) + "\n");
    }

    const TenantId three_ = tenant_id(3);
    std::uint64_t next_ = 1;
    FakeBench bench_;
    const observe::Counter quarantined_ = metrics_.counter("winnow_quarantined_rows_total", "Rows.");
    const observe::Counter standing_ = metrics_.counter("winnow_takeover_standing_total", "Times.");
    Trials trials_{&bench_, quarantined_, standing_, {.stands = 1h, .silence = 1h}};
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

TEST_F(TrialShareTest, OneTenantEndsNoNodesByHavingManyRowsThatEndProcesses)
{
    blame({one_}, 50);
    EXPECT_FALSE(trial_.is_over());
    EXPECT_THAT(bench_.orders_.back().aside, SizeIs(50));
    EXPECT_TRUE(has_stood(0));
}

TEST_F(TrialShareTest, NorDoesWhoHasSeveralTenantsWhereTheOthersRowsPass)
{
    blame({one_, two_}, 50, 1);
    EXPECT_FALSE(trial_.is_over());
    EXPECT_THAT(bench_.orders_.back().aside, SizeIs(50));
    EXPECT_TRUE(has_stood(0));
}

TEST_F(TrialShareTest, WhereThoseOfSeveralTenantsEndProcessesAndNonePassesTheStreamStandsAndNoneIsBlamedAnyMore)
{
    blame({one_, two_}, 16);
    EXPECT_TRUE(has_stood(0));
    EXPECT_THAT(bench_.orders_.back().aside, SizeIs(16));
    const auto processes = bench_.orders_.size();
    blame({one_, two_}, 1);
    EXPECT_TRUE(has_stood(1));
    EXPECT_FALSE(trial_.step());
    EXPECT_FALSE(trial_.is_over()) << "nobody folds what would end it";
    EXPECT_EQ(bench_.orders_.size(), processes + 1) << "its second death was the last";
    EXPECT_THAT(bench_.orders_.back().aside, SizeIs(16));

    Trial another(trials_, streams_, 6);
    EXPECT_FALSE(another.step());
    EXPECT_FALSE(another.step());
    EXPECT_EQ(bench_.orders_.back().stream, 6U) << "other streams do not wait for it";
}

TEST_F(TrialShareTest, AStreamThatStandsIsTriedAnewFurtherBackUntilARowPasses)
{
    Trials trials(&bench_, quarantined_, standing_, {.in_a_row = 1, .stands = 0s, .silence = 1h});
    Trial trial(trials, streams_, 5);
    const auto tell = [&](const std::deque<TrialReport>& reports) {
        for (const auto& report : reports) {
            bench_.reports_.push_back(report);
            while (!trial.is_over() && !bench_.reports_.empty()) static_cast<void>(trial.step());
        }
        static_cast<void>(trial.step());
        return bench_.orders_.back();
    };
    EXPECT_EQ(tell({died(one_, 1), died(one_, 1), died(two_, 2)}).rows, 256U);
    EXPECT_EQ(tell({died(two_, 2)}).rows, 256U * 16);
    EXPECT_TRUE(has_stood(1));
    const auto order = tell({died(two_, 2)});
    EXPECT_TRUE(has_stood(2)) << "a process each time";
    EXPECT_THAT(order.aside, SizeIs(1));
    EXPECT_THAT(order.last, ElementsAre(one_, two_));
    EXPECT_THAT(tell({died(two_, 2, 1)}).aside, SizeIs(2)) << "where others' rows pass it is this one";
    tell({{.state = State::passed}});
    EXPECT_TRUE(trial.is_over());
}

TEST_F(TrialShareTest, WhereRowsOfManyTenantsEndProcessesEvenUnreadTheStreamStandsToo)
{
    order_after(std::deque(5, died(one_, 1)));
    order_after(std::deque(5, died(two_, 2)));
    EXPECT_TRUE(has_stood(0));
    order_after(std::deque(5, died(three_, 3)));
    EXPECT_TRUE(has_stood(1));
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
    Trials silents_{&bench_, quarantined_, standing_, {.silence = 0s}};
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
