#include "winnow/base/uuid.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_set>

namespace winnow {

TEST(Uuid, TextRoundTrips)
{
    std::mt19937_64 random(1);
    for (int i = 0; i < 1'000; ++i) {
        const auto id = Uuid::from_words(random(), random());
        EXPECT_EQ(Uuid::parse(id.str()), id);
        EXPECT_EQ(Uuid::from_words(id.high(), id.low()), id);
    }
    EXPECT_EQ(Uuid::from_words(0x0123456789abcdef, 0xfedcba9876543210).str(), "01234567-89ab-cdef-fedc-ba9876543210");
    EXPECT_EQ(Uuid().str(), "00000000-0000-0000-0000-000000000000");
    EXPECT_TRUE(Uuid().is_nil());
}

TEST(Uuid, ParsesEitherCaseAndNothingElse)
{
    EXPECT_EQ(Uuid::parse("01234567-89AB-CDEF-FEDC-BA9876543210"), Uuid::parse("01234567-89ab-cdef-fedc-ba9876543210"));
    for (const auto* text : {"", "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100",
                             "0123456789abcdeffedcba9876543210", "{01234567-89ab-cdef-fedc-ba9876543210}",
                             "01234567-89ab-cdef-fedc-ba987654321g", "01234567_89ab-cdef-fedc-ba9876543210",
                             "0123456-789ab-cdef-fedc-ba9876543210", "-1234567-89ab-cdef-fedc-ba9876543210"}) {
        EXPECT_EQ(Uuid::parse(text), std::nullopt) << text;
    }
}

TEST(Uuid, SortsAsItsBytesAndText)
{
    std::mt19937_64 random(2);
    for (int i = 0; i < 1'000; ++i) {
        const auto a = Uuid::from_words(random(), random());
        const auto b = Uuid::from_words(random() % 2 == 0 ? a.high() : random(), random());
        EXPECT_EQ(a < b, a.str() < b.str());
    }
}

TEST(Uuid, Version7HoldsTimeVersionAndVariant)
{
    const auto id = Uuid::v7(0x0192abcdef01, ~0ULL, ~0ULL);
    EXPECT_EQ(id.str(), "0192abcd-ef01-7fff-bfff-ffffffffffff");
    EXPECT_EQ(Uuid::v7(0x0192abcdef01, 0, 0).str(), "0192abcd-ef01-7000-8000-000000000000");
    EXPECT_LT(Uuid::v7(1, ~0ULL, ~0ULL), Uuid::v7(2, 0, 0));
}

TEST(StrongId, OfDifferentTagsAreDifferentTypes)
{
    static_assert(!std::is_convertible_v<TenantId, TicketId>);
    static_assert(!std::is_convertible_v<Uuid, TenantId>);
    const auto id = TenantId::parse("01234567-89ab-cdef-fedc-ba9876543210");
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(id->str(), "01234567-89ab-cdef-fedc-ba9876543210");
    EXPECT_FALSE(id->is_nil());
    EXPECT_TRUE(TenantId().is_nil());
    EXPECT_EQ(TenantId::parse("x"), std::nullopt);
    const std::unordered_set<TenantId> set{*id, *id, TenantId()};
    EXPECT_EQ(set.size(), 2U);
}

}  // namespace winnow
