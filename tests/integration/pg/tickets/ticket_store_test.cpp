/// @file
/// What people change of a ticket, stored and read by the table of its fields.

#include "winnow/ports/ticket_store.hpp"

#include "integration/pg/fixture.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/noun_stores.hpp"
#include "unit/forms/random_tickets.hpp"
#include "winnow/forms/ticket_form.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::pg {
namespace {

using domain::Ticket;
using domain::TicketState;

class TicketStoreTest : public PgTest {
protected:
    /// As the api role, in a transaction of the tenant.
    template <typename Work>
    auto in_session(Work work)
    {
        pqxx::nontransaction tx(session_.connection());
        test::begin_as(tx, database_, tenant_.str());
        auto result = work(*make_ticket_store(tx, tenant_));
        tx.exec("commit");
        return result;
    }

    TicketId add_ticket(const std::string& key)
    {
        const TicketId id(new_uuid());
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, labels, route, "
            "occurrences, first_seen_at, last_seen_at, opened_at) values ('" +
            tenant_.str() + "', '" + id.str() + "', " + std::to_string(++tickets_) + R"(, 'open', 2, 'disk full', ')" +
            key + R"(', '{"env":"prod"}', array[gen_random_uuid()], 1, now(), now(), now()))");
        return id;
    }

    Ticket found(TicketId id)
    {
        auto ticket = in_session([&](ports::TicketStore& store) { return store.find(id); });
        EXPECT_TRUE(ticket) << ticket.error().message();
        return ticket ? *std::move(ticket) : Ticket();
    }

    void store(const Ticket& ticket)
    {
        const auto done = in_session(
            [&](ports::TicketStore& store) { return store.store({{.ticket = ticket, .events = {}, .let_go = {}}}); });
        ASSERT_TRUE(done) << done.error().message();
    }

    TenantId tenant_ = new_tenant();
    UserId user_ = UserId(*Uuid::parse(text("select user_id from users where tenant_id = '" + tenant_.str() + "'")));
    Session session_{as(database_.api)};
    forms::RandomTickets random_{1};

private:
    int tickets_ = 0;
};

TEST_F(TicketStoreTest, StoresEachFieldThatPeopleChangeAndNoOther)
{
    const auto id = add_ticket("a");
    const auto parent = add_ticket("b");
    for (const auto& field : tickets::ticket_fields()) {
        SCOPED_TRACE(field.name);
        const auto before = found(id);
        auto after = before;
        random_.change(after, field.member);
        if (after.assignee && after.assignee != before.assignee) after.assignee = user_;
        if (after.parent_id && after.parent_id != before.parent_id) after.parent_id = parent;
        if (field.column == std::string_view("ticket_id")) continue;  // another ticket's
        store(after);
        const auto stored = found(id);
        for (const auto& each : tickets::ticket_fields()) {
            const auto& expected = each.is_peoples() ? after : before;
            EXPECT_EQ(forms::field_json(stored, each.member), forms::field_json(expected, each.member)) << each.name;
        }
    }
}

TEST_F(TicketStoreTest, ATitleThatAPersonChangedIsNotedAndWhatHeldATicketIsForgottenWithTheState)
{
    const auto id = add_ticket("a");
    sql("update tickets set state = 'held', held_by = 'pause', held_until = now(), held_rule = gen_random_uuid()");
    auto ticket = found(id);
    ticket.priority = "P1";
    store(ticket);
    EXPECT_EQ(text("select concat_ws(' ', title_edited, held_by, held_rule is null, held_until is null) from tickets"),
              "f pause f f");
    ticket.state = TicketState::open;
    ticket.title = "disk nearly full";
    store(ticket);
    EXPECT_EQ(text("select concat_ws(' ', title_edited, held_by, held_rule is null, held_until is null) from tickets"),
              "t t t");
}

}  // namespace
}  // namespace winnow::pg
