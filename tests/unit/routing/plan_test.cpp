#include "winnow/routing/plan.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <set>

namespace winnow::routing {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

ContactId contact_id(std::uint64_t n)
{
    return ContactId(Uuid::from_words(1, n));
}

ContactGroupId group_id(std::uint64_t n)
{
    return ContactGroupId(Uuid::from_words(2, n));
}

domain::TenantConfig config()
{
    domain::TenantConfig config;
    config.tenant.service_code = "w7k2m9";
    for (std::uint64_t n = 1; n <= 4; ++n) {
        domain::Contact contact;
        contact.id = contact_id(n);
        contact.settings["url"].shown = "https://hooks.example/secret-path";
        contact.settings["secret"].sealed = "sealed";
        contact.enabled = n != 3;
        config.contacts.push_back(contact);
    }
    config.groups = {{group_id(1), "one", {contact_id(2), contact_id(1)}, 1, {}},
                     {group_id(2), "two", {contact_id(1), contact_id(3), contact_id(4), contact_id(99)}, 1, {}},
                     {group_id(3), "empty", {}, 1, {}},
                     {group_id(4), "default", {contact_id(4)}, 1, {}}};
    config.settings.default_route = {group_id(4)};
    return config;
}

domain::TicketEvent event(std::int32_t seq = 1)
{
    domain::TicketEvent event;
    event.ticket_id = TicketId(Uuid::from_words(3, 1));
    event.seq = seq;
    event.at = kNow;
    return event;
}

Subject routed(std::vector<ContactGroupId> route)
{
    Subject subject;
    subject.title = "disk full";
    subject.route = std::move(route);
    return subject;
}

domain::Owed plan(const domain::TicketEvent& event, const Subject& subject, const domain::TenantConfig& config)
{
    return Planner(config).plan(event, subject);
}

std::vector<ContactId> told(const std::vector<ContactGroupId>& route)
{
    std::vector<ContactId> contacts;
    for (const auto& delivery : plan(event(), routed(route), config()).to) contacts.push_back(delivery.contact_id);
    return contacts;
}

}  // namespace

TEST(Notices, ThatTellNobodyOweNothingWhateverTheirRoute)
{
    tickets::Notice notice{.event = event(7), .ticket = {}};
    notice.ticket.title = "disk full";
    notice.ticket.route = {group_id(1)};
    const auto of_config = config();
    Planner planner(of_config);
    EXPECT_THAT(planner.recipients(notice), ElementsAre(contact_id(2), contact_id(1)));
    const auto owed = planner.plan(notice);
    EXPECT_EQ(owed.to.size(), 2U);
    EXPECT_EQ(owed.payload, planner.plan(notice.event, routed({group_id(1)})).payload);

    notice.tells = false;
    EXPECT_THAT(planner.recipients(notice), IsEmpty());
    const auto nothing = planner.plan(notice);
    EXPECT_THAT(nothing.to, IsEmpty());
    EXPECT_EQ(nothing.payload, "");
    EXPECT_EQ(nothing.event_seq, 7);
}

TEST(Notices, OfManyThoseThatTellSomebodyOweInTheirOrder)
{
    tickets::Notice first{.event = event(7), .ticket = {}};
    first.ticket.route = {group_id(1)};
    auto quiet = first;
    quiet.event.seq = 8;
    quiet.tells = false;
    auto last = first;
    last.event.seq = 9;
    const auto of_config = config();
    const auto owed = Planner(of_config).plan({first, quiet, last});
    ASSERT_EQ(owed.size(), 2U);
    EXPECT_EQ(owed[0].event_seq, 7);
    EXPECT_EQ(owed[1].event_seq, 9);
    EXPECT_EQ(owed[1].to.size(), 2U);
}

TEST(Notices, KeepWhereTheirLinksLead)
{
    auto of_config = config();
    of_config.public_url = "https://winnow.example";
    EXPECT_EQ(plan(event(), routed({group_id(1)}), of_config).public_url, "https://winnow.example");
    EXPECT_EQ(plan(event(), routed({group_id(1)}), of_config).payload,
              plan(event(), routed({group_id(1)}), config()).payload)
        << "receivers get no other body for it";
}

TEST(Plan, TellsEachEnabledContactOfTheRouteOnce)
{
    EXPECT_THAT(told({group_id(1), group_id(2), group_id(1)}),
                ElementsAre(contact_id(2), contact_id(1), contact_id(4)));
}

TEST(Plan, WithoutARouteTheDefaultRouteIsTold)
{
    EXPECT_THAT(told({}), ElementsAre(contact_id(4)));
}

TEST(Plan, ARouteWhoseGroupsAreGoneFallsBackToTheDefault)
{
    EXPECT_THAT(told({group_id(77)}), ElementsAre(contact_id(4)));
    EXPECT_THAT(told({group_id(77), group_id(1)}), ElementsAre(contact_id(2), contact_id(1)));
    EXPECT_THAT(told({group_id(3)}), IsEmpty()) << "a group that is there and empty means nobody";
}

TEST(Plan, WithoutAnyGroupNobodyIsOwedAnything)
{
    const auto owed = plan(event(), routed({}), {});
    EXPECT_THAT(owed.to, IsEmpty());
    EXPECT_EQ(owed.payload, "");
}

TEST(Plan, OneEventTellsNoMoreContactsThanItMay)
{
    auto bounded = config();
    const auto owed = [&](std::size_t most) {
        bounded.max_contacts_told = most;
        return plan(event(), routed({group_id(1), group_id(2)}), bounded);
    };
    const auto contacts = [&](std::size_t most) {
        std::vector<ContactId> told;
        for (const auto& recipient : owed(most).to) told.push_back(recipient.contact_id);
        return told;
    };
    EXPECT_THAT(contacts(0), ElementsAre(contact_id(2), contact_id(1), contact_id(4)));
    EXPECT_THAT(contacts(3), ElementsAre(contact_id(2), contact_id(1), contact_id(4)));
    EXPECT_THAT(contacts(2), ElementsAre(contact_id(2), contact_id(1)));
    EXPECT_EQ(owed(0).left_out, 0U);
    EXPECT_EQ(owed(3).left_out, 0U);
    EXPECT_EQ(owed(1).left_out, 2U);
    EXPECT_THAT(Planner(bounded).recipients({group_id(1), group_id(2)}), ElementsAre(contact_id(2)));
}

TEST(Plan, WhatIsOwedTellsOfTheEvent)
{
    const auto owed = plan(event(7), routed({}), config());
    EXPECT_EQ(owed.to.size(), 1U);
    EXPECT_EQ(owed.ticket_id, event().ticket_id);
    EXPECT_EQ(owed.event_seq, 7);
    EXPECT_EQ(owed.event_kind, "opened");
    EXPECT_EQ(owed.payload, render_payload(event(7), routed({}), config().tenant));
}

TEST(Plan, PlanningAgainOwesTheSameDeliveries)
{
    const auto tenant = config();
    Planner planner(tenant);
    const auto once = planner.plan(event(), routed({group_id(1)}));
    static_cast<void>(planner.plan(event(), routed({group_id(2)})));
    for (const auto& again :
         {planner.plan(event(), routed({group_id(1)})), plan(event(), routed({group_id(1)}), tenant)}) {
        EXPECT_EQ(once.payload, again.payload);
        ASSERT_EQ(again.to.size(), 2U);
        for (std::size_t i = 0; i < once.to.size(); ++i) EXPECT_EQ(once.to.at(i).id, again.to[i].id);
    }
}

TEST(Plan, TheIdOfADeliveryNeverChangesBetweenReleases)
{
    EXPECT_EQ(plan(event(), routed({}), config()).to.front().id.str(), "bb4a2f77-6956-87ee-9a8a-1ae90d7b7cf5");
}

TEST(Plan, IdsDifferByTicketEventAndContactAndAreUuidsOfVersionEight)
{
    std::set<DeliveryId> ids;
    for (std::uint64_t ticket = 0; ticket < 20; ++ticket) {
        for (std::int32_t seq = 1; seq <= 20; ++seq) {
            auto next = event(seq);
            next.ticket_id = TicketId(Uuid::from_words(3, ticket));
            for (const auto& delivery : plan(next, routed({group_id(1), group_id(2)}), config()).to) {
                ids.insert(delivery.id);
                EXPECT_EQ(delivery.id.value().high() >> 12U & 0xFU, 8U);
                EXPECT_EQ(delivery.id.value().low() >> 62U, 2U);
            }
        }
    }
    EXPECT_EQ(ids.size(), 20U * 20U * 3U);
}

TEST(Plan, NothingOfTheContactIsInTheMessage)
{
    const auto owed = plan(event(), routed({}), config());
    EXPECT_THAT(owed.payload, testing::Not(testing::HasSubstr("hooks.example")));
    EXPECT_THAT(owed.payload, testing::Not(testing::HasSubstr("sealed")));
}

TEST(NextDelay, DoublesFromTheInitialDelayUpToTheMaximum)
{
    const BackoffPolicy policy;
    EXPECT_EQ(next_delay(policy, 1, 0.0), 2'500ms) << "half is kept";
    EXPECT_EQ(next_delay(policy, 1, 0.5), 3'750ms) << "half of it is scaled";
    EXPECT_EQ(next_delay(policy, 2, 0.0), 5s);
    EXPECT_EQ(next_delay(policy, 8, 0.0), 320s);
    EXPECT_EQ(next_delay(policy, 9, 0.0), 450s) << "half of fifteen minutes";
    EXPECT_EQ(next_delay(policy, std::numeric_limits<std::uint32_t>::max(), 0.0), 450s);
}

TEST(NextDelay, StaysWithinItsBoundsWhateverTheDice)
{
    const BackoffPolicy policy;
    EXPECT_LT(next_delay(policy, 9, 0.999'999), 900s);
    EXPECT_EQ(next_delay(policy, 9, 2.0), 900s);
    EXPECT_EQ(next_delay(policy, 9, -1.0), 450s);
    EXPECT_EQ(next_delay(policy, 9, std::numeric_limits<double>::quiet_NaN()), 450s);
    EXPECT_EQ(next_delay(policy, 0, 0.0), 2'500ms);
}

TEST(NextDelay, DoesNotOverflow)
{
    const BackoffPolicy policy{.initial = 1ms, .maximum = std::chrono::milliseconds::max()};
    EXPECT_EQ(next_delay(policy, 1'000, 0.0), std::chrono::milliseconds::max() / 2);
    const BackoffPolicy short_one{.initial = 10s, .maximum = 4s};
    EXPECT_EQ(next_delay(short_one, 1, 0.0), 2s);
}

}  // namespace winnow::routing
