#include "integration/api/tenants.hpp"
#include "pg/rows/values.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Silences : public Tenants {
protected:
    static json body(const json& more = json::object())
    {
        json silence{
            {"matchers", R"(source=~"db-.*")"}, {"ends_at", "2026-11-23T08:00:00.000Z"}, {"comment", "upgrade"}};
        silence.update(more);
        return silence;
    }
    void pass(std::chrono::milliseconds time) { now_ += time; }
    std::vector<std::string> listed(const std::string& query = "")
    {
        std::vector<std::string> ids;
        for (const auto& item : get("/silences" + query).body["items"]) ids.push_back(item["id"]);
        return ids;
    }
};

TEST_F(Silences, BeginsNowAndSaysWhoMadeIt)
{
    const auto made = post("/silences", body());
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.header("Location"), "/api/v1/silences/" + made.id());
    EXPECT_EQ(made.body["starts_at"], "2026-11-23T06:00:00.000Z");
    EXPECT_EQ(made.body["ends_at"], "2026-11-23T08:00:00.000Z");
    EXPECT_EQ(made.body["state"], "active");
    EXPECT_EQ(made.body["created_by"], "user:" + admin_);
    EXPECT_EQ(made.body["matchers"], R"(source=~"db-.*")");
    EXPECT_TRUE(made.body["condition"].is_null());
    EXPECT_EQ(made.body["stats"]["matched"], 0);
    EXPECT_EQ(get("/silences/" + made.id()).body, made.body);
}

TEST_F(Silences, OfAnEndInThePastIsToldThatAndNoMore)
{
    EXPECT_THAT(post("/silences", body({{"ends_at", "2026-11-22T08:00:00Z"}})).errors(),
                ElementsAre("/ends_at: must be in the future"));
    EXPECT_THAT(post("/silences", body({{"starts_at", "2026-11-24T08:00:00Z"}})).errors(),
                ElementsAre("/ends_at: must be later than starts_at"));
}

TEST_F(Silences, SaysWhyInSomethingThatCanBeSeen)
{
    for (const auto* blank : {" ", "\t\n", "\u200b", "\u00a0\u3000"}) {
        EXPECT_THAT(post("/silences", body({{"comment", blank}})).pointers(), ElementsAre("/comment")) << blank;
        for (const auto* path : {"/integrations", "/rules", "/users", "/contact-groups"}) {
            EXPECT_THAT(post(path, {{"name", blank}}).pointers(), testing::Contains("/name")) << path << blank;
        }
    }
    for (const auto* path : {"/integrations", "/users", "/contact-groups", "/maintenance-windows"}) {
        EXPECT_THAT(post(path, {{"name", "two\nlines"}}).pointers(), testing::Contains("/name")) << path;
    }
    EXPECT_EQ(post("/silences", body({{"comment", "two\nlines"}})).status, 201);
}

TEST_F(Silences, GoesFromPendingToActiveToExpiredAndStaysToBeSeen)
{
    const auto id = made("/silences", body({{"starts_at", "2026-11-23T07:00:00Z"}}));
    EXPECT_EQ(get("/silences/" + id).body["state"], "pending");
    EXPECT_THAT(listed("?state=pending"), ElementsAre(id));
    pass(std::chrono::hours(1));
    EXPECT_EQ(get("/silences/" + id).body["state"], "active");
    EXPECT_THAT(listed("?state=active"), ElementsAre(id));
    EXPECT_THAT(listed("?state=pending"), ElementsAre());
    pass(std::chrono::hours(1));
    EXPECT_EQ(get("/silences/" + id).body["state"], "expired");
    EXPECT_THAT(listed("?state=expired"), ElementsAre(id));
    EXPECT_THAT(listed(), ElementsAre(id));
    EXPECT_EQ(patch("/silences/" + id, {{"ends_at", "2026-11-23T10:00:00Z"}}).status, 409);
    EXPECT_EQ(remove("/silences/" + id).status, 204);
}

TEST_F(Silences, IsExtendedAndEndedByItsEnd)
{
    const auto id = made("/silences", body());
    const auto extended = patch("/silences/" + id, {{"ends_at", "2026-11-23T09:00:00Z"}});
    EXPECT_EQ(extended.body["ends_at"], "2026-11-23T09:00:00.000Z");
    EXPECT_EQ(extended.body["version"], 2);
    EXPECT_EQ(with_if_match("PATCH", "/silences/" + id, {{"comment", "x"}}, "\"1\"").status, 412);
    pass(std::chrono::minutes(5));
    const auto ended = patch("/silences/" + id, {{"ends_at", "2026-11-23T05:00:00Z"}});
    EXPECT_EQ(ended.status, 200) << ended.text;
    EXPECT_EQ(ended.body["ends_at"], "2026-11-23T06:05:00.000Z") << "what has been is not rewritten";
    EXPECT_EQ(ended.body["state"], "expired");
    EXPECT_EQ(ended.body["ended_by"], "user:" + admin_);
}

TEST_F(Silences, IsExpiredByDeletingIt)
{
    const auto active = made("/silences", body());
    const auto pending = made("/silences", body({{"starts_at", "2026-11-23T07:00:00Z"}}));
    pass(std::chrono::minutes(1));
    EXPECT_EQ(remove("/silences/" + active).status, 204);
    EXPECT_EQ(remove("/silences/" + pending).status, 204);
    EXPECT_EQ(get("/silences/" + active).body["ends_at"], "2026-11-23T06:01:00.000Z");
    EXPECT_EQ(get("/silences/" + active).body["state"], "expired");
    EXPECT_EQ(get("/silences/" + pending).body["state"], "expired");
    EXPECT_THAT(listed(), ElementsAre(pending, active)) << "newest first";
    EXPECT_THAT(listed("?limit=1"), ElementsAre(pending));
}

TEST_F(Silences, AChangeKeepsABegunSilencesStart)
{
    const auto id = made("/silences", body());
    pass(std::chrono::minutes(10));
    EXPECT_EQ(put("/silences/" + id, body()).body["starts_at"], "2026-11-23T06:00:00.000Z");
    EXPECT_THAT(put("/silences/" + id, body({{"starts_at", "2026-11-23T07:00:00Z"}})).errors(),
                ElementsAre("/starts_at: cannot be changed: the silence has begun"));
    EXPECT_EQ(patch("/silences/" + id, {{"comment", "longer"}}).body["comment"], "longer");
}

TEST_F(Silences, NamesEveryMistakeAndKeepsNothing)
{
    EXPECT_THAT(post("/silences", {{"matchers", R"({env="prod")"}, {"coment", "x"}}).errors(),
                testing::UnorderedElementsAre("/matchers: 0:11: end of input: expected close brace",
                                              HasSubstr("/ends_at: is required"), HasSubstr("/comment: is required"),
                                              HasSubstr("/coment: ")));
    EXPECT_THAT(post("/silences", body({{"condition", "true"}})).errors(),
                ElementsAre(R"(/condition: give either "matchers" or "condition")"));
    EXPECT_THAT(post("/silences", body({{"matchers", nullptr}})).errors(),
                ElementsAre(R"(/matchers: give either "matchers" or "condition")"));
    EXPECT_THAT(post("/silences", body({{"ends_at", "2026-11-23T06:00:00Z"}})).errors(),
                ElementsAre("/ends_at: must be in the future"));
    EXPECT_THAT(post("/silences", body({{"starts_at", "2026-11-23T08:00:00Z"}})).errors(),
                ElementsAre("/ends_at: must be later than starts_at"));
    EXPECT_THAT(post("/silences", body({{"end_when_quiet", "PT9S"}})).pointers(), ElementsAre("/end_when_quiet"));
    EXPECT_THAT(post("/silences", body({{"comment", ""}})).pointers(), ElementsAre("/comment"));
    auto bad_condition = body({{"condition", "source == "}});
    bad_condition.erase("matchers");
    EXPECT_THAT(post("/silences", bad_condition).pointers(), ElementsAre("/condition"));
    EXPECT_EQ(get("/silences?state=over").status, 400);
    EXPECT_EQ(sql("select count(*) from silences"), "0");
}

/// A body whose scope is `text` as the field `name`.
nlohmann::json about(nlohmann::json body, const std::string& name, const std::string& text)
{
    body.erase("matchers");
    body.erase("source_matchers");
    body.erase("target_matchers");
    body[name] = text;
    return body;
}

TEST_F(Silences, WhatCoversEverythingNeedsSayingSoHoweverItIsWritten)
{
    const json window{{"name", "w"}, {"starts_at", "2026-11-23T08:00:00Z"}, {"duration", "PT2H"}};
    const std::vector<std::pair<std::string, std::string>> wide = {
        {"matchers", "{}"},    {"matchers", R"(env=~".*")"},      {"matchers", R"(severity!="x")"},
        {"condition", "true"}, {"condition", "severity >= INFO"}, {"condition", R"(label("env") != "prod")"}};
    for (const auto& [name, text] : wide) {
        for (const auto& [path, base] :
             {std::pair<std::string, json>{"/silences", body()}, {"/maintenance-windows", window}}) {
            auto asked = about(base, name, text);
            if (asked.contains("name")) asked["name"] = "w " + text;
            EXPECT_THAT(post(path, asked).errors(), ElementsAre(HasSubstr("/" + name + ": covers every alert")))
                << path << ' ' << text;
            const auto made = post(path + "?everything=true", asked);
            ASSERT_EQ(made.status, 201) << path << ' ' << text;
            EXPECT_THAT(made.body["warnings"].dump(), HasSubstr("covers every alert"));
            // It stays as it is, so it is not asked for again.
            EXPECT_EQ(patch(path + "/" + made.id(), {{"comment", "longer"}}).status, 200) << path << ' ' << text;
        }
        for (const std::string side : {"source_", "target_"}) {
            json inhibition{{"name", side + text}};
            inhibition[(side == "source_" ? "target_" : "source_") + std::string("matchers")] = R"(env="prod")";
            inhibition[side + name] = text;
            EXPECT_THAT(post("/inhibitions", inhibition).errors(),
                        ElementsAre(HasSubstr("/" + side + name + ": covers every alert")))
                << text;
            const auto made = post("/inhibitions?everything=true", inhibition);
            ASSERT_EQ(made.status, 201) << text;
            EXPECT_EQ(patch("/inhibitions/" + made.id(), {{"enabled", false}}).status, 200);
        }
        const auto preview = post("/silences/preview", {{name, text}});
        EXPECT_EQ(preview.status, 200);
        EXPECT_EQ(preview.body["covers_everything"], true) << text;
        EXPECT_THAT(preview.body["warnings"].dump(), HasSubstr("covers every alert"));
        EXPECT_THAT(preview.body["warnings"].dump(), HasSubstr("--everything"));
    }
    const auto narrow = made("/silences", body());
    EXPECT_EQ(patch("/silences/" + narrow, {{"matchers", "{}"}}).status, 422);
    EXPECT_EQ(patch("/silences/" + narrow + "?everything=true", {{"matchers", "{}"}}).status, 200);
    EXPECT_EQ(post("/silences?everything=yes", body()).status, 400);
    EXPECT_EQ(post("/silences/preview", {{"matchers", R"(source="db-7")"}}).body["covers_everything"], false);
}

TEST_F(Silences, SlipsInScopesAreRefusedOrRemarkedOn)
{
    EXPECT_THAT(post("/silences", body({{"matchers", R"(labels.env="prod")"}})).errors(),
                ElementsAre(HasSubstr("write env")));
    EXPECT_THAT(post("/silences", about(body(), "condition", R"(status == "FIRING" && source == "x")")).errors(),
                ElementsAre(HasSubstr("did you mean firing?")));
    EXPECT_THAT(post("/silences", body({{"matchers", R"(source == "x")"}})).errors(),
                ElementsAre(HasSubstr("this looks like CEL: give it as condition")));
    const auto made = post("/silences", body({{"matchers", R"(severty="critical")"}}));
    EXPECT_EQ(made.status, 201);
    EXPECT_THAT(made.body["warnings"].dump(), HasSubstr("did you mean severity?"));
    EXPECT_EQ(put("/silences/" + made.id(), made.body).status, 200) << "what was answered may be sent back";
    EXPECT_THAT(post("/silences", body({{"matchers", R"(env="a", env="b")"}})).body["warnings"].dump(),
                HasSubstr("exclude each other"));
    EXPECT_FALSE(post("/silences", body()).body.contains("warnings"));
}

TEST_F(Silences, WhatNeverFiresIsNeverKeptQuiet)
{
    const auto warned = [&](const std::string& name, const std::string& text) {
        auto asked = body({{name, text}});
        if (name != "matchers") asked.erase("matchers");
        return post("/silences", asked).body["warnings"].dump();
    };
    EXPECT_THAT(warned("matchers", R"(status="resolved",source="db-7")"), HasSubstr("never keeps anything quiet"));
    EXPECT_THAT(warned("condition", R"(source == "db-7" && status != "firing")"), HasSubstr("never keeps anything"));
    EXPECT_THAT(warned("matchers", R"(title="")"), HasSubstr("never matches"));
    EXPECT_EQ(warned("matchers", R"(status="firing",source="db-7")"), "null");
    EXPECT_EQ(warned("condition", R"(source == "db-7" && status in ["firing", "resolved"])"), "null");
}

TEST_F(Silences, EveryWriteIsAChangeOfTheConfiguration)
{
    const auto version = [&] {
        return std::stol(sql("select config_version from tenants where service_code = 'ours'"));
    };
    const auto before = version();
    const auto id = made("/silences", body());
    EXPECT_EQ(version(), before + 1);
    patch("/silences/" + id, {{"ends_at", "2026-11-23T09:00:00Z"}});
    EXPECT_EQ(version(), before + 2);
    remove("/silences/" + id);
    EXPECT_EQ(version(), before + 3);
}

TEST_F(Silences, ThePreviewLooksAtNoMoreAlertsThanTheRulesCanBeTriedOnInASecond)
{
    constexpr std::size_t kAlerts = 4'000;
    now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    std::string list = "[0";
    for (int item = 1; item < 100; ++item) list += "," + std::to_string(item);
    list += "]";
    for (int i = 0; i < 10; ++i) {  // all that an alert may cost: some milliseconds
        const auto dear = list + ".all(a, " + list + ".all(b, a + b + size(title) >= " + std::to_string(-i) + "))";
        ASSERT_EQ(post("/rules", a_rule("dear " + std::to_string(i), {{"syntax", "cel"}, {"condition", dear}})).status,
                  201);
    }
    std::string lines;
    for (std::size_t i = 0; i < kAlerts; ++i) {
        domain::Alert alert;
        alert.title = alert.dedup_key = "disk " + std::to_string(i);
        alert.source = "db-1";
        intake::append_canonical(alert, lines);
        lines += '\n';
    }
    sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
    sql("insert into journal values ('" + ours_.str() + "', now() - interval '1 minute', 1, 1, " +
        std::to_string(kAlerts) + ", '" + pg::hex_bytes(journal::encode_rows(lines)) + "')");
    const auto alerts = post("/silences/preview", {{"matchers", R"(source="db-1")"}}).body["alerts"];
    EXPECT_EQ(alerts["complete"], false) << alerts;
    EXPECT_GT(alerts["count"], 0);
    EXPECT_LT(alerts["count"], kAlerts);
}

TEST_F(Silences, ThePreviewCountsLiveTicketsThatMatchAndMakesNothing)
{
    const auto ticket = [&](int number, const std::string& source, const std::string& state) {
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, source, "
            "occurrences, "
            "first_seen_at, last_seen_at, opened_at) values ('" +
            ours_.str() + "', gen_random_uuid(), " + std::to_string(number) + ", '" + state + "', 3, 'disk', 'k" +
            std::to_string(number) + "', '" + source + "', 1, now(), now(), now())");
    };
    ticket(1, "db-1", "open");
    ticket(2, "db-2", "in_progress");
    ticket(3, "db-3", "closed");
    ticket(4, "web-1", "open");
    const auto preview = post("/silences/preview", body());
    ASSERT_EQ(preview.status, 200) << preview.text;
    EXPECT_EQ(preview.body["tickets"]["count"], 2);
    EXPECT_EQ(preview.body["tickets"]["complete"], true);
    EXPECT_EQ(preview.body["tickets"]["items"][0]["source"], "db-2");
    EXPECT_EQ(preview.body["alerts"]["count"], 0);
    EXPECT_EQ(sql("select count(*) from silences"), "0");
    EXPECT_THAT(post("/silences/preview", {{"matchers", "x"}}).pointers(), ElementsAre("/matchers"));
    EXPECT_FALSE(preview.body.contains("warnings")) << "web-1 is not found";
    for (const json& body : {json{{"matchers", R"(integration="demo")"}}, json{{"condition", "details.n == 5"}},
                             json{{"condition", R"(!(integration == "demo"))"}}}) {
        const auto blind = post("/silences/preview", body).body["tickets"];
        EXPECT_EQ(blind["count"], 0) << "tickets do not have what it asks for: " << body;
        EXPECT_EQ(blind["complete"], false);
        EXPECT_EQ(blind["unseen"].size(), 1U);
    }
    EXPECT_FALSE(preview.body["tickets"].contains("unseen"));
    EXPECT_FALSE(
        post("/silences/preview", {{"condition", R"(title != "integration")"}}).body["tickets"].contains("unseen"));

    // What looks as if it asked for something, and finds whatever there is, is told of.
    const auto all = post("/silences/preview", {{"matchers", R"(title=~"d.*")"}});
    EXPECT_EQ(all.body["covers_everything"], false);
    EXPECT_THAT(all.body["warnings"].dump(),
                AllOf(HasSubstr("/matchers"), HasSubstr("every live ticket"), HasSubstr("--everything")));
    become_theirs();
    EXPECT_EQ(post("/silences/preview", body()).body["tickets"]["count"], 0);
    EXPECT_FALSE(post("/silences/preview", body()).body.contains("warnings")) << "there is nothing to be found";
}

TEST_F(Silences, ThePreviewRefusesWhatMakingItWouldRefuse)
{
    const json shared = {{"matchers", R"(source="db-7")"}};
    const auto refused = [&](json more) {
        more.update(shared);
        return post("/silences/preview", more).pointers();
    };
    EXPECT_THAT(refused({{"ends_at", "2020-01-01T00:00:00Z"}}), testing::Contains("/ends_at"));
    EXPECT_THAT(refused({{"starts_at", "2016-12-01T00:00:00Z"}, {"ends_at", "2016-12-01T01:00:00Z"}}),
                ElementsAre("/ends_at"));
    EXPECT_THAT(refused({{"starts_at", "2036-12-01T00:00:00Z"}, {"ends_at", "2036-11-01T01:00:00Z"}}),
                ElementsAre("/ends_at"));
    EXPECT_THAT(refused({{"comment", ""}}), ElementsAre("/comment"));
    EXPECT_THAT(refused({{"end_when_quiet", "foo"}}), ElementsAre("/end_when_quiet"));
    EXPECT_EQ(post("/silences/preview", shared).status, 200) << "what is left out is no fault";
}

TEST_F(Silences, AConditionOfTheTimeCoversEverythingWhereItHoldsAllTheWhile)
{
    auto november = body({{"condition", "received_at.getMonth() == 10"}});
    november.erase("matchers");
    EXPECT_THAT(post("/silences", november).errors(), ElementsAre(HasSubstr("/condition: covers every alert")));
    EXPECT_EQ(post("/silences/preview", november).body["covers_everything"], true);
    november["ends_at"] = "2026-12-23T08:00:00Z";
    EXPECT_EQ(post("/silences", november).status, 201);
    const json sunday{{"name", "w"},        {"condition", "now.getDayOfWeek() == 0"},
                      {"duration", "PT2H"}, {"starts_at", "2026-11-29T02:00:00Z"},
                      {"time_zone", "UTC"}, {"rrule", "FREQ=WEEKLY;BYDAY=SU"}};
    EXPECT_THAT(post("/maintenance-windows", sunday).errors(), ElementsAre(HasSubstr("/condition: covers every")));
}

TEST_F(Silences, OfOneHourADayIsNotEverythingHoweverLongItLasts)
{
    auto hourly = about(body(), "condition", "now.getHours() == 6");
    hourly["ends_at"] = format_rfc3339(now_ + std::chrono::hours{24 * 168});
    EXPECT_EQ(post("/silences/preview", hourly).body["covers_everything"], false);
    EXPECT_EQ(post("/silences", hourly).status, 201);
    const json window{{"name", "w"},
                      {"condition", "now.getHours() == 6"},
                      {"duration", "P16D"},
                      {"starts_at", "2026-11-24T06:00:00Z"}};
    EXPECT_EQ(post("/maintenance-windows", window).status, 201);
}

TEST_F(Silences, AnIntegrationOfAnyNameIsSomething)
{
    for (const auto* matchers : {R"(integration="monitoring")", R"(integration=~"from .*")"}) {
        EXPECT_EQ(post("/silences", body({{"matchers", matchers}})).status, 201) << matchers;
    }
}

TEST_F(Silences, WhatCostsTooMuchToTryOutNeedsSayingSo)
{
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, source, occurrences, "
        "first_seen_at, last_seen_at, opened_at) select '" +
        ours_.str() +
        "', gen_random_uuid(), n, 'open', 3, 'disk', 'k' || n, 'db-1', 1, t, t, t "
        "from generate_series(1, 1500) n, date_trunc('milliseconds', now()) t returning 1");
    const auto costly = R"(now > timestamp("2000-01-01T00:00:00Z") && )" + costly_condition();
    const auto asked = about(body(), "condition", costly);
    EXPECT_THAT(post("/silences", asked).errors(), ElementsAre(HasSubstr("/condition: may cover every alert")));
    const auto preview = post("/silences/preview", asked);
    EXPECT_EQ(preview.body["covers_everything"], true);
    EXPECT_EQ(preview.body["tickets"]["complete"], false) << "not all tickets were asked of";
    EXPECT_THAT(preview.body["warnings"].dump(), HasSubstr("may cover every alert"));
    EXPECT_EQ(post("/silences?everything=true", asked).status, 201);

    json inhibition{{"name", "costly"}, {"source_condition", costly}, {"target_matchers", R"(env="prod")"}};
    EXPECT_THAT(post("/inhibitions?everything=true", inhibition).errors(),
                ElementsAre(HasSubstr("/source_condition: costs too much")));
    EXPECT_EQ(get("/inhibitions").body["items"].size(), 0U);
    inhibition["source_condition"] = R"(source == "db-2" && )" + costly;
    EXPECT_EQ(post("/inhibitions", inhibition).status, 201);
}

}  // namespace
}  // namespace winnow::test
