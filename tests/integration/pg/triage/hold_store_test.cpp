/// @file
/// What rules hold back, as rows: restraints, machines, and what is due.

#include "winnow/pg/hold_store.hpp"

#include "triage_fixture.hpp"

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using domain::HoldKind;
using domain::TicketState;
using ports::TriageWrites;
using testing::ElementsAre;
using testing::IsEmpty;
using triage::States;

class HoldStoreTest : public TriageFixture {
protected:
    [[nodiscard]] triage::Outcome::Opened held(const std::string& key, std::int64_t number, Timestamp until) const
    {
        auto made = opened(key, number);
        made.ticket.state = TicketState::held;
        made.restraint = {.by = HoldKind::pause, .rule_id = rule_, .until = until, .from = {}, .never_told = true};
        return made;
    }

    [[nodiscard]] triage::MachineState machine(HoldKind kind, const std::string& key) const
    {
        triage::MachineState state;
        state.key = {.rule_id = rule_, .kind = kind, .dedup_key = key};
        state.expires_at = now_ + 1h;
        return state;
    }

    void store(const TriageWrites& writes)
    {
        ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), {}, [&](const States&) { return writes; }));
        ++seq_;
    }

    /// What is due now; nothing becomes of it.
    DueHolds due()
    {
        DueHolds found;
        EXPECT_TRUE(release(*holds_, tenant_, config_version(), 100, [&](const DueHolds& holds) {
            found = holds;
            return TriageWrites{};
        }));
        return found;
    }

    std::int64_t config_version()
    {
        return number("select config_version from tenants where tenant_id = '" + tenant_.str() + "'");
    }

    RuleId rule_ = RuleId(new_uuid());
    std::uint64_t seq_ = 0;
    std::unique_ptr<ports::HoldStore> holds_ = make_hold_store(pipeline());
};

TEST_F(HoldStoreTest, ADueRowThatCannotBeReadIsNamedAndTheOthersAreLoaded)
{
    auto writes = opening({held("a", 1, now_ - 2s), held("b", 2, now_ - 3s)}, 3);
    for (const auto* const key : {"c", "d"}) {
        auto& due = writes.outcome.machines.emplace_back(machine(HoldKind::flap, key));
        due.due_at = now_ - 4s;
    }
    store(writes);
    sql("alter table rule_machines drop constraint rule_machines_kind_check; update rule_machines set kind = 'new' "
        "where dedup_key = 'c'");
    const auto locked = holds_->lock_due(tenant_, config_version(), 100);
    ASSERT_TRUE(locked);
    const auto& [fold, rows] = *locked;
    ASSERT_TRUE(fold);
    EXPECT_EQ(rows.alerts.size(), 2U);
    ASSERT_EQ(rows.machines.size(), 1U);
    EXPECT_EQ(rows.machines[0].key.dedup_key, "d");
    ASSERT_EQ(rows.unread.size(), 1U);
    EXPECT_EQ(rows.unread[0].name, rule_.str() + " new c");
    EXPECT_FALSE(rows.unread[0].reason.empty());
    std::vector<Timestamp> since;
    for (const auto& [ticket, time] : rows.since) since.push_back(time);
    EXPECT_THAT(since, testing::UnorderedElementsAre(now_ - 2s, now_ - 3s));
}

TEST_F(HoldStoreTest, ARestraintComesBackAsItWasStoredAndChangesToo)
{
    auto first = held("k", 1, now_ + 1h);
    store(opening({first}, 2));
    ASSERT_TRUE(store_->apply(tenant_, 1, at(2), by_keys({"k"}), [&](States states) {
        EXPECT_EQ(states.tickets.at(0).restraint, first.restraint);
        TriageWrites writes;
        auto& ticket = states.tickets.at(0);
        ticket.restraint = {.by = HoldKind::threshold,
                            .rule_id = RuleId(new_uuid()),
                            .until = now_ + 2h,
                            .from = TicketState::recovered,
                            .never_told = false,
                            .flapping = triage::Flapping::resolved};
        first.restraint = ticket.restraint;
        writes.outcome.changed = {ticket};
        return writes;
    }));
    ASSERT_TRUE(store_->apply(tenant_, 2, at(3), by_keys({"k"}), [&](States states) {
        EXPECT_EQ(states.tickets.at(0).restraint, first.restraint);
        TriageWrites writes;
        states.tickets.at(0).state = TicketState::open;
        states.tickets.at(0).restraint = {};
        writes.outcome.changed = states.tickets;
        return writes;
    }));
    EXPECT_EQ(number("select count(*) from tickets where held_by is null and held_rule is null and held_until is null "
                     "and held_from is null and not never_told and flapping = ''"),
              1);
}

TEST_F(HoldStoreTest, MachinesComeBackAsTheyWereStored)
{
    auto threshold = machine(HoldKind::threshold, "a {\"b\\");
    for (int i = 0; i < 1'000; ++i) threshold.recent.push_back(now_ + i * 1ms);
    auto flap = machine(HoldKind::flap, "k");
    flap.firing = false;
    flap.flapping = true;
    flap.changes = (1U << 20U) - 1;
    flap.due_at = now_ + 5min;
    TriageWrites writes;
    writes.outcome.machines = {flap, threshold};
    store(writes);
    const triage::StateKeys keys{.dedup_keys = {},
                                 .instance_keys = {},
                                 .sources = {},
                                 .machines = {threshold.key, flap.key, machine(HoldKind::flap, "unknown").key}};
    ASSERT_TRUE(store_->apply(tenant_, 1, at(2), keys, [&](States states) {
        std::ranges::sort(states.machines, {}, &triage::MachineState::key);
        EXPECT_THAT(states.machines, ElementsAre(threshold, flap));
        TriageWrites changed;
        threshold.recent.clear();
        changed.outcome.machines = {threshold};
        return changed;
    }));
    ASSERT_TRUE(store_->apply(tenant_, 2, at(3), keys, [&](States states) {
        std::ranges::sort(states.machines, {}, &triage::MachineState::key);
        EXPECT_THAT(states.machines, ElementsAre(threshold, flap));
        return TriageWrites{};
    }));
}

TEST_F(HoldStoreTest, WhatIsDueIsFoundWithItsTicketsAndNothingElse)
{
    auto flap = machine(HoldKind::flap, "flapping");
    flap.flapping = true;
    flap.due_at = now_ - 1s;
    auto later = machine(HoldKind::flap, "later");
    later.flapping = true;
    later.due_at = now_ + 1h;
    auto writes = opening({held("due", 1, now_ - 1s), held("later", 2, now_ + 1h), opened("flapping", 3)}, 4);
    writes.outcome.machines = {flap, later};
    store(writes);
    EXPECT_THAT(holds_->tenants_due().value(), ElementsAre(tenant_));
    const auto found = due();
    std::vector<std::string> keys;
    for (const auto& ticket : found.states.tickets) keys.push_back(ticket.dedup_key);
    EXPECT_THAT(keys, testing::UnorderedElementsAre("due", "flapping"));
    EXPECT_THAT(found.states.machines, ElementsAre(flap));
    EXPECT_THAT(found.alerts, testing::SizeIs(1));
    EXPECT_EQ(found.states.next_number, 4);
    EXPECT_LE(found.until, now_ + 1min);
}

TEST_F(HoldStoreTest, ADueTicketIsShownAsAFiringAlertWouldShowIt)
{
    auto waiting = held("due", 1, now_ - 1s);
    auto& ticket = waiting.ticket;
    ticket.severity = domain::Severity::critical;
    ticket.source = "db-7";
    ticket.service = "shop";
    ticket.component = "disk";
    ticket.group = "db";
    ticket.class_name = "disk_full";
    store(opening({waiting}, 2));
    const auto found = due();
    ASSERT_TRUE(found.alerts.contains(ticket.id));
    const auto& alert = found.alerts.at(ticket.id);
    EXPECT_EQ(alert.status, domain::AlertStatus::firing);
    EXPECT_EQ(alert.title, ticket.title);
    EXPECT_EQ(alert.description, ticket.description);
    EXPECT_EQ(alert.severity, ticket.severity);
    EXPECT_EQ(alert.dedup_key, "due");
    EXPECT_EQ(alert.source, "db-7");
    EXPECT_EQ(alert.service, "shop");
    EXPECT_EQ(alert.component, "disk");
    EXPECT_EQ(alert.group, "db");
    EXPECT_EQ(alert.class_name, "disk_full");
    EXPECT_EQ(alert.labels, ticket.labels);
    EXPECT_EQ(alert.received_at, found.until);
    EXPECT_EQ(alert.starts_at, std::nullopt) << "an alert that comes now says nothing of when it began";
}

TEST_F(HoldStoreTest, TimeStandsStillAtTheOldestAlertThatIsNotFolded)
{
    store(opening({held("early", 1, now_ - 10min), held("late", 2, now_ - 5min)}, 3));
    const auto row = "', to_timestamp(" + std::to_string((now_ - 7min).time_since_epoch().count()) + " / 1000.0), ";
    sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
    sql("insert into journal values ('" + tenant_.str() + row + std::to_string(stream_) + ", 2, 1, '')");
    sql("insert into journal values ('" + new_tenant().str() + row + std::to_string(stream_) + ", 3, 1, '')");
    auto found = due();
    EXPECT_EQ(found.until, now_ - 7min);
    ASSERT_EQ(found.states.tickets.size(), 1U);
    EXPECT_EQ(found.states.tickets[0].dedup_key, "early");
    ASSERT_TRUE(store_->apply(tenant_, 1, at(2), {}, nothing));
    EXPECT_EQ(due().states.tickets.size(), 2U) << "another tenant's alert holds nothing";
}

TEST_F(HoldStoreTest, AnOldConfigurationDecidesNothing)
{
    store(opening({held("due", 1, now_ - 1s)}, 2));
    bool asked = false;
    const auto decide = [&](const DueHolds&) {
        asked = true;
        return TriageWrites{};
    };
    EXPECT_EQ(release(*holds_, tenant_, config_version() - 1, 100, decide).value(), 0U);
    EXPECT_FALSE(asked);
    EXPECT_EQ(release(*holds_, tenant_, config_version(), 100, decide).value(), 1U);
    EXPECT_TRUE(asked);
}

TEST_F(HoldStoreTest, OldMachinesAreSweptButNotOneThatIsStillToSettle)
{
    auto old = machine(HoldKind::threshold, "old");
    old.expires_at = now_ - 25h;
    auto fresh = machine(HoldKind::threshold, "fresh");
    fresh.expires_at = now_ - 23h;
    auto waits = machine(HoldKind::flap, "waits");
    waits.expires_at = now_ - 25h;
    waits.due_at = now_ + 1h;
    TriageWrites writes;
    writes.outcome.machines = {old, fresh, waits};
    store(writes);
    EXPECT_EQ(do_chore("forget_rule_machines"), 1U);
    EXPECT_EQ(text("select string_agg(dedup_key, ' ' order by dedup_key) from rule_machines"), "fresh waits");
    EXPECT_THAT(holds_->tenants_due().value(), IsEmpty());
}

}  // namespace
}  // namespace winnow::pg
