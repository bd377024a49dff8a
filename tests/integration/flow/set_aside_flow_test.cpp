/// @file
/// What keeps costing more than an alert may is set aside, on a real database: over restarts, with several nodes, and
/// until its time is over or somebody changes it.

#include "integration/pg/fixture.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <pqxx/transaction>

#include <memory>
#include <string>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

/// Destroying it is a crash: what is in memory is gone.
struct Node {
    Node(const pg::PgOptions& options, domain::StreamId its)
        : stream(its),
          store(pg::make_triage_store(options)),
          configs(pg::make_config_store(options)),
          policies(*configs, ""),
          triage(*store, policies, {}, [] {}, metrics)
    {
    }

    const domain::StreamId stream;
    std::uint64_t seq = 0;
    observe::Metrics metrics;
    std::unique_ptr<ports::TriageStore> store;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    TriageService triage;
};

struct Kind {
    std::string name;
    std::string table;
    std::string id_column;
};
const Kind kRule{"rule", "rules", "rule_id"};
const Kind kSilence{"silence", "silences", "silence_id"};
const Kind kWindow{"maintenance_window", "maintenance_windows", "maintenance_window_id"};
const Kind kInhibition{"inhibition", "inhibitions", "inhibition_id"};

class SetAsideFlow : public pg::PgTest {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(streams_->maintain_partitions());
        const auto contact = new_contact(tenant_, "operator").str();
        const auto group = pg::new_uuid().str();
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t() + ", '" + group +
            "', 'g'); insert into contact_group_members values (" + t() + ", '" + group + "', '" + contact +
            "', 1); insert into default_route values (" + t() + ", '" + group + "', 1)");
    }

    std::string t() const { return "'" + tenant_.str() + "'"; }
    std::unique_ptr<Node> node() { return std::make_unique<Node>(pipeline(), streams_->open("node").value()); }

    /// Takes more steps of each alert than any condition may.
    static std::string dear()
    {
        std::string numbers = "[0";
        for (int i = 1; i < 100; ++i) numbers += "," + std::to_string(i);
        numbers += "]";
        return numbers + ".all(a, " + numbers + ".all(b, a + b > -1))";
    }

    /// One of a kind whose condition is dear; its id.
    std::string add(const Kind& kind)
    {
        const auto id = pg::new_uuid().str();
        const auto key = " values (" + t() + ", '" + id + "', ";
        const auto condition = "'" + dear() + "', 'cel', ";
        if (kind.name == "rule") {
            sql("insert into rules (tenant_id, rule_id, condition, syntax, name, position, actions, updated_by)" + key +
                condition + R"('the dear one', 1, '[{"type":"drop"}]', 'x'))");
        } else if (kind.name == "silence") {
            sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
                "created_by, "
                "created_at, updated_by)" +
                key + condition +
                "now() - interval '1 day', now() + interval '1 day', 'the dear one', 'x', now(), 'x')");
        } else if (kind.name == "inhibition") {
            sql("insert into inhibitions (tenant_id, inhibition_id, source_condition, source_syntax, name, "
                "target_condition, target_syntax, updated_by)" +
                key + condition + R"('the dear one', 'a="b"', 'matchers', 'x'))");
        } else {
            sql("insert into maintenance_windows (tenant_id, maintenance_window_id, condition, syntax, name, "
                "starts_at, "
                "duration_ms, updated_by)" +
                key + condition + "'the dear one', now() - interval '1 hour', 86400000, 'x')");
        }
        return id;
    }

    /// Whether judging it cost more than it may.
    bool take(Node& node, const std::string& key = "k")
    {
        domain::Alert alert;
        alert.title = alert.dedup_key = alert.source = key;
        alert.received_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        node.triage.submit({{.tenant = tenant_,
                             .position = {.received_at = alert.received_at, .stream = node.stream, .seq = ++node.seq},
                             .alerts = {{std::uint16_t{0}, alert}},
                             .bytes = 100}});
        EXPECT_TRUE(node.triage.flush(30s));
        const auto payload = sql("select payload from verdicts where stream = " + std::to_string(node.stream) +
                                 " and seq = " + std::to_string(node.seq));
        if (payload.size() != 1) throw std::runtime_error("there is no verdict");
        const auto verdicts = journal::decode_verdicts(pqxx::binarystring(payload[0][0]).str()).value();
        return verdicts.at(0)->over_budget.has_value();
    }
    void take_until_set_aside(Node& node)
    {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(take(node)) << i;
        ASSERT_EQ(number("select count(*) from set_asides where until is not null"), 1);
    }

    [[nodiscard]] std::int64_t version() { return number("select config_version from tenants"); }
    /// Of what is noted in set_asides.
    [[nodiscard]] std::string noted(const std::string& columns)
    {
        return text("select coalesce(string_agg((" + columns + ")::text, ','), '') from set_asides");
    }
    [[nodiscard]] std::string tickets_of_ours(const std::string& columns)
    {
        return text("select coalesce(string_agg((" + columns +
                    ")::text, ','), '') from tickets where source = 'winnow'");
    }

    std::unique_ptr<ports::JournalStreams> streams_ = pg::make_journal_streams(pipeline());
    TenantId tenant_ = new_tenant();
};

TEST_F(SetAsideFlow, WhatOverrunsFiveTimesIsAskedNoMoreAndItsAdminIsToldOnce)
{
    for (const auto& kind : {kRule, kSilence, kWindow, kInhibition}) {
        const auto id = add(kind);
        const auto judge = kind.name + ":" + id;
        const auto node = this->node();
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(take(*node)) << judge;
        EXPECT_EQ(noted("kind || ':' || id || ' ' || version || ' ' || coalesce(until::text, '-')"), judge + " 1 -");
        EXPECT_EQ(tickets_of_ours("title"), "");
        const auto before = version();
        EXPECT_TRUE(take(*node)) << judge;
        EXPECT_EQ(version(), before + 1) << "other nodes hear of it";
        EXPECT_EQ(
            number("select count(*) from set_asides where until > now() + interval '14 minutes' and until <= now() + "
                   "interval '15 minutes' and not for_good"),
            1);
        EXPECT_EQ(tickets_of_ours("dedup_key || ' ' || state || ' ' || occurrences"),
                  "winnow:set-aside:" + judge + " open 1");
        EXPECT_THAT(tickets_of_ours("title"), testing::MatchesRegex("The (rule|silence|maintenance window|inhibition) "
                                                                    "\"the dear one\" costs too much and is set aside "
                                                                    "until 20[0-9TZ:.-]+"));
        EXPECT_THAT(tickets_of_ours("description"), testing::HasSubstr(id));
        EXPECT_THAT(tickets_of_ours("description"), testing::HasSubstr("the dearest of 5 alerts"));
        EXPECT_EQ(
            number("select count(*) from deliveries d join tickets t using (tenant_id, ticket_id) where t.source = "
                   "'winnow'"),
            1);
        EXPECT_FALSE(take(*node)) << judge << " costs nothing any more";
        EXPECT_FALSE(take(*node));
        EXPECT_EQ(tickets_of_ours("occurrences"), "1");
        EXPECT_EQ(noted("record->'overruns'"), "5");
        EXPECT_EQ(number("select count(*) from tickets where source = 'k' and (state <> 'open' or suppressed)"), 0);
        EXPECT_THAT(node->metrics.exposition(), testing::HasSubstr("winnow_set_aside_total 1\n"));
        sql("delete from " + kind.table + " where " + kind.id_column + " = '" + id +
            "'; delete from set_asides; delete from deliveries; delete from ticket_events; delete from tickets");
    }
}

TEST_F(SetAsideFlow, ASecondNodeAndARestartAgree)
{
    add(kRule);
    const auto other = node();
    EXPECT_TRUE(take(*other));
    {
        const auto one = node();
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(take(*one)) << "four, and one of the other";
        EXPECT_FALSE(take(*one));
    }
    EXPECT_TRUE(pg::eventually([&] { return !take(*other); }));
    EXPECT_FALSE(take(*node()));
    EXPECT_EQ(tickets_of_ours("occurrences"), "1");
    EXPECT_EQ(noted("record->'overruns'"), "5") << "what it judged before it knew does not count";
}

TEST_F(SetAsideFlow, AnEditBringsItBackAndBeginsAnew)
{
    add(kRule);
    const auto node = this->node();
    take_until_set_aside(*node);
    EXPECT_FALSE(take(*node));
    sql("update rules set version = version + 1");
    ASSERT_TRUE(pg::eventually([&] { return take(*node); }));
    EXPECT_EQ(noted("version || ' ' || (record->>'overruns') || ' ' || coalesce(until::text, '-')"), "2 1 -");
}

TEST_F(SetAsideFlow, WhenItsTimeIsOverItIsAskedAgainWithoutAnybodysAct)
{
    add(kRule);
    const auto node = this->node();
    take_until_set_aside(*node);
    sql("update set_asides set until = date_trunc('milliseconds', clock_timestamp()) + interval '1 second'");
    const auto before = version();
    ASSERT_TRUE(pg::eventually([&] { return take(*node); }));
    EXPECT_EQ(version(), before);
    EXPECT_EQ(noted("(record->'overruns')::int > 5"), "true");
}

TEST_F(SetAsideFlow, TheThirdTimeWithinADayItIsUntilSomebodyChangesItAndThatIsTold)
{
    add(kRule);
    for (int time = 1; time <= 2; ++time) {
        take_until_set_aside(*node());
        sql("update set_asides set until = now() - interval '1 second'");
    }
    const auto node = this->node();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(take(*node)) << i;
    EXPECT_EQ(number("select count(*) from set_asides where for_good"), 1);
    EXPECT_FALSE(take(*node));
    EXPECT_FALSE(take(*this->node()));
    EXPECT_EQ(tickets_of_ours("severity || ' ' || occurrences"), "3 3");
    EXPECT_THAT(tickets_of_ours("title"), testing::HasSubstr("is set aside until somebody changes it"));
    EXPECT_EQ(text("select coalesce(string_agg(event_kind, ',' order by created_at), '') from deliveries d join "
                   "tickets t using "
                   "(tenant_id, ticket_id) where t.source = 'winnow'"),
              "opened,severity_changed");
    sql("update rules set version = version + 1");
    EXPECT_TRUE(pg::eventually([&] { return take(*node); }));
}

TEST_F(SetAsideFlow, NoFoldWaitsForARequestThatChangesTheConfigurationAndTheNextOverrunSetsAside)
{
    add(kRule);
    const auto node = this->node();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(take(*node)) << i;
    const auto before = version();
    {
        pqxx::connection connection(database_.superuser);
        pqxx::work request(connection);
        request.exec("select from tenants for no key update");
        EXPECT_TRUE(take(*node)) << "while the request is under way";
        EXPECT_EQ(noted("(record->>'overruns') || ' ' || coalesce(until::text, '-')"), "4 -");
        EXPECT_EQ(tickets_of_ours("title"), "");
        EXPECT_EQ(version(), before);
        EXPECT_THAT(node->metrics.exposition(), testing::HasSubstr("winnow_set_aside_total 0\n"));
    }
    EXPECT_TRUE(take(*node));
    EXPECT_EQ(noted("(record->>'overruns') || ' ' || (until is not null)"), "5 true");
    EXPECT_EQ(tickets_of_ours("occurrences"), "1");
    EXPECT_FALSE(take(*node));
}

TEST_F(SetAsideFlow, WhereNoAlertIsOverItsBudgetNothingIsWritten)
{
    sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
        t() + R"(, gen_random_uuid(), 'r', 1, 'true', 'cel', '[{"type":"tag","tag":"x"}]', 'x'))");
    const auto node = this->node();
    for (int i = 0; i < 6; ++i) EXPECT_FALSE(take(*node));
    EXPECT_EQ(number("select count(*) from set_asides"), 0);
}

}  // namespace
}  // namespace winnow::pipeline
