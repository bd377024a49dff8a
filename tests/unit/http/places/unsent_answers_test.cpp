#include "http/places/unsent_answers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::http {
namespace {

using Part = UnsentAnswers::Part;

Uuid caller(std::uint64_t number)
{
    return Uuid::v7(1, 2, number);
}

class UnsentAnswersTest : public testing::Test {
protected:
    auto cut(char name)
    {
        return [this, name] {
            cut_ += name;
        };
    }

    std::string cut_;
    UnsentAnswers answers_{100};
};

TEST_F(UnsentAnswersTest, BeyondTheBoundTheSlowestGoesFirst)
{
    Part a(answers_, caller(1), 40);
    Part b(answers_, caller(1), 40);
    Part c(answers_, caller(1), 20);
    a.wait(cut('a'));
    b.wait(cut('b'));
    c.wait(cut('c'));
    EXPECT_EQ(cut_, "") << "exactly the bound";
    Part d(answers_, caller(1), 41);
    d.wait(cut('d'));
    EXPECT_EQ(cut_, "ab");
}

TEST_F(UnsentAnswersTest, ATenantsBoundIsItsOwn)
{
    Part a(answers_, caller(1), 90);
    Part b(answers_, caller(2), 90);
    a.wait(cut('a'));
    b.wait(cut('b'));
    EXPECT_EQ(cut_, "");
}

TEST_F(UnsentAnswersTest, ATenantsOnlyOneMayBeLonger)
{
    Part a(answers_, caller(1), 1'000);
    a.wait(cut('a'));
    EXPECT_EQ(cut_, "");
    Part b(answers_, caller(1), 1);
    b.wait(cut('b'));
    EXPECT_EQ(cut_, "a");
}

TEST_F(UnsentAnswersTest, WhatWasTakenCountsForNothing)
{
    for (int i = 0; i < 10; ++i) {
        Part taken(answers_, caller(1), 60);
        taken.wait(cut('t'));
        taken.wait(cut('t'));  // again and again, as it goes on
    }
    Part never_waited(answers_, caller(1), 1'000);
    Part a(answers_, caller(1), 100);
    a.wait(cut('a'));
    EXPECT_EQ(cut_, "");
}

}  // namespace
}  // namespace winnow::http
