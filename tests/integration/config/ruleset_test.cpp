#include "integration/config/tenants.hpp"

namespace winnow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class Ruleset : public Tenants {
protected:
    static std::vector<std::string> names(const json& list)
    {
        std::vector<std::string> out;
        for (const auto& item : list) out.push_back(item["name"]);
        return out;
    }
};

TEST_F(Ruleset, IsAppliedAsAWholeAndSaysWhatItChanged)
{
    const auto kept = made("/rules", a_rule("kept"));
    const auto edited = made("/rules", a_rule("edited"));
    made("/rules", a_rule("gone"));

    const json wanted{{"rules", {a_rule("new"), a_rule("edited", {{"enabled", false}}), a_rule("kept")}}};
    const auto answered = put("/ruleset", wanted);
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_THAT(names(answered.body["created"]), ElementsAre("new"));
    EXPECT_EQ(answered.body["updated"], json::array({{{"id", edited}, {"name", "edited"}, {"fields", {"enabled"}}}}));
    EXPECT_THAT(names(answered.body["deleted"]), ElementsAre("gone"));
    EXPECT_EQ(answered.body["unchanged"], json::array({{{"id", kept}, {"name", "kept"}}}));
    EXPECT_EQ(answered.body["reordered"], true);
    EXPECT_EQ(answered.body["dry_run"], false);

    const auto after = get("/ruleset");
    EXPECT_THAT(names(after.body["rules"]), ElementsAre("new", "edited", "kept"));
    EXPECT_EQ(after.header("ETag"), answered.header("ETag"));
    EXPECT_EQ(after.body["rules"][1]["version"], 2);
    EXPECT_EQ(after.body["rules"][2]["version"], 1);
    EXPECT_EQ(after.body["rules"][2]["position"], 3);
}

TEST_F(Ruleset, GivenBackAsItWasReadChangesNothing)
{
    made("/rules", a_rule("a", {{"effective_from", "2026-11-23T06:00:00Z"}}));
    made("/rules", a_rule("b", {{"actions", {{{"type", "drop"}}}}}));
    const auto before = get("/ruleset");
    const auto answered = put("/ruleset", before.body);
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_THAT(names(answered.body["unchanged"]), ElementsAre("a", "b"));
    EXPECT_EQ(get("/ruleset").body, before.body);
}

TEST_F(Ruleset, KnowsRulesByIdBeforeItKnowsThemByName)
{
    const auto a = made("/rules", a_rule("a"));
    const auto b = made("/rules", a_rule("b"));
    // a and b swap their names: by name alone both would seem unchanged.
    const auto answered = put("/ruleset", {{"rules", {a_rule("b", {{"id", a}}), a_rule("a", {{"id", b}})}}});
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(get("/rules/" + a).body["name"], "b");
    EXPECT_EQ(get("/rules/" + b).body["name"], "a");

    // An id of somewhere else is no reason to make a second rule of one name.
    const auto moved = put("/ruleset", {{"rules", {a_rule("a", {{"id", viewer_}})}}});
    EXPECT_EQ(moved.body["unchanged"][0]["id"], b);
    EXPECT_THAT(names(moved.body["deleted"]), ElementsAre("b"));
}

TEST_F(Ruleset, DryRunChangesNothing)
{
    made("/rules", a_rule("a"));
    const auto before = get("/ruleset");
    const auto answered = put("/ruleset?dry_run=true", {{"rules", {a_rule("b")}}});
    EXPECT_EQ(answered.body["dry_run"], true);
    EXPECT_THAT(names(answered.body["created"]), ElementsAre("b"));
    EXPECT_EQ(answered.body["created"][0]["id"], nullptr);
    EXPECT_THAT(names(answered.body["deleted"]), ElementsAre("a"));
    EXPECT_EQ(get("/ruleset").body, before.body);
    EXPECT_EQ(answered.header("ETag"), before.header("ETag"));
    EXPECT_EQ(put("/ruleset?dry_run=yes", {{"rules", json::array()}}).status, 400);
    EXPECT_EQ(put("/ruleset?dryrun=true", {{"rules", json::array()}}).status, 400);
}

TEST_F(Ruleset, RefusesAWholeDocumentForOneBadRule)
{
    made("/rules", a_rule("a"));
    const auto before = get("/ruleset");
    const auto answered =
        put("/ruleset", {{"rules",
                          {a_rule("ok"), a_rule("", {{"stpo", true}}),
                           a_rule("r", {{"actions", {{{"type", "route"}, {"contact_group_ids", {admin_}}}}}}), 7}}});
    EXPECT_EQ(answered.status, 422);
    EXPECT_THAT(answered.pointers(),
                testing::UnorderedElementsAre("/rules/1/name", "/rules/1/stpo",
                                              "/rules/2/actions/0/contact_group_ids/0", "/rules/3"));
    EXPECT_THAT(put("/ruleset", {{"rules", {a_rule("x", {{"id", admin_}}), a_rule("y", {{"id", admin_}})}}}).pointers(),
                ElementsAre("/rules/1/id"));
    EXPECT_THAT(put("/ruleset", {{"rules", 7}}).pointers(), ElementsAre("/rules"));
    EXPECT_THAT(put("/ruleset", json::object()).pointers(), ElementsAre("/rules"));
    EXPECT_EQ(get("/ruleset").body, before.body);
}

TEST_F(Ruleset, IsRefusedWhereSomebodyElseWasFaster)
{
    const auto etag = get("/ruleset").header("ETag");
    made("/rules", a_rule("theirs first"));
    EXPECT_EQ(with_if_match("PUT", "/ruleset", {{"rules", json::array()}}, etag).status, 412);
    EXPECT_EQ(with_if_match("PUT", "/ruleset", {{"rules", json::array()}}, get("/ruleset").header("ETag")).status, 200);
    EXPECT_THAT(get("/ruleset").body["rules"], IsEmpty());
}

TEST_F(Ruleset, HoldsTenThousandRules)
{
    json rules = json::array();
    for (int i = 0; i < 10'000; ++i) rules.push_back(a_rule("rule " + std::to_string(i)));
    ASSERT_EQ(put("/ruleset", {{"rules", rules}}).status, 200);
    EXPECT_EQ(sql("select count(*) from rules"), "10000");
    EXPECT_EQ(sql("select count(*) from rule_versions"), "10000");

    const auto one_more = post("/rules", a_rule("one more"));
    EXPECT_EQ(one_more.status, 409) << one_more.text;
    rules.push_back(a_rule("one more"));
    EXPECT_THAT(put("/ruleset", {{"rules", rules}}).pointers(), ElementsAre("/rules"));
}

}  // namespace
}  // namespace winnow::test
