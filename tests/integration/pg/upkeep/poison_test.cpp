/// @file
/// What cannot be done of one tenant: the others' is done all the same, and the tenant's own behind it.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/search_index.hpp"

#include <memory>
#include <random>

namespace winnow::pg {
namespace {

class PoisonTest : public PgTest {
protected:
    static std::string quoted(TenantId tenant) { return "'" + tenant.str() + "'"; }

    /// Characters of four bytes that do not compress.
    static std::string astral(std::size_t characters)
    {
        static std::mt19937 dice(20261127);  // NOLINT: the same in each run
        std::string text;
        for (std::size_t i = 0; i < characters; ++i) {
            text += "\xF0\xA0";
            text += static_cast<char>(0x80 + dice() % 64);
            text += static_cast<char>(0x80 + dice() % 64);
        }
        return text;
    }

    void noise(TenantId tenant, const std::string& source, const std::string& count = "1")
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        tx.exec("insert into noise_deltas (tenant_id, hour, kinds, keys, outcomes, counts) values (" + quoted(tenant) +
                ", date_trunc('hour', now()), '{source}', array[" + tx.quote(source) + "], '{dropped}', '{" + count +
                "}')");
    }
    [[nodiscard]] std::int64_t counted(TenantId tenant)
    {
        return number("select coalesce(sum(dropped), 0) from noise_counts where tenant_id = " + quoted(tenant));
    }
    [[nodiscard]] std::int64_t receipts(TenantId tenant)
    {
        return number("select count(*) from idempotency_receipts where tenant_id = " + quoted(tenant));
    }
    void old_receipt(TenantId tenant)
    {
        sql("insert into idempotency_receipts values (" + quoted(tenant) +
            ", gen_random_uuid(), 'k', sha256(''), 202, '', now() - interval '400 days')");
    }
    void let_nobody_delete(const std::string& table, TenantId tenant)
    {
        sql("create function keep() returns trigger language plpgsql as $$ begin if old.tenant_id = " + quoted(tenant) +
            " then raise exception using errcode = '22P02'; end if; return old; end $$");
        sql("create trigger keep before delete on " + table + " for each row execute function keep()");
    }
    std::string ticket(TenantId tenant, int number, const std::string& title)
    {
        const auto id = new_uuid().str();
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at) values (" +
            quoted(tenant) + ", '" + id + "', " + std::to_string(number) + ", 'open', 1, '" + title + "', '" + title +
            "', 1, now(), now(), now())");
        sql("insert into ticket_numbers values (" + quoted(tenant) + ", " + std::to_string(number + 1) +
            ") on conflict (tenant_id) do update set next_number = excluded.next_number");
        return id;
    }

    const TenantId a_ = new_tenant(), b_ = new_tenant(), c_ = new_tenant();
    const std::unique_ptr<ports::Chores> chores_ = make_chores(pipeline());
};

TEST_F(PoisonTest, ASourceThatIsLongerThanAnIndexTakesStopsNobodysStatistics)
{
    noise(a_, astral(1'024));
    noise(a_, "db-7");
    noise(b_, "db-8");
    EXPECT_NO_THROW(do_chore("gather_noise"));
    EXPECT_EQ(counted(a_), 2);
    EXPECT_EQ(counted(b_), 1);
    EXPECT_EQ(number("select count(*) from noise_deltas"), 0);
}

TEST_F(PoisonTest, AnAdditionThatCannotBeGatheredIsPutAsideAndThoseAroundItCount)
{
    const std::string most = "9223372036854775807";
    for (int i = 0; i < 40; ++i) noise(b_, "db-8");
    noise(b_, "full", most);
    EXPECT_NO_THROW(do_chore("gather_noise"));
    noise(b_, "db-8");
    noise(b_, "full", most);  // more than a column holds
    noise(b_, "db-8");
    noise(a_, "db-7");
    noise(c_, "db-9");
    EXPECT_NO_THROW(do_chore("gather_noise"));
    EXPECT_EQ(counted(a_), 1);
    EXPECT_EQ(counted(c_), 1);
    EXPECT_EQ(number("select sum(dropped) from noise_counts where key = 'db-8'"), 42);
    EXPECT_EQ(number("select count(*) from noise_deltas"), 0);
    EXPECT_EQ(number("select count(*) from chore_set_asides where tenant_id = " + quoted(b_)), 1);
}

TEST_F(PoisonTest, ATenantWhoseRowsCannotBeDeletedKeepsNoOthersRowsFromBeingForgotten)
{
    for (const auto tenant : {a_, b_, c_}) old_receipt(tenant);
    let_nobody_delete("idempotency_receipts", b_);
    EXPECT_NO_THROW(do_chore("forget_receipts"));
    EXPECT_EQ(receipts(a_), 0);
    EXPECT_EQ(receipts(b_), 1);
    EXPECT_EQ(receipts(c_), 0);
}

TEST_F(PoisonTest, AWalkPassesOverTheTenantWhoseRowsItCannotDelete)
{
    for (const auto tenant : {a_, b_, c_}) {
        sql("insert into suppression_stats (tenant_id, cause_id, matched, last_matched_at) values (" + quoted(tenant) +
            ", gen_random_uuid(), 1, now() - interval '400 days')");
    }
    let_nobody_delete("suppression_stats", b_);
    EXPECT_NO_THROW(do_chore("forget_suppression_statistics"));
    EXPECT_EQ(number("select count(*) from suppression_stats"), 1);
    EXPECT_EQ(number("select count(*) from suppression_stats where tenant_id = " + quoted(b_)), 1);
}

TEST_F(PoisonTest, ASilenceThatNoTimeCanEndKeepsNoOthersFromEnding)
{
    for (const auto tenant : {a_, b_, c_}) {
        sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
            "end_when_quiet_ms, created_by, created_at, updated_by) values (" +
            quoted(tenant) +
            ", gen_random_uuid(), '{}', 'matchers', now() - interval '1 day', now() + interval '1 day', "
            "'x', " +
            (tenant == b_ ? "9223372036854775807" : "1000") + ", 'x', now() - interval '1 day', 'x')");
    }
    const auto store = make_quiet_store(pipeline());
    std::size_t ended = 0;
    for (int i = 0; i < 32; ++i) {
        const auto step = store->end_quiet_silences();
        ASSERT_TRUE(step) << step.error().message();
        EXPECT_TRUE(i > 0 || step->more) << "one attempt, and it failed";
        ended += step->rows;
        if (!step->more) break;
    }
    EXPECT_EQ(ended, 2U);
    EXPECT_EQ(number("select count(*) from silences where ended_by = '' and tenant_id = " + quoted(b_)), 1);
}

TEST_F(PoisonTest, ATicketThatTheSearchIndexCannotTakeInWaitsAndTheOthersAreTakenIn)
{
    sql("create function refuse() returns trigger language plpgsql as $$ begin "
        "if strpos(new.body, 'poison') > 0 then raise exception using errcode = '54000'; end if; return new; end $$");
    sql("create trigger refuse before insert on ticket_search for each row execute function refuse()");
    ticket(a_, 1, "fine");
    for (int i = 1; i <= 20; ++i) ticket(b_, i, i == 7 ? "poison" : "fine" + std::to_string(i));
    ticket(c_, 1, "fine");
    const auto index = make_search_index(pipeline());
    for (int i = 0; i < 100; ++i) {
        const auto step = index->advance(50);
        ASSERT_TRUE(step) << step.error().message();
        if (*step == 0) break;
    }
    EXPECT_EQ(number("select count(*) from ticket_search"), 21);
    EXPECT_EQ(number("select count(*) from search_due where tenant_id = " + quoted(b_)), 1)
        << "where searches look for it without the index";
}

TEST_F(PoisonTest, AWholeThatFailsForNobodyInParticularIsAnError)
{
    sql("alter table idempotency_receipts rename to elsewhere");
    EXPECT_THROW(do_chore("forget_receipts"), std::runtime_error);
}

}  // namespace
}  // namespace winnow::pg
