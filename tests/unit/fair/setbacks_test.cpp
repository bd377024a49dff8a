#include "winnow/fair/setbacks.hpp"

#include <gmock/gmock.h>

namespace winnow::fair {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TenantId kA(Uuid::from_words(0, 1));
const TenantId kB(Uuid::from_words(0, 2));

TEST(Setbacks, EachFailureDoublesThePauseFromAMinuteToAnHour)
{
    Setbacks setbacks;
    Setbacks::Instant now{};
    for (const auto pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
        EXPECT_EQ(setbacks.failed(kA, now), pause);
        EXPECT_TRUE(setbacks.is_left_out(kA, now + pause - 1ms));
        EXPECT_FALSE(setbacks.is_left_out(kA, now + pause));
        now += pause;
    }
}

TEST(Setbacks, OneTenantsFailuresAreNobodyElses)
{
    Setbacks setbacks;
    setbacks.failed(kA, {});
    EXPECT_FALSE(setbacks.is_left_out(kB, {}));
    EXPECT_THAT(setbacks.left_out({}), ElementsAre(kA));
    EXPECT_THAT(setbacks.due_again({}), IsEmpty());
    EXPECT_THAT(setbacks.due_again(Setbacks::Instant{} + 1min), ElementsAre(kA));
    EXPECT_EQ(setbacks.next_in(Setbacks::Instant{} + 20s), 40s);
    EXPECT_EQ(setbacks.next_in(Setbacks::Instant{} + 2min), 0s);
}

TEST(Setbacks, ASuccessForgetsThem)
{
    Setbacks setbacks;
    setbacks.failed(kA, {});
    setbacks.failed(kA, {});
    setbacks.succeeded(kA);
    EXPECT_EQ(setbacks.size(), 0U);
    EXPECT_EQ(setbacks.next_in({}), std::nullopt);
    EXPECT_EQ(setbacks.failed(kA, {}), 1min);
}

TEST(Setbacks, TheFirstOnesMayBeTriedAgainAtOnce)
{
    Setbacks setbacks({.most = 10min, .at_once = 3});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(setbacks.failed(kA, {}), 0ms);
    for (const auto pause : {1min, 2min, 4min, 8min, 10min, 10min}) EXPECT_EQ(setbacks.failed(kA, {}), pause);
}

TEST(Setbacks, WhoIsNeverTriedAgainIsForgotten)
{
    Setbacks setbacks;
    setbacks.failed(kA, {});
    setbacks.failed(kB, Setbacks::Instant{} + 24h);
    EXPECT_THAT(setbacks.all(), ElementsAre(kB));
}

}  // namespace
}  // namespace winnow::fair
