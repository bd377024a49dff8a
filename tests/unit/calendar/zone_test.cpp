#include "winnow/calendar/zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::calendar {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;
using std::chrono::year;

WallTime wall(int y, int month, int day, std::chrono::seconds time)
{
    return WallTime(local_days(year(y) / month / day) + time);
}

std::chrono::sys_seconds utc(int y, int month, int day, std::chrono::seconds time)
{
    return std::chrono::sys_seconds(sys_days(year(y) / month / day) + time);
}

TEST(Zone, ChangesItsClocksByTheSameRuleInItsTableAndLongAfterIt)
{
    const auto berlin = Zone::named("Europe/Berlin").value();
    const auto sydney = Zone::named("Australia/Sydney").value();
    const auto tokyo = Zone::named("Asia/Tokyo").value();
    for (const int y : {2026, 2037, 2038, 2060, 2100, 3000}) {
        EXPECT_EQ(berlin.wall(utc(y, 7, 1, 10h)), wall(y, 7, 1, 12h)) << y;
        EXPECT_EQ(berlin.wall(utc(y, 1, 1, 10h)), wall(y, 1, 1, 11h)) << y;
        EXPECT_EQ(berlin.instant(wall(y, 7, 1, 12h)).at, utc(y, 7, 1, 10h)) << y;
        EXPECT_EQ(sydney.wall(utc(y, 1, 1, 10h)), wall(y, 1, 1, 21h)) << y;
        EXPECT_EQ(sydney.wall(utc(y, 7, 1, 10h)), wall(y, 7, 1, 20h)) << y;
        EXPECT_EQ(tokyo.wall(utc(y, 7, 1, 10h)), wall(y, 7, 1, 19h)) << y;
    }
}

TEST(Zone, ReadsATimeThatComesTwiceAsTheFirstAndASkippedOneAsBeforeTheChange)
{
    const auto york = Zone::named("America/New_York").value();
    const auto check = [&](WallTime at, std::chrono::sys_seconds instant, bool skipped) {
        EXPECT_EQ(york.instant(at).at, instant);
        EXPECT_EQ(york.instant(at).skipped, skipped);
    };
    check(wall(2027, 3, 14, 1h + 59min + 59s), utc(2027, 3, 14, 6h + 59min + 59s), false);
    check(wall(2027, 3, 14, 2h), utc(2027, 3, 14, 7h), true);
    check(wall(2027, 3, 14, 2h + 59min + 59s), utc(2027, 3, 14, 7h + 59min + 59s), true);
    check(wall(2027, 3, 14, 3h), utc(2027, 3, 14, 7h), false);
    check(wall(2026, 11, 1, 1h + 30min), utc(2026, 11, 1, 5h + 30min), false);
    check(wall(2026, 11, 1, 2h), utc(2026, 11, 1, 7h), false);
    // Beyond the table: the second Sunday of March, the first of November.
    check(wall(2060, 3, 14, 1h + 59min + 59s), utc(2060, 3, 14, 6h + 59min + 59s), false);
    check(wall(2060, 3, 14, 2h + 30min), utc(2060, 3, 14, 7h + 30min), true);
    check(wall(2060, 3, 14, 3h), utc(2060, 3, 14, 7h), false);
    check(wall(2060, 11, 7, 1h), utc(2060, 11, 7, 5h), false);
    check(wall(2060, 11, 7, 1h + 59min), utc(2060, 11, 7, 5h + 59min), false);
    check(wall(2060, 11, 7, 2h), utc(2060, 11, 7, 7h), false);
}

/// What stands in quotes exists.
void expect_zones(const std::string& told)
{
    for (auto open = told.find('"'); open != std::string::npos; open = told.find('"', open)) {
        const auto close = told.find('"', open + 1);
        EXPECT_TRUE(Zone::named(told.substr(open + 1, close - open - 1))) << told;
        open = close + 1;
    }
}

TEST(Zone, HasToBeInTheTables)
{
    for (const auto* const name : {"Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "localtime", "posixrules",
                                   "Factory", "right/UTC", "posix/UTC"}) {
        EXPECT_FALSE(Zone::named(name)) << name;
        expect_zones(Zone::names_meant(name));
    }
}

TEST(Zone, IsNamedWhereAnAbbreviationWasGiven)
{
    EXPECT_EQ(Zone::names_meant("JST"), R"("Asia/Tokyo")");
    EXPECT_EQ(Zone::names_meant("jst"), R"("Asia/Tokyo")");
    EXPECT_EQ(Zone::names_meant("IST"), R"("Asia/Kolkata", "Europe/Dublin" or "Asia/Jerusalem")");
    EXPECT_EQ(Zone::names_meant("AEST"), R"("Australia/Sydney" or "Australia/Brisbane")");
    EXPECT_EQ(Zone::names_meant("Asia/Tokio"), R"("Asia/Tokyo")");
    for (const auto* const name : {"ACDT", "ADT", "AKST", "ART", "AST", "AWST", "BRT", "BST", "CAT", "CDT", "CEST",
                                   "CLT",  "CST", "EAT",  "EDT", "GST", "HKT",  "ICT", "KST", "MDT", "MSK", "NST",
                                   "NZST", "PDT", "PHT",  "PKT", "PST", "SAST", "SGT", "TRT", "WAT", "WIB", "EEST"}) {
        EXPECT_FALSE(Zone::named(name)) << name << " is a zone: nothing is to be suggested";
        expect_zones(Zone::names_meant(name));
        EXPECT_THAT(Zone::names_meant(name), testing::HasSubstr("/")) << name;
    }
}

}  // namespace
}  // namespace winnow::calendar
