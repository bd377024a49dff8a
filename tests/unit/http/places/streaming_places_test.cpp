#include "http/places/places.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

// Places of answers that may go on for long.

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

class StreamingPlaces : public testing::Test {
protected:
    Place& busy(int number, const Uuid& who)
    {
        auto& place = all_.emplace_back();
        EXPECT_EQ(places_.arrive(place, address(number), false, now_).refused, Refused::no);
        EXPECT_TRUE(places_.begin(place, who, now_));
        return place;
    }
    Place& streaming(int number, const Uuid& who)
    {
        auto& place = busy(number, who);
        EXPECT_TRUE(places_.stream(place));
        EXPECT_EQ(place.stage(), Stage::streaming);
        return place;
    }

    Places::Time now_{1'000h};
    std::deque<Place> all_;
    /// Of which a caller may have 15 busy, and 4 that stream.
    Places places_{{.total = 40, .per_prefix = 12, .newcomers_per_prefix = 4, .streams_per_tenant = 4}, 7};
};

TEST_F(StreamingPlaces, ATenantHasSoManyAndNoneMore)
{
    EXPECT_EQ(places_.most_streams(), 4U);
    for (int i = 0; i < 4; ++i) streaming(i, caller(1));
    auto& beyond = busy(10, caller(1));
    EXPECT_FALSE(places_.stream(beyond));
    EXPECT_EQ(beyond.stage(), Stage::busy) << "and its request may be answered";
    streaming(11, caller(2));  // another tenant's
    EXPECT_EQ(places_.streams(), 5U);
    places_.end(all_[2]);
    EXPECT_EQ(all_[2].stage(), Stage::idle);
    EXPECT_TRUE(places_.stream(beyond));
    EXPECT_TRUE(places_.stream(beyond)) << "it is one already";
    EXPECT_EQ(places_.streams(), 5U);
}

TEST_F(StreamingPlaces, TheyTakeAtMostHalfOfWhatATenantMayHaveBusy)
{
    Places places({.total = 40, .per_prefix = 12, .newcomers_per_prefix = 4, .streams_per_tenant = 1'000}, 7);
    EXPECT_EQ(places.most_busy(), 15U);
    EXPECT_EQ(places.most_streams(), 7U);
    EXPECT_EQ(Places({.total = 1, .streams_per_tenant = 1'000}, 7).most_streams(), 1U);
    EXPECT_EQ(Places({.total = 40, .streams_per_tenant = 0}, 7).most_streams(), 1U);
}

TEST_F(StreamingPlaces, TheyCountAsBusy)
{
    for (int i = 0; i < 4; ++i) streaming(i, caller(1));
    for (int i = 4; i < 15; ++i) busy(i, caller(1));
    auto& beyond = all_.emplace_back();
    ASSERT_EQ(places_.arrive(beyond, address(50), false, now_).refused, Refused::no);
    EXPECT_FALSE(places_.begin(beyond, caller(1), now_));
}

TEST_F(StreamingPlaces, WhereAllAreTakenTheTenantWithMostStreamsLosesItsOldest)
{
    for (int i = 0; i < 2; ++i) streaming(i, caller(1));
    for (int i = 2; i < 5; ++i) streaming(i, caller(2));
    for (int i = 5; i < 40; ++i) busy(i, caller(static_cast<std::uint64_t>(i)));
    auto& next = all_.emplace_back();
    const auto arrival = places_.arrive(next, address(100), false, now_);
    EXPECT_EQ(arrival.displaced, &all_[2]);
    EXPECT_EQ(arrival.was, Stage::streaming);
    EXPECT_EQ(all_[2].stage(), Stage::outside);
    EXPECT_EQ(places_.streams(), 4U);
    EXPECT_TRUE(places_.stream(all_[2])) << "it is on its way out, and counts for nothing";
    places_.end(all_[2]);
    EXPECT_EQ(places_.taken(), 40U);
}

TEST_F(StreamingPlaces, IdleOnesGoBeforeThemAndStrangersBelowAnEighthAfterThem)
{
    auto& idle = busy(0, caller(1));
    places_.end(idle);
    for (int i = 1; i < 5; ++i) streaming(i, caller(2));
    for (int i = 5; i < 40; ++i) busy(i, caller(static_cast<std::uint64_t>(i)));
    const auto come = [&](int number) {
        return places_.arrive(all_.emplace_back(), address(number), false, now_);
    };
    EXPECT_EQ(come(100).displaced, &idle);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(come(100 + static_cast<int>(i)).displaced, &all_[i]) << i;
    EXPECT_EQ(come(110).was, Stage::stranger) << "nobody else may be asked to go";
}

TEST_F(StreamingPlaces, WhoIsCountedNowhereMay)
{
    auto& newcomer = all_.emplace_back();
    ASSERT_EQ(places_.arrive(newcomer, address(1), false, now_).refused, Refused::no);
    EXPECT_TRUE(places_.stream(newcomer));
    EXPECT_EQ(newcomer.stage(), Stage::stranger);
    EXPECT_EQ(places_.streams(), 0U);
}

/// Against a second book that is slow and plain.
TEST_F(StreamingPlaces, AreCountedRightWhateverHappens)
{
    std::uint64_t dice = 88'172'645'463'325'252ULL;
    const auto roll = [&](std::uint64_t sides) {
        dice ^= dice << 13U;
        dice ^= dice >> 7U;
        dice ^= dice << 17U;
        return dice % sides;
    };
    std::map<const Place*, std::uint64_t> whose;
    for (int i = 0; i < 100; ++i) all_.emplace_back();
    const auto streams_of = [&](std::uint64_t who) {
        std::size_t count = 0;
        for (const auto& one : all_) count += one.stage() == Stage::streaming && whose[&one] == who ? 1 : 0;
        return count;
    };
    for (int step = 0; step < 50'000; ++step) {
        auto& place = all_[roll(all_.size())];
        const auto before = place.stage();
        const auto who = roll(3);
        switch (roll(5)) {
            case 0: {
                if (before != Stage::outside) {
                    places_.leave(place, now_);
                    break;
                }
                std::size_t most = 0;
                for (std::uint64_t each = 0; each < 3; ++each) most = std::max(most, streams_of(each));
                const auto arrival = places_.arrive(place, address(static_cast<int>(roll(40))), false, now_);
                if (arrival.was == Stage::streaming) {
                    ASSERT_EQ(streams_of(whose[arrival.displaced]) + 1, most) << "of a tenant with most of them";
                }
                break;
            }
            case 1:
                if (places_.begin(place, caller(who), now_) && before != Stage::busy && before != Stage::streaming) {
                    whose[&place] = who;
                }
                break;
            case 2:
                if (before == Stage::busy) {
                    ASSERT_EQ(streams_of(whose[&place]) < 4, places_.stream(place));
                }
                break;
            default: places_.end(place); break;
        }
        if (step % 97 == 0) {
            ASSERT_EQ(places_.streams(), streams_of(0) + streams_of(1) + streams_of(2));
        }
    }
    for (auto& place : all_) places_.leave(place, now_);
    EXPECT_EQ(places_.taken(), 0U);
    EXPECT_EQ(places_.streams(), 0U);
}

}  // namespace
}  // namespace winnow::http
