/// @file
/// Erasing a tenant: every table has a step, each is bounded, and whoever is killed half way is followed by another.

#include "integration/pg/erasure/eraser.hpp"
#include "integration/pg/schema/catalogue.hpp"
#include "pg/erasure/erased_tables.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/pg/due_board.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/except>
#include <pqxx/transaction>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::pg {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class ErasureTest : public CatalogueTest {
protected:
    [[nodiscard]] static std::string quoted(TenantId tenant) { return "'" + tenant.str() + "'"; }

    ErasureId ask() { return eraser_.ask(ours_, "Tenant 1", new_uuid()); }

    void journal_row(TenantId tenant, const std::string& at, int seq)
    {
        sql("insert into journal values (" + quoted(tenant) + ", " + at + ", 1, " + std::to_string(seq) + ", 1, 'x')");
        sql("insert into verdicts values (" + quoted(tenant) + ", " + at + ", 1, " + std::to_string(seq) + ", 'x')");
    }

    void ticket(const std::string& id, int number, const std::string& title, const std::string& parent = "null")
    {
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, parent_id) values (" +
            quoted(ours_) + ", '" + id + "', " + std::to_string(number) + ", 'closed', 1, '" + title + "', 'k', 1, " +
            "now(), now(), now(), " + parent + ")");
    }

    /// The body of the certificate, whose signature is good.
    [[nodiscard]] json certificate_of(ErasureId erasure)
    {
        const auto certificate = eraser_.ends().certificate(erasure);
        if (!certificate) throw std::runtime_error(certificate.error().message());
        const crypto::VerifyingKeys keys(eraser_.key().public_pem());
        EXPECT_TRUE(
            keys.verify(certificate->key_id, audit::certificate_text(certificate->body), certificate->signature));
        return json::parse(certificate->body);
    }
    [[nodiscard]] static json table_of(const json& certificate, const std::string& name)
    {
        for (const auto& each : certificate["tables"]) {
            if (each["table"] == name) return each;
        }
        return {};
    }

    void SetUp() override { sql("select make_day_partitions((now() at time zone 'UTC')::date - 1, 3)"); }

    const TenantId ours_ = new_tenant();
    const TenantId theirs_ = new_tenant();
    Eraser eraser_{as(database_.provider), pipeline()};
};

TEST_F(ErasureTest, EveryTableOfATenantsHasAStep)
{
    std::vector<std::string> known;
    for (const auto& each : erased_tables()) known.emplace_back(each.table);
    auto tables = column(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = "
        "'tenant_id' where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'tenants' "
        "and c.relnamespace = 'public'::regnamespace");
    EXPECT_THAT(known, testing::UnorderedElementsAreArray(tables))
        << "src/pg/erasure/erased_tables.cpp and the schema differ";
}

TEST_F(ErasureTest, TablesThatReferToOthersGoBeforeThese)
{
    std::vector<std::string> order;
    for (const auto& each : erased_tables()) order.emplace_back(each.table);
    const auto place = [&](const std::string& table) {
        return std::ranges::find(order, table);
    };
    for (const auto& row : sql("select conrelid::regclass, confrelid::regclass from pg_constraint where contype = 'f' "
                               "and conrelid <> confrelid and confrelid <> 'tenants'::regclass")) {
        EXPECT_LT(place(row[0].c_str()), place(row[1].c_str())) << row[0].c_str() << " refers to " << row[1].c_str();
    }
    EXPECT_THAT(
        column("select conrelid::regclass::text from pg_constraint where contype = 'f' and conrelid = confrelid"),
        ElementsAre("tickets"))
        << "erase_rows() lets go of tickets alone";
}

TEST_F(ErasureTest, TheDatabaseKnowsWherePagesStandInThePlan)
{
    EXPECT_THAT(text("select prosrc from pg_proc where proname = 'erase_rows'"),
                testing::HasSubstr("pages_position constant integer := " + std::to_string(domain::kPagesPosition)));
}

TEST_F(ErasureTest, RowsGoInBoundedSteps)
{
    sql("insert into noise_counts (tenant_id, hour, kind, key) select t, now() - n * interval '1 hour', 'total', '' "
        "from "
        "generate_series(1, 4500) n, unnest(array[" +
        quoted(ours_) + "::uuid, " + quoted(theirs_) + "]) t");
    const auto erasure = ask();
    std::vector<std::int64_t> left{4'500};
    for (bool more = true; more;) {
        const auto step = eraser_.step();
        ASSERT_TRUE(step) << step.error().message();
        more = step->more;
        const auto now = number("select count(*) from noise_counts where tenant_id = " + quoted(ours_));
        if (now != left.back()) left.push_back(now);
    }
    EXPECT_THAT(left, ElementsAre(4'500, 2'500, 500, 0));
    EXPECT_EQ(number("select count(*) from noise_counts where tenant_id = " + quoted(theirs_)), 4'500);
    EXPECT_EQ(table_of(certificate_of(erasure), "noise_counts")["rows"], 4'500);
}

TEST_F(ErasureTest, AlertsGoDayByDayAndFewLocksAreTakenHoweverManyDaysThereAre)
{
    sql("select make_day_partitions((now() at time zone 'UTC')::date - 120, 124)");
    for (const int days : {0, 1, 119}) {
        journal_row(ours_, "now() - interval '" + std::to_string(days) + " days'", days);
        journal_row(theirs_, "now() - interval '" + std::to_string(days) + " days'", days);
    }
    sql("update tenants set created_at = now() - interval '1 year'");
    const auto erasure = ask();
    eraser_.to_the_end();
    EXPECT_EQ(number("select count(*) from journal"), 3);
    EXPECT_EQ(number("select count(*) from verdicts where tenant_id = " + quoted(theirs_)), 3);
    const auto certificate = certificate_of(erasure);
    EXPECT_EQ(table_of(certificate, "journal")["rows"], 3);
    EXPECT_EQ(table_of(certificate, "journal")["pages_rewritten"], 124) << "alerts may have been forgotten on any day";
    EXPECT_EQ(table_of(certificate, "verdicts")["rows"], 3);
}

TEST_F(ErasureTest, GoesOnWhereItWasKilled)
{
    sql("insert into noise_counts (tenant_id, hour, kind, key) select " + quoted(ours_) +
        ", now() - n * interval '1 hour', 'total', '' from generate_series(1, 4500) n");
    journal_row(ours_, "now()", 1);
    ticket("00000000-0000-8000-8000-000000000001", 1, "t");
    const auto erasure = ask();
    for (int kills = 0; eraser_.step()->more; ++kills) {
        if (kills == 40) test::PostgresCluster::instance().crash();
        eraser_.start_anew();  // another node, after every single step
    }
    const auto certificate = certificate_of(erasure);
    EXPECT_EQ(table_of(certificate, "noise_counts")["rows"], 4'500) << "none is counted twice";
    EXPECT_EQ(table_of(certificate, "tickets")["rows"], 1);
    EXPECT_EQ(number("select count(*) from tenants"), 1);
    EXPECT_EQ(number("select count(*) from erasure_steps"), 0);
}

TEST_F(ErasureTest, WhatIsWrittenLateIsFoundByTheProofAndAllIsLookedThroughOnceMore)
{
    const auto erasure = ask();
    const auto undone = [&] {
        return number("select count(*) from erasure_steps where stage = 'proof' and done_at is null");
    };
    const auto tables = static_cast<std::int64_t>(erased_tables().size());
    while (undone() == tables) ASSERT_TRUE(eraser_.step()->more);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(eraser_.step()->more);
    EXPECT_EQ(undone(), tables - 6);
    journal_row(ours_, "now()", 1);
    while (number("select count(*) from journal") > 0) ASSERT_TRUE(eraser_.step()->more);
    EXPECT_EQ(undone(), tables);
    eraser_.to_the_end();
    const auto certificate = certificate_of(erasure);
    EXPECT_EQ(table_of(certificate, "journal")["rows"], 1);
}

TEST_F(ErasureTest, ATableThatThePlanDidNotKnowIsErasedAllTheSame)
{
    const auto erasure = ask();
    sql("set role winnow_owner; create table planted (tenant_id uuid not null, id int not null, primary key "
        "(tenant_id, "
        "id)); select own_by_tenant('planted', '', ''); reset role; insert into planted values (" +
        quoted(ours_) + ", 1), (" + quoted(theirs_) + ", 1)");
    eraser_.to_the_end();
    EXPECT_THAT(column("select tenant_id::text from planted"), ElementsAre(theirs_.str()));
    EXPECT_EQ(table_of(certificate_of(erasure), "planted")["rows"], 1);
}

TEST_F(ErasureTest, TicketsGoWhicheverRefersToWhich)
{
    const std::string a = "00000000-0000-8000-8000-000000000001";
    const std::string b = "00000000-0000-8000-8000-000000000002";
    ticket(a, 1, "parent");
    ticket(b, 2, "child", "'" + a + "'");
    sql("update tickets set parent_id = '" + b + "' where ticket_id = '" + a + "'");  // no program makes a circle
    ask();
    eraser_.to_the_end();
    EXPECT_EQ(number("select count(*) from tickets"), 0);
}

TEST_F(ErasureTest, WhatStandsInTheWayOfOneHoldsUpNoOther)
{
    // Of a day when there was no other tenant yet: tables, and later days, are written anew for both.
    sql("select make_day_partitions((now() at time zone 'UTC')::date - 10, 2)");
    sql("update tenants set created_at = now() - interval '1 year' where tenant_id = " + quoted(ours_));
    journal_row(ours_, "now() - interval '10 days'", 1);
    ask();
    const auto other = eraser_.ask(theirs_, "Tenant 2", new_uuid());
    pqxx::connection connection(database_.superuser);
    pqxx::work holder(connection);
    holder.exec("select from " + text("select tableoid::regclass from journal") + " for update");
    std::size_t failed = 0;
    for (int steps = 0; steps < 1'000 && !eraser_.ends().certificate(other); ++steps) {
        const auto step = eraser_.step();
        ASSERT_TRUE(step) << step.error().message();
        failed += step->failed;
    }
    EXPECT_TRUE(eraser_.ends().certificate(other)) << "theirs is done";
    EXPECT_GT(failed, 0U);
    EXPECT_EQ(eraser_.step()->left_out, 1U);
    holder.abort();
    eraser_.start_anew();
    eraser_.to_the_end();
    EXPECT_EQ(number("select count(*) from tenants"), 0);
}

TEST_F(ErasureTest, IsOnTheBoardFromWhenItIsToBegin)
{
    const auto board = make_due_board(pipeline());
    const auto due = [&] {
        const auto times = board->look().value();
        return std::ranges::any_of(times.in, [](const auto& one) { return one.first == "erase_tenants"; });
    };
    EXPECT_FALSE(due());
    ask();
    EXPECT_TRUE(due());
    sql("update erasures set begins_at = now() + interval '1 hour'");
    EXPECT_FALSE(eraser_.step()->more);
    EXPECT_EQ(number("select count(*) from erasure_steps where done_at is not null"), 0);
    sql("update erasures set begins_at = now()");
    eraser_.to_the_end();
    EXPECT_FALSE(due());
}

TEST_F(ErasureTest, OnlyWhatIsBeingErasedCanBe)
{
    journal_row(theirs_, "now()", 1);
    const auto erasure = ask();
    pqxx::connection connection(database_.pipeline);
    pqxx::nontransaction tx(connection);
    const auto refused = [&](const std::string& statement) {
        try {
            tx.exec(statement);
        } catch (const pqxx::sql_error&) {
            return true;
        }
        return false;
    };
    const auto call = [](const std::string& id, const std::string& table) {
        return "select erase_rows('" + id + "', 'rows', '" + table + "', 10)";
    };
    EXPECT_TRUE(refused(call(new_uuid().str(), "journal"))) << "an erasure that there is not";
    EXPECT_EQ(tx.exec1(call(erasure.str(), "tenants"))[0].as<int>(), 0) << "no step of it";
    EXPECT_TRUE(refused("delete from journal"));
    EXPECT_TRUE(refused("update tenants set state = 'erasing'"));
    EXPECT_TRUE(refused("insert into erasure_steps (erasure_id, position, stage, relation) values ('" + erasure.str() +
                        "', 1, 'pages', 'tickets')"));
    EXPECT_TRUE(refused("update erasures set begins_at = now()"));
    sql("update erasures set erased_tenant = " + quoted(theirs_));
    EXPECT_TRUE(refused(call(erasure.str(), "journal"))) << "its tenant is active";
    EXPECT_EQ(number("select count(*) from journal"), 1);
}

}  // namespace
}  // namespace winnow::pg
