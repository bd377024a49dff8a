/// @file
/// Pauses, thresholds and flapping on a real database: who is told when, over restarts and with several nodes.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/hold_store.hpp"
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
          holds(pg::make_hold_store(options)),
          configs(pg::make_config_store(options)),
          policies(*configs, ""),
          triage(
              *store, policies, {}, [] {}, metrics),
          keeper(options, kinds(make_hold_kind(*holds, policies, [] {}, 20ms, metrics)), 20ms, metrics)
    {
    }

    observe::Metrics metrics;
    std::unique_ptr<ports::TriageStore> store;
    std::unique_ptr<ports::HoldStore> holds;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    TriageService triage;
    OneClock keeper;
};

class HoldFlow : public pg::PgTest {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(streams_->maintain_partitions());
        sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
        stream_ = streams_->open("node").value();
        const auto contact = new_contact(tenant_, "operator").str();
        const auto group = pg::new_uuid().str();
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t() + ", '" + group +
            "', 'g'); insert into contact_group_members values (" + t() + ", '" + group + "', '" + contact +
            "', 1); insert into default_route values (" + t() + ", '" + group + "', 1)");
    }

    std::string t() const { return "'" + tenant_.str() + "'"; }

    void rule(const std::string& action)
    {
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
            t() + ", gen_random_uuid(), 'r', 1, '{}', 'matchers', '[" + action + "]', 'x')");
    }

    void take(Node& node, const std::string& key, Timestamp received_at, bool firing = true)
    {
        domain::Alert alert;
        alert.title = alert.dedup_key = key;
        alert.description = "about " + key;
        if (!firing) alert.status = domain::AlertStatus::resolved;
        alert.received_at = received_at;
        node.triage.submit({{.tenant = tenant_,
                             .position = {.received_at = received_at, .stream = stream_, .seq = ++seq_},
                             .alerts = {{std::uint16_t{0}, alert}},
                             .bytes = 100}});
        ASSERT_TRUE(node.triage.flush(30s));
    }

    std::string state(const std::string& key)
    {
        return text("select state from tickets where dedup_key = '" + key + "' order by number desc limit 1");
    }
    /// The kinds of events that somebody is told of, in order.
    std::string told(const std::string& key)
    {
        return text(
            "select coalesce(string_agg(d.event_kind, ' ' order by d.event_seq), '') from deliveries d join tickets t "
            "using (tenant_id, ticket_id) where t.dedup_key = '" +
            key + "'");
    }
    bool soon_told(const std::string& key, const std::string& kinds)
    {
        return pg::eventually([&] { return told(key) == kinds; });
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    std::unique_ptr<ports::JournalStreams> streams_ = pg::make_journal_streams(pipeline());
    TenantId tenant_ = new_tenant();
    domain::StreamId stream_ = 0;
    std::uint64_t seq_ = 0;
};

}  // namespace

TEST_F(HoldFlow, APauseThatIsOverWhileNoNodeRunsIsMadeUpForOnceHoweverManyCome)
{
    rule(R"({"type": "pause", "for": "PT1S"})");
    {
        Node node(pipeline());
        take(node, "k", now_);
        EXPECT_EQ(state("k"), "held");
    }
    Node one(pipeline());
    Node two(pipeline());
    one.keeper.start();
    two.keeper.start();
    ASSERT_TRUE(soon_told("k", "opened"));
    EXPECT_EQ(state("k"), "open");
    EXPECT_EQ(text("select payload->'ticket'->>'description' from deliveries"), "about k");
    EXPECT_EQ(number("select (extract(epoch from at) * 1000)::bigint from ticket_events where seq = 2"),
              (now_ + 1s).time_since_epoch().count());
    take(one, "marker", now_ - 10s);  // due at once: whoever tells twice has done so by then
    ASSERT_TRUE(soon_told("marker", "opened"));
    EXPECT_EQ(told("k"), "opened");
}

TEST_F(HoldFlow, ASilenceThatBeganDuringThePauseKeepsTheTicketQuiet)
{
    rule(R"({"type": "pause", "for": "PT10S"})");
    Node node(pipeline());
    take(node, "silenced", now_ - 9s);
    take(node, "other", now_ - 9s);
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
        "updated_by) values (" +
        t() +
        ", gen_random_uuid(), 'title=\"silenced\"', 'matchers', now(), now() + interval '1 hour', 'switch', 'x', 'x')");
    node.keeper.start();
    ASSERT_TRUE(soon_told("other", "opened"));
    ASSERT_TRUE(pg::eventually([&] { return state("silenced") == "open"; }));
    EXPECT_EQ(told("silenced"), "");
    EXPECT_EQ(text("select suppression_reason from tickets where dedup_key = 'silenced'"), "silence: switch");
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 1) << "told of when the silence is over";
}

TEST_F(HoldFlow, ARecoveryThatIsCommittedButNotFoldedKeepsAWrongPageFromGoingOut)
{
    rule(R"({"type": "pause", "for": "PT10S"})");
    Node node(pipeline());
    take(node, "blip", now_ - 1min);
    // The node died before it folded the recovery; the pause has long been over.
    sql("insert into journal values (" + t() + ", to_timestamp(" +
        std::to_string((now_ - 55s).time_since_epoch().count()) + " / 1000.0), " + std::to_string(stream_) + ", " +
        std::to_string(seq_ + 1) + ", 1, '')");
    const auto nothing_due = [&] {
        const auto version = number("select config_version from tenants where tenant_id = " + t());
        const auto due = node.holds->lock_due(tenant_, version, 10);
        return due && !due->fold ? due->rows.size() : SIZE_MAX;
    };
    EXPECT_EQ(nothing_due(), 0U);
    node.keeper.start();
    take(node, "blip", now_ - 55s, false);
    EXPECT_EQ(state("blip"), "closed");
    EXPECT_EQ(told("blip"), "");
}

TEST_F(HoldFlow, AThresholdGoesOnCountingAfterARestart)
{
    rule(R"({"type": "threshold", "count": 3, "within": "PT5M", "mode": "every"})");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(told("k"), "");
        Node node(pipeline());
        take(node, "k", now_ + i * 1ms);
    }
    EXPECT_EQ(told("k"), "opened");
    EXPECT_EQ(number("select occurrences from tickets"), 3);
}

TEST_F(HoldFlow, AThresholdThatIsNotReachedIsGivenUp)
{
    rule(R"({"type": "threshold", "count": 3, "within": "PT1S", "mode": "every"})");
    Node node(pipeline());
    take(node, "k", now_ - 1s);
    node.keeper.start();
    EXPECT_TRUE(pg::eventually([&] { return state("k") == "closed"; }));
    EXPECT_EQ(told("k"), "");
}

TEST_F(HoldFlow, FlappingIsToldOnceAndSettlesThoughEveryNodeDiedInBetween)
{
    rule(R"({"type": "flap", "transitions": 3, "within": "PT5M", "settle": "PT1S", "mode": "transitions"})");
    for (int i = 0; i < 7; ++i) {
        Node node(pipeline());
        take(node, "k", now_ - 700ms + i * 100ms, i % 2 == 0);
    }
    EXPECT_EQ(told("k"), "opened recovered reopened flapping_started");
    EXPECT_EQ(state("k"), "open");
    Node node(pipeline());
    node.keeper.start();
    ASSERT_TRUE(soon_told("k", "opened recovered reopened flapping_started flapping_settled"));
    take(node, "k", now_ + 1h, false);
    EXPECT_EQ(told("k"), "opened recovered reopened flapping_started flapping_settled recovered");
}

}  // namespace winnow::pipeline
