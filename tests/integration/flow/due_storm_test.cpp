/// @file
/// What has become due while nobody was there: two nodes do it, in order, and nothing twice. WINNOW_DUE_TIMERS says how
/// much (2,000); the figure is printed.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/hold_store.hpp"
#include "winnow/pipeline/config_cache.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

/// One that holds back nothing but pauses.
struct Node {
    explicit Node(const pg::PgOptions& options)
        : holds(pg::make_hold_store(options)),
          configs(pg::make_config_store(options)),
          policies(*configs, ""),
          keeper(options, kinds(make_hold_kind(*holds, policies, [] {}, 250ms, metrics)), 1'000ms, metrics)
    {
    }

    observe::Metrics metrics;
    std::unique_ptr<ports::HoldStore> holds;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    OneClock keeper;
};

class DueStorm : public pg::PgTest {
protected:
    static constexpr int kTenants = 20;

    static int timers()
    {
        const char* told = std::getenv("WINNOW_DUE_TIMERS");  // NOLINT: no other thread is there yet
        return told == nullptr ? 2'000 : std::atoi(told);
    }

    /// Of each tenant as many paused tickets, whose pauses ended one after the other in the last hour: in the order of
    /// their numbers. Each tells one contact.
    void owe(int all)
    {
        for (int i = 0; i < kTenants; ++i) {
            const auto tenant = new_tenant();
            const auto t = "'" + tenant.str() + "'";
            const auto contact = new_contact(tenant, "operator").str();
            const auto group = pg::new_uuid().str();
            sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t + ", '" + group +
                "', 'g'); insert into contact_group_members values (" + t + ", '" + group + "', '" + contact +
                "', 1); insert into default_route values (" + t + ", '" + group + "', 1)");
            sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
                "first_seen_at, last_seen_at, opened_at, event_seq, firing_instances, held_by, held_until) select " +
                t +
                ", ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid, n, 'held', 1, 't', 'k' || n, 1, "
                "now(), now(), now(), 1, 1, 'pause', now() - interval '1 hour' * (1 - n * 0.99 / " +
                std::to_string(all / kTenants) + ") from generate_series(1, " + std::to_string(all / kTenants) + ") n");
        }
        sql("analyze tickets");
    }
};

TEST_F(DueStorm, AfterAnHourOfAbsenceTwoNodesDoWhatIsDueInOrderAndNothingTwice)
{
    ASSERT_TRUE(pg::make_journal_streams(pipeline())->maintain_partitions());
    const auto all = timers();
    owe(all);
    Node one(pipeline());
    Node two(pipeline());
    const auto begun = std::chrono::steady_clock::now();
    one.keeper.start();
    two.keeper.start();
    const std::string held = "select count(*) from tickets where state = 'held'";
    while (number(held) > 0 && std::chrono::steady_clock::now() - begun < 120s) {
        std::this_thread::sleep_for(20ms);  // polls for the condition
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun);
    ASSERT_EQ(number(held), 0);
    std::cout << all << " due timers of " << kTenants << " tenants on two nodes: " << took.count() << " s\n";
    EXPECT_LE(took, 60s);
    EXPECT_EQ(number("select count(*) from tickets where state = 'open'"), all);
    EXPECT_EQ(number("select count(*) from deliveries"), all) << "each was told of";
    EXPECT_EQ(number("select count(distinct (tenant_id, ticket_id)) from deliveries"), all) << "once";
    EXPECT_EQ(number("select count(*) from ticket_events"), all);
    EXPECT_EQ(number("select count(*) from (select xmin::text::int8 - lag(xmin::text::int8) over (partition by "
                     "tenant_id order by number) as step from tickets) s where step < 0"),
              0)
        << "a tenant's transactions took them as they were due";
    EXPECT_GT(number("select count(distinct xmin::text) from tickets"), kTenants - 1);
}

}  // namespace
}  // namespace winnow::pipeline
