/// @file
/// For how long what is over is kept: each class by moving time, and no table without one.

#include "pg/turns/chore_manners.hpp"
#include "pg/upkeep/growth.hpp"
#include "pg/upkeep/purges.hpp"
#include "pg/upkeep/walks.hpp"
#include "retention_fixture.hpp"

#include <pqxx/transaction>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace winnow::pg {
namespace {

using domain::Kept;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST_F(RetentionTest, EveryTableNamesTheChoreThatForgetsOrWhyItNeedsNone)
{
    std::set<std::string> chores;
    for (const auto& chore : make_chores(pipeline())->list()) chores.insert(chore.name);
    std::set<std::string> told;
    for (const auto& each : growth()) {
        EXPECT_TRUE(told.emplace(each.table).second) << each.table << " twice";
        EXPECT_NE(each.chore.empty(), each.why.empty()) << each.table;
        if (!each.chore.empty()) EXPECT_THAT(chores, Contains(std::string(each.chore))) << each.table;
    }
    std::set<std::string> tables;
    for (const auto& row : sql("select relname from pg_class where relkind in ('r', 'p') and not relispartition and "
                               "relnamespace = 'public'::regnamespace")) {
        tables.insert(row[0].c_str());
    }
    EXPECT_EQ(told, tables) << "src/pg/upkeep/growth.cpp and the schema differ";
}

TEST_F(RetentionTest, TheTableInTheDocumentationNamesEveryTableThatIsForgottenAndEverySettingWithItsDefault)
{
    std::ifstream file(WINNOW_SOURCE_DIR "/docs/operations.md");
    std::stringstream page;
    page << file.rdbuf();
    const auto text = page.str();
    const auto begins = text.find("## What is kept, and for how long");
    ASSERT_NE(begins, std::string::npos);
    const auto section = text.substr(begins, text.find("\n## ", begins) - begins);
    for (const auto& each : growth()) {
        if (!each.chore.empty()) EXPECT_THAT(section, HasSubstr("`" + std::string(each.table) + "`"));
    }
    for (const auto& each : domain::kKeptTable) {
        EXPECT_THAT(section,
                    HasSubstr("`" + std::string(each.setting) + "` | " + std::to_string(each.usual.count()) + " |"));
    }
}

TEST_F(RetentionTest, AnIndexServesEveryStatementThatForgets)
{
    pqxx::connection connection(database_.pipeline);
    pqxx::work tx(connection);
    tx.exec(kChoreManners);
    int statements = 0;
    const auto check = [&](std::string_view name, const std::string& sql, const std::string& arguments) {
        const auto statement = "s" + std::to_string(++statements);
        tx.exec("prepare " + statement + " as " + sql);
        for (const auto& line : tx.exec("explain execute " + statement + "(" + arguments + ")")) {
            EXPECT_THAT(std::string(line[0].c_str()), Not(HasSubstr("Seq Scan"))) << name;
        }
    };
    const auto nil = "'" + Uuid().str() + "'";
    const std::string of_class = ", 3650, 90, 'x', 90";
    const auto of_tenants = ", " + nil + ", " + nil + ", '{}'";
    for (const auto& purge : purges()) {
        for (const auto& removal : purge.removals) {
            if (removal.sql != nullptr)
                check(purge.name, removal.sql,
                      "100" + (purge.kept ? of_class + of_tenants : "") + (purge.spares_newest ? ", 100" : ""));
        }
    }
    for (const auto& walk : walks()) {
        const auto place = "100, " + nil + ", " + nil + ", ''";
        if (walk.tenants != nullptr) check(walk.name, walk.tenants, place);
        check(walk.name, walk.sql,
              place + ", " + nil + ", '{}'" + (walk.kept ? of_class : "") + (walk.tenants != nullptr ? ", '{}'" : ""));
    }
    EXPECT_GT(statements, 15);
}

TEST_F(RetentionTest, TicketsThatEndedLongAgoGoWithTheirTimelinesAndDeliveries)
{
    keep(Kept::tickets, 30);
    const auto old = ticket(tenant_, "closed", "closed", 30);
    delivery(old, "delivered", 1);
    ticket(tenant_, "recovered", "recovered", 30);
    ticket(tenant_, "young", "closed", 29);
    ticket(tenant_, "open", "open", 0);
    ticket(other_, "of another", "closed", 364);
    ticket(other_, "old of another", "closed", 365);
    EXPECT_EQ(do_chore("forget_tickets"), 3U + 3U * 3U + 1U);
    EXPECT_EQ(names("title", "tickets"), "of another open young");
    EXPECT_EQ(number("select count(*) from ticket_events"), 3 * 3);
    EXPECT_EQ(number("select count(*) from deliveries"), 0);
}

TEST_F(RetentionTest, ATicketStaysWhileSomethingStillNeedsIt)
{
    keep(Kept::tickets, 1);
    const auto parent = ticket(tenant_, "parent", "closed", 10);
    ticket(tenant_, "child", "open", 0, parent);
    const auto owed = ticket(tenant_, "owed", "closed", 10);
    delivery(owed, "pending", 10);
    const auto goes_on = ticket(tenant_, "goes on", "closed", 10);
    sql("update tickets set firing_instances = 1 where ticket_id = '" + goes_on + "'");
    EXPECT_EQ(do_chore("forget_tickets"), 0U);
    EXPECT_EQ(number("select count(*) from ticket_events"), 4 * 3) << "and none of them loses its timeline";
    sql("update tickets set firing_instances = 0; update deliveries set state = 'dead'; "
        "update tickets set state = 'closed', closed_at = " +
        ago(5) + " where title = 'child'");
    do_chore("forget_tickets");
    do_chore("forget_tickets");  // the parent after its child
    EXPECT_EQ(names("title", "tickets"), "");
}

TEST_F(RetentionTest, AnAlertThatWasNeverEndedDoesNotKeepAClosedTicketForEver)
{
    keep(Kept::tickets, 30);
    const auto firing = [&](const std::string& name, const std::string& state, int closed, int seen, bool endless) {
        const auto id = ticket(tenant_, name, state, closed);
        sql("update tickets set firing_instances = 1, last_seen_at = " + ago(seen) + " where ticket_id = '" + id + "'");
        sql("insert into alert_instances values (" + t() + ", 'of " + name + "', '" + id + "', " + ago(seen) + ", " +
            (endless ? "null" : "now() + interval '1 hour'") + ", true)");
        return id;
    };
    firing("forgotten", "closed", 30, 30, true);
    firing("still sent", "closed", 30, 29, true);
    firing("closed lately", "closed", 29, 100, true);
    firing("will end", "closed", 30, 30, false);
    firing("open", "open", 0, 100, true);
    const auto twice = firing("counted", "closed", 30, 30, true);
    sql("update tickets set firing_instances = 2 where ticket_id = '" + twice + "'");
    sql("insert into alert_instances values (" + t() + ", 'of nothing', gen_random_uuid(), now(), null, true)");
    EXPECT_EQ(do_chore("forget_closed_instances"), 3U);
    EXPECT_EQ(names("instance_key", "alert_instances"), "of closed lately of open of still sent of will end");
    EXPECT_EQ(number("select firing_instances from tickets where title = 'counted'"), 1);
    do_chore("forget_tickets");
    EXPECT_EQ(names("title", "tickets"), "closed lately counted open still sent will end");
}

TEST_F(RetentionTest, WhatWasSetAsideIsKnownForAsLongAsItsAlertsAreKept)
{
    sql("update tenant_settings set journal_retention_days = 30 where tenant_id = " + t());
    for (const int days : {29, 31}) {
        sql("insert into quarantined_rows values (" + t() + ", " + ago(days) + ", 1, " + std::to_string(days) + ", 1)");
    }
    EXPECT_EQ(do_chore("forget_quarantined_rows"), 1U);
    EXPECT_EQ(number("select seq from quarantined_rows"), 29);
}

TEST_F(RetentionTest, WhatWasDearToAskIsForgottenADayAfterUnlessItIsSetAsideUntilSomebodyChangesIt)
{
    const auto rule = [&](int position, int version) {
        const auto id = new_uuid().str();
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, version, updated_by) "
            "values "
            "(" +
            t() + ", '" + id + "', 'r" + std::to_string(position) + "', " + std::to_string(position) +
            ", '{}', 'matchers', '[]', " + std::to_string(version) + ", 'x')");
        return id;
    };
    const auto cost = [&](const std::string& id, const std::string& what, const std::string& days, bool for_good) {
        sql("insert into set_asides values (" + t() + ", 'rule', '" + id + "', 1, '{\"what\": \"" + what +
            "\"}', null, " + (for_good ? "true" : "false") + ", now() - interval '" + days + "')");
    };
    cost(rule(1, 1), "young", "23 hours", false);
    cost(rule(2, 1), "old", "25 hours", false);
    cost(rule(3, 1), "for good", "25 hours", true);
    cost(rule(4, 2), "changed since", "25 hours", true);
    cost(new_uuid().str(), "gone", "25 hours", true);
    EXPECT_EQ(do_chore("forget_judge_costs"), 3U);
    EXPECT_EQ(names("record->>'what'", "set_asides"), "for good young");
    for (const std::string kind : {"silence", "maintenance_window", "inhibition"}) {
        sql("insert into set_asides values (" + t() + ", '" + kind +
            "', gen_random_uuid(), 1, '{}', null, true, now() - "
            "interval '25 hours')");
    }
    EXPECT_EQ(do_chore("forget_judge_costs"), 3U) << "of what is gone";
}

TEST_F(RetentionTest, ATicketThatMayReopenStaysHoweverShortTheRetention)
{
    keep(Kept::tickets, 1);
    sql("update tenant_settings set reopen_window_ms = 10 * 86400000::bigint where tenant_id = " + t());
    ticket(tenant_, "may reopen", "recovered", 9);
    ticket(tenant_, "may not", "recovered", 10);
    do_chore("forget_tickets");
    EXPECT_EQ(names("title", "tickets"), "may reopen");
}

TEST_F(RetentionTest, ATicketWithALongTimelineGoesInBoundedSteps)
{
    const auto id = ticket(tenant_, "busy", "closed", 400);
    sql("insert into ticket_events select " + t() + ", '" + id +
        "', n, 'opened', now(), 'system' from generate_series(4, 5000) n");
    const auto chores = make_chores(pipeline());
    const auto found = std::ranges::find(chores->list(), "forget_tickets", &ports::Chore::name);
    const auto step = chores->step(static_cast<std::size_t>(found - chores->list().begin()));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->rows, 2'000U);
    EXPECT_TRUE(step->more);
    EXPECT_EQ(do_chore("forget_tickets"), 3'001U);
}

TEST_F(RetentionTest, DeliveriesGoWithTheirPayloadsUnlessTheyAreStillOwed)
{
    keep(Kept::deliveries, 10);
    const auto id = ticket(tenant_, "t", "open", 0);
    for (const std::string state : {"delivered", "dead", "cancelled", "superseded", "pending", "sending"})
        delivery(id, state, 10);
    delivery(id, "delivered", 9);
    EXPECT_EQ(do_chore("forget_deliveries"), 4U);
    EXPECT_EQ(names("state", "deliveries"), "delivered pending sending");
}

TEST_F(RetentionTest, InstancesThatNoLongerFireGo)
{
    keep(Kept::instances, 2);
    for (const auto& [key, days, firing] : {std::tuple{"old", 2, false}, {"fires", 2, true}, {"young", 1, false}}) {
        sql("insert into alert_instances values (" + t() + ", '" + key + "', gen_random_uuid(), " + ago(days + 1) +
            ", " + ago(days) + ", " + (firing ? "true" : "false") + ")");
    }
    sql("insert into alert_instances values (" + t() + ", 'endless', gen_random_uuid(), " + ago(3) + ", null, false)");
    EXPECT_EQ(do_chore("forget_instances"), 2U);
    EXPECT_EQ(names("instance_key", "alert_instances"), "fires young");
}

TEST_F(RetentionTest, StatisticsOfTheAlertsGo)
{
    keep(Kept::statistics, 30);
    for (const int days : {29, 30, 31}) {
        sql("insert into noise_counts (tenant_id, hour, kind, key) values (" + t() + ", " + ago(days) + ", 'total', '" +
            std::to_string(days) + "')");
    }
    EXPECT_EQ(do_chore("forget_noise"), 2U);
    EXPECT_EQ(names("key", "noise_counts"), "29");
}

TEST_F(RetentionTest, StatisticsOfRulesGoWhenTheRuleIsGoneAndTheyAreOld)
{
    keep(Kept::statistics, 30);
    const auto lives = rule("lives", 1);
    const auto stats = [&](const std::string& id, int days) {
        sql("insert into rule_stats (tenant_id, rule_id, matched, last_matched_at) values (" + t() + ", '" + id +
            "', " + std::to_string(days) + ", " + ago(days) + ")");
    };
    stats(lives, 40);
    stats(new_uuid().str(), 30);
    stats(new_uuid().str(), 29);
    EXPECT_EQ(do_chore("forget_rule_statistics"), 1U);
    EXPECT_EQ(names("matched::text", "rule_stats"), "29 40");
}

TEST_F(RetentionTest, StatisticsOfSilencesGoWhenTheSilenceIsGoneAndTheyAreOld)
{
    keep(Kept::statistics, 30);
    const auto window = new_uuid().str();
    sql("insert into maintenance_windows (tenant_id, maintenance_window_id, name, condition, syntax, starts_at, "
        "duration_ms, updated_by) values (" +
        t() + ", '" + window + "', 'w', '{}', 'matchers', now(), 1, 'x')");
    for (const auto& [id, days] : {std::pair{window, 40}, {new_uuid().str(), 30}, {new_uuid().str(), 29}}) {
        sql("insert into suppression_stats values (" + t() + ", '" + id + "', " + std::to_string(days) + ", " +
            ago(days) + ")");
    }
    EXPECT_EQ(do_chore("forget_suppression_statistics"), 1U);
    EXPECT_EQ(names("matched::text", "suppression_stats"), "29 40");
}

TEST_F(RetentionTest, SilencesThatAreOverGoButNotBeforeTheJournalThatCanNameThem)
{
    const auto silence = [&](const std::string& name, int days) {
        sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
            "updated_by) values (" +
            t() + ", gen_random_uuid(), 'a=\"b\"', 'matchers', " + ago(500) + ", " + ago(days) + ", '" + name +
            "', 'x', 'x')");
    };
    silence("old", 90);
    silence("young", 89);
    silence("not over", -1);
    keep(Kept::silences, 10);
    EXPECT_EQ(do_chore("forget_silences"), 1U);
    EXPECT_EQ(names("comment", "silences"), "not over young");
    sql("update tenant_settings set journal_retention_days = 5");
    EXPECT_EQ(do_chore("forget_silences"), 1U);
}

}  // namespace
}  // namespace winnow::pg
