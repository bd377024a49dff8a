#include "winnow/suppression/breadth.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::suppression {
namespace {

using domain::RuleSyntax;
using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'800'000'000'000ms};

bool everything(const std::string& text, RuleSyntax syntax)
{
    return covers_everything(*Scope::compile({.text = text, .syntax = syntax}), kNoon);
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

}  // namespace
}  // namespace winnow::suppression
