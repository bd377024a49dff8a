#include "pipeline/keepers/turns.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <new>
#include <random>
#include <set>

namespace winnow::pipeline {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class TurnsTest : public testing::Test {
protected:
    /// One round. Tenants in `busy_` refuse.
    void round(const std::vector<TenantId>& due)
    {
        tried_.clear();
        waited_.clear();
        turns_.take(due, stop_.get_token(), [&](TenantId tenant, milliseconds patience) {
            (patience.count() == 0 ? tried_ : waited_).push_back(tenant);
            if (broken_.contains(tenant)) throw std::bad_alloc();
            if (failing_.contains(tenant)) return Turns::End::failed;
            return busy_.contains(tenant) ? Turns::End::busy : Turns::End::done;
        });
    }

    Turns turns_;
    std::stop_source stop_;
    std::set<TenantId> busy_;
    std::set<TenantId> broken_;
    std::set<TenantId> failing_;
    std::vector<TenantId> tried_;   ///< Without waiting.
    std::vector<TenantId> waited_;  ///< With patience.
    const TenantId a_ = tenant_id(1), b_ = tenant_id(2), c_ = tenant_id(3);
};

TEST_F(TurnsTest, WhereNobodyIsInTheWayNobodyWaits)
{
    round({a_, b_, c_});
    EXPECT_THAT(tried_, ElementsAre(a_, b_, c_));
    EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(TurnsTest, WhatOneTenantsTurnThrowsTakesNobodyElsesTurn)
{
    broken_ = {a_};
    round({a_, b_, c_});
    EXPECT_THAT(tried_, ElementsAre(a_, b_, c_));
}

TEST_F(TurnsTest, OneForWhichItFailsAgainAndAgainIsLeftOutAndTheOthersAreNot)
{
    failing_ = {b_};
    for (int i = 0; i < 4; ++i) {
        round({a_, b_, c_});
        EXPECT_THAT(tried_, ElementsAre(a_, b_, c_)) << "three failures are tried again at once";
    }
    round({a_, b_, c_});
    EXPECT_THAT(tried_, ElementsAre(a_, c_));
    EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(TurnsTest, WhoSucceedsInBetweenIsNotLeftOut)
{
    for (int i = 0; i < 20; ++i) {
        failing_ = i % 3 == 2 ? std::set<TenantId>{} : std::set<TenantId>{b_};
        round({a_, b_});
        EXPECT_THAT(tried_, ElementsAre(a_, b_));
    }
}

TEST_F(TurnsTest, WhatIsTheDatabasesFaultIsNoTenants)
{
    EXPECT_EQ(end_of(Error(ErrorCode::unavailable, "")), Turns::End::done);
    EXPECT_EQ(end_of(Error(ErrorCode::conflict, "")), Turns::End::busy);
    EXPECT_EQ(end_of(Error(ErrorCode::internal, "")), Turns::End::failed);
    EXPECT_EQ(end_of(Error(ErrorCode::timeout, "")), Turns::End::failed);
}

TEST_F(TurnsTest, TheBusyOnesAreWaitedForOneARoundAndAfterEverybodyElse)
{
    busy_ = {a_, b_};
    round({a_, b_, c_});
    EXPECT_THAT(tried_, ElementsAre(a_, b_, c_));
    EXPECT_THAT(waited_, ElementsAre(a_));
    round({a_, b_, c_});
    EXPECT_THAT(waited_, ElementsAre(b_)) << "it has waited longer than the other one";
    round({a_, b_, c_});
    EXPECT_THAT(waited_, ElementsAre(a_));
}

TEST_F(TurnsTest, WhoGotItsTurnOrIsNoLongerDueIsNotWaitedFor)
{
    busy_ = {a_, b_, c_};
    round({a_, b_, c_});
    busy_ = {c_};
    round({b_, c_});
    EXPECT_THAT(waited_, ElementsAre(c_));
}

TEST_F(TurnsTest, AStopEndsARound)
{
    busy_ = {a_};
    stop_.request_stop();
    round({a_, b_});
    EXPECT_THAT(tried_, IsEmpty());
    EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(TurnsTest, WhateverIsBusyEverybodyFreeIsServedEachRoundAndEverybodyBusyIsWaitedForInTurn)
{
    std::mt19937 dice(20261126);  // NOLINT: a property, the same in each run
    std::vector<TenantId> all;
    for (std::uint64_t n = 1; n <= 12; ++n) all.push_back(tenant_id(n));
    std::map<TenantId, int> unserved;  // rounds without a wait since it became busy
    for (int i = 0; i < 2'000; ++i) {
        if (dice() % 4 == 0) {
            const auto tenant = all[dice() % all.size()];
            if (!busy_.erase(tenant)) busy_.insert(tenant);
        }
        round(all);
        ASSERT_EQ(tried_.size(), all.size()) << "each is tried once, whoever is busy";
        ASSERT_EQ(waited_.size(), busy_.empty() ? 0U : 1U);
        for (const auto tenant : all) {
            unserved[tenant] = busy_.contains(tenant) && waited_ != std::vector{tenant} ? unserved[tenant] + 1 : 0;
            ASSERT_LE(unserved[tenant], 12) << "nobody busy waits longer than everybody else's turn";
        }
    }
}

}  // namespace
}  // namespace winnow::pipeline
