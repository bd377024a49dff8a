/// What a person does to a ticket is told of as what an alert does: the same notice, save who did it and that it tells
/// nobody.

#include "unit/triage/store_model.hpp"
#include "winnow/tickets/round.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace winnow::triage {

namespace {

using namespace std::chrono_literals;
using domain::Severity;
using testing::ElementsAre;
using enum domain::TicketEventKind;

struct PeoplesNotices : testing::Test {
    AlertSource alerts;
    StoreModel store;
    domain::Ticket ticket;  // as the store has it, whole

    PeoplesNotices() { ticket = store.apply({firing({})}).opened.front().ticket; }

    Evaluated firing(std::chrono::milliseconds after_noon)
    {
        return with(routed(alerts.firing("k", after_noon), {ContactGroupId(Uuid::from_words(7, 1))}),
                    Severity::warning);
    }

    void take(const Evaluated& alert)
    {
        store.notices.clear();
        store.apply({alert});
        auto core = store.ticket(1);
        tickets::settle(std::move(core), ticket);
    }

    /// What a person's change of the ticket, as it is now, is told as.
    std::vector<tickets::Notice> by_hand(Timestamp when,
                                         const std::function<Result<Done>(tickets::Round&, domain::Ticket&)>& change)
    {
        tickets::Round round({.actor = "user:me", .at = when}, "Me");
        auto changed = ticket;
        EXPECT_TRUE(change(round, changed));
        return round.changes().at(changed.id).notices;
    }
};

void expect_same(const std::vector<tickets::Notice>& persons, const std::vector<tickets::Notice>& alerts)
{
    ASSERT_EQ(persons.size(), alerts.size());
    for (std::size_t i = 0; i < persons.size(); ++i) {
        const auto& [mine, its] = std::pair(persons[i], alerts[i]);
        EXPECT_EQ(mine.event.kind, its.event.kind);
        EXPECT_EQ(mine.event.ticket_id, its.event.ticket_id);
        EXPECT_EQ(mine.event.seq, its.event.seq);
        EXPECT_EQ(mine.event.at, its.event.at);
        EXPECT_EQ(mine.ticket.id, its.ticket.id);
        EXPECT_EQ(mine.ticket.number, its.ticket.number);
        EXPECT_EQ(mine.ticket.state, its.ticket.state);
        EXPECT_EQ(mine.ticket.severity, its.ticket.severity);
        EXPECT_EQ(mine.ticket.dedup_key, its.ticket.dedup_key);
        EXPECT_EQ(mine.ticket.title, its.ticket.title);
        EXPECT_EQ(mine.ticket.description, its.ticket.description);
        EXPECT_EQ(mine.ticket.route, its.ticket.route);
        EXPECT_EQ(mine.ticket.suppressed, its.ticket.suppressed);
        EXPECT_EQ(mine.ticket.opened_at, its.ticket.opened_at);
        EXPECT_EQ(mine.ticket.acknowledged_at, its.ticket.acknowledged_at);
        EXPECT_EQ(mine.ticket.recovered_at, its.ticket.recovered_at);
        EXPECT_EQ(mine.ticket.closed_at, its.ticket.closed_at);
        EXPECT_EQ(mine.ticket.event_seq, its.ticket.event_seq);
        EXPECT_EQ(mine.event.actor, "user:me");
        EXPECT_EQ(its.event.actor, "system");
        EXPECT_FALSE(mine.tells);
        EXPECT_TRUE(its.tells);
    }
}

std::function<Result<Done>(tickets::Round&, domain::Ticket&)> move_to(domain::TicketState to)
{
    return [to](tickets::Round& round, domain::Ticket& ticket) {
        return round.move(ticket, {.to = to});
    };
}

}  // namespace

TEST_F(PeoplesNotices, OfAnEnd)
{
    const auto persons = by_hand(at(1min), move_to(domain::TicketState::recovered));
    take(alerts.resolved("k", 1min));
    ASSERT_THAT(told(store.notices), ElementsAre(recovered));
    expect_same(persons, store.notices);
}

TEST_F(PeoplesNotices, OfAReopening)
{
    take(alerts.acknowledged("k", 1min));
    take(alerts.resolved("k", 2min));
    const auto persons = by_hand(at(3min), move_to(domain::TicketState::open));
    take(firing(3min));
    ASSERT_THAT(told(store.notices), ElementsAre(reopened));
    expect_same(persons, store.notices);
}

TEST_F(PeoplesNotices, OfAHigherSeverity)
{
    const auto persons = by_hand(at(1min), [](tickets::Round& round, domain::Ticket& changed) {
        auto wanted = changed;
        wanted.severity = Severity::critical;
        return round.edit(changed, wanted);
    });
    take(with(alerts.firing("k", 1min), Severity::critical));
    ASSERT_THAT(told(store.notices), ElementsAre(severity_changed));
    expect_same(persons, store.notices);
}

TEST_F(PeoplesNotices, OfAnAcknowledgementAreOfTheEventThatAnAlertsIs)
{
    const auto persons = by_hand(at(1min), move_to(domain::TicketState::in_progress));
    store.events.clear();
    take(alerts.acknowledged("k", 1min));
    ASSERT_THAT(kinds(store.events), ElementsAre(acknowledged));
    EXPECT_THAT(store.notices, testing::IsEmpty()) << "triage makes one where it tells";
    ASSERT_THAT(told(persons), ElementsAre(acknowledged));
    EXPECT_EQ(persons[0].event.seq, store.events[0].seq);
    EXPECT_EQ(persons[0].event.at, store.events[0].at);
    EXPECT_EQ(persons[0].ticket.acknowledged_at, store.ticket(1).acknowledged_at);
    EXPECT_EQ(persons[0].ticket.state, store.ticket(1).state);
}

}  // namespace winnow::triage
