/// @file
/// Histories: how large they count, that what goes is taken off again, where the limit is, and that versions of rule
/// sets are thinned.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/migrator.hpp"

#include <pqxx/except>
#include <pqxx/transaction>

#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

constexpr std::int64_t kLimit = 1'048'576;
constexpr std::int64_t kFrame = 100 + 12;  ///< What an entry counts beside its text.

/// Writes as people do, through the API's role; the tenant's own limit is kLimit unless the test says else.
class Person {
public:
    Person(const test::TestDatabase& database, TenantId tenant, const std::string& options)
        : connection_(database.api + " options='" + options + "'"), tx_(connection_), tenant_("'" + tenant.str() + "'")
    {
        test::begin_as(tx_, database, tenant.str());
    }
    /// An entry that counts so many bytes.
    void entry(const std::string& ticket, int seq, std::int64_t bytes)
    {
        tx_.exec("insert into ticket_events values (" + tenant_ + ", '" + ticket + "', " + std::to_string(seq) +
                 ", 'commented', now(), 'user:x', jsonb_build_object('text', repeat('x', " +
                 std::to_string(bytes - kFrame) + ")))");
    }
    void ruleset(int version, int created, int updated, int deleted)
    {
        tx_.exec(
            "insert into ruleset_versions (tenant_id, version, made_by, created, updated, deleted, moved, "
            "rule_ids, rule_versions) values (" +
            tenant_ + ", " + std::to_string(version) + ", 'x', " + std::to_string(created) + ", " +
            std::to_string(updated) + ", " + std::to_string(deleted) + ", 0, '{}', '{}')");
    }
    void exec(const std::string& statement) { tx_.exec(statement); }
    void commit() { tx_.exec("commit"); }

private:
    pqxx::connection connection_;
    pqxx::nontransaction tx_;
    std::string tenant_;
};

class HistoryLimitTest : public PgTest {
protected:
    std::string t() const { return "'" + tenant_.str() + "'"; }
    [[nodiscard]] std::int64_t used(TenantId tenant) { return number("select history_bytes('" + tenant.str() + "')"); }
    [[nodiscard]] std::int64_t used() { return used(tenant_); }
    std::string ticket()
    {
        const auto id = new_uuid().str();
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at) values (" +
            t() + ", '" + id + "', " + std::to_string(++tickets_) + ", 'closed', 1, 't', 't', 1, now(), now(), now())");
        return id;
    }
    void entries(const std::string& ticket, const std::string& actor, int from, int to)
    {
        sql("insert into ticket_events select " + t() + ", '" + ticket + "', n, 'commented', now(), '" + actor +
            "', jsonb_build_object('text', repeat('x', 1000)) from generate_series(" + std::to_string(from) + ", " +
            std::to_string(to) + ") n");
    }
    void uncounted(const std::string& history)
    {
        sql("insert into history_uncounted (tenant_id, history) values (" + t() + ", '" + history + "')");
    }
    /// A version every ten minutes, the first so many minutes ago.
    int rulesets(int minutes)
    {
        sql("insert into ruleset_versions (tenant_id, version, made_at, made_by, created, updated, deleted, moved, "
            "rule_ids, rule_versions) select " +
            t() + ", n, now() - (" + std::to_string(minutes) +
            " - 10 * (n - 1)) * interval '1 minute', 'x', 0, 1, 0, "
            "0, '{}', '{}' from generate_series(1, " +
            std::to_string(minutes / 10) + ") n");
        return minutes / 10;
    }
    Person person(const std::string& options = "-c winnow.max_history_bytes=2097152")
    {
        return {database_, tenant_, options};
    }
    /// What the database says where the entry goes beyond the limit; "" where it does not.
    template <typename Write>
    std::string refusal(Write write)
    {
        try {
            auto someone = person();
            write(someone);
            return "";
        } catch (const pqxx::sql_error& refused) {
            EXPECT_EQ(refused.sqlstate(), "WQ001") << refused.what();
            return refused.what();
        }
    }
    [[nodiscard]] bool somebody_waits_for_a_lock()
    {
        return eventually([&] { return number("select count(*) from pg_locks where not granted") > 0; });
    }

    TenantId tenant_ = new_tenant();
    const TenantId other_ = new_tenant();
    int tickets_ = 0;
};

TEST_F(HistoryLimitTest, WhatPeopleAddCountsWhateverTriageAddsDoesNotAndWhatGoesIsTakenOff)
{
    const auto id = ticket();
    EXPECT_EQ(used(), 0);
    entries(id, "system", 1, 10);
    EXPECT_EQ(used(), 0);
    entries(id, "user:" + new_uuid().str(), 11, 20);
    const auto ten = used();
    EXPECT_EQ(ten, 10 * (1'000 + kFrame));
    EXPECT_EQ(used(other_), 0);
    EXPECT_EQ(do_chore("gather_history"), 10U);
    EXPECT_EQ(used(), ten) << "added up, it is as much";
    EXPECT_EQ(number("select count(*) from history_deltas"), 0);

    rulesets(20);
    sql("insert into rule_versions (tenant_id, rule_id, version, content, changed_by) select " + t() +
        ", gen_random_uuid(), 1, '{\"name\": \"r\"}', 'x' from generate_series(1, 3)");
    EXPECT_EQ(used(), ten + 2 * 100 + 3 * 113);
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
        "updated_by) values (" +
        t() + ", gen_random_uuid(), 'a=\"b\"', 'matchers', now(), now(), 'c', 'x', 'x')");
    EXPECT_EQ(used(), ten + 2 * 100 + 3 * 113 + 206);
    sql("update silences set comment = 'cc'");
    EXPECT_EQ(used(), ten + 2 * 100 + 3 * 113 + 207);
    sql("delete from silences");
    sql("delete from ruleset_versions");
    sql("delete from rule_versions");
    sql("delete from ticket_events where seq <= 15");
    EXPECT_EQ(used(), ten / 2);
    sql("delete from tickets");
    EXPECT_EQ(used(), 0) << "with a ticket its timeline goes";
    do_chore("gather_history");
    EXPECT_EQ(used(), 0);
    EXPECT_EQ(number("select bytes from history_used"), 0);
}

TEST_F(HistoryLimitTest, WhatIsForgottenMakesRoom)
{
    sql("update tenant_settings set retention_days = '{\"tickets\": 1, \"silences\": 1}', journal_retention_days = 1");
    const auto id = ticket();
    entries(id, "user:x", 1, 5);
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
        "updated_by) values (" +
        t() + ", gen_random_uuid(), 'a=\"b\"', 'matchers', now(), now(), 'c', 'x', 'x')");
    const auto before = used();
    EXPECT_EQ(do_chore("forget_tickets"), 0U);
    EXPECT_EQ(used(), before);
    sql("update tickets set closed_at = now() - interval '100 days', last_seen_at = now() - interval '100 days'");
    sql("update silences set starts_at = now() - interval '3 days', ends_at = now() - interval '2 days'");
    EXPECT_GT(do_chore("forget_tickets"), 0U);
    EXPECT_EQ(used(), 206);
    EXPECT_EQ(do_chore("forget_silences"), 1U);
    EXPECT_EQ(used(), 0);
}

TEST_F(HistoryLimitTest, ATenantThatGoesTakesItsSizesAlong)
{
    entries(ticket(), "user:x", 1, 5);
    uncounted("silences");
    sql("delete from tenants where tenant_id = " + t());
    EXPECT_EQ(number("select (select count(*) from history_deltas) + (select count(*) from history_uncounted)"), 0);
}

TEST_F(HistoryLimitTest, WhatWasThereBeforeTheStepIsCountedByAChoreInBoundedSteps)
{
    database_ = test::PostgresCluster::instance().empty_database();
    std::vector<Migration> before;
    for (const auto& step : embedded_migrations()) {
        if (step.name.ends_with("_history_quota")) break;
        before.push_back(step);
    }
    ASSERT_TRUE(migrate(database_.superuser, {}, before));
    sql("insert into tenants (tenant_id, service_code, name) values (" + t() + ", 'tenant1', 'T')");
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
        "first_seen_at, last_seen_at, opened_at) select " +
        t() + ", md5(n::text)::uuid, n, 'closed', 1, 't', 't', 1, now(), now(), now() from generate_series(1, 3000) n");
    sql("insert into ticket_events select tenant_id, ticket_id, n, 'commented', now(), case when n = 2 then 'user:x' "
        "else 'system' end, jsonb_build_object('text', repeat('x', 1000)) from tickets, generate_series(1, 4) n");
    rulesets(3'000);
    sql("insert into rule_versions (tenant_id, rule_id, version, content, changed_by) select " + t() +
        ", md5((n / 3)::text)::uuid, n, '{\"name\": \"r\"}', 'x' from generate_series(1, 3000) n");
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
        "updated_by) select " +
        t() + ", md5(n::text)::uuid, 'a=\"b\"', 'matchers', now(), now(), 'c', 'x', 'x' from generate_series(1, 10) n");
    const auto migrated = migrate(database_.superuser);
    ASSERT_TRUE(migrated) << migrated.error().message();
    EXPECT_EQ(used(), 0);

    // What comes and goes meanwhile counts once, on either side of where the chore has come to.
    sql("delete from ticket_events where seq = 2 and ticket_id < '10000000-0000-0000-0000-000000000000'");
    const auto chores = make_chores(pipeline());
    const auto count = static_cast<std::size_t>(
        std::ranges::find(chores->list(), "count_history", &ports::Chore::name) - chores->list().begin());
    std::size_t steps = 0;
    for (bool more = true; more;) {
        const auto step = chores->step(count);
        ASSERT_TRUE(step) << step.error().message();
        EXPECT_LE(step->rows, 10'000U);
        more = step->more;
        ++steps;
        sql("insert into ticket_events select tenant_id, ticket_id, 4 + " + std::to_string(steps) +
            ", 'commented', now(), 'user:x', '{}' from tickets where number % 500 = 7");
        sql("delete from ticket_events where seq = 2 and ticket_id in (select ticket_id from tickets where number % "
            "100 = " +
            std::to_string(steps) + ")");
        sql("delete from rule_versions where version % 100 = " + std::to_string(steps));
    }
    EXPECT_GE(steps, 8U);
    EXPECT_EQ(number("select count(*) from history_uncounted"), 0);
    const auto entries = number("select sum(100 + octet_length(data::text)) from ticket_events where actor = 'user:x'");
    const auto rules = number("select 113 * count(*) from rule_versions");
    EXPECT_EQ(used(), entries + rules + 300 * 100 + 10 * 206);
    do_chore("gather_history");
    EXPECT_EQ(used(), entries + rules + 300 * 100 + 10 * 206);
    sql("delete from silences");
    sql("delete from ticket_events");
    EXPECT_EQ(used(), rules + 300 * 100);
}

TEST_F(HistoryLimitTest, AnEntryThatIsBeingWrittenWhileTheChoreCountsCountsOnce)
{
    const auto id = ticket();
    uncounted("ticket_events");
    {
        auto someone = person();
        someone.entry(id, 1, 5'000);
        std::thread chore([&] {
            // A round gives up where it waits for too long, which is no failure; the next one goes on.
            while (number("select count(*) from history_uncounted") > 0) do_chore("count_history");
        });
        const bool waits = somebody_waits_for_a_lock();
        someone.commit();
        chore.join();
        EXPECT_TRUE(waits);
    }
    EXPECT_EQ(used(), 5'000);
}

TEST_F(HistoryLimitTest, AnEntryThatWaitsForTheChoresStepCountsOnce)
{
    const auto id = ticket();
    uncounted("ticket_events");
    pqxx::connection connection(database_.superuser);
    pqxx::work step(connection);
    step.exec("select pg_advisory_xact_lock(x'48495354'::int, hashtext(" + t() + "))");
    step.exec("delete from history_uncounted");
    std::thread writer([&] {
        auto someone = person();
        someone.entry(id, 1, 5'000);
        someone.commit();
    });
    const bool waits = somebody_waits_for_a_lock();
    step.commit();
    writer.join();
    EXPECT_TRUE(waits);
    EXPECT_EQ(used(), 5'000);
}

TEST_F(HistoryLimitTest, TwoRequestsOfATenantDoNotWaitForEachOther)
{
    const auto first = ticket();
    const auto second = ticket();
    auto one = person();
    one.entry(first, 1, 5'000);
    auto two = person("-c winnow.max_history_bytes=2097152 -c lock_timeout=2000");
    two.entry(second, 1, 5'000);
    two.commit();
    one.entry(second, 2, 5'000);
    one.commit();
    EXPECT_EQ(used(), 15'000);
}

TEST_F(HistoryLimitTest, TheLimitIsExactAndTheTenantsOwnGoesBeforeTheNodes)
{
    const auto id = ticket();
    sql("update tenants set max_history_bytes = " + std::to_string(kLimit) + " where tenant_id = " + t());
    sql("insert into history_deltas (tenant_id, bytes) values (" + t() + ", " + std::to_string(kLimit - 5'000) + ")");
    EXPECT_THAT(refusal([&](Person& p) { p.entry(id, 1, 5'001); }), testing::HasSubstr("1048576"));
    EXPECT_EQ(refusal([&](Person& p) {
                  p.entry(id, 1, 5'000);
                  p.commit();
              }),
              "");
    EXPECT_EQ(used(), kLimit);
    do_chore("gather_history");
    EXPECT_NE(refusal([&](Person& p) { p.entry(id, 2, 2'049); }), "");
    sql("update tenants set max_history_bytes = null");
    EXPECT_EQ(refusal([&](Person& p) { p.entry(id, 2, 1'048'576); }), "") << "the node's, 2 MiB";
    EXPECT_NE(refusal([&](Person& p) { p.entry(id, 2, 1'048'577); }), "");
}

TEST_F(HistoryLimitTest, WhoFillsTimelinesLeavesRulesChangeableAndTicketsWorkable)
{
    const auto id = ticket();
    sql("update tenants set max_history_bytes = " + std::to_string(kLimit) + " where tenant_id = " + t());
    sql("insert into history_deltas (tenant_id, bytes) values (" + t() + ", " + std::to_string(kLimit) + ")");
    EXPECT_EQ(refusal([&](Person& p) { p.ruleset(1, 0, 1, 0); }), "");
    EXPECT_EQ(refusal([&](Person& p) { p.entry(id, 1, 2'048); }), "");
    EXPECT_NE(refusal([&](Person& p) {
                  p.entry(id, 1, 2'048);
                  p.entry(id, 2, 200);
              }),
              "")
        << "what one request adds counts as a whole";

    sql("update history_deltas set bytes = " + std::to_string(kLimit * 11 / 10));
    EXPECT_NE(refusal([&](Person& p) { p.ruleset(1, 0, 1, 0); }), "");
    EXPECT_NE(refusal([&](Person& p) { p.ruleset(1, 1, 0, 1); }), "");
    EXPECT_EQ(refusal([&](Person& p) { p.ruleset(1, 0, 0, 1); }), "") << "a rule can always be deleted";
    EXPECT_EQ(refusal([&](Person& p) { p.entry(id, 1, 2'048); }), "");
    EXPECT_NE(refusal([&](Person& p) {
                  p.exec(
                      "insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
                      "created_by, updated_by) values (current_tenant(), gen_random_uuid(), 'a=\"b\"', 'matchers', "
                      "now(), now(), 'c', 'x', 'x')");
              }),
              "");

    sql("update history_deltas set bytes = " + std::to_string(kLimit * 12 / 10));
    EXPECT_NE(refusal([&](Person& p) { p.entry(id, 1, 200); }), "");
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
        "updated_by) values (" +
        t() + ", gen_random_uuid(), 'a=\"b\"', 'matchers', now(), now() + interval '1 day', 'c', 'x', 'x')");
    EXPECT_EQ(refusal([&](Person& p) { p.exec("update silences set ends_at = now()"); }), "")
        << "a silence can always be ended";
    EXPECT_EQ(refusal([&](Person& p) { p.exec("update tickets set state = 'open'"); }), "");
}

TEST_F(HistoryLimitTest, TriageIsNeverRefused)
{
    const auto id = ticket();
    sql("update tenants set max_history_bytes = " + std::to_string(kLimit));
    sql("insert into history_deltas (tenant_id, bytes) values (" + t() + ", " + std::to_string(10 * kLimit) + ")");
    for (const std::string actor : {"system", "user:x"}) {
        pqxx::connection connection(database_.pipeline);
        pqxx::work tx(connection);
        EXPECT_NO_THROW(tx.exec("insert into ticket_events values (" + t() + ", '" + id +
                                "', 1, 'commented', now(), '" + actor + "', '{}')"));
    }
}

TEST_F(HistoryLimitTest, NoSessionOfTheApiChangesWhatIsCounted)
{
    for (const std::string statement :
         {"insert into history_deltas (tenant_id, bytes) values (current_tenant(), -1)", "delete from history_deltas",
          "update history_used set bytes = 0", "delete from history_uncounted",
          "select add_to_history(current_tenant(), -1)", "update tenants set max_history_bytes = 2000000000"}) {
        auto someone = person();
        EXPECT_THROW(someone.exec(statement), pqxx::insufficient_privilege) << statement;
    }
}

}  // namespace
}  // namespace winnow::pg
