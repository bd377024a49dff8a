#include "winnow/suppression/breadth.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::suppression {
namespace {

using domain::RuleSyntax;
using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'800'000'000'000ms};

bool everything(const std::string& text, RuleSyntax syntax)
{
    return breadth_of(*Scope::compile({.text = text, .syntax = syntax}), hours_of_a_week(kNoon)) == Breadth::everything;
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
        return breadth_of(*Scope::compile({.text = text, .syntax = RuleSyntax::cel}),
                          instants_within(from, from + length)) == Breadth::everything;
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
    EXPECT_EQ(instants_within(kNoon, kNoon), std::vector{kNoon});
    EXPECT_EQ(instants_within(kNoon, kNoon - 1h), std::vector{kNoon});
    EXPECT_EQ(instants_within(kNoon, kNoon + 10ms, 5).size(), 5U);
    for (const auto from : {kNoon, kNoon + 17min + 3ms, kNoon + 1h - 1ms}) {
        for (const auto length :
             {Timestamp::duration(10ms), Timestamp::duration(2h), Timestamp::duration(24h * 6),
              Timestamp::duration(24h * 7), Timestamp::duration(24h * 40 + 1ms), Timestamp::duration(24h * 36'500)}) {
            const auto instants = instants_within(from, from + length);
            EXPECT_EQ(instants.front(), from);
            EXPECT_EQ(instants.size(), length < 168ms ? 1U : 168U);
            EXPECT_GE(std::ranges::min(instants), from);
            EXPECT_LT(std::ranges::max(instants), from + length);
            if (length < 24h) continue;
            EXPECT_GT(std::ranges::max(instants), from + length - std::max<Timestamp::duration>(length / 20, 2h))
                << length << ": the end counts, too";
        }
    }
    std::set<std::int64_t> hours;
    for (const auto at : hours_of_a_week(kNoon + 59min)) hours.insert(at.time_since_epoch() / 1h);
    EXPECT_EQ(hours.size(), 168U);
}

/// What a matcher or a condition can ask of an alert.
std::vector<std::pair<std::string, std::string>> texts_of(const domain::Alert& alert)
{
    return {{"title", alert.title},      {"description", alert.description}, {"source", alert.source},
            {"service", alert.service},  {"component", alert.component},     {"group", alert.group},
            {"class", alert.class_name}, {"dedup_key", alert.dedup_key},     {"integration", alert.integration}};
}

TEST(Breadth, TheSamplesOfAFamilyHaveNothingInCommon)
{
    for (std::size_t number = 0; const auto& family : sample_families()) {
        const auto first = texts_of(family.front());
        for (std::size_t field = 0; field < first.size(); ++field) {
            const auto where = "family " + std::to_string(number) + ", " + first[field].first;
            std::vector<std::string> texts;
            for (const auto& alert : family) texts.push_back(texts_of(alert)[field].second);
            if (std::ranges::all_of(texts, &std::string::empty)) continue;
            EXPECT_EQ(std::set(texts.begin(), texts.end()).size(), texts.size()) << where << ": a value is there twice";
            const auto common = [&](auto&& has) {
                return std::ranges::all_of(texts, has);
            };
            EXPECT_FALSE(common([&](const auto& text) { return text.front() == texts[0].front(); })) << where;
            EXPECT_FALSE(common([&](const auto& text) { return text.back() == texts[0].back(); })) << where;
            for (std::size_t at = 0; at + 2 <= texts[0].size(); ++at) {
                const auto part = texts[0].substr(at, 2);
                EXPECT_FALSE(common([&](const auto& text) { return text.contains(part); })) << where << ": " << part;
            }
        }
        ++number;
    }
}

TEST(Breadth, NothingCostsMoreThanTheEffort)
{
    std::string list = "[0";
    for (int i = 1; i < 50; ++i) list += "," + std::to_string(i);
    list += "]";
    const auto costly = Scope::compile(
        {.text = R"(now > timestamp("2000-01-01T00:00:00Z") && )" + list + ".all(x, " + list + R"(.all(y, x >= 0)))",
         .syntax = RuleSyntax::cel});
    ASSERT_TRUE(costly);
    EXPECT_EQ(breadth_of(*costly, hours_of_a_week(kNoon)), Breadth::untried);

    auto shared = kEffortOfARequest;
    EXPECT_EQ(breadth_of(*costly, hours_of_a_week(kNoon), shared), Breadth::everything);
    EXPECT_EQ(breadth_of(*costly, hours_of_a_week(kNoon), shared), Breadth::untried);
    EXPECT_EQ(shared.steps, 0U);
    const auto plain = Scope::compile({.text = "true", .syntax = RuleSyntax::cel});
    EXPECT_EQ(breadth_of(*plain, hours_of_a_week(kNoon), shared), Breadth::untried) << "nothing is left for it";
    EXPECT_EQ(breadth_of(*plain, hours_of_a_week(kNoon)), Breadth::everything);

    std::string many;
    for (int i = 0; i < 1'000; ++i) many += "a!=\"\",";
    Effort little{.steps = 8'000};
    const auto matchers = Scope::compile({.text = many, .syntax = RuleSyntax::matchers});
    ASSERT_TRUE(matchers);
    EXPECT_EQ(breadth_of(*matchers, hours_of_a_week(kNoon), little), Breadth::untried) << "matchers cost, too";
}

TEST(Breadth, OneMissDecides)
{
    const auto narrow =
        Scope::compile({.text = R"(labels.env == "dev" && title.contains("x"))", .syntax = RuleSyntax::cel});
    auto effort = kEffortOfARequest;
    for (int i = 0; i < 2'000; ++i) EXPECT_EQ(breadth_of(*narrow, hours_of_a_week(kNoon), effort), Breadth::something);
    EXPECT_GT(effort.steps, 0U) << "as many ordinary rules as a tenant may have are tried in a request";
}

TEST(Breadth, WhatTheSamplesHaveInCommonIsStillAskingForSomething)
{
    for (const auto* text : {R"(integration="monitoring")", R"(integration=~"from .*")", R"(integration=~"i-.*")",
                             R"(integration="nagios")", R"(component=~".* of .*")", R"(component=~".* c")",
                             R"(description=~".*, says .*")", R"(description=~".* d")", R"(service=~"s .*")",
                             R"(group=~"g .*")", R"(class=~".* x")", R"(dedup_key=~"k-.*")"}) {
        EXPECT_FALSE(everything(text, RuleSyntax::matchers)) << text;
    }
    EXPECT_FALSE(everything(R"(integration == "monitoring")", RuleSyntax::cel));
}

TEST(Breadth, AnHourOfTheDayOrTheWeekIsNotEverythingHoweverLongTheScopeIsInForce)
{
    constexpr auto kSevenOnAFriday = kNoon + 11h;  // 15 January 2027, 19:00 UTC
    for (const auto from : {kSevenOnAFriday, kSevenOnAFriday + 10min, kSevenOnAFriday + 59min + 59s}) {
        for (const auto length : {24h * 7, 24h * 84, 24h * 168, 24h * 168 * 7, 24h * 168 * 14}) {
            for (const auto* text : {"now.getHours() == 19", "now.getDayOfWeek() == 5 && now.getHours() == 19",
                                     "now.getDayOfWeek() == 5", "now.getHours() != 3", "now.getMinutes() < 11",
                                     "!(now.getDayOfWeek() == 2 && now.getHours() == 3)", "now.getMinutes() > 8"}) {
                const auto scope = Scope::compile({.text = text, .syntax = RuleSyntax::cel});
                EXPECT_EQ(breadth_of(*scope, instants_within(from, from + length)), Breadth::something)
                    << text << " for " << length;
            }
        }
    }
    for (const auto* text : {"now.getHours() == 19", "now.getHours() < 20"}) {  // as windows are asked
        const auto scope = Scope::compile({.text = text, .syntax = RuleSyntax::cel});
        EXPECT_EQ(breadth_of(*scope, instants_within(kSevenOnAFriday, kSevenOnAFriday + 24h * 16, 16)),
                  Breadth::something);
    }
}

}  // namespace
}  // namespace winnow::suppression
