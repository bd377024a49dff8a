/// From a draft to a rule set.

#include "winnow/backtest/draft.hpp"

#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace winnow::backtest {
namespace {

using namespace std::chrono_literals;
using domain::Rule;
using domain::RuleDraft;
using rules::kNow;
using rules::make_rule;
using rules::rule_id;
using testing::ElementsAre;

class Draft : public testing::Test {
protected:
    /// "name version" of each, in order.
    std::vector<std::string> made(bool whole_set, std::vector<Rule> rules)
    {
        set_ = drafted_rules({.whole_set = whole_set, .rules = std::move(rules)}, live_, kNow - 24h, kNow);
        std::vector<std::string> out;
        for (std::size_t i = 0; i < set_.size(); ++i) {
            EXPECT_EQ(set_[i].position, static_cast<std::int32_t>(i) + 1);
            out.push_back(set_[i].name + " v" + std::to_string(set_[i].version));
        }
        return out;
    }

    static Rule unnamed(std::string name, std::int32_t position = 0)
    {
        auto rule = make_rule(1, "{env=\"new\"}", {domain::DropAction{}});
        rule.id = RuleId();
        rule.name = std::move(name);
        rule.position = position;
        return rule;
    }

    static Rule live_rule(std::int32_t position, const std::string& name)
    {
        auto rule = make_rule(position, "{env=\"dev\"}", {domain::DropAction{}});
        rule.name = name;
        rule.version = 3;
        return rule;
    }

    std::vector<Rule> live_{live_rule(10, "a"), live_rule(20, "b"), live_rule(30, "c")};
    std::vector<Rule> set_;
};

TEST_F(Draft, ANewRuleStandsWhereItSaysOrAtTheEnd)
{
    EXPECT_THAT(made(false, {unnamed("new")}), ElementsAre("a v3", "b v3", "c v3", "new v1"));
    EXPECT_THAT(made(false, {unnamed("new", 1)}), ElementsAre("new v1", "a v3", "b v3", "c v3"));
    EXPECT_THAT(made(false, {unnamed("new", 20)}), ElementsAre("a v3", "new v1", "b v3", "c v3"));
    EXPECT_THAT(made(false, {unnamed("new", 31)}), ElementsAre("a v3", "b v3", "c v3", "new v1"));
    EXPECT_FALSE(set_.back().id.is_nil());
}

TEST_F(Draft, ARuleOfALiveOnesIdReplacesItInItsPlaceOrInAnotherOne)
{
    auto edited = live_[1];
    edited.position = 0;
    edited.condition = "{env=\"qa\"}";
    EXPECT_THAT(made(false, {edited}), ElementsAre("a v3", "b v4", "c v3"));
    edited.position = 1;
    EXPECT_THAT(made(false, {edited}), ElementsAre("b v4", "a v3", "c v3"));
    auto same = live_[1];
    EXPECT_THAT(made(false, {same}), ElementsAre("a v3", "b v3", "c v3"));
    edited.id = rule_id(99);  // of no live rule
    edited.position = 0;
    EXPECT_THAT(made(false, {edited}), ElementsAre("a v3", "b v3", "c v3", "b v1"));
}

TEST_F(Draft, AWholeSetsRulesAreKnownByIdThenByName)
{
    auto renamed = live_[0];
    renamed.name = "z";
    renamed.version = 1;  // what a document says of versions does not count
    auto by_name = live_[1];
    by_name.id = RuleId();
    EXPECT_THAT(made(true, {unnamed("new"), by_name, renamed}), ElementsAre("new v1", "b v3", "z v4"));
    EXPECT_EQ(set_[1].id, live_[1].id);
    EXPECT_EQ(set_[2].id, live_[0].id);
    EXPECT_THAT(made(true, {}), ElementsAre());
}

TEST_F(Draft, TwoNewRulesAreTwo)
{
    made(true, {unnamed("x"), unnamed("x")});
    EXPECT_NE(set_[0].id, set_[1].id);
}

TEST_F(Draft, DatesThatNeverTouchTheTestedTimeAreLeftOut)
{
    auto rule = unnamed("dated");
    rule.effective_from = kNow;  // the end is not included
    made(false, {rule});
    EXPECT_EQ(set_.back().effective_from, std::nullopt);
    rule.effective_from = kNow - 1ms;
    made(false, {rule});
    EXPECT_EQ(set_.back().effective_from, kNow - 1ms);
    rule.effective_from.reset();
    rule.effective_until = kNow - 24h;
    made(false, {rule});
    EXPECT_EQ(set_.back().effective_until, std::nullopt);
    made(true, {rule});
    EXPECT_EQ(set_.back().effective_until, kNow - 24h) << "a whole set is taken as it is";
}

}  // namespace
}  // namespace winnow::backtest
