/// Whose a ticket is: kept while alerts open it, join it, repeat and end it.

#include "unit/triage/store_model.hpp"

#include <gtest/gtest.h>

namespace winnow::triage {
namespace {

using namespace std::chrono_literals;

const ManagementGroupId kDatabases(Uuid::from_words(1, 1));
const ManagementGroupId kNetwork(Uuid::from_words(1, 2));
const IntegrationId kOfDatabases(Uuid::from_words(2, 1));
const IntegrationId kOfNetwork(Uuid::from_words(2, 2));

struct Belongs : testing::Test {
    Belongs()
    {
        domain::ManagementGroup databases;
        databases.id = kDatabases;
        databases.integrations = {kOfDatabases};
        domain::ManagementGroup network;
        network.id = kNetwork;
        network.integrations = {kOfNetwork};
        network.labels = {{"team", "net"}};
        store.settings.management_groups = domain::GroupMap({databases, network});
    }

    static Evaluated from(IntegrationId integration, Evaluated alert)
    {
        alert.alert.integration_id = integration;
        return alert;
    }
    [[nodiscard]] const TicketCore& only() const { return store.tickets.begin()->second; }

    AlertSource alerts;
    StoreModel store;
};

TEST_F(Belongs, ATicketIsItsIntegrations)
{
    const auto outcome = store.apply({from(kOfDatabases, alerts.firing("k"))});
    ASSERT_EQ(outcome.opened.size(), 1U);
    EXPECT_EQ(outcome.opened.front().ticket.integration_id, kOfDatabases);
    EXPECT_EQ(outcome.opened.front().ticket.management_group_id, std::nullopt);
    EXPECT_EQ(only().integration_id, kOfDatabases);
}

TEST_F(Belongs, ALabelPutsATicketIntoItsGroup)
{
    auto labelled = from(kOfDatabases, alerts.firing("k"));
    labelled.alert.labels.set("team", "net");
    const auto outcome = store.apply({labelled});
    EXPECT_EQ(outcome.opened.front().ticket.management_group_id, kNetwork);
}

TEST_F(Belongs, AlertsOfTwoGroupsInOneTicketHideItFromBothWhetherTheyCameTogetherOrNot)
{
    for (const bool together : {true, false}) {
        store.tickets.clear();
        const auto one = from(kOfDatabases, alerts.firing("k", 0s));
        const auto other = from(kOfNetwork, alerts.firing("k", 1s));
        if (together) {
            store.apply({one, other});
        } else {
            store.apply({one});
            store.apply({other});
        }
        ASSERT_EQ(store.tickets.size(), 1U);
        EXPECT_EQ(only().management_group_id, domain::kSeveralGroups);
    }
}

TEST_F(Belongs, TheEndOfATroubleIsAnAlertInItsTicket)
{
    store.apply({from(kOfDatabases, alerts.firing("k", 0s))});
    store.apply({from(kOfNetwork, alerts.resolved("k", 1s))});
    EXPECT_EQ(only().management_group_id, domain::kSeveralGroups);
}

TEST_F(Belongs, ATicketOfBeforeTakesThatOfItsNextAlert)
{
    store.apply({from(IntegrationId(), alerts.firing("k", 0s))});
    EXPECT_EQ(only().integration_id, std::nullopt);
    const auto outcome = store.apply({from(kOfNetwork, alerts.firing("k", 1s))});
    EXPECT_EQ(only().integration_id, kOfNetwork);
    ASSERT_EQ(outcome.changed.size(), 1U);
    EXPECT_EQ(outcome.changed.front().integration_id, kOfNetwork);
}

TEST_F(Belongs, WhatAnAdminSaidStays)
{
    store.apply({from(kOfDatabases, alerts.firing("k", 0s))});
    auto& ticket = store.tickets.begin()->second;
    ticket.management_group_id = kNetwork;
    ticket.group_by_hand = true;
    store.apply({from(kOfDatabases, alerts.firing("k", 1s))});
    EXPECT_EQ(only().management_group_id, kNetwork);
}

TEST_F(Belongs, AlertsOfItsOwnGroupLeaveItAsItIs)
{
    store.apply({from(kOfDatabases, alerts.firing("k", 0s))});
    store.apply({from(kOfDatabases, alerts.firing("k", 1s)), from(kOfDatabases, alerts.resolved("k", 2s))});
    EXPECT_EQ(only().integration_id, kOfDatabases);
    EXPECT_EQ(only().management_group_id, std::nullopt);
}

}  // namespace
}  // namespace winnow::triage
