#include "http/places/places.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace winnow::http {
namespace {

using namespace std::chrono_literals;
using Place = Places::Place;
using Refused = Places::Refused;
using Stage = Places::Stage;

Uuid caller(std::uint64_t number)
{
    return Uuid::v7(1, 2, number);
}

Prefix address(int number)
{
    return Prefix::of("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256)).value();
}

class PlacesTest : public testing::Test {
protected:
    Places::Arrival arrive(Place& place, const Prefix& prefix, bool trusted = false)
    {
        return places_.arrive(place, prefix, trusted, now_);
    }
    Place& come(const Prefix& prefix)
    {
        auto& place = all_.emplace_back();
        const auto arrival = arrive(place, prefix);
        EXPECT_EQ(arrival.refused, Refused::no);
        return place;
    }
    Place& known(const Prefix& prefix, const Uuid& who)
    {
        auto& place = come(prefix);
        EXPECT_TRUE(places_.begin(place, who, now_));
        places_.end(place);
        return place;
    }

    Places::Time now_{1'000h};
    std::deque<Place> all_;
    Places places_{{.total = 40, .per_prefix = 12, .newcomers_per_prefix = 4}, 7};
};

TEST_F(PlacesTest, StrangersHaveAQuarterAndTheOldestOfThemGoesFirst)
{
    for (int i = 0; i < 10; ++i) come(address(i));
    for (int i = 0; i < 30; ++i) {
        Place& next = all_.emplace_back();
        const auto arrival = arrive(next, address(100 + i));
        EXPECT_EQ(arrival.displaced, &all_[static_cast<std::size_t>(i)]);
        EXPECT_EQ(arrival.was, Stage::stranger);
        EXPECT_EQ(arrival.displaced->stage(), Stage::outside);
    }
    EXPECT_EQ(places_.taken(), 10U);
}

TEST_F(PlacesTest, WhoShowedAKeyKeepsItsPlaceHoweverManyComeAndSayNothing)
{
    std::deque<Place*> customers;
    for (int i = 0; i < 30; ++i) customers.push_back(&known(address(i), caller(static_cast<std::uint64_t>(i))));
    for (int i = 0; i < 10'000; ++i) come(address(100 + i));
    for (const auto* customer : customers) EXPECT_EQ(customer->stage(), Stage::idle);
}

TEST_F(PlacesTest, ANewcomerWhosePrefixShowedAKeyLatelyIsDisplacedByNoStranger)
{
    places_.leave(known(address(1), caller(1)), now_);
    now_ += 23h;
    const auto& back = come(address(1));
    EXPECT_EQ(back.stage(), Stage::returning);
    for (int i = 0; i < 1'000; ++i) come(address(100 + i));
    EXPECT_EQ(back.stage(), Stage::returning);
}

TEST_F(PlacesTest, AfterADayAPrefixIsAStrangerAgain)
{
    places_.leave(known(address(1), caller(1)), now_);
    now_ += 24h + 2min;
    EXPECT_EQ(come(address(1)).stage(), Stage::stranger);
}

TEST_F(PlacesTest, ALongConnectionIsRememberedFromItsEndOn)
{
    auto& connection = known(address(1), caller(1));
    now_ += 72h;
    places_.leave(connection, now_);
    EXPECT_EQ(come(address(1)).stage(), Stage::returning);
}

TEST_F(PlacesTest, ReturningOnesHaveAQuarterOfTheirOwnAndDisplaceEachOther)
{
    for (int i = 0; i < 11; ++i) places_.leave(known(address(i), caller(1)), now_);
    auto& stranger = come(address(100));
    auto& first = come(address(0));
    for (int i = 1; i < 10; ++i) come(address(i));
    Place last;
    EXPECT_EQ(arrive(last, address(10)).displaced, &first);
    EXPECT_EQ(stranger.stage(), Stage::stranger);
    places_.leave(last, now_);
}

TEST_F(PlacesTest, APrefixWithoutAKeyHasSoManyAndItsOwnOldestGoes)
{
    auto& other = come(address(1));
    auto& oldest = come(address(2));
    for (int i = 0; i < 3; ++i) come(address(2));
    Place fifth;
    EXPECT_EQ(arrive(fifth, address(2)).displaced, &oldest);
    EXPECT_EQ(other.stage(), Stage::stranger);
    places_.leave(fifth, now_);
}

TEST_F(PlacesTest, APrefixThatShowedAKeyMayOpenManyAtOnceUpToTheBoundOfAnAddress)
{
    known(address(1), caller(1));
    for (int i = 0; i < 9; ++i) EXPECT_EQ(come(address(1)).stage(), Stage::returning);
    known(address(1), caller(1));
    known(address(1), caller(1));
    Place beyond;
    EXPECT_EQ(arrive(beyond, address(1)).refused, Refused::prefix);
    EXPECT_EQ(beyond.stage(), Stage::outside);
    places_.leave(all_[3], now_);
    EXPECT_EQ(arrive(beyond, address(1)).refused, Refused::no);
    places_.leave(beyond, now_);
}

TEST_F(PlacesTest, ATrustedProxyCountsAsReturningFromItsFirstConnectionOn)
{
    for (int i = 0; i < 10; ++i) {
        auto& place = all_.emplace_back();
        EXPECT_EQ(arrive(place, address(1), true).displaced, nullptr);
        EXPECT_EQ(place.stage(), Stage::returning);
    }
}

TEST_F(PlacesTest, WhenAllAreTakenTheTenantWithMostIdleOnesLosesTheOneIdleForLongest)
{
    auto& first = known(address(1), caller(1));
    for (int i = 0; i < 20; ++i) known(address(10 + i), caller(1));
    for (int i = 0; i < 19; ++i) known(address(50 + i), caller(2));
    EXPECT_TRUE(places_.begin(first, caller(1), now_));
    places_.end(first);  // it is the one idle for the shortest time now
    Place next;
    EXPECT_EQ(arrive(next, address(200)).displaced, &all_[1]);
    EXPECT_TRUE(places_.begin(next, caller(3), now_));  // from now on there are two tenants with 20 and 19
    Place another;
    EXPECT_EQ(arrive(another, address(201)).was, Stage::idle);
    EXPECT_EQ(places_.taken(), 40U);
    places_.leave(next, now_);
    places_.leave(another, now_);
}

TEST_F(PlacesTest, BusyOnesStayAndWhereAllAreBusyNobodyComesIn)
{
    for (int i = 0; i < 40; ++i) {
        auto& place = come(address(i));
        ASSERT_TRUE(places_.begin(place, caller(static_cast<std::uint64_t>(i)), now_));
    }
    Place next;
    EXPECT_EQ(arrive(next, address(200)).refused, Refused::total);
    places_.end(all_[17]);
    EXPECT_EQ(arrive(next, address(200)).displaced, &all_[17]);
    places_.leave(next, now_);
}

TEST_F(PlacesTest, NewcomersBelowAnEighthTakeIdlePlacesInsteadOfEachOthers)
{
    for (int i = 0; i < 40; ++i) known(address(i), caller(1));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(arrive(all_.emplace_back(), address(100 + i)).was, Stage::idle);
    Place sixth;
    EXPECT_EQ(arrive(sixth, address(110)).was, Stage::idle);
    Place seventh;
    EXPECT_EQ(arrive(seventh, address(111)).was, Stage::stranger) << "more than an eighth: their oldest goes";
    places_.leave(sixth, now_);
    places_.leave(seventh, now_);
}

TEST_F(PlacesTest, ATenantHasAtMostHalfOfWhatIsLeftBesideNewcomersBusy)
{
    ASSERT_EQ(places_.most_busy(), 15U);
    for (int i = 0; i < 15; ++i) {
        auto& place = come(address(i));
        ASSERT_TRUE(places_.begin(place, caller(1), now_));
    }
    auto& beyond = come(address(100));
    EXPECT_FALSE(places_.begin(beyond, caller(1), now_));
    EXPECT_EQ(beyond.stage(), Stage::stranger);
    EXPECT_TRUE(places_.begin(beyond, caller(2), now_)) << "another tenant's";
    places_.end(all_[0]);
    EXPECT_TRUE(places_.begin(all_[0], caller(1), now_));
}

TEST_F(PlacesTest, AConnectionOfManyTenantsIsTheLastOnesThatAsked)
{
    auto& proxied = known(address(1), caller(1));
    EXPECT_TRUE(places_.begin(proxied, caller(2), now_));
    places_.end(proxied);
    known(address(2), caller(2));  // two are idle of the second tenant, none of the first
    for (int i = 0; i < 38; ++i) {
        ASSERT_TRUE(places_.begin(come(address(10 + i)), caller(static_cast<std::uint64_t>(10 + i)), now_));
    }
    Place next;
    EXPECT_EQ(arrive(next, address(200)).displaced, &proxied);
    places_.leave(next, now_);
}

TEST_F(PlacesTest, WhoIsOutsideMayFinishAndCountsForNothing)
{
    auto& place = come(address(1));
    for (int i = 0; i < 10; ++i) come(address(100 + i));
    ASSERT_EQ(place.stage(), Stage::outside);
    EXPECT_TRUE(places_.begin(place, caller(1), now_));
    places_.end(place);
    places_.leave(place, now_);
    EXPECT_EQ(places_.taken(), 10U);
}

/// Against a second book that is slow and plain.
TEST_F(PlacesTest, AreCountedRightWhateverHappens)
{
    std::uint64_t dice = 88'172'645'463'325'252ULL;
    const auto roll = [&](std::uint64_t sides) {
        dice ^= dice << 13U;
        dice ^= dice >> 7U;
        dice ^= dice << 17U;
        return dice % sides;
    };
    for (int i = 0; i < 300; ++i) all_.emplace_back();
    for (int step = 0; step < 200'000; ++step) {
        auto& place = all_[roll(all_.size())];
        now_ += std::chrono::seconds(roll(60));
        switch (roll(4)) {
            case 0:
                if (place.stage() == Stage::outside) {
                    arrive(place, address(static_cast<int>(roll(40))), roll(20) == 0);
                } else {
                    places_.leave(place, now_);
                }
                break;
            case 1: static_cast<void>(places_.begin(place, caller(roll(5)), now_)); break;
            default: places_.end(place); break;
        }
        if (step % 97 != 0) continue;
        std::size_t taken = 0;
        std::size_t newcomers = 0;
        for (const auto& one : all_) {
            taken += one.stage() != Stage::outside ? 1 : 0;
            newcomers += one.stage() == Stage::stranger || one.stage() == Stage::returning ? 1 : 0;
        }
        ASSERT_EQ(places_.taken(), taken);
        ASSERT_EQ(places_.newcomers(), newcomers);
        ASSERT_LE(taken, 40U);
        ASSERT_LE(newcomers, 20U);
    }
    for (auto& place : all_) places_.leave(place, now_);
    EXPECT_EQ(places_.taken(), 0U);
}

}  // namespace
}  // namespace winnow::http
