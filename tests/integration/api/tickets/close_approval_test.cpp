/// @file
/// Closing that takes a second person: who asked for it, whatever else has happened to the ticket.

#include "integration/api/world.hpp"
#include "winnow/domain/ticket.hpp"

#include <string>

namespace winnow::test {
namespace {

using domain::TicketState;
using enum domain::TicketState;

class CloseApproval : public World {
protected:
    CloseApproval() { sql("update tenant_settings set close_approval = true where tenant_id = '" + ours_.str() + "'"); }

    /// The status of the answer.
    int move(const std::string& user, const std::string& id, TicketState to)
    {
        who_.user = *UserId::parse(user);
        return call("POST", "/tickets/" + id + "/transitions", {{"to", to_string(to)}}).status;
    }
    int ann(const std::string& id, TicketState to) { return move(user_, id, to); }
    int ben(const std::string& id, TicketState to) { return move(second_user_, id, to); }
};

TEST_F(CloseApproval, WhoAsksForTheEndOfARecoveredTicketCannotCloseIt)
{
    const auto id = add_ticket({.state = "recovered"});
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_EQ(ann(id, closed), 409);
    EXPECT_EQ(get("/tickets/" + id).body["state"], "close_requested");
    EXPECT_EQ(ben(id, closed), 200);
}

TEST_F(CloseApproval, WhoApprovedAnEarlierEpisodeMayApproveThisOneAndWhoAskedMayNot)
{
    const auto id = add_ticket();
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_EQ(ben(id, closed), 200);
    add_event(id, 3, "reopened", kNow);  // it fires again, and its trouble ends
    add_event(id, 4, "recovered", kNow);
    sql("update tickets set state = 'recovered', closed_at = null, recovered_at = now() where ticket_id = '" + id +
        "'");
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_EQ(ann(id, closed), 409);
    EXPECT_EQ(ben(id, closed), 200);
}

TEST_F(CloseApproval, WhoAsksAgainAfterItWasReturnedCannotCloseIt)
{
    const auto id = add_ticket();
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_EQ(ben(id, returned), 200);
    EXPECT_EQ(ann(id, recovered), 200);
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_EQ(ann(id, closed), 409);
    EXPECT_EQ(ben(id, closed), 200);
}

TEST_F(CloseApproval, AnEndingSilenceIsNotWhoAsked)
{
    for (const std::string word : {"opened", "reopened"}) {
        for (const std::string state : {"open", "recovered"}) {
            const auto id = add_ticket({.state = state, .suppressed = true});
            EXPECT_EQ(ann(id, close_requested), 200);
            add_event(id, 2, word, kNow);  // as triage tells of it; the ticket stays where it is
            EXPECT_EQ(ann(id, closed), 409) << word << ' ' << state;
            EXPECT_EQ(ben(id, closed), 200) << word << ' ' << state;
        }
    }
}

TEST_F(CloseApproval, OneBulkChangeAsksForAllAndRefusesThoseOfItsOwn)
{
    const auto mine = add_ticket({.state = "recovered"});
    const auto hers = add_ticket({.state = "recovered"});
    EXPECT_EQ(ben(mine, close_requested), 200);
    EXPECT_EQ(ann(hers, close_requested), 200);
    who_.user = *UserId::parse(second_user_);
    const auto bulk = call("POST", "/tickets/bulk", {{"ids", {mine, hers}}, {"transition", {{"to", "closed"}}}}).body;
    EXPECT_EQ(bulk["results"][0]["error"]["status"], 409);
    EXPECT_EQ(bulk["results"][1]["state"], "closed");
}

TEST_F(CloseApproval, OfAMoveThatTheTableRefusesNothingIsAsked)
{
    const auto key_of_its_own = add_ticket({.state = "open"});
    const auto key_to_take = add_ticket({.state = "closed"});
    const auto statements = [&](const std::string& id) {
        return statements_of([&] { EXPECT_EQ(ann(id, returned), 409); });
    };
    EXPECT_EQ(statements(key_to_take), statements(key_of_its_own));
}

TEST_F(CloseApproval, WhoAskedIsFoundAlongTheTicketsOwnTimeline)
{
    for (int i = 0; i < 100; ++i) add_ticket();
    const auto id = add_ticket({.state = "recovered"});
    sql("insert into ticket_events select tenant_id, ticket_id, n, 'commented', now(), 'system' from tickets, "
        "generate_series(1, 50) n");
    sql("update tickets set event_seq = 50");
    sql("analyze ticket_events");
    EXPECT_EQ(ann(id, close_requested), 200);
    EXPECT_LE(events_read_by([&] { EXPECT_EQ(ben(id, closed), 200); }), 60);
}

}  // namespace
}  // namespace winnow::test
