#include "triage_fixture.hpp"

namespace winnow::pipeline {
namespace {

using domain::Disposition;
using testing::ElementsAre;

TEST_F(TriageServiceTest, ARowBecomesTicketsDeliveriesAndVerdictsAtTheirIndexes)
{
    submit({row(one_, 3, 1, {"", "disk", "", "disk"})});
    ASSERT_TRUE(flushed());

    EXPECT_EQ(store_.occurrences(one_, "disk"), 2);
    const auto done = store_.done();
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].deliveries, 1U);
    EXPECT_EQ(done[0].public_url, "https://winnow.example");
    EXPECT_EQ(outbox_changes_, 1);
    ASSERT_EQ(done[0].verdicts.size(), 1U);
    const auto& verdicts = done[0].verdicts[0].second;
    ASSERT_EQ(verdicts.size(), 4U);
    EXPECT_FALSE(verdicts[0]);
    EXPECT_EQ(verdicts[1].value().effect, domain::TicketEffect::opened);
    EXPECT_FALSE(verdicts[2]);
    EXPECT_EQ(verdicts[3].value().effect, domain::TicketEffect::joined);
    EXPECT_TRUE(measured("winnow_triage_alerts_total 2"));
    EXPECT_TRUE(measured(R"(winnow_triage_dispositions_total{disposition="ticketed"} 2)"));
    EXPECT_TRUE(measured("winnow_triage_backlog_alerts 0"));
}

TEST_F(TriageServiceTest, TheClockIsToldOfWhatIsDueBeforeItsNextLook)
{
    const auto told = std::make_shared<std::atomic<int>>(0);
    make({.due_soon = [told] {
        ++*told;
    }});
    const auto firing = [&](std::uint64_t seq, std::optional<Timestamp> ends_at) {
        auto made = row(one_, 3, seq, {"disk"});
        made.alerts.front().second.instance_key = "i" + std::to_string(seq);
        made.alerts.front().second.ends_at = ends_at;
        return made;
    };
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    submit({firing(1, std::nullopt), firing(2, now + 1h)});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(*told, 0) << "it will see them in time";
    submit({firing(3, now)});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(*told, 1);
}

TEST_F(TriageServiceTest, ARowWithoutAlertsMovesThePosition)
{
    submit({row(one_, 3, 1, {})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(position(one_, 3), 1U);
    EXPECT_EQ(outbox_changes_, 0);
}

TEST_F(TriageServiceTest, APositionMovesFromTheTenantsOwnLastRow)
{
    store_.positions_[{one_, 3}] = 4;
    submit({row(one_, 3, 7, {"a"}), row(two_, 3, 8, {"b"})});
    ASSERT_TRUE(flushed());
    submit({row(one_, 3, 11, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_THAT(moves(),
                testing::UnorderedElementsAre(std::tuple(one_, 4, 7), std::tuple(two_, 0, 8), std::tuple(one_, 7, 11)));
}

TEST_F(TriageServiceTest, RowsAtOrBelowThePositionAreSkipped)
{
    store_.positions_[{one_, 3}] = 4;
    submit({row(one_, 3, 3, {"a"}), row(one_, 3, 4, {"a"}), row(one_, 3, 5, {"a"}), row(one_, 3, 5, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    EXPECT_THAT(moves(), ElementsAre(std::tuple(one_, 4, 5)));
}

TEST_F(TriageServiceTest, WaitingRowsOfOneStreamAreOneTransactionAndStreamsAreSeparate)
{
    hold(true);
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 1; }));
    submit({row(one_, 3, 2, {"a"}), row(one_, 3, 3, {"a"}), row(one_, 4, 1, {"a"}), row(one_, 3, 4, {"a"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_THAT(moves(), ElementsAre(std::tuple(one_, 0, 1), std::tuple(one_, 1, 3), std::tuple(one_, 0, 1),
                                     std::tuple(one_, 3, 4)));
    EXPECT_EQ(store_.occurrences(one_, "a"), 5);
}

TEST_F(TriageServiceTest, AFoldTakesNoMoreAlertsThanAllowedButAtLeastARow)
{
    make({.max_fold_alerts = 3});
    hold(true);
    submit({row(one_, 3, 1, {"a", "a", "a", "a"}), row(one_, 3, 2, {"a", "a"}), row(one_, 3, 3, {"a"}),
            row(one_, 3, 4, {"a"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_THAT(moves(), ElementsAre(std::tuple(one_, 0, 1), std::tuple(one_, 1, 3), std::tuple(one_, 3, 4)));
}

TEST_F(TriageServiceTest, TenantsTakeTurns)
{
    make({.max_fold_alerts = 1});
    hold(true);
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 1; }));
    submit({row(one_, 3, 2, {"a"}), row(one_, 3, 3, {"a"}), row(one_, 3, 4, {"a"}), row(two_, 3, 5, {"b"}),
            row(two_, 3, 6, {"b"})});
    hold(false);
    ASSERT_TRUE(flushed());
    std::vector<TenantId> turns;
    for (const auto& done : store_.done()) turns.push_back(done.tenant);
    // The second tenant does not wait for all that the first one has.
    EXPECT_THAT(turns, ElementsAre(one_, testing::_, testing::_, testing::_, testing::_, testing::_));
    EXPECT_LT(std::ranges::find(turns, two_) - turns.begin(), 3);
    EXPECT_NE(turns[4], turns[3]);
}

TEST_F(TriageServiceTest, AnAbsentDatabaseDelaysRowsAndKeepsTheirOrder)
{
    fail_next({ErrorCode::unavailable, ErrorCode::timeout});
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    submit({row(one_, 3, 3, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
    EXPECT_EQ(position(one_, 3), 3U);
    EXPECT_FALSE(measured("winnow_triage_poisoned_rows_total 1"));
}

TEST_F(TriageServiceTest, OneTenantsTroubleDoesNotHoldUpAnother)
{
    configs_.fail(Error(ErrorCode::unavailable, "away"));
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return configs_.loads() > 0; }));
    configs_.fail(std::nullopt);
    submit({row(two_, 3, 2, {"b"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    EXPECT_EQ(store_.occurrences(two_, "b"), 1);
}

TEST_F(TriageServiceTest, ATransactionWhoseAnswerWasLostIsNotCountedTwice)
{
    store_.with([](auto& store) { store.lose_answer_ = true; });
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    submit({row(one_, 3, 3, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
    EXPECT_GE(outbox_changes_, 1) << "what the lost transaction owes must be found";
}

TEST_F(TriageServiceTest, RowsThatAnotherNodeAppliedAreLeftOutAndTheRestIsFolded)
{
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(flushed());
    store_.with([&](auto& store) { store.positions_[{one_, 3}] = 2; });
    hold(true);
    submit({row(one_, 3, 2, {"a"}), row(one_, 3, 3, {"a"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(position(one_, 3), 3U);
}

TEST_F(TriageServiceTest, RowsOfAStreamThatHasEndedAreDropped)
{
    store_.ended_ = {3};
    submit({row(one_, 3, 1, {"a"}), row(one_, 4, 1, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    EXPECT_TRUE(measured("winnow_triage_dropped_rows_total 1"));
}

TEST_F(TriageServiceTest, ARowThatCannotBeFoldedIsIgnoredAndItsNeighboursAreNot)
{
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    submit(
        {row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"}), row(one_, 3, 3, {"a", "", "poison"}), row(one_, 3, 4, {"a"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
    EXPECT_EQ(position(one_, 3), 4U);
    EXPECT_TRUE(measured("winnow_triage_poisoned_rows_total 1"));
    for (const auto& done : store_.done()) {
        for (const auto& [at, verdicts] : done.verdicts) {
            if (done.tenant != one_ || at.seq != 3) continue;
            ASSERT_EQ(verdicts.size(), 3U);
            EXPECT_EQ(verdicts[0].value().disposition, Disposition::ignored);
            EXPECT_FALSE(verdicts[1]);
            EXPECT_EQ(verdicts[2].value().disposition, Disposition::ignored);
        }
    }
}

TEST_F(TriageServiceTest, ARowWhoseVerdictsCannotBeStoredMovesThePosition)
{
    store_.refuse_verdicts_ = true;
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(position(one_, 3), 1U);
}

TEST_F(TriageServiceTest, AlertsOfATenantThatDoesNotExistAreDropped)
{
    submit({row(tenant_id(99), 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    EXPECT_EQ(service_->applied_through(3, 2), 2U);
}

TEST_F(TriageServiceTest, TheDoorClosesAtTheBoundOfTheBacklogAndOpensAgain)
{
    make({.max_backlog_bytes = 200});
    hold(true);
    submit({row(one_, 3, 1, {"a"})});
    EXPECT_TRUE(service_->accepting());
    submit({row(one_, 3, 2, {"a"})});
    EXPECT_FALSE(service_->accepting());
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_TRUE(service_->accepting());
}

TEST_F(TriageServiceTest, AppliedThroughStopsBelowTheLowestPendingRowOfTheStream)
{
    hold(true);
    submit({row(one_, 3, 5, {"a"}), row(two_, 3, 5, {"b"}), row(one_, 3, 8, {"a"}), row(two_, 4, 2, {"b"})});
    EXPECT_EQ(service_->applied_through(3, 8), 4U);
    EXPECT_EQ(service_->applied_through(4, 2), 1U);
    EXPECT_EQ(service_->applied_through(5, 17), 17U);
    EXPECT_EQ(service_->applied_through(3, 2), 2U) << "never beyond what was written";
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(service_->applied_through(3, 8), 8U);
}

TEST_F(TriageServiceTest, FlushGivesUpAtItsDeadline)
{
    hold(true);
    submit({row(one_, 3, 1, {"a"})});
    EXPECT_FALSE(service_->flush(20ms));
    hold(false);
    EXPECT_TRUE(flushed());
}

TEST_F(TriageServiceTest, EndsWhileTheDatabaseIsAway)
{
    for (int i = 0; i < 100; ++i) fail_next({ErrorCode::unavailable});
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() >= 2; }));
    const auto begun = std::chrono::steady_clock::now();
    service_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(TriageServiceTest, ManyTenantsOverSeveralWorkersLoseNothing)
{
    make({.workers = 4, .max_fold_alerts = 10, .coalesce = 1ms});
    for (std::uint64_t n = 10; n < 30; ++n) configs_.put(config(tenant_id(n)), false);
    for (std::uint64_t seq = 1; seq <= 50; ++seq) {
        std::vector<journal::CommittedRow> rows;
        for (std::uint64_t n = 10; n < 30; ++n) rows.push_back(row(tenant_id(n), 3, seq, {"a", "a"}));
        submit(std::move(rows));
    }
    ASSERT_TRUE(flushed());
    for (std::uint64_t n = 10; n < 30; ++n) EXPECT_EQ(store_.occurrences(tenant_id(n), "a"), 100);
    EXPECT_EQ(service_->applied_through(3, 50), 50U);
}

}  // namespace
}  // namespace winnow::pipeline
