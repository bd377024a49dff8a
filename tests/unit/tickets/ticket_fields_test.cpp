#include "winnow/tickets/ticket_fields.hpp"

#include "unit/forms/random_tickets.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <string>

namespace winnow::tickets {
namespace {

using domain::Ticket;

bool agree(const Ticket& a, const Ticket& b, const TicketMember& member)
{
    return std::visit([&](auto at) { return a.*at == b.*at; }, member);
}

TEST(TicketFields, EachIsNamedOnceAndHasAColumnAndAMemberOfItsOwn)
{
    std::set<std::string_view> names;
    std::set<std::string> columns;
    for (const auto& field : ticket_fields()) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_TRUE(columns.insert(field.column).second) << field.name;
        for (const auto& other : ticket_fields()) {
            if (&other != &field) EXPECT_NE(other.member, field.member) << field.name << " and " << other.name;
        }
    }
}

TEST(TicketFields, ColumnsOfCsvAreNumberedWithoutAGap)
{
    std::set<int> places;
    for (const auto& field : ticket_fields()) {
        if (field.csv > 0) EXPECT_TRUE(places.insert(field.csv).second) << field.name;
        EXPECT_TRUE(field.shown || field.csv == 0) << field.name;
    }
    EXPECT_EQ(*places.rbegin(), static_cast<int>(places.size()));
}

TEST(TicketFields, WhatPeopleWriteIsTheirsToChangeAndShown)
{
    for (const auto& field : ticket_fields()) {
        if (!field.edit) continue;
        EXPECT_TRUE(field.is_peoples()) << field.name;
        EXPECT_TRUE(field.shown) << field.name;
        EXPECT_TRUE(field.instead.empty()) << field.name;
        EXPECT_EQ(std::holds_alternative<std::string Ticket::*>(field.member), field.edit->most > 0) << field.name;
    }
}

TEST(TicketFields, TheCoreHasWhatTriageChangesAndGivesItBack)
{
    forms::RandomTickets random(1);
    const auto ticket = random.ticket();
    auto core = core_of(ticket);
    Ticket blank;
    settle(TicketCore(core), blank);
    for (const auto& field : ticket_fields()) {
        const bool is_core = field.core.index() > 0;
        const bool is_triages = field.hand == Hand::triage || field.hand == Hand::both;
        if (std::string_view(field.column) != "version") EXPECT_TRUE(is_core || !is_triages) << field.name;
        if (is_core && is_triages) {
            EXPECT_TRUE(agree(blank, ticket, field.member)) << field.name;
        } else {
            EXPECT_TRUE(agree(blank, Ticket(), field.member)) << field.name << " is not triage's to change";
        }
    }
    EXPECT_EQ(core.id, ticket.id);
    EXPECT_EQ(core.number, ticket.number);
    EXPECT_EQ(core.dedup_key, ticket.dedup_key);
    EXPECT_EQ(core.opened_at, ticket.opened_at);
}

TEST(TicketFields, AnAlertHasOfATicketWhatBothHave)
{
    Ticket ticket;
    ticket.title = "disk full";
    ticket.severity = domain::Severity::critical;
    ticket.description = "93 %";
    ticket.dedup_key = "db-7/disk";
    ticket.source = "db-7";
    ticket.service = "shop";
    ticket.component = "disk";
    ticket.group = "db";
    ticket.class_name = "disk_full";
    ticket.labels.set("env", "prod");
    ticket.opened_at = Timestamp(std::chrono::milliseconds(1'700'000'000'000));
    ticket.last_seen_at = ticket.opened_at + std::chrono::minutes(5);

    domain::Alert expected;
    expected.title = "disk full";
    expected.severity = domain::Severity::critical;
    expected.description = "93 %";
    expected.dedup_key = "db-7/disk";
    expected.source = "db-7";
    expected.service = "shop";
    expected.component = "disk";
    expected.group = "db";
    expected.class_name = "disk_full";
    expected.labels = ticket.labels;
    expected.starts_at = ticket.opened_at;
    expected.received_at = ticket.last_seen_at;
    EXPECT_EQ(alert_of(ticket), expected);

    expected.starts_at.reset();
    expected.received_at = ticket.opened_at + std::chrono::hours(1);
    EXPECT_EQ(alert_of(ticket, expected.received_at), expected);
}

}  // namespace
}  // namespace winnow::tickets
