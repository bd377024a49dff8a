#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Backtests : public Tenants {
protected:
    static constexpr auto kPath = "/rules/backtests";

    json draft(const std::string& id)
    {
        return json::parse(sql("select draft from backtests where backtest_id = '" + id + "'"));
    }
    json drafted_rule(const std::string& id) { return draft(id)["rules"][0]; }

    std::string started(const json& body)
    {
        const auto answered = post(kPath, body);
        EXPECT_EQ(answered.status, 202) << answered.text;
        return answered.id();
    }
    std::vector<std::string> refused(const json& body)
    {
        const auto answered = post(kPath, body);
        EXPECT_EQ(answered.status, 422) << answered.text;
        EXPECT_EQ(sql("select count(*) from backtests"), "0");
        return answered.pointers();
    }
};

TEST_F(Backtests, AreAcceptedAndShown)
{
    const auto answered = post(kPath, {{"rule", a_rule("new")}});
    ASSERT_EQ(answered.status, 202) << answered.text;
    EXPECT_EQ(answered.header("Location"), "/api/v1/rules/backtests/" + answered.id());
    const json expected{{"id", answered.id()},
                        {"state", "queued"},
                        {"from", "2026-11-16T06:00:00.000Z"},
                        {"until", "2026-11-23T06:00:00.000Z"},
                        {"max_alerts", 2'000'000},
                        {"draft_rules", 1},
                        {"live_rules", 0},
                        {"created_at", "2026-11-23T06:00:00.000Z"},
                        {"created_by", who_.actor()},
                        {"started_at", nullptr},
                        {"finished_at", nullptr},
                        {"error", nullptr},
                        {"progress", {{"alerts_read", 0}, {"alerts_total", 0}, {"rate", 0}, {"percent", nullptr}}},
                        {"result", nullptr}};
    EXPECT_EQ(answered.body, expected);
    const auto shown = get(std::string(kPath) + "/" + answered.id());
    EXPECT_EQ(shown.body, expected);
    EXPECT_EQ(call("GET", std::string(kPath) + "/" + answered.id(), nullptr, {{"If-None-Match", shown.header("ETag")}})
                  .status,
              304);
}

TEST_F(Backtests, TakeTheThreeFormsOfADraft)
{
    const auto stored = made("/rules", a_rule("stored", {{"enabled", false}, {"mode", "shadow"}}));
    const auto by_id = started({{"rule_id", stored}});
    EXPECT_EQ(draft(by_id)["whole_set"], false);
    EXPECT_EQ(drafted_rule(by_id)["id"], stored);
    EXPECT_EQ(drafted_rule(by_id)["enabled"], true);
    EXPECT_EQ(drafted_rule(by_id)["mode"], "live");

    const auto by_rule = started({{"rule", a_rule("changed", {{"id", stored}, {"position", 5}, {"enabled", false}})}});
    EXPECT_EQ(drafted_rule(by_rule)["id"], stored);
    EXPECT_EQ(drafted_rule(by_rule)["position"], 5);
    EXPECT_EQ(drafted_rule(by_rule)["enabled"], false) << "what disabling it would do";
    EXPECT_EQ(get(std::string(kPath) + "/" + by_rule).body["draft_rules"], 1) << "it replaces the stored one";

    const auto by_set = started({{"ruleset", {a_rule("a"), a_rule("b")}}});
    EXPECT_EQ(draft(by_set)["whole_set"], true);
    EXPECT_EQ(get(std::string(kPath) + "/" + by_set).body["draft_rules"], 2);
    // What GET showed can be tested as it is.
    started({{"ruleset", get("/ruleset").body["rules"]}});
}

TEST_F(Backtests, ReadTheTimeThatIsAskedFor)
{
    const auto range = [&](json body) {
        body["rule"] = a_rule("r");
        const auto answered = post(kPath, body);
        EXPECT_EQ(answered.status, 202) << answered.text;
        remove(std::string(kPath) + "/" + answered.id());
        return std::pair(answered.body["from"], answered.body["until"]);
    };
    EXPECT_EQ(range({{"days", 1}}), std::pair(json("2026-11-22T06:00:00.000Z"), json("2026-11-23T06:00:00.000Z")));
    EXPECT_EQ(range({{"days", 1}, {"until", "2026-11-20T00:00:00Z"}}),
              std::pair(json("2026-11-19T00:00:00.000Z"), json("2026-11-20T00:00:00.000Z")));
    EXPECT_EQ(range({{"from", "2026-11-01T00:00:00Z"}, {"until", "2026-12-01T00:00:00Z"}}),
              std::pair(json("2026-11-01T00:00:00.000Z"), json("2026-11-23T06:00:00.000Z")))
        << "what is to come has no history";
}

TEST_F(Backtests, OfBadDraftsAreRefusedWithTheirPlaces)
{
    EXPECT_THAT(refused({{"rule", a_rule("r", {{"condition", "{env="}})}}), ElementsAre("/rule/condition"));
    EXPECT_THAT(refused({{"ruleset", {a_rule("a"), a_rule("b", {{"colour", 1}})}}}), ElementsAre("/ruleset/1/colour"));
    EXPECT_THAT(refused({{"ruleset", "all"}}), ElementsAre("/ruleset"));
    EXPECT_THAT(refused({{"rule", nullptr}}), ElementsAre("/rule"));
    EXPECT_THAT(refused({{"rule_id", viewer_}}), ElementsAre("/rule_id"));
    const auto twice = a_rule("r", {{"id", viewer_}});
    EXPECT_THAT(refused({{"ruleset", {twice, twice}}}), ElementsAre("/ruleset/1/id"));
    EXPECT_THAT(refused(json::object()), ElementsAre(""));
    EXPECT_THAT(refused({{"rule", a_rule("r")}, {"ruleset", json::array()}}), ElementsAre(""));
    const json route{{"type", "route"}, {"contact_group_ids", {viewer_}}};
    EXPECT_THAT(refused({{"rule", a_rule("r", {{"actions", {route}}})}}),
                ElementsAre("/rule/actions/0/contact_group_ids/0"));
}

TEST_F(Backtests, OfBadRangesAreRefused)
{
    const auto with = [&](json body) {
        body["rule"] = a_rule("r");
        return refused(body);
    };
    EXPECT_THAT(with({{"from", "2026-11-23T06:00:00Z"}}), ElementsAre("/from")) << "now is too late";
    EXPECT_THAT(with({{"from", "yesterday"}}), ElementsAre("/from"));
    EXPECT_THAT(with({{"days", 0}}), ElementsAre("/days"));
    EXPECT_THAT(with({{"days", 3'651}}), ElementsAre("/days"));
    EXPECT_THAT(with({{"days", 1}, {"from", "2026-11-01T00:00:00Z"}}), ElementsAre("/days"));
    EXPECT_THAT(with({{"max_alerts", 0}}), ElementsAre("/max_alerts"));
    EXPECT_THAT(with({{"max_alerts", 50'000'001}}), ElementsAre("/max_alerts"));
    EXPECT_THAT(with({{"max_alert", 1}}), ElementsAre("/max_alert"));
}

TEST_F(Backtests, FourOfATenantMayWait)
{
    std::string last;
    for (int i = 0; i < 4; ++i) last = started({{"rule", a_rule("r")}});
    const auto fifth = post(kPath, {{"rule", a_rule("r")}});
    EXPECT_EQ(fifth.status, 409);
    EXPECT_THAT(fifth.text, HasSubstr("there are 4 unfinished back-tests already"));
    become_theirs();
    started({{"rule", a_rule("r")}});
    become(admin_, access::Role::admin);
    EXPECT_EQ(remove(std::string(kPath) + "/" + last).status, 204);
    started({{"rule", a_rule("r")}});
}

TEST_F(Backtests, ACancelledOneIsShownUntilItIsDeleted)
{
    const auto path = std::string(kPath) + "/" + started({{"rule", a_rule("r")}});
    EXPECT_EQ(remove(path).status, 204);
    EXPECT_EQ(get(path).body["state"], "cancelled");
    EXPECT_EQ(remove(path).status, 204);
    EXPECT_EQ(get(path).status, 404);
    EXPECT_EQ(remove(path).status, 404);
}

TEST_F(Backtests, AreListedNewestFirstWithoutResults)
{
    const auto first = started({{"rule", a_rule("r")}});
    const auto second = started({{"rule", a_rule("r")}});
    sql("update backtests set result = '{\"draft\":{}}', state = 'done', alerts_total = 8, alerts_read = 3 "
        "where backtest_id = '" +
        first + "'; select 1");
    const auto page = get(std::string(kPath) + "?limit=1");
    ASSERT_THAT(page.body["items"], SizeIs(1));
    EXPECT_EQ(page.body["items"][0]["id"], second);
    const auto rest = get(std::string(kPath) + "?cursor=" + page.body["next_cursor"].get<std::string>());
    ASSERT_THAT(rest.body["items"], SizeIs(1));
    EXPECT_EQ(rest.body["items"][0]["progress"]["percent"], 37.5);
    EXPECT_FALSE(rest.body["items"][0].contains("result"));
    EXPECT_EQ(get(std::string(kPath) + "/" + first).body["result"], json({{"draft", json::object()}}));
    become_theirs();
    EXPECT_THAT(get(kPath).body["items"], IsEmpty());
    EXPECT_EQ(get(std::string(kPath) + "/" + first).status, 404);
    EXPECT_EQ(remove(std::string(kPath) + "/" + first).status, 404);
}

}  // namespace
}  // namespace winnow::test
