#include "winnow/domain/tenants/management_group.hpp"

#include <gtest/gtest.h>

namespace winnow::domain {
namespace {

const ManagementGroupId kDatabases(Uuid::from_words(1, 1));
const ManagementGroupId kNetwork(Uuid::from_words(1, 2));
const IntegrationId kOfDatabases(Uuid::from_words(2, 1));
const IntegrationId kOfNetwork(Uuid::from_words(2, 2));
const IntegrationId kOfNone(Uuid::from_words(2, 3));
const IntegrationId kOfNoneEither(Uuid::from_words(2, 4));

GroupMap both()
{
    ManagementGroup databases;
    databases.id = kDatabases;
    databases.integrations = {kOfDatabases};
    databases.labels = {{"team", "db"}, {"shared", "yes"}};
    ManagementGroup network;
    network.id = kNetwork;
    network.integrations = {kOfNetwork};
    network.labels = {{"team", "net"}, {"shared", "yes"}};
    return GroupMap({databases, network});
}

Alert alert_of(IntegrationId integration, const char* team = "")
{
    Alert alert;
    alert.integration_id = integration;
    if (*team != '\0') alert.labels.set("team", team);
    return alert;
}

TEST(GroupMap, KnowsIntegrationsAndLabels)
{
    const auto groups = both();
    EXPECT_EQ(groups.of_integration(kOfNetwork), kNetwork);
    EXPECT_EQ(groups.of_integration(kOfNone), std::nullopt);
    Labels labels;
    labels.set("team", "db");
    EXPECT_EQ(groups.of_labels(labels), kDatabases);
    labels.set("team", "dbx");
    EXPECT_EQ(groups.of_labels(labels), std::nullopt) << "a label is its name and all of its value";
    EXPECT_EQ(GroupMap().of_labels(labels), std::nullopt);
}

TEST(GroupMap, WhatTwoGroupsNameIsSeveralGroups)
{
    Labels labels;
    labels.set("shared", "yes");
    EXPECT_EQ(both().of_labels(labels), kSeveralGroups);
    labels.set("team", "db");
    EXPECT_EQ(both().of_labels(labels), kSeveralGroups);
}

TEST(Belonging, OfANewTicketIsItsIntegrationAndWhatALabelSays)
{
    EXPECT_EQ(belonging_of(alert_of(kOfNone), both()), (Belonging{.integration = kOfNone, .group = {}}));
    EXPECT_EQ(belonging_of(alert_of(kOfDatabases), both()), (Belonging{.integration = kOfDatabases, .group = {}}))
        << "the group is looked up when somebody asks";
    EXPECT_EQ(belonging_of(alert_of(kOfDatabases, "net"), both()),
              (Belonging{.integration = kOfDatabases, .group = kNetwork}));
    EXPECT_EQ(belonging_of(alert_of(IntegrationId()), both()), (Belonging{}))
        << "words of the service come from no integration";
}

TEST(Belonging, StaysWithAlertsOfItsOwnGroupAndOfNone)
{
    const Belonging ticket{.integration = kOfDatabases, .group = {}};
    EXPECT_EQ(joined_by(ticket, alert_of(kOfDatabases), both()), ticket);
    EXPECT_EQ(joined_by(ticket, alert_of(kOfNone), both()), ticket);
    EXPECT_EQ(joined_by(ticket, alert_of(kOfNone, "db"), both()), ticket);
    const Belonging none{.integration = kOfNone, .group = {}};
    EXPECT_EQ(joined_by(none, alert_of(kOfNoneEither), both()), none);
}

TEST(Belonging, OfATicketOfNoneBecomesThatOfTheFirstAlertThatHasAGroup)
{
    const Belonging none{.integration = kOfNone, .group = {}};
    EXPECT_EQ(joined_by(none, alert_of(kOfDatabases), both()), (Belonging{.integration = kOfDatabases, .group = {}}));
    EXPECT_EQ(joined_by(none, alert_of(kOfNone, "net"), both()),
              (Belonging{.integration = kOfNone, .group = kNetwork}));
}

TEST(Belonging, ThatNobodyKnowsIsThatOfTheNextAlert)
{
    EXPECT_EQ(joined_by({}, alert_of(kOfNone), both()), (Belonging{.integration = kOfNone, .group = {}}));
}

TEST(Belonging, OfAlertsOfTwoGroupsIsSeveralGroupsForGood)
{
    const Belonging several{.integration = kOfDatabases, .group = kSeveralGroups};
    EXPECT_EQ(joined_by({.integration = kOfDatabases, .group = {}}, alert_of(kOfNetwork), both()), several);
    EXPECT_EQ(joined_by({.integration = kOfNone, .group = kDatabases}, alert_of(kOfNetwork), both()).group,
              kSeveralGroups);
    EXPECT_EQ(joined_by(several, alert_of(kOfDatabases), both()), several);
}

TEST(Belonging, ThatAnAdminSaidNoAlertChanges)
{
    const Belonging handed{.integration = kOfDatabases, .group = kNetwork, .by_hand = true};
    EXPECT_EQ(joined_by(handed, alert_of(kOfDatabases), both()), handed);
}

}  // namespace
}  // namespace winnow::domain
