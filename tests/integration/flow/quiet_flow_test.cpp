/// @file
/// Silences and inhibitions on a real database: who is told when, over restarts and with several nodes.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <memory>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

/// Destroying it is a crash: what is in memory is gone.
struct Node {
    explicit Node(const pg::PgOptions& options)
        : store(pg::make_triage_store(options)),
          quiet(pg::make_quiet_store(options)),
          configs(pg::make_config_store(options)),
          policies(*configs, ""),
          triage(
              *store, policies, {}, [] {}, metrics),
          keeper(options,
                 kinds(make_quiet_kind(
                           *quiet, policies, [] {}, 50ms, metrics),
                       make_quiet_silence_kind(*quiet, 50ms, metrics), make_quiet_source_kind(*quiet, 50ms)),
                 50ms, metrics)
    {
    }

    observe::Metrics metrics;
    std::unique_ptr<ports::TriageStore> store;
    std::unique_ptr<ports::QuietStore> quiet;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    TriageService triage;
    OneClock keeper;
};

class QuietFlow : public pg::PgTest {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(streams_->maintain_partitions());
        stream_ = streams_->open("node").value();
        const auto contact = new_contact(tenant_, "operator").str();
        const auto group = pg::new_uuid().str();
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t() + ", '" + group +
            "', 'g'); insert into contact_group_members values (" + t() + ", '" + group + "', '" + contact +
            "', 1); insert into default_route values (" + t() + ", '" + group + "', 1)");
    }

    std::string t() const { return "'" + tenant_.str() + "'"; }

    std::string silence(const std::string& matchers, const std::string& lasts, const std::string& quiet_ms = "null")
    {
        const auto id = pg::new_uuid().str();
        sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
            "end_when_quiet_ms, created_by, created_at, updated_by) values (" +
            t() + ", '" + id + "', '" + matchers + "', 'matchers', now() - interval '1 day', now() + interval '" +
            lasts + "', 'c', " + quiet_ms + ", 'x', now() - interval '1 day', 'x')");
        return id;
    }

    void inhibition()
    {
        sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, "
            "target_condition, target_syntax, equal_labels, updated_by) values (" +
            t() +
            R"(, gen_random_uuid(), 'i', 'kind="cause"', 'matchers', 'kind="effect"', 'matchers', '{rack}', 'x'))");
    }

    static domain::Alert alert(const std::string& key, const std::string& kind = "effect")
    {
        domain::Alert made;
        made.title = made.dedup_key = made.source = key;
        made.labels.set("kind", kind);
        made.labels.set("rack", "r1");
        return made;
    }
    static domain::Alert resolved(domain::Alert alert)
    {
        alert.status = domain::AlertStatus::resolved;
        return alert;
    }
    static domain::Alert instance(domain::Alert alert, const std::string& key)
    {
        alert.instance_key = key;
        return alert;
    }

    /// What came in one row.
    void push(Node& node, std::vector<domain::Alert> alerts)
    {
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        journal::CommittedRow row{.tenant = tenant_,
                                  .position = {.received_at = now, .stream = stream_, .seq = ++seq_},
                                  .alerts = {},
                                  .bytes = 100};
        for (auto& alert : alerts) {
            alert.received_at = now;
            row.alerts.emplace_back(static_cast<std::uint16_t>(row.alerts.size()), std::move(alert));
        }
        node.triage.submit({std::move(row)});
        ASSERT_TRUE(node.triage.flush(30s));
    }

    void take(Node& node, domain::Alert alert)
    {
        alert.received_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        node.triage.submit({{.tenant = tenant_,
                             .position = {.received_at = alert.received_at, .stream = stream_, .seq = ++seq_},
                             .alerts = {{std::uint16_t{0}, alert}},
                             .bytes = 100}});
        ASSERT_TRUE(node.triage.flush(30s));
    }

    /// Events of a key's tickets that somebody is told of.
    std::int64_t told(const std::string& key)
    {
        return number(
            "select count(*) from deliveries d join tickets t using (tenant_id, ticket_id) where "
            "t.dedup_key = '" +
            key + "'");
    }
    bool soon_told(const std::string& key)
    {
        return pg::eventually([&] { return told(key) == 1; });
    }

    std::unique_ptr<ports::JournalStreams> streams_ = pg::make_journal_streams(pipeline());
    TenantId tenant_ = new_tenant();
    domain::StreamId stream_ = 0;
    std::uint64_t seq_ = 0;
};

TEST_F(QuietFlow, ASilenceThatEndsWhileNoNodeRunsIsMadeUpForAfterwards)
{
    silence(R"(source="a")", "1 second");
    {
        Node node(pipeline());
        take(node, alert("a"));
    }
    EXPECT_EQ(told("a"), 0);
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 1);
    Node node(pipeline());
    node.keeper.start();
    EXPECT_TRUE(soon_told("a"));
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 0);
    EXPECT_EQ(number("select count(*) from deliveries d, silences s where d.created_at >= s.ends_at"), 1);
}

TEST_F(QuietFlow, WhatCameInOnePushIsInhibitedWhateverItsOrder)
{
    inhibition();
    Node node(pipeline());
    push(node, {alert("host 1"), alert("rack", "cause"), alert("host 2")});
    EXPECT_EQ(told("rack"), 1);
    EXPECT_EQ(told("host 1") + told("host 2"), 0);
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 2);
    push(node, {resolved(alert("rack", "cause")), alert("host 3")});
    EXPECT_EQ(told("host 3"), 1) << "what ends in the push explains nothing in it";
}

TEST_F(QuietFlow, AfterASilencedEpisodeTheFirstWordIsTheOpening)
{
    const auto id = silence(R"(source="a")", "1 hour");
    Node node(pipeline());
    take(node, alert("a"));
    take(node, resolved(alert("a")));
    sql("update silences set ends_at = now() where silence_id = '" + id + "'");
    ASSERT_TRUE(pg::eventually([&] {
        take(node, alert("a"));
        return told("a") > 0;
    }));
    EXPECT_EQ(text("select string_agg(event_kind || ' ' || (payload->>'type'), ', ') from deliveries"),
              "opened ticket.opened");
    EXPECT_EQ(number("select count(*) from tickets where never_told"), 0);
}

TEST_F(QuietFlow, AnOutageOfOursIsNoQuietTime)
{
    silence(R"(source="a")", "1 hour", "60000");
    Node node(pipeline());
    sql("insert into outages values (now() - interval '1 hour', now() - interval '1 second')");
    EXPECT_EQ(node.quiet->end_quiet_silences().value().rows, 0U);
    sql("update outages set ended_at = now() - interval '2 minutes'");
    EXPECT_EQ(node.quiet->end_quiet_silences().value().rows, 1U);
}

TEST_F(QuietFlow, WhatEndedUnderASilenceAndComesBackByHandAfterItIsTold)
{
    const auto id = silence(R"(source="a")", "1 hour");
    Node node(pipeline());
    node.keeper.start();
    take(node, alert("a"));
    sql("update tickets set state = 'recovered', recovered_at = now()");  // by hand
    sql("update silences set ends_at = now() where silence_id = '" + id + "'");
    ASSERT_TRUE(pg::eventually([&] {
        return number(
                   "select count(*) from quiet_tickets q join tenants t using (tenant_id) "
                   "where q.config_version > t.config_version") == 1;
    })) << "it waits";
    EXPECT_EQ(told("a"), 0);
    // As TicketStore::store does it.
    sql("update tickets set state = 'open', recovered_at = null; update quiet_tickets set source_ended = true");
    EXPECT_TRUE(soon_told("a"));
    EXPECT_EQ(number("select count(*) from tickets where suppressed"), 0);
    take(node, resolved(alert("a")));
    EXPECT_EQ(told("a"), 2) << "and its end";
}

TEST_F(QuietFlow, TwoNodesTellOnce)
{
    silence(R"(source="a")", "1 second");
    Node one(pipeline());
    Node two(pipeline());
    take(one, alert("a"));
    one.keeper.start();
    two.keeper.start();
    EXPECT_TRUE(soon_told("a"));
    take(one, alert("a"));
    EXPECT_EQ(told("a"), 1) << "joined, without news";
    EXPECT_EQ(number("select count(*) from ticket_events where kind = 'opened'"), 2);
}

TEST_F(QuietFlow, AConfigurationThatIsNotTheCurrentOneTellsNobody)
{
    const auto id = silence(R"(source="a")", "1 hour");
    Node node(pipeline());
    take(node, alert("a"));
    const auto old = node.policies.get(tenant_).value();
    sql("update silences set ends_at = now() where silence_id = '" + id + "'");
    EXPECT_EQ(node.quiet->lock_due(tenant_, old->config.tenant.config_version, 10).value().fold, nullptr);
    EXPECT_EQ(node.quiet->tenants_due().value(), std::vector{tenant_});
    node.keeper.start();
    EXPECT_TRUE(soon_told("a"));
}

TEST_F(QuietFlow, ASilenceThatEndsWhenQuietWaitsForItsOpenTickets)
{
    silence(R"(source="a")", "1 hour", "1");
    silence(R"(source="b")", "1 hour", "172800000");  // two days: it has begun yesterday
    Node node(pipeline());
    take(node, alert("a"));
    EXPECT_EQ(number("select matched from suppression_stats"), 1);
    EXPECT_EQ(node.quiet->end_quiet_silences().value().rows, 0U);
    take(node, resolved(alert("a")));
    const auto version = number("select config_version from tenants");
    EXPECT_EQ(node.quiet->end_quiet_silences().value().rows, 1U);
    EXPECT_EQ(text("select ended_by from silences where ended_by <> ''"), "quiet");
    EXPECT_EQ(number("select config_version from tenants"), version + 1);
    EXPECT_EQ(told("a"), 0);
}

TEST_F(QuietFlow, AnInhibitingInstanceIsKnownAfterARestartUntilItResolves)
{
    inhibition();
    {
        Node node(pipeline());
        take(node, instance(alert("cause", "cause"), "am/1"));
    }
    Node node(pipeline());
    node.keeper.start();
    take(node, alert("effect"));
    EXPECT_EQ(told("cause"), 1);
    EXPECT_EQ(told("effect"), 0);
    EXPECT_EQ(text("select source_key from quiet_tickets"), "iam/1");
    take(node, instance(resolved(alert("cause", "cause")), "am/1"));
    EXPECT_TRUE(soon_told("effect"));
    EXPECT_EQ(do_chore("forget_inhibition_sources"), 1U);
    EXPECT_EQ(number("select count(*) from inhibition_sources"), 0);
}

TEST_F(QuietFlow, WhenOneSourceEndsAnotherGoesOn)
{
    inhibition();
    Node node(pipeline());
    node.keeper.start();
    take(node, alert("one", "cause"));
    take(node, alert("two", "cause"));
    take(node, alert("effect"));
    EXPECT_EQ(text("select source_key from quiet_tickets"), "kone");
    take(node, resolved(alert("one", "cause")));
    EXPECT_TRUE(pg::eventually([&] { return text("select source_key from quiet_tickets") == "ktwo"; }));
    EXPECT_EQ(told("effect"), 0);
    sql("update tickets set state = 'closed', closed_at = now() where dedup_key = 'two'");  // by hand
    EXPECT_TRUE(soon_told("effect"));
}

TEST_F(QuietFlow, AnInhibitionThatIsDeletedOrDisabledTells)
{
    inhibition();
    Node node(pipeline());
    node.keeper.start();
    take(node, alert("cause", "cause"));
    take(node, alert("effect"));
    EXPECT_EQ(told("effect"), 0);
    sql("update inhibitions set enabled = false");
    EXPECT_TRUE(soon_told("effect"));
}

TEST_F(QuietFlow, WhatASilenceAndAnInhibitionCoverIsToldWhenBothHaveEnded)
{
    inhibition();
    silence(R"(source="effect")", "1 second");
    Node node(pipeline());
    node.keeper.start();
    take(node, alert("cause", "cause"));
    take(node, alert("effect"));
    EXPECT_TRUE(pg::eventually([&] { return text("select kind from quiet_tickets") == "inhibition"; }))
        << "the silence is over, and the cause still fires";
    EXPECT_EQ(told("effect"), 0);
    take(node, resolved(alert("cause", "cause")));
    EXPECT_TRUE(soon_told("effect"));
}

}  // namespace
}  // namespace winnow::pipeline
