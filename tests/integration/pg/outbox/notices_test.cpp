/// What people are told of an event is stored once, and each one's message is a function of that.

#include "claiming.hpp"
#include "integration/pg/triage/triage_fixture.hpp"
#include "pg/session/noun_stores.hpp"
#include "winnow/pg/outbox.hpp"
#include "winnow/ports/delivery_store.hpp"

#include <pqxx/nontransaction>

#include <initializer_list>
#include <map>
#include <optional>

namespace winnow::pg {
namespace {

using domain::DeliveryState;
using ports::ClaimedDelivery;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr auto kUrl = "https://winnow.example";

class Notices : public TriageFixture {
protected:
    /// What a receiver gets of `owe()`, byte for byte, as long as there have been messages.
    static std::string told(int event, const std::string& kind = "opened")
    {
        return R"({"type": "ticket.)" + kind +
               R"(", "tenant": "w7k2m9", "ticket": {"id": "x", "title": "é \"q\"\n", "number": 12}, "event_seq": )" +
               std::to_string(event) + R"(, "timestamp": "2026-11-23T06:00:00.000Z"})";
    }

    void owe(int event, std::initializer_list<ContactId> contacts, const std::string& kind = "opened")
    {
        domain::Owed owed;
        owed.ticket_id = ticket_;
        owed.event_seq = event;
        owed.event_kind = kind;
        owed.payload = R"({"type":"ticket.)" + kind +
                       R"(","timestamp":"2026-11-23T06:00:00.000Z","tenant":"w7k2m9","event_seq":)" +
                       std::to_string(event) + R"(,"ticket":{"id":"x","number":12,"title":"é \"q\"\n"}})";
        owed.public_url = kUrl;
        for (const auto contact : contacts) owed.to.push_back({DeliveryId(new_uuid()), contact});
        ASSERT_TRUE(store_->apply(tenant_, applied_, at(applied_ + 1), {}, [&](const triage::States&) {
            ports::TriageWrites writes;
            writes.deliveries = {owed};
            return writes;
        }));
        ++applied_;
    }

    std::map<ContactId, ClaimedDelivery> claim()
    {
        std::map<ContactId, ClaimedDelivery> by_contact;
        auto claimed = claim_any(*outbox_, 100, 100);
        EXPECT_TRUE(claimed) << claimed.error().message();
        for (auto& each : claimed.value()) by_contact.emplace(each.contact.id, std::move(each));
        return by_contact;
    }

    void end(const ClaimedDelivery& claimed, DeliveryState state)
    {
        ASSERT_TRUE(outbox_->record({{.tenant = claimed.tenant,
                                      .id = claimed.delivery.id,
                                      .lease_token = claimed.lease_token,
                                      .state = state,
                                      .retry_after = milliseconds{0},
                                      .status = 503,
                                      .error = {}}}));
    }

    /// As REST reads it.
    std::string shown(DeliveryId id)
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        return make_delivery_store(tx, tenant_)->find(id).value().payload;
    }

    const ContactId a_ = new_contact(tenant_, "a");
    const ContactId b_ = new_contact(tenant_, "b");
    const ContactId c_ = new_contact(tenant_, "c");
    const TicketId ticket_{new_uuid()};
    std::uint64_t applied_ = 0;
    std::unique_ptr<ports::Outbox> outbox_ = make_outbox(pipeline());
};

TEST_F(Notices, AreStoredOnceHoweverManyAreTold)
{
    do_chore("spare_payloads");
    owe(1, {a_, b_, c_});
    EXPECT_EQ(number("select count(*) from notices"), 1);
    EXPECT_EQ(number("select count(*) from deliveries where payload is null and addition is null"), 3);
    const auto claimed = claim();
    ASSERT_EQ(claimed.size(), 3U);
    for (const auto& [contact, message] : claimed) {
        EXPECT_EQ(message.delivery.payload, told(1));
        EXPECT_EQ(message.public_url, kUrl) << "as it was then, whatever it is when the message is sent";
        EXPECT_EQ(shown(message.delivery.id), told(1));
    }
}

TEST_F(Notices, SayTheSameAtEachAttempt)
{
    do_chore("spare_payloads");
    owe(1, {a_});
    for (int attempt = 1; attempt <= 3; ++attempt) {
        const auto message = claim().at(a_);
        EXPECT_EQ(message.delivery.attempts, attempt);
        EXPECT_EQ(message.delivery.payload, told(1));
        end(message, DeliveryState::pending);
        sql("update tickets set title = 'another'");
    }
}

TEST_F(Notices, AreWrittenOnceWhereAFoldIsRepeated)
{
    do_chore("spare_payloads");
    owe(1, {a_});
    sql("update notices set content = content || '{\"first\": true}'");
    sql("update deliveries set state = 'delivered'");
    owe(1, {a_, b_});
    EXPECT_EQ(number("select count(*) from notices"), 1);
    EXPECT_THAT(claim().at(b_).delivery.payload, HasSubstr("\"first\": true")) << "the first word stands";
    EXPECT_EQ(number("select count(*) from deliveries"), 2);
}

TEST_F(Notices, OfOthersStayAsTheyAreWhereOneContactHasMissedSomething)
{
    do_chore("spare_payloads");
    owe(1, {a_, b_});
    auto claimed = claim();
    end(claimed.at(a_), DeliveryState::pending);
    end(claimed.at(b_), DeliveryState::delivered);
    owe(2, {a_, b_}, "severity_changed");
    claimed = claim();
    EXPECT_EQ(claimed.at(b_).delivery.payload, told(2, "severity_changed"));
    const auto to_a = claimed.at(a_).delivery;
    EXPECT_EQ(to_a.event_kind, "opened") << "nobody has told it";
    EXPECT_EQ(
        to_a.payload,
        R"({"type": "ticket.opened", "tenant": "w7k2m9", "ticket": {"id": "x", "title": "é \"q\"\n", "number": 12}, )"
        R"("overtook": [{"type": "ticket.opened", "event_seq": 1, "timestamp": "2026-11-23T06:00:00.000Z"}], )"
        R"("event_seq": 2, "timestamp": "2026-11-23T06:00:00.000Z"})");
    EXPECT_EQ(shown(to_a.id), to_a.payload);
    EXPECT_EQ(text("select content::text from notices where event_seq = 2"), told(2, "severity_changed"));

    end(claimed.at(a_), DeliveryState::pending);
    EXPECT_EQ(claim().at(a_).delivery.payload, to_a.payload) << "the next attempt sends the same";
    sql("update deliveries set lease_until = now() - interval '1 s' where state = 'sending'");
    owe(3, {a_}, "recovered");
    const auto last = claim().at(a_).delivery;
    EXPECT_EQ(last.event_kind, "recovered");
    EXPECT_THAT(last.payload, HasSubstr(R"("overtook": [{"type": "ticket.opened", "event_seq": 1, )"));
    EXPECT_THAT(last.payload, HasSubstr(R"({"type": "ticket.opened", "event_seq": 2, )"));
    EXPECT_EQ(text("select coalesce(payload::text, 'none') from deliveries where event_seq = 3"), "none");
}

TEST_F(Notices, AreWrittenIntoDeliveriesAsWellWhileAProgramMayBeAtWorkThatKnowsNone)
{
    sql("insert into journal_streams (node) values ('older')");
    const auto both = [&](int event, const std::string& what) {
        do_chore("spare_payloads");
        owe(event, {a_});
        EXPECT_EQ(text("select payload::text from deliveries where event_seq = " + std::to_string(event)), told(event))
            << what;
        EXPECT_EQ(number("select count(*) from notices where event_seq = " + std::to_string(event)), 1);
        const auto message = claim().at(a_);
        EXPECT_EQ(message.delivery.payload, told(event));
        EXPECT_EQ(message.public_url, kUrl);
        end(message, DeliveryState::delivered);
        EXPECT_EQ(text("select compatible from schema_migrations where name = '0033_notices'"), "t");
    };
    both(1, "it is at work");
    sql("update journal_streams set ended_at = now() - interval '4 minutes' where node = 'older'");
    both(2, "it may only have lost its stream");
    sql("update journal_streams set ended_at = now() - interval '6 minutes' where node = 'older'");
    owe(3, {b_});
    do_chore("spare_payloads");
    owe(3, {c_});
    EXPECT_EQ(text("select compatible from schema_migrations where name = '0033_notices'"), "f")
        << "and so it does not start any more";
    EXPECT_EQ(number("select count(*) from deliveries where event_seq = 3 and payload is null"), 1);
    for (const auto& [contact, message] : claim()) EXPECT_EQ(message.delivery.payload, told(3));
}

TEST_F(Notices, AreNotNeededForWhatAnOlderProgramOwes)
{
    do_chore("spare_payloads");
    sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) values "
        "('" +
        tenant_.str() + "', gen_random_uuid(), '" + ticket_.str() + "', 1, 'opened', '" + a_.str() + "', '" + told(1) +
        "')");
    auto message = claim().at(a_);
    EXPECT_EQ(message.delivery.payload, told(1));
    EXPECT_EQ(message.public_url, std::nullopt);
    end(message, DeliveryState::pending);
    owe(2, {a_}, "recovered");
    message = claim().at(a_);
    EXPECT_EQ(message.public_url, kUrl);
    EXPECT_THAT(message.delivery.payload, HasSubstr(R"("overtook": [{"type": "ticket.opened", "event_seq": 1, )"));
}

TEST_F(Notices, GoWithTheLastDeliveryThatTellsOfThem)
{
    do_chore("spare_payloads");
    owe(1, {a_, b_});
    owe(2, {a_});
    sql("update notices set created_at = now() - interval '91 days'");
    sql("update deliveries set created_at = now() - interval '91 days', state = 'delivered' where contact_id = '" +
        a_.str() + "'");
    EXPECT_EQ(do_chore("forget_deliveries"), 2U + 1U);
    EXPECT_EQ(text("select string_agg(event_seq::text, ' ') from notices"), "1") << "b is still to be told";
    EXPECT_EQ(claim().at(b_).delivery.payload, told(1));
    sql("update deliveries set created_at = now() - interval '91 days', state = 'delivered'");
    EXPECT_EQ(do_chore("forget_deliveries"), 1U + 1U);
    EXPECT_EQ(number("select count(*) from notices"), 0);
}

TEST_F(Notices, GoWithTheirTicket)
{
    do_chore("spare_payloads");
    owe(1, {a_});
    sql("update deliveries set state = 'delivered'");
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
        "first_seen_at, last_seen_at, opened_at, closed_at) values ('" +
        tenant_.str() + "', '" + ticket_.str() +
        "', 1, 'closed', 1, 't', 'k', 1, now(), now(), now(), now() - interval '3650 days')");
    EXPECT_EQ(do_chore("forget_tickets"), 3U);
    EXPECT_EQ(number("select count(*) from notices"), 0);
    EXPECT_EQ(number("select count(*) from tickets"), 0);
}

TEST_F(Notices, OfATicketStayWhileADeliveryTellsOfThem)
{
    do_chore("spare_payloads");
    owe(1, {a_});
    owe(2, {a_});
    sql("update deliveries set state = 'delivered'");
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
        "first_seen_at, last_seen_at, opened_at, closed_at) values ('" +
        tenant_.str() + "', '" + ticket_.str() +
        "', 1, 'closed', 1, 't', 'k', 1, now(), now(), now(), now() - interval '3650 days')");
    // As where the removal of deliveries picked other tickets: this one's stays.
    sql("create function keep() returns trigger language plpgsql as 'begin return null; end'");
    sql("create trigger keep before delete on deliveries for each row when (old.event_seq = 2) execute function "
        "keep()");
    do_chore("forget_tickets");
    EXPECT_EQ(text("select string_agg(event_seq::text, ' ') from notices"), "2");
    sql("drop trigger keep on deliveries; drop function keep");
    do_chore("forget_tickets");
    EXPECT_EQ(number("select count(*) from notices"), 0);
}

TEST_F(Notices, ThatAreMissingAreNoMessage)
{
    do_chore("spare_payloads");
    owe(1, {a_});
    sql("delete from notices");
    const auto message = claim().at(a_);
    EXPECT_EQ(message.delivery.payload, "");
    EXPECT_EQ(shown(message.delivery.id), "");
    sql("update deliveries set addition = '{\"overtook\": []}'");
    EXPECT_EQ(shown(message.delivery.id), "");
}

TEST_F(Notices, AreNotSparedByWhoMayNot)
{
    for (const auto& conninfo : {database_.api, database_.provider}) {
        pqxx::connection connection(conninfo);
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("select begin_sparing_payloads()"), pqxx::insufficient_privilege);
    }
}

}  // namespace
}  // namespace winnow::pg
