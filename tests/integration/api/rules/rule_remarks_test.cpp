/// What looks wrong in rules that are valid is told to whoever saves, lints or tries them.

#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RuleRemarks : public Tenants {};

TEST_F(RuleRemarks, AreRemarkedOnWhereTheyDropEverythingOrAreOver)
{
    const auto found = [&](json more) {
        const auto saved = post("/rules", a_rule("odd", std::move(more)));
        EXPECT_EQ(saved.status, 201) << saved.text;
        return saved.body.value("findings", json::array()).dump();
    };
    const json drop{{"type", "drop"}};
    for (const auto* all : {"{}", R"({env!="prod"})", R"(title=~".+")"}) {
        EXPECT_THAT(found({{"condition", all}, {"actions", {drop}}}), HasSubstr("it drops every alert")) << all;
    }
    EXPECT_THAT(found({{"condition", "true"}, {"syntax", "cel"}, {"actions", {drop}}}), HasSubstr("drops every alert"));
    EXPECT_THAT(found({{"condition", R"(env="dev")"}, {"actions", {drop}}}), Not(HasSubstr("drops every alert")));
    EXPECT_THAT(found({{"effective_until", "2020-01-01T00:00:00Z"}}), HasSubstr("its effective_until has passed"));
    EXPECT_THAT(post("/rules/lint", json::object()).body["findings"].dump(), HasSubstr("the same name"));
}

TEST_F(RuleRemarks, AreRemarkedOnWhereTheyRouteToNobody)
{
    const auto group = a_group("night shift");
    const auto routing = a_rule("routes", {{"actions", {{{"type", "route"}, {"contact_group_ids", {group}}}}}});
    const auto said =
        "it routes to the group \"night shift\", which has no enabled contact; the default route is asked "
        "only where no rule routes";
    const auto messages = [](const json& answer) {
        std::vector<std::string> list;
        for (const auto& finding : answer.value("findings", json::array())) list.push_back(finding["message"]);
        return list;
    };
    const auto saved = post("/rules", routing);
    EXPECT_EQ(saved.body["findings"][0]["pointer"], "/actions/0/contact_group_ids") << saved.text;
    EXPECT_THAT(messages(saved.body), ElementsAre(said));
    EXPECT_THAT(messages(post("/rules/lint", json::object()).body), ElementsAre(said));
    EXPECT_THAT(messages(post("/rules/lint", {{"rule", routing}}).body), testing::Contains(said));
    EXPECT_THAT(messages(put("/ruleset?dry_run=true", {{"rules", {routing}}}).body), ElementsAre(said));
    const auto renamed = a_rule("anew", {{"actions", routing["actions"]}});
    EXPECT_THAT(messages(put("/ruleset", {{"rules", {renamed}}}).body), ElementsAre(said));

    const json contact{{"name", "night"}, {"type", "email"}, {"address", "night@example.com"}};
    const auto id = made("/contacts", contact);
    ASSERT_EQ(patch("/contact-groups/" + group, {{"contact_ids", {id}}}).status, 200);
    EXPECT_THAT(messages(post("/rules/lint", json::object()).body), IsEmpty());
    ASSERT_EQ(patch("/contacts/" + id, {{"enabled", false}}).status, 200);
    EXPECT_THAT(messages(post("/rules/lint", json::object()).body), ElementsAre(said));
}

TEST_F(RuleRemarks, TestsTellWhatSavingTheRuleAndSendingTheAlertWouldTell)
{
    const auto said = [this](const char* condition) {
        const auto answered = post("/rules/test", {{"rule", a_rule("a", {{"condition", condition}, {"syntax", "cel"}})},
                                                   {"alert", {{"title", "t"}, {"lables", {{"env", "dev"}}}}}});
        EXPECT_EQ(answered.status, 200) << answered.text;
        EXPECT_EQ(answered.body["warnings"][0]["pointer"], "/lables");
        return answered.body["findings"];
    };
    EXPECT_THAT(said("title == \"t\""), IsEmpty());
    EXPECT_EQ(said("title == \"\"")[0]["kind"], "never_true");
    EXPECT_EQ(said("title == \"a\" && title == \"b\"")[0]["kind"], "contradictory");
    EXPECT_THAT(said("now.getHours(\"Asia/Tokio\") > 5")[0]["message"].get<std::string>(),
                HasSubstr("did you mean \"Asia/Tokyo\"?"));
}

}  // namespace
}  // namespace winnow::test
