#include "triage_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace winnow::pg {
namespace {

using domain::TicketState;
using ports::TriageWrites;
using testing::ElementsAre;
using testing::IsEmpty;
using triage::States;

using TriageStoreTest = TriageFixture;

TEST_F(TriageStoreTest, AnOpenedTicketComesBackAsItWasStored)
{
    const auto first = opened("k1", 1);
    ASSERT_TRUE(store_->apply(tenant_, 0, at(3), by_keys({"k1"}), [&](const States& states) {
        EXPECT_THAT(states.tickets, IsEmpty());
        EXPECT_EQ(states.next_number, 1);
        return opening({first}, 2);
    }));
    EXPECT_EQ(store_->applied(tenant_, stream_).value(), 3U);

    ASSERT_TRUE(store_->apply(tenant_, 3, at(4), by_keys({"k0", "k1"}), [&](const States& states) {
        EXPECT_EQ(states.next_number, 2);
        EXPECT_EQ(states.tickets.size(), 1U);
        const auto& t = states.tickets.at(0);
        EXPECT_EQ(t.id, first.ticket.id);
        EXPECT_EQ(t.number, 1);
        EXPECT_EQ(t.state, TicketState::open);
        EXPECT_EQ(t.severity, first.ticket.severity);
        EXPECT_EQ(t.dedup_key, "k1");
        EXPECT_EQ(t.title, first.ticket.title);
        EXPECT_EQ(t.route, first.ticket.route);
        EXPECT_EQ(t.opened_at, now_);
        EXPECT_EQ(t.recovered_at, std::nullopt);
        EXPECT_EQ(t.firing_instances, 2);
        return TriageWrites{};
    }));
    EXPECT_EQ(text("select labels->>'env' from tickets"), "prod\"\\");
    EXPECT_EQ(text("select description from tickets"), "NULL");
}

TEST_F(TriageStoreTest, WhatIsNotCommittedIsNotStoredAndThePositionStays)
{
    {
        const auto fold = store_->real().lock(tenant_, 0, at(3), {});
        ASSERT_TRUE(fold);
        ASSERT_TRUE((*fold)->load(by_keys({"k1"})));
        ASSERT_TRUE((*fold)->store(opening({opened("k1", 1)}, 2)));
    }
    EXPECT_EQ(text("select count(*) from tickets"), "0");
    EXPECT_EQ(store_->applied(tenant_, stream_).value(), 0U);

    ASSERT_TRUE(store_->apply(tenant_, 0, at(2), {}, [&](const States&) { return opening({opened("k1", 1)}, 2); }));
    EXPECT_EQ(store_->applied(tenant_, stream_).value(), 2U);
}

TEST_F(TriageStoreTest, ATransactionThatNobodyWaitsForAnyMoreIsGivenUp)
{
    std::stop_source nobody;
    const auto given_up = store_->apply(tenant_, 0, at(3), {},
                                        [&](const States&) {
                                            nobody.request_stop();
                                            return opening({opened("k1", 1)}, 2);
                                        },
                                        {.time = std::chrono::minutes{5}, .stop = nobody.get_token()});
    ASSERT_FALSE(given_up);
    EXPECT_TRUE(is_retryable(given_up.error().code()));
    EXPECT_EQ(store_->applied(tenant_, stream_).value(), 0U);
    EXPECT_TRUE(store_->apply(tenant_, 0, at(3), {}, nothing)) << "in a session of its own";
}

TEST_F(TriageStoreTest, EveryChangeIsStoredAndRaisesTheVersion)
{
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), {},
                              [&](const States&) { return opening({opened("a", 1), opened("b", 2)}, 3); }));
    const auto later = now_ + std::chrono::milliseconds{1};
    ASSERT_TRUE(store_->apply(tenant_, 1, at(2), by_keys({"a", "b"}), [&](States states) {
        std::ranges::sort(states.tickets, {}, &triage::TicketCore::dedup_key);
        TriageWrites writes;
        auto& a = states.tickets.at(0);
        a.occurrences = 7;
        a.last_seen_at = later;
        a.firing_instances = 3;
        auto& b = states.tickets.at(1);
        b.state = TicketState::recovered;
        b.severity = domain::Severity::critical;
        b.title = "new";
        b.source = "s";
        b.service = "v";
        b.route = {};
        b.suppressed = true;
        b.suppression_reason = "r";
        b.acknowledged_at = now_;
        b.recovered_at = later;
        b.event_seq = 5;
        writes.outcome.changed = states.tickets;
        return writes;
    }));
    EXPECT_EQ(number("select version from tickets where dedup_key = 'a'"), 2) << "the counters' short way";
    EXPECT_EQ(number("select version from tickets where dedup_key = 'b'"), 2);
    ASSERT_TRUE(store_->apply(tenant_, 2, at(3), by_keys({"a", "b"}), [&](States states) {
        std::ranges::sort(states.tickets, {}, &triage::TicketCore::dedup_key);
        EXPECT_EQ(states.tickets[0].occurrences, 7);
        EXPECT_EQ(states.tickets[0].last_seen_at, later);
        EXPECT_EQ(states.tickets[0].firing_instances, 3);
        const auto& b = states.tickets[1];
        EXPECT_EQ(b.state, TicketState::recovered);
        EXPECT_EQ(b.severity, domain::Severity::critical);
        EXPECT_EQ(b.title, "new");
        EXPECT_EQ(b.source + b.service, "sv");
        EXPECT_THAT(b.route, IsEmpty());
        EXPECT_TRUE(b.suppressed);
        EXPECT_EQ(b.suppression_reason, "r");
        EXPECT_EQ(b.acknowledged_at, now_);
        EXPECT_EQ(b.recovered_at, later);
        EXPECT_EQ(b.event_seq, 5);
        return TriageWrites{};
    }));
}

TEST_F(TriageStoreTest, OfOneKeyTheLiveTicketComesElseTheLatest)
{
    auto old = opened("k", 1);
    old.ticket.state = TicketState::closed;
    auto live = opened("k", 2);
    live.ticket.opened_at -= std::chrono::hours{1};
    auto late = opened("k", 3);
    late.ticket.state = TicketState::recovered;
    late.ticket.opened_at += std::chrono::hours{1};
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), {}, [&](const States&) { return opening({old, live, late}, 4); }));
    const auto found = [&](std::uint64_t from) {
        std::int64_t ticket_number = 0;
        EXPECT_TRUE(store_->apply(tenant_, from, at(from + 1), by_keys({"k"}), [&](const States& states) {
            EXPECT_EQ(states.tickets.size(), 1U);
            ticket_number = states.tickets.at(0).number;
            return TriageWrites{};
        }));
        return ticket_number;
    };
    EXPECT_EQ(found(1), 2);
    sql("update tickets set state = 'closed' where number = 2");
    EXPECT_EQ(found(2), 3);
}

TEST_F(TriageStoreTest, InstancesAreStoredRefreshedAndBringTheirTickets)
{
    const auto first = opened("k", 1);
    triage::InstanceState instance{.key = "am:{x=\"1\"}",
                                   .ticket_id = first.ticket.id,
                                   .starts_at = now_,
                                   .ends_at = now_ + std::chrono::minutes{5},
                                   .firing = true};
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), {}, [&](const States&) {
        auto writes = opening({first}, 2);
        writes.outcome.instances = {instance};
        return writes;
    }));
    instance.ends_at = std::nullopt;
    instance.firing = false;
    for (const bool changed : {false, true}) {
        const std::uint64_t from = changed ? 2 : 1;
        ASSERT_TRUE(store_->apply(tenant_, from, at(from + 1), triage::StateKeys{{}, {instance.key}},
                                  [&](const States& states) {
                                      EXPECT_EQ(states.instances.size(), 1U);
                                      EXPECT_EQ(states.instances.at(0).firing, !changed);
                                      EXPECT_EQ(states.instances.at(0).ends_at.has_value(), !changed);
                                      EXPECT_EQ(states.tickets.size(), 1U);
                                      TriageWrites writes;
                                      writes.outcome.instances = {instance};
                                      return writes;
                                  }));
    }
}

TEST_F(TriageStoreTest, EventsVerdictsDeliveriesAndRuleCountsAreStoredOnce)
{
    const auto first = opened("k", 1);
    const RuleId rule(new_uuid());
    const ContactId contact(new_uuid());
    const domain::Owed owed{.ticket_id = first.ticket.id,
                            .event_seq = 1,
                            .event_kind = "opened",
                            .payload = R"({"a":"\"é"})",
                            .to = {{DeliveryId(new_uuid()), contact}}};
    ASSERT_TRUE(store_->apply(tenant_, 0, at(9), {}, [&](const States&) {
        auto writes = opening({first}, 2);
        writes.outcome.events = {{.ticket_id = first.ticket.id, .seq = 1, .at = now_, .actor = "system"}};
        writes.verdict_rows = {{at(8), std::string("v\0\\", 3)}, {at(9), ""}};
        writes.deliveries = {owed, owed};
        writes.rule_matches = {{rule, 3}, {rule, 4}};
        writes.rule_failures = {{.rule_id = rule, .times = 1, .error = "division by zero"}};
        return writes;
    }));
    EXPECT_EQ(number("select count(*) from deliveries where state = 'pending' and next_attempt_at <= now()"), 1);
    EXPECT_EQ(text("select payload->>'a' from deliveries"), "\"é");
    EXPECT_EQ(text("select string_agg(payload::text, ' ' order by seq) from verdicts"), "\\x76005c \\x");
    EXPECT_EQ(text("select kind from ticket_events"), "opened");
    EXPECT_EQ(text("select matched || ' ' || failed || ' ' || last_error from rule_stats"), "7 1 division by zero");

    ASSERT_TRUE(store_->apply(tenant_, 9, at(10), {}, [&](const States&) {
        TriageWrites writes;
        writes.rule_matches = {{rule, 1}};
        return writes;
    }));
    EXPECT_EQ(text("select matched || ' ' || failed || ' ' || last_error from rule_stats"), "8 1 division by zero");
}

TEST_F(TriageStoreTest, AMovedPositionFencesTheBatchAndDecidesNothing)
{
    ASSERT_TRUE(store_->apply(tenant_, 0, at(5), {}, nothing));
    const auto never = [](const States&) -> TriageWrites {
        ADD_FAILURE() << "decided behind the fence";
        return {};
    };
    EXPECT_EQ(store_->apply(tenant_, 0, at(5), {}, never).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store_->apply(tenant_, 4, at(6), {}, never).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store_->apply(tenant_, 6, at(7), {}, never).error().code(), ErrorCode::conflict);
    EXPECT_TRUE(store_->apply(tenant_, 5, at(6), {}, nothing));
    EXPECT_TRUE(store_->apply(new_tenant(), 0, at(5), {}, nothing)) << "each tenant has its own position";
}

TEST_F(TriageStoreTest, AStartThatIsNotTheBeginningNeedsAPosition)
{
    EXPECT_EQ(store_->apply(tenant_, 3, at(5), {}, nothing).error().code(), ErrorCode::conflict);
}

TEST_F(TriageStoreTest, NothingIsAppliedFromAStreamThatHasEnded)
{
    ASSERT_TRUE(streams_->end(stream_));
    EXPECT_EQ(store_->apply(tenant_, 0, at(5), {}, nothing).error().code(), ErrorCode::conflict);
}

TEST_F(TriageStoreTest, TwoNodesThatReplayTheSameRowsApplyThemOnce)
{
    constexpr int kBatches = 30;
    std::atomic<int> applied = 0;
    const auto replay = [&] {
        const auto store = std::make_unique<FoldsByHand>(make_triage_store(pipeline()));
        for (std::uint64_t seq = 0; seq < kBatches; ++seq) {
            const auto outcome = store->apply(tenant_, seq, at(seq + 1), by_keys({"k"}), [&](States states) {
                if (states.tickets.empty()) return opening({opened("k", 1)}, 2);
                TriageWrites writes;
                ++states.tickets[0].occurrences;
                writes.outcome.changed = states.tickets;
                return writes;
            });
            if (outcome) {
                ++applied;
            } else {
                EXPECT_EQ(outcome.error().code(), ErrorCode::conflict) << outcome.error().message();
            }
        }
    };
    {
        const std::jthread one(replay);
        const std::jthread two(replay);
    }
    EXPECT_EQ(applied, kBatches);
    EXPECT_EQ(number("select occurrences from tickets"), kBatches);
}

TEST_F(TriageStoreTest, AFailedWriteLeavesThePositionWhereItWas)
{
    const auto clash = [&](const States&) {
        return opening({opened("k", 1), opened("k", 2)}, 3);
    };
    EXPECT_EQ(store_->apply(tenant_, 0, at(1), {}, clash).error().code(), ErrorCode::unavailable)
        << "two live tickets of one key: a lost race as far as the store knows";
    EXPECT_EQ(store_->applied(tenant_, stream_).value(), 0U);
    EXPECT_EQ(number("select count(*) from tickets"), 0);
    EXPECT_TRUE(store_->apply(tenant_, 0, at(1), {}, nothing));
}

TEST_F(TriageStoreTest, AKilledSessionLeavesNothingAndTheNextCallHasAFreshOne)
{
    const auto outcome = store_->apply(tenant_, 0, at(1), {}, [&](const States&) {
        sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_pipeline' and state "
            "= "
            "'idle in transaction' and datname = current_database()");
        return opening({opened("k", 1)}, 2);
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(number("select count(*) from tickets"), 0);
    EXPECT_TRUE(store_->apply(tenant_, 0, at(1), {}, [&](const States&) { return opening({opened("k", 1)}, 2); }));
}

TEST_F(TriageStoreTest, MoreRowsThanAStatementTakesAreAllStored)
{
    std::vector<triage::Outcome::Opened> many;
    triage::StateKeys keys;
    for (int i = 0; i < 2'500; ++i) {
        many.push_back(opened("k" + std::to_string(i), i + 1));
        keys.dedup_keys.push_back(many.back().ticket.dedup_key);
    }
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), keys, [&](const States&) { return opening(many, 2'501); }));
    ASSERT_TRUE(store_->apply(tenant_, 1, at(2), keys, [&](const States& states) {
        EXPECT_EQ(states.tickets.size(), 2'500U);
        EXPECT_EQ(states.next_number, 2'501);
        return TriageWrites{};
    }));
}

TEST_F(TriageStoreTest, ExpiredInstancesAreHandedOutOldestFirstWithTheirTicketsUntilNoneAreLeft)
{
    const auto first = opened("k", 1);
    const auto instance = [&](const std::string& key, std::chrono::seconds ends, bool firing) {
        return triage::InstanceState{.key = key,
                                     .ticket_id = first.ticket.id,
                                     .starts_at = now_ - std::chrono::hours{1},
                                     .ends_at = now_ + ends,
                                     .firing = firing};
    };
    using namespace std::chrono_literals;
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), {}, [&](const States&) {
        auto writes = opening({first}, 2);
        writes.outcome.instances = {instance("a", -10s, true), instance("b", -20s, true), instance("c", 1h, true),
                                    instance("d", -30s, false)};
        return writes;
    }));
    EXPECT_THAT(store_->tenants_with_expired_instances().value(), ElementsAre(tenant_));

    std::vector<std::string> seen;
    const auto resolve = [&](std::vector<triage::InstanceState> expired, const States& states, Timestamp now) {
        EXPECT_GE(now, now_ - 1min);
        EXPECT_EQ(states.tickets.size(), 1U);
        TriageWrites writes;
        for (auto& each : expired) {
            seen.push_back(each.key);
            each.firing = false;
        }
        writes.outcome.instances = std::move(expired);
        return writes;
    };
    EXPECT_EQ(store_->expire(tenant_, 1, resolve).value(), 1U);
    EXPECT_EQ(store_->expire(tenant_, 10, resolve).value(), 1U);
    EXPECT_EQ(store_->expire(tenant_, 10, resolve).value(), 0U);
    EXPECT_THAT(seen, ElementsAre("b", "a"));
    EXPECT_THAT(store_->tenants_with_expired_instances().value(), IsEmpty());
}

}  // namespace
}  // namespace winnow::pg
