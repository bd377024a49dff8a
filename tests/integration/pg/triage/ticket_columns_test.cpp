/// @file
/// The statements by which triage stores tickets are written by hand (src/pg/triage/triage_writes.cpp). What is added
/// to the table of a ticket's fields and forgotten in them is told here.

#include "triage_fixture.hpp"
#include "unit/forms/random_tickets.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace winnow::pg {
namespace {

using domain::Ticket;
using tickets::Hand;
using tickets::ticket_fields;
using tickets::TicketCore;

/// Takes a field of the whole ticket over into its core.
struct Take {
    const Ticket& from;
    TicketCore& to;

    template <typename Value>
    void operator()(Value Ticket::* at, Value TicketCore::* in) const
    {
        to.*in = from.*at;
    }
    template <typename One, typename Other>
    void operator()(One /*at*/, Other /*in*/) const
    {
    }
};

struct Agree {
    const TicketCore& a;
    const TicketCore& b;

    template <typename Value>
    bool operator()(Value TicketCore::* in) const
    {
        return a.*in == b.*in;
    }
    bool operator()(std::monostate /*unknown*/) const { return true; }
};

class TicketColumns : public TriageFixture {
protected:
    void open(const Ticket& ticket)
    {
        id_ = ticket.id;
        apply([&] { return opening({{.ticket = ticket, .firing_instances = 0}}, ticket.number + 1); });
    }
    void change(const TicketCore& ticket)
    {
        apply([&] {
            ports::TriageWrites writes;
            writes.outcome.changed = {ticket};
            return writes;
        });
    }
    TicketCore loaded()
    {
        TicketCore ticket;
        apply([&] {
            ticket = found_;
            return ports::TriageWrites{};
        });
        return ticket;
    }

private:
    template <typename Decide>
    void apply(Decide decide)
    {
        const auto from = seq_++;
        const auto done =
            store_->apply(tenant_, from, at(seq_), {.dedup_keys = {}, .instance_keys = {}, .tickets = {id_}},
                          [&](const triage::States& states) {
                              if (!states.tickets.empty()) found_ = states.tickets.front();
                              return decide();
                          });
        ASSERT_TRUE(done) << done.error().message();
    }

    TicketId id_;
    TicketCore found_;
    std::uint64_t seq_ = 0;
};

TEST_F(TicketColumns, OfANewTicketHoldEachFieldThatTriageKnows)
{
    forms::RandomTickets random(1);
    for (int i = 1; i <= 5; ++i) {
        auto ticket = random.ticket();
        ticket.number = i;
        ticket.dedup_key += std::to_string(i);
        open(ticket);
        const auto stored = loaded();
        const auto wanted = tickets::core_of(ticket);
        for (const auto& field : ticket_fields()) {
            EXPECT_TRUE(std::visit(Agree{stored, wanted}, field.core)) << field.name;
        }
    }
}

/// One at a time: what alone has changed is changed in the row, too, and not taken for nothing.
TEST_F(TicketColumns, HoldEachFieldThatTriageChangesOnceItHasChanged)
{
    forms::RandomTickets random(2);
    open(random.ticket());
    int changed = 0;
    for (const auto& field : ticket_fields()) {
        if (field.core.index() == 0 || (field.hand != Hand::triage && field.hand != Hand::both)) continue;
        auto wanted = loaded();
        Ticket whole;
        settle(TicketCore(wanted), whole);
        random.change(whole, field.member);
        std::visit(Take{whole, wanted}, field.member, field.core);
        change(wanted);
        const auto stored = loaded();
        for (const auto& each : ticket_fields()) {
            EXPECT_TRUE(std::visit(Agree{stored, wanted}, each.core))
                << each.name << ", as " << field.name << " changed";
        }
        ++changed;
    }
    EXPECT_GT(changed, 10);
}

}  // namespace
}  // namespace winnow::pg
