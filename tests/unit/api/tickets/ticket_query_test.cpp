#include "api/tickets/ticket_query.hpp"

#include "api/rest/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace winnow::api {
namespace {

using domain::TicketState;
using testing::ElementsAre;
using testing::Pair;

http::RequestHead asking(std::string query)
{
    http::RequestHead head;
    head.method = "GET";
    head.path = "/api/v1/tickets";
    head.query = std::move(query);
    return head;
}

const access::Principal& someone()
{
    static const access::Principal kSomeone = [] {
        access::Principal who;
        who.user = *UserId::parse("0199c0de-0000-7000-8000-000000000001");
        return who;
    }();
    return kSomeone;
}

TEST(TicketQuery, ReadsEveryFilter)
{
    const auto filter = ticket_filter(
        asking("state=open,held&state=closed&severity=critical&service=a%2Cb&service=c&assignee=me&label.env=prod&"
               "label.a.b=x+y&q=Disk%20full&from=2026-11-23T06:00:00Z&to=2026-11-24T06:00:00%2B01:00"),
        someone());
    ASSERT_TRUE(filter) << filter.error().message();
    EXPECT_THAT(filter->states, ElementsAre(TicketState::open, TicketState::held, TicketState::closed));
    EXPECT_THAT(filter->severities, ElementsAre(domain::Severity::critical));
    EXPECT_THAT(filter->services, ElementsAre("a", "b", "c"));
    EXPECT_EQ(filter->assignee, someone().user);
    EXPECT_THAT(filter->labels, ElementsAre(Pair("env", "prod"), Pair("a.b", "x y")));
    EXPECT_EQ(filter->text, "Disk full");
    EXPECT_EQ(filter->opened_from, parse_rfc3339("2026-11-23T06:00:00Z"));
    EXPECT_EQ(filter->opened_until, parse_rfc3339("2026-11-24T05:00:00Z"));
}

TEST(TicketQuery, WithoutAStateHeldAndClosedStayOut)
{
    const auto wanted = ticket_list_request(asking(""), someone(), {});
    ASSERT_TRUE(wanted);
    EXPECT_THAT(wanted->filter.states, ElementsAre(TicketState::open, TicketState::in_progress, TicketState::recovered,
                                                   TicketState::close_requested, TicketState::returned));
    EXPECT_EQ(wanted->order, ports::TicketOrder::newest);
}

TEST(TicketQuery, NobodyIsNotEverybody)
{
    const auto filter = ticket_filter(asking("assignee=none"), someone());
    ASSERT_TRUE(filter);
    EXPECT_TRUE(filter->unassigned);
    EXPECT_EQ(filter->assignee, std::nullopt);
}

TEST(TicketQuery, RefusesWhatItCannotRead)
{
    for (const auto* const query :
         {"state=", "state=open,", "state=gone", "severity=worst", "service=", "assignee=bob", "q=", "from=yesterday",
          "to=1", "sort=title", "q=%FF", "service=%FF", "label.x=%FF"}) {
        const auto wanted = ticket_list_request(asking(query), someone(), {});
        ASSERT_FALSE(wanted) << query;
        EXPECT_EQ(kind_of(wanted.error()).status, 400) << query;
    }
    EXPECT_TRUE(ticket_filter(asking("q=" + std::string(256, 'x')), someone()));
    EXPECT_FALSE(ticket_filter(asking("q=" + std::string(257, 'x')), someone()));
}

TEST(TicketQuery, ACursorLeadsOnInTheOrderThatGaveItOnly)
{
    domain::Ticket last;
    last.id = *TicketId::parse("0199c0de-0000-7000-8000-000000000002");
    last.number = 42;
    last.severity = domain::Severity::error;
    last.opened_at = *parse_rfc3339("2026-11-23T06:00:00.123Z");
    const auto cursor = ticket_cursor(ports::TicketOrder::most_severe, last);
    ASSERT_EQ(cursor.size(), kTicketCursorParts);

    const auto next = ticket_list_request(asking("sort=-severity"), someone(), cursor);
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_EQ(next->after->id, last.id);
    EXPECT_EQ(next->after->number, 42);
    EXPECT_EQ(next->after->severity, last.severity);
    EXPECT_EQ(next->after->opened_at, last.opened_at);

    EXPECT_FALSE(ticket_list_request(asking("sort=number"), someone(), cursor));
    for (std::size_t part = 0; part < cursor.size(); ++part) {
        auto forged = cursor;
        forged[part] = "x'; drop table tickets";
        EXPECT_FALSE(ticket_list_request(asking("sort=-severity"), someone(), forged)) << part;
    }
}

}  // namespace
}  // namespace winnow::api
