#include "winnow/base/time_range.hpp"

#include <gtest/gtest.h>

namespace winnow {
namespace {

using namespace std::chrono_literals;

TEST(TimeRange, EndsWhereRfc3339InUtcDoes)
{
    EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z"), kEarliestTime);
    EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59.999Z"), kLatestTime);
    EXPECT_EQ(parse_rfc3339("0001-01-01T10:00:00+10:00"), kEarliestTime);
    EXPECT_EQ(parse_rfc3339("9999-12-31T13:59:59.999-10:00"), kLatestTime);
    EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:60Z"), kLatestTime);
    EXPECT_EQ(format_rfc3339(kEarliestTime), "0001-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(kLatestTime), "9999-12-31T23:59:59.999Z");
}

TEST(TimeRange, IsJudgedAfterTheOffset)
{
    for (const auto* text : {"9999-12-31T23:59:59-10:00", "9999-12-31T23:59:59.999-00:01", "0001-01-01T00:00:00+10:00",
                             "0001-01-01T00:00:00+00:01", "0000-12-31T23:59:59Z", "0000-01-01T00:00:00Z"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
        ASSERT_TRUE(parse_unbounded_rfc3339(text)) << text;
        EXPECT_FALSE(is_in_time_range(*parse_unbounded_rfc3339(text))) << text;
    }
    EXPECT_EQ(parse_unbounded_rfc3339("9999-12-31T23:59:59.999-00:01"), kLatestTime + 1min);
    EXPECT_EQ(parse_unbounded_rfc3339("2026-11-23"), std::nullopt);
}

TEST(TimeRange, IsNeverLeftByWhatIsWritten)
{
    EXPECT_EQ(format_rfc3339(kLatestTime + 1ms), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_rfc3339(kEarliestTime - 1ms), "0001-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace winnow
