#include "http/server/stream_terms.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::http {
namespace {

using namespace std::chrono_literals;

constexpr StreamTerms::Time kBegin{1h};

Limits limits()
{
    Limits limits;
    limits.stream = 100s;
    limits.write = 15s;
    limits.recheck = 3s;
    return limits;
}

TEST(StreamTerms, AStreamHasItsBound)
{
    const auto given = limits();
    const StreamTerms terms(given, false, kBegin);
    EXPECT_EQ(terms.over(kBegin + 100s - 1ms), std::nullopt);
    EXPECT_EQ(terms.over(kBegin + 100s), CutShort::bound);
}

TEST(StreamTerms, WhenTheServerStopsAYoungOneHasTheTimeOfAnyAnswer)
{
    const auto given = limits();
    StreamTerms terms(given, false, kBegin);
    terms.hurry(CutShort::drain);
    EXPECT_EQ(terms.over(kBegin + 15s - 1ms), std::nullopt);
    EXPECT_EQ(terms.over(kBegin + 15s), CutShort::drain);
    terms.hurry(CutShort::displaced);
    EXPECT_EQ(terms.over(kBegin + 15s), CutShort::drain) << "the first reason is the one that is told";
}

TEST(StreamTerms, AnEndlessOneEndsAtOnce)
{
    const auto given = limits();
    StreamTerms terms(given, true, kBegin);
    EXPECT_EQ(terms.over(kBegin + 1ms), std::nullopt);
    terms.hurry(CutShort::drain);
    EXPECT_EQ(terms.over(kBegin + 1ms), CutShort::drain);
}

TEST(StreamTerms, ABoundThatIsSoonerStays)
{
    auto given = limits();
    given.stream = 10s;
    StreamTerms terms(given, false, kBegin);
    terms.hurry(CutShort::drain);
    EXPECT_EQ(terms.over(kBegin + 10s), CutShort::bound);
}

TEST(StreamTerms, ItsCallerIsLookedAfterOneQuestionAtATime)
{
    const auto given = limits();
    StreamTerms terms(given, false, kBegin);
    EXPECT_FALSE(terms.should_ask(kBegin + 3s - 1ms));
    EXPECT_TRUE(terms.should_ask(kBegin + 3s));
    terms.ask();
    EXPECT_FALSE(terms.should_ask(kBegin + 20s)) << "it was not answered";
    terms.hear(Entitlement::held, kBegin + 5s);
    EXPECT_FALSE(terms.should_ask(kBegin + 8s - 1ms));
    EXPECT_TRUE(terms.should_ask(kBegin + 8s));
    EXPECT_FALSE(terms.is_lost(kBegin + 8s));
}

TEST(StreamTerms, WhoLostItStaysWithoutIt)
{
    const auto given = limits();
    StreamTerms terms(given, false, kBegin);
    terms.hear(Entitlement::lost, kBegin + 3s);
    EXPECT_TRUE(terms.is_lost(kBegin + 3s));
    terms.hear(Entitlement::held, kBegin + 6s);
    EXPECT_TRUE(terms.is_lost(kBegin + 6s));
}

TEST(StreamTerms, WhatNobodyCanTellEndsItTooButNotAtOnce)
{
    const auto given = limits();
    StreamTerms terms(given, false, kBegin);
    terms.hear(Entitlement::held, kBegin + 4s);
    terms.hear(Entitlement::unknown, kBegin + 7s);
    EXPECT_FALSE(terms.is_lost(kBegin + 34s - 1ms));
    EXPECT_TRUE(terms.is_lost(kBegin + 34s)) << "ten times as long as from one question to the next";
}

}  // namespace
}  // namespace winnow::http
