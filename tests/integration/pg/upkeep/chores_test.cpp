/// @file
/// What is forgotten in time: in bounded steps, whatever there is of it.

#include "integration/pg/fixture.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;

class ChoresTest : public PgTest {
protected:
    [[nodiscard]] std::size_t place_of(const std::string& name)
    {
        const auto found = std::ranges::find(chores_->list(), name, &ports::Chore::name);
        return static_cast<std::size_t>(found - chores_->list().begin());
    }
    std::string t() const { return "'" + tenant_.str() + "'"; }

    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::Chores> chores_ = make_chores(pipeline());
};

TEST_F(ChoresTest, OldReceiptsAreForgottenInBoundedSteps)
{
    sql("insert into idempotency_receipts select " + t() +
        ", gen_random_uuid(), n::text, sha256(''), 202, '', now() - (case when n <= 4500 then 8 else 6 end) * interval "
        "'1 day' from generate_series(1, 4600) n");
    const auto receipts = place_of("forget_receipts");
    const auto step = chores_->step(receipts);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->rows, 2'000U);
    EXPECT_TRUE(step->more);
    EXPECT_EQ(number("select count(*) from idempotency_receipts"), 2'600);
    EXPECT_EQ(do_chore("forget_receipts"), 2'500U);
    EXPECT_EQ(number("select count(*) from idempotency_receipts"), 100);
    EXPECT_FALSE(chores_->step(receipts)->more);
}

TEST_F(ChoresTest, TheProgressOfLongEndedStreamsIsForgotten)
{
    const auto stream = make_journal_streams(pipeline())->open("n").value();
    sql("insert into journal_progress values (" + t() + ", " + std::to_string(stream) + ", 2)");
    EXPECT_EQ(do_chore("forget_streams"), 0U);
    sql("update journal_streams set ended_at = now()");
    EXPECT_EQ(do_chore("forget_streams"), 0U) << "a day's grace";
    sql("update journal_streams set ended_at = now() - interval '2 days'");
    EXPECT_EQ(do_chore("forget_streams"), 1U);
}

/// An event's ticket is looked for by the plan that its session has made, and of indexes that begin with the tenant an
/// empty table is asked by the newest: made then, it walks all that the tenant has.
TEST_F(ChoresTest, ATableThatHasGrownIsMeasuredSoThatNoPlanStaysThatWasMadeForAnEmptyOne)
{
    const auto add_tickets = [&](int first, int last) {
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at) select " +
            t() +
            ", lpad(to_hex(n), 32, '0')::uuid, n, 'open', 1, 'disk is full', 'k' || n, 1, now(), now(), now() "
            "from generate_series(" +
            std::to_string(first) + ", " + std::to_string(last) + ") n");
    };
    pqxx::connection session(database_.superuser);
    pqxx::nontransaction tx(session);
    std::int64_t read_before = 0;
    const auto tickets_read = [&](int ticket, int event) {
        tx.exec("insert into ticket_events values (" + t() + ", lpad(to_hex(" + std::to_string(ticket) +
                "), 32, '0')::uuid, " + std::to_string(event) + ", 'opened', now(), 'system')");
        // What the session has read that its server was not told of yet, and what it was told of.
        tx.exec("select pg_stat_force_next_flush()");
        const auto read = tx.exec(
                                "select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'tickets' and "
                                "indexrelname in ('tickets_pkey', 'tickets_by_state')")[0][0]
                              .as<std::int64_t>();
        return read - std::exchange(read_before, read);
    };
    sql("alter table tickets set (autovacuum_enabled = off)");
    add_tickets(1, 1);
    constexpr int kUntilPlanned = 6;  // PostgreSQL plans five times for the values, and then for all
    for (int event = 1; event <= kUntilPlanned; ++event) EXPECT_LE(tickets_read(1, event), 2);
    EXPECT_EQ(do_chore("measure_tables"), 0U);
    add_tickets(2, 3'000);
    read_before = number(
        "select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'tickets' and "
        "indexrelname in ('tickets_pkey', 'tickets_by_state')");
    EXPECT_GT(tickets_read(3'000, 1), 2'000) << "the plan for an empty table: without it this test shows nothing";
    EXPECT_EQ(do_chore("measure_tables"), 1U);
    EXPECT_LE(tickets_read(3'000, 2), 2);
    EXPECT_EQ(do_chore("measure_tables"), 0U);
}

TEST_F(ChoresTest, SourcesThatNoLongerFireAreForgottenHoweverManyFireBeforeThem)
{
    const auto id = new_uuid().str();
    sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, target_condition, "
        "target_syntax, updated_by) values (" +
        t() + ", '" + id + "', 'i', '{}', 'matchers', '{}', 'matchers', 'x')");
    sql("insert into alert_instances select " + t() +
        ", 'a' || n, gen_random_uuid(), now(), null, n <= 2500 from generate_series(1, 2600) n");
    sql("insert into inhibition_sources select " + t() + ", '" + id +
        "', 'ia' || n, '', false from generate_series(1, 2600) n");
    EXPECT_EQ(do_chore("forget_inhibition_sources"), 100U);
    EXPECT_EQ(number("select count(*) from inhibition_sources"), 2'500);
    EXPECT_EQ(do_chore("forget_inhibition_sources"), 0U);
}

TEST_F(ChoresTest, WhileATenantIsBeingFoldedNoneOfItsSourcesIsForgotten)
{
    const auto source = [&](const std::string& tenant) {
        const auto id = new_uuid().str();
        sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, "
            "target_condition, target_syntax, updated_by) values (" +
            tenant + ", '" + id + "', 'i', '{}', 'matchers', '{}', 'matchers', 'x')");
        sql("insert into inhibition_sources values (" + tenant + ", '" + id + "', 'ia', '', false)");
    };
    source(t());
    source("'" + new_tenant().str() + "'");
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction fold(connection);
    fold.exec("select pg_advisory_lock(x'574E4644'::int, hashtext(" + t() + "))");
    EXPECT_EQ(do_chore("forget_inhibition_sources"), 1U) << "of the other tenant";
    EXPECT_EQ(number("select count(*) from inhibition_sources where tenant_id = " + t()), 1);
    fold.exec("select pg_advisory_unlock(x'574E4644'::int, hashtext(" + t() + "))");
    EXPECT_EQ(do_chore("forget_inhibition_sources"), 1U);
}

TEST_F(ChoresTest, WhileAnotherNodeDoesAChoreThereIsNothingToDo)
{
    sql("insert into idempotency_receipts values (" + t() +
        ", gen_random_uuid(), 'k', sha256(''), 202, '', now() - interval '8 days')");
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction other(connection);
    other.exec("select pg_advisory_lock(x'574E4348'::int, hashtext('forget_receipts'))");
    EXPECT_EQ(do_chore("forget_receipts"), 0U);
    other.exec("select pg_advisory_unlock(x'574E4348'::int, hashtext('forget_receipts'))");
    EXPECT_EQ(do_chore("forget_receipts"), 1U);
}

TEST_F(ChoresTest, OneNodeDoesAChoreInAnInterval)
{
    const auto receipts = place_of("forget_receipts");
    const auto other = make_chores(pipeline());
    EXPECT_EQ(chores_->claim(receipts).value(), 0ms);
    const auto rest = other->claim(receipts).value();
    EXPECT_GT(rest, 59min);
    EXPECT_LE(rest, 1h);
    EXPECT_GT(chores_->claim(receipts).value(), 59min) << "nor does the same one do it twice";
    EXPECT_EQ(other->claim(place_of("forget_deliveries")).value(), 0ms);
    sql("update chore_runs set begun_at = begun_at - interval '1 hour'");
    EXPECT_EQ(other->claim(receipts).value(), 0ms) << "the first one is gone, or not its turn";
    EXPECT_GT(chores_->claim(receipts).value(), 59min);
    sql("update chore_runs set begun_at = now() + interval '1 day'");
    EXPECT_EQ(chores_->claim(receipts).value(), 0ms) << "the clock was put back";
}

TEST_F(ChoresTest, WithoutADatabaseEveryChoreIsUnavailable)
{
    const auto nowhere = make_chores(PgOptions{.conninfo = "host=/nowhere"});
    EXPECT_EQ(nowhere->claim(0).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(nowhere->step(0).error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace winnow::pg
