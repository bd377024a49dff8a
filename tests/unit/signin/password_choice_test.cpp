#include "winnow/signin/password_choice.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace winnow::signin {
namespace {

using enum PasswordProblem;

const PasswordContext kContext{.service_code = "w7k2m9",
                               .tenant_name = "Yokohama Harbour Radio",
                               .address = "hanako.suzuki@quayside-office.example",
                               .user_name = "Hanako Suzuki"};

/// 12 characters that no dictionary has, and as many more as there are to be.
std::string random_looking(std::size_t length)
{
    constexpr std::string_view kTwelve = "xK7#qVz2!mWp";
    std::string text;
    while (text.size() < length) text += kTwelve;
    text.resize(length);
    return text;
}

TEST(Passwords, HaveTwelveToAHundredAndTwentyEightCodePoints)
{
    EXPECT_EQ(password_problem(random_looking(11), kContext), too_short);
    EXPECT_EQ(password_problem(random_looking(12), kContext), std::nullopt);
    EXPECT_EQ(password_problem(random_looking(128), kContext), std::nullopt);
    EXPECT_EQ(password_problem(random_looking(129), kContext), too_long);
    EXPECT_EQ(password_problem("", kContext), too_short);
}

TEST(Passwords, AreCountedInCodePointsNotInBytes)
{
    std::string eleven;
    for (const auto* const each : {"鯛", "鰯", "鱈", "鮭", "鰹", "鮎", "鰻", "鱒", "鮫", "鯖", "鰤"}) {
        eleven += each;
    }
    EXPECT_EQ(password_problem(eleven, kContext), too_short);
    EXPECT_EQ(password_problem(eleven + "🐟", kContext), std::nullopt);
    std::string most;
    for (int i = 0; i < 128; ++i) most += i % 2 == 0 ? "🐟" : "🦑";
    EXPECT_TRUE(can_be_a_password(most));
    EXPECT_EQ(password_problem(most + "🐟", kContext), too_long);
    EXPECT_FALSE(can_be_a_password(most + "🐟"));
}

TEST(Passwords, TakeEveryCharacterAsItIs)
{
    EXPECT_EQ(password_problem("  " + random_looking(10), kContext), std::nullopt) << "blanks count";
    EXPECT_EQ(password_problem(random_looking(11) + " ", kContext), std::nullopt);
    const std::string with_nul = std::string("ab") + '\0' + random_looking(10);
    EXPECT_EQ(password_problem(with_nul, kContext), std::nullopt) << "what follows a NUL counts";
    EXPECT_EQ(password_problem(std::string(12, '\0'), kContext), guessable);
}

TEST(Passwords, AreText)
{
    EXPECT_EQ(password_problem(random_looking(12) + "\xFF", kContext), not_text);
    EXPECT_FALSE(can_be_a_password(random_looking(12) + "\xC3"));
}

TEST(Passwords, ThatAreEasyToGuessAreRefused)
{
    for (const auto* const easy :
         {"password1234", "qwertyuiop12", "aaaaaaaaaaaaaaaa", "123456789012", "Passw0rd2026"}) {
        EXPECT_EQ(password_problem(easy, kContext), guessable) << easy;
    }
}

TEST(Passwords, OfWordsThatBelongToTheUserAreRefused)
{
    for (const auto* const own : {"hanako.suzuki", "Suzuki-Hanako1", "winnowwinnow", "quaysideoffice", "w7k2m9w7k2m9",
                                  "YokohamaHarbour", "Harbour Radio"}) {
        EXPECT_EQ(password_problem(own, kContext), guessable) << own;
    }
}

TEST(Passwords, OfSeveralWordsArePossible)
{
    for (const auto* const good : {"turnip bicycle lantern fjord", "correct horse lantern fjord"}) {
        EXPECT_EQ(password_problem(good, kContext), std::nullopt) << good;
    }
}

TEST(Passwords, AreJudgedQuicklyHoweverTheyAreMade)
{
    // As long as one may be, of characters that stand for each other.
    std::string worst;
    while (worst.size() < 128) worst += "4@5$1!0o|7+";
    worst.resize(128);
    const auto begun = std::chrono::steady_clock::now();
    std::ignore = password_problem(worst, kContext);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
}

TEST(Passwords, WhatIsWrongIsSaidWithoutThem)
{
    for (const auto problem : {not_text, too_short, too_long, guessable, breached}) {
        const auto error = field_error(problem, "/new");
        EXPECT_EQ(error.pointer, "/new");
        EXPECT_EQ(error.code, to_string(problem));
        EXPECT_FALSE(error.detail.empty());
    }
    EXPECT_EQ(field_error(too_short).pointer, "/password");
    EXPECT_EQ(field_error(too_short).detail, "must have at least 12 characters");
}

}  // namespace
}  // namespace winnow::signin
