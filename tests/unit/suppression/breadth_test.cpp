#include "winnow/suppression/breadth.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace winnow::suppression {
namespace {

using domain::RuleSyntax;
using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'800'000'000'000ms};

bool everything(const std::string& text, RuleSyntax syntax)
{
    return covers_everything(*Scope::compile({.text = text, .syntax = syntax}), hours_of_a_week(kNoon));
}

TEST(Breadth, EverythingIsFoundOutHoweverItIsWritten)
{
    for (const auto* text : {"{}", R"(env="")", R"(env=~".*")", R"(env!="prod")", R"(title!="")", R"(title=~".+")",
                             R"(severity!="x")", R"(severity=~"critical|error|warning|info")", R"(status="firing")",
                             R"(source=~".+")", R"(env!~"prod", dedup_key=~".+")"}) {
        EXPECT_TRUE(everything(text, RuleSyntax::matchers)) << text;
    }
    for (const auto* text :
         {"true", "1 == 1", R"(title != "")", "severity >= INFO", R"(label("env") != "prod")", "!has(labels.env)",
          R"(title.contains("x") || !title.contains("x"))", R"(status in ["firing", "resolved"])",
          R"(text.matches(".*"))", "labels.?env.orValue(\"\") == \"\"", R"(now > timestamp("2020-01-01T00:00:00Z"))",
          "now.getHours() < 24", "labels.env == \"prod\" || details.n > 5 || true", "source.size() > 0",
          R"(labels.all(k, k != "x"))"}) {
        EXPECT_TRUE(everything(text, RuleSyntax::cel)) << text;
    }
}

TEST(Breadth, WhatAsksForSomethingIsNotEverything)
{
    for (const auto* text : {R"(env="prod")", R"(env=~".+")", R"(env!="", source="db")", R"(severity!="critical")",
                             R"(title=~".*disk.*")", R"(source=~"[a-z].*")", R"(service="billing", env!="prod")"}) {
        EXPECT_FALSE(everything(text, RuleSyntax::matchers)) << text;
    }
    for (const auto* text : {R"(labels.env == "prod")", "severity <= WARNING", R"(labels.env != "prod")",
                             "details.n < 5", R"(title.startsWith("disk"))", "now.getHours() < 6",
                             R"(source in ["a", "b"])", "now.getDayOfWeek() != 0", "title == \"x\" && true"}) {
        EXPECT_FALSE(everything(text, RuleSyntax::cel)) << text;
    }
}

TEST(Breadth, WhatAllUsualAlertsPassIsEverything)
{
    for (const auto* text :
         {R"(dedup_key=~".{8,}")", R"(dedup_key=~"[0-9a-f]{32}")", R"(title=~".{4,}")", R"(source=~".{3,}")"}) {
        EXPECT_TRUE(everything(text, RuleSyntax::matchers)) << text;
    }
    for (const auto* text : {"dedup_key.size() > 3", R"(title < "zzzz")", R"(title.matches("[a-z]"))",
                             "labels.size() > 0", R"(text.contains(" "))", "source.size() > 4"}) {
        EXPECT_TRUE(everything(text, RuleSyntax::cel)) << text;
    }
    EXPECT_FALSE(everything(R"(dedup_key=~"alertmanager:.*")", RuleSyntax::matchers));
    EXPECT_FALSE(everything(R"(title < "C")", RuleSyntax::cel));
}

TEST(Breadth, TheTimesCountAtWhichItIsInForce)
{
    const auto within = [](const char* text, Timestamp from, std::chrono::milliseconds length) {
        return covers_everything(*Scope::compile({.text = text, .syntax = RuleSyntax::cel}),
                                 instants_within(from, from + length));
    };
    constexpr auto kFourOnAFridayInJanuary = kNoon - 4h;  // 15 January 2027, 04:00 UTC
    EXPECT_TRUE(within("received_at.getMonth() == 0", kNoon, 48h));
    EXPECT_FALSE(within("received_at.getMonth() == 0", kNoon, 24h * 40));
    EXPECT_TRUE(within("now.getHours() < 6", kFourOnAFridayInJanuary, 1h));
    EXPECT_FALSE(within("now.getHours() < 6", kFourOnAFridayInJanuary, 4h));
    EXPECT_TRUE(within("starts_at.getDayOfWeek() == 5", kFourOnAFridayInJanuary, 8h));
}

TEST(Breadth, InstantsLieWithin)
{
    const auto instants = instants_within(kNoon, kNoon + 10ms, 5);
    EXPECT_EQ(instants, (std::vector{kNoon, kNoon + 2ms, kNoon + 4ms, kNoon + 6ms, kNoon + 8ms}));
    EXPECT_EQ(instants_within(kNoon, kNoon), std::vector{kNoon});
    EXPECT_EQ(hours_of_a_week(kNoon).size(), 168U);
    EXPECT_EQ(hours_of_a_week(kNoon).back(), kNoon + 167h);
}

}  // namespace
}  // namespace winnow::suppression
