/// Results of attempts are stored whatever locks others hold: a fold may hold a storm's tickets for minutes.

#include "claiming.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/pg/outbox.hpp"

#include <pqxx/transaction>

#include <algorithm>
#include <thread>
#include <tuple>
#include <vector>

namespace winnow::pg {
namespace {

using domain::DeliveryState;
using ports::AttemptResult;
using ports::ClaimedDelivery;
using std::chrono::milliseconds;
using testing::IsEmpty;
using testing::SizeIs;

class Recording : public PgTest {
protected:
    /// A lock that somebody holds until it is let go.
    class Held {
    public:
        Held(const std::string& conninfo, const std::string& statement) : connection_(conninfo), tx_(connection_)
        {
            tx_.exec(statement);
        }
        void let_go() { tx_.commit(); }

    private:
        pqxx::connection connection_;
        pqxx::work tx_;
    };

    struct Storm {
        TenantId tenant;
        ContactId contact;
        TicketId ticket;
    };
    /// A tenant with a ticket, of which its contact is owed `count` messages, the first one now.
    Storm storm(int count = 1)
    {
        Storm made{.tenant = new_tenant(), .contact = {}, .ticket = TicketId(new_uuid())};
        made.contact = new_contact(made.tenant, "one");
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq) values ('" +
            made.tenant.str() + "', '" + made.ticket.str() + "', 1, 'open', 2, 't', 'k', 1, now(), now(), now(), 1)");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "next_attempt_at) select '" +
            made.tenant.str() + "', gen_random_uuid(), '" + made.ticket.str() + "', n, 'opened', '" +
            made.contact.str() +
            "', '{}', now() + (n - 1) * interval '1 hour' - interval '1 minute' "
            "from generate_series(1, " +
            std::to_string(count) + ") n");
        return made;
    }
    [[nodiscard]] static std::string lock_of(const Storm& storm)
    {
        return "select from tickets where ticket_id = '" + storm.ticket.str() + "' for update";
    }
    [[nodiscard]] std::vector<ClaimedDelivery> claim(milliseconds lease = std::chrono::minutes{1})
    {
        auto claimed = claim_any(*outbox_, 100, 100, {}, lease);
        EXPECT_TRUE(claimed) << claimed.error().message();
        return claimed.value_or(std::vector<ClaimedDelivery>());
    }
    [[nodiscard]] static AttemptResult result(const ClaimedDelivery& claimed, DeliveryState state)
    {
        return {.tenant = claimed.tenant,
                .id = claimed.delivery.id,
                .lease_token = claimed.lease_token,
                .state = state,
                .status = 200,
                .error = ""};
    }
    [[nodiscard]] std::vector<AttemptResult> all_delivered(const std::vector<ClaimedDelivery>& claimed) const
    {
        std::vector<AttemptResult> results;
        for (const auto& each : claimed) results.push_back(result(each, DeliveryState::delivered));
        return results;
    }
    [[nodiscard]] std::int64_t told(const Storm& storm)
    {
        return number("select count(*) from ticket_events where kind = 'notified' and ticket_id = '" +
                      storm.ticket.str() + "'");
    }
    [[nodiscard]] std::int64_t delivered()
    {
        return number("select count(*) from deliveries where state = 'delivered'");
    }

    std::unique_ptr<ports::Outbox> outbox_ = make_outbox(pipeline());
};

TEST_F(Recording, AFoldThatHoldsATicketKeepsNobodysResultFromBeingStored)
{
    const auto mine = storm();
    const auto neighbour = storm();
    Held fold(database_.superuser, lock_of(mine));
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(2));
    const auto recorded = outbox_->record(all_delivered(claimed));
    ASSERT_TRUE(recorded);
    EXPECT_THAT(recorded->held, IsEmpty());
    EXPECT_TRUE(recorded->owes);
    EXPECT_EQ(delivered(), 2) << "also the one whose ticket is locked";
    EXPECT_TRUE(outbox_->settle().value()) << "one timeline has to wait";
    EXPECT_EQ(told(neighbour), 1);
    EXPECT_EQ(told(mine), 0);

    outbox_ = make_outbox(pipeline());  // the node dies
    EXPECT_TRUE(outbox_->settle().value());
    fold.let_go();
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(told(mine), 1) << "once";
    EXPECT_EQ(told(neighbour), 1);
    EXPECT_EQ(number("select min(event_seq) + max(event_seq) from tickets"), 4);
    EXPECT_EQ(number("select count(*) from ticket_events e join deliveries d on (e.data->>'delivery_id')::uuid = "
                     "d.delivery_id and e.at = d.finished_at"),
              2)
        << "it says when it happened";
}

TEST_F(Recording, WhatTheFoldItselfAddsToATimelineComesBeforeWhatWaitedForIt)
{
    const auto mine = storm();
    const auto claimed = claim();
    Held fold(database_.superuser, lock_of(mine) + "; update tickets set event_seq = 5");
    ASSERT_TRUE(outbox_->record(all_delivered(claimed)));
    EXPECT_TRUE(outbox_->settle().value());
    fold.let_go();
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select seq from ticket_events"), 6);
    EXPECT_EQ(number("select event_seq from tickets"), 6);
}

TEST_F(Recording, ManyNodesTellATimelineOfEachResultOnce)
{
    const auto mine = storm(40);
    sql("update deliveries set state = 'sending', lease_token = 1, attempts = 1");
    std::vector<AttemptResult> results;
    for (const auto& row : sql("select delivery_id from deliveries order by event_seq")) {
        results.push_back({.tenant = mine.tenant,
                           .id = DeliveryId(*Uuid::parse(row[0].c_str())),
                           .lease_token = 1,
                           .state = DeliveryState::delivered,
                           .status = 200,
                           .error = ""});
    }
    {
        std::vector<std::jthread> nodes;
        for (std::size_t node = 0; node < 4; ++node) {
            nodes.emplace_back([&, node] {
                const auto outbox = make_outbox(pipeline());
                for (auto at = node; at < results.size(); at += 4) {
                    EXPECT_TRUE(outbox->record({results[at]}));
                    EXPECT_TRUE(outbox->settle());
                }
            });
        }
    }
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(told(mine), 40);
    EXPECT_EQ(number("select count(distinct data->>'delivery_id') from ticket_events"), 40);
    EXPECT_EQ(number("select max(seq) from ticket_events"), 41);
    EXPECT_EQ(number("select event_seq from tickets"), 41);
}

TEST_F(Recording, AResultWhoseOwnRowIsHeldIsToldApartAndStoredLater)
{
    const auto mine = storm();
    std::ignore = storm();
    const auto claimed = claim();
    const std::string own = "contact_id = '" + mine.contact.str() + "'";
    Held person(database_.superuser, "select from deliveries where " + own + " for update");
    auto recorded = outbox_->record(all_delivered(claimed));
    ASSERT_TRUE(recorded);
    ASSERT_THAT(recorded->held, SizeIs(1));
    EXPECT_EQ(text("select delivery_id from deliveries where " + own), recorded->held[0].str());
    EXPECT_EQ(delivered(), 1);
    person.let_go();
    recorded = outbox_->record(all_delivered(claimed));
    ASSERT_TRUE(recorded);
    EXPECT_THAT(recorded->held, IsEmpty());
    EXPECT_EQ(delivered(), 2);
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select count(*) from ticket_events"), 2);
}

TEST_F(Recording, AnAttemptWhoseEndIsKnownIsNotClaimedAgainByItsNodeNorOvertaken)
{
    std::ignore = storm();
    std::ignore = storm();
    const auto claimed = claim(milliseconds{0});
    ASSERT_THAT(claimed, SizeIs(2));
    sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) select "
        "tenant_id, gen_random_uuid(), ticket_id, 2, 'recovered', contact_id, '{}' from deliveries");
    auto share = without_shares(100, 100);
    for (const auto& each : claimed) share.unrecorded.push_back(each.delivery.id);
    for (const bool retries : {true, false}) {
        share.retries = retries;
        EXPECT_THAT(outbox_->claim("node", share, milliseconds{0})->deliveries, IsEmpty());
    }
    share.unrecorded.pop_back();
    share.retries = true;
    const auto again = outbox_->claim("node", share, milliseconds{0});
    ASSERT_THAT(again->deliveries, SizeIs(1));
    EXPECT_EQ(again->deliveries[0].delivery.ticket_id, claimed.back().delivery.ticket_id);
}

TEST_F(Recording, ATimelineThatCannotBeWrittenKeepsNoOtherFromBeingTold)
{
    const auto bad = storm();
    const auto one = storm();
    const auto two = storm();
    sql("update tickets set event_seq = 2147483647 where ticket_id = '" + bad.ticket.str() + "'");
    ASSERT_TRUE(outbox_->record(all_delivered(claim())));
    EXPECT_TRUE(outbox_->settle().value());
    EXPECT_EQ(told(one), 1);
    EXPECT_EQ(told(two), 1);
    EXPECT_EQ(delivered(), 3);
    sql("update tickets set event_seq = 1 where ticket_id = '" + bad.ticket.str() + "'");
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(told(bad), 1);
}

TEST_F(Recording, WhatIsOwedToATicketThatIsGoneIsForgotten)
{
    const auto mine = storm();
    ASSERT_TRUE(outbox_->record(all_delivered(claim())));
    sql("delete from tickets where ticket_id = '" + mine.ticket.str() + "'");
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select count(*) from owed_events"), 0);
}

TEST_F(Recording, WhatIsOwedToManyTicketsThatAreGoneIsForgottenPageByPage)
{
    const auto tenant = new_tenant();
    sql("insert into owed_events (tenant_id, ticket_id, kind, at, data) select '" + tenant.str() +
        "', gen_random_uuid(), 'notified', now(), '{}' from generate_series(1, 2500)");
    for (int pages = 1; pages <= 3; ++pages) {
        const auto left = outbox_->settle();
        ASSERT_TRUE(left) << left.error().message();
        EXPECT_EQ(*left, pages < 3);
        EXPECT_EQ(number("select count(*) from owed_events"), std::max(0, 2'500 - pages * 1'000));
    }
}

TEST_F(Recording, WhatIsHandedBackUntriedCallsNothingOfItsChain)
{
    std::ignore = storm(2);
    sql("update deliveries set next_attempt_at = now() - interval '1 minute'");
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_THAT(claim(), IsEmpty()) << "the second waits behind the first";
    auto back = result(claimed[0], DeliveryState::pending);
    back.attempted = false;
    back.retry_after = std::chrono::minutes{5};
    ASSERT_TRUE(outbox_->record({back}));
    EXPECT_THAT(claim(), IsEmpty()) << "the wait that was stored holds for its whole chain";
    EXPECT_EQ(number("select count(*) from deliveries where state = 'pending' and next_attempt_at > now()"), 2);
}

}  // namespace
}  // namespace winnow::pg
