#include "winnow/base/time.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

using namespace std::chrono_literals;

TEST(Rfc3339, RoundTripsEveryMillisecond)
{
    std::mt19937_64 random(3);
    constexpr std::int64_t kYear1 = -62'135'596'800'000;
    constexpr std::int64_t kYear10000 = 253'402'300'800'000;
    for (int i = 0; i < 20'000; ++i) {
        const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kYear10000 - kYear1));
        const Timestamp instant(std::chrono::milliseconds(kYear1 + offset));
        ASSERT_EQ(parse_rfc3339(format_rfc3339(instant)), instant) << format_rfc3339(instant);
    }
    EXPECT_EQ(format_rfc3339(Timestamp(std::chrono::milliseconds(kYear1))), "0001-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(Timestamp(std::chrono::milliseconds(kYear10000 - 1))), "9999-12-31T23:59:59.999Z");
}

TEST(Rfc3339, AcceptsItsForms)
{
    const std::vector<std::pair<std::string, std::string>> forms{
        {"2026-11-23T06:00:00Z", "2026-11-23T06:00:00.000Z"},
        {"2026-11-23t06:00:00z", "2026-11-23T06:00:00.000Z"},
        {"2026-11-23 06:00:00Z", "2026-11-23T06:00:00.000Z"},
        {"2026-11-23T06:00:00.1Z", "2026-11-23T06:00:00.100Z"},
        {"2026-11-23T06:00:00.123999999Z", "2026-11-23T06:00:00.123Z"},
        {"2026-11-23T06:00:00+09:00", "2026-11-22T21:00:00.000Z"},
        {"2026-11-23T06:00:00-23:59", "2026-11-24T05:59:00.000Z"},
        {"2026-11-23T06:00:00-00:00", "2026-11-23T06:00:00.000Z"},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
        {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"},
    };
    for (const auto& [text, instant] : forms) {
        const auto parsed = parse_rfc3339(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(format_rfc3339(*parsed), instant) << text;
    }
}

TEST(Rfc3339, RefusesTheRest)
{
    for (const auto* text : {"",
                             "2026-11-23",
                             "2026-11-23T06:00Z",
                             "2026-11-23T06:00:00",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-04-31T00:00:00Z",
                             "2026-11-23T24:00:00Z",
                             "2026-11-23T06:60:00Z",
                             "2026-11-23T06:00:61Z",
                             "2026-11-23T06:00:00.Z",
                             "2026-11-23T06:00:00,5Z",
                             "2026-11-23T06:00:00+24:00",
                             "2026-11-23T06:00:00+09:60",
                             "2026-11-23T06:00:00+0900",
                             "2026-11-23T06:00:00Zx",
                             " 2026-11-23T06:00:00Z",
                             "2026-11-23T6:00:00Z",
                             "26-11-23T06:00:00Z",
                             "2026/11/23T06:00:00Z",
                             "2026-11-23_06:00:00Z",
                             "1795413600"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
}

TEST(Iso8601Duration, RoundTrips)
{
    for (const auto duration : std::vector<std::chrono::milliseconds>{0ms, 1ms, 250ms, 999ms, 1s, 59s, 60s, 61s, 5min,
                                                                      90min, 24h, 1'000h, 1h + 1min + 1s + 1ms}) {
        const auto text = format_iso8601_duration(duration);
        EXPECT_EQ(parse_iso8601_duration(text), duration) << text;
    }
    EXPECT_EQ(format_iso8601_duration(5min), "PT5M");
    EXPECT_EQ(format_iso8601_duration(90min), "PT1H30M");
    EXPECT_EQ(format_iso8601_duration(250ms), "PT0.250S");
    EXPECT_EQ(format_iso8601_duration(0ms), "PT0S");
}

TEST(Iso8601Duration, AcceptsWeeksDaysAndFractions)
{
    EXPECT_EQ(parse_iso8601_duration("P1W"), std::chrono::hours{168});
    EXPECT_EQ(parse_iso8601_duration("P1DT12H"), std::chrono::hours{36});
    EXPECT_EQ(parse_iso8601_duration("PT1.5S"), 1'500ms);
    EXPECT_EQ(parse_iso8601_duration("PT90M"), std::chrono::minutes{90});
}

TEST(Iso8601Duration, RefusesTheRest)
{
    for (const auto* text : {"",      "P",      "PT",    "P1DT",   "5M",     "PT5",      "PT-5M",
                             "-PT5M", "P1Y",    "P1M",   "PT5M1H", "PT1H1H", "PT1.5M",   "PT.5S",
                             "PT1.S", "PT1S1M", "P1D1W", "pt5m",   "PT5M ",  "P101000D", "PT99999999999999999999S"}) {
        EXPECT_EQ(parse_iso8601_duration(text), std::nullopt) << text;
    }
}

}  // namespace winnow
