#include "winnow/calendar/series.hpp"

#include "winnow/base/time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::calendar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// "19970902T090000"
WallTime at(const std::string& text)
{
    const auto number = [&](std::size_t from, std::size_t size) {
        return std::stoi(text.substr(from, size));
    };
    return WallTime(std::chrono::local_days(std::chrono::year(number(0, 4)) / number(4, 2) / number(6, 2)) +
                    std::chrono::hours(number(9, 2)) + std::chrono::minutes(number(11, 2)) +
                    std::chrono::seconds(number(13, 2)));
}

std::string text_of(WallTime wall)
{
    auto text = format_rfc3339(Timestamp(wall.time_since_epoch())).substr(0, 19);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

Result<Series> series(const std::string& rule, const std::string& start)
{
    const auto read = parse_rule(rule);
    if (!read) return read.error();
    return Series::make(*read, at(start), read->until ? std::optional(read->until->at) : std::nullopt);
}

/// Days only where all are at the start's time.
std::vector<std::string> first(std::size_t count, const std::string& rule, const std::string& start = "19970902T090000",
                               const std::string& from = "")
{
    const auto made = series(rule, start);
    if (!made) return {made.error().message()};
    std::vector<std::string> found;
    auto cursor = made->from(at(from.empty() ? start : from));
    while (found.size() < count) {
        const auto next = cursor.next();
        if (!next) break;
        auto text = text_of(*next);
        found.push_back(text.substr(8) == start.substr(8) ? text.substr(0, 8) : text);
    }
    return found;
}

std::size_t all(const std::string& rule, const std::string& start = "19970902T090000")
{
    return first(100'000, rule, start).size();
}

// RFC 5545, 3.8.5.3, in its order.

TEST(SeriesOfTheStandard, Daily)
{
    EXPECT_EQ(all("FREQ=DAILY;COUNT=10"), 10U);
    EXPECT_EQ(all("FREQ=DAILY;UNTIL=19971224T000000"), 113U);
    EXPECT_THAT(first(4, "FREQ=DAILY;INTERVAL=2"), ElementsAre("19970902", "19970904", "19970906", "19970908"));
    EXPECT_THAT(first(9, "FREQ=DAILY;INTERVAL=10;COUNT=5"),
                ElementsAre("19970902", "19970912", "19970922", "19971002", "19971012"));
    const auto* const january = "19980101T090000";
    EXPECT_EQ(first(200, "FREQ=YEARLY;UNTIL=20000131T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", january),
              first(200, "FREQ=DAILY;UNTIL=20000131T140000;BYMONTH=1", january));
    EXPECT_EQ(all("FREQ=DAILY;UNTIL=20000131T140000;BYMONTH=1", january), 93U);
}

TEST(SeriesOfTheStandard, Weekly)
{
    EXPECT_EQ(all("FREQ=WEEKLY;COUNT=10"), 10U);
    EXPECT_EQ(all("FREQ=WEEKLY;UNTIL=19971224T000000"), 17U);
    EXPECT_THAT(first(4, "FREQ=WEEKLY;INTERVAL=2;WKST=SU"),
                ElementsAre("19970902", "19970916", "19970930", "19971014"));
    EXPECT_THAT(first(20, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"),
                ElementsAre("19970902", "19970904", "19970909", "19970911", "19970916", "19970918", "19970923",
                            "19970925", "19970930", "19971002"));
    EXPECT_THAT(first(5, "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR", "19970901T090000"),
                ElementsAre("19970901", "19970903", "19970905", "19970915", "19970917"));
    EXPECT_THAT(
        first(20, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH"),
        ElementsAre("19970902", "19970904", "19970916", "19970918", "19970930", "19971002", "19971014", "19971016"));
    EXPECT_THAT(first(9, "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805T090000"),
                ElementsAre("19970805", "19970810", "19970819", "19970824"));
    EXPECT_THAT(first(9, "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805T090000"),
                ElementsAre("19970805", "19970817", "19970819", "19970831"));
}

TEST(SeriesOfTheStandard, Monthly)
{
    EXPECT_THAT(first(4, "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "19970905T090000"),
                ElementsAre("19970905", "19971003", "19971107", "19971205"));
    EXPECT_THAT(first(9, "FREQ=MONTHLY;UNTIL=19971224T000000;BYDAY=1FR", "19970905T090000"),
                ElementsAre("19970905", "19971003", "19971107", "19971205"));
    EXPECT_THAT(first(5, "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "19970907T090000"),
                ElementsAre("19970907", "19970928", "19971102", "19971130", "19980104"));
    EXPECT_THAT(first(9, "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "19970922T090000"),
                ElementsAre("19970922", "19971020", "19971117", "19971222", "19980119", "19980216"));
    EXPECT_THAT(first(6, "FREQ=MONTHLY;BYMONTHDAY=-3", "19970928T090000"),
                ElementsAre("19970928", "19971029", "19971128", "19971229", "19980129", "19980226"));
    EXPECT_THAT(first(4, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15"),
                ElementsAre("19970902", "19970915", "19971002", "19971015"));
    EXPECT_THAT(first(4, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "19970930T090000"),
                ElementsAre("19970930", "19971001", "19971031", "19971101"));
    EXPECT_THAT(first(7, "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "19970910T090000"),
                ElementsAre("19970910", "19970911", "19970912", "19970913", "19970914", "19970915", "19990310"));
    EXPECT_THAT(first(6, "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU"),
                ElementsAre("19970902", "19970909", "19970916", "19970923", "19970930", "19971104"));
    EXPECT_THAT(first(5, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
                ElementsAre("19980213", "19980313", "19981113", "19990813", "20001013"));
    EXPECT_THAT(first(4, "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "19970913T090000"),
                ElementsAre("19970913", "19971011", "19971108", "19971213"));
    EXPECT_THAT(first(9, "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "19970904T090000"),
                ElementsAre("19970904", "19971007", "19971106"));
    EXPECT_THAT(first(7, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "19970929T090000"),
                ElementsAre("19970929", "19971030", "19971127", "19971230", "19980129", "19980226", "19980330"));
    EXPECT_THAT(first(9, "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "20070115T090000"),
                ElementsAre("20070115", "20070130", "20070215", "20070315", "20070330"));
}

TEST(SeriesOfTheStandard, Yearly)
{
    EXPECT_THAT(first(4, "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "19970610T090000"),
                ElementsAre("19970610", "19970710", "19980610", "19980710"));
    EXPECT_THAT(first(4, "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "19970310T090000"),
                ElementsAre("19970310", "19990110", "19990210", "19990310"));
    EXPECT_THAT(first(99, "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "19970101T090000"),
                ElementsAre("19970101", "19970410", "19970719", "20000101", "20000409", "20000718", "20030101",
                            "20030410", "20030719", "20060101"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYDAY=20MO", "19970519T090000"), ElementsAre("19970519", "19980518", "19990517"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512T090000"),
                ElementsAre("19970512", "19980511", "19990517"));
    EXPECT_THAT(first(4, "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "19970313T090000"),
                ElementsAre("19970313", "19970320", "19970327", "19980305"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "19970605T090000"),
                ElementsAre("19970605", "19970612", "19970619"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "19961105T090000"),
                ElementsAre("19961105", "20001107", "20041102"))
        << "election day";
}

TEST(SeriesOfTheStandard, WithinADay)
{
    EXPECT_THAT(first(9, "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000"),
                ElementsAre("19970902", "19970902T120000", "19970902T150000"));
    EXPECT_THAT(first(9, "FREQ=MINUTELY;INTERVAL=15;COUNT=6"),
                ElementsAre("19970902", "19970902T091500", "19970902T093000", "19970902T094500", "19970902T100000",
                            "19970902T101500"));
    EXPECT_THAT(first(9, "FREQ=MINUTELY;INTERVAL=90;COUNT=4"),
                ElementsAre("19970902", "19970902T103000", "19970902T120000", "19970902T133000"));
    const auto* const daily = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";
    const auto* const minutely = "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16";
    EXPECT_EQ(first(500, daily), first(500, minutely));
    EXPECT_EQ(first(25, daily).back(), "19970903");
}

// What the standard leaves open, as docs/silences.md tells.

TEST(Series, TakesFromTheStartWhatTheRuleDoesNotName)
{
    EXPECT_THAT(first(2, "FREQ=YEARLY"), ElementsAre("19970902", "19980902"));
    EXPECT_THAT(first(2, "FREQ=YEARLY", "20240229T090000"), ElementsAre("20240229", "20280229"));
    EXPECT_THAT(first(3, "FREQ=MONTHLY", "20270131T090000"), ElementsAre("20270131", "20270331", "20270531"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYWEEKNO=8", "20270726T120000"), ElementsAre("20280221", "20290219", "20300218"))
        << "a Monday, as the start is";
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYMONTHDAY=13"), ElementsAre("19970913", "19971013", "19971113"))
        << "of every month";
    EXPECT_THAT(first(3, "FREQ=MONTHLY;BYDAY=MO,1TU"), ElementsAre("19970902", "19970908", "19970915"))
        << "every Monday, and the first Tuesday";
}

TEST(Series, DoesNotCountAStartThatTheRuleDoesNotName)
{
    EXPECT_THAT(first(9, "FREQ=WEEKLY;BYDAY=SU;COUNT=2"), ElementsAre("19970907", "19970914"));
}

TEST(Series, CountsWeeksByTheirYear)
{
    // Week 1 of 2025 begins on 30 December 2024.
    EXPECT_THAT(first(3, "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", "20241230T090000"),
                ElementsAre("20241230", "20270104", "20290101"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU", "20200101T090000"),
                ElementsAre("20201228", "20210103", "20261228"));
    EXPECT_THAT(first(3, "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "20200101T090000"),
                ElementsAre("20210103", "20220102", "20230101"));
    EXPECT_THAT(first(2, "FREQ=YEARLY;BYWEEKNO=1;WKST=SU;BYDAY=SU", "20200101T090000"),
                ElementsAre("20210103", "20220102"));
}

TEST(Series, OfTheFirstWeekSelectsPositionsAmongTheWholeWeek)
{
    EXPECT_THAT(first(2, "FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1"), ElementsAre("19970908", "19970915"))
        << "the Monday before the start is the first of that week";
}

TEST(Series, UntilCutsAPeriodWithoutMovingItsPositions)
{
    EXPECT_THAT(first(9, "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;UNTIL=19971027T235959"), ElementsAre("19970930"))
        << "October's last is Tuesday the 28th, so Monday the 27th is none";
}

// Bounds.

TEST(Series, JumpsAsFarAsAskedAndFindsWhatWalkingFinds)
{
    for (const auto* const rule :
         {"FREQ=SECONDLY;INTERVAL=7;BYHOUR=3", "FREQ=MINUTELY;INTERVAL=77;BYDAY=MO", "FREQ=HOURLY;INTERVAL=5",
          "FREQ=DAILY;INTERVAL=3;BYMONTH=2", "FREQ=WEEKLY;INTERVAL=3;WKST=WE;BYDAY=SU,SA,WE",
          "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,2",
          "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=1,53;BYDAY=SU,MO", "FREQ=DAILY;COUNT=900", "FREQ=YEARLY;BYDAY=53FR"}) {
        const auto walked = first(1'000, rule);
        for (const std::size_t i : {1U, 40U, 899U, 999U}) {
            if (i >= walked.size()) continue;
            const auto from = walked[i].size() == 8 ? walked[i] + "T090000" : walked[i];
            EXPECT_THAT(first(1, rule, "19970902T090000", from), ElementsAre(walked[i])) << rule << ' ' << i;
        }
    }
    EXPECT_THAT(first(2, "FREQ=SECONDLY", "19970902T090000", "21001231T235959"),
                ElementsAre("21001231T235959", "21010101T000000"));
    EXPECT_THAT(first(1, "FREQ=DAILY;COUNT=10000", "19970902T090000", "20250117T000000"), ElementsAre("20250117"));
    EXPECT_THAT(first(1, "FREQ=DAILY;COUNT=10000", "19970902T090000", "20250118T000000"), IsEmpty());
    EXPECT_THAT(first(9, "FREQ=YEARLY", "99970101T000000"), SizeIs(3)) << "to the end of the year 9999";
}

TEST(Series, ThatNeverOccursIsRefusedAtOnceWhateverItsRule)
{
    std::string positions = "366";
    for (int i = 365; i > 1; --i) positions += "," + std::to_string(i);
    const std::vector<std::string> rules{
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
        "FREQ=HOURLY;INTERVAL=168;BYDAY=WE",
        "FREQ=HOURLY;INTERVAL=7;BYHOUR=3;BYDAY=WE;BYMINUTE=0",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
        "FREQ=MINUTELY;INTERVAL=1440;BYMINUTE=5",
        "FREQ=MINUTELY;INTERVAL=7;BYDAY=WE;BYHOUR=0,7,14,21;BYMINUTE=1,8,15,22,29,36,43,50,57",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3,5",
        "FREQ=SECONDLY;INTERVAL=7;BYDAY=WE;BYHOUR=0,7,14,21;BYMINUTE=0,7,14,21,28,35,42,49,56;BYSECOND=1,8,15,22,29",
        "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=10",
        "FREQ=SECONDLY;BYMINUTE=3;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;BYHOUR=1;BYSETPOS=366",
        "FREQ=YEARLY;BYDAY=53MO;BYSETPOS=2",
        "FREQ=YEARLY;BYWEEKNO=10;BYMONTH=5",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2",
        "FREQ=YEARLY;INTERVAL=999999999;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=" + positions,
        "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2;BYSETPOS=" + positions,
    };
    for (const auto& rule : rules) {
        const auto begun = std::clock();
        const auto made = series(rule, "19970902T090000");
        ASSERT_FALSE(made) << rule;
        EXPECT_TRUE(made.error().message().starts_with("never occurs")) << made.error().message();
        const auto cpu_seconds = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
        EXPECT_LT(cpu_seconds, 0.5) << rule << ": milliseconds, with room for sanitizers";
        RecordProperty("milliseconds", std::to_string(cpu_seconds * 1'000));
    }
    EXPECT_EQ(series("FREQ=DAILY;UNTIL=19970901", "19970902T090000").error().message(),
              "never occurs: UNTIL lies before its start");
}

TEST(Series, OfWhichTheNextIsFarAwayIsFoundWithoutAnEnd)
{
    EXPECT_THAT(first(2, "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU"), ElementsAre("20000229", "20280229"));
    EXPECT_THAT(first(2, "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29", "19000101T090000"),
                ElementsAre("20000229", "24000229"))
        << "no century but each fourth has that day";
    EXPECT_EQ(all("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;COUNT=10000"), 13U) << "of 400 years";
}

}  // namespace
}  // namespace winnow::calendar
