#include "winnow/rules/cost.hpp"

#include "winnow/expr/pattern.hpp"

#include <gmock/gmock.h>

namespace winnow::rules {
namespace {

domain::Rule rule_of(std::string condition, domain::RuleSyntax syntax = domain::RuleSyntax::cel)
{
    domain::Rule rule;
    rule.name = "r";
    rule.condition = std::move(condition);
    rule.syntax = syntax;
    rule.actions = {domain::DropAction{}};
    return rule;
}

TEST(RuleCost, PatternsAreCountedWhateverTheSyntaxAndWhereverTheyStand)
{
    EXPECT_EQ(cost_of(rule_of(R"(title == "a" && source in ["b", "c"])")).regexes, 0U);
    EXPECT_EQ(cost_of(rule_of(R"(title.matches("a+") || !source.matches("b+"))")).regexes, 2U);
    EXPECT_EQ(cost_of(rule_of(R"(env=~"a.+b", job!~"c[0-9]+")", domain::RuleSyntax::matchers)).regexes, 2U);
    auto extracting = rule_of("true");
    extracting.actions.push_back(domain::ExtractAction{.field = "title", .pattern = "host (?P<host>\\S+)"});
    EXPECT_EQ(cost_of(extracting).regexes, 1U);
}

TEST(RuleCost, ALargePatternTakesMoreThanASmallOne)
{
    const auto small = cost_of(rule_of(R"(title.matches("a+"))"));
    const auto large = cost_of(rule_of(R"(title.matches("(abc|def){50}"))"));
    EXPECT_GT(large.memory, small.memory + 10'000);
}

TEST(RuleCost, ARuleThatDoesNotCompileCostsItsText)
{
    const auto broken = cost_of(rule_of("title =="));
    EXPECT_EQ(broken.regexes, 0U);
    EXPECT_GT(broken.memory, sizeof(domain::Rule));
}

TEST(RuleCost, TheAllowanceIsKeptToTheLastPatternAndByte)
{
    domain::TenantLimits allowance;
    allowance.max_rule_patterns = 2;
    allowance.max_rule_memory = 1'000;
    EXPECT_TRUE(check_cost({.regexes = 2, .memory = 1'000}, allowance));
    const auto patterns = check_cost({.regexes = 3, .memory = 0}, allowance);
    ASSERT_FALSE(patterns);
    EXPECT_EQ(patterns.error().code(), ErrorCode::conflict);
    EXPECT_THAT(patterns.error().message(), testing::HasSubstr("3 regular expressions together, the limit is 2"));
    const auto bytes = check_cost({.regexes = 0, .memory = 1'001}, allowance);
    ASSERT_FALSE(bytes);
    EXPECT_THAT(bytes.error().message(), testing::HasSubstr("1001 bytes"));
}

TEST(RuleCost, EqualPatternsAreCompiledOnceWhileSomebodySaysSo)
{
    const auto compile = [] {
        return expr::compile_pattern("a+b", expr::Dot::anything).value_or(nullptr);
    };
    EXPECT_NE(compile(), compile());
    const expr::PatternsOnce once;
    const auto first = compile();
    {
        const expr::PatternsOnce again;
        EXPECT_EQ(compile(), first);
    }
    EXPECT_EQ(compile(), first);
    EXPECT_NE(expr::compile_pattern("a+b", expr::Dot::no_line_feed).value_or(nullptr), first)
        << "they are not the same";
}

TEST(RuleCost, WhatIsCompiledIsCountedWhateverBecomesOfItAndOnceWhereItIsEqual)
{
    const auto compile = [](int number) {
        return expr::compile_pattern("a+b" + std::to_string(number), expr::Dot::anything);
    };
    constexpr std::size_t kRoomForTwo = 2 * (expr::kPatternBytes + 20 * expr::kInstructionBytes);
    expr::PatternBound bound(kRoomForTwo, "too much", [&compile]() -> std::size_t {
        EXPECT_TRUE(compile(1'000)) << "not counted";
        return expr::kPatternBytes + 20 * expr::kInstructionBytes;
    });
    EXPECT_TRUE(compile(1));
    EXPECT_TRUE(compile(2));
    EXPECT_TRUE(compile(1));
    EXPECT_TRUE(compile(3)) << "of what there may be besides";
    EXPECT_FALSE(bound.is_met());
    const auto refused = compile(4);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "too much");
    EXPECT_TRUE(bound.is_met());
    EXPECT_TRUE(compile(2)) << "it is there";
    const auto condition = expr::compile_condition(R"(title.matches("c+d"))", domain::RuleSyntax::cel);
    ASSERT_FALSE(condition);
    EXPECT_THAT(condition.error().message(), testing::HasSubstr("is refused: too much"));
}

TEST(RuleCost, WrongPatternsAreCountedToo)
{
    expr::PatternBound bound(2 * expr::kPatternBytes, "too much");
    for (const auto* wrong : {"(", "[", "*"}) EXPECT_FALSE(expr::compile_pattern(wrong, expr::Dot::anything));
    EXPECT_TRUE(bound.is_met());
}

TEST(RuleCost, CountsInstructionsAndWhatNothingFinds)
{
    const auto cost = [](const char* pattern) {
        return cost_of(rule_of(std::string("title.matches(\"") + pattern + "\")"));
    };
    EXPECT_GT(cost("a{400}").instructions, 400U);
    EXPECT_LT(cost("a{400}").instructions, 420U);
    for (const auto* open : {"[a-z]+",
                             "ab",
                             "a|bcd",
                             "^.*",
                             "^.*ab",
                             "^a|b",
                             "(abc)?",
                             "^[^~]*q1",
                             "^(.*)q2",
                             "^(?:.*)q3",
                             "^\\\\C*q4",
                             "^a*q5",
                             "^a?.*q6",
                             "^a{0,9}.*q7",
                             "^(?i)q8",
                             "^\\\\Q.\\\\E.*q9",
                             "^ü*.*q",
                             "^(?:abc)*.*(?:q)$",
                             "^(?:a[(])*.*(?:q)$",
                             "^[a-z]+"}) {
        EXPECT_EQ(cost(open).open_patterns, 1U) << open;
    }
    for (const auto* found :
         {"abc", "[0-9]abc+", "^a[a-z]+", "^a.*", ".*abc.*", "^a+.*q", "^ü.*q", "^(?:a.*)$", "^(a|)$"}) {
        EXPECT_EQ(cost(found).open_patterns, 0U) << found;
    }
    const auto matcher = [](const char* text) {
        return cost_of(rule_of(text, domain::RuleSyntax::matchers)).open_patterns;
    };
    EXPECT_EQ(matcher(R"(env=~"a.*|b")"), 0U);
    EXPECT_EQ(matcher(R"(env=~"prod|")"), 0U);
    EXPECT_EQ(matcher(R"(env=~"a(b|c)[0-9]*")"), 1U) << "what is not plain counts";
    for (const auto* open : {".*a", "(.*)q5", "a|.*q", "[^~]*q6", "a*.*q7", "\\\\C*q8"}) {
        EXPECT_EQ(matcher(("env=~\"" + std::string(open) + "\"").c_str()), 1U) << open;
    }
    EXPECT_EQ(matcher(R"(env=~".*abc")"), 0U);
}

}  // namespace
}  // namespace winnow::rules
