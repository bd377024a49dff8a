/// @file
/// From the journal to tickets and the outbox, on a real database.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/stream_keeper.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <pqxx/transaction>

#include <atomic>
#include <memory>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;

/// One node: its stores, cache and triage. Destroying it is a crash: what is in memory is gone.
struct Node {
    explicit Node(const pg::PgOptions& with)
        : options(with),
          streams(pg::make_journal_streams(options)),
          store(pg::make_triage_store(options)),
          configs(pg::make_config_store(options)),
          policies(*configs, ""),
          triage(*store, policies, {}, [this] { ++outbox_changes; }, metrics)
    {
    }

    /// Its timers as the last parts that are made and the first ones that end.
    void keep_house()
    {
        stream_keeper = std::make_unique<StreamKeeper>(
            *streams, triage, [] { return std::nullopt; }, StreamKeeperOptions{.heartbeat = 50ms, .takeover = 50ms},
            metrics);
        expiry = std::make_unique<OneClock>(
            options,
            kinds(make_expiry_kind(*store, policies, [this] { ++outbox_changes; }, 50ms, metrics)), 50ms, metrics);
        stream_keeper->start();
        expiry->start();
    }

    const pg::PgOptions options;
    observe::Metrics metrics;
    std::atomic<int> outbox_changes = 0;
    std::unique_ptr<ports::JournalStreams> streams;
    std::unique_ptr<ports::TriageStore> store;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    TriageService triage;
    std::unique_ptr<StreamKeeper> stream_keeper;
    std::unique_ptr<OneClock> expiry;
};

class TriageFlow : public pg::PgTest {
protected:
    void SetUp() override { ASSERT_TRUE(pg::make_journal_streams(pipeline())->maintain_partitions()); }

    static domain::Alert alert(const std::string& key)
    {
        domain::Alert made;
        made.title = "about " + key;
        made.dedup_key = key;
        return made;
    }

    ports::JournalRow stored(TenantId tenant, domain::StreamId stream, std::uint64_t seq,
                             const std::vector<std::string>& keys) const
    {
        std::string lines;
        for (const auto& key : keys) {
            intake::append_canonical(alert(key), lines);
            lines += '\n';
        }
        return {.tenant = tenant,
                .position = {.received_at = now_, .stream = stream, .seq = seq},
                .alert_count = static_cast<std::uint32_t>(keys.size()),
                .payload = journal::encode_rows(lines)};
    }

    /// A contact in a group that is told of everything.
    ContactId tell_somebody(TenantId tenant)
    {
        const auto contact = new_contact(tenant, "operator");
        const auto group = pg::new_uuid().str();
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values ('" + tenant.str() + "', '" + group +
            "', 'operators'); insert into contact_group_members values ('" + tenant.str() + "', '" + group + "', '" +
            contact.str() + "', 1); insert into default_route values ('" + tenant.str() + "', '" + group + "', 1)");
        return contact;
    }

    std::int64_t occurrences(TenantId tenant, const std::string& key)
    {
        return number("select coalesce(sum(occurrences), 0) from tickets where tenant_id = '" + tenant.str() +
                      "' and dedup_key = '" + key + "'");
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId one_ = new_tenant();
    TenantId two_ = new_tenant();
};

TEST_F(TriageFlow, WhatTheWriterCommitsBecomesTicketsExactlyOnceAndIsOwedToTheContact)
{
    const auto contact = tell_somebody(one_);
    Node node(pipeline());
    journal::Writer writer(
        *node.streams, "node", {}, [&](auto rows) { node.triage.submit(std::move(rows)); }, node.metrics);
    writer.start();
    std::atomic<int> committed = 0;
    for (int i = 0; i < 200; ++i) {
        journal::Submission submission{.tenant = i % 2 == 0 ? one_ : two_, .alerts = {}, .once = std::nullopt};
        submission.alerts = {alert("disk"), alert("cpu"), alert("disk")};
        writer.submit(std::move(submission), [&](const auto& outcome) {
            EXPECT_TRUE(outcome) << outcome.error().message();
            ++committed;
        });
    }
    ASSERT_TRUE(pg::eventually([&] { return committed == 200; }));
    writer.stop();
    ASSERT_TRUE(node.triage.flush(kPatience));

    for (const auto tenant : {one_, two_}) {
        EXPECT_EQ(occurrences(tenant, "disk"), 200);
        EXPECT_EQ(occurrences(tenant, "cpu"), 100);
    }
    EXPECT_EQ(number("select count(*) from tickets"), 4);
    EXPECT_EQ(number("select count(*) from journal j left join verdicts v using (tenant_id, received_at, stream, seq) "
                     "where v.seq is null"),
              0);
    EXPECT_EQ(number("select count(*) from deliveries"), 2) << "the other tenant has nobody to tell";
    EXPECT_EQ(number("select count(*) from deliveries where state = 'pending' and tenant_id = '" + one_.str() +
                     "' and contact_id = '" + contact.str() + "'"),
              2);
    EXPECT_GE(node.outbox_changes, 1);
}

TEST_F(TriageFlow, AStreamWhoseWriterDiedIsTakenOverFromWhereItStood)
{
    domain::StreamId stream = 0;
    {
        Node dead(pipeline());
        stream = dead.streams->open("dead").value();
        const auto session = dead.streams->session(stream).value();
        std::vector<ports::JournalRow> rows;
        for (std::uint64_t seq = 1; seq <= 100; ++seq) {
            rows.push_back(stored(seq % 3 == 0 ? two_ : one_, stream, seq, {"disk", "cpu"}));
        }
        ASSERT_TRUE(session->append(rows));
        // It had folded the first tenant's rows up to 31 when it died.
        std::vector<journal::CommittedRow> folded;
        for (const std::uint64_t seq : {1U, 2U, 4U, 31U}) {
            folded.push_back({.tenant = one_,
                              .position = {.received_at = now_, .stream = stream, .seq = seq},
                              .alerts = {{std::uint16_t{0}, alert("disk")}, {std::uint16_t{1}, alert("cpu")}},
                              .bytes = 100});
            folded.back().alerts[0].second.received_at = folded.back().alerts[1].second.received_at = now_;
        }
        dead.triage.submit(std::move(folded));
        ASSERT_TRUE(dead.triage.flush(kPatience));
    }
    Node node(pipeline());
    node.keep_house();
    ASSERT_TRUE(
        pg::eventually([&] { return number("select count(*) from journal_streams where ended_at is not null") == 1; }));
    // Of the first tenant's 67 rows 21 are at or below 31; the dead node's fold stood for them with four.
    EXPECT_EQ(occurrences(one_, "disk"), 4 + 67 - 21);
    EXPECT_EQ(occurrences(two_, "cpu"), 33);
    EXPECT_EQ(number("select applied_seq from journal_progress where tenant_id = '" + one_.str() + "'"), 100);
    EXPECT_EQ(number("select applied_seq from journal_progress where tenant_id = '" + two_.str() + "'"), 99);
}

TEST_F(TriageFlow, TwoNodesThatHoldTheSameRowsCountThemOnce)
{
    Node first(pipeline());
    Node second(pipeline());
    const auto stream = first.streams->open("first").value();
    for (std::uint64_t seq = 1; seq <= 50; ++seq) {
        for (auto* node : {&first, &second}) {
            std::vector<journal::CommittedRow> rows{{.tenant = one_,
                                                     .position = {.received_at = now_, .stream = stream, .seq = seq},
                                                     .alerts = {{std::uint16_t{0}, alert("disk")}},
                                                     .bytes = 100}};
            rows[0].alerts[0].second.received_at = now_;
            node->triage.submit(std::move(rows));
        }
    }
    ASSERT_TRUE(first.triage.flush(kPatience));
    ASSERT_TRUE(second.triage.flush(kPatience));
    EXPECT_EQ(occurrences(one_, "disk"), 50);
    EXPECT_EQ(number("select count(*) from verdicts"), 50);
}

TEST_F(TriageFlow, AnInstanceThatFallsSilentEndsItsTicketAndSomebodyHearsOfIt)
{
    tell_somebody(one_);
    Node node(pipeline());
    const auto stream = node.streams->open("node").value();
    auto silent = alert("disk");
    silent.received_at = now_;
    silent.instance_key = "am/1";
    silent.starts_at = now_ - 2min;
    silent.ends_at = now_ - 1s;
    node.triage.submit({{.tenant = one_,
                         .position = {.received_at = now_, .stream = stream, .seq = 1},
                         .alerts = {{std::uint16_t{0}, silent}},
                         .bytes = 100}});
    ASSERT_TRUE(node.triage.flush(kPatience));
    ASSERT_EQ(number("select count(*) from tickets where state = 'open'"), 1);
    node.keep_house();
    EXPECT_TRUE(pg::eventually([&] { return number("select count(*) from tickets where state = 'recovered'") == 1; }));
    EXPECT_EQ(number("select count(*) from deliveries where event_kind = 'recovered'"), 1);
}

TEST_F(TriageFlow, AChangeOfTheConfigurationIsInForceWithin200Milliseconds)
{
    Node node(pipeline());
    ASSERT_TRUE(node.policies.get(one_).value()->config.contacts.empty());
    new_contact(one_, "a first one");  // the listener is certainly there once it has told of one
    ASSERT_TRUE(pg::eventually([&] { return node.policies.get(one_).value()->config.contacts.size() == 1; }));
    new_contact(one_, "a second one");
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(pg::eventually([&] { return node.policies.get(one_).value()->config.contacts.size() == 2; }));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 200ms);
}

TEST_F(TriageFlow, ASingleAlertIsTicketedAtOnce)
{
    Node node(pipeline());
    const auto stream = node.streams->open("node").value();
    std::vector<std::chrono::steady_clock::duration> times;
    for (std::uint64_t seq = 1; seq <= 51; ++seq) {
        auto one = alert("disk");
        one.received_at = now_;
        const auto begun = std::chrono::steady_clock::now();
        node.triage.submit({{.tenant = one_,
                             .position = {.received_at = now_, .stream = stream, .seq = seq},
                             .alerts = {{std::uint16_t{0}, one}},
                             .bytes = 100}});
        ASSERT_TRUE(node.triage.flush(kPatience));
        times.push_back(std::chrono::steady_clock::now() - begun);
    }
    std::ranges::sort(times);
    EXPECT_LT(times[25], 25ms);
}

TEST_F(TriageFlow, ATenantThatSomebodyElseIsFoldingHoldsUpNoOtherOfItsWorker)
{
    auto options = pipeline();
    options.lock_timeout = 5min;  // whoever waits for the lock itself does not come to the other tenant
    options.statement_timeout = 5min;
    Node node(options);
    const auto stream = node.streams->open("node").value();
    pqxx::connection connection(database_.superuser);
    pqxx::work folding(connection);
    folding.exec("select pg_advisory_xact_lock(x'574E4644'::int, hashtext('" + one_.str() + "'))");
    const auto submit = [&](TenantId tenant, std::uint64_t seq) {
        journal::CommittedRow row{.tenant = tenant,
                                  .position = {.received_at = now_, .stream = stream, .seq = seq},
                                  .alerts = {{std::uint16_t{0}, alert("disk")}},
                                  .bytes = 100};
        row.alerts[0].second.received_at = now_;
        std::vector<journal::CommittedRow> rows;
        rows.push_back(std::move(row));
        node.triage.submit(std::move(rows));
    };
    submit(one_, 1);
    submit(two_, 2);
    EXPECT_TRUE(pg::eventually([&] { return occurrences(two_, "disk") == 1; }));
    EXPECT_EQ(occurrences(one_, "disk"), 0);
    folding.abort();
    ASSERT_TRUE(node.triage.flush(kPatience));
    EXPECT_EQ(occurrences(one_, "disk"), 1);
}

}  // namespace
}  // namespace winnow::pipeline
