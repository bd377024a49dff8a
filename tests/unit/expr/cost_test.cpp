#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/matchers.hpp"
#include "winnow/expr/pattern.hpp"

#include <gmock/gmock.h>

#include <re2/re2.h>

#include <array>
#include <cstdint>
#include <string>

namespace winnow::expr {

namespace {

using domain::RuleSyntax;
using testing::HasSubstr;

const std::string kOver = "error: the condition costs more than its budget";

std::string numbers(std::size_t count)
{
    std::string list = "[0";
    for (std::size_t i = 1; i < count; ++i) list += ",1";
    return list + "]";
}

std::string repeated(const std::string& item, int count)
{
    std::string all = "[" + item;
    for (int i = 1; i < count; ++i) all += ", " + item;
    return all + "]";
}

struct Outcome {
    std::string gives;
    std::size_t steps = 0;
};

Outcome outcome(const std::string& text, const domain::Alert& alert, std::size_t allowed = 20'000)
{
    const auto expression = Expression::parse(text, {}, is_alert_name);
    if (!expression) return {.gives = expression.error().message(), .steps = 0};
    Budget budget{.steps = allowed};
    const auto value = expression->evaluate(names_of(alert, {}), budget);
    return {.gives = to_text(value), .steps = allowed - budget.steps};
}

/// What one more of `part` costs, where `part` is true.
std::size_t price_of(const std::string& part, const domain::Alert& alert)
{
    constexpr std::size_t kPlenty = 100'000'000;
    const auto once = outcome("true && " + part, alert, kPlenty);
    EXPECT_EQ(once.gives, "true") << part;
    return once.steps - outcome("true && true", alert, kPlenty).steps;
}

TEST(Cost, ListsInListsArePaidForToTheirGround)
{
    domain::Alert alert;
    alert.details = "{\"a\":" + numbers(20'000) + "}";
    const auto inner = "optional.of(" + repeated("details.a", 60) + ").optMap(m, " + repeated("m", 60) +
                       " == " + repeated("m", 60) + ").orValue(false)";
    EXPECT_EQ(outcome(inner, alert).gives, kOver);
    EXPECT_EQ(outcome("[[details.a]] == [[details.a]]", alert).gives, kOver);
    EXPECT_EQ(outcome("[details.a] in [[details.a]]", alert).gives, kOver);
    EXPECT_EQ(outcome("optional.of(details.a) == optional.of(details.a)", alert).gives, kOver);
    EXPECT_EQ(outcome("{\"a\": details.a} == {\"a\": details.a}", alert).gives, kOver);
    alert.details = "{\"a\":" + numbers(2'000) + "}";
    EXPECT_EQ(outcome("[[details.a]] == [[details.a]]", alert).gives, "true");
}

TEST(Cost, WhatIsTwiceAsLongCostsTwiceAsMuch)
{
    static constexpr std::array kParts = {
        "description == description",
        "description < description + \"b\"",
        "description.contains(\"b\") == false",
        "description.indexOf(\"b\") == -1",
        "description.lastIndexOf(\"b\") == -1",
        "description.replace(\"a\", \"b\") != \"\"",
        "description.split(\"a\").size() > 1",
        "description.split(\"\").join(\"\") == description",
        "description.trim() == description",
        "description.reverse() == description",
        "description.lowerAscii() == description",
        "description.upperAscii() != description",
        "description.substring(1) != \"\"",
        "description.charAt(1) == \"a\"",
        "description.size() > 1",
        "description.matches(\"^a*$\")",
        "bytes(description) == bytes(description)",
        "string(bytes(description)) == description",
        "[description].exists(x, x == description)",
        "details.a == details.a",
        "(details.a + details.a).size() > 1",
        "details.a.all(x, x < 2)",
        "details.a.map(x, x) == details.a",
        "details.a.filter(x, true) == details.a",
        "!(7 in details.a)",
        "[[details.a]] == [[details.a]]",
        "details.m == details.m",
        "details.m.all(k, k != \"\")",
    };
    const auto of_size = [](std::size_t size) {
        domain::Alert alert;
        alert.description = std::string(size * 4, 'a');
        std::string members;
        for (std::size_t i = 0; i < size; ++i) {
            members += (i == 0 ? "\"" : ",\"") + std::string("key") + std::to_string(1'000'000 + i) + "\":1";
        }
        alert.details = "{\"a\":" + numbers(size) + ",\"m\":{" + members + "}}";
        return alert;
    };
    const auto small = of_size(500);
    const auto large = of_size(1'000);
    for (const std::string part : kParts) {
        const auto once = price_of(part, small);
        const auto twice = price_of(part, large);
        EXPECT_GE(twice * 10, once * 16) << part << ": " << once << ", " << twice;
        EXPECT_LE(twice * 10, once * 25) << part << ": " << once << ", " << twice;
    }
}

TEST(Cost, SmallPartsAreRoundedUp)
{
    domain::Alert alert;
    std::string parts = "[\"x\"";
    for (int i = 1; i < 2'000; ++i) parts += ",\"x\"";
    alert.details = "{\"a\":" + parts + "]}";
    EXPECT_GE(price_of("details.a.join(\"\") != \"\"", alert), 2'000U);
}

TEST(Cost, WhatIsMadeOnceAnAlertIsNoConditionsButIsTold)
{
    domain::Alert alert;
    alert.details = "{\"a\":" + numbers(30'000) + ",\"n\":1}";
    const auto expression = Expression::parse("details.n == 1");
    Budget first;
    Budget second;
    const auto names = names_of(alert, {});
    EXPECT_TRUE(expression->evaluate(names, first).is_true());
    EXPECT_TRUE(expression->evaluate(names, second).is_true());
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_GE(first.beside, 30'000U);
    EXPECT_EQ(second.beside, 0U);
}

TEST(Cost, MessagesAreCutBeforeTheyAreWritten)
{
    domain::Alert alert;
    alert.description = std::string(16'000, 'x');
    EXPECT_LT(outcome("int(description) == 1", alert).gives.size(), 400U);
    EXPECT_THAT(outcome("int(description) == 1", alert).gives, HasSubstr("… (16000 bytes)"));
    EXPECT_LT(outcome("labels[description] == \"\"", alert).gives.size(), 400U);
    EXPECT_LT(outcome("now.getHours(description) == 1", alert).gives.size(), 400U);
    EXPECT_LT(outcome("{description: 1, description: 2} == {}", alert).gives.size(), 400U);
}

TEST(TextStart, IsCutOnACharacterAndCounted)
{
    const auto whole = start_of_text("disk", 256);
    EXPECT_EQ(whole.text, "\"disk\"");
    EXPECT_EQ(whole.bytes, 6U);
    const auto cut = start_of_text(Value("\u00e9\u00e9\u00e9\n"), 4);
    EXPECT_EQ(cut.text, "\"\u00e9") << "half a character is none";
    EXPECT_EQ(cut.bytes, to_text(Value("\u00e9\u00e9\u00e9\n")).size());
    Value tower = 1;
    for (int i = 0; i < 60; ++i) tower = Value::list({tower, tower});
    EXPECT_EQ(start_of_text(tower, 16).text, std::string(16, '['));
    EXPECT_EQ(start_of_text(tower, 16).bytes, kMostCounted) << "as far as anybody counts";
}

// ------------------------------------------------------------------------------------------------ regular expressions

constexpr const char* kLarge = "(a?){480}b{150}[c-e]{1}";

TEST(Pattern, OneThatBecomesALargeProgramIsRefusedWithItsSizeAndAWayOut)
{
    const auto cel = check_condition("title.matches(\"" + std::string(kLarge) + "\")", RuleSyntax::cel);
    ASSERT_FALSE(cel);
    EXPECT_THAT(cel.error().message(), HasSubstr("1:15: this regular expression becomes a program of "));
    EXPECT_THAT(cel.error().message(), HasSubstr("the limit is 1500: what is repeated {100} times"));
    const auto matchers = check_condition("title=~\"" + std::string(kLarge) + "\"", RuleSyntax::matchers);
    ASSERT_FALSE(matchers);
    EXPECT_THAT(matchers.error().message(), HasSubstr("the limit is 1500"));
    EXPECT_TRUE(check_condition(R"(title.matches("disk \\d{1,3}% full on [^ ]{1,64}"))", RuleSyntax::cel));
    EXPECT_TRUE(compile_condition("title.matches(\"" + std::string(kLarge) + "\")", RuleSyntax::cel))
        << "what is stored goes on";
}

std::uint64_t ticks = 0;
std::uint64_t a_tick_a_look() noexcept
{
    return ticks += 1'000'000;
}

/// While it lives, each match takes a millisecond.
class SlowMatches {
public:
    SlowMatches() { time_matches_with(a_tick_a_look); }
    ~SlowMatches() { time_matches_with(nullptr); }
    SlowMatches(const SlowMatches&) = delete;
    SlowMatches& operator=(const SlowMatches&) = delete;
};

TEST(Pattern, AMatchPaysForTheTimeThatItTook)
{
    const re2::RE2 pattern("(x+x+)+y[a-z]{20}");
    const std::string text(10'000, 'x');
    Budget free;
    EXPECT_EQ(matches(pattern, text, free), std::optional(false));
    EXPECT_GT(free.steps, 18'000U);
    const SlowMatches slow;
    Budget budget{.steps = 100'000};
    EXPECT_EQ(matches(pattern, text, budget), std::optional(false));
    EXPECT_EQ(budget.steps, 75'000U) << "a millisecond are 25,000 steps of 40 ns";
    EXPECT_EQ(matches(pattern, text, budget), std::optional(false));
    EXPECT_EQ(matches(pattern, text, budget), std::optional(false));
    EXPECT_EQ(matches(pattern, text, budget), std::optional(false));
    EXPECT_EQ(budget.steps, 0U);
    EXPECT_EQ(matches(pattern, text, budget), std::nullopt);
}

TEST(Pattern, AMatchThatTookMoreThanIsLeftGivesNoAnswerAndSaysWhatItTook)
{
    const re2::RE2 pattern("(x+x+)+y[a-z]{20}");
    const std::string text(10'000, 'x');
    const SlowMatches slow;
    Budget budget;
    EXPECT_EQ(matches(pattern, text, budget), std::nullopt);
    EXPECT_EQ(budget.steps, 0U);
    EXPECT_EQ(budget.beside, 5'000U) << "of the 25,000 that a millisecond stands for it had 20,000";
    EXPECT_EQ(matches(pattern, text, budget), std::nullopt);
    EXPECT_EQ(budget.beside, 5'000U) << "nobody looked";
}

TEST(Pattern, WhatIsFoundIsPaidForOnceMoreForItsGroups)
{
    const re2::RE2 pattern("(?P<all>x+)y");
    const auto text = std::string(10'000, 'x') + 'y';
    std::vector<re2::StringPiece> groups(2);
    Budget budget;
    EXPECT_EQ(finds(pattern, text, groups, budget), std::optional(true));
    EXPECT_EQ(groups[1], std::string(10'000, 'x'));
    EXPECT_LT(budget.steps, 20'000U - 1'000U - 10'000U / 6U);
    Budget little{.steps = 2'000};
    EXPECT_EQ(finds(pattern, text, groups, little), std::nullopt);
    Budget other;
    EXPECT_EQ(finds(pattern, "z", groups, other), std::optional(false));
    const SlowMatches slow;
    Budget timed{.steps = 30'000};
    EXPECT_EQ(finds(pattern, text, groups, timed), std::optional(true));
    EXPECT_EQ(timed.steps, 5'000U);
}

TEST(Pattern, AMatchPaysNoMoreThanItCanHaveTaken)
{
    const SlowMatches slow;
    const re2::RE2 pattern("disk");
    Budget budget;
    EXPECT_EQ(matches(pattern, std::string(200, 'x'), budget), std::optional(false));
    EXPECT_GT(budget.steps, 18'000U) << "the thread had to wait";
}

}  // namespace
}  // namespace winnow::expr
