/// @file
/// One row that is due and cannot be done, among many of its tenant's; and a clock that is put forward.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pg/hold_store.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

class DuePoison : public pg::PgTest {
protected:
    void SetUp() override
    {
        const auto streams = pg::make_journal_streams(pipeline());
        ASSERT_TRUE(streams->maintain_partitions());
        ASSERT_TRUE(streams->open("node"));
    }
    std::string t() const { return "'" + tenant_.str() + "'"; }

    /// Tickets k1, k2, …; `columns` and their `values` make them what the test is about.
    void tickets(int count, const std::string& columns, const std::string& values)
    {
        sql("insert into tickets (tenant_id, ticket_id, number, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq, firing_instances, " +
            columns + ") select " + t() +
            ", ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid, n, 1, 't', 'k' || n, 1, now(), now(), "
            "now(), 1, 1, " +
            values + " from generate_series(1, " + std::to_string(count) + ") n");
    }
    /// Nobody can change that ticket.
    void poison(const std::string& key)
    {
        sql("create function poisoned() returns trigger language plpgsql as $$ begin raise exception 'poisoned' using "
            "errcode = 'P0001'; end $$; create trigger poison before update on tickets for each row when "
            "(old.dedup_key = '" +
            key + "') execute function poisoned()");
    }
    std::int64_t left() { return number("select count(*) from tickets where state = 'held'"); }
    [[nodiscard]] bool shows(const std::string& line) const { return metrics_.exposition().contains(line); }
    void run(std::unique_ptr<ports::DueKind> kind)
    {
        clock_ = std::make_unique<OneClock>(pipeline(), kinds(std::move(kind)), 20ms, metrics_);
        clock_->start();
    }

    const TenantId tenant_ = new_tenant();
    observe::Metrics metrics_;
    std::unique_ptr<ports::HoldStore> holds_ = pg::make_hold_store(pipeline());
    std::unique_ptr<ports::QuietStore> quiet_ = pg::make_quiet_store(pipeline());
    std::unique_ptr<ports::TriageStore> triage_ = pg::make_triage_store(pipeline());
    std::unique_ptr<ports::ConfigStore> configs_ = pg::make_config_store(pipeline());
    ConfigCache policies_{*configs_, ""};
    std::unique_ptr<OneClock> clock_;
};

TEST_F(DuePoison, AHeldTicketThatCannotBeReleasedStallsNoneOfItsTenants)
{
    tickets(40, "state, held_by, held_until", "'held', 'pause', now() - interval '1 minute' * (50 - n)");
    poison("k7");
    run(make_hold_kind(*holds_, policies_, {}, 20ms, metrics_));
    ASSERT_TRUE(pg::eventually([&] { return left() == 1; }));
    EXPECT_EQ(text("select dedup_key from tickets where state = 'held'"), "k7");
    EXPECT_TRUE(pg::eventually([&] { return shows("winnow_timer_set_aside_total{kind=\"hold\"} 1"); }));
    EXPECT_TRUE(shows("winnow_timer_left_out{kind=\"hold\"} 1"));
    EXPECT_TRUE(shows("winnow_timer_tenants_left_out{kind=\"hold\"} 0")) << "the tenant is not";
    sql("insert into tickets (tenant_id, ticket_id, number, "
        "severity, title, dedup_key, occurrences, first_seen_at, last_seen_at, opened_at, event_seq, "
        "firing_instances, state, held_by, held_until) values (" +
        t() + ", gen_random_uuid(), 99, 1, 't', 'later', 1, now(), now(), now(), 1, 1, 'held', 'pause', now())");
    EXPECT_TRUE(pg::eventually([&] { return text("select state from tickets where dedup_key = 'later'") == "open"; }))
        << "nor waits what is due later";
    EXPECT_EQ(left(), 1);
}

TEST_F(DuePoison, AMachineThatCannotBeReadStallsNoHeldTicket)
{
    tickets(5, "state, held_by, held_until", "'held', 'pause', now() - interval '1 minute'");
    sql("alter table rule_machines drop constraint rule_machines_kind_check; insert into rule_machines (tenant_id, "
        "rule_id, kind, dedup_key, recent, flapping, changes, due_at, expires_at) values (" +
        t() + ", gen_random_uuid(), 'new', 'k', '{}', false, 0, now() - interval '1 hour', now())");
    run(make_hold_kind(*holds_, policies_, {}, 20ms, metrics_));
    ASSERT_TRUE(pg::eventually([&] { return left() == 0; }));
    EXPECT_TRUE(pg::eventually([&] { return shows("winnow_timer_set_aside_total{kind=\"hold\"} 1"); }));
}

TEST_F(DuePoison, AQuietTicketThatCannotBeToldOfStallsNoneOfItsTenants)
{
    tickets(20, "state, suppressed", "'open', true");
    sql("insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, source_key, alert_id, alert, recheck_at, "
        "config_version) select tenant_id, ticket_id, 'silence', gen_random_uuid(), '', gen_random_uuid(), '', now(), "
        "0 from tickets");
    poison("k3");
    run(make_quiet_kind(*quiet_, policies_, {}, 20ms, metrics_));
    ASSERT_TRUE(pg::eventually([&] { return number("select count(*) from tickets where suppressed") == 1; }));
    EXPECT_EQ(text("select dedup_key from tickets where suppressed"), "k3");
    EXPECT_TRUE(pg::eventually([&] { return shows("winnow_timer_set_aside_total{kind=\"quiet\"} 1"); }));
}

TEST_F(DuePoison, AnInstanceThatCannotEndStallsNoneOfItsTenants)
{
    tickets(20, "state", "'open'");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) select "
        "tenant_id, 'i' || number, ticket_id, now() - interval '2 hours', now() - interval '1 hour', true from "
        "tickets");
    poison("k11");
    run(make_expiry_kind(*triage_, policies_, {}, 20ms, metrics_));
    ASSERT_TRUE(pg::eventually([&] { return number("select count(*) from alert_instances where firing") == 1; }));
    EXPECT_EQ(text("select instance_key from alert_instances where firing"), "i11");
    EXPECT_TRUE(pg::eventually([&] { return shows("winnow_timer_set_aside_total{kind=\"expiry\"} 1"); }));
}

/// The database's, but its clock stood an hour back at the first look, when nothing was due.
class ForwardBoard final : public ports::DueBoard {
public:
    explicit ForwardBoard(std::unique_ptr<ports::DueBoard> real) : real_(std::move(real)) {}
    Result<ports::DueTimes> look() override
    {
        auto times = real_->look();
        if (!times || looks_++ > 0) return times;
        times->now -= 1h;
        times->in.clear();
        return times;
    }

private:
    const std::unique_ptr<ports::DueBoard> real_;
    std::atomic<int> looks_ = 0;
};

TEST_F(DuePoison, EndsInAnHourThatTheClockLeftOutAreForgiven)
{
    tickets(2, "state", "'open'");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) select "
        "tenant_id, 'i' || number, ticket_id, now() - interval '3 hours', now() - case number when 1 then interval "
        "'2 hours' else interval '1 minute' end, true from tickets");
    ForwardBoard board(pg::make_due_board(pipeline()));
    Timekeeper keeper(board, kinds(make_expiry_kind(*triage_, policies_, {}, 20ms, metrics_)), {.look = 20ms},
                      metrics_);
    keeper.start();
    ASSERT_TRUE(pg::eventually(
        [&] { return number("select count(*) from alert_instances where instance_key = 'i1' and not firing") == 1; }));
    EXPECT_TRUE(shows("winnow_clock_jumps_total{direction=\"forward\"} 1"));
    EXPECT_EQ(number("select count(*) from alert_instances where instance_key = 'i2' and firing"), 1)
        << "its sender has had no time to come again";
}

}  // namespace
}  // namespace winnow::pipeline
