#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class Maintenance : public Tenants {
protected:
    static json body(const json& more = json::object())
    {
        json window{
            {"name", "patch night"}, {"matchers", R"(service="billing")"}, {"starts_at", "2026-11-29T02:00:00+09:00"},
            {"duration", "PT2H"},    {"time_zone", "Asia/Tokyo"},          {"rrule", "FREQ=WEEKLY;BYDAY=SU"}};
        window.update(more);
        return window;
    }
};

TEST_F(Maintenance, ShowsItsNextTenOccurrences)
{
    const auto made = post("/maintenance-windows", body({{"exceptions", {"2026-12-06"}}}));
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.header("Location"), "/api/v1/maintenance-windows/" + made.id());
    EXPECT_EQ(made.body["starts_at"], "2026-11-28T17:00:00.000Z");
    EXPECT_EQ(made.body["duration"], "PT2H");
    EXPECT_EQ(made.body["active"], false);
    const auto& next = made.body["next_occurrences"];
    ASSERT_EQ(next.size(), 10U);
    EXPECT_EQ(next[0], (json{{"starts_at", "2026-11-28T17:00:00.000Z"}, {"ends_at", "2026-11-28T19:00:00.000Z"}}));
    EXPECT_EQ(next[1]["starts_at"], "2026-12-12T17:00:00.000Z") << "the exception is left out";
    EXPECT_EQ(get("/maintenance-windows/" + made.id()).body, made.body);
    now_ += std::chrono::hours(24 * 5 + 12);
    EXPECT_EQ(get("/maintenance-windows/" + made.id()).body["active"], true);
    EXPECT_EQ(get("/maintenance-windows").body["items"].size(), 1U);
}

TEST_F(Maintenance, IsChangedAndDeleted)
{
    const auto id = made("/maintenance-windows", body());
    const auto moved = patch("/maintenance-windows/" + id, {{"rrule", nullptr}, {"duration", "PT1H"}});
    EXPECT_EQ(moved.status, 200) << moved.text;
    EXPECT_TRUE(moved.body["rrule"].is_null());
    EXPECT_EQ(moved.body["next_occurrences"].size(), 1U);
    EXPECT_EQ(moved.body["version"], 2);
    EXPECT_EQ(put("/maintenance-windows/" + id, body({{"enabled", false}})).body["enabled"], false);
    EXPECT_EQ(with_if_match("DELETE", "/maintenance-windows/" + id, nullptr, "\"1\"").status, 412);
    EXPECT_EQ(remove("/maintenance-windows/" + id).status, 204);
    EXPECT_EQ(get("/maintenance-windows/" + id).status, 404);
}

TEST_F(Maintenance, RefusesWhatNeverOccursOrExplodes)
{
    const auto refused = [&](const json& more) {
        return post("/maintenance-windows", body(more)).errors();
    };
    EXPECT_THAT(refused({{"rrule", "FREQ=SECONDLY"}}),
                ElementsAre("/rrule: a window cannot recur more often than hourly"));
    EXPECT_THAT(refused({{"rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}), ElementsAre("/rrule: never occurs"));
    EXPECT_THAT(refused({{"rrule", "FREQ=DAILY;UNTIL=20261120T000000Z"}, {"starts_at", "2026-11-01T00:00:00Z"}}),
                ElementsAre("/rrule: no occurrence lies ahead: it would never begin"));
    EXPECT_THAT(refused({{"rrule", "FREQ=WEEKLY;BYDAY=1SU"}}),
                ElementsAre("/rrule: BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only"));
    EXPECT_THAT(refused({{"rrule", nullptr}, {"starts_at", "2026-11-23T04:00:00Z"}}),
                ElementsAre("/starts_at: no occurrence lies ahead: it would never begin"));
    EXPECT_THAT(refused({{"time_zone", "Mars"}}), ElementsAre(HasSubstr("/time_zone: is not a time zone")));
    EXPECT_THAT(refused({{"exceptions", {"2026-12-25", "x"}}}),
                ElementsAre(HasSubstr("/exceptions/1: must be a date")));
    EXPECT_THAT(post("/maintenance-windows", {{"name", "x"}, {"rule", "y"}}).pointers(),
                UnorderedElementsAre("/matchers", "/starts_at", "/duration", "/rule"));
    EXPECT_THAT(refused({{"duration", "PT59S"}}), ElementsAre(HasSubstr("/duration: ")));
    EXPECT_EQ(sql("select count(*) from maintenance_windows"), "0");
}

TEST_F(Maintenance, SurvivesTheRuleThatKilledIt)
{
    const auto made = post("/maintenance-windows", body({{"starts_at", "2027-07-26T12:00:00Z"},
                                                         {"duration", "PT1H"},
                                                         {"time_zone", "UTC"},
                                                         {"rrule", "FREQ=YEARLY;BYWEEKNO=8"}}));
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.body["next_occurrences"][0]["starts_at"], "2028-02-21T12:00:00.000Z");
    EXPECT_EQ(get("/maintenance-windows/" + made.id()).body, made.body);
}

TEST_F(Maintenance, ThatIsNotReadableAnyMoreSaysWhy)
{
    const auto id = made("/maintenance-windows", body());
    EXPECT_TRUE(get("/maintenance-windows/" + id).body["problem"].is_null());
    sql("update maintenance_windows set rrule = 'FREQ=WEEKLY;BYDAY=1SU'");  // which libical read somehow
    const auto shown = get("/maintenance-windows/" + id);
    EXPECT_EQ(shown.body["problem"], "rrule: BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only");
    EXPECT_EQ(shown.body["next_occurrences"], json::array());
    EXPECT_EQ(patch("/maintenance-windows/" + id, {{"rrule", "FREQ=WEEKLY;BYDAY=SU"}}).body["problem"], nullptr);
}

TEST_F(Maintenance, RemarksOnTimesThatDoNotDoWhatTheySeemTo)
{
    auto warned = [&, number = 0](json more) mutable {
        more["name"] = "w" + std::to_string(++number);
        const auto saved = post("/maintenance-windows", body(more));
        EXPECT_EQ(saved.status, 201) << saved.text;
        return saved.body.value("warnings", json()).dump();
    };
    EXPECT_EQ(warned({{"exceptions", {"2026-12-06", "2026-12-12T17:00:00Z"}}}), "null");
    EXPECT_THAT(warned({{"exceptions", {"2026-12-06", "2026-12-07", "2026-12-12T18:00:00Z"}}}),
                AllOf(HasSubstr("/exceptions/1"), HasSubstr("/exceptions/2"), Not(HasSubstr("/exceptions/0"))));
    EXPECT_THAT(warned({{"duration", "P7D"}}), AllOf(HasSubstr("/duration"), HasSubstr("always in force")));
    EXPECT_EQ(warned({{"duration", "P6D"}}), "null");
    EXPECT_EQ(warned({{"rrule", nullptr}, {"duration", "P7D"}}), "null");
    EXPECT_THAT(post("/maintenance-windows", body({{"time_zone", "Asia/Tokio"}})).errors(),
                ElementsAre(HasSubstr("did you mean \"Asia/Tokyo\"?")));
}

TEST_F(Maintenance, NamesAreTheirOwn)
{
    made("/maintenance-windows", body());
    EXPECT_EQ(post("/maintenance-windows", body()).status, 409);
}

class Inhibitions : public Tenants {
protected:
    static json body(const json& more = json::object())
    {
        json inhibition{{"name", "cluster explains node"},
                        {"source_matchers", R"(class="cluster_down")"},
                        {"target_matchers", R"(class=~"node_.*")"},
                        {"equal", {"cluster", "env"}}};
        inhibition.update(more);
        return inhibition;
    }
    void ticket(int number, const std::string& class_name, const std::string& state, const std::string& cluster)
    {
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, class_name, labels, "
            "occurrences, first_seen_at, last_seen_at, opened_at) values ('" +
            ours_.str() + "', gen_random_uuid(), " + std::to_string(number) + ", '" + state + "', 3, 't', 'key" +
            std::to_string(number) + "', '" + class_name + R"(', '{"cluster":")" + cluster +
            R"("}', 1, now(), now(), now()))");
    }
    std::string sources()
    {
        return sql(
            "select string_agg(source_key || ' ' || equal_values || ' ' || two_sided, ', ' order by source_key) "
            "from inhibition_sources");
    }
};

TEST_F(Inhibitions, AreCreatedShownChangedAndDeleted)
{
    auto made = post("/inhibitions", body());
    ASSERT_EQ(made.status, 201) << made.text;
    made.body.erase("warnings");
    EXPECT_EQ(made.body["equal"], (json{"cluster", "env"}));
    EXPECT_TRUE(made.body["source_condition"].is_null());
    EXPECT_EQ(get("/inhibitions/" + made.id()).body, made.body);
    EXPECT_EQ(get("/inhibitions").body["items"].size(), 1U);
    EXPECT_EQ(post("/inhibitions", body()).status, 409);
    const auto changed =
        patch("/inhibitions/" + made.id(), {{"target_matchers", nullptr}, {"target_condition", R"(class == "x")"}});
    EXPECT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(changed.body["target_condition"], R"(class == "x")");
    EXPECT_EQ(changed.body["version"], 2);
    EXPECT_EQ(remove("/inhibitions/" + made.id()).status, 204);
    EXPECT_EQ(get("/inhibitions/" + made.id()).status, 404);
}

TEST_F(Inhibitions, WhatIsLiveAlreadyIsASourceAtOnce)
{
    ticket(1, "cluster_down", "open", "a");
    ticket(2, "cluster_down", "closed", "b");
    ticket(3, "node_down", "open", "a");
    ticket(4, "cluster_down", "in_progress", "c");
    sql("insert into alert_instances select tenant_id, 'instance', ticket_id, now(), null, true from tickets where "
        "number = 4");
    const auto id = made("/inhibitions", body());
    EXPECT_EQ(sources(), "iinstance 1:c;0:; false, kkey1 1:a;0:; false");
    patch("/inhibitions/" + id, {{"source_matchers", R"(class="node_down")"}});
    EXPECT_EQ(sources(), "kkey3 1:a;0:; true") << "found by both sides now";
    EXPECT_EQ(remove("/inhibitions/" + id).status, 204);
    EXPECT_EQ(sources(), "");
}

TEST_F(Inhibitions, NameEveryMistake)
{
    EXPECT_THAT(post("/inhibitions", {{"source_matchers", "{"}, {"equals", {"x"}}}).pointers(),
                UnorderedElementsAre("/name", "/source_matchers", "/target_matchers", "/equals"));
    EXPECT_THAT(post("/inhibitions", body({{"equal", {""}}})).pointers(), ElementsAre("/equal/0"));
    EXPECT_THAT(post("/inhibitions", body({{"equal", {"rack", "labels.rack", "details.rack"}}})).errors(),
                ElementsAre("/equal/1: a matcher names a label as it is: write rack",
                            "/equal/2: matchers do not see details, CEL does"));
    EXPECT_EQ(sql("select count(*) from inhibitions"), "0");
}

TEST_F(Inhibitions, WhatCanNeverActIsToldOf)
{
    auto warnings = [&, number = 0](const char* kind, const std::string& source, const std::string& target,
                                    const json& equal) mutable {
        return post("/inhibitions", {{"name", "n" + std::to_string(++number)},
                                     {std::string("source_") + kind, source},
                                     {std::string("target_") + kind, target},
                                     {"equal", equal}})
            .body["warnings"]
            .dump();
    };
    constexpr auto kSame = "finds the same alerts as the source side, so this never keeps anything quiet";
    EXPECT_THAT(warnings("matchers", R"(class="x")", R"(class="x")", json::array()),
                AllOf(HasSubstr(kSame), HasSubstr("/target_matchers")));
    EXPECT_THAT(
        warnings("matchers", R"(class="x",env=~"a|b")", R"({ env=~"a|b", "class"="x", class="x" })", {"source"}),
        HasSubstr(kSame));
    EXPECT_THAT(warnings("condition", R"(class == "x" && source != "y")", R"((class  ==  "x") && source != 'y')",
                         json::array()),
                AllOf(HasSubstr(kSame), HasSubstr("/target_condition")));
    EXPECT_THAT(
        warnings("matchers", R"(class="rack_down")", R"(class="host_down")", {"class", "source"}),
        AllOf(HasSubstr("/equal/0"), HasSubstr(R"(\"rack_down\" and \"host_down\")"), HasSubstr("never equal")));
    // A source outside of what both find keeps it quiet.
    EXPECT_EQ(warnings("matchers", R"(class=~"x|y")", R"(class="x")", json::array()), "null");
    EXPECT_EQ(warnings("condition", R"(class == "x")", R"(class == "y")", json::array()), "null");
    EXPECT_EQ(warnings("condition", R"(class in ["x"])", R"(class in ["x", "y"])", json::array()), "null");
    const auto id = made("/inhibitions", body());
    EXPECT_THAT(patch("/inhibitions/" + id, {{"target_matchers", body()["source_matchers"]}}).body.dump(),
                HasSubstr(kSame));
}

TEST_F(Inhibitions, ANameThatBothSidesMayLackIsToldOf)
{
    ticket(1, "cluster_down", "open", "a");
    auto warnings = [&, number = 0](const json& more) mutable {
        auto asked = body(more);
        asked["name"] = "n" + std::to_string(++number);
        return post("/inhibitions", asked).body["warnings"].dump();
    };
    EXPECT_EQ(warnings({{"equal", {"cluster", "source", "class"}}}), "null");
    EXPECT_THAT(warnings({{"equal", {"cluser"}}}),
                AllOf(HasSubstr("/equal/0"), HasSubstr("no live ticket has a label cluser (did you mean cluster?)"),
                      HasSubstr("what both lack is equal")));
    EXPECT_THAT(warnings({{"equal", {"severty"}}}), HasSubstr("did you mean severity?"));
    EXPECT_THAT(warnings({{"equal", {"rack"}}}), HasSubstr("no live ticket has a label rack: what both lack is equal"));
    EXPECT_EQ(warnings({{"equal", {"rack"}}, {"source_matchers", R"(class="cluster_down",rack=~".+")"}}), "null");
    EXPECT_EQ(warnings({{"equal", {"rack"}},
                        {"source_matchers", nullptr},
                        {"source_condition", R"(class == "cluster_down" && labels.rack != "")"}}),
              "null");
}

}  // namespace
}  // namespace winnow::test
