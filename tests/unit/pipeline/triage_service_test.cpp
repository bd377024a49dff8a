#include "winnow/pipeline/triage_service.hpp"

#include "fakes.hpp"
#include "winnow/observe/metrics.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>

namespace winnow::pipeline {
namespace {

using domain::Disposition;
using testing::ElementsAre;

class TriageServiceTest : public testing::Test {
protected:
    void SetUp() override
    {
        for (const auto tenant : {one_, two_}) configs_.put(config(tenant), false);
        make({});
    }

    void make(TriageOptions options)
    {
        service_.reset();
        service_ = std::make_unique<TriageService>(store_, policies_, options, [this] { ++outbox_changes_; }, metrics_);
    }

    void submit(std::vector<journal::CommittedRow> rows) { service_->submit(std::move(rows)); }

    /// Everything is applied. Several flushes fit into the tests' patience.
    [[nodiscard]] bool flushed() { return service_->flush(kDeadline); }

    /// Folds stop at the store until the next call with false.
    void hold(bool held)
    {
        store_.with([&](auto& store) { store.held_ = held; });
    }
    void fail_next(std::initializer_list<ErrorCode> codes)
    {
        store_.with([&](auto& store) {
            for (const auto code : codes) store.errors_.emplace_back(code, "on demand");
        });
    }

    /// A tenant who tells so many contacts of everything.
    static domain::TenantConfig telling(TenantId tenant, std::uint64_t contacts)
    {
        auto many = config(tenant);
        many.contacts.clear();
        many.groups.front().contact_ids.clear();
        for (std::uint64_t n = 1; n <= contacts; ++n) {
            domain::Contact contact;
            contact.id = ContactId(Uuid::from_words(8, n));
            many.groups.front().contact_ids.push_back(contact.id);
            many.contacts.push_back(contact);
        }
        return many;
    }

    [[nodiscard]] std::int64_t occurrences(TenantId tenant, const std::string& key)
    {
        return store_.with([&](auto& store) {
            std::int64_t sum = 0;
            for (const auto& [id, ticket] : store.models_[tenant].tickets) {
                if (ticket.dedup_key == key) sum += ticket.occurrences;
            }
            return sum;
        });
    }
    [[nodiscard]] std::uint64_t position(TenantId tenant, domain::StreamId stream)
    {
        return store_.applied(tenant, stream).value();
    }
    /// (tenant, from, to) of each transaction.
    [[nodiscard]] std::vector<std::tuple<TenantId, std::uint64_t, std::uint64_t>> moves()
    {
        std::vector<std::tuple<TenantId, std::uint64_t, std::uint64_t>> moves;
        for (const auto& done : store_.done()) moves.emplace_back(done.tenant, done.from, done.to.seq);
        return moves;
    }
    [[nodiscard]] bool measured(const std::string& line) const { return metrics_.exposition().contains(line); }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    observe::Metrics metrics_;
    FakeConfigStore configs_;
    FakeTriageStore store_;
    ConfigCache policies_{configs_};
    std::atomic<int> outbox_changes_ = 0;
    std::unique_ptr<TriageService> service_;
};

TEST_F(TriageServiceTest, ARowBecomesTicketsDeliveriesAndVerdictsAtTheirIndexes)
{
    submit({row(one_, 3, 1, {"", "disk", "", "disk"})});
    ASSERT_TRUE(flushed());

    EXPECT_EQ(occurrences(one_, "disk"), 2);
    const auto done = store_.done();
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].deliveries, 1U);
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
    EXPECT_EQ(occurrences(one_, "a"), 1);
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
    EXPECT_EQ(occurrences(one_, "a"), 5);
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
    EXPECT_EQ(occurrences(one_, "a"), 3);
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
    EXPECT_EQ(occurrences(one_, "a"), 1);
    EXPECT_EQ(occurrences(two_, "b"), 1);
}

TEST_F(TriageServiceTest, ATransactionWhoseAnswerWasLostIsNotCountedTwice)
{
    store_.with([](auto& store) { store.lose_answer_ = true; });
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    submit({row(one_, 3, 3, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 3);
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
    EXPECT_EQ(occurrences(one_, "a"), 2);
    EXPECT_EQ(position(one_, 3), 3U);
}

TEST_F(TriageServiceTest, RowsOfAStreamThatHasEndedAreDropped)
{
    store_.ended_ = {3};
    submit({row(one_, 3, 1, {"a"}), row(one_, 4, 1, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 1);
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
    EXPECT_EQ(occurrences(one_, "a"), 3);
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

TEST_F(TriageServiceTest, TooLargeAFoldForTheDatabasesPatienceIsHalved)
{
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    fail_next({ErrorCode::timeout, ErrorCode::timeout, ErrorCode::timeout, ErrorCode::timeout});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 2);
    EXPECT_EQ(occurrences(two_, "b"), 1);
}

TEST_F(TriageServiceTest, AFoldThatIsNeverStoredInTimeShrinksUntilItIsAndOthersAreServedBetween)
{
    store_.with([](auto& store) { store.patience_ = 4; });
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 1; }));
    std::vector<journal::CommittedRow> push;
    for (std::uint64_t seq = 2; seq < 34; ++seq) push.push_back(row(one_, 3, seq, {"a", "a"}));
    submit(std::move(push));
    submit({row(two_, 3, 34, {"b"})});
    hold(false);
    ASSERT_TRUE(flushed());

    EXPECT_EQ(occurrences(one_, "a"), 64);
    EXPECT_EQ(occurrences(two_, "b"), 2);
    EXPECT_EQ(position(one_, 3), 33U);
    EXPECT_FALSE(measured("winnow_triage_fold_failures_total 0"));
    std::vector<TenantId> turns;
    for (const auto& done : store_.done()) turns.push_back(done.tenant);
    ASSERT_GE(turns.size(), 10U);
    EXPECT_THAT(std::vector(turns.begin(), turns.begin() + 4), testing::Contains(two_).Times(2))
        << "the other tenant waited for all parts of the push";
}

TEST_F(TriageServiceTest, AFoldThatWouldOweTooMuchIsStoredInPartsWithoutAFailure)
{
    configs_.put(telling(one_, 50), false);
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    std::vector<journal::CommittedRow> push;
    for (std::uint64_t seq = 2; seq < 12; ++seq) {
        std::vector<std::string> keys;
        for (int i = 0; i < 100; ++i) keys.push_back(std::to_string(seq) + "-" + std::to_string(i));
        push.push_back(row(one_, 3, seq, keys));
    }
    submit(std::move(push));
    hold(false);
    ASSERT_TRUE(flushed());

    std::size_t owed = 0;
    for (const auto& done : store_.done()) {
        EXPECT_LE(done.deliveries, 20'000U);
        owed += done.deliveries;
    }
    EXPECT_EQ(owed, 50'001U);
    EXPECT_TRUE(measured("winnow_triage_fold_failures_total 0"));
}

TEST_F(TriageServiceTest, OfTwoRowsOneThatOwesTooMuchIsStoredByItself)
{
    configs_.put(telling(one_, 20'001), false);
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 1; }));
    submit({row(one_, 3, 2, {}), row(one_, 3, 3, {"a"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(position(one_, 3), 3U);
    EXPECT_LE(store_.attempts(), 4);
    EXPECT_TRUE(measured("winnow_triage_fold_failures_total 0"));
}

TEST_F(TriageServiceTest, AFoldThatIsRepeatedOwesWhatTheTenantsConfigurationOfNowSays)
{
    auto many = telling(one_, 50);
    configs_.put(many, false);
    store_.with([](auto& store) { store.most_owed_ = 10; });
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() >= 2; }));
    many = telling(one_, 2);
    many.tenant.config_version = 2;
    configs_.put(many);
    ASSERT_TRUE(flushed());
    ASSERT_EQ(store_.done().size(), 1U);
    EXPECT_EQ(store_.done()[0].deliveries, 2U);
}

TEST_F(TriageServiceTest, ASingleRowThatTakesTooLongIsGivenMoreAndMoreTimeUntilItIsStored)
{
    configs_.put(telling(one_, 50), false);
    store_.with([](auto& store) {
        store.most_owed_ = 100;
        store.needed_ = 100s;
    });
    submit({row(one_, 3, 1, {"a", "b", "c"})});
    ASSERT_TRUE(flushed());
    submit({row(one_, 3, 2, {"d"})});
    ASSERT_TRUE(flushed());
    ASSERT_EQ(store_.done().size(), 2U);
    EXPECT_EQ(store_.done()[0].deliveries, 150U);
    const auto given = store_.with([](auto& store) { return store.given_; });
    EXPECT_THAT(given, ElementsAre(0ms, 0ms, 30s, 60s, 120s, 0ms)) << "and the next row no more than any other";
}

TEST_F(TriageServiceTest, NobodyWaitsForARowThatIsGivenMoreTime)
{
    configs_.put(telling(one_, 50), false);
    store_.with([](auto& store) {
        store.most_owed_ = 10;
        store.needed_ = 1s;
        store.patient_held_ = true;
    });
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 3; }));
    submit({row(two_, 3, 2, {"b"}), row(one_, 3, 3, {"a"})});
    EXPECT_TRUE(eventually([&] { return position(two_, 3) == 2; }));
    EXPECT_EQ(position(one_, 3), 0U);
    store_.with([](auto& store) { store.patient_held_ = false; });
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 2);
    EXPECT_EQ(position(one_, 3), 3U);
}

TEST_F(TriageServiceTest, EndsThoughARowIsGivenMoreTime)
{
    configs_.put(telling(one_, 50), false);
    store_.with([](auto& store) {
        store.most_owed_ = 10;
        store.patient_held_ = true;
    });
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 3; }));
    service_.reset();
    EXPECT_EQ(position(one_, 3), 0U);
}

TEST_F(TriageServiceTest, WithoutMemoryNoAlertIsIgnored)
{
    store_.with([](auto& store) { store.out_of_memory_ = 5; });
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 2);
    EXPECT_TRUE(measured("winnow_triage_poisoned_rows_total 0"));
}

TEST_F(TriageServiceTest, AlertsOfATenantThatDoesNotExistAreDropped)
{
    submit({row(tenant_id(99), 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(occurrences(one_, "a"), 1);
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
    for (std::uint64_t n = 10; n < 30; ++n) EXPECT_EQ(occurrences(tenant_id(n), "a"), 100);
    EXPECT_EQ(service_->applied_through(3, 50), 50U);
}

}  // namespace
}  // namespace winnow::pipeline
