#include "winnow/pg/due_board.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/pg/config_store.hpp"

#include <pqxx/transaction>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class DueBoardTest : public PgTest {
protected:
    /// In how long the earliest of the kind is due, by another look.
    std::optional<milliseconds> due(const std::string& kind)
    {
        const auto times = board_->look();
        EXPECT_TRUE(times);
        return due(*times, kind);
    }
    static std::optional<milliseconds> due(const ports::DueTimes& times, const std::string& kind)
    {
        const auto found = std::ranges::find(times.in, kind, [](const auto& one) { return one.first; });
        return found == times.in.end() ? std::nullopt : std::optional(found->second);
    }
    void ticket(const std::string& columns, const std::string& values)
    {
        sql("insert into tickets (tenant_id, ticket_id, number, severity, title, dedup_key, occurrences, "
            "first_seen_at, "
            "last_seen_at, opened_at, event_seq, firing_instances, " +
            columns + ") values ('" + tenant_.str() +
            "', '00000000-0000-8000-8000-000000000001', 1, 1, 't', 'k', 1, now(), now(), now(), 1, 1, " + values + ")");
    }

    std::unique_ptr<ports::DueBoard> board_ = make_due_board(pipeline());
    TenantId tenant_ = new_tenant();
};

TEST_F(DueBoardTest, ShowsTheDatabasesClockAndNothingThatDoesNotWait)
{
    const auto times = board_->look().value();
    EXPECT_LT(
        std::abs(number("select (extract(epoch from now()) * 1000)::bigint") - times.now.time_since_epoch().count()),
        60'000);
    for (const auto* kind : {"hold", "quiet", "expiry", "quiet_silence", "quiet_source", "delivery", "backtest",
                             "takeover", "gather_history", "source_networks"}) {
        static_cast<void>(do_chore("gather_history"));  // what the new tenant has left
        EXPECT_EQ(due(kind), std::nullopt) << kind;
    }
}

TEST_F(DueBoardTest, APauseIsDueWhenItIsOverAndATenthOfASecondLater)
{
    ticket("state, held_by, held_until", "'held', 'pause', now() + interval '1 hour'");
    ASSERT_TRUE(due("hold"));
    EXPECT_LE(*due("hold"), 1h + 100ms);
    EXPECT_GT(*due("hold"), 59min);
    sql("update tickets set held_until = now() - interval '1 hour'");
    EXPECT_LE(*due("hold"), -1h + 101ms);
}

TEST_F(DueBoardTest, AnInstanceIsDueWhenItEndsWhileItFires)
{
    ticket("state", "'open'");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) select "
        "tenant_id, "
        "'i', ticket_id, now(), now() - interval '1 minute', true from tickets");
    ASSERT_TRUE(due("expiry"));
    EXPECT_LE(*due("expiry"), -1min);
    sql("update alert_instances set firing = false");
    EXPECT_EQ(due("expiry"), std::nullopt);
}

TEST_F(DueBoardTest, SourceNetworksAreDueWhenTheirTrialIsOver)
{
    sql("insert into source_networks (tenant_id, old_users, old_admins, old_keys, revert_at) values ('" +
        tenant_.str() + "', '{}', '{}', '{}', now() + interval '1 hour')");
    ASSERT_TRUE(due("source_networks"));
    EXPECT_GT(*due("source_networks"), 59min);
    sql("update source_networks set revert_at = now() - interval '1 minute'");
    EXPECT_LE(*due("source_networks"), -1min);
    sql("update source_networks set old_users = null, old_admins = null, old_keys = null, revert_at = null");
    EXPECT_EQ(due("source_networks"), std::nullopt);
}

TEST_F(DueBoardTest, AStreamWhoseWriterIsGoneIsDueAndOneThatSomebodyHoldsIsNot)
{
    auto streams = make_journal_streams(pipeline());
    ASSERT_TRUE(streams->open("node"));
    EXPECT_EQ(due("takeover"), std::nullopt);
    streams.reset();
    EXPECT_TRUE(eventually([&] { return due("takeover") == 0ms; })) << "as soon as its session has ended";
    const auto heir = make_journal_streams(pipeline());
    ASSERT_EQ(heir->claim_orphans().value().size(), 1U);
    EXPECT_EQ(due("takeover"), std::nullopt);
}

TEST_F(DueBoardTest, ConfigurationIsDueUntilTheVersionsThatThereAreWereCompared)
{
    const auto store = make_config_store(pipeline());
    std::optional<ports::VersionsSum> compared;
    const auto compare = [&] {
        compared = ports::sum_of(store->versions().value());
    };
    board_ = make_due_board(pipeline(), [&] { return compared; });
    EXPECT_EQ(due("configuration"), 0ms) << "nobody has compared anything";
    compare();
    EXPECT_EQ(due("configuration"), std::nullopt);
    sql("update tenant_settings set reopen_window_ms = 1");
    EXPECT_EQ(due("configuration"), 0ms);
    EXPECT_EQ(due("configuration"), 0ms) << "that it was told of is not that it was done";
    compare();
    EXPECT_EQ(due("configuration"), std::nullopt);
    static_cast<void>(new_tenant());
    EXPECT_EQ(due("configuration"), 0ms);
    compare();
    EXPECT_EQ(due("configuration"), std::nullopt);
}

TEST_F(DueBoardTest, ConfigurationIsDueWhereATenantHasGoneAndOneOfEqualVersionsHasCome)
{
    const auto store = make_config_store(pipeline());
    const auto compared = ports::sum_of(store->versions().value());
    board_ = make_due_board(pipeline(), [&] { return compared; });
    EXPECT_EQ(due("configuration"), std::nullopt);
    sql("set session_replication_role = replica; update tenants set tenant_id = '" + new_uuid().str() +
        "' where tenant_id = '" + tenant_.str() + "'");
    EXPECT_EQ(ports::sum_of(store->versions().value()).versions, compared.versions);
    EXPECT_EQ(due("configuration"), 0ms);
}

TEST_F(DueBoardTest, TellsOfEachChoreThatWaitsForIt)
{
    const auto on_board = kinds_on_board();
    const auto chores = make_chores(pipeline(), {}, [](auto, auto, auto) { return std::string(); });
    std::size_t waiting = 0;
    for (const auto& chore : chores->list()) {
        if (!chore.on_board) continue;
        ++waiting;
        EXPECT_NE(std::ranges::find(on_board, chore.name), on_board.end()) << chore.name;
    }
    EXPECT_GT(waiting, 4U);
}

TEST_F(DueBoardTest, WhatOneRowSpoilsCountsAsDueAndTheOthersAreSeen)
{
    ticket("state, held_by, held_until", "'held', 'pause', 'infinity'");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) select "
        "tenant_id, "
        "'i', ticket_id, now(), now() + interval '1 hour', true from tickets");
    EXPECT_EQ(due("hold"), 0ms) << "no number says how long that is";
    ASSERT_TRUE(due("expiry"));
    EXPECT_GT(*due("expiry"), 59min);
    EXPECT_EQ(due("quiet"), std::nullopt);
}

TEST_F(DueBoardTest, WhatIsDueInAMillenniumIsDueInADayAtTheEarliestThatIsLookedAt)
{
    ticket("state, held_by, held_until", "'held', 'pause', '9999-12-31'");
    EXPECT_EQ(due("hold"), 24h);
    sql("update tickets set held_until = '0001-01-01'");
    ASSERT_TRUE(due("hold"));
    EXPECT_LT(*due("hold"), -24h);
    EXPECT_GT(*due("hold"), -24h * 365 * 100) << "a clock in nanoseconds can hold it";
}

TEST_F(DueBoardTest, TablesThatAreLockedCountAsDueAndTheOthersAreSeen)
{
    ticket("state", "'open'");
    pqxx::connection connection(database_.superuser);
    pqxx::work lock(connection);
    lock.exec("lock table tickets, alert_instances, deliveries, backtests, history_deltas in access exclusive mode");
    const auto begun = std::chrono::steady_clock::now();
    const auto times = board_->look();
    ASSERT_TRUE(times) << times.error().message();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s) << "less than one of them waits for a lock elsewhere";
    for (const auto* kind : {"hold", "expiry", "delivery", "backtest", "gather_history"}) {
        EXPECT_EQ(due(*times, kind), 0ms) << kind;
    }
    EXPECT_EQ(due(*times, "quiet"), std::nullopt);
    EXPECT_EQ(due(*times, "takeover"), std::nullopt);
}

TEST_F(DueBoardTest, AColumnThatIsSlowOrCannotBeReadCountsAsDueAndTheOthersAreSeen)
{
    ticket("state, held_by, held_until", "'held', 'pause', now() + interval '1 hour'");
    sql("alter table noise_deltas rename to noise_deltas_kept;"
        "create view noise_deltas as select 1 as one from generate_series(1, 60) where pg_sleep(1)::text = 'never';"
        "grant select on noise_deltas to winnow_pipeline;"
        "revoke all on owed_events from winnow_pipeline;"
        "alter table history_deltas rename to history_deltas_kept");
    for (int look = 0; look < 2; ++look) {
        const auto times = board_->look();
        ASSERT_TRUE(times) << times.error().message();
        EXPECT_EQ(due(*times, "gather_noise"), 0ms) << "slow";
        EXPECT_EQ(due(*times, "delivery"), 0ms) << "not permitted";
        EXPECT_EQ(due(*times, "gather_history"), 0ms) << "missing";
        EXPECT_EQ(due(*times, "expiry"), std::nullopt);
        ASSERT_TRUE(due(*times, "hold"));
        EXPECT_GT(*due(*times, "hold"), 59min);
    }
}

TEST_F(DueBoardTest, ShowsAnOutageThatNoHeartbeatHasWrittenDownYet)
{
    auto streams = make_journal_streams(pipeline());
    ASSERT_TRUE(streams->open("node"));
    EXPECT_TRUE(board_->look().value().outages.empty());
    sql("update journal_streams set renewed_at = now() - interval '1 hour'");
    const auto outages = board_->look().value().outages;
    ASSERT_EQ(outages.size(), 1U);
    EXPECT_GE(outages[0].ended - outages[0].began, 1h);
    EXPECT_LT(outages[0].ended - outages[0].began, 61min);
}

TEST_F(DueBoardTest, ShowsTheOutagesOfTheLastDayInOrder)
{
    sql("insert into outages values (now() - interval '2 hours', now() - interval '1 hour'), (now() - interval '5 "
        "hours', "
        "now() - interval '4 hours'), (now() - interval '3 days', now() - interval '2 days')");
    const auto outages = board_->look().value().outages;
    ASSERT_EQ(outages.size(), 2U);
    EXPECT_LT(outages[0].ended, outages[1].began);
    EXPECT_EQ(outages[1].ended - outages[1].began, 1h);
}

}  // namespace
}  // namespace winnow::pg
