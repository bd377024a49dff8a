#include "winnow/calendar/rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace winnow::calendar {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const std::string& text)
{
    const auto rule = parse_rule(text);
    return rule ? "" : rule.error().message();
}

TEST(RecurrenceRule, IsReadWithEveryPart)
{
    const auto rule = parse_rule(
        "RRULE:FREQ=YEARLY;INTERVAL=2;COUNT=9;WKST=SU;BYMONTH=1,12;BYMONTHDAY=-1,31;BYYEARDAY=366,-366;"
        "BYDAY=MO,2TU,-53FR;BYHOUR=0,23;BYMINUTE=59;BYSECOND=60;BYSETPOS=-1");
    ASSERT_TRUE(rule) << rule.error().message();
    EXPECT_EQ(rule->frequency, Frequency::yearly);
    EXPECT_EQ(rule->interval, 2U);
    EXPECT_EQ(rule->count, 9U);
    EXPECT_EQ(rule->week_start, 6U);
    EXPECT_EQ(rule->months, 1U << 1U | 1U << 12U);
    EXPECT_TRUE(rule->month_days.front(31) && rule->month_days.back(1) && !rule->month_days.front(1));
    EXPECT_TRUE(rule->year_days.front(366) && rule->year_days.back(366));
    EXPECT_EQ(rule->weekdays, 1U);
    EXPECT_TRUE(rule->nth_weekday[1].front(2) && rule->nth_weekday[4].back(53));
    EXPECT_EQ(rule->hours, 1U | 1U << 23U);
    EXPECT_EQ(rule->minutes, 1ULL << 59U);
    EXPECT_EQ(rule->seconds, 1ULL << 59U) << "a leap second is the one before (RFC 5545, 3.3.12)";
    EXPECT_TRUE(rule->positions.back(1));
}

TEST(RecurrenceRule, IsReadInAnyOrderAndCaseAndAsItWasStoredOnce)
{
    const auto rule = parse_rule("FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=2").value();
    for (const auto* const same : {"freq=weekly;byday=mo,tu;interval=2", "INTERVAL=2;BYDAY=TU,MO;FREQ=WEEKLY",
                                   "FREQ=WEEKLY;BYDAY=MO, TU;INTERVAL=02;", "FREQ=WEEKLY;;INTERVAL=2;BYDAY=MO,TU,MO"}) {
        EXPECT_EQ(parse_rule(same).value(), rule) << same;
    }
}

TEST(RecurrenceRule, TellsTheThreeFormsOfUntilApart)
{
    const auto until = [](const std::string& text) {
        return parse_rule("FREQ=DAILY;UNTIL=" + text)->until.value();
    };
    const WallTime at{std::chrono::local_days(std::chrono::year(2027) / 12 / 24) + std::chrono::hours(18)};
    EXPECT_EQ(until("20271224T180000Z"), (Until{Until::Form::utc, at}));
    EXPECT_EQ(until("20271224T180000"), (Until{Until::Form::local, at}));
    EXPECT_EQ(until("20271224"), (Until{Until::Form::date, at + std::chrono::seconds(6 * 3'600 - 1)}))
        << "its whole day";
    for (const auto* const nonsense :
         {"2027", "20270230", "20271301", "20270101T240000", "20270101T000061Z", "2027-01-01", "20270101 000000Z",
          "20270101T0000000", "", "0000000Z", "2027+101"}) {
        EXPECT_THAT(refusal(std::string("FREQ=DAILY;UNTIL=") + nonsense), StartsWith("UNTIL must be a date and time"))
            << nonsense;
    }
}

TEST(RecurrenceRule, NamesThePartThatItRefuses)
{
    EXPECT_EQ(refusal("FREQ=NEVER"), "FREQ must be YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY");
    EXPECT_EQ(refusal("BYDAY=MO"), "has no FREQ, such as FREQ=WEEKLY");
    EXPECT_EQ(refusal(""), "has no FREQ, such as FREQ=WEEKLY");
    EXPECT_EQ(refusal("weekly"), "is not a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU");
    EXPECT_EQ(refusal("FREQ=DAILY;BYDAYS=MO"),
              "BYDAYS is not a part of RFC 5545's recurrence rules; did you mean BYDAY?");
    EXPECT_EQ(refusal("FREQ=DAILY;X-WHAT=1"), "X-WHAT is not a part of RFC 5545's recurrence rules");
    EXPECT_EQ(refusal("FREQ=DAILY;\xff=1"), "is not a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU");
    EXPECT_EQ(refusal("FREQ=DAILY;RSCALE=CHINESE"), "RSCALE is not supported");
    EXPECT_EQ(refusal("FREQ=DAILY;SKIP=OMIT"), "SKIP is not supported");
    EXPECT_EQ(refusal("FREQ=DAILY;FREQ=DAILY"), "FREQ must stand there once");
    EXPECT_EQ(refusal("FREQ=DAILY;INTERVAL=0"), "INTERVAL must be a whole number of 1 or more");
    EXPECT_EQ(refusal("FREQ=DAILY;INTERVAL=-1"), "INTERVAL must be a whole number of 1 or more");
    EXPECT_EQ(refusal("FREQ=DAILY;INTERVAL=99999999999999999999"), "INTERVAL must be at most 999999999");
    EXPECT_EQ(refusal("FREQ=DAILY;COUNT=0"), "COUNT must be a whole number of 1 or more");
    EXPECT_EQ(refusal("FREQ=DAILY;COUNT=10001"), "COUNT must be at most 10000");
    EXPECT_EQ(refusal("FREQ=DAILY;COUNT=10000"), "");
    EXPECT_EQ(refusal("FREQ=DAILY;WKST=1MO"), "WKST must be MO, TU, WE, TH, FR, SA or SU");
    EXPECT_EQ(refusal("FREQ=DAILY;BYMONTH=0"), "BYMONTH takes whole numbers from 1 to 12");
    EXPECT_EQ(refusal("FREQ=DAILY;BYMONTH=5L"), "BYMONTH takes whole numbers from 1 to 12") << "RFC 7529's leap months";
    EXPECT_EQ(refusal("FREQ=DAILY;BYHOUR=24"), "BYHOUR takes whole numbers from 0 to 23");
    EXPECT_EQ(refusal("FREQ=DAILY;BYHOUR=-1"), "BYHOUR takes whole numbers from 0 to 23");
    EXPECT_EQ(refusal("FREQ=DAILY;BYHOUR="), "BYHOUR takes whole numbers from 0 to 23");
    EXPECT_EQ(refusal("FREQ=DAILY;BYMINUTE=60"), "BYMINUTE takes whole numbers from 0 to 59");
    EXPECT_EQ(refusal("FREQ=DAILY;BYSECOND=61"), "BYSECOND takes whole numbers from 0 to 60");
    EXPECT_EQ(refusal("FREQ=DAILY;BYMONTHDAY=0"), "BYMONTHDAY takes whole numbers from 1 to 31 and from -31 to -1");
    EXPECT_THAT(refusal("FREQ=YEARLY;BYYEARDAY=367"), StartsWith("BYYEARDAY takes"));
    EXPECT_THAT(refusal("FREQ=YEARLY;BYWEEKNO=-54"), StartsWith("BYWEEKNO takes"));
    EXPECT_THAT(refusal("FREQ=YEARLY;BYDAY=MO;BYSETPOS=0"), StartsWith("BYSETPOS takes"));
    for (const auto* const day : {"XX", "0MO", "54MO", "M", "MOO", "-MO", "MO2", "99999999999MO"}) {
        EXPECT_THAT(refusal(std::string("FREQ=MONTHLY;BYDAY=") + day), StartsWith("BYDAY takes MO, TU")) << day;
    }
}

TEST(RecurrenceRule, RefusesWhatTheStandardForbidsToStandTogether)
{
    EXPECT_EQ(refusal("FREQ=DAILY;COUNT=3;UNTIL=20280101"), "COUNT and UNTIL must not stand together");
    EXPECT_EQ(refusal("FREQ=MONTHLY;BYWEEKNO=3"), "BYWEEKNO goes with FREQ=YEARLY only");
    EXPECT_EQ(refusal("FREQ=WEEKLY;BYMONTHDAY=13"), "BYMONTHDAY does not go with FREQ=WEEKLY");
    for (const auto* const frequency : {"DAILY", "WEEKLY", "MONTHLY"}) {
        EXPECT_EQ(refusal(std::string("BYYEARDAY=5;FREQ=") + frequency),
                  std::string("BYYEARDAY does not go with FREQ=") + frequency);
    }
    EXPECT_EQ(refusal("FREQ=HOURLY;BYYEARDAY=5"), "");
    EXPECT_EQ(refusal("FREQ=WEEKLY;BYDAY=1MO"), "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only");
    EXPECT_EQ(refusal("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO"), "BYDAY with a number does not go with BYWEEKNO");
    EXPECT_EQ(refusal("FREQ=DAILY;BYSETPOS=1"), "BYSETPOS needs another part that begins with BY");
}

}  // namespace
}  // namespace winnow::calendar
