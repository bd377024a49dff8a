#include "winnow/signin/endings.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace winnow::signin {
namespace {

TEST(Endings, HaveNamesOfTheirOwnThatAreReadBack)
{
    std::set<std::string_view> words;
    for (const auto& row : kEndings) {
        EXPECT_TRUE(words.insert(row.word).second) << row.word;
        EXPECT_EQ(parse_ending(row.word), row.ending);
        EXPECT_EQ(to_string(row.ending), row.word);
    }
    EXPECT_EQ(parse_ending("elsewhere"), std::nullopt);
}

TEST(Endings, WhoMayNoLongerComeInLosesEverything)
{
    for (const auto ending : {Ending::user_disabled, Ending::user_deleted, Ending::directory}) {
        EXPECT_EQ(row_of(ending).sessions, EndedSessions::all);
        EXPECT_TRUE(row_of(ending).keys);
        EXPECT_TRUE(row_of(ending).links);
    }
}

TEST(Endings, AChangedSecretEndsTheOtherSessionsAndEveryLinkButNoKey)
{
    for (const auto ending : {Ending::password_changed, Ending::factor_changed, Ending::address_changed}) {
        EXPECT_EQ(row_of(ending).sessions, EndedSessions::others) << to_string(ending);
        EXPECT_TRUE(row_of(ending).links);
        EXPECT_FALSE(row_of(ending).keys);
    }
    for (const auto ending : {Ending::password_reset, Ending::factors_reset}) {
        EXPECT_EQ(row_of(ending).sessions, EndedSessions::all) << "who resets has no session of his own";
        EXPECT_TRUE(row_of(ending).links);
    }
}

TEST(Endings, WhatIsAboutOneSessionEndsThatOneOnly)
{
    for (const auto ending : {Ending::sign_out, Ending::by_user, Ending::idle, Ending::absolute, Ending::superseded,
                              Ending::rotated, Ending::wrong_codes, Ending::address_refused}) {
        EXPECT_EQ(row_of(ending).sessions, EndedSessions::own) << to_string(ending);
        EXPECT_FALSE(row_of(ending).keys);
        EXPECT_FALSE(row_of(ending).links);
    }
}

}  // namespace
}  // namespace winnow::signin
