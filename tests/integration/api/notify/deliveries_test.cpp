#include "integration/api/world.hpp"

namespace winnow::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Deliveries = World;

TEST_F(Deliveries, AreListedNewestFirstByStateTicketAndContact)
{
    const auto one = add_ticket();
    const auto two = add_ticket();
    const std::string ben = "0199c0de-0000-7000-8000-0000000000c2";
    const auto dead = add_delivery(one, 1, "dead", kNow);
    const auto sent = add_delivery(one, 2, "delivered", kNow + std::chrono::seconds(1));
    const auto due = add_delivery(two, 1, "pending", kNow + std::chrono::seconds(2), ben);

    EXPECT_THAT(ids("/deliveries"), ElementsAre(due, sent, dead));
    EXPECT_THAT(ids("/deliveries?state=dead"), ElementsAre(dead));
    EXPECT_THAT(ids("/deliveries?state=dead,pending"), ElementsAre(due, dead));
    EXPECT_THAT(ids("/deliveries?ticket_id=" + one), ElementsAre(sent, dead));
    EXPECT_THAT(ids("/deliveries?contact_id=" + ben), ElementsAre(due));
    for (const auto* const query : {"state=lost", "ticket_id=1", "contact_id=1", "limit=x", "colour=red"}) {
        EXPECT_EQ(get(std::string("/deliveries?") + query).status, 400) << query;
    }
}

TEST_F(Deliveries, PagesHoldEachOnceEvenWithinOneMillisecond)
{
    const auto ticket = add_ticket();
    for (int i = 1; i <= 9; ++i) add_delivery(ticket, i, "delivered");
    sql("update deliveries set created_at = created_at + event_seq % 3 * interval '1 microsecond'");
    const auto whole = ids("/deliveries");
    ASSERT_EQ(whole.size(), 9U);
    EXPECT_EQ(all_ids("/deliveries", "", 2), whole);
    EXPECT_EQ(all_ids("/deliveries", "", 3), whole);
}

TEST_F(Deliveries, ShowTheMessageOneAtATime)
{
    const auto id = add_delivery(add_ticket(), 1, "dead");
    const auto one = get("/deliveries/" + id).body;
    EXPECT_EQ(one["id"], id);
    EXPECT_EQ(one["last_error"], "refused");
    EXPECT_EQ(one["last_status"], 503);
    EXPECT_EQ(one["event"], "opened");
    EXPECT_EQ(one["message"]["type"], "ticket.opened");
    EXPECT_FALSE(get("/deliveries").body["items"][0].contains("message"));
    EXPECT_EQ(get("/deliveries/0199c0de-0000-7000-8000-0000000000ff").status, 404);
}

TEST_F(Deliveries, ARetryMakesADeadOneDueAndTellsTheTimeline)
{
    const auto ticket = add_ticket();
    const auto id = add_delivery(ticket, 1, "dead");
    sql("update deliveries set next_attempt_at = now() + interval '1 hour', finished_at = now(), attempts = 9");
    const auto retried = call("POST", "/deliveries/" + id + "/retry");
    ASSERT_EQ(retried.status, 200) << retried.text;
    EXPECT_EQ(retried.body["state"], "pending");
    EXPECT_EQ(retried.body["attempts"], 9);
    EXPECT_EQ(retried.body["finished_at"], nullptr);
    EXPECT_TRUE(sql("select next_attempt_at <= now() from deliveries")[0][0].as<bool>());
    EXPECT_EQ(outbox_wakes_, 1);
    const auto event = get("/tickets/" + ticket + "/timeline").body["items"][0];
    EXPECT_EQ(event["kind"], "notification_retried");
    EXPECT_EQ(event["data"]["delivery_id"], id);
    EXPECT_EQ(event["actor"], "user:" + user_);
    EXPECT_EQ(call("POST", "/deliveries/" + id + "/retry").status, 200) << "pending: at once instead of later";
}

TEST_F(Deliveries, WhatIsDoneOrUnderWayIsNotRetried)
{
    int seq = 0;
    for (const auto* const state : {"delivered", "sending", "cancelled", "superseded"}) {
        const auto id = add_delivery(add_ticket(), ++seq, state);
        EXPECT_EQ(call("POST", "/deliveries/" + id + "/retry").status, 409) << state;
        EXPECT_EQ(get("/deliveries/" + id).body["state"], state);
    }
    EXPECT_EQ(outbox_wakes_, 0);
}

TEST_F(Deliveries, ADeadOneThatALaterMessageFollowedWouldBeAWrongLastWord)
{
    const auto ticket = add_ticket();
    const auto opened = add_delivery(ticket, 1, "dead");
    const auto later = add_delivery(ticket, 2, "cancelled");
    EXPECT_EQ(call("POST", "/deliveries/" + opened + "/retry").status, 200) << "the later one was never sent";
    sql("update deliveries set state = 'dead'");
    const auto refused = call("POST", "/deliveries/" + opened + "/retry");
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.text, testing::HasSubstr("event 2, opened"));
    EXPECT_EQ(call("POST", "/deliveries/" + later + "/retry").status, 200);
}

TEST_F(Deliveries, WhatWasOvertakenNamesWhatOvertookIt)
{
    const auto ticket = add_ticket();
    const auto opened = add_delivery(ticket, 1, "superseded");
    const auto recovered = add_delivery(ticket, 2, "delivered");
    sql("update deliveries set superseded_by = '" + recovered + "' where delivery_id = '" + opened + "'");
    EXPECT_EQ(get("/deliveries/" + opened).body["superseded_by"], recovered);
    EXPECT_EQ(get("/deliveries/" + recovered).body["superseded_by"], nullptr);
    EXPECT_THAT(ids("/deliveries?state=superseded"), ElementsAre(opened));
}

TEST_F(Deliveries, AnotherTenantsDoNotExist)
{
    const auto ticket = add_ticket({}, theirs_);
    who_.tenant = theirs_;
    const auto id = add_delivery(ticket, 1, "dead");
    who_.tenant = ours_;
    EXPECT_THAT(ids("/deliveries"), IsEmpty());
    EXPECT_EQ(get("/deliveries/" + id).status, 404);
    EXPECT_EQ(call("POST", "/deliveries/" + id + "/retry").status, 404);
    EXPECT_EQ(sql("select state from deliveries")[0][0].as<std::string>(), "dead");
}

}  // namespace
}  // namespace winnow::test
