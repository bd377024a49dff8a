#include "pipeline/time/subject_setbacks.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Fate = SubjectSetbacks::Fate;

class SubjectSetbacksTest : public testing::Test {
protected:
    /// One call over what is due, oldest first: those of them that it took on. It fails where a poisoned one is among.
    std::vector<std::string> call(TenantId tenant)
    {
        const auto plan = setbacks_.plan(tenant, now_);
        if (plan.rests) return {"rests"};
        std::vector<std::string> tried;
        std::ranges::copy_if(due_, std::back_inserter(tried), [&](const auto& one) { return plan.takes(one); });
        ++calls_;
        if (std::ranges::any_of(tried, [&](const auto& one) { return poisoned_.contains(one); })) {
            fate_ = setbacks_.failed(tenant, tried, now_);
            return tried;
        }
        static_cast<void>(setbacks_.succeeded(tenant, plan, {}, now_));
        std::erase_if(due_, [&](const auto& one) { return std::ranges::find(tried, one) != tried.end(); });
        return tried;
    }
    /// Calls until nothing is due but what is left out.
    void drain(TenantId tenant)
    {
        for (int i = 0; i < 1'000 && !call(tenant).empty();) ++i;
    }
    void owe(int count)
    {
        due_.clear();
        for (int i = 0; i < count; ++i) due_.push_back(std::to_string(i));
    }

    const TenantId one_ = tenant_id(1);
    SubjectSetbacks::Instant now_{1h};
    SubjectSetbacks setbacks_;
    std::vector<std::string> due_;
    SubjectSetbacks::Subjects poisoned_;
    Fate fate_ = Fate::tenants;
    int calls_ = 0;
};

TEST_F(SubjectSetbacksTest, TwoFailuresAreChance)
{
    owe(3);
    poisoned_ = {"1"};
    for (int i = 0; i < 2; ++i) {
        EXPECT_THAT(call(one_), ElementsAre("0", "1", "2"));
        EXPECT_EQ(fate_, Fate::tenants);
    }
    poisoned_.clear();
    EXPECT_THAT(call(one_), ElementsAre("0", "1", "2"));
    owe(3);
    poisoned_ = {"1"};
    static_cast<void>(call(one_));
    EXPECT_EQ(fate_, Fate::tenants) << "they are not in a row";
}

TEST_F(SubjectSetbacksTest, TheOneThatFailsIsFoundAndTheOthersAreDone)
{
    owe(1'000);
    poisoned_ = {"777"};
    drain(one_);
    EXPECT_THAT(due_, ElementsAre("777"));
    EXPECT_EQ(setbacks_.left_out(), 1U);
    EXPECT_LE(calls_, 17) << "three whole ones, ten or eleven halves, and what is left";
    EXPECT_THAT(call(one_), IsEmpty());
}

TEST_F(SubjectSetbacksTest, SeveralAreFoundOneAfterTheOther)
{
    owe(100);
    poisoned_ = {"0", "1", "50", "99"};
    drain(one_);
    EXPECT_THAT(due_, ElementsAre("0", "1", "50", "99"));
    EXPECT_EQ(setbacks_.left_out(), 4U);
}

TEST_F(SubjectSetbacksTest, OneThatIsLeftOutIsTriedAloneAfterPausesThatGrow)
{
    owe(10);
    poisoned_ = {"3"};
    drain(one_);
    owe(10);
    for (const auto pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
        owe(10);
        now_ += pause - 1ms;
        EXPECT_EQ(call(one_).size(), 9U) << pause.count();
        owe(10);
        now_ += 1ms;
        EXPECT_THAT(call(one_), ElementsAre("3")) << pause.count();
        EXPECT_EQ(fate_, Fate::still);
    }
    now_ += 1h;
    owe(10);
    poisoned_.clear();
    EXPECT_THAT(call(one_), ElementsAre("3"));
    EXPECT_EQ(setbacks_.left_out(), 0U);
    EXPECT_EQ(call(one_).size(), 9U);
}

TEST_F(SubjectSetbacksTest, OneThatIsNotDueAnyMoreIsForgotten)
{
    owe(3);
    poisoned_ = {"1"};
    drain(one_);
    due_ = {"0"};
    now_ += 1min;
    EXPECT_THAT(call(one_), IsEmpty()) << "it is looked for";
    EXPECT_EQ(setbacks_.left_out(), 0U);
    owe(3);
    drain(one_);
    ASSERT_EQ(setbacks_.left_out(), 1U);
    now_ += 62min;
    static_cast<void>(setbacks_.plan(tenant_id(2), now_));
    EXPECT_EQ(setbacks_.left_out(), 0U) << "nobody has asked for its tenant";
}

TEST_F(SubjectSetbacksTest, WhereAllFailItIsTheTenantsTrouble)
{
    owe(500);
    for (const auto& one : due_) poisoned_.insert(one);
    for (int i = 0; i < 5'000 && (fate_ != Fate::tenants || calls_ < 3); ++i) static_cast<void>(call(one_));
    EXPECT_EQ(fate_, Fate::tenants);
    EXPECT_EQ(setbacks_.left_out(), SubjectSetbacks::kMost);
}

TEST_F(SubjectSetbacksTest, AFailureBeforeAnyRowIsNoRows)
{
    for (int i = 0; i < 10; ++i) EXPECT_EQ(setbacks_.failed(one_, {}, now_), Fate::tenants);
    EXPECT_EQ(setbacks_.left_out(), 0U);
}

TEST_F(SubjectSetbacksTest, WhatCannotBeReadIsLeftOutAtOnceAndToldOfOnce)
{
    EXPECT_THAT(setbacks_.succeeded(one_, setbacks_.plan(one_, now_), {"u"}, now_), ElementsAre("u"));
    EXPECT_THAT(setbacks_.plan(one_, now_).without, ElementsAre("u"));
    EXPECT_THAT(setbacks_.succeeded(one_, setbacks_.plan(one_, now_), {"u"}, now_), IsEmpty());
    now_ += 1min;
    const auto plan = setbacks_.plan(one_, now_);
    EXPECT_THAT(plan.only, ElementsAre("u"));
    EXPECT_THAT(setbacks_.succeeded(one_, plan, {"u"}, now_), IsEmpty());
    now_ += 1min;
    EXPECT_THAT(setbacks_.plan(one_, now_).only, IsEmpty()) << "the pause has grown";
    now_ += 1min;
    static_cast<void>(setbacks_.succeeded(one_, setbacks_.plan(one_, now_), {}, now_));
    EXPECT_EQ(setbacks_.left_out(), 0U) << "somebody has mended it";
}

TEST_F(SubjectSetbacksTest, WhoHasNothingElseRestsForASecond)
{
    setbacks_.rest(one_, now_);
    EXPECT_FALSE(setbacks_.plan(one_, now_).rests) << "nothing of his is left out";
    static_cast<void>(setbacks_.succeeded(one_, setbacks_.plan(one_, now_), {"u"}, now_));
    setbacks_.rest(one_, now_);
    EXPECT_TRUE(setbacks_.plan(one_, now_ + 999ms).rests);
    EXPECT_FALSE(setbacks_.plan(one_, now_ + 1s).rests);
}

TEST_F(SubjectSetbacksTest, EachTenantHasItsOwn)
{
    owe(3);
    poisoned_ = {"1"};
    drain(one_);
    EXPECT_THAT(setbacks_.plan(tenant_id(2), now_).without, IsEmpty());
}

}  // namespace
}  // namespace winnow::pipeline
