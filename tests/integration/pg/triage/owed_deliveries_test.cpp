/// @file
/// How much a tenant may come to owe: what is beyond it is left out and counted, and the alerts are folded all the
/// same.

#include "triage_fixture.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::pg {
namespace {

class OwedDeliveries : public TriageFixture {
protected:
    void SetUp() override
    {
        TriageFixture::SetUp();
        for (const std::string type : {"webhook", "email", "email", "webhook", "email"}) {
            contacts_.push_back(new_contact(tenant_, "c" + std::to_string(contacts_.size())));
            sql("update contacts set type = '" + type + "' where contact_id = '" + contacts_.back().str() + "'");
        }
    }

    /// Folds a new ticket that tells all contacts, with the limits of a node.
    void fold(std::int64_t max_owed, std::int64_t max_mails, std::uint32_t left_out = 0)
    {
        auto options = pipeline();
        options.max_owed_deliveries = max_owed;
        options.max_mails_a_day = max_mails;
        FoldsByHand folds(make_triage_store(options));
        const auto ticket = opened("k" + std::to_string(folded_), static_cast<std::int64_t>(folded_) + 1);
        domain::Owed owed{
            .ticket_id = ticket.ticket.id, .event_seq = 1, .event_kind = "opened", .payload = "{}", .to = {}};
        for (const auto& contact : contacts_) owed.to.push_back({DeliveryId(new_uuid()), contact});
        owed.left_out = left_out;
        ASSERT_TRUE(folds.apply(tenant_, folded_, at(folded_ + 1), {}, [&](const triage::States&) {
            auto writes = opening({ticket}, static_cast<std::int64_t>(folded_) + 2);
            writes.deliveries = {owed};
            return writes;
        }));
        ++folded_;
    }
    void deliver_all() { sql("update deliveries set state = 'delivered', finished_at = now()"); }
    [[nodiscard]] std::string told()
    {
        return text(
            "select coalesce(string_agg(substr(c.name, 2), '' order by d.created_at, c.name), '') "
            "from deliveries d join contacts c using (tenant_id, contact_id) where d.state = 'pending'");
    }
    [[nodiscard]] std::int64_t of(const std::string& quota, const std::string& column)
    {
        return number("select " + column + " from quotas where tenant_id = '" + tenant_.str() + "' and name = '" +
                      quota + "'");
    }

    std::vector<ContactId> contacts_;
    std::uint64_t folded_ = 0;
};

TEST_F(OwedDeliveries, WithoutALimitAllComeToBeOwed)
{
    fold(0, 0);
    EXPECT_EQ(told(), "01234");
    EXPECT_EQ(of("deliveries", "used"), 5);
    EXPECT_EQ(of("deliveries", "left_out"), 0);
    EXPECT_EQ(of("mails_a_day", "used"), 3);
}

TEST_F(OwedDeliveries, AtTheLimitTheFirstOfTheRouteAreToldAndTheTicketIsThere)
{
    fold(5, 0);
    EXPECT_EQ(told(), "01234") << "just as many";
    fold(7, 0, 2);
    EXPECT_EQ(number("select count(*) from deliveries"), 7);
    EXPECT_EQ(of("deliveries", "used"), 7);
    EXPECT_EQ(of("deliveries", "left_out"), 3 + 2) << "and those beyond what an event may tell";
    fold(7, 0);
    EXPECT_EQ(number("select count(*) from deliveries"), 7);
    EXPECT_EQ(number("select count(*) from notices"), 2) << "what nobody is told is not kept";
    EXPECT_EQ(number("select count(*) from tickets"), 3);
}

TEST_F(OwedDeliveries, WhatWasDeliveredMakesRoomAtOnce)
{
    fold(5, 0);
    deliver_all();
    fold(5, 0);
    EXPECT_EQ(told(), "01234");
    EXPECT_EQ(of("deliveries", "used"), 5);
    EXPECT_EQ(of("deliveries", "left_out"), 0);
}

TEST_F(OwedDeliveries, MailsBeyondADaysAreLeftOutAndWebhooksAreNot)
{
    fold(0, 4);
    EXPECT_EQ(of("mails_a_day", "used"), 3);
    deliver_all();
    fold(0, 4);
    EXPECT_EQ(told(), "013");
    EXPECT_EQ(of("mails_a_day", "used"), 4);
    EXPECT_EQ(of("deliveries", "left_out"), 2);
    deliver_all();
    sql("update quotas set day = day - 1 where name = 'mails_a_day'");
    fold(0, 4);
    EXPECT_EQ(told(), "01234") << "a new day";
    EXPECT_EQ(of("mails_a_day", "used"), 3);
}

TEST_F(OwedDeliveries, TheTenantsOwnLimitGoesBeforeTheNodes)
{
    sql("insert into quotas (tenant_id, name, most) values ('" + tenant_.str() + "', 'deliveries', 2)");
    fold(100, 0);
    EXPECT_EQ(told(), "01");
    EXPECT_EQ(of("deliveries", "left_out"), 3);
}

}  // namespace
}  // namespace winnow::pg
