/// What rules, silences, windows and inhibitions show that cost more than an alert may.

#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Costs : public Tenants {
protected:
    /// As triage stores it: five overruns of 6 ms, the last one just now.
    void note(const std::string& kind, const std::string& id, const std::string& until, bool for_good = false)
    {
        const auto ms = std::to_string(now_.time_since_epoch().count());
        sql("delete from set_asides where id = '" + id + "'");
        sql("insert into set_asides values ('" + ours_.str() + "', '" + kind + "', '" + id + "', 1, '{\"recent\": [[" +
            ms + ", 6000000]], \"set_aside\": [" + ms +
            "], \"overruns\": 5, \"sum_ns\": 30000000, \"most_ns\": 7500000, \"last_alert\": "
            "\"0199c0de-0000-8000-8000-000000000001\"}', " +
            until + ", " + (for_good ? "true" : "false") + ", now())");
    }
    const std::string until_ = "'2026-11-23T06:15:00Z'";
};

TEST_F(Costs, AreShownOnEachKindAndInListsAndGoWithAChange)
{
    const json silence{{"matchers", R"(a="b")"}, {"ends_at", "2026-11-24T06:00:00Z"}, {"comment", "c"}};
    const json window{
        {"name", "w"}, {"matchers", R"(a="b")"}, {"starts_at", "2026-11-24T06:00:00Z"}, {"duration", "PT1H"}};
    const json inhibition{{"name", "i"}, {"source_matchers", R"(a="b")"}, {"target_matchers", R"(a="c")"}};
    struct Noun {
        std::string kind;
        std::string path;
        json body;
        json change;
    };
    for (const auto& [kind, path, body, change] :
         {Noun{"rule", "/rules", a_rule("r"), {{"name", "other"}}},
          Noun{"silence", "/silences", silence, {{"comment", "other"}}},
          Noun{"maintenance_window", "/maintenance-windows", window, {{"name", "other"}}},
          Noun{"inhibition", "/inhibitions", inhibition, {{"name", "other"}}}}) {
        const auto id = made(path, body);
        const auto one = path + "/" + id;
        EXPECT_EQ(get(one).body.at("cost"), nullptr) << kind;
        note(kind, id, until_);
        const json expected{{"state", "set_aside"}, {"until", "2026-11-23T06:15:00.000Z"},
                            {"mean_ms", 6.0},       {"most_ms", 7.5},
                            {"overruns", 5},        {"last_alert_id", "0199c0de-0000-8000-8000-000000000001"}};
        EXPECT_EQ(get(one).body.at("cost"), expected) << kind;
        EXPECT_EQ(get(path).body["items"][0].at("cost"), expected) << kind;
        note(kind, id, "null");
        EXPECT_EQ(get(one).body["cost"]["state"], "warned");
        EXPECT_EQ(get(one).body["cost"]["until"], nullptr);
        note(kind, id, until_, true);
        EXPECT_EQ(get(one).body["cost"]["state"], "until_edited");
        EXPECT_EQ(get(one).body["cost"]["until"], nullptr);
        ASSERT_EQ(patch(one, change).status, 200) << kind;
        EXPECT_EQ(get(one).body.at("cost"), nullptr) << kind;
    }
}

TEST_F(Costs, MayBeSentBackAsTheyWereShown)
{
    const auto id = made("/rules", a_rule("r"));
    note("rule", id, until_);
    EXPECT_EQ(put("/rules/" + id, get("/rules/" + id).body).status, 200);
}

TEST_F(Costs, AreNewsAlsoToWhoKnowsTheVersion)
{
    const auto id = made("/rules", a_rule("r"));
    const auto known = get("/rules/" + id).header("ETag");
    EXPECT_EQ(call("GET", "/rules/" + id, nullptr, {{"If-None-Match", known}}).status, 304);
    note("rule", id, until_);
    EXPECT_EQ(call("GET", "/rules/" + id, nullptr, {{"If-None-Match", known}}).status, 200);
}

TEST_F(Costs, AreTheirTenantsOwn)
{
    const auto id = made("/rules", a_rule("r"));
    become_theirs();
    note("rule", made("/rules", a_rule("r")), until_);
    EXPECT_EQ(get("/rules").body["items"][0]["cost"], nullptr) << "what stands under another tenant";
}

TEST_F(Costs, AreAFindingOfLint)
{
    const auto id = made("/rules", a_rule("r"));
    const auto found = [&] {
        return post("/rules/lint", json::object()).body["findings"].dump();
    };
    EXPECT_THAT(found(), Not(HasSubstr("set aside")));
    note("rule", id, until_);
    EXPECT_THAT(found(), HasSubstr("it is set aside until 2026-11-23T06:15:00.000Z: 5 alerts cost more"));
    note("rule", id, until_, true);
    EXPECT_THAT(found(), HasSubstr("it is set aside until somebody changes it: 5 alerts"));
    note("rule", id, "null");
    EXPECT_THAT(found(), HasSubstr("if that goes on it is set aside"));
}

TEST_F(Costs, ThatCannotBeReadAreNotShown)
{
    const auto id = made("/rules", a_rule("r"));
    note("rule", id, until_);
    sql("update set_asides set record = '{}'");
    EXPECT_EQ(get("/rules/" + id).status, 200);
    EXPECT_EQ(get("/rules/" + id).body["cost"], nullptr);
}

}  // namespace
}  // namespace winnow::test
