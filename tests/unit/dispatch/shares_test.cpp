#include "dispatch/shares.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::dispatch {
namespace {

using namespace std::chrono_literals;
using Heard = ports::SendReport::Heard;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Shares::End kDelivered{.delivered = true, .heard = Heard::answer};
constexpr Shares::End kSentAway{.delivered = false, .heard = Heard::answer};
constexpr Shares::End kTimedOut{.delivered = false, .heard = Heard::timeout};
constexpr Shares::End kNoConnection{.delivered = false, .heard = Heard::silence};
constexpr Shares::End kOurFault{.delivered = false, .heard = Heard::nothing};

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(4, number));
}
ContactId contact(std::uint64_t number)
{
    return ContactId(Uuid::from_words(8, number));
}

class SharesTest : public testing::Test {
protected:
    /// A contact of its own, by a receiver of its own, each time.
    Shares::Party somebody(std::uint64_t of_tenant, bool retry = false)
    {
        ++count_;
        return {.tenant = tenant(of_tenant),
                .contact = contact(count_),
                .receiver = "https://host" + std::to_string(count_),
                .retry = retry};
    }
    /// Another contact at the same receiver.
    Shares::Party somebody_at(Shares::Party party)
    {
        party.contact = contact(++count_);
        return party;
    }
    void take(const Shares::Party& party) { shares_.take(party, now_); }
    void end(const Shares::Party& party, const Shares::End& how) { shares_.give_back(party, how, now_); }
    void attempt(const Shares::Party& party, const Shares::End& how)
    {
        take(party);
        end(party, how);
    }
    bool admits(const Shares::Party& party) { return !shares_.wait_for(party, now_); }

    std::size_t room(std::uint64_t of_tenant, bool retries = false)
    {
        const auto share = shares_.share(retries, now_);
        const auto own = std::ranges::find(share.tenants, tenant(of_tenant), &ports::ClaimShare::Tenant::id);
        return own == share.tenants.end() ? share.per_tenant : own->room;
    }
    std::size_t receiver_room(const Shares::Party& party)
    {
        const auto share = shares_.share(party.retry, now_);
        const auto own = std::ranges::find_if(share.receivers, [&](const auto& each) {
            return each.tenant == party.tenant && each.receiver == party.receiver;
        });
        return own == share.receivers.end() ? share.per_receiver : own->room;
    }
    /// As the dispatcher does, until a claim would bring nothing.
    std::size_t fill(std::uint64_t of_tenant, bool retries = false)
    {
        std::size_t taken = 0;
        while (true) {
            const auto claim = std::min(shares_.share(retries, now_).limit, room(of_tenant, retries));
            if (claim == 0) return taken;
            for (std::size_t i = 0; i < claim; ++i, ++taken) take(somebody(of_tenant, retries));
        }
    }

    ShareOptions options_;
    Shares shares_{options_};
    Shares::Time now_{1'000h};
    std::uint64_t count_ = 0;
};

TEST_F(SharesTest, ATenantTakesItsShareAndLeavesTheRest)
{
    EXPECT_EQ(fill(1), 32U);
    EXPECT_EQ(shares_.free(), 224U);
    EXPECT_FALSE(admits(somebody(1)));
    EXPECT_EQ(fill(2), 32U);
}

TEST_F(SharesTest, HoweverManyTenantsComeAtOnceTheNextOneFindsAPlace)
{
    for (std::uint64_t each = 1; each <= 9; ++each) {
        EXPECT_GT(fill(each), 0U) << each;
        EXPECT_GT(shares_.free(), 0U) << each;
    }
}

TEST_F(SharesTest, OneClaimGivesAwayHalfOfWhatIsFree)
{
    EXPECT_EQ(shares_.share(false, now_).limit, 128U);
    for (std::uint64_t each = 0; each < 255; ++each) take(somebody(each));
    EXPECT_EQ(shares_.share(false, now_).limit, 1U) << "the last one, too";
    EXPECT_TRUE(admits(somebody(1'000)));
    take(somebody(1'000));
    EXPECT_EQ(shares_.share(false, now_).limit, 0U);
    EXPECT_FALSE(admits(somebody(1'001)));
}

TEST_F(SharesTest, WithOneSlotThereIsStillOneAttemptOfEachKind)
{
    options_.max_in_flight = 1;
    Shares one(options_);
    EXPECT_EQ(one.share(false, now_).limit, 1U);
    EXPECT_EQ(one.share(false, now_).per_tenant, 1U);
    EXPECT_EQ(one.share(true, now_).limit, 1U);
    EXPECT_EQ(one.share(true, now_).per_tenant, 1U);
}

TEST_F(SharesTest, RetriesHaveAShareOfTheTenantsShare)
{
    EXPECT_EQ(fill(1, true), 8U);
    EXPECT_EQ(shares_.retries_in_flight(), 8U);
    EXPECT_EQ(room(1, true), 0U);
    EXPECT_FALSE(admits(somebody(1, true)));
    EXPECT_EQ(fill(1), 24U) << "all together a tenant's share";
    end({.tenant = tenant(1), .contact = contact(1), .receiver = "https://host1", .retry = true}, kDelivered);
    EXPECT_EQ(shares_.retries_in_flight(), 7U);
}

TEST_F(SharesTest, RetriesOfAllLeaveHalfToFirstAttempts)
{
    options_.max_retries = 1'000;
    Shares many(options_);
    for (std::uint64_t each = 0; each < 128; ++each) many.take(somebody(each, true), now_);
    EXPECT_EQ(many.share(true, now_).limit, 0U);
    EXPECT_TRUE(many.wait_for(somebody(999, true), now_));
    EXPECT_EQ(many.share(false, now_).limit, 64U);
    EXPECT_FALSE(many.wait_for(somebody(999), now_));
}

TEST_F(SharesTest, ATenantWhoseAttemptsMostlyRunIntoTheirTimeLimitHasFourUntilSomethingGetsThrough)
{
    attempt(somebody(1), kDelivered);
    for (int i = 0; i < 3; ++i) attempt(somebody(1), kTimedOut);
    EXPECT_EQ(room(1), 32U) << "three hold up nobody";
    attempt(somebody(1), kTimedOut);
    EXPECT_EQ(room(1), 4U);
    EXPECT_EQ(shares_.hanging_tenants(), 1U);
    EXPECT_EQ(room(2), 32U);
    now_ += 5min;
    EXPECT_EQ(room(1), 4U) << "time alone proves nothing";
    attempt(somebody(1), kSentAway);
    EXPECT_EQ(room(1), 4U);
    attempt(somebody(1), kDelivered);
    EXPECT_EQ(room(1), 32U);
    EXPECT_EQ(shares_.hanging_tenants(), 0U);
}

TEST_F(SharesTest, OneSuccessAmongManyTimeoutsDoesNotOpenTheGates)
{
    for (int i = 0; i < 10; ++i) attempt(somebody(1), kTimedOut);
    attempt(somebody(1), kDelivered);
    EXPECT_EQ(room(1), 4U);
    for (int i = 0; i < 9; ++i) attempt(somebody(1), kDelivered);
    EXPECT_EQ(room(1), 32U) << "as many as timeouts";
}

TEST_F(SharesTest, ATenantOfWhichHalfGetsThroughIsNotHanging)
{
    for (int i = 0; i < 20; ++i) attempt(somebody(1), i % 2 == 0 ? kDelivered : kTimedOut);
    EXPECT_EQ(room(1), 32U);
}

TEST_F(SharesTest, TimeoutsOfLongAgoDoNotCount)
{
    for (int i = 0; i < 3; ++i) attempt(somebody(1), kTimedOut);
    now_ += 61s;
    attempt(somebody(1), kTimedOut);
    EXPECT_EQ(room(1), 32U);
}

TEST_F(SharesTest, AReceiverHasItsShareOfOneTenantOnly)
{
    auto party = somebody(1);
    for (int i = 0; i < 8; ++i) {
        party = somebody_at(party);
        EXPECT_TRUE(admits(party));
        take(party);
    }
    party = somebody_at(party);
    EXPECT_FALSE(admits(party));
    EXPECT_EQ(receiver_room(party), 0U);
    party.tenant = tenant(2);
    EXPECT_TRUE(admits(party));
    EXPECT_EQ(receiver_room(party), 8U);
}

TEST_F(SharesTest, AReceiverThatDoesNotAnswerIsProbedMoreAndMoreRarely)
{
    const auto party = somebody(1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(admits(party)) << i;
        attempt(party, i % 2 == 0 ? kNoConnection : kTimedOut);
    }
    EXPECT_EQ(shares_.closed_receivers(), 1U);
    for (const auto pause : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        EXPECT_EQ(receiver_room(party), 0U);
        EXPECT_EQ(shares_.wait_for(party, now_), std::chrono::milliseconds(pause));
        EXPECT_EQ(shares_.next_probe(now_), std::chrono::milliseconds(pause));
        now_ += pause - 1ms;
        EXPECT_FALSE(admits(party)) << pause;
        now_ += 1ms;
        EXPECT_EQ(receiver_room(party), 1U);
        EXPECT_TRUE(admits(party)) << pause;
        take(party);
        EXPECT_FALSE(admits(somebody_at(party))) << "one at a time";
        EXPECT_EQ(shares_.next_probe(now_), std::nullopt) << "its end tells";
        end(party, kTimedOut);
    }
    now_ += 300s;
    attempt(party, kSentAway);
    EXPECT_EQ(receiver_room(party), 8U) << "any answer shows that it is there";
    EXPECT_EQ(shares_.closed_receivers(), 0U);
    EXPECT_EQ(shares_.next_probe(now_), std::nullopt);
}

TEST_F(SharesTest, AClosedReceiverIsClosedForItsTenantAlone)
{
    auto party = somebody(1);
    for (int i = 0; i < 5; ++i) attempt(party, kNoConnection);
    EXPECT_FALSE(admits(party));
    party.tenant = tenant(2);
    party.contact = contact(999);
    EXPECT_TRUE(admits(party));
}

TEST_F(SharesTest, WhatWasUnderWayWhenAReceiverClosedDoesNotCountAsProbes)
{
    const auto party = somebody(1);
    std::vector<Shares::Party> all;
    for (int i = 0; i < 8; ++i) all.push_back(somebody_at(party));
    for (const auto& each : all) take(each);
    for (const auto& each : all) end(each, kTimedOut);
    EXPECT_EQ(shares_.next_probe(now_), 5s);
}

TEST_F(SharesTest, AnAnswerThatIsARefusalIsNoSilence)
{
    const auto party = somebody(1);
    for (int i = 0; i < 20; ++i) attempt(party, kSentAway);
    EXPECT_EQ(shares_.closed_receivers(), 0U) << "another URL of the same host may be well";
    EXPECT_EQ(receiver_room(party), 8U);
    take(party);
    EXPECT_FALSE(admits(party)) << "but this contact is tried one at a time";
    EXPECT_THAT(shares_.share(false, now_).busy, ElementsAre(party.contact));
    EXPECT_TRUE(admits(somebody_at(party)));
}

TEST_F(SharesTest, WhatIsOurFaultSaysNothingOfTheReceiver)
{
    const auto party = somebody(1);
    for (int i = 0; i < 20; ++i) attempt(party, kOurFault);
    EXPECT_EQ(shares_.closed_receivers(), 0U);
    EXPECT_EQ(shares_.hanging_tenants(), 0U);
}

TEST_F(SharesTest, AContactTakesNoMoreThanItsShare)
{
    const auto party = somebody(1);
    take(party);
    EXPECT_TRUE(admits(party));
    EXPECT_THAT(shares_.share(false, now_).busy, IsEmpty());
    take(party);
    EXPECT_FALSE(admits(party));
    EXPECT_THAT(shares_.share(false, now_).busy, ElementsAre(party.contact));
    end(party, kDelivered);
    EXPECT_TRUE(admits(party));
}

TEST_F(SharesTest, WhatIsInFlightWhenAContactBeginsToFailIsNotCountedBelowZero)
{
    options_.breaker_after = 1;
    options_.per_contact = 3;
    Shares strict(options_);
    const auto party = somebody(1);
    for (int i = 0; i < 3; ++i) strict.take(party, now_);
    strict.give_back(party, kSentAway, now_);
    EXPECT_TRUE(strict.wait_for(party, now_)) << "two are still under way, and one may be";
    strict.give_back(party, kSentAway, now_);
    EXPECT_TRUE(strict.wait_for(party, now_));
    strict.give_back(party, kSentAway, now_);
    EXPECT_FALSE(strict.wait_for(party, now_));
}

TEST_F(SharesTest, WhoFailedLongAgoIsForgottenAndWhoIsUnderWayIsNot)
{
    const auto silent = somebody(1);
    for (int i = 0; i < 5; ++i) attempt(silent, kNoConnection);
    const auto hanging = somebody(2);
    take(hanging);
    shares_.forget(now_);
    EXPECT_EQ(shares_.closed_receivers(), 1U);
    now_ += 16min;
    shares_.forget(now_);
    EXPECT_EQ(shares_.closed_receivers(), 0U);
    EXPECT_EQ(room(2), 31U);
    end(hanging, kTimedOut);
    EXPECT_EQ(room(2), 32U);
}

TEST_F(SharesTest, AClaimIsToldOfABoundedNumberOfClosedReceivers)
{
    for (int i = 0; i < 300; ++i) {
        const auto party = somebody(1);
        for (int again = 0; again < 5; ++again) attempt(party, kNoConnection);
    }
    EXPECT_EQ(shares_.closed_receivers(), 300U);
    EXPECT_EQ(shares_.share(false, now_).receivers.size(), 256U);
}

}  // namespace
}  // namespace winnow::dispatch
