#include "winnow/routing/message.hpp"

#include <gtest/gtest.h>

namespace winnow::routing {
namespace {

TEST(Message, IsReadAsTheDatabaseWritesItOut)
{
    const auto message = read_message(
        R"({"type": "ticket.severity_changed", "change": {"to": "critical", "from": "warning"}, "tenant": "w7k2m9", )"
        R"("ticket": {"id": "i", "state": "open", "title": "t", "number": 12, "source": "s", "service": "v", )"
        R"("severity": "critical", "dedup_key": "k", "opened_at": "o", "description": "d\n", "occurrences": 3, )"
        R"("last_seen_at": "l"}, "overtook": [{"type": "ticket.opened", "event_seq": 1, "timestamp": "e"}], )"
        R"("event_seq": 4, "timestamp": "n", "of a newer program": {"x": []}})");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->kind, "severity_changed");
    EXPECT_EQ(message->timestamp, "n");
    EXPECT_EQ(message->tenant, "w7k2m9");
    const auto& ticket = message->ticket;
    EXPECT_EQ(ticket.id + ticket.state + ticket.title + ticket.source + ticket.service, "iopentsv");
    EXPECT_EQ(ticket.number + " " + ticket.occurrences, "12 3");
    EXPECT_EQ(ticket.severity + ticket.dedup_key + ticket.description, "criticalkd\n");
    EXPECT_EQ(ticket.opened_at + ticket.last_seen_at, "ol");
    ASSERT_TRUE(message->change);
    EXPECT_EQ(message->change->from + message->change->to, "warningcritical");
    ASSERT_EQ(message->overtook.size(), 1U);
    EXPECT_EQ(message->overtook[0].kind + message->overtook[0].timestamp, "openede");
    EXPECT_EQ(subject_line(*message), "[#12 CRITICAL] Severity raised: t");
}

TEST(Message, WithoutATicketIsNone)
{
    for (const auto* const odd : {"", "[]", "{}", R"({"ticket": 1})", R"({"ticket": {)"}) {
        EXPECT_FALSE(read_message(odd)) << odd;
    }
    const auto bare = read_message(R"({"ticket": {}})");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->kind + bare->ticket.title, "");
    EXPECT_FALSE(bare->change);
}

}  // namespace
}  // namespace winnow::routing
