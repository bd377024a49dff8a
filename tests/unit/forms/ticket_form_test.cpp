#include "winnow/forms/ticket_form.hpp"

#include "unit/forms/random_tickets.hpp"
#include "winnow/tickets/work.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

namespace winnow::forms {
namespace {

using domain::Ticket;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using tickets::ticket_fields;

constexpr int kTries = 50;

std::vector<std::string> pointers(const Error& error)
{
    std::vector<std::string> list;
    for (const auto& field : error.fields()) list.push_back(field.pointer);
    return list;
}

TEST(TicketForm, ShowsEachFieldThatIsShownAndNoOther)
{
    RandomTickets random(1);
    const auto ticket = random.ticket();
    const auto shown = ticket_json(ticket);
    std::set<std::string> names;
    for (const auto& field : ticket_fields()) {
        if (!field.shown) continue;
        names.emplace(field.name);
        EXPECT_EQ(shown.at(std::string(field.name)), field_json(ticket, field.member));
    }
    EXPECT_EQ(shown.size(), names.size());
}

TEST(TicketForm, ShowsValuesAsTheirTypesAsk)
{
    Ticket ticket;
    ticket.number = 7;
    ticket.labels.set("env", "prod");
    const auto shown = ticket_json(ticket);
    EXPECT_EQ(shown["number"], 7);
    EXPECT_EQ(shown["state"], "open");
    EXPECT_EQ(shown["severity"], "warning");
    EXPECT_EQ(shown["title"], "");
    EXPECT_EQ(shown["labels"], (json{{"env", "prod"}}));
    EXPECT_EQ(shown["assignee"], nullptr);
    EXPECT_EQ(shown["due_at"], nullptr);
    EXPECT_EQ(shown["suppressed"], false);
    EXPECT_EQ(shown["opened_at"], "1970-01-01T00:00:00.000Z");
    ticket.due_at = Timestamp(std::chrono::milliseconds{1});
    ticket.assignee = UserId(Uuid::from_words(1, 2));
    EXPECT_EQ(ticket_json(ticket)["due_at"], "1970-01-01T00:00:00.001Z");
    EXPECT_EQ(ticket_json(ticket)["assignee"], ticket.assignee->str());
}

TEST(TicketForm, AFieldThatPeopleWriteIsPatchedAndTheTicketIsThenAsThePatchHasIt)
{
    RandomTickets random(2);
    for (const auto& field : ticket_fields()) {
        if (!field.edit) continue;
        for (int i = 0; i < kTries; ++i) {
            auto ticket = random.ticket();
            auto other = ticket;
            random.change(other, field.member);
            const json patch{{std::string(field.name), field_json(other, field.member)}};
            const auto wanted = read_ticket_patch(ticket, patch);
            ASSERT_TRUE(wanted) << patch << testing::PrintToString(pointers(wanted.error()));

            auto expected = ticket_json(ticket);
            expected.merge_patch(patch);
            const auto events = tickets::edit_ticket(ticket, *wanted, {.actor = "user:me", .at = ticket.opened_at});
            ASSERT_EQ(events.size(), 1U) << patch;
            ASSERT_EQ(events.front().kind, field.edit->told_as);
            auto data = json::parse(events.front().data);
            if (field.edit->told_as == domain::TicketEventKind::edited)
                data = data.at("fields").at(std::string(field.name));
            ASSERT_EQ(data.at("to"), field_json(other, field.member)) << patch;
            if (!expected.contains(std::string(field.name))) expected[std::string(field.name)] = nullptr;
            expected["version"] = ticket.version;
            ASSERT_EQ(ticket_json(ticket).dump(), expected.dump()) << patch;
        }
    }
}

TEST(TicketForm, ANullEmptiesWhatMayBeEmpty)
{
    RandomTickets random(3);
    auto ticket = random.ticket();
    ticket.title = "disk full";
    for (const auto& field : ticket_fields()) {
        if (!field.edit) continue;
        const json patch{{std::string(field.name), nullptr}};
        const auto wanted = read_ticket_patch(ticket, patch);
        const bool must_be = field.edit->is_line || std::holds_alternative<domain::Severity Ticket::*>(field.member);
        ASSERT_EQ(wanted.has_value(), !must_be) << patch;
        if (must_be) {
            EXPECT_THAT(pointers(wanted.error()), ElementsAre("/" + std::string(field.name)));
        } else {
            EXPECT_EQ(field_json(*wanted, field.member), field_json(Ticket(), field.member));
        }
    }
}

TEST(TicketForm, EveryOtherFieldMayStandInAPatchOnlyAsItIs)
{
    RandomTickets random(4);
    for (const auto& field : ticket_fields()) {
        if (field.edit || !field.shown) continue;
        const auto ticket = random.ticket();
        auto other = ticket;
        random.change(other, field.member);
        const std::string name(field.name);
        const auto refused = read_ticket_patch(ticket, {{name, field_json(other, field.member)}});
        ASSERT_FALSE(refused) << name;
        EXPECT_THAT(pointers(refused.error()), ElementsAre("/" + name));
        EXPECT_TRUE(read_ticket_patch(ticket, {{name, field_json(ticket, field.member)}})) << name;
    }
    const Ticket ticket = [] {
        Ticket made;
        made.title = "x";
        return made;
    }();
    const auto moved = read_ticket_patch(ticket, {{"state", "closed"}, {"parent_id", "x"}, {"number", 9}});
    ASSERT_FALSE(moved);
    std::vector<std::string> told;
    for (const auto& error : moved.error().fields()) told.push_back(error.detail);
    EXPECT_THAT(told, ElementsAre("cannot be changed", "cannot be patched; POST to the ticket's transitions",
                                  "cannot be patched; PUT or DELETE the ticket's parent"));
}

TEST(TicketForm, WhatIsNoFieldIsRefused)
{
    Ticket ticket;
    ticket.title = "x";
    for (const auto* name : {"prioritiy", "route", "event_seq", "component"}) {
        const auto refused = read_ticket_patch(ticket, {{name, "x"}});
        ASSERT_FALSE(refused) << name;
        EXPECT_THAT(pointers(refused.error()), ElementsAre("/" + std::string(name)));
    }
}

}  // namespace
}  // namespace winnow::forms
