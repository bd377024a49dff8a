/// @file
/// What is due of one tenant, while the fold locks of others are held: nobody waits for them.

#include "integration/flow/one_clock.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/hold_store.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"

#include <pqxx/transaction>

#include <memory>
#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

/// Seven tenants, each with one ticket of every kind that is due. While it lasts, somebody else holds the fold locks of
/// the first four: in turn they would take longer than eventually() waits.
class BusyTenants : public pg::PgTest {
protected:
    static constexpr int kTenants = 7;
    static constexpr int kBusy = 4;

    void SetUp() override
    {
        ASSERT_TRUE(pg::make_journal_streams(pipeline())->maintain_partitions());
        for (int i = 0; i < kTenants; ++i) tenants_.push_back(new_tenant());
        for (int i = 0; i < kBusy; ++i) lock(tenants_[static_cast<std::size_t>(i)]);
    }

    /// A ticket of each tenant.
    void tickets(const std::string& columns, const std::string& values)
    {
        for (const auto tenant : tenants_) {
            sql("insert into tickets (tenant_id, ticket_id, number, severity, title, dedup_key, occurrences, "
                "first_seen_at, last_seen_at, opened_at, event_seq, firing_instances, " +
                columns + ") values ('" + tenant.str() +
                "', '00000000-0000-8000-8000-000000000001', 1, 1, 't', 'k', 1, now(), now(), now(), 1, 1, " + values +
                ")");
        }
    }

    void lock(TenantId tenant)
    {
        folding_.exec("select pg_advisory_xact_lock(x'574E4644'::int, hashtext('" + tenant.str() + "'))");
    }
    /// The others fold on.
    void unlock() { folding_.abort(); }

    bool soon(const std::string& count, int expected)
    {
        return pg::eventually([&] { return number(count) == expected; });
    }

    std::vector<TenantId> tenants_;
    pqxx::connection connection_{database_.superuser};
    pqxx::work folding_{connection_};
    observe::Metrics metrics_;
    std::unique_ptr<ports::ConfigStore> configs_ = pg::make_config_store(pipeline());
    ConfigCache policies_{*configs_, ""};
};

TEST_F(BusyTenants, APauseEndsWhoeverElseIsBeingFolded)
{
    tickets("state, held_by, held_until", "'held', 'pause', now() - interval '1 minute'");
    const auto store = pg::make_hold_store(pipeline());
    OneClock keeper(pipeline(), kinds(make_hold_kind(*store, policies_, {}, 20ms, metrics_)), 20ms, metrics_);
    keeper.start();
    const std::string let_go = "select count(*) from tickets where state = 'open'";
    EXPECT_TRUE(soon(let_go, kTenants - kBusy));
    unlock();
    EXPECT_TRUE(soon(let_go, kTenants)) << "and the busy ones wait for their own lock only";
}

TEST_F(BusyTenants, AQuietTicketIsToldOfWhoeverElseIsBeingFolded)
{
    tickets("state, suppressed", "'open', true");
    for (const auto tenant : tenants_) {
        sql("insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, alert_id, alert, recheck_at, "
            "config_version) select tenant_id, ticket_id, 'silence', ticket_id, ticket_id, '{}', now(), 1000 from "
            "tickets where tenant_id = '" +
            tenant.str() + "'");
    }
    const auto store = pg::make_quiet_store(pipeline());
    OneClock keeper(pipeline(), kinds(make_quiet_kind(*store, policies_, {}, 20ms, metrics_)), 20ms, metrics_);
    keeper.start();
    const std::string told_of = "select count(*) from tickets where not suppressed";
    EXPECT_TRUE(soon(told_of, kTenants - kBusy));
    unlock();
    EXPECT_TRUE(soon(told_of, kTenants));
}

TEST_F(BusyTenants, AnInstanceExpiresWhoeverElseIsBeingFolded)
{
    tickets("state", "'open'");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) select "
        "tenant_id, "
        "'i', ticket_id, now() - interval '1 hour', now() - interval '1 minute', true from tickets");
    const auto store = pg::make_triage_store(pipeline());
    OneClock keeper(pipeline(), kinds(make_expiry_kind(*store, policies_, {}, 20ms, metrics_)), 20ms, metrics_);
    keeper.start();
    const std::string recovered = "select count(*) from tickets where state = 'recovered'";
    EXPECT_TRUE(soon(recovered, kTenants - kBusy));
    unlock();
    EXPECT_TRUE(soon(recovered, kTenants));
}

TEST_F(BusyTenants, ATicketThatARequestHasLockedHoldsUpItsOwnTenantOnly)
{
    unlock();
    tickets("state, held_by, held_until", "'held', 'pause', now() - interval '1 minute'");
    pqxx::connection connection(database_.superuser);
    pqxx::work request(connection);
    for (int i = 0; i < kBusy; ++i) {
        request.exec("select from tickets where tenant_id = '" + tenants_[static_cast<std::size_t>(i)].str() +
                     "' for update");
    }
    const auto store = pg::make_hold_store(pipeline());
    OneClock keeper(pipeline(), kinds(make_hold_kind(*store, policies_, {}, 20ms, metrics_)), 20ms, metrics_);
    keeper.start();
    const std::string let_go = "select count(*) from tickets where state = 'open'";
    EXPECT_TRUE(soon(let_go, kTenants - kBusy));
    request.abort();
    EXPECT_TRUE(soon(let_go, kTenants));
}

}  // namespace
}  // namespace winnow::pipeline
