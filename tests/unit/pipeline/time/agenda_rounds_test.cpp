/// @file
/// One worker's rounds over the tenants of one kind.

#include "pipeline/time/agenda.hpp"
#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class AgendaRounds : public testing::Test {
protected:
    /// One round. Tenants in `busy_` refuse.
    void round(const std::vector<TenantId>& due)
    {
        tried_.clear();
        waited_.clear();
        now_ += 1s;
        agenda_.poke(now_);
        while (true) {
            const auto task = agenda_.next(now_);
            if (std::holds_alternative<Agenda::Wait>(task)) return;
            if (std::holds_alternative<Agenda::Look>(task)) agenda_.looked({0ms}, now_);
            if (std::holds_alternative<Agenda::Find>(task)) agenda_.found(0, due, now_);
            if (const auto* turn = std::get_if<Agenda::Take>(&task)) agenda_.took(*turn, take(*turn), {}, now_);
        }
    }
    Agenda::End take(const Agenda::Take& turn)
    {
        (turn.patience.count() == 0 ? tried_ : waited_).push_back(turn.tenant);
        if (failing_.contains(turn.tenant)) return Agenda::End::failed;
        return busy_.contains(turn.tenant) ? Agenda::End::busy : Agenda::End::done;
    }

    Agenda::Instant now_ = std::chrono::steady_clock::now();
    Agenda agenda_{{{.name = "kind", .again = 1'000ms, .after_fold = true}}, 1'000ms, now_};
    std::set<TenantId> busy_;
    std::set<TenantId> failing_;
    std::vector<TenantId> tried_;   ///< Without waiting.
    std::vector<TenantId> waited_;  ///< With patience.
    const TenantId a_ = tenant_id(1), b_ = tenant_id(2), c_ = tenant_id(3);
};

TEST_F(AgendaRounds, WhereNobodyIsInTheWayNobodyWaits)
{
    round({a_, b_, c_});
    EXPECT_THAT(tried_, ElementsAre(a_, b_, c_));
    EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(AgendaRounds, OneForWhichItFailsAgainAndAgainIsLeftOutAndTheOthersAreNot)
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

TEST_F(AgendaRounds, WhoSucceedsInBetweenIsNotLeftOut)
{
    for (int i = 0; i < 20; ++i) {
        failing_ = i % 3 == 2 ? std::set<TenantId>{} : std::set<TenantId>{b_};
        round({a_, b_});
        EXPECT_THAT(tried_, ElementsAre(a_, b_));
    }
}

TEST_F(AgendaRounds, WhatIsTheDatabasesFaultIsNoTenants)
{
    EXPECT_EQ(end_of(Error(ErrorCode::unavailable, "")), Agenda::End::away);
    EXPECT_EQ(end_of(Error(ErrorCode::conflict, "")), Agenda::End::busy);
    EXPECT_EQ(end_of(Error(ErrorCode::internal, "")), Agenda::End::failed);
    EXPECT_EQ(end_of(Error(ErrorCode::timeout, "")), Agenda::End::failed);
}

TEST_F(AgendaRounds, TheBusyOnesAreWaitedForOneARoundAndAfterEverybodyElse)
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

TEST_F(AgendaRounds, WhoGotItsTurnOrIsNoLongerDueIsNotWaitedFor)
{
    busy_ = {a_, b_, c_};
    round({a_, b_, c_});
    busy_ = {c_};
    round({b_, c_});
    EXPECT_THAT(waited_, ElementsAre(c_));
}

TEST_F(AgendaRounds, WhateverIsBusyEverybodyFreeIsServedEachRoundAndEverybodyBusyIsWaitedForInTurn)
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
