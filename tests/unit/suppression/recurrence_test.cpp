#include "winnow/suppression/recurrence.hpp"

#include "winnow/suppression/suppressions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::suppression {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Timestamp at(const std::string& text)
{
    return *parse_rfc3339(text);
}

domain::MaintenanceWindow window(const std::string& starts_at, const std::string& rrule,
                                 const std::string& zone = "UTC", std::chrono::milliseconds duration = 2h)
{
    domain::MaintenanceWindow made;
    made.name = "patch night";
    made.scope.text = "{}";
    made.starts_at = at(starts_at);
    made.rrule = rrule;
    made.time_zone = zone;
    made.duration = duration;
    return made;
}

std::vector<std::string> next(const domain::MaintenanceWindow& about, const std::string& now, std::size_t count = 3)
{
    const auto recurrence = Recurrence::compile(about);
    if (!recurrence) return {recurrence.error().fields().front().pointer + ": " + recurrence.error().message()};
    std::vector<std::string> starts;
    for (const auto& occurrence : recurrence->next(at(now), count)) {
        EXPECT_EQ(occurrence.ends_at - occurrence.starts_at, about.duration);
        starts.push_back(format_rfc3339(occurrence.starts_at).substr(0, 16));
    }
    return starts;
}

std::string refusal(const domain::MaintenanceWindow& about)
{
    const auto recurrence = Recurrence::compile(about);
    return recurrence ? "" : recurrence.error().fields().front().pointer + ": " + recurrence.error().message();
}

bool in_force(const domain::MaintenanceWindow& about, const std::string& now)
{
    return Recurrence::compile(about)->covering(at(now)).has_value();
}

TEST(Recurrence, WithoutARuleIsOnce)
{
    const auto once = window("2026-11-29T02:00:00Z", "");
    EXPECT_THAT(next(once, "2026-11-23T00:00:00Z"), ElementsAre("2026-11-29T02:00"));
    EXPECT_THAT(next(once, "2026-11-29T03:59:59.999Z"), ElementsAre("2026-11-29T02:00"));
    EXPECT_THAT(next(once, "2026-11-29T04:00:00Z"), IsEmpty());
}

TEST(Recurrence, HoldsFromItsFirstInstantUpToItsLast)
{
    const auto weekly = window("2026-11-29T02:00:00Z", "FREQ=WEEKLY;BYDAY=SU");
    EXPECT_FALSE(in_force(weekly, "2026-11-29T01:59:59.999Z"));
    EXPECT_TRUE(in_force(weekly, "2026-11-29T02:00:00Z"));
    EXPECT_TRUE(in_force(weekly, "2026-11-29T03:59:59.999Z"));
    EXPECT_FALSE(in_force(weekly, "2026-11-29T04:00:00Z"));
    EXPECT_TRUE(in_force(weekly, "2040-01-01T03:00:00Z")) << "a Sunday, years on";
    EXPECT_FALSE(in_force(weekly, "2026-11-22T03:00:00Z")) << "the Sunday before it begins";
}

TEST(Recurrence, GoesByTheWallClockOfItsZone)
{
    // 02:00 in New York: 06:00 UTC in summer, 07:00 in winter.
    const auto daily = window("2026-10-31T06:00:00Z", "FREQ=DAILY", "America/New_York");
    EXPECT_THAT(next(daily, "2026-10-31T00:00:00Z", 2), ElementsAre("2026-10-31T06:00", "2026-11-01T07:00"));
    const auto tokyo = window("2026-11-28T17:00:00Z", "FREQ=WEEKLY;BYDAY=SU", "Asia/Tokyo");
    EXPECT_THAT(next(tokyo, "2026-11-23T00:00:00Z", 2), ElementsAre("2026-11-28T17:00", "2026-12-05T17:00"))
        << "Sunday 02:00 there is Saturday here";
}

TEST(Recurrence, ATimeThatTheClocksSkipIsTakenAsBeforeTheChangeAndOneThatComesTwiceTheFirstTime)
{
    // 02:30 does not exist on 2027-03-14 in New York; 01:30 comes twice on 2026-11-01.
    EXPECT_THAT(next(window("2027-03-13T07:30:00Z", "FREQ=DAILY", "America/New_York"), "2027-03-13T00:00:00Z"),
                ElementsAre("2027-03-13T07:30", "2027-03-14T07:30", "2027-03-15T06:30"));
    EXPECT_THAT(next(window("2026-10-31T05:30:00Z", "FREQ=DAILY", "America/New_York"), "2026-10-31T00:00:00Z"),
                ElementsAre("2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"));
}

TEST(Recurrence, LeavesOutExceptionsByInstantAndByLocalDate)
{
    auto daily = window("2026-12-23T17:00:00Z", "FREQ=DAILY", "Asia/Tokyo");
    daily.exceptions = {"2026-12-25", "2026-12-25T17:00:00Z"};
    EXPECT_THAT(next(daily, "2026-12-23T00:00:00Z"),
                ElementsAre("2026-12-23T17:00", "2026-12-26T17:00", "2026-12-27T17:00"))
        << "the 25th in Tokyo begins on the 24th, and the 25th at 17:00 UTC is named itself";
    EXPECT_FALSE(in_force(daily, "2026-12-24T18:00:00Z"));
    daily.exceptions = {"Christmas"};
    EXPECT_THAT(refusal(daily), HasSubstr("/exceptions/0: must be a date such as"));
    daily.exceptions.assign(501, "2026-12-25");
    EXPECT_THAT(refusal(daily), HasSubstr("/exceptions: must be at most 500"));
}

TEST(Recurrence, EndsWithCountAndUntil)
{
    EXPECT_THAT(next(window("2026-11-23T02:00:00Z", "FREQ=DAILY;COUNT=2"), "2026-11-20T00:00:00Z"),
                ElementsAre("2026-11-23T02:00", "2026-11-24T02:00"));
    EXPECT_THAT(next(window("2026-11-23T02:00:00Z", "FREQ=DAILY;COUNT=2"), "2026-11-24T03:00:00Z"),
                ElementsAre("2026-11-24T02:00"));
    EXPECT_THAT(next(window("2026-11-23T02:00:00Z", "FREQ=DAILY;UNTIL=20261124T020000Z"), "2026-11-20T00:00:00Z"),
                ElementsAre("2026-11-23T02:00", "2026-11-24T02:00"));
    EXPECT_THAT(
        next(window("2026-11-22T17:00:00Z", "FREQ=DAILY;UNTIL=20261123T170000Z", "Asia/Tokyo"), "2026-11-20T00:00:00Z"),
        ElementsAre("2026-11-22T17:00", "2026-11-23T17:00"))
        << "UNTIL in UTC means an instant in whatever zone";
    EXPECT_THAT(next(window("2026-11-23T02:00:00Z", "FREQ=DAILY;UNTIL=20261124"), "2026-11-20T00:00:00Z"),
                ElementsAre("2026-11-23T02:00", "2026-11-24T02:00"))
        << "a date includes its day";
}

TEST(Recurrence, SkippingAheadLosesNoPhase)
{
    for (const auto* const rule :
         {"FREQ=HOURLY;INTERVAL=5", "FREQ=HOURLY;INTERVAL=7;BYMINUTE=15,45", "FREQ=DAILY;INTERVAL=3",
          "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,SA",
          "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
          "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;BYHOUR=2,14;BYMINUTE=0,30"}) {
        const auto recurrence = Recurrence::compile(window("2026-11-23T02:00:00Z", rule, "UTC", 10min));
        ASSERT_TRUE(recurrence) << rule;
        const auto all = recurrence->next(at("2026-11-23T00:00:00Z"), 400);
        for (const std::size_t i : {1U, 50U, 399U}) {
            if (i >= all.size()) continue;
            EXPECT_EQ(recurrence->next(all[i].starts_at, 1).front(), all[i]) << rule << ' ' << i;
            EXPECT_EQ(recurrence->covering(all[i].starts_at), all[i]) << rule << ' ' << i;
            EXPECT_EQ(recurrence->next(all[i - 1].ends_at, 1).front(), all[i]) << rule << ' ' << i;
        }
    }
}

TEST(Recurrence, RemembersAndStillAnswersInAnyOrder)
{
    const auto hourly = Recurrence::compile(window("2026-11-23T02:00:00Z", "FREQ=HOURLY", "UTC", 10min)).value();
    for (const auto* const now : {"2026-11-23T02:05:00Z", "2026-12-23T02:05:00Z", "2026-11-23T03:05:00Z",
                                  "2030-01-01T00:00:00Z", "2026-11-25T18:09:59Z"}) {
        EXPECT_TRUE(hourly.covering(at(now))) << now;
    }
    EXPECT_FALSE(hourly.covering(at("2026-11-25T18:10:00Z")));
    EXPECT_FALSE(hourly.covering(at("2026-11-23T01:05:00Z")));
}

TEST(Recurrence, OfOverlappingOccurrencesTheOneThatEndsLastCovers)
{
    const auto overlapping = Recurrence::compile(window("2026-11-23T00:00:00Z", "FREQ=DAILY", "UTC", 36h)).value();
    EXPECT_EQ(overlapping.covering(at("2026-11-24T06:00:00Z"))->ends_at, at("2026-11-25T12:00:00Z"));
}

TEST(Recurrence, RefusesWhatExplodesAndWhatNeverOccursAndNamesThePart)
{
    const auto refused = [](const std::string& rule) {
        return refusal(window("2026-11-23T02:00:00Z", rule, "UTC", 1min));
    };
    EXPECT_EQ(refused("FREQ=SECONDLY"), "/rrule: a window cannot recur more often than hourly");
    EXPECT_EQ(refused("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"), "/rrule: a window cannot recur more often than hourly");
    EXPECT_EQ(refused("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), "/rrule: never occurs");
    EXPECT_EQ(refused("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "/rrule: never occurs");
    EXPECT_EQ(refused("FREQ=DAILY;INTERVAL=7;BYDAY=TU"), "/rrule: never occurs") << "it starts on a Monday";
    EXPECT_EQ(refused("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "/rrule: never occurs");
    EXPECT_EQ(refused("FREQ=DAILY;UNTIL=20261122"), "/rrule: never occurs: UNTIL lies before its start");
    EXPECT_EQ(refused("FREQ=DAILY;UNTIL=20261123T015959Z"), "/rrule: never occurs: UNTIL lies before its start");
    EXPECT_EQ(refused("FREQ=DAILY;UNTIL=20261123T020000Z"), "");
    const std::string hours = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23";
    EXPECT_EQ(refused("FREQ=DAILY;" + hours + ";BYMINUTE=0,10,20,30,40,50"), "/rrule: recurs more than 48 times a day");
    EXPECT_EQ(refused("FREQ=DAILY;" + hours + ";BYMINUTE=0,30"), "");
    EXPECT_EQ(refused("FREQ=HOURLY;BYMINUTE=0,20,40"), "/rrule: recurs more than 48 times a day");
    EXPECT_EQ(refused("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;" + hours + ";BYMINUTE=0,20,40"),
              "/rrule: recurs more than 48 times a day")
        << "also where that day is years away";
    EXPECT_EQ(refused("FREQ=DAILY;COUNT=10001"), "/rrule: COUNT must be at most 10000");
    EXPECT_EQ(refused("FREQ=DAILY;COUNT=10000"), "");
    EXPECT_EQ(refused("FREQ=DAILY;RSCALE=CHINESE"), "/rrule: RSCALE is not supported");
    EXPECT_EQ(refused("FREQ=WEEKLY;BYMONTHDAY=13"), "/rrule: BYMONTHDAY does not go with FREQ=WEEKLY");
    EXPECT_EQ(refused("weekly"), "/rrule: is not a recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU");
    EXPECT_EQ(refused("RRULE:FREQ=DAILY"), "");
    EXPECT_THAT(refused(std::string(513, 'x')), HasSubstr("512"));
}

TEST(Recurrence, OfWeeksWithoutADayIsOnTheStartsWeekday)
{
    // libical wrote out of bounds here.
    EXPECT_THAT(next(window("2027-07-26T12:00:00Z", "FREQ=YEARLY;BYWEEKNO=8", "UTC", 1h), "2027-07-26T12:00:00Z"),
                ElementsAre("2028-02-21T12:00", "2029-02-19T12:00", "2030-02-18T12:00"));
}

TEST(Recurrence, CoversTheWeeksThatWereAskedForAndNoOthers)
{
    // libical gave 2026-12-13 and every second week from there.
    EXPECT_THAT(next(window("2026-11-29T02:00:00Z", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU"), "2026-11-29T00:00:00Z"),
                ElementsAre("2026-11-29T02:00", "2026-12-13T02:00", "2026-12-27T02:00"));
    EXPECT_THAT(
        next(window("2026-12-02T02:00:00Z", "FREQ=WEEKLY;INTERVAL=2;WKST=WE;BYDAY=SU,WE"), "2026-12-01T00:00:00Z"),
        ElementsAre("2026-12-02T02:00", "2026-12-06T02:00", "2026-12-16T02:00"));
    EXPECT_THAT(next(window("2026-12-02T02:00:00Z", "FREQ=HOURLY;BYHOUR=2,3;BYDAY=SA"), "2026-12-01T00:00:00Z"),
                ElementsAre("2026-12-05T02:00", "2026-12-05T03:00", "2026-12-12T02:00"));
    EXPECT_THAT(next(window("2026-12-02T02:00:00Z", "FREQ=DAILY;BYSECOND=0,30;BYHOUR=2"), "2026-12-02T00:00:00Z", 2),
                ElementsAre("2026-12-02T02:00", "2026-12-02T02:00"));
}

TEST(Recurrence, BeginsAtTheInstantThatWasGivenAlsoInAnHourThatComesTwice)
{
    // 06:30 UTC is the second 01:30 of that night in New York.
    EXPECT_THAT(next(window("2026-11-01T06:30:00Z", "", "America/New_York"), "2026-11-01T00:00:00Z"),
                ElementsAre("2026-11-01T06:30"));
    EXPECT_THAT(next(window("2026-11-01T06:30:00Z", "FREQ=DAILY", "America/New_York"), "2026-11-01T00:00:00Z", 2),
                ElementsAre("2026-11-01T06:30", "2026-11-02T06:30"));
}

TEST(Recurrence, IsInOrderAndWithoutRepetitionsWhereTheClocksSkipAnHour)
{
    // 02:00 and 02:30 do not exist on 2027-03-14 in New York and fall on 03:00 and 03:30.
    const auto hourly = window("2027-03-14T06:00:00Z", "FREQ=HOURLY;BYMINUTE=0,30", "America/New_York", 10min);
    EXPECT_THAT(next(hourly, "2027-03-14T06:00:00Z", 6),
                ElementsAre("2027-03-14T06:00", "2027-03-14T06:30", "2027-03-14T07:00", "2027-03-14T07:30",
                            "2027-03-14T08:00", "2027-03-14T08:30"));
    EXPECT_THAT(next(hourly, "2027-03-14T06:45:00Z", 1), ElementsAre("2027-03-14T07:00"));
    // 23:30 UTC on the 13th is before the start; UNTIL in UTC cuts by the instant, not by the clock.
    EXPECT_THAT(next(window("2027-03-13T07:30:00Z", "FREQ=DAILY;UNTIL=20270314T072959Z", "America/New_York"),
                     "2027-03-13T00:00:00Z"),
                ElementsAre("2027-03-13T07:30"))
        << "02:30 of the 14th is 07:30 UTC";
}

TEST(Recurrence, FollowsTheClocksBeyondTheYear2037)
{
    EXPECT_THAT(
        next(window("2026-07-01T00:00:00Z", "FREQ=YEARLY;BYMONTH=1,7", "Europe/Berlin"), "2060-01-02T00:00:00Z", 2),
        ElementsAre("2060-07-01T00:00", "2061-01-01T01:00"));
}

TEST(Recurrence, RefusesZonesThatDoNotExistAndDurationsBeyondItsBounds)
{
    for (const auto* const zone : {"Mars/Olympus", "", "../../etc/passwd"}) {
        EXPECT_THAT(refusal(window("2026-11-23T02:00:00Z", "", zone)), HasSubstr("/time_zone: is not a time zone"));
    }
    EXPECT_EQ(refusal(window("2026-11-23T02:00:00Z", "", "UTC", 1min)), "");
    EXPECT_EQ(refusal(window("2026-11-23T02:00:00Z", "", "UTC", 31 * 24h)), "");
    EXPECT_EQ(refusal(window("2026-11-23T02:00:00Z", "", "UTC", 1min - 1ms)),
              "/duration: must be between PT1M and P31D");
    EXPECT_NE(refusal(window("2026-11-23T02:00:00Z", "", "UTC", 31 * 24h + 1ms)), "");
}

TEST(MaintenanceWindow, CoversLikeASilenceUntilItsEnd)
{
    domain::TenantConfig config;
    auto made = window("2026-11-29T02:00:00Z", "FREQ=WEEKLY;BYDAY=SU");
    made.id = MaintenanceWindowId(Uuid::from_words(5, 6));
    made.scope.text = R"(source="db-7")";
    config.windows = {made};
    domain::Alert alert;
    alert.source = "db-7";
    const auto compiled = Suppressions::compile(config);
    const auto cover = compiled->covering(alert, at("2026-12-06T03:00:00Z"));
    ASSERT_TRUE(cover);
    EXPECT_EQ(cover->cause, (domain::QuietCause{domain::QuietKind::maintenance_window, Uuid::from_words(5, 6)}));
    EXPECT_EQ(cover->reason, "maintenance: patch night");
    EXPECT_EQ(cover->until, at("2026-12-06T04:00:00Z"));
    EXPECT_FALSE(compiled->covering(alert, at("2026-12-06T04:00:00Z")));
    alert.source = "db-8";
    EXPECT_FALSE(compiled->covering(alert, at("2026-12-06T03:00:00Z")));
    config.windows[0].enabled = false;
    alert.source = "db-7";
    EXPECT_FALSE(Suppressions::compile(config)->covering(alert, at("2026-12-06T03:00:00Z")));
}

}  // namespace
}  // namespace winnow::suppression
