#include "winnow/pg/due_board.hpp"

#include "integration/pg/fixture.hpp"

#include <algorithm>
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
        const auto found = std::ranges::find(times->in, kind, [](const auto& one) { return one.first; });
        return found == times->in.end() ? std::nullopt : std::optional(found->second);
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
                             "takeover", "gather_history"}) {
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

TEST_F(DueBoardTest, ConfigurationIsDueOnceWhereAnybodysHasChangedSinceTheLastLook)
{
    static_cast<void>(due("configuration"));
    EXPECT_EQ(due("configuration"), std::nullopt);
    sql("update tenant_settings set reopen_window_ms = 1");
    EXPECT_EQ(due("configuration"), 0ms);
    EXPECT_EQ(due("configuration"), std::nullopt);
    static_cast<void>(new_tenant());
    EXPECT_EQ(due("configuration"), 0ms);
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
