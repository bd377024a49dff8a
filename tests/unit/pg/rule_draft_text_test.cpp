/// @file
/// Drafts as text: what waits for a runner, of this version or another.

#include "pg/backtest/rule_draft_text.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using domain::Rule;
using nlohmann::json;
using testing::SizeIs;

constexpr auto kKept =
    R"({"rules":[{"actions":[{"reason":"nobody tests at night","type":"suppress"}],"condition":"{env=\"dev\"}",)"
    R"("effective_from":1764000000123,"effective_until":1764086400000,"enabled":false,)"
    R"("id":"01234567-89ab-7cde-8f01-23456789abcd","mode":"shadow","name":"nights 夜","position":7,)"
    R"("schedule":{"time_zone":"Asia/Tokyo","weekly":[{"days":["mon","fri"],"from":"22:00","until":"06:00"}]},)"
    R"("stop":true,"syntax":"cel"}],"whole_set":true})";

domain::RuleDraft draft()
{
    Rule rule;
    rule.id = RuleId(Uuid::from_words(0x0123'4567'89ab'7cde, 0x8f01'2345'6789'abcd));
    rule.name = "nights 夜";
    rule.position = 7;
    rule.enabled = false;
    rule.effective_from = Timestamp(1'764'000'000'123ms);
    rule.effective_until = Timestamp(1'764'086'400'000ms);
    rule.schedule = domain::WeeklySchedule{.time_zone = "Asia/Tokyo",
                                           .weekly = {{.days = 0b001'0001, .from = 22 * 60, .until = 6 * 60}}};
    rule.condition = R"({env="dev"})";
    rule.syntax = domain::RuleSyntax::cel;
    rule.actions = {domain::SuppressAction{"nobody tests at night"}};
    rule.stop = true;
    rule.mode = domain::RuleMode::shadow;
    return {.whole_set = true, .rules = {rule}};
}

/// The draft without a member of its rule.
std::string without(const std::string& name)
{
    auto document = json::parse(kKept);
    EXPECT_EQ(document["rules"][0].erase(name), 1U) << name;
    return document.dump();
}

TEST(RuleDraftText, IsTheseBytesWhichNodesOfEveryVersionRead)
{
    EXPECT_EQ(draft_text(draft()), kKept);
}

TEST(RuleDraftText, IsReadAsItWasGiven)
{
    const auto read = parse_draft(kKept);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->whole_set);
    ASSERT_THAT(read->rules, SizeIs(1));
    const auto& rule = read->rules.front();
    const auto given = draft().rules.front();
    EXPECT_EQ(rule.effective_from, given.effective_from);
    EXPECT_EQ(rule.effective_until, given.effective_until);
    EXPECT_EQ(rule.schedule, given.schedule);
    EXPECT_EQ(rule.actions, given.actions);
    EXPECT_EQ(draft_text(*read), kKept);
}

TEST(RuleDraftText, AFieldThatAnOlderProgramDidNotKnowIsThatOfARuleWhichDoesNotSayIt)
{
    for (const std::string name :
         {"position", "enabled", "effective_from", "effective_until", "schedule", "syntax", "stop", "mode"}) {
        const auto read = parse_draft(without(name));
        ASSERT_TRUE(read) << name;
        ASSERT_THAT(read->rules, SizeIs(1));
        auto text = json::parse(draft_text(*read))["rules"][0];
        const auto usual = json::parse(draft_text({.whole_set = true, .rules = {Rule()}}))["rules"][0];
        EXPECT_EQ(text.at(name), usual.at(name));
        auto given = json::parse(kKept)["rules"][0];
        for (auto* rule : {&text, &given}) rule->erase(name);
        EXPECT_EQ(text, given) << name;
    }
}

TEST(RuleDraftText, WithoutWhatMakesItARuleItIsNotRead)
{
    for (const std::string name : {"id", "name", "condition", "actions"}) {
        EXPECT_FALSE(parse_draft(without(name))) << name;
    }
    EXPECT_FALSE(parse_draft(R"({"rules":[]})")) << "whether it is a whole set is not said";
    EXPECT_FALSE(parse_draft(R"({"whole_set":true})"));
}

TEST(RuleDraftText, AValueThatIsNoneOfItsFieldIsNotRead)
{
    for (const auto* name : {"position", "enabled", "effective_from", "schedule", "syntax", "stop", "mode"}) {
        auto document = json::parse(kKept);
        document["rules"][0][name] = "lisp";
        EXPECT_FALSE(parse_draft(document.dump())) << name;
    }
}

}  // namespace
}  // namespace winnow::pg
