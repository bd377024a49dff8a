/// @file
/// Folds that are too much: for the database's patience, for one transaction, for the memory.

#include "triage_fixture.hpp"

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;

class LargeFoldTest : public TriageServiceTest {};

TEST_F(LargeFoldTest, TooLargeAFoldForTheDatabasesPatienceIsHalved)
{
    hold(true);
    submit({row(two_, 3, 1, {"b"})});
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    fail_next({ErrorCode::timeout, ErrorCode::timeout, ErrorCode::timeout, ErrorCode::timeout});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(store_.occurrences(two_, "b"), 1);
}

TEST_F(LargeFoldTest, AFoldThatIsNeverStoredInTimeShrinksUntilItIsAndOthersAreServedBetween)
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

    EXPECT_EQ(store_.occurrences(one_, "a"), 64);
    EXPECT_EQ(store_.occurrences(two_, "b"), 2);
    EXPECT_EQ(position(one_, 3), 33U);
    EXPECT_FALSE(measured("winnow_triage_fold_failures_total 0"));
    std::vector<TenantId> turns;
    for (const auto& done : store_.done()) turns.push_back(done.tenant);
    ASSERT_GE(turns.size(), 10U);
    EXPECT_THAT(std::vector(turns.begin(), turns.begin() + 4), testing::Contains(two_).Times(2))
        << "the other tenant waited for all parts of the push";
}

TEST_F(LargeFoldTest, AFoldThatWouldOweTooMuchIsStoredInPartsWithoutAFailure)
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

TEST_F(LargeFoldTest, OfTwoRowsOneThatOwesTooMuchIsStoredByItself)
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

TEST_F(LargeFoldTest, AFoldThatIsRepeatedOwesWhatTheTenantsConfigurationOfNowSays)
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

TEST_F(LargeFoldTest, ASingleRowThatTakesTooLongIsGivenMoreAndMoreTimeUntilItIsStored)
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

TEST_F(LargeFoldTest, NobodyWaitsForARowThatIsGivenMoreTime)
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
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(position(one_, 3), 3U);
}

TEST_F(LargeFoldTest, EndsThoughARowIsGivenMoreTime)
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

/// One tenant more than there are places for folds that are given more time, each with a row that needs it.
class CrowdedFoldTest : public TriageServiceTest {
protected:
    static constexpr std::uint64_t kPlaces = 4;

    void crowd()
    {
        store_.with([](auto& store) {
            store.most_owed_ = 10;
            store.needed_ = 1s;
            store.patient_held_ = true;
        });
        for (std::uint64_t n = 10; n <= 10 + kPlaces; ++n) {
            configs_.put(telling(tenant_id(n), 50), false);
            submit({row(tenant_id(n), 3, n, {"a"})});
        }
        // Each has failed twice in the usual time, and all places are taken.
        ASSERT_TRUE(eventually([&] { return store_.attempts() == 2 * (kPlaces + 1) + kPlaces; }));
    }

    /// It fails often enough for the one without a place to come to its turn meanwhile.
    [[nodiscard]] bool quiet_tenant_is_served()
    {
        fail_next({ErrorCode::unavailable, ErrorCode::unavailable, ErrorCode::unavailable, ErrorCode::unavailable});
        submit({row(two_, 3, 20, {"b"})});
        return eventually([&] { return position(two_, 3) == 20; });
    }

    [[nodiscard]] std::vector<std::chrono::milliseconds> patience()
    {
        auto given = store_.with([](auto& store) { return store.given_; });
        std::erase(given, 0ms);
        return given;
    }
};

TEST_F(CrowdedFoldTest, ARowThatFindsNoPlaceForItsFoldWaitsForOneAndNobodyForIt)
{
    crowd();
    EXPECT_TRUE(quiet_tenant_is_served());
    EXPECT_EQ(patience().size(), kPlaces);
    store_.with([](auto& store) { store.patient_held_ = false; });
    ASSERT_TRUE(flushed());
    for (std::uint64_t n = 10; n <= 10 + kPlaces; ++n) EXPECT_EQ(store_.occurrences(tenant_id(n), "a"), 1) << n;
    EXPECT_EQ(patience(), std::vector<std::chrono::milliseconds>(kPlaces + 1, 30s));
}

TEST_F(CrowdedFoldTest, EndsThoughARowHasNoPlace)
{
    crowd();
    EXPECT_TRUE(quiet_tenant_is_served());
    std::atomic<bool> ended = false;
    std::jthread ending([&] {
        service_.reset();
        ended = true;
    });
    EXPECT_TRUE(eventually([&] { return ended.load(); }));
    store_.with([](auto& store) { store.patient_held_ = false; });
    ending.join();
    EXPECT_EQ(position(tenant_id(10), 3), 0U);
}

TEST_F(LargeFoldTest, WithoutMemoryNoAlertIsIgnored)
{
    store_.with([](auto& store) { store.out_of_memory_ = 5; });
    submit({row(one_, 3, 1, {"a"}), row(one_, 3, 2, {"a"})});
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_TRUE(measured("winnow_triage_poisoned_rows_total 0"));
}

}  // namespace
}  // namespace winnow::pipeline
