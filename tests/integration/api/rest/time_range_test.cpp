/// Times at the ends of what can be written, stored and read, and rows that hold others all the same.

#include "integration/api/tenants.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/suppression/suppressions.hpp"

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto kFirst = "0001-01-01T00:00:00.000Z";
constexpr auto kLast = "9999-12-31T23:59:59.999Z";
constexpr std::array kBeyond{"9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "0000-01-01T00:00:00Z"};

class TimeRange : public Tenants {
protected:
    static json silence(const json& more)
    {
        json body{{"matchers", R"(env="prod")"}, {"comment", "x"}, {"ends_at", "2999-11-23T08:00:00Z"}};
        body.update(more);
        return body;
    }
    static json window(const json& more)
    {
        json body{
            {"name", "w"}, {"matchers", R"(env="prod")"}, {"starts_at", "2026-11-24T00:00:00Z"}, {"duration", "PT1H"}};
        body.update(more);
        return body;
    }
    /// A field of a document, refused with its name and the range.
    void refuses(const std::string& path, const json& body, const std::string& pointer)
    {
        const auto answered = post(path, body);
        EXPECT_EQ(answered.status, 422) << path << body << answered.text;
        EXPECT_THAT(answered.errors(), Contains(AllOf(StartsWith(pointer + ": "), HasSubstr("9999-12-31"))))
            << path << body << answered.text;
    }
    /// As triage loads it.
    domain::TenantConfig config()
    {
        auto loaded = pg::make_config_store(pg::PgOptions{.conninfo = database_.pipeline})->load(ours_);
        EXPECT_TRUE(loaded) << loaded.error().message();
        return loaded ? *loaded : domain::TenantConfig();
    }
};

TEST_F(TimeRange, IsHeldByEveryBodyThatHasATime)
{
    for (const auto* at : kBeyond) {
        for (const auto* path : {"/silences", "/silences/preview"}) {
            refuses(path, silence({{"ends_at", at}}), "/ends_at");
            refuses(path, silence({{"starts_at", at}}), "/starts_at");
        }
        refuses("/rules", a_rule("r", {{"effective_until", at}}), "/effective_until");
        refuses("/rules", a_rule("r", {{"effective_from", at}}), "/effective_from");
        refuses("/rules/backtests", {{"rule", a_rule("r")}, {"from", at}}, "/from");
        refuses("/rules/backtests", {{"rule", a_rule("r")}, {"until", at}}, "/until");
        refuses("/maintenance-windows", window({{"starts_at", at}}), "/starts_at");
        refuses("/api-keys", {{"expires_at", at}}, "/expires_at");
    }
    EXPECT_THAT(get("/silences").body["items"], SizeIs(0));
    EXPECT_THAT(get("/rules").body["items"], SizeIs(0));
    EXPECT_THAT(get("/api-keys").body["items"], SizeIs(0));
}

TEST_F(TimeRange, IsHeldByEveryQueryThatHasATime)
{
    for (const std::string at : {"0001-01-01T00:00:00%2B10:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00"}) {
        for (const std::string target : {"/stats/noise?from=", "/stats/noise?to=", "/stats/suggestions?from="}) {
            const auto answered = get(target + at);
            EXPECT_EQ(answered.status, 400) << target << at << answered.text;
            EXPECT_THAT(answered.text, HasSubstr("0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z")) << target << at;
        }
    }
}

TEST_F(TimeRange, IsUsableToItsEnds)
{
    const auto silenced = made("/silences", silence({{"starts_at", kFirst}, {"ends_at", kLast}}));
    EXPECT_EQ(get("/silences/" + silenced).body["ends_at"], kLast);
    EXPECT_EQ(get("/silences/" + silenced).body["starts_at"], kFirst);
    const auto rule = made("/rules", a_rule("r", {{"effective_from", kFirst}, {"effective_until", kLast}}));
    EXPECT_EQ(get("/rules/" + rule).body["effective_until"], kLast);
    EXPECT_EQ(get("/rules/" + rule).body["effective_from"], kFirst);
    EXPECT_THAT(post("/api-keys", {{"expires_at", kLast}}).pointers(), testing::ElementsAre("/expires_at"))
        << "a key lives for a year";
    for (const std::string path : {"/stats/noise", "/stats/suggestions"}) {
        for (const std::string at : {kFirst, kLast}) {
            EXPECT_LT(get(path + "?from=" + at).status, 500) << path << at;
            EXPECT_LT(get(path + "?to=" + at).status, 500) << path << at;
        }
    }
    EXPECT_LT(post("/rules/backtests", {{"rule", a_rule("r")}, {"from", kFirst}}).status, 500);
    EXPECT_LT(post("/rules/backtests", {{"rule", a_rule("r")}, {"until", kLast}}).status, 500);
    const auto loaded = config();
    EXPECT_THAT(loaded.silences, SizeIs(1));
    EXPECT_THAT(loaded.rules, SizeIs(1));
}

TEST_F(TimeRange, IsNotLeftByAWindowsOccurrences)
{
    refuses("/maintenance-windows", window({{"starts_at", "9999-12-31T20:00:00Z"}, {"duration", "P31D"}}),
            "/starts_at");
    const auto last = post("/maintenance-windows", window({{"starts_at", "9999-12-31T22:59:59.999Z"}}));
    ASSERT_EQ(last.status, 201) << last.text;
    EXPECT_EQ(last.body["next_occurrences"][0]["ends_at"], kLast);
    const auto daily = post("/maintenance-windows", window({{"name", "daily"},
                                                            {"starts_at", "9999-12-29T12:00:00Z"},
                                                            {"duration", "PT18H"},
                                                            {"rrule", "FREQ=DAILY"}}));
    ASSERT_EQ(daily.status, 201) << daily.text;
    EXPECT_THAT(daily.body["next_occurrences"], SizeIs(2)) << daily.text;
    const auto ancient = post(
        "/maintenance-windows",
        window(
            {{"name", "ancient"}, {"starts_at", kFirst}, {"time_zone", "America/New_York"}, {"rrule", "FREQ=DAILY"}}));
    ASSERT_EQ(ancient.status, 201) << ancient.text;
    EXPECT_EQ(get("/maintenance-windows/" + ancient.id()).body["starts_at"], kFirst);
    EXPECT_THAT(config().windows, SizeIs(3));
}

TEST_F(TimeRange, RowsBeyondItAreListedAndCanBeEndedDeletedAndRevoked)
{
    for (const std::string beyond : {"10000-01-01 09:59:59+00", "infinity"}) {
        const auto silenced = made("/silences", silence(json::object()));
        const auto rule = made("/rules", a_rule("until " + beyond));
        const auto key = made("/api-keys", json::object());
        sql("update silences set ends_at = '" + beyond + "', starts_at = '0001-01-01 BC' where silence_id = '" +
            silenced + "'");
        sql("update rules set effective_until = '" + beyond + "', effective_from = '-infinity' where rule_id = '" +
            rule + "'");
        sql("update api_keys set expires_at = '" + beyond + "' where key_id = '" + key + "'");

        const auto listed = get("/silences?state=active");
        ASSERT_EQ(listed.status, 200) << listed.text;
        ASSERT_THAT(listed.body["items"], SizeIs(1));
        EXPECT_EQ(listed.body["items"][0]["ends_at"], kLast);
        EXPECT_EQ(listed.body["items"][0]["starts_at"], kFirst);
        const auto loaded = config();
        EXPECT_THAT(loaded.silences, Contains(testing::Field(&domain::Silence::id, *SilenceId::parse(silenced))));
        EXPECT_THAT(loaded.rules, SizeIs(1));

        EXPECT_EQ(patch("/silences/" + silenced, {{"comment", "longer"}}).status, 200);
        EXPECT_EQ(remove("/silences/" + silenced).status, 204);
        EXPECT_EQ(get("/silences/" + silenced).body["state"], "expired");
        EXPECT_EQ(get("/rules").body["items"][0]["effective_until"], kLast);
        EXPECT_EQ(patch("/rules/" + rule, {{"description", "x"}}).status, 200);
        EXPECT_EQ(remove("/rules/" + rule).status, 204);
        EXPECT_EQ(get("/api-keys").body["items"][0]["expires_at"], kLast);
        EXPECT_EQ(remove("/api-keys/" + key).status, 204);
    }
}

TEST_F(TimeRange, WhatCannotBeReadIsLeftOutShownAsBrokenAndCanBeDeleted)
{
    sql("alter table silences drop constraint silences_syntax_check");
    sql("alter table maintenance_windows drop constraint maintenance_windows_syntax_check");
    sql("alter table inhibitions drop constraint inhibitions_source_syntax_check");
    const auto action = made("/rules", a_rule("action"));
    const auto schedule = made("/rules", a_rule("schedule"));
    made("/rules", a_rule("sound"));
    const auto silenced = made("/silences", silence(json::object()));
    made("/silences", silence(json::object()));
    const auto recurring = made("/maintenance-windows", window(json::object()));
    const auto inhibition = made(
        "/inhibitions",
        {{"name", "i"}, {"source_matchers", R"(a="b")"}, {"target_matchers", R"(c="d")"}, {"equal", json::array()}});
    sql(R"(update rules set actions = '[{"type":"teleport"}]' where rule_id = ')" + action + "'");
    sql(R"(update rules set schedule = '{"moon":"full"}' where rule_id = ')" + schedule + "'");
    sql("update silences set syntax = 'lucene', condition = 'env=\"prod\"' where silence_id = '" + silenced + "'");
    sql("update maintenance_windows set syntax = 'lucene', condition = '{}'");
    sql("update inhibitions set source_syntax = 'lucene', source_condition = '{}'");

    const auto loaded = config();
    const auto rules = rules::RuleSet::compile(loaded.rules);
    EXPECT_EQ(rules->size(), 1U);
    EXPECT_THAT(rules->broken(),
                ElementsAre(testing::Field(&rules::Evaluation::Failure::rule_id, *RuleId::parse(action)),
                            testing::Field(&rules::Evaluation::Failure::rule_id, *RuleId::parse(schedule))));
    const auto covers = suppression::Suppressions::compile(loaded);
    EXPECT_THAT(covers->broken(), SizeIs(3));
    EXPECT_THAT(covers->broken(), Contains(domain::QuietCause{.kind = domain::QuietKind::silence,
                                                              .id = SilenceId::parse(silenced)->value()}));

    const auto listed = get("/rules");
    ASSERT_EQ(listed.status, 200) << listed.text;
    EXPECT_THAT(listed.body["items"], SizeIs(3));
    EXPECT_THAT(listed.body["items"][0]["stats"]["last_error"].get<std::string>(), HasSubstr("cannot be read"));
    EXPECT_EQ(listed.body["items"][2]["stats"]["last_error"], nullptr);
    for (const auto& [broken, change] : {std::pair{"/silences/" + silenced, json{{"comment", "x"}}},
                                         std::pair{"/maintenance-windows/" + recurring, json{{"name", "x"}}},
                                         std::pair{"/inhibitions/" + inhibition, json{{"name", "x"}}}}) {
        const auto one = get(broken);
        EXPECT_EQ(one.status, 200) << one.text;
        EXPECT_TRUE(one.body["problem"].is_string()) << one.text;
        EXPECT_EQ(get(broken.substr(0, broken.rfind('/'))).status, 200);
        EXPECT_EQ(patch(broken, change).status, 422) << "nothing is made of what was not read";
        EXPECT_EQ(remove(broken).status, 204);
    }
    EXPECT_EQ(get("/ruleset").status, 200);
    for (const auto& rule : {action, schedule}) EXPECT_EQ(remove("/rules/" + rule).status, 204);
    EXPECT_EQ(rules::RuleSet::compile(config().rules)->size(), 1U);
}

}  // namespace
}  // namespace winnow::test
