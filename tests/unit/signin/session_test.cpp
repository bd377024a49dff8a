#include "winnow/signin/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace winnow::signin {
namespace {

using access::Role;
using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::days{20'000}};

SessionTimes begun(Timestamp at, const SessionTerms& terms)
{
    return {.created_at = at, .last_seen_at = at, .expires_at = expiry_of(terms, at)};
}

TEST(SessionPolicies, AreBoundedOnBothSides)
{
    EXPECT_TRUE(check({}));
    EXPECT_TRUE(check({.idle = 5min, .viewer_idle = 5min}));
    EXPECT_TRUE(check({.idle = 12h, .viewer_idle = std::chrono::days{7}}));
    const auto refused = check({.idle = 5min - 1ms, .viewer_idle = std::chrono::days{7} + 1ms});
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().fields().size(), 2U);
    EXPECT_EQ(refused.error().fields()[0].pointer, "/session_idle");
    EXPECT_EQ(refused.error().fields()[1].pointer, "/session_idle_viewer");
    EXPECT_FALSE(check({.idle = 12h + 1ms}));
    EXPECT_FALSE(check({.viewer_idle = 5min - 1ms}));
}

TEST(SessionPolicies, OnlyViewersHaveLongOnes)
{
    const SessionPolicy policy{.idle = 10min, .viewer_idle = std::chrono::days{7}};
    EXPECT_EQ(terms_of(policy, Role::viewer),
              (SessionTerms{.idle = std::chrono::days{7}, .absolute = std::chrono::days{7}}));
    for (const auto role : {Role::operator_, Role::admin, Role::auditor}) {
        EXPECT_EQ(terms_of(policy, role), (SessionTerms{.idle = 10min, .absolute = 12h}));
    }
    EXPECT_EQ(terms_of({}, Role::viewer), (SessionTerms{.idle = 30min, .absolute = 12h}));
}

TEST(Sessions, EndWhereNobodyUsesThem)
{
    const auto terms = terms_of({}, Role::admin);
    auto times = begun(kNow, terms);
    EXPECT_EQ(ended_by_time(terms, times, kNow + 30min - 1ms), std::nullopt);
    EXPECT_EQ(ended_by_time(terms, times, kNow + 30min), Ending::idle);
    times.last_seen_at = kNow + 29min;
    EXPECT_EQ(ended_by_time(terms, times, kNow + 58min), std::nullopt);
}

TEST(Sessions, EndWhenTheyAreOldHoweverMuchTheyAreUsed)
{
    const auto terms = terms_of({}, Role::admin);
    auto times = begun(kNow, terms);
    times.last_seen_at = kNow + 12h - 1ms;
    EXPECT_EQ(ended_by_time(terms, times, kNow + 12h - 1ms), std::nullopt);
    EXPECT_EQ(ended_by_time(terms, times, kNow + 12h), Ending::absolute);
}

TEST(Sessions, AreHeldToTermsThatWereMadeTighterSince)
{
    const auto before = terms_of({.viewer_idle = std::chrono::days{7}}, Role::viewer);
    const auto now = terms_of({}, Role::admin);
    auto times = begun(kNow, before);
    times.last_seen_at = kNow + 13h;
    EXPECT_EQ(ended_by_time(before, times, kNow + 13h), std::nullopt);
    EXPECT_EQ(ended_by_time(now, times, kNow + 13h), Ending::absolute);
    times.last_seen_at = kNow;
    EXPECT_EQ(ended_by_time(now, times, kNow + 40min), Ending::idle);
}

TEST(Sessions, WithLooserTermsStillEndWhenTheyWereToEnd)
{
    auto times = begun(kNow, terms_of({}, Role::viewer));
    times.last_seen_at = kNow + 13h;
    const auto looser = terms_of({.viewer_idle = std::chrono::days{7}}, Role::viewer);
    EXPECT_EQ(ended_by_time(looser, times, kNow + 13h), Ending::absolute);
}

TEST(Sessions, AClockThatWasSetBackEndsNone)
{
    const auto terms = terms_of({}, Role::admin);
    EXPECT_EQ(ended_by_time(terms, begun(kNow, terms), kNow - 1h), std::nullopt);
}

TEST(Sessions, SayWhenTheyWillEnd)
{
    const auto terms = terms_of({}, Role::admin);
    auto times = begun(kNow, terms);
    for (const auto seen : {0ms, std::chrono::milliseconds{6h}, std::chrono::milliseconds{11h + 45min}}) {
        times.last_seen_at = kNow + seen;
        const auto end = ends_at(terms, times);
        EXPECT_EQ(ended_by_time(terms, times, end - 1ms), std::nullopt);
        EXPECT_NE(ended_by_time(terms, times, end), std::nullopt);
    }
}

TEST(Sessions, AreNotedOnceAMinute)
{
    EXPECT_FALSE(is_worth_noting(kNow, kNow));
    EXPECT_FALSE(is_worth_noting(kNow, kNow + 1min - 1ms));
    EXPECT_TRUE(is_worth_noting(kNow, kNow + 1min));
    EXPECT_FALSE(is_worth_noting(kNow, kNow - 1h));
}

TEST(Sessions, TheEleventhEndsTheOldest)
{
    std::vector<LiveSession> live;
    for (std::uint64_t i = 0; i < kMostSessions - 1; ++i) {
        live.push_back({.id = SessionId(Uuid::from_words(0, 100 - i)), .created_at = kNow + std::chrono::seconds{i}});
    }
    EXPECT_TRUE(superseded(live).empty()) << "the tenth has room";
    live.push_back({.id = SessionId(Uuid::from_words(0, 7)), .created_at = kNow - 1s});
    std::ranges::reverse(live);
    EXPECT_EQ(superseded(live), std::vector{SessionId(Uuid::from_words(0, 7))});
    live.push_back({.id = SessionId(Uuid::from_words(0, 8)), .created_at = kNow - 2s});
    EXPECT_EQ(superseded(live), (std::vector{SessionId(Uuid::from_words(0, 8)), SessionId(Uuid::from_words(0, 7))}));
}

TEST(Sessions, GetANewTokenWithOtherRights)
{
    EXPECT_FALSE(rotates(Role::admin, Role::admin, false));
    EXPECT_TRUE(rotates(Role::viewer, Role::admin, false));
    EXPECT_TRUE(rotates(Role::admin, Role::viewer, false));
    EXPECT_TRUE(rotates(Role::viewer, Role::viewer, true));
}

}  // namespace
}  // namespace winnow::signin
