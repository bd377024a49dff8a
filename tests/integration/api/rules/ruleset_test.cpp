#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
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

TEST_F(Ruleset, EveryChangeMakesAVersionThatSaysWhatWasDone)
{
    EXPECT_EQ(get("/ruleset").body["version"], 0);
    const auto a = made("/rules", a_rule("a"));
    made("/rules", a_rule("b", {{"position", 1}}));
    ASSERT_EQ(patch("/rules/" + a, {{"enabled", false}}).status, 200);
    ASSERT_EQ(put("/ruleset", {{"rules", {a_rule("c")}}, {"comment", "spring cleaning"}}).status, 200);
    EXPECT_EQ(put("/ruleset", {{"rules", {a_rule("c")}}}).body["version"], 4) << "nothing changed";

    const auto listed = get("/ruleset/versions").body["items"];
    ASSERT_EQ(listed.size(), 4U);
    EXPECT_EQ(listed[0]["version"], 4);
    EXPECT_EQ(listed[0]["comment"], "spring cleaning");
    EXPECT_EQ(listed[0]["made_by"], "user:" + admin_);
    EXPECT_EQ(listed[0]["created"], 1);
    EXPECT_EQ(listed[0]["deleted"], 2);
    EXPECT_EQ(listed[0]["rule_count"], 1);
    EXPECT_EQ(listed[1]["updated"], 1);
    EXPECT_EQ(listed[2]["moved"], 1) << "b took the place of a";
    const auto second_page = get("/ruleset/versions?limit=3");
    EXPECT_EQ(
        get("/ruleset/versions?cursor=" + second_page.body["next_cursor"].get<std::string>()).body["items"].size(), 1U);

    const auto third = get("/ruleset/versions/3").body;
    EXPECT_THAT(names(third["rules"]), ElementsAre("b", "a"));
    EXPECT_EQ(third["rules"][1]["enabled"], false);
    EXPECT_EQ(get("/ruleset/versions/2").body["rules"][1]["enabled"], true);
    EXPECT_EQ(get("/ruleset/versions/5").status, 404);
    EXPECT_EQ(get("/ruleset/versions/x").status, 404);
}

TEST_F(Ruleset, RollsBackInOneCallAndForwardAgain)
{
    const auto a = made("/rules", a_rule("a", {{"description", "the first"}}));
    const auto b = made("/rules", a_rule("b"));
    ASSERT_EQ(put("/ruleset", {{"rules", {a_rule("b", {{"enabled", false}}), a_rule("new")}}}).status, 200);

    EXPECT_EQ(with_if_match("POST", "/ruleset/rollback", {{"to", 2}}, "\"2\"").status, 412);
    const auto back = with_if_match("POST", "/ruleset/rollback", {{"to", 2}}, "\"3\"");
    ASSERT_EQ(back.status, 200) << back.text;
    EXPECT_EQ(back.body["version"], 4);
    EXPECT_EQ(names(back.body["created"]), names(json::array({{{"name", "a"}}})));
    const auto rules = get("/ruleset").body["rules"];
    ASSERT_THAT(names(rules), ElementsAre("a", "b"));
    EXPECT_EQ(rules[0]["id"], a) << "it comes back under its id";
    EXPECT_EQ(rules[0]["description"], "the first");
    EXPECT_EQ(rules[0]["version"], 3) << "1 it was, 2 is its deletion";
    EXPECT_EQ(rules[1]["id"], b);
    EXPECT_EQ(rules[1]["enabled"], true);
    EXPECT_EQ(get("/ruleset/versions").body["items"][0]["comment"], "back to version 2");

    ASSERT_EQ(post("/ruleset/rollback", {{"to", 3}, {"comment", "no, forward"}}).status, 200);
    EXPECT_THAT(names(get("/ruleset").body["rules"]), ElementsAre("b", "new"));
    EXPECT_THAT(post("/ruleset/rollback", {{"to", 99}}).pointers(), ElementsAre("/to"));
    EXPECT_THAT(post("/ruleset/rollback", json::object()).pointers(), ElementsAre("/to"));
}

TEST_F(Ruleset, IsNotRolledBackToAGroupThatIsGone)
{
    const auto group = a_group();
    made("/rules", a_rule("a", {{"actions", {{{"type", "route"}, {"contact_group_ids", {group}}}}}}));
    ASSERT_EQ(put("/ruleset", {{"rules", json::array()}}).status, 200);
    ASSERT_EQ(remove("/contact-groups/" + group).status, 204);
    const auto refused = post("/ruleset/rollback", {{"to", 1}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.pointers(), ElementsAre("/rules/0/actions/0/contact_group_ids/0"));
    EXPECT_THAT(get("/ruleset").body["rules"], IsEmpty());
}

TEST_F(Ruleset, LintFindsWhatIsValidAndLooksWrong)
{
    const auto drop_all = a_rule("all", {{"condition", "true"}, {"syntax", "cel"}, {"actions", {{{"type", "drop"}}}}});
    const auto first = made("/rules", drop_all);
    const auto later = a_rule("later", {{"condition", "title == \"x\""}, {"syntax", "cel"}});
    const auto of_rule = post("/rules/lint", {{"rule", later}});
    ASSERT_EQ(of_rule.status, 200) << of_rule.text;
    ASSERT_EQ(of_rule.body["findings"].size(), 1U);
    const auto& finding = of_rule.body["findings"][0];
    EXPECT_EQ(finding["kind"], "shadowed");
    EXPECT_EQ(finding["severity"], "warning");
    EXPECT_EQ(finding["because_of"]["id"], first);
    EXPECT_EQ(finding["rule_name"], "later");

    EXPECT_THAT(post("/rules/lint", {{"ruleset", {later}}}).body["findings"], IsEmpty());
    const auto of_all = post("/rules/lint", json::object()).body["findings"].dump();
    EXPECT_THAT(of_all, HasSubstr("it drops every alert"));
    EXPECT_EQ(put("/ruleset?dry_run=true", {{"rules", {drop_all, later}}}).body["findings"][0]["kind"], "shadowed");
    EXPECT_THAT(post("/rules/lint", {{"rule", {{"name", "x"}}}}).pointers(), Contains("/rule/condition"));
    EXPECT_EQ(post("/rules/lint", {{"rule", later}, {"ruleset", json::array()}}).status, 422);
}

TEST_F(Ruleset, LintTriesConditionsAtOneCostForARequest)
{
    const auto costly = [](const std::string& name) {
        return a_rule(name, {{"condition", R"(now > timestamp("2000-01-01T00:00:00Z") && )" + costly_condition() +
                                               R"( && title != ")" + name + R"(")"},
                             {"syntax", "cel"},
                             {"actions", {{{"type", "drop"}}}}});
    };
    auto rules = json::array();
    for (int i = 0; i < 30; ++i) rules.push_back(costly("r" + std::to_string(i)));
    const auto of_many = post("/rules/lint", {{"ruleset", rules}});
    ASSERT_EQ(of_many.status, 200) << of_many.text;
    const auto untried = [](const Answered& answered) {
        auto found = json::array();
        for (const auto& finding : answered.body["findings"]) {
            if (finding["kind"] == "untried") found.push_back(finding);
        }
        return found;
    };
    ASSERT_EQ(untried(of_many).size(), 1U) << of_many.body["findings"].dump();
    EXPECT_EQ(untried(of_many)[0]["rule_name"], "r1");
    EXPECT_EQ(untried(of_many)[0]["severity"], "info");
    EXPECT_THAT(untried(of_many)[0]["message"].get<std::string>(), HasSubstr("nor were 28 after it"));
    EXPECT_EQ(untried(put("/ruleset?dry_run=true", {{"rules", rules}})).size(), 1U);
    EXPECT_EQ(untried(put("/ruleset", {{"rules", rules}})).size(), 1U);
    const auto of_one = post("/rules/lint", {{"rule", costly("another")}});
    EXPECT_THAT(of_one.body["findings"].dump(), HasSubstr("it drops every alert")) << "the others cost it nothing";
}

TEST_F(Ruleset, HasAnAllowanceOfPatterns)
{
    auto rules = json::array();
    for (int i = 0; i < 40; ++i) {
        std::string condition;
        for (int j = 0; j < 125; ++j) {
            condition += (j == 0 ? "" : " || ") + ("title.matches(\"[a-f]+" + std::to_string(i * 125 + j) + "\")");
        }
        rules.push_back(a_rule("r" + std::to_string(i), {{"condition", condition}, {"syntax", "cel"}}));
    }
    ASSERT_EQ(put("/ruleset", {{"rules", rules}}).status, 200) << "5,000 are allowed";
    const auto one_more = a_rule("more", {{"condition", "title.matches(\"[g-z]+\")"}, {"syntax", "cel"}});
    const auto refused = post("/rules", one_more);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.text, testing::HasSubstr("5001 regular expressions"));
    rules.push_back(one_more);
    const auto refused_set = put("/ruleset", {{"rules", rules}});
    EXPECT_EQ(refused_set.status, 422);
    EXPECT_THAT(refused_set.pointers(), testing::ElementsAre("/rules/40/condition"));
    EXPECT_EQ(post("/rules", a_rule("plain")).status, 201);
}

}  // namespace
}  // namespace winnow::test
