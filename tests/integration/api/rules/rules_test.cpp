#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class Rules : public Tenants {
protected:
    /// "name@position", in order.
    std::vector<std::string> order()
    {
        std::vector<std::string> out;
        for (const auto& rule : get("/rules?limit=500").body["items"]) {
            out.push_back(rule["name"].get<std::string>() + '@' + std::to_string(rule["position"].get<int>()));
        }
        return out;
    }
};

TEST_F(Rules, AreCreatedWithDefaultsAndReadBackAsWritten)
{
    const auto created = post("/rules", a_rule("quiet"));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.header("Location"), "/api/v1/rules/" + created.id());
    EXPECT_EQ(created.header("ETag"), "\"1\"");
    const auto& rule = created.body;
    EXPECT_EQ(rule["position"], 1);
    EXPECT_EQ(rule["enabled"], true);
    EXPECT_EQ(rule["stop"], false);
    EXPECT_EQ(rule["mode"], "live");
    EXPECT_EQ(rule["syntax"], "matchers");
    EXPECT_EQ(rule["effective_from"], nullptr);
    EXPECT_EQ(rule["updated_by"], "user:" + admin_);
    EXPECT_EQ(rule["stats"]["matched"], 0);

    const auto read = get("/rules/" + created.id());
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, created.body);
    EXPECT_EQ(get("/rules").body["items"][0], created.body);
}

TEST_F(Rules, AreRefusedOrRemarkedOnForConditionsThatCanNeverMatch)
{
    const auto said = [&](const char* syntax, const char* condition) {
        return post("/rules", a_rule("slip", {{"syntax", syntax}, {"condition", condition}}));
    };
    EXPECT_THAT(said("keywords", "titel:disk").errors(), ElementsAre(HasSubstr("did you mean title?")));
    EXPECT_THAT(said("keywords", "severity:crit").errors(), ElementsAre(HasSubstr("critical, error, warning or info")));
    EXPECT_THAT(said("matchers", R"(labels.env="prod")").errors(), ElementsAre(HasSubstr("write env")));
    EXPECT_THAT(said("matchers", "severity >= ERROR").errors(),
                ElementsAre(HasSubstr("this looks like CEL: add syntax: cel")));
    EXPECT_THAT(said("cel", R"(status == "open")").errors(), ElementsAre(HasSubstr("no alert's status")));
    for (const auto* condition : {R"(severity="CRITICAL")", R"(severty="critical")"}) {
        const auto saved = said("matchers", condition);
        ASSERT_EQ(saved.status, 201) << saved.text;
        EXPECT_EQ(saved.body["findings"][0]["kind"], "suspicious");
        EXPECT_EQ(saved.body["findings"][0]["severity"], "warning");
        EXPECT_THAT(saved.body["findings"].dump(), HasSubstr("did you mean"));
        EXPECT_EQ(put("/rules/" + saved.id(), saved.body).status, 200) << "what was answered may be sent back";
    }
    EXPECT_THAT(said("cel", R"(labels.env == "a" && labels.env == "b")").body["findings"].dump(),
                HasSubstr("contradictory"));

    const auto lint = post("/rules/lint", {{"rule", a_rule("slip", {{"condition", R"(sorce="db-7")"}})}});
    EXPECT_THAT(lint.body["findings"].dump(), HasSubstr("did you mean source?"));
    EXPECT_THAT(
        post("/rules/lint", {{"rule", a_rule("slip", {{"syntax", "keywords"}, {"condition", "titel:disk"}})}}).errors(),
        ElementsAre(HasSubstr("did you mean title?")));
    EXPECT_THAT(post("/rules/test", {{"rule", a_rule("slip", {{"syntax", "keywords"}, {"condition", "titel:disk"}})},
                                     {"alert", {{"title", "t"}}}})
                    .errors(),
                ElementsAre(HasSubstr("did you mean title?")));

    const json set{{"rules", {a_rule("slip", {{"condition", R"(severty="critical")"}})}}};
    EXPECT_THAT(put("/ruleset?dry_run=true", set).body["findings"].dump(), HasSubstr("did you mean severity?"));
    EXPECT_THAT(put("/ruleset", set).body["findings"].dump(), HasSubstr("did you mean severity?"));
}

TEST_F(Rules, KeepAConditionThatWasGoodWhenItWasWritten)
{
    const auto id = made("/rules", a_rule("old", {{"syntax", "keywords"}, {"condition", "disk"}}));
    sql("update rules set condition = 'titel:disk' where rule_id = '" + id + "'");
    EXPECT_EQ(patch("/rules/" + id, {{"enabled", false}}).status, 200);
    EXPECT_EQ(patch("/rules/" + id, {{"condition", "sorce:disk"}}).status, 422);
    EXPECT_THAT(post("/rules/lint", json::object()).body["findings"].dump(), HasSubstr("did you mean title?"));
}

TEST_F(Rules, KeepEveryActionAsItWasWritten)
{
    const auto group = a_group();
    const json actions = {{{"type", "set"}, {"field", "labels.team"}, {"value", "{{service}}"}},
                          {{"type", "severity"}, {"severity", "critical"}},
                          {{"type", "dedup_key"}, {"fields", {"source", "labels.env"}}},
                          {{"type", "dedup_key"}, {"template", "{{source}}"}},
                          {{"type", "suppress"}, {"reason", "“known” \\ \"noise\""}},
                          {{"type", "route"}, {"contact_group_ids", {group}}},
                          {{"type", "drop"}}};
    const auto id = made("/rules", a_rule("all", {{"actions", actions}}));
    EXPECT_EQ(get("/rules/" + id).body["actions"], actions);
}

TEST_F(Rules, StopAfterADropUnlessToldOtherwise)
{
    const json drop = {{"actions", {{{"type", "drop"}}}}};
    EXPECT_EQ(post("/rules", a_rule("a", drop)).body["stop"], true);
    auto goes_on = drop;
    goes_on["stop"] = false;
    EXPECT_EQ(post("/rules", a_rule("b", goes_on)).body["stop"], false);
}

TEST_F(Rules, ShowHowTheyFared)
{
    const auto id = made("/rules", a_rule("a"));
    sql("insert into rule_stats values ('" + ours_.str() + "', '" + id +
        "', 7, '2026-11-23T05:00:00Z', 1, 'bad', '2026-11-22T05:00:00Z')");
    const json stats{{"matched", 7},
                     {"last_matched_at", "2026-11-23T05:00:00.000Z"},
                     {"failed", 1},
                     {"last_error", "bad"},
                     {"last_failed_at", "2026-11-22T05:00:00.000Z"}};
    EXPECT_EQ(get("/rules/" + id).body["stats"], stats);
    EXPECT_EQ(get("/rules").body["items"][0]["stats"], stats);
}

TEST_F(Rules, TellEveryMistakeOfADocumentAtOnce)
{
    const auto answered = post("/rules", {{"nmae", "x"},
                                          {"condition", "env=\"prod"},
                                          {"syntax", "sql"},
                                          {"enabled", "yes"},
                                          {"mode", "dry"},
                                          {"position", 0},
                                          {"effective_from", "tomorrow"},
                                          {"actions",
                                           {{{"type", "dorp"}},
                                            {{"type", "severity"}, {"severity", "bad"}},
                                            {{"type", "suppress"}, {"raeson", "x"}},
                                            {{"type", "route"}, {"contact_group_ids", {"x"}}},
                                            {{"type", "dedup_key"}},
                                            7}}});
    EXPECT_EQ(answered.status, 422);
    EXPECT_EQ(answered.body["code"], "invalid_field");
    EXPECT_THAT(answered.pointers(),
                UnorderedElementsAre("/name", "/nmae", "/condition", "/syntax", "/enabled", "/mode", "/position",
                                     "/effective_from", "/actions/0/type", "/actions/1/severity", "/actions/2/raeson",
                                     "/actions/3/contact_group_ids/0", "/actions/4", "/actions/5"));
    EXPECT_THAT(answered.errors(), Contains(HasSubstr("did you mean \"name\"?")));
    EXPECT_THAT(answered.errors(), Contains(HasSubstr("did you mean \"drop\"?")));
    EXPECT_THAT(answered.errors(), Contains(HasSubstr("did you mean \"reason\"?")));
    EXPECT_THAT(order(), IsEmpty());
}

TEST_F(Rules, RefuseDatesThatAreNoPeriodAndRulesThatDoNothing)
{
    EXPECT_THAT(post("/rules", a_rule("a", {{"effective_from", "2026-02-01T00:00:00Z"},
                                            {"effective_until", "2026-01-01T00:00:00Z"}}))
                    .pointers(),
                ElementsAre("/effective_until"));
    EXPECT_THAT(post("/rules", a_rule("a", {{"actions", json::array()}})).pointers(), ElementsAre("/actions"));
    EXPECT_THAT(post("/rules", a_rule("a", {{"condition", " "}})).pointers(), ElementsAre("/condition"));
    EXPECT_THAT(post("/rules", a_rule("")).pointers(), ElementsAre("/name"));
    EXPECT_THAT(post("/rules", a_rule(std::string(201, 'x'))).pointers(), ElementsAre("/name"));
    EXPECT_EQ(post("/rules", a_rule(std::string(200, 'x'))).status, 201);
}

TEST_F(Rules, HaveAtMostThirtyTwoActions)
{
    const auto with = [](std::size_t count) {
        return a_rule("a", {{"actions", std::vector<json>(count, json{{"type", "suppress"}})}});
    };
    EXPECT_EQ(post("/rules", with(32)).status, 201);
    EXPECT_THAT(post("/rules", with(33)).pointers(), ElementsAre("/actions"));
}

TEST_F(Rules, RouteOnlyToGroupsOfTheirTenant)
{
    become_theirs();
    const auto foreign = a_group("theirs");
    become(admin_, access::Role::admin);
    const auto own = a_group();
    const auto answered =
        post("/rules", a_rule("a", {{"actions", {{{"type", "route"}, {"contact_group_ids", {own, foreign}}}}}}));
    EXPECT_EQ(answered.status, 422);
    EXPECT_THAT(answered.pointers(), ElementsAre("/actions/0/contact_group_ids/1"));
}

TEST_F(Rules, AreReplacedPatchedAndDeletedUnderTheirVersion)
{
    const auto id = made("/rules", a_rule("a", {{"description", "x"}}));
    const auto path = "/rules/" + id;

    auto answered = with_if_match("PUT", path, a_rule("b"), "\"1\"");
    EXPECT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(answered.header("ETag"), "\"2\"");
    EXPECT_EQ(answered.body["description"], "");
    EXPECT_EQ(answered.body["position"], 1);

    EXPECT_EQ(with_if_match("PUT", path, a_rule("c"), "\"1\"").status, 412);
    EXPECT_EQ(with_if_match("PATCH", path, {{"name", "c"}}, "\"1\"").status, 412);
    EXPECT_EQ(with_if_match("DELETE", path, nullptr, "\"1\"").status, 412);

    answered = with_if_match("PATCH", path, {{"enabled", false}, {"effective_from", "2026-11-23T06:00:00Z"}}, "\"2\"");
    EXPECT_EQ(answered.body["version"], 3);
    EXPECT_EQ(answered.body["enabled"], false);
    EXPECT_EQ(answered.body["name"], "b");
    EXPECT_EQ(patch(path, {{"effective_from", nullptr}}).body["effective_from"], nullptr);
    EXPECT_THAT(patch(path, {{"enbled", true}}).pointers(), ElementsAre("/enbled"));

    EXPECT_EQ(call("GET", path, nullptr, {{"If-None-Match", "\"4\""}}).status, 304);
    EXPECT_EQ(with_if_match("DELETE", path, nullptr, "\"4\"").status, 204);
    EXPECT_EQ(get(path).status, 404);
    EXPECT_EQ(remove(path).status, 404);
}

TEST_F(Rules, LeaveEveryVersionBehind)
{
    const auto id = made("/rules", a_rule("a"));
    patch("/rules/" + id, {{"name", "b"}});
    remove("/rules/" + id);
    EXPECT_EQ(sql("select string_agg(version || ':' || coalesce(content->>'name', '-') || ':' || changed_by, ' ' "
                  "order by version) from rule_versions where rule_id = '" +
                  id + "'"),
              "1:a:user:" + admin_ + " 2:b:user:" + admin_ + " 3:-:user:" + admin_);
    EXPECT_EQ(sql("select content->>'updated_at' from rule_versions where rule_id = '" + id + "' and version = 1"),
              "2026-11-23T06:00:00.000Z");
}

TEST_F(Rules, PushOnTheLaterOnesUpToTheFirstGap)
{
    for (const auto* name : {"a", "b", "c"}) made("/rules", a_rule(name));
    made("/rules", a_rule("far", {{"position", 10}}));
    made("/rules", a_rule("new", {{"position", 2}}));
    EXPECT_THAT(order(), ElementsAre("a@1", "new@2", "b@3", "c@4", "far@10"));
    made("/rules", a_rule("last"));
    EXPECT_THAT(order(), ElementsAre("a@1", "new@2", "b@3", "c@4", "far@10", "last@11"));
}

TEST_F(Rules, MoveToAPlaceThatIsTakenOrFree)
{
    std::vector<std::string> ids;
    for (const auto* name : {"a", "b", "c"}) ids.push_back(made("/rules", a_rule(name)));
    EXPECT_EQ(patch("/rules/" + ids[2], {{"position", 1}}).body["position"], 1);
    EXPECT_THAT(order(), ElementsAre("c@1", "a@2", "b@3"));
    patch("/rules/" + ids[0], {{"position", 3}});
    EXPECT_THAT(order(), ElementsAre("c@1", "a@3", "b@4"));
    EXPECT_EQ(get("/rules/" + ids[1]).body["version"], 1) << "giving way is no change of the rule itself";
}

TEST_F(Rules, AreReorderedAllAtOnceOrNotAtAll)
{
    std::vector<std::string> ids;
    for (const auto* name : {"a", "b", "c"}) ids.push_back(made("/rules", a_rule(name)));

    const auto answered = post("/rules/reorder", {{"ids", {ids[2], ids[0], ids[1]}}});
    EXPECT_EQ(answered.status, 200) << answered.text;
    EXPECT_THAT(order(), ElementsAre("c@1", "a@2", "b@3"));

    EXPECT_THAT(post("/rules/reorder", {{"ids", {ids[2], ids[0]}}}).pointers(), ElementsAre("/ids"));
    EXPECT_THAT(post("/rules/reorder", {{"ids", {ids[2], ids[0], ids[0]}}}).pointers(), Contains("/ids/2"));
    EXPECT_THAT(post("/rules/reorder", {{"ids", {ids[0], ids[1], ids[2], admin_}}}).pointers(), ElementsAre("/ids/3"));
    EXPECT_THAT(post("/rules/reorder", {{"isd", json::array()}}).pointers(), UnorderedElementsAre("/ids", "/isd"));
    EXPECT_THAT(order(), ElementsAre("c@1", "a@2", "b@3"));

    const auto etag = get("/ruleset").header("ETag");
    EXPECT_EQ(with_if_match("POST", "/rules/reorder", {{"ids", ids}}, "\"1\"").status, 412);
    EXPECT_EQ(with_if_match("POST", "/rules/reorder", {{"ids", ids}}, etag).status, 200);
    EXPECT_THAT(order(), ElementsAre("a@1", "b@2", "c@3"));
}

TEST_F(Rules, KeepTheirHoursOfTheWeek)
{
    const json nights{{"time_zone", "Europe/Berlin"},
                      {"weekly", {{{"days", {"mon", "sun"}}, {"from", "22:00"}, {"until", "06:00"}}}}};
    const auto created = post("/rules", a_rule("nights", {{"schedule", nights}}));
    ASSERT_EQ(created.status, 201) << created.text;
    EXPECT_EQ(created.body["schedule"], nights);
    EXPECT_EQ(get("/rules/" + created.id()).body["schedule"], nights);
    EXPECT_EQ(get("/ruleset/versions/1").body["rules"][0]["schedule"], nights);
    EXPECT_EQ(patch("/rules/" + created.id(), {{"schedule", nullptr}}).body["schedule"], nullptr);
    ASSERT_EQ(post("/ruleset/rollback", {{"to", 1}}).status, 200);
    EXPECT_EQ(get("/rules/" + created.id()).body["schedule"], nights);

    const auto refused = [&](const json& schedule) {
        return post("/rules", a_rule("bad", {{"schedule", schedule}})).pointers();
    };
    const json hour{{"days", {"mon"}}, {"from", "09:00"}, {"until", "10:00"}};
    EXPECT_THAT(refused({{"time_zone", "Berlin"}, {"weekly", {hour}}}), ElementsAre("/schedule/time_zone"));
    EXPECT_THAT(refused({{"weekly", {hour}}}), ElementsAre("/schedule/time_zone"));
    EXPECT_THAT(refused({{"time_zone", "UTC"}, {"weekly", json::array()}}), ElementsAre("/schedule/weekly"));
    EXPECT_THAT(refused({{"time_zone", "UTC"}, {"weekly", {{{"days", {"monday"}}, {"from", "9"}, {"x", 1}}}}}),
                UnorderedElementsAre("/schedule/weekly/0/days/0", "/schedule/weekly/0/from", "/schedule/weekly/0/until",
                                     "/schedule/weekly/0/x"));
    EXPECT_THAT(refused(7), ElementsAre("/schedule"));
    EXPECT_THAT(
        post("/rules", a_rule("bad", {{"schedule",
                                       {{"time_zone", "UTC"},
                                        {"weekly", {{{"days", {"monday"}}, {"from", "9"}, {"until", "17:00"}}}}}}}))
            .errors(),
        UnorderedElementsAre(HasSubstr("mon, tue, wed"), HasSubstr("\"00:00\" to \"24:00\"")));
}

TEST_F(Rules, ArePagedInOrder)
{
    for (int i = 0; i < 5; ++i) made("/rules", a_rule("r" + std::to_string(i)));
    std::vector<std::string> seen;
    std::string query = "/rules?limit=2";
    for (int page = 0; page < 4; ++page) {
        const auto answered = get(query);
        for (const auto& rule : answered.body["items"]) seen.push_back(rule["name"]);
        if (answered.body["next_cursor"].is_null()) break;
        query = "/rules?limit=2&cursor=" + answered.body["next_cursor"].get<std::string>();
    }
    EXPECT_THAT(seen, ElementsAre("r0", "r1", "r2", "r3", "r4"));
    EXPECT_EQ(get("/rules?limit=0").status, 400);
    EXPECT_EQ(get("/rules?cursor=x").status, 400);
    EXPECT_EQ(get("/rules?limt=1").status, 400);
}

TEST_F(Rules, AreReadOnlyAsFarAsTheirErrorsAreTold)
{
    limits_.max_pattern_instructions = 10'000'000;  // which end the reading, too
    const json refused{{"type", "extract"}, {"field", "title"}, {"pattern", "(?P<a>[^z]{900})"}};
    const std::vector<json> rules(70, a_rule("a", {{"actions", std::vector<json>(2, refused)}}));
    for (const auto* path : {"/rules/test", "/rules/lint"}) {
        json asked{{"ruleset", rules}};
        if (path == std::string_view("/rules/test")) asked["alert"] = {{"title", "t"}};
        const auto answered = post(path, asked);
        ASSERT_EQ(answered.status, 422);
        EXPECT_THAT(answered.text, HasSubstr("/ruleset/24/actions/1/pattern")) << path;
        EXPECT_THAT(answered.text, Not(HasSubstr("more errors"))) << path << ": after fifty none was looked for";
    }
}

TEST_F(Rules, CanBeTriedOnAnAlertWithoutATrace)
{
    const auto answered = post(
        "/rules/test",
        {{"rule", a_rule("a", {{"enabled", false}, {"actions", {{{"type", "severity"}, {"severity", "critical"}}}}})},
         {"alert", {{"title", "t"}, {"labels", {{"env", "prod"}}}}}});
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(answered.body["matched"], true);
    EXPECT_EQ(answered.body["disposition"], "ticketed");
    EXPECT_EQ(answered.body["alert"]["severity"], "critical");
    EXPECT_EQ(answered.body["actions"][0]["type"], "severity");
    EXPECT_EQ(answered.body["trace"][0]["value"], true);
    EXPECT_THAT(order(), IsEmpty());

    const auto id = made("/rules", a_rule("drops", {{"actions", {{{"type", "drop"}}}}}));
    const json alert{{"title", "t"}, {"labels", {{"env", "prod"}}}};
    EXPECT_EQ(post("/rules/test", {{"rule_id", id}, {"alert", alert}}).body["disposition"], "dropped");
    EXPECT_EQ(post("/rules/test", {{"rule_id", id}, {"alert", {{"title", "t"}}}}).body["matched"], false);
    EXPECT_EQ(post("/rules/test", {{"ruleset", {a_rule("a"), a_rule("b")}}, {"alert", alert}}).body["disposition"],
              "suppressed");
}

TEST_F(Rules, TestsRefuseWhatIsNoTest)
{
    EXPECT_THAT(post("/rules/test", {{"alert", {{"title", "t"}}}}).pointers(), ElementsAre(""));
    EXPECT_THAT(post("/rules/test", {{"rule", a_rule("")}, {"alert", {{"titel", 1}}}}).pointers(),
                UnorderedElementsAre("/rule/name", "/alert/title"));
    EXPECT_THAT(post("/rules/test", {{"rule_id", admin_}, {"alert", {{"title", "t"}}}}).pointers(),
                ElementsAre("/rule_id"));
    EXPECT_THAT(post("/rules/test", {{"rule", a_rule("a")}, {"alert", json::array()}}).pointers(),
                ElementsAre("/alert"));
}

TEST_F(Rules, GoNoFurtherThanTheLastPosition)
{
    const auto last = made("/rules", a_rule("last", {{"position", 1'000'000}}));
    for (const auto& more : {a_rule("behind"), a_rule("instead", {{"position", 1'000'000}})}) {
        const auto refused = post("/rules", more);
        EXPECT_EQ(refused.status, 409) << refused.text;
        EXPECT_THAT(refused.text, testing::HasSubstr("/api/v1/rules/reorder"));
    }
    const auto first = made("/rules", a_rule("first", {{"position", 1}}));
    EXPECT_EQ(patch("/rules/" + first, {{"position", 1'000'000}}).status, 409);
    const auto shown = get("/rules/" + last).body;
    EXPECT_EQ(shown["position"], 1'000'000);
    EXPECT_EQ(put("/rules/" + last, shown).status, 200);
    EXPECT_EQ(post("/rules/reorder", {{"ids", {first, last}}}).status, 200);
    EXPECT_EQ(post("/rules", a_rule("behind")).body["position"], 3);
}

}  // namespace
}  // namespace winnow::test
