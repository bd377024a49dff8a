#include "claiming.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/pg/outbox.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <tuple>

namespace winnow::pg {
namespace {

using domain::DeliveryState;
using ports::AttemptResult;
using ports::ClaimedDelivery;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr milliseconds kLease{60'000};

AttemptResult ended(const ClaimedDelivery& claimed, DeliveryState state, milliseconds again_after = milliseconds{0})
{
    return {.tenant = claimed.tenant,
            .id = claimed.delivery.id,
            .lease_token = claimed.lease_token,
            .state = state,
            .retry_after = again_after,
            .status = state == DeliveryState::delivered ? 204 : 503,
            .error = {}};
}

class DeliveryOrder : public PgTest {
protected:
    void owe(int event, const std::string& kind = "severity_changed") { owe(contact_, ticket_, event, kind); }
    void owe(ContactId contact, TicketId ticket, int event, const std::string& kind)
    {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) "
            "values ('" +
            tenant_.str() + "', gen_random_uuid(), '" + ticket.str() + "', " + std::to_string(event) + ", '" + kind +
            "', '" + contact.str() + "', '{\"type\":\"ticket." + kind + "\",\"event_seq\":" + std::to_string(event) +
            "}')");
    }

    [[nodiscard]] std::vector<ClaimedDelivery> claim(std::size_t limit = 100, std::size_t per_contact = 100,
                                                     milliseconds lease = kLease)
    {
        auto claimed = claim_any(*outbox_, limit, per_contact, {}, lease);
        EXPECT_TRUE(claimed) << claimed.error().message();
        return claimed.value_or(std::vector<ClaimedDelivery>());
    }
    [[nodiscard]] ClaimedDelivery claim_one()
    {
        auto claimed = claim();
        EXPECT_THAT(claimed, SizeIs(1));
        return claimed.empty() ? ClaimedDelivery() : claimed.front();
    }
    void record(const AttemptResult& result) { ASSERT_TRUE(outbox_->record({result})); }

    /// "1 delivered, 2 pending"
    [[nodiscard]] std::string ledger()
    {
        return text(
            "select coalesce(string_agg(event_seq || ' ' || state, ', ' order by event_seq), '') "
            "from deliveries where ticket_id = '" +
            ticket_.str() + "'");
    }

    TenantId tenant_ = new_tenant();
    ContactId contact_ = new_contact(tenant_, "one");
    TicketId ticket_{new_uuid()};
    std::unique_ptr<ports::Outbox> outbox_ = make_outbox(pipeline());
};

TEST_F(DeliveryOrder, AHealthyReceiverGetsEveryMessageInTheOrderOfItsEvents)
{
    for (const int event : {4, 1, 3, 2}) owe(event);
    std::vector<int> got;
    for (int i = 0; i < 4; ++i) {
        const auto claimed = claim_one();
        EXPECT_THAT(claim(), IsEmpty()) << "one at a time";
        got.push_back(claimed.delivery.event_seq);
        record(ended(claimed, DeliveryState::delivered));
    }
    EXPECT_THAT(got, ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(ledger(), "1 delivered, 2 delivered, 3 delivered, 4 delivered");
}

TEST_F(DeliveryOrder, OfWhatDidNotGetThroughOnlyTheLatestIsTold)
{
    owe(1, "opened");
    record(ended(claim_one(), DeliveryState::pending, std::chrono::hours{1}));
    EXPECT_THAT(claim(), IsEmpty()) << "it waits for its next attempt";
    owe(2);
    owe(3, "recovered");
    const auto last = claim_one();
    EXPECT_EQ(last.delivery.event_kind, "recovered");
    EXPECT_EQ(ledger(), "1 superseded, 2 superseded, 3 sending");
    EXPECT_EQ(number("select count(*) from deliveries where superseded_by = '" + last.delivery.id.str() +
                     "' and finished_at is not null"),
              2);
    record(ended(last, DeliveryState::delivered));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(ledger(), "1 superseded, 2 superseded, 3 delivered");
}

TEST_F(DeliveryOrder, WhatComesDuringAnAttemptWaitsForItsEnd)
{
    owe(1, "opened");
    const auto first = claim_one();
    owe(2);
    owe(3, "recovered");
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_GT(next_delivery(pipeline()), milliseconds{1'000}) << "nobody looks for it again and again";
    record(ended(first, DeliveryState::pending, std::chrono::hours{1}));
    EXPECT_EQ(claim_one().delivery.event_seq, 3) << "the attempt failed: the latest word is enough";
    EXPECT_EQ(ledger(), "1 superseded, 2 superseded, 3 sending");
}

TEST_F(DeliveryOrder, WhatWasRefusedForGoodHoldsUpNothing)
{
    owe(1, "opened");
    owe(2);
    record(ended(claim_one(), DeliveryState::dead));
    EXPECT_EQ(claim_one().delivery.event_seq, 2);
    EXPECT_EQ(ledger(), "1 dead, 2 sending");
}

TEST_F(DeliveryOrder, TheFirstWordThatGetsThroughIsTheOpening)
{
    owe(1, "opened");
    record(ended(claim_one(), DeliveryState::pending));
    owe(2, "severity_changed");
    auto claimed = claim_one();
    EXPECT_EQ(claimed.delivery.event_seq, 2);
    EXPECT_EQ(claimed.delivery.event_kind, "opened");
    EXPECT_THAT(claimed.delivery.payload, HasSubstr(R"("type": "ticket.opened")"));
    EXPECT_THAT(claimed.delivery.payload, HasSubstr(R"("overtook": [{"type": "ticket.opened", )"));

    record(ended(claimed, DeliveryState::pending));
    owe(3, "recovered");
    claimed = claim_one();
    EXPECT_EQ(claimed.delivery.event_kind, "recovered") << "that the trouble is over stays what it is";
    EXPECT_THAT(claimed.delivery.payload, HasSubstr(R"("type": "ticket.recovered")"));

    record(ended(claimed, DeliveryState::pending));
    owe(4, "reopened");
    claimed = claim_one();
    EXPECT_EQ(claimed.delivery.event_kind, "opened") << "nobody has heard of it yet";
    EXPECT_EQ(number("select jsonb_array_length(payload->'overtook') from deliveries where event_seq = 4"), 3);

    record(ended(claimed, DeliveryState::delivered));
    owe(5, "recovered");
    record(ended(claim_one(), DeliveryState::pending));
    owe(6, "reopened");
    EXPECT_EQ(claim_one().delivery.event_kind, "reopened") << "by now they know of it";
}

TEST_F(DeliveryOrder, ALeaseThatRanOutCountsAsAnAttemptInVain)
{
    owe(1, "opened");
    const auto lost = claim(10, 10, milliseconds{0}).at(0);
    owe(2, "recovered");
    const auto second = claim_one();
    EXPECT_EQ(second.delivery.event_seq, 2);
    record(ended(lost, DeliveryState::pending));
    EXPECT_EQ(ledger(), "1 superseded, 2 sending") << "the late holder changes nothing";
}

TEST_F(DeliveryOrder, OtherTicketsAndOtherContactsAreNotHeldUp)
{
    const auto other = new_contact(tenant_, "two");
    const TicketId second(new_uuid());
    owe(1, "opened");
    EXPECT_THAT(claim(), SizeIs(1));
    owe(2);
    owe(other, ticket_, 1, "opened");
    owe(contact_, second, 1, "opened");
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(2));
    for (const auto& each : claimed) EXPECT_EQ(each.delivery.event_seq, 1);
}

TEST_F(DeliveryOrder, ManyThatWaitHideNothingBehindThem)
{
    for (int event = 1; event <= 40; ++event) owe(event);
    EXPECT_THAT(claim(10, 2), SizeIs(1));
    const TicketId behind(new_uuid());
    owe(contact_, behind, 1, "opened");
    const auto claimed = claim(10, 2);
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(claimed[0].delivery.ticket_id, behind);
}

/// What a claim of two nodes' worth of slots read of the table, in rows.
TEST_F(DeliveryOrder, AClaimReadsAFewRowsHoweverManyAreFinishedOrWaitForASickReceiver)
{
    const std::string columns =
        "insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, "
        "contact_id, payload, state, attempts, next_attempt_at) select '" +
        tenant_.str() + "', gen_random_uuid(), ";
    const std::string contact = ", 'opened', '" + contact_.str() + "', '{}', ";
    sql(columns + "gen_random_uuid(), 1" + contact + "'delivered', 1, now() from generate_series(1, 30000)");
    sql(columns + "gen_random_uuid(), 1" + contact +
        "'pending', 3, now() + interval '1 minute' "
        "from generate_series(1, 10000)");
    owe(1, "opened");
    EXPECT_THAT(claim(), SizeIs(1));
    sql(columns + "'" + ticket_.str() + "', 1 + n" + contact + "'pending', 0, now() from generate_series(1, 5000) n");
    EXPECT_THAT(claim(), IsEmpty()) << "they wait from now on";
    const auto healthy = new_contact(tenant_, "two");
    owe(healthy, TicketId(new_uuid()), 1, "opened");
    outbox_.reset();  // sessions tell their figures when they end

    const auto read = [&] {
        return number(
            "select coalesce(sum(seq_tup_read) + sum(idx_tup_fetch), 0) from pg_stat_user_tables "
            "where relname = 'deliveries'");
    };
    const auto updated = [&] {
        return number("select sum(n_tup_upd) from pg_stat_user_tables where relname = 'deliveries'");
    };
    ASSERT_TRUE(eventually([&] { return updated() > 5'000; }));
    const auto before = read();
    const auto changes = updated();
    outbox_ = make_outbox(pipeline());
    EXPECT_THAT(claim(64, 2), SizeIs(1));
    outbox_.reset();
    ASSERT_TRUE(eventually([&] { return updated() > changes; }));
    EXPECT_LT(read() - before, 200);
}

/// Several nodes, receivers that fail at random, events that go on coming: what each contact got of a ticket is in
/// order, never two at once, and ends with the last word.
TEST_F(DeliveryOrder, AcrossNodesOneWordAtATimeAndTheLastOneLast)
{
    constexpr int kContacts = 3;
    constexpr int kTickets = 6;
    constexpr int kEvents = 12;
    std::vector<ContactId> contacts;
    std::vector<TicketId> tickets;
    for (int i = 0; i < kContacts; ++i) contacts.push_back(new_contact(tenant_, "c" + std::to_string(i)));
    for (int i = 0; i < kTickets; ++i) tickets.emplace_back(new_uuid());

    std::mutex mutex;
    std::set<std::pair<TicketId, ContactId>> under_way;  // guarded by mutex, as what follows
    std::map<std::pair<TicketId, ContactId>, std::vector<int>> got;
    std::atomic<bool> all_owed = false;
    const auto work = [&](unsigned seed) {
        std::mt19937 dice(seed);
        const auto outbox = make_outbox(pipeline());
        std::vector<AttemptResult> results;  // also those whose deliveries another node held when they were recorded
        while (!all_owed || number("select count(*) from deliveries where state in ('pending', 'sending')") > 0) {
            const auto claimed = claim_any(*outbox, 6, 2);
            ASSERT_TRUE(claimed) << claimed.error().message();
            for (const auto& each : *claimed) {
                const std::pair chain(each.delivery.ticket_id, each.contact.id);
                const auto roll = dice() % 10;
                const auto state = roll < 5 ? DeliveryState::delivered : DeliveryState::pending;
                {
                    const std::lock_guard lock(mutex);
                    EXPECT_TRUE(under_way.insert(chain).second) << "two at once";
                    if (state == DeliveryState::delivered) got[chain].push_back(each.delivery.event_seq);
                }
                results.push_back(ended(each, state));
            }
            {
                const std::lock_guard lock(mutex);
                for (const auto& each : *claimed) under_way.erase({each.delivery.ticket_id, each.contact.id});
            }
            const auto recorded = outbox->record(results);
            ASSERT_TRUE(recorded) << recorded.error().message();
            std::erase_if(results, [&](const AttemptResult& each) {
                return std::ranges::find(recorded->held, each.id) == recorded->held.end();
            });
            ASSERT_TRUE(outbox->settle());
        }
    };
    {
        std::vector<std::jthread> nodes;
        for (unsigned node = 1; node <= 3; ++node) nodes.emplace_back(work, node);
        for (int event = 1; event <= kEvents; ++event) {
            for (const auto ticket : tickets) {
                for (const auto contact : contacts) owe(contact, ticket, event, event == kEvents ? "recovered" : "e");
            }
        }
        all_owed = true;
    }
    EXPECT_EQ(got.size(), std::size_t{kContacts * kTickets});
    for (const auto& [chain, events] : got) {
        EXPECT_TRUE(std::ranges::is_sorted(events));
        EXPECT_EQ(events.back(), kEvents);
    }
    EXPECT_EQ(number("select count(*) from deliveries where state not in ('delivered', 'superseded')"), 0);
}

}  // namespace
}  // namespace winnow::pg
