#include "http/wire/body_memory.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace winnow::http {
namespace {

using Part = BodyMemory::Part;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

Uuid caller(std::uint64_t number)
{
    return Uuid::v7(1, 2, number);
}

TEST(BodyMemory, ABodyHoldsWhatItGrewToAndGivesItBack)
{
    BodyMemory memory(100);
    {
        Part one(memory);
        EXPECT_TRUE(one.grow(caller(1), 10));
        EXPECT_TRUE(one.grow(caller(1), 20));
        EXPECT_TRUE(one.grow(caller(1), 5)) << "it has them";
        EXPECT_EQ(one.bytes(), 20U);
        Part other(memory);
        EXPECT_FALSE(other.grow(caller(1), 6)) << "a caller has a quarter";
        one.shrink(19);
        EXPECT_TRUE(other.grow(caller(1), 6));
    }
    Part next(memory);
    EXPECT_TRUE(next.grow(caller(1), 25));
}

TEST(BodyMemory, ACallersOnlyBodyMayBeLongerThanItsShareAndTheOnlyOneOfAllThanTheLimit)
{
    BodyMemory memory(100);
    Part one(memory);
    EXPECT_TRUE(one.grow(caller(1), 50));
    EXPECT_TRUE(one.grow(caller(1), 150));
    Part other(memory);
    EXPECT_FALSE(other.grow(caller(2), 1));
}

TEST(BodyMemory, StalledBodiesOfFourTenantsLeaveRoomForEverybody)
{
    BodyMemory memory(256 * kMiB);
    std::deque<Part> stalled;  // a few KB more than 64 KiB have come of each
    for (std::uint64_t tenant = 0; tenant < 4; ++tenant) {
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(stalled.emplace_back(memory).grow(caller(tenant), 128 * 1'024));
    }
    for (std::uint64_t tenant = 0; tenant < 5; ++tenant) {
        Part push(memory);
        EXPECT_TRUE(push.grow(caller(tenant), 16 * kMiB)) << tenant;
    }
}

TEST(BodyMemory, BodiesThatGrowDoNotWaitForEachOther)
{
    BodyMemory memory(100);
    Part one(memory);
    Part two(memory);
    Part third(memory);
    ASSERT_TRUE(one.grow(caller(1), 12));
    ASSERT_TRUE(two.grow(caller(1), 12));
    EXPECT_FALSE(third.grow(caller(1), 12)) << "with empty hands: it can wait";
    EXPECT_TRUE(one.grow(caller(1), 24)) << "one of a caller goes on, beyond the share";
    EXPECT_FALSE(two.grow(caller(1), 24));
    EXPECT_TRUE(one.grow(caller(1), 48)) << "to its end";
    one.shrink(40);
    EXPECT_FALSE(two.grow(caller(1), 24)) << "it is in memory until it is answered";
    one.shrink(0);
    EXPECT_TRUE(two.grow(caller(1), 24));
    EXPECT_TRUE(two.grow(caller(1), 48)) << "then it is the next one's turn";
}

TEST(BodyMemory, OneOfAllGoesOnBeyondTheLimitWhateverItsCaller)
{
    BodyMemory memory(100);
    std::deque<Part> parts;
    for (std::uint64_t tenant = 0; tenant < 4; ++tenant) {
        for (int i = 0; i < 2; ++i) ASSERT_TRUE(parts.emplace_back(memory).grow(caller(tenant), 12));
    }
    // All are full, and all want more. Whatever their order, one gets to its end at a time, and at last all have.
    EXPECT_TRUE(parts[0].grow(caller(0), 60));
    EXPECT_FALSE(parts[2].grow(caller(1), 60)) << "the limit is passed by one only";
    EXPECT_FALSE(parts[1].grow(caller(0), 60));
    EXPECT_TRUE(parts[0].grow(caller(0), 90));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        EXPECT_TRUE(parts[i].grow(caller(i / 2), 90)) << i;
        parts[i].shrink(0);
    }
}

}  // namespace
}  // namespace winnow::http
