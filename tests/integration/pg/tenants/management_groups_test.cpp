/// What row-level security shows and takes of who is narrowed to management groups, whatever is asked for.

#include "integration/pg/fixture.hpp"
#include "winnow/access/groups.hpp"
#include "winnow/pg/sign_in_door.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"

#include <pqxx/except>

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using testing::ElementsAre;

class ManagementGroups : public PgTest {
protected:
    ManagementGroups()
    {
        sql("insert into management_groups (tenant_id, management_group_id, name) values (" + t_ + ", '" + databases_ +
            "', 'databases'), (" + t_ + ", '" + network_ + "', 'network')");
        for (const auto& [id, group] :
             {std::pair{of_databases_, "'" + databases_ + "'"}, std::pair{of_network_, "'" + network_ + "'"},
              std::pair{of_none_, std::string("null")}}) {
            sql("insert into integrations (tenant_id, integration_id, name, management_group_id) values (" + t_ +
                ", '" + id + "', '" + id + "', " + group + ")");
        }
        ticket("databases", "'" + of_databases_ + "'", "null");
        ticket("network", "'" + of_network_ + "'", "null");
        ticket("none", "'" + of_none_ + "'", "null");
        ticket("unknown", "null", "null");
        ticket("gone", "gen_random_uuid()", "null");
        ticket("several", "'" + of_databases_ + "'", "'" + Uuid().str() + "'");
        ticket("handed", "'" + of_network_ + "'", "'" + databases_ + "'");
    }

    void ticket(const std::string& title, const std::string& integration, const std::string& group)
    {
        const auto id = "'" + new_uuid().str() + "'";
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, integration_id, management_group_id) values (" +
            t_ + ", " + id + ", " + std::to_string(++tickets_) + ", 'open', 1, '" + title + "', '" + title +
            "', 1, now(), now(), now(), " + integration + ", " + group + ")");
        sql("insert into ticket_events values (" + t_ + ", " + id + ", 1, '" + title + "', now(), 'system')");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) "
            "values (" +
            t_ + ", " + id + ", " + id + ", 1, '" + title + "', " + id + ", '{}')");
    }

    /// As winnow_api, for who is narrowed to `groups`; the first column.
    std::vector<std::string> seen_by(const std::string& groups, const std::string& statement)
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        test::begin_as(tx, database_, tenant_.str(), groups);
        std::vector<std::string> values;
        for (const auto& row : tx.exec(statement)) values.emplace_back(row[0].c_str());
        return values;
    }

    /// How many rows it changes; -1: it is refused.
    int changed(const std::string& groups, const std::string& statement)
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        test::begin_as(tx, database_, tenant_.str(), groups);
        try {
            return static_cast<int>(tx.exec(statement).affected_rows());
        } catch (const pqxx::insufficient_privilege&) {
            return -1;
        }
    }

    const TenantId tenant_ = new_tenant();
    const std::string t_ = "'" + tenant_.str() + "'";
    const std::string databases_ = new_uuid().str();
    const std::string network_ = new_uuid().str();
    const std::string of_databases_ = new_uuid().str();
    const std::string of_network_ = new_uuid().str();
    const std::string of_none_ = new_uuid().str();
    const std::string to_databases_ = "{" + databases_ + "}";

private:
    int tickets_ = 0;
};

TEST_F(ManagementGroups, TicketsAndWhatIsTheirsAreSeenByTheirGroupsAndThoseOfNoneByAll)
{
    for (const std::string list :
         {"select title from tickets order by number",
          "select e.kind from ticket_events e join tickets t using (tenant_id, ticket_id) order "
          "by t.number",
          "select d.event_kind from deliveries d join tickets t using (tenant_id, ticket_id) "
          "order by t.number"}) {
        EXPECT_THAT(seen_by("*", list),
                    ElementsAre("databases", "network", "none", "unknown", "gone", "several", "handed"));
        EXPECT_THAT(seen_by(to_databases_, list), ElementsAre("databases", "none", "handed"));
        EXPECT_THAT(seen_by("{" + network_ + "}", list), ElementsAre("network", "none"));
        EXPECT_THAT(seen_by("{" + network_ + "," + databases_ + "}", list),
                    ElementsAre("databases", "network", "none", "handed"));
        EXPECT_THAT(seen_by("{}", list), ElementsAre("none")) << "who is narrowed to no group";
    }
    EXPECT_THAT(seen_by(to_databases_, "select count(*) from ticket_events"), ElementsAre("3"));
    EXPECT_THAT(seen_by(to_databases_, "select count(*) from deliveries"), ElementsAre("3"));
}

TEST_F(ManagementGroups, AnIntegrationThatMovesTakesItsTicketsAlong)
{
    sql("update integrations set management_group_id = '" + network_ + "' where integration_id = '" + of_databases_ +
        "'");
    EXPECT_THAT(seen_by(to_databases_, "select title from tickets order by number"), ElementsAre("none", "handed"));
    sql("update integrations set management_group_id = '" + databases_ + "' where integration_id = '" + of_none_ + "'");
    EXPECT_THAT(seen_by("{" + network_ + "}", "select title from tickets order by number"),
                ElementsAre("databases", "network"));
}

TEST_F(ManagementGroups, OnlyWhatBelongsToAGroupOfOnesOwnIsChanged)
{
    EXPECT_EQ(changed("*", "update tickets set priority = 'x'"), 7);
    EXPECT_EQ(changed(to_databases_, "update tickets set priority = 'x'"), 2) << "what is of no group is only seen";
    EXPECT_THAT(seen_by(to_databases_, "select title from tickets order by number for update"),
                ElementsAre("databases", "handed"));
    EXPECT_EQ(changed(to_databases_, "update deliveries set attempts = 1"), 2);
    const auto comment = [&](const std::string& title) {
        return "insert into ticket_events select tenant_id, ticket_id, 2, 'commented', now(), 'user:x' from tickets "
               "where title = '" +
               title + "'";
    };
    EXPECT_EQ(changed(to_databases_, comment("handed")), 1);
    EXPECT_EQ(changed(to_databases_, comment("none")), -1);
    EXPECT_EQ(changed(to_databases_, comment("network")), 0) << "it is not seen";
    EXPECT_EQ(changed(to_databases_, "insert into management_groups (tenant_id, management_group_id, name) values (" +
                                         t_ + ", gen_random_uuid(), 'mine')"),
              -1);
    EXPECT_EQ(changed(to_databases_,
                      "insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
                      "created_by, updated_by) values (" +
                          t_ + ", gen_random_uuid(), 'a=\"b\"', 'matchers', now(), now(), 'c', 'x', 'x')"),
              -1);
}

TEST_F(ManagementGroups, IntegrationsAreSeenByTheirGroupsAndWhatIsOfTheWholeTenantByNobodyWhoIsNarrowed)
{
    EXPECT_THAT(seen_by(to_databases_, "select count(*) from integrations"), ElementsAre("2"));
    sql("insert into noise_counts (tenant_id, hour, kind, key) values (" + t_ + ", now(), 'total', '')");
    EXPECT_THAT(seen_by("*", "select count(*) from noise_counts"), ElementsAre("1"));
    EXPECT_THAT(seen_by(to_databases_, "select count(*) from noise_counts"), ElementsAre("0"));
}

TEST_F(ManagementGroups, AllAreCountedForWhoIsNotNarrowedOnly)
{
    const auto count = "select coalesce(sum(number), 0) from count_all_tickets(" + t_ + ")";
    EXPECT_THAT(seen_by("*", count), ElementsAre("7"));
    EXPECT_THAT(seen_by(to_databases_, count), ElementsAre("0"));
    EXPECT_THAT(seen_by("*", "select count(*) from count_all_tickets('" + new_uuid().str() + "')"), ElementsAre("0"));
}

TEST_F(ManagementGroups, ASessionIsNarrowedAsItsUserIs)
{
    sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
        "last_seen_at, expires_at) select tenant_id, gen_random_uuid(), user_id, decode(repeat('74', 32), 'hex'), "
        "'active', now(), now(), "
        "now(), now() + interval '1 hour' from users");
    const auto door = make_sign_in_door(as(database_.api));
    const auto hash = std::string(32, 't');
    const auto groups = [&] {
        std::promise<Result<std::optional<ports::FoundSession>>> answer;
        door->find_session(hash, [&](auto found) { answer.set_value(std::move(found)); });
        return answer.get_future().get().value().value().principal.groups;
    };
    EXPECT_EQ(groups(), nullptr);
    sql("update users set role = 'operator', management_group_ids = '{" + network_ + "}'");
    EXPECT_TRUE(access::same_groups(groups(), access::groups_of({*ManagementGroupId::parse(network_)})));
}

TEST_F(ManagementGroups, WhoOnlySaysThemIsRefused)
{
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    for (const std::string said : {"*", "{}"}) {
        test::begin_as(tx, database_, tenant_.str(), to_databases_);
        tx.exec("select set_config('winnow.groups', '" + said + "', true)");
        EXPECT_THROW(tx.exec("select title from tickets"), pqxx::insufficient_privilege) << said;
        tx.exec("rollback");
    }
}

TEST_F(ManagementGroups, AProofIsOfOneTenantAndOneTransaction)
{
    const auto other = new_tenant();
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, other.str(), "*");
    const std::string proof = tx.exec("select current_setting('winnow.groups_proof')")[0][0].c_str();
    tx.exec("rollback");
    test::begin_as(tx, database_, tenant_.str(), to_databases_);
    tx.exec("select set_config('winnow.groups', '*', true), set_config('winnow.groups_proof', '" + proof + "', true)");
    EXPECT_THROW(tx.exec("select title from tickets"), pqxx::insufficient_privilege);
}

/// A program from before this step says nothing of groups.
TEST_F(ManagementGroups, NothingSaidIsAllUntilThereMayBeGroupsAndNothingFromThenOn)
{
    const auto says_nothing = [&] {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        test::begin_as(tx, database_, tenant_.str());
        tx.exec("select set_config('winnow.groups', '', true)");
        try {
            return tx.exec("select title from tickets").size();
        } catch (const pqxx::insufficient_privilege&) {
            return pqxx::result::size_type{0};
        }
    };
    const auto compatible = "select compatible::text from schema_migrations where name = '0059_management_groups'";
    EXPECT_EQ(says_nothing(), 7);
    sql("insert into journal_streams (node) values ('older')");
    for (const std::string ended_at : {"null", "now() - interval '4 minutes'"}) {
        sql("update journal_streams set ended_at = " + ended_at);
        EXPECT_THAT(seen_by("*", "select begin_management_groups()::text"), ElementsAre("false"));
        EXPECT_EQ(says_nothing(), 7);
        EXPECT_EQ(text(compatible), "true");
    }
    sql("update journal_streams set ended_at = now() - interval '6 minutes'");
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        test::begin_as(tx, database_, tenant_.str());
        EXPECT_STREQ(tx.exec("select begin_management_groups()::text")[0][0].c_str(), "true");
        tx.exec("commit");
    }
    EXPECT_EQ(says_nothing(), 0) << "who forgets to say it sees nothing";
    EXPECT_EQ(text(compatible), "false") << "an older program does not start any more";
    EXPECT_THAT(seen_by("*", "select begin_management_groups()::text"), ElementsAre("true"));
}

TEST_F(ManagementGroups, AStreamOfThisProgramHoldsNobodyUp)
{
    ASSERT_TRUE(make_journal_streams(pipeline())->open("this"));
    EXPECT_THAT(seen_by("*", "select begin_management_groups()::text"), ElementsAre("true"));
}

}  // namespace
}  // namespace winnow::pg
