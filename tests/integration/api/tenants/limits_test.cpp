/// What a tenant may have (config/winnow.yaml, `tenants:`), each limit at its edge.

#include "integration/api/tenants.hpp"

#include <pqxx/transaction>

#include <atomic>
#include <functional>
#include <thread>

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using json = nlohmann::json;

struct Collection {
    std::string path;
    std::string name;  ///< As the answer calls what there are enough of.
    std::size_t domain::TenantLimits::* limit;
    std::function<json(int)> body;
    std::size_t there = 0;  ///< From the beginning.
};

std::vector<Collection> collections()
{
    using Limits = domain::TenantLimits;
    const auto named = [](int i) -> json {
        return {{"name", "n" + std::to_string(i)}};
    };
    const auto everything = [](const std::string& name) -> json {
        return {{name + "matchers", R"(source=~"db-.+")"}};
    };
    const auto silence = [=](int) {
        auto body = everything("");
        body.update({{"ends_at", "2026-11-23T08:00:00.000Z"}, {"comment", "upgrade"}});
        return body;
    };
    const auto window = [=](int i) {
        auto body = everything("");
        body.update(named(i));
        body.update({{"starts_at", "2026-11-29T02:00:00+09:00"}, {"duration", "PT2H"}, {"time_zone", "Asia/Tokyo"}});
        return body;
    };
    const auto inhibition = [=](int i) {
        auto body = everything("source_");
        body.update(everything("target_"));
        body.update(named(i));
        return body;
    };
    return {
        {"/rules", "rules", &Limits::max_rules,
         [](int i) {
             return a_rule("r" + std::to_string(i));
         }},
        {"/silences", "silences", &Limits::max_silences, silence},
        {"/maintenance-windows", "maintenance windows", &Limits::max_maintenance_windows, window},
        {"/inhibitions", "inhibitions", &Limits::max_inhibitions, inhibition},
        {"/integrations", "integrations", &Limits::max_integrations, named},
        {"/management-groups", "management groups", &Limits::max_management_groups, named},
        {"/contacts", "contacts", &Limits::max_contacts,
         [](int i) -> json {
             return {{"name", "c" + std::to_string(i)}, {"type", "email"}, {"address", "ops@example.org"}};
         }},
        {"/contact-groups", "contact groups", &Limits::max_contact_groups,
         [=](int i) {
             auto body = named(i);
             body["contact_ids"] = json::array();
             return body;
         }},
        {"/inquiries", "inquiries", &Limits::max_inquiries,
         [](int i) -> json {
             return {{"subject", "q" + std::to_string(i)}, {"text", "Why?"}};
         }},
        {"/users", "users", &Limits::max_users,
         [](int i) -> json {
             const auto name = "u" + std::to_string(i);
             return {{"email", name + "@example.org"}, {"name", name}, {"role", "viewer"}};
         },
         2},
    };
}

class TenantLimits : public Tenants {};

TEST_F(TenantLimits, TheLastOneIsTakenAndTheNextIsAConflictThatNamesTheLimit)
{
    for (const auto& collection : collections()) {
        SCOPED_TRACE(collection.path);
        limits_.*collection.limit = collection.there + 2;
        for (int i = 0; i < 2; ++i) {
            const auto answered = post(collection.path, collection.body(i));
            EXPECT_EQ(answered.status, 201) << answered.text;
        }
        const auto refused = post(collection.path, collection.body(2));
        EXPECT_EQ(refused.status, 409) << refused.text;
        const auto wanted = "there are " + std::to_string(collection.there + 2) + " " + collection.name + " already";
        EXPECT_THAT(refused.body.value("detail", ""), HasSubstr(wanted));

        limits_.*collection.limit = collection.there + 3;
        EXPECT_EQ(post(collection.path, collection.body(2)).status, 201);
    }
}

TEST_F(TenantLimits, WhoMakesASenderTakesPlacesInTheOrderInWhichTheProviderSetsThem)
{
    const auto of = [&](const std::string& quota) {
        return " from quotas where tenant_id = '" + ours_.str() + "' and name = '" + quota + "' for no key update";
    };
    sql("insert into quotas (tenant_id, name) values ('" + ours_.str() + "', 'keys'), ('" + ours_.str() +
        "', 'integrations') on conflict do nothing returning 1");
    pqxx::connection connection(database_.superuser);
    pqxx::transaction<> provider(connection);
    provider.exec("select" + of("keys"));
    std::atomic<int> status = 0;
    std::jthread maker([&] { status = post("/integrations", {{"name", "sender"}}).status; });
    while (status == 0 && sql("select count(*) from pg_locks where not granted") == "0") std::this_thread::yield();
    EXPECT_NO_THROW(provider.exec("select" + of("integrations") + " nowait")) << "each would wait for the other";
    provider.abort();
    maker.join();
    EXPECT_EQ(status, 201);
}

TEST_F(TenantLimits, ARuleSetIsRefusedAsAWholeBeyondIt)
{
    limits_.max_rules = 2;
    const auto ruleset = [](std::size_t count) {
        auto list = json::array();
        while (list.size() < count) list.push_back(a_rule("r" + std::to_string(list.size())));
        return list;
    };
    EXPECT_THAT(put("/ruleset", {{"rules", ruleset(3)}}).errors(),
                ElementsAre("/rules: must be an array of at most 2 rules"));
    EXPECT_EQ(put("/ruleset", {{"rules", ruleset(2)}}).status, 200);
    EXPECT_THAT(post("/rules/lint", {{"ruleset", ruleset(3)}}).pointers(), ElementsAre("/ruleset"));
    EXPECT_THAT(post("/rules/backtests", {{"ruleset", ruleset(3)}}).pointers(), ElementsAre("/ruleset"));
}

TEST_F(TenantLimits, MemoryIsCountedOverAllRules)
{
    limits_.max_rule_memory = 1;
    const auto refused = post("/rules", a_rule("any"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body.value("detail", ""), HasSubstr("bytes of memory together, the limit is 1"));
}

/// Each with a pattern of some 305 instructions, none like another.
json patterned(std::size_t count, const std::string& end = "z")
{
    auto list = json::array();
    while (list.size() < count) {
        const auto number = std::to_string(list.size());
        list.push_back(
            a_rule("p" + number, {{"syntax", "cel"}, {"condition", "title.matches(\"a{300}" + number + end + "\")"}}));
    }
    return list;
}

TEST_F(TenantLimits, RegularExpressionsThatAreTooLargeTogetherEndTheReadingWhereTheyBecomeSo)
{
    limits_.max_pattern_instructions = 2'000;
    const auto rules = patterned(10);
    const json alert{{"title", "t"}};
    for (const auto& [answer, pointer] : {
             std::pair(put("/ruleset", {{"rules", rules}}), "/rules/6/condition"),
             std::pair(put("/ruleset?dry_run=true", {{"rules", rules}}), "/rules/6/condition"),
             std::pair(post("/rules/lint", {{"ruleset", rules}}), "/ruleset/6/condition"),
             std::pair(post("/rules/test", {{"ruleset", rules}, {"alert", alert}}), "/ruleset/6/condition"),
             std::pair(post("/rules/backtests", {{"ruleset", rules}}), "/ruleset/6/condition"),
         }) {
        EXPECT_EQ(answer.status, 422) << answer.text;
        EXPECT_THAT(answer.pointers(), ElementsAre(pointer));
        EXPECT_THAT(answer.text, HasSubstr("the limit is 2000 (tenants.max_pattern_instructions); what is repeated"));
    }
    EXPECT_EQ(put("/ruleset", {{"rules", patterned(6)}}).status, 200);
    const auto refused = post("/rules", patterned(1, "y")[0]);
    EXPECT_EQ(refused.status, 409) << refused.text;
    EXPECT_THAT(refused.body.value("detail", ""), HasSubstr("(tenants.max_pattern_instructions); what is repeated"));
}

TEST_F(TenantLimits, RegularExpressionsThatNothingFindsAreCounted)
{
    limits_.max_open_patterns = 1;
    const auto open = [](const std::string& name, const std::string& pattern) {
        return a_rule(name, {{"syntax", "cel"}, {"condition", "title.matches(\"" + pattern + "\")"}});
    };
    for (const auto* found : {"^d[a-z]+x", "disk[0-9]+", "^ab.*"})
        EXPECT_EQ(post("/rules", open("f", found)).status, 201);
    EXPECT_EQ(post("/rules", a_rule("m", {{"condition", R"(env=~"p.*d|q")"}})).status, 201);
    EXPECT_EQ(post("/rules", open("first", "[a-z]+x")).status, 201);
    const auto refused = post("/rules", open("second", "^.*ab"));
    EXPECT_EQ(refused.status, 409) << refused.text;
    EXPECT_THAT(
        refused.body.value("detail", ""),
        HasSubstr("have 2 regular expressions that may begin anywhere and name no text of 3 bytes together, the "
                  "limit is 1 (tenants.max_open_patterns); begin them with ^"));
}

TEST_F(TenantLimits, WhatWasStoredBeforeThereWasALimitStaysAndIsWarnedAbout)
{
    const auto rules = patterned(5);
    ASSERT_EQ(put("/ruleset", {{"rules", rules}}).status, 200);
    EXPECT_THAT(post("/rules/lint", json::object()).text, testing::Not(HasSubstr("more is refused")));
    limits_.max_pattern_instructions = 1'000;
    const auto lint = post("/rules/lint", json::object()).body["findings"];
    ASSERT_EQ(lint.size(), 1U) << lint;
    EXPECT_EQ(lint[0]["rule_name"], "p3");
    EXPECT_EQ(lint[0]["severity"], "warning");
    EXPECT_THAT(lint[0]["message"].get<std::string>(), HasSubstr("stays in force, but more is refused"));
    EXPECT_EQ(put("/ruleset", {{"rules", rules}}).status, 200);
    const auto id = get("/ruleset").body["rules"][0]["id"].get<std::string>();
    EXPECT_EQ(patch("/rules/" + id, {{"name", "another name"}}).status, 200);
    EXPECT_EQ(post("/rules/backtests", {{"rule_id", id}}).status, 202);
    EXPECT_EQ(patch("/rules/" + id, {{"condition", "title.matches(\"a{400}\")"}}).status, 409);
    EXPECT_THAT(put("/ruleset", {{"rules", patterned(6)}}).pointers(), ElementsAre("/rules/5/condition"));
    EXPECT_EQ(patch("/rules/" + id, {{"condition", "title.matches(\"a{200}\")"}}).status, 200);
}

TEST_F(TenantLimits, BacktestsThatAreNotFinishedAreCounted)
{
    limits_.max_unfinished_backtests = 1;
    EXPECT_EQ(post("/rules/backtests", {{"rule", a_rule("draft")}}).status, 202);
    EXPECT_EQ(post("/rules/backtests", {{"rule", a_rule("draft")}}).status, 409);
}

}  // namespace
}  // namespace winnow::test
