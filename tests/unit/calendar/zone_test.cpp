#include "winnow/calendar/zone.hpp"

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

TEST(Zone, HasToBeInTheTables)
{
    for (const auto* const name : {"Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "localtime", "posixrules",
                                   "Factory", "right/UTC", "posix/UTC"}) {
        EXPECT_FALSE(Zone::named(name)) << name;
        const auto near = Zone::nearest_name(name);
        EXPECT_TRUE(near.empty() || Zone::named(near)) << "what is suggested exists: " << near;
    }
}

}  // namespace
}  // namespace winnow::calendar
