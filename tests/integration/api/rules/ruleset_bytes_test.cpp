/// @file
/// A rule is the same bytes in answers, rows, histories and files: one form, by the table of its fields.

#include "integration/api/tenants.hpp"
#include "unit/forms/random_documents.hpp"
#include "winnow/forms/rule_documents.hpp"

namespace winnow::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kRules = 60;

class RulesetBytes : public Tenants {
protected:
    /// Rules as somebody writes them, told to people that there are.
    json random_rules()
    {
        auto list = json::array();
        while (list.size() < kRules) {
            auto rule = random_.rule();
            for (auto& action : rule["actions"]) {
                if (action.contains("contact_group_ids")) action["contact_group_ids"] = {group_};
            }
            list.push_back(std::move(rule));
        }
        return list;
    }

    json applied(const json& rules)
    {
        const auto answered = put("/ruleset", {{"rules", rules}});
        EXPECT_EQ(answered.status, 200) << answered.text;
        return answered.body;
    }

    json column(const std::string& name)
    {
        return json::parse(sql("select jsonb_agg(" + name + " order by position) from rules"));
    }

    forms::RandomDocuments random_{1};
    const std::string group_ = a_group();
};

TEST_F(RulesetBytes, AreOfAnAnswerThoseOfTheRowsOfTheHistoryAndOfTheFile)
{
    const auto written = random_rules();
    applied(written);
    const auto shown = get("/ruleset").body;
    const auto& rules = shown["rules"];
    ASSERT_THAT(rules, SizeIs(kRules));

    const auto actions = column("actions");
    const auto schedules = column("schedule");
    const auto version = sql("select max(version) from ruleset_versions");
    const auto remembered = get("/ruleset/versions/" + version).body["rules"];
    ASSERT_THAT(remembered, SizeIs(kRules));
    for (std::size_t i = 0; i < kRules; ++i) {
        for (const auto& [name, value] : written[i].items()) {
            if (name != "actions" && name != "position") EXPECT_EQ(rules[i][name], value) << name;
        }
        EXPECT_EQ(actions[i].dump(), rules[i]["actions"].dump());
        EXPECT_EQ(schedules[i].dump(), rules[i]["schedule"].dump());
        EXPECT_EQ(remembered[i].dump(), rules[i].dump());
        auto one = get("/rules/" + rules[i]["id"].get<std::string>()).body;
        one.erase("stats");
        one.erase("cost");
        EXPECT_EQ(one.dump(), rules[i].dump());
    }

    const auto file = forms::written_rules(rules);
    const auto again = applied(json::parse(file.dump()));
    EXPECT_THAT(again["unchanged"], SizeIs(kRules));
    EXPECT_THAT(again["updated"], IsEmpty());
    EXPECT_EQ(again["reordered"], false);
    EXPECT_EQ(get("/ruleset").body["rules"].dump(), rules.dump());
}

}  // namespace
}  // namespace winnow::test
