#include "winnow/fair/share.hpp"

#include <gmock/gmock.h>

#include <cstddef>
#include <vector>

namespace winnow::fair {
namespace {

using Limit = Refused::Limit;
using Whose = Refused::Whose;

constexpr Bound kBound{.whole = 1'000, .floor = 50};

/// Each takes one after the other for as long as it finds room.
std::vector<std::size_t> fill(std::size_t tenants)
{
    std::vector<std::size_t> held(tenants);
    std::size_t all = 0;
    for (bool any = true; any;) {
        any = false;
        for (auto& own : held) {
            if (refusal(Limit::bytes, kBound, {all, own}, 1)) continue;
            ++own;
            ++all;
            any = true;
        }
    }
    return held;
}

TEST(Share, AloneItIsHalfAndWithOthersAsMuchAsTheyGet)
{
    EXPECT_THAT(fill(1), testing::ElementsAre(500));
    EXPECT_THAT(fill(3), testing::Each(250));
    EXPECT_THAT(fill(9), testing::Each(100));
}

TEST(Share, WhoHoldsNothingFindsRoomHoweverMuchItBringsAndHoweverManyFillTheirs)
{
    EXPECT_FALSE(refusal(Limit::bytes, kBound, {.all = 500, .own = 0}, 600));
    EXPECT_FALSE(refusal(Limit::bytes, kBound, {.all = 0, .own = 0}, 5'000)) << "or it would be refused for ever";
    EXPECT_FALSE(refusal(Limit::bytes, kBound, {.all = 999, .own = 0}, 101)) << "a tenth more for floors";
    EXPECT_EQ(refusal(Limit::bytes, kBound, {.all = 999, .own = 0}, 102), (Refused{Limit::bytes, 1'000, Whose::node}));
}

TEST(Share, WhoIsOverItIsToldHowMuchItIs)
{
    EXPECT_EQ(refusal(Limit::bytes, kBound, {.all = 600, .own = 390}, 11), (Refused{Limit::bytes, 400, Whose::tenant}));
    EXPECT_FALSE(refusal(Limit::bytes, kBound, {.all = 600, .own = 390}, 10));
    EXPECT_EQ(refusal(Limit::items, kBound, {.all = 990, .own = 40}, 11), (Refused{Limit::items, 50, Whose::tenant}))
        << "never less than the floor";
    EXPECT_FALSE(refusal(Limit::items, kBound, {.all = 990, .own = 40}, 10));
}

TEST(Share, FullnessSaysHowFarATenantIsFromItsOwnLimitWhateverOthersHold)
{
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 700, .own = 0}), 0);
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 250, .own = 250}), 0.5);
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 500, .own = 500}), 1);
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 600, .own = 100}), 0.4) << "of 250";
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 1'010, .own = 10}), 0.2) << "of the floor";
    EXPECT_DOUBLE_EQ(fullness(kBound, {.all = 5'000, .own = 5'000}), 1);
    EXPECT_DOUBLE_EQ(fullness({.whole = 0, .floor = 0}, {.all = 1, .own = 1}), 1);
}

}  // namespace
}  // namespace winnow::fair
