#include "pipeline/time/release.hpp"

#include "pipeline/time/attempted.hpp"
#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <new>
#include <stdexcept>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ReleaseTest : public testing::Test {
protected:
    ReleaseTest() { configs_.put(config(tenant_), false); }

    [[nodiscard]] const TenantPolicy& policy() { return *(held_ = policies_.get(tenant_).value()); }

    static TicketId id(std::uint64_t n) { return TicketId(Uuid::from_words(6, n)); }
    static triage::TicketCore quiet_ticket(std::uint64_t n, const std::string& key)
    {
        triage::TicketCore ticket;
        ticket.id = id(n);
        ticket.number = static_cast<std::int64_t>(n);
        ticket.dedup_key = key;
        ticket.suppressed = true;
        ticket.opened_at = triage::kNoon;
        ticket.route = config(tenant_id(1)).settings.default_route;
        return ticket;
    }
    static ports::QuietTicket due(std::uint64_t n)
    {
        ports::QuietTicket quiet;
        quiet.ticket_id = id(n);
        return quiet;
    }

    const TenantId tenant_ = tenant_id(1);
    FakeConfigStore configs_;
    ConfigCache policies_{configs_, ""};
    std::shared_ptr<const TenantPolicy> held_;
};

TEST_F(ReleaseTest, OfQuietTicketsThoseThatNothingCoversAreToldOfAndThoseThatHaveEndedWait)
{
    const ports::DueTickets three{.tickets = {due(1), due(2), due(3), due(4)}, .now = triage::kNoon};
    EXPECT_THAT(release_keys(policy(), three).tickets, ElementsAre(id(1), id(2), id(3), id(4)));
    triage::States states;
    states.tickets = {quiet_ticket(1, "quiet"), quiet_ticket(2, "over"), quiet_ticket(3, "heard")};
    states.tickets[1].state = domain::TicketState::recovered;
    states.tickets[1].recovered_at = triage::kNoon;
    states.tickets[2].suppressed = false;
    const auto writes = decide_release(policy(), three, states);
    EXPECT_THAT(writes.parked, ElementsAre(id(2)));
    EXPECT_THAT(writes.unquieted, ElementsAre(id(1), id(3), id(4)));
    EXPECT_THAT(writes.quiet_tickets, IsEmpty());
    ASSERT_EQ(writes.outcome.changed.size(), 1U);
    EXPECT_EQ(writes.outcome.changed[0].id, id(1));
    EXPECT_FALSE(writes.outcome.changed[0].suppressed);
    EXPECT_EQ(writes.deliveries.size(), 1U);
}

TEST_F(ReleaseTest, OfHoldsTheTicketsAndThoseOfTheMachinesKeysAreAskedFor)
{
    ports::DueHolds due;
    due.until = triage::kNoon;
    due.alerts.emplace(id(1), alert("paused"));
    due.alerts.emplace(id(2), alert("paused too"));
    for (const std::string key : {"b", "a", "b"}) {
        due.machines.emplace_back().key = {.rule_id = {}, .kind = domain::HoldKind::flap, .dedup_key = key};
    }
    EXPECT_EQ(due.size(), 5U);
    const auto keys = release_keys(policy(), due);
    EXPECT_THAT(keys.tickets, UnorderedElementsAre(id(1), id(2)));
    EXPECT_THAT(keys.dedup_keys, ElementsAre("a", "b"));
}

TEST_F(ReleaseTest, OfInstancesTheirTicketsAreAskedForOnce)
{
    ports::ExpiredInstances due{.instances = {}, .now = triage::kNoon};
    for (const std::uint64_t n : {2U, 1U, 2U}) {
        due.instances.push_back({.key = std::to_string(n), .ticket_id = id(n), .starts_at = {}, .ends_at = {}});
    }
    EXPECT_THAT(expiry_keys(due).tickets, ElementsAre(id(1), id(2)));
}

TEST(Attempted, WhatDecidingThrowsIsAnErrorOfTheTurn)
{
    EXPECT_EQ(attempted([]() -> Result<int> { return 7; }), 7);
    EXPECT_EQ(attempted([]() -> Result<int> { throw std::runtime_error("on demand"); }).error().code(),
              ErrorCode::internal);
    EXPECT_EQ(attempted([]() -> Result<int> { throw std::bad_alloc(); }).error().code(), ErrorCode::unavailable)
        << "not the tenant's fault";
}

}  // namespace
}  // namespace winnow::pipeline
