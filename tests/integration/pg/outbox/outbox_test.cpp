#include "winnow/pg/outbox.hpp"

#include "claiming.hpp"
#include "integration/pg/fixture.hpp"

#include <pqxx/transaction>

#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace winnow::pg {
namespace {

using domain::DeliveryState;
using ports::AttemptResult;
using ports::ClaimedDelivery;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr milliseconds kLease{60'000};

class OutboxTest : public PgTest {
protected:
    TicketId new_ticket(TenantId tenant)
    {
        const TicketId id(new_uuid());
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq) select '" +
            tenant.str() + "', '" + id.str() + "', 1 + count(*), 'open', 2, 't', '" + id.str() +
            "', 1, now(), now(), now(), 1 from tickets");
        return id;
    }

    /// Of `count` tickets one delivery each to the contact, the first due `age` ago, the next a millisecond later, …
    void owe_of_many(TenantId tenant, ContactId contact, int count, const std::string& age = "1 hour")
    {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "next_attempt_at) select '" +
            tenant.str() + "', gen_random_uuid(), gen_random_uuid(), 1, 'opened', '" + contact.str() +
            "', '{\"n\":1}', now() - interval '" + age + "' + n * interval '1 ms' from generate_series(1, " +
            std::to_string(count) + ") n");
    }

    /// The ticket's events from 1 to `count`, the first due `age` ago, the next a millisecond later, …
    void owe(TenantId tenant, ContactId contact, TicketId ticket, int count, const std::string& age = "1 hour")
    {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "next_attempt_at) select '" +
            tenant.str() + "', gen_random_uuid(), '" + ticket.str() + "', n, 'opened', '" + contact.str() +
            "', '{\"n\":1}', now() - interval '" + age + "' + n * interval '1 ms' from generate_series(1, " +
            std::to_string(count) + ") n");
    }

    [[nodiscard]] std::vector<ClaimedDelivery> claim(std::size_t limit = 100, std::size_t per_contact = 100,
                                                     const std::vector<ContactId>& busy = {},
                                                     milliseconds lease = kLease)
    {
        auto claimed = claim_any(*outbox_, limit, per_contact, busy, lease);
        EXPECT_TRUE(claimed) << claimed.error().message();
        return claimed.value_or(std::vector<ClaimedDelivery>());
    }

    [[nodiscard]] static AttemptResult result(const ClaimedDelivery& claimed, DeliveryState state)
    {
        return {.tenant = claimed.tenant,
                .id = claimed.delivery.id,
                .lease_token = claimed.lease_token,
                .state = state,
                .retry_after = milliseconds{0},
                .status = 500,
                .error = "it said \"no\""};
    }

    TenantId tenant_ = new_tenant();
    ContactId contact_ = new_contact(tenant_, "one");
    TicketId ticket_ = new_ticket(tenant_);
    std::unique_ptr<ports::Outbox> outbox_ = make_outbox(pipeline());
};

TEST_F(OutboxTest, AClaimCountsTheAttemptAndHoldsTheDeliveryUntilTheLeaseEnds)
{
    owe(tenant_, contact_, ticket_, 1);
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(claimed[0].tenant, tenant_);
    EXPECT_EQ(claimed[0].delivery.ticket_id, ticket_);
    EXPECT_EQ(claimed[0].delivery.attempts, 1);
    EXPECT_EQ(claimed[0].delivery.payload, "{\"n\": 1}");
    EXPECT_EQ(claimed[0].contact.setting("url").shown, "https://example.org/");
    EXPECT_EQ(text("select state || lease_node from deliveries"), "sendingnode");
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_F(OutboxTest, WhatIsHandedBackUntriedIsNoAttemptAndKeepsTheLastOnesError)
{
    owe(tenant_, contact_, ticket_, 1);
    ASSERT_TRUE(outbox_->record({result(claim().at(0), DeliveryState::pending)}));
    const auto again = claim();
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].delivery.attempts, 2);
    auto back = result(again[0], DeliveryState::pending);
    back.attempted = false;
    back.status = 0;
    back.error.clear();
    ASSERT_TRUE(outbox_->record({back}));
    EXPECT_EQ(number("select attempts from deliveries"), 1);
    EXPECT_EQ(number("select last_status from deliveries"), 500);
    EXPECT_EQ(text("select last_error from deliveries"), "it said \"no\"");
    EXPECT_THAT(claim(), SizeIs(1)) << "due again";
}

TEST_F(OutboxTest, WhatIsNotDueIsNotClaimed)
{
    owe(tenant_, contact_, ticket_, 1, "-1 hour");
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_FALSE(outbox_->is_due().value());
    const auto due = next_delivery(pipeline());
    ASSERT_TRUE(due);
    EXPECT_GT(*due, std::chrono::minutes{59});
    EXPECT_LE(*due, std::chrono::minutes{61});
}

TEST_F(OutboxTest, NothingIsDueWhenNothingIsOwedAndWhatIsOverdueIsDueNow)
{
    EXPECT_EQ(next_delivery(pipeline()), std::nullopt);
    EXPECT_FALSE(outbox_->is_due().value());
    owe(tenant_, contact_, ticket_, 1);
    EXPECT_EQ(next_delivery(pipeline()), milliseconds{0});
    EXPECT_TRUE(outbox_->is_due().value());
    ASSERT_THAT(claim(), SizeIs(1));
    EXPECT_GT(next_delivery(pipeline()), milliseconds{1'000}) << "when the lease ends";
    EXPECT_FALSE(outbox_->is_due().value());
    sql("update deliveries set lease_until = now()");
    EXPECT_TRUE(outbox_->is_due().value()) << "nothing was heard of who has it";
}

TEST_F(OutboxTest, OneContactsFloodTakesNotEverySlot)
{
    const auto other = new_contact(tenant_, "two");
    const auto neighbour = new_tenant();
    const auto third = new_contact(neighbour, "three");
    owe_of_many(tenant_, contact_, 500, "2 hours");
    owe_of_many(tenant_, other, 3);
    owe_of_many(neighbour, third, 3);
    std::map<ContactId, int> share;
    for (const auto& claimed : claim(10, 4)) ++share[claimed.contact.id];
    EXPECT_EQ(share[contact_], 4);
    EXPECT_EQ(share[other], 3);
    EXPECT_EQ(share[third], 3);
}

TEST_F(OutboxTest, BusyContactsAreLeftAloneAlsoWhenTheirLeasesRunOut)
{
    owe_of_many(tenant_, contact_, 2);
    ASSERT_THAT(claim(1, 1, {}, milliseconds{0}), SizeIs(1));
    EXPECT_THAT(claim(10, 10, {contact_}), IsEmpty());
    EXPECT_THAT(claim(10, 10), SizeIs(2));
}

TEST_F(OutboxTest, TheOldestComeFirstAndTheLimitHolds)
{
    const auto other = new_contact(tenant_, "two");
    owe_of_many(tenant_, contact_, 3, "1 hour");
    owe_of_many(tenant_, other, 3, "2 hours");
    const auto claimed = claim(4);
    ASSERT_THAT(claimed, SizeIs(4));
    EXPECT_EQ(claimed[0].contact.id, other);
    EXPECT_EQ(claimed[2].contact.id, other);
    EXPECT_EQ(claimed[3].contact.id, contact_);
    EXPECT_EQ(claimed[0].delivery.event_seq, 1);
}

TEST_F(OutboxTest, AnExpiredLeaseIsClaimedAgainAndTheLateHolderChangesNothing)
{
    owe(tenant_, contact_, ticket_, 1);
    const auto late = claim(10, 10, {}, milliseconds{0});
    ASSERT_THAT(late, SizeIs(1));
    const auto second = claim();
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_EQ(second[0].delivery.attempts, 2);

    ASSERT_TRUE(outbox_->record({result(late[0], DeliveryState::delivered)}));
    EXPECT_EQ(text("select state from deliveries"), "sending");
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select count(*) from ticket_events"), 0);
    ASSERT_TRUE(outbox_->record({result(second[0], DeliveryState::delivered)}));
    EXPECT_EQ(text("select state from deliveries"), "delivered");
    ASSERT_TRUE(outbox_->record({result(second[0], DeliveryState::dead)}));
    EXPECT_EQ(text("select state from deliveries"), "delivered") << "what is final stays";
}

TEST_F(OutboxTest, FinalAttemptsGoIntoTheTicketsTimeline)
{
    const auto other = new_ticket(tenant_);
    owe(tenant_, contact_, ticket_, 2);
    owe(tenant_, contact_, other, 1, "30 minutes");
    const auto first = claim();
    ASSERT_THAT(first, SizeIs(2));
    ASSERT_TRUE(
        outbox_->record({result(first[0], DeliveryState::delivered), result(first[1], DeliveryState::delivered)}));
    const auto second = claim();
    ASSERT_THAT(second, SizeIs(1));
    ASSERT_TRUE(outbox_->record({result(second[0], DeliveryState::dead)}));
    EXPECT_FALSE(outbox_->settle().value()) << "nothing is left";
    EXPECT_EQ(text("select string_agg(seq::text, ',' order by seq) from ticket_events where ticket_id = '" +
                   ticket_.str() + "'"),
              "2,3");
    EXPECT_EQ(
        text("select string_agg(distinct kind, ',') from ticket_events where ticket_id = '" + ticket_.str() + "'"),
        "notification_failed,notified");
    EXPECT_EQ(number("select event_seq from tickets where ticket_id = '" + ticket_.str() + "'"), 3);
    EXPECT_EQ(number("select event_seq from tickets where ticket_id = '" + other.str() + "'"), 2);
    EXPECT_EQ(number("select min(version) + max(version) from tickets"), 2) << "an ETag in a person's hand stays good";
    EXPECT_EQ(text("select data->>'error' from ticket_events where kind = 'notification_failed'"), "it said \"no\"");
    EXPECT_EQ(text("select data->>'contact' from ticket_events limit 1"), "one");
    EXPECT_EQ(number("select count(*) from deliveries where finished_at is not null"), 3);
}

TEST_F(OutboxTest, ARetryIsDueLaterAndLeavesNoTrace)
{
    owe(tenant_, contact_, ticket_, 1);
    auto again = result(claim().at(0), DeliveryState::pending);
    again.retry_after = milliseconds{30'000};
    ASSERT_TRUE(outbox_->record({again}));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_GT(next_delivery(pipeline()), milliseconds{20'000});
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select count(*) from ticket_events"), 0);
    EXPECT_EQ(text("select last_status || last_error from deliveries"), "500it said \"no\"");
}

TEST_F(OutboxTest, WhatIsOwedToGoneContactsIsCancelledAndNobodyIsTold)
{
    const auto disabled = new_contact(tenant_, "two");
    const auto deleted = new_contact(tenant_, "three");
    owe_of_many(tenant_, disabled, 20);
    owe(tenant_, disabled, ticket_, 10);
    owe_of_many(tenant_, deleted, 30);
    owe(tenant_, contact_, ticket_, 1);
    sql("update contacts set enabled = false where contact_id = '" + disabled.str() + "'");
    sql("delete from contacts where contact_id = '" + deleted.str() + "'");
    const auto claimed = claim(10, 2);
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(claimed[0].contact.id, contact_);
    EXPECT_EQ(
        number(
            "select count(*) from deliveries where state = 'cancelled' and finished_at is not null and attempts = 0"),
        60)
        << "all of them, however few the slots";
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_EQ(number("select count(*) from ticket_events"), 0);
}

TEST_F(OutboxTest, WhatIsOwedToAGoneContactIsCancelledInBoundedSteps)
{
    owe_of_many(tenant_, contact_, 5'000);
    sql("update contacts set enabled = false");
    const std::string cancelled = "select count(*) from deliveries where state = 'cancelled'";
    EXPECT_THAT(claim(10, 4), IsEmpty());
    EXPECT_GE(number(cancelled), 2'000);
    EXPECT_LE(number(cancelled), 2'004) << "the chains that were claimed, and as many as one claim may cancel";
    int more = 0;
    for (; number(cancelled) < 5'000 && more < 10; ++more) EXPECT_THAT(claim(10, 4), IsEmpty());
    EXPECT_EQ(more, 2);
}

TEST_F(OutboxTest, CancellingLeavesAloneWhatAnotherNodeHolds)
{
    owe(tenant_, contact_, ticket_, 3);
    sql("update contacts set enabled = false");
    {
        pqxx::connection connection(database_.superuser);
        pqxx::work other(connection);
        other.exec("select from deliveries where event_seq = 3 for update");
        EXPECT_THAT(claim(), IsEmpty()) << "and does not wait: who waits while it holds others, others wait for";
        EXPECT_EQ(number("select count(*) from deliveries where state = 'cancelled'"), 2);
    }
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(number("select count(*) from deliveries where state = 'cancelled'"), 3);
}

TEST_F(OutboxTest, RecordingWaitsForNobodyWhoHoldsWhatComesNextAndCallsItLater)
{
    const auto two = new_ticket(tenant_);
    const auto delivery = [&](TicketId ticket, int seq, const std::string& id, const std::string& due) {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "next_attempt_at) values ('" +
            tenant_.str() + "', '00000000-0000-7000-8000-0000000000" + id + "', '" + ticket.str() + "', " +
            std::to_string(seq) + ", 'opened', '" + contact_.str() + "', '{}', now() + interval '" + due + "')");
    };
    delivery(ticket_, 1, "01", "-2 hours");
    delivery(ticket_, 2, "f2", "1 hour");
    delivery(two, 1, "02", "-1 hour");
    delivery(two, 2, "f1", "1 hour");
    const auto first = claim();
    ASSERT_THAT(first, SizeIs(2));

    pqxx::connection connection(database_.superuser);
    pqxx::work other(connection);
    other.exec("select from deliveries where right(delivery_id::text, 2) = 'f1' for update");
    const auto recorded =
        outbox_->record({result(first[0], DeliveryState::delivered), result(first[1], DeliveryState::delivered)});
    ASSERT_TRUE(recorded) << recorded.error().message();
    EXPECT_TRUE(recorded->owes);
    EXPECT_TRUE(outbox_->settle().value()) << "it still is held";
    EXPECT_NO_THROW(other.exec("select from deliveries where right(delivery_id::text, 2) = 'f2' for update nowait"))
        << "nothing is held meanwhile";
    other.commit();
    EXPECT_FALSE(outbox_->settle().value());
    EXPECT_THAT(claim(), SizeIs(2));
}

TEST_F(OutboxTest, ManyNodesClaimEachDeliveryOnce)
{
    std::vector<ContactId> contacts;
    for (int i = 0; i < 8; ++i) {
        contacts.push_back(new_contact(tenant_, "c" + std::to_string(i)));
        owe_of_many(tenant_, contacts.back(), 50);
    }
    std::atomic<int> total = 0;
    {
        std::vector<std::jthread> nodes;
        for (int node = 0; node < 4; ++node) {
            nodes.emplace_back([&] {
                const auto outbox = make_outbox(pipeline());
                while (number("select count(*) from deliveries where state = 'pending'") > 0) {
                    const auto claimed = claim_any(*outbox, 20, 5);
                    ASSERT_TRUE(claimed) << claimed.error().message();
                    total += static_cast<int>(claimed->size());
                }
            });
        }
    }
    EXPECT_EQ(total, 400);
    EXPECT_EQ(number("select max(attempts) from deliveries"), 1);
}

TEST_F(OutboxTest, ABacklogOfAHundredThousandCostsAClaimLittle)
{
    owe_of_many(tenant_, contact_, 100'000);
    const auto other = new_contact(tenant_, "two");
    owe(tenant_, other, new_ticket(tenant_), 1);
    sql("analyze deliveries");
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THAT(claim(50, 4, {contact_}), SizeIs(1));
    EXPECT_THAT(claim(50, 4), SizeIs(4));
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{1});
}

TEST_F(OutboxTest, NothingToRecordIsNoError)
{
    EXPECT_TRUE(outbox_->record({}));
}

}  // namespace
}  // namespace winnow::pg
