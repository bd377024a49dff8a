#include "api/tickets/ticket_writer.hpp"

#include "unit/api/calls/one_session.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace winnow::api {
namespace {

using domain::Ticket;
using nlohmann::json;

std::vector<Ticket> tickets_of_versions(const std::vector<std::int64_t>& versions)
{
    std::vector<Ticket> tickets;
    for (const auto version : versions) {
        auto& ticket = tickets.emplace_back();
        ticket.id = TicketId(Uuid::from_words(6, tickets.size()));
        ticket.version = version;
        ticket.title = "t";
    }
    return tickets;
}

TEST(TicketWriter, APatchIsReadForEachTicketAsItIsLockedAndDecidedByThat)
{
    auto tickets = tickets_of_versions({1, 2});
    const auto wishes = read_wishes(tickets, json{{"priority", "P1"}, {"version", 1}});
    tickets::Round round({.actor = "a", .at = {}}, "A");
    tickets[0].version = 7;  // of no matter any more
    EXPECT_TRUE(decide(round, tickets[0], wishes));
    EXPECT_EQ(tickets[0].priority, "P1");
    const auto refused = decide(round, tickets[1], wishes);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().fields().size(), 1U);
    EXPECT_EQ(refused.error().fields()[0].pointer, "/version");
    EXPECT_EQ(round.changes().size(), 1U);
}

TEST(TicketWriter, NothingIsLoadedAroundAPatchThatGivesNoTicketToAnybody)
{
    auto tickets = tickets_of_versions({1, 1});
    tickets[1].assignee = UserId(Uuid::from_words(3, 1));
    NoSession session;
    for (const auto& patch : {json{{"priority", "P1"}}, json{{"assignee", nullptr}}, json{{"assignee", 7}}}) {
        EXPECT_NO_THROW(EXPECT_TRUE(load_surroundings(session, tickets, read_wishes(tickets, patch)))) << patch;
    }
    const json to_somebody{{"assignee", UserId(Uuid::from_words(3, 2)).str()}};
    EXPECT_ANY_THROW(static_cast<void>(load_surroundings(session, tickets, read_wishes(tickets, to_somebody))));
}

}  // namespace
}  // namespace winnow::api
