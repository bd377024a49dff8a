#include "winnow/signin/throttle.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace winnow::signin {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::days{20'000}};
constexpr std::array kKinds{Throttled::account, Throttled::device, Throttled::network, Throttled::request,
                            Throttled::code};

/// What `count` failures at one moment make of a bucket.
Throttle after(Throttled kind, int failures, Timestamp now = kNow)
{
    Throttle bucket;
    for (int i = 0; i < failures; ++i) bucket = count(kind, bucket, now).bucket;
    return bucket;
}

TEST(Throttles, AnAccountsFailuresAreAnsweredLaterAndLaterThenHeld)
{
    const std::vector<milliseconds> delays{0s, 0s, 0s, 0s, 0s, 1s, 2s, 4s, 8s};
    Throttle bucket;
    for (const auto delay : delays) {
        const auto counted = count(Throttled::account, bucket, kNow);
        EXPECT_EQ(counted.delay, delay);
        EXPECT_FALSE(counted.hold_began);
        EXPECT_EQ(held_for(Throttled::account, counted.bucket, kNow), std::nullopt);
        bucket = counted.bucket;
    }
    const auto tenth = count(Throttled::account, bucket, kNow);
    EXPECT_TRUE(tenth.hold_began);
    EXPECT_FALSE(tenth.many_holds);
    EXPECT_EQ(held_for(Throttled::account, tenth.bucket, kNow), 15min);
    EXPECT_EQ(held_for(Throttled::account, tenth.bucket, kNow + 15min - 1ms), 1ms);
    EXPECT_EQ(held_for(Throttled::account, tenth.bucket, kNow + 15min), std::nullopt);
}

TEST(Throttles, TheOthersHoldWithoutDelays)
{
    for (const auto& [kind, most, hold] :
         {std::tuple{Throttled::network, 20, milliseconds{15min}}, std::tuple{Throttled::request, 5, milliseconds{1h}},
          std::tuple{Throttled::code, 5, milliseconds{15min}}}) {
        Throttle bucket;
        for (int i = 1; i <= most; ++i) {
            const auto counted = count(kind, bucket, kNow);
            EXPECT_EQ(counted.delay, 0ms) << to_string(kind);
            EXPECT_EQ(counted.hold_began, i == most) << to_string(kind) << i;
            bucket = counted.bucket;
        }
        EXPECT_EQ(held_for(kind, bucket, kNow), hold) << to_string(kind);
    }
}

TEST(Throttles, AWindowBeginsAnewAfterItsTime)
{
    const auto nine = after(Throttled::account, 9);
    EXPECT_TRUE(count(Throttled::account, nine, kNow + 15min - 1ms).hold_began);
    const auto later = count(Throttled::account, nine, kNow + 15min);
    EXPECT_EQ(later.bucket.failures, 1);
    EXPECT_EQ(later.delay, 0ms);
}

TEST(Throttles, AfterAHoldAllIsFreeAgain)
{
    const auto held = after(Throttled::account, 10);
    const auto next = count(Throttled::account, held, kNow + 15min);
    EXPECT_EQ(next.bucket.failures, 1);
    EXPECT_EQ(next.bucket.blocked_until, std::nullopt);
    EXPECT_EQ(next.bucket.holds, 1) << "remembered for a day";
}

TEST(Throttles, WhatComesDuringAHoldIsNotCounted)
{
    const auto held = after(Throttled::account, 10);
    EXPECT_EQ(count(Throttled::account, held, kNow + 14min).bucket, held);
}

TEST(Throttles, TheTenthHoldOfADayIsToldOnce)
{
    Throttle bucket;
    auto now = kNow;
    std::vector<bool> told;
    for (int hold = 0; hold < 12; ++hold) {
        for (int i = 0; i < 10; ++i) {
            const auto counted = count(Throttled::account, bucket, now);
            if (counted.hold_began) told.push_back(counted.many_holds);
            bucket = counted.bucket;
        }
        now += 15min;
    }
    std::vector<bool> expected(12, false);
    expected[9] = true;
    EXPECT_EQ(told, expected);
    now = kNow + 24h;
    bucket = count(Throttled::account, bucket, now).bucket;
    for (int i = 1; i < 10; ++i) bucket = count(Throttled::account, bucket, now).bucket;
    EXPECT_EQ(bucket.holds, 1) << "another day";
}

TEST(Throttles, ASuccessClearsFailuresAndRemembersHolds)
{
    EXPECT_EQ(cleared(after(Throttled::account, 9)), Throttle());
    const auto held = cleared(after(Throttled::account, 10));
    EXPECT_EQ(held.failures, 0);
    EXPECT_EQ(held.blocked_until, std::nullopt);
    EXPECT_EQ(held.holds, 1);
}

TEST(Throttles, TimesOfAClockThatWasWrongHoldNobody)
{
    auto bucket = after(Throttled::account, 10, kNow + 1h);
    EXPECT_EQ(held_for(Throttled::account, bucket, kNow), std::nullopt);
    EXPECT_EQ(count(Throttled::account, bucket, kNow).bucket.failures, 1);
    bucket = after(Throttled::account, 9, kNow + 1h);
    EXPECT_EQ(count(Throttled::account, bucket, kNow).bucket.failures, 1);
}

/// Whatever came before: who waits as long as one hold is let in, and nothing makes a hold longer than its rule says.
TEST(Throttles, AreNeverPermanent)
{
    std::mt19937 dice(20261128);  // NOLINT: a property, the same in each run
    for (int round = 0; round < 300; ++round) {
        const auto kind = kKinds[dice() % kKinds.size()];
        const auto& rule = rule_of(kind);
        Throttle bucket;
        auto now = kNow;
        for (int step = 0; step < 200; ++step) {
            now += milliseconds{dice() % (4 * 60'000)};
            const auto before = held_for(kind, bucket, now);
            const bool right = dice() % 10 == 0;
            if (!before && right) {
                bucket = cleared(bucket);
            } else {
                bucket = count(kind, bucket, now).bucket;
            }
            const auto held = held_for(kind, bucket, now);
            ASSERT_LE(held.value_or(0ms), rule.hold);
            if (before) {
                ASSERT_EQ(held, before) << "what is refused changes nothing";
            }
            ASSERT_EQ(held_for(kind, bucket, now + rule.hold), std::nullopt);
            ASSERT_EQ(count(kind, bucket, now + forgotten_after(kind)).bucket,
                      count(kind, Throttle(), now + forgotten_after(kind)).bucket)
                << "forgotten";
        }
    }
}

TEST(SignInThrottles, AskTheNetworkFirstThenTheAccount)
{
    SignInBuckets buckets;
    EXPECT_EQ(refusal(buckets, kNow), std::nullopt);
    buckets.subject = after(Throttled::account, 10, kNow - 5min);
    EXPECT_EQ(refusal(buckets, kNow), 10min);
    buckets.network = after(Throttled::network, 20, kNow - 1min);
    EXPECT_EQ(refusal(buckets, kNow), 14min);
}

TEST(SignInThrottles, AFailureCountsForBothAndASuccessClearsTheAccountOnly)
{
    auto failed = settle({}, false, kNow);
    EXPECT_FALSE(failed.signed_in);
    EXPECT_EQ(failed.refused, std::nullopt);
    EXPECT_EQ(failed.buckets.network.failures, 1);
    EXPECT_EQ(failed.buckets.subject.failures, 1);
    const auto right = settle(failed.buckets, true, kNow);
    EXPECT_TRUE(right.signed_in);
    EXPECT_EQ(right.buckets.network.failures, 1);
    EXPECT_EQ(right.buckets.subject.failures, 0);
}

TEST(SignInThrottles, TheTenthFailureIsAnsweredAsAHold)
{
    SignInBuckets buckets{.network = {}, .kind = Throttled::account, .subject = after(Throttled::account, 9)};
    const auto settled = settle(buckets, false, kNow);
    EXPECT_TRUE(settled.hold_began);
    EXPECT_EQ(settled.refused, 15min);
    EXPECT_EQ(settled.delay, 0ms);
}

TEST(SignInThrottles, NotEvenTheRightPasswordIsToldDuringAHold)
{
    // Many tries that began together: those that are settled after the tenth failure learn nothing.
    SignInBuckets buckets;
    int told = 0;
    for (int i = 0; i < 200; ++i) {
        const auto settled = settle(buckets, i == 150, kNow);
        if (!settled.refused) ++told;
        EXPECT_FALSE(settled.signed_in);
        buckets = settled.buckets;
    }
    EXPECT_EQ(told, 9);
}

TEST(SignInThrottles, AKnownBrowserHasABucketOfItsOwn)
{
    const auto held = after(Throttled::account, 10);
    EXPECT_TRUE(refusal({.network = {}, .kind = Throttled::account, .subject = held}, kNow));
    const auto settled = settle({.network = {}, .kind = Throttled::device, .subject = {}}, true, kNow);
    EXPECT_TRUE(settled.signed_in) << "a stranger's failures lock nobody out who was here before";
    SignInBuckets device{.network = {}, .kind = Throttled::device, .subject = {}};
    for (int i = 0; i < 10; ++i) device = settle(device, false, kNow).buckets;
    EXPECT_TRUE(refusal(device, kNow)) << "but it may not guess either";
}

TEST(SignInThrottles, AHeldNetworkHoldsNoKnownBrowser)
{
    SignInBuckets buckets{.network = after(Throttled::network, 20), .kind = Throttled::device, .subject = {}};
    EXPECT_EQ(refusal(buckets, kNow), std::nullopt) << "a stranger's failures behind the same address";
    EXPECT_TRUE(settle(buckets, true, kNow).signed_in);
    buckets.kind = Throttled::account;
    EXPECT_EQ(refusal(buckets, kNow), 15min);

    SignInBuckets device{.network = after(Throttled::network, 19), .kind = Throttled::device, .subject = {}};
    const auto wrong = settle(device, false, kNow);
    EXPECT_EQ(wrong.refused, std::nullopt);
    EXPECT_TRUE(held_for(Throttled::network, wrong.buckets.network, kNow)) << "its failures count for the network";
}

TEST(ThrottleSubjects, AreApart)
{
    std::set<std::string> subjects;
    for (const auto& subject :
         {account_subject("abcd", "x@example.com"), account_subject("abcdx", "@example.com"),
          account_subject("abce", "x@example.com"), request_subject("abcd", "x@example.com"),
          device_subject("abcd", "x@example.com", ""), device_subject("abcd", "x@example.com", "1"),
          device_subject("abcd", "x@example.com:1:1", ""), account_subject("", ""), request_subject("", "")}) {
        EXPECT_TRUE(subjects.insert(subject).second) << subject;
    }
}

TEST(ThrottleSubjects, TakeBothCasesOfAnAddressForOne)
{
    EXPECT_EQ(account_subject("ABCD", "X@Example.COM"), account_subject("abcd", "x@example.com"));
    EXPECT_NE(device_subject("abcd", "x@example.com", "a"), device_subject("abcd", "x@example.com", "A"));
}

TEST(ThrottleSubjects, OfNetworksAreAddressesOrHalvesOfThem)
{
    const auto network = [](std::string_view text) {
        return network_subject(*parse_address(text));
    };
    EXPECT_EQ(network("192.0.2.7"), "192.0.2.7/32");
    EXPECT_EQ(network("::ffff:192.0.2.7"), "192.0.2.7/32");
    EXPECT_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(network("2001:db8:1:2::"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_NE(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
}

}  // namespace
}  // namespace winnow::signin
