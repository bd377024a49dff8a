#include "rules/schedule.hpp"

#include <gmock/gmock.h>

namespace winnow::rules {
namespace {

using domain::WeeklyPeriod;
using domain::WeeklySchedule;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint8_t kMonday = 1, kFriday = 1 << 4, kSaturday = 1 << 5, kSunday = 1 << 6, kAll = 0x7F;

std::int16_t clock(const char* text)
{
    return domain::parse_clock(text).value();
}

bool covered(const WeeklySchedule& schedule, const char* instant)
{
    const auto compiled = Schedule::compile(schedule);
    return compiled && compiled->covers(parse_rfc3339(instant).value());
}

WeeklySchedule of(const char* zone, std::uint8_t days, const char* from, const char* until)
{
    return {.time_zone = zone, .weekly = {{.days = days, .from = clock(from), .until = clock(until)}}};
}

std::vector<std::string> pointers(const WeeklySchedule& schedule)
{
    std::vector<FieldError> errors;
    check_schedule(schedule, errors);
    std::vector<std::string> list;
    for (const auto& error : errors) list.push_back(error.pointer);
    return list;
}

TEST(Schedule, BeginsAndEndsToTheMinute)
{
    const auto office = of("UTC", kMonday, "09:00", "17:30");  // 2026-11-23 is a Monday
    EXPECT_FALSE(covered(office, "2026-11-23T08:59:59.999Z"));
    EXPECT_TRUE(covered(office, "2026-11-23T09:00:00Z"));
    EXPECT_TRUE(covered(office, "2026-11-23T17:29:59.999Z"));
    EXPECT_FALSE(covered(office, "2026-11-23T17:30:00Z"));
    EXPECT_FALSE(covered(office, "2026-11-24T10:00:00Z"));
    EXPECT_TRUE(covered(office, "1969-12-29T10:00:00Z")) << "also before 1970";
}

TEST(Schedule, GoesPastMidnightAndPastTheEndOfTheWeek)
{
    const auto nights = of("UTC", kSunday, "22:00", "06:00");
    EXPECT_TRUE(covered(nights, "2026-11-22T23:00:00Z"));
    EXPECT_TRUE(covered(nights, "2026-11-23T05:59:00Z")) << "Monday morning belongs to Sunday's night";
    EXPECT_FALSE(covered(nights, "2026-11-23T06:00:00Z"));
    EXPECT_FALSE(covered(nights, "2026-11-23T22:30:00Z"));
    EXPECT_TRUE(covered(of("UTC", kMonday, "00:00", "24:00"), "2026-11-23T23:59:59Z"));
    EXPECT_FALSE(covered(of("UTC", kMonday, "00:00", "24:00"), "2026-11-24T00:00:00Z"));
}

TEST(Schedule, IsThatOfItsTimeZone)
{
    const auto tokyo = of("Asia/Tokyo", kMonday, "09:00", "10:00");
    EXPECT_TRUE(covered(tokyo, "2026-11-23T00:30:00Z"));
    EXPECT_FALSE(covered(tokyo, "2026-11-23T09:30:00Z"));
    EXPECT_TRUE(covered(of("America/New_York", kSunday, "20:00", "21:00"), "2026-11-23T01:30:00Z"));
}

TEST(Schedule, FollowsTheClockOverItsChanges)
{
    // Berlin, 2026-03-29: 02:00 is 03:00. 2026-10-25: 03:00 is 02:00 again.
    const auto two_to_three = of("Europe/Berlin", kSunday, "02:00", "03:00");
    EXPECT_FALSE(covered(two_to_three, "2026-03-29T00:59:00Z"));
    EXPECT_FALSE(covered(two_to_three, "2026-03-29T01:00:00Z")) << "the hour does not happen";
    EXPECT_TRUE(covered(two_to_three, "2026-10-25T00:30:00Z"));
    EXPECT_TRUE(covered(two_to_three, "2026-10-25T01:30:00Z")) << "it happens twice";
    EXPECT_FALSE(covered(two_to_three, "2026-10-25T02:00:00Z"));
    const auto eight = of("Europe/Berlin", kAll, "08:00", "09:00");
    EXPECT_TRUE(covered(eight, "2026-03-28T07:30:00Z"));
    EXPECT_TRUE(covered(eight, "2026-03-30T06:30:00Z"));
}

TEST(Schedule, SeveralPeriodsAddUp)
{
    auto schedule = of("UTC", kFriday, "18:00", "24:00");
    schedule.weekly.push_back({.days = kSaturday | kSunday, .from = 0, .until = domain::kMinutesADay});
    EXPECT_TRUE(covered(schedule, "2026-11-27T18:00:00Z"));
    EXPECT_TRUE(covered(schedule, "2026-11-29T12:00:00Z"));
    EXPECT_FALSE(covered(schedule, "2026-11-30T00:00:00Z"));
}

TEST(Schedule, WhatNeverOccursIsRefused)
{
    EXPECT_THAT(pointers(of("UTC", kMonday, "09:00", "17:00")), testing::IsEmpty());
    EXPECT_THAT(pointers(of("UTC", 0, "09:00", "17:00")), ElementsAre("/schedule/weekly/0/days"));
    EXPECT_THAT(pointers(of("UTC", kMonday, "09:00", "09:00")), ElementsAre("/schedule/weekly/0/until"));
    EXPECT_THAT(pointers(of("UTC", kMonday, "24:00", "09:00")), ElementsAre("/schedule/weekly/0/from"));
    EXPECT_THAT(pointers({.time_zone = "UTC", .weekly = {}}), ElementsAre("/schedule/weekly"));
    WeeklySchedule many{.time_zone = "UTC", .weekly = std::vector<WeeklyPeriod>(50, {kMonday, 0, 60})};
    EXPECT_THAT(pointers(many), testing::IsEmpty());
    many.weekly.push_back({kMonday, 0, 60});
    EXPECT_THAT(pointers(many), ElementsAre("/schedule/weekly"));
    std::vector<FieldError> errors;
    check_schedule(of("Asia/Tokio", kMonday, "09:00", "17:00"), errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_THAT(errors[0].detail, HasSubstr("did you mean \"Asia/Tokyo\"?"));
}

// Each machine has another one of that name, or counts leap seconds.
TEST(Schedule, AFileOfTheTablesThatIsNoZoneIsRefused)
{
    for (const auto* name :
         {"localtime", "posixrules", "Factory", "posix/Asia/Tokyo", "right/UTC", "../localtime", ""}) {
        const WeeklySchedule schedule{.time_zone = name, .weekly = {{.days = kMonday, .from = 0, .until = 60}}};
        EXPECT_THAT(pointers(schedule), ElementsAre("/schedule/time_zone")) << name;
    }
    for (const auto* name : {"UTC", "Asia/Tokyo", "Etc/GMT+9", "Japan", "EST5EDT"}) {
        const WeeklySchedule schedule{.time_zone = name, .weekly = {{.days = kMonday, .from = 0, .until = 60}}};
        EXPECT_TRUE(pointers(schedule).empty()) << name;
    }
}

TEST(Schedule, ClocksAreReadAndWritten)
{
    EXPECT_EQ(domain::parse_clock("00:00"), 0);
    EXPECT_EQ(domain::parse_clock("24:00"), 1440);
    for (const auto* bad : {"24:01", "23:60", "9:00", "09:0", "0900", "ab:cd", "09:00 ", "-1:00", ""}) {
        EXPECT_FALSE(domain::parse_clock(bad)) << bad;
    }
    EXPECT_EQ(domain::format_clock(65), "01:05");
    EXPECT_EQ(domain::parse_weekday("sun"), 6);
    EXPECT_FALSE(domain::parse_weekday("Sunday"));
}

}  // namespace
}  // namespace winnow::rules
