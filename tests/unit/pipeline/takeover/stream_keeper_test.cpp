#include "stream_keeper_fixture.hpp"
#include "unit/pipeline/time/one_clock.hpp"

#include <thread>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;

TEST_F(StreamKeeperTest, TheHeartbeatTellsHowFarTriageHasCome)
{
    own_ = {.stream = 3, .released_seq = 9};
    store_.with([](auto& store) { store.held_ = true; });
    triage_.submit({row(one_, 3, 7, {"a"})});
    start(quick_);
    EXPECT_TRUE(eventually([&] {
        return streams_.with([](auto& s) { return !s.renewed_.empty() && s.renewed_.back() == std::pair(3U, 6UL); });
    }));
    store_.with([](auto& store) { store.held_ = false; });
    EXPECT_TRUE(
        eventually([&] { return streams_.with([](auto& s) { return s.renewed_.back() == std::pair(3U, 9UL); }); }));
}

TEST_F(StreamKeeperTest, AStreamThatIsTakenOverIsToldOfOnceBeforeItsRowsAre)
{
    std::mutex mutex;
    std::vector<domain::StreamId> told;  // guarded by mutex
    auto options = quick_;
    options.on_takeover = [&](domain::StreamId stream) {
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(streams_.with([](auto& s) { return s.ended_.empty(); }));
        told.push_back(stream);
    };
    streams_.with([&](auto& s) {
        s.orphans_ = {7};
        s.rows_ = {stored(one_, 7, 1, {"a"})};
    });
    start(options);
    ASSERT_TRUE(eventually([&] { return streams_.with([](auto& s) { return !s.ended_.empty(); }); }));
    stream_keeper_.reset();
    EXPECT_THAT(told, ElementsAre(7));
}

TEST_F(StreamKeeperTest, WhatIsFoundAtOnceIsWithTriageBeforeAnythingNewCanBe)
{
    store_.with([](auto& store) { store.held_ = true; });
    streams_.with([&](auto& s) {
        s.orphans_ = {7};
        for (std::uint64_t seq = 1; seq <= 300; ++seq) s.rows_.push_back(stored(one_, 7, seq, {"a"}));
    });
    auto patient = quick_;
    patient.before_serving = 60s;
    start(patient);
    EXPECT_EQ(triage_.applied_through(7, 300), 0U) << "the first of them waits to be folded";
    triage_.submit({row(one_, 3, 1, {"a"})});
    store_.with([](auto& store) { store.held_ = false; });
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    ASSERT_TRUE(triage_.flush(30s));
    EXPECT_EQ(store_.applied(one_, 7).value(), 300U);
    EXPECT_EQ(store_.applied(one_, 3).value(), 1U);
}

TEST_F(StreamKeeperTest, NoFurtherStreamIsLookedAtBeforeServingOnceTheTimeForThatIsOver)
{
    for (domain::StreamId stream = 7; stream < 27; ++stream) {
        streams_.orphans_.push_back(stream);
        streams_.rows_.push_back(stored(one_, stream, 1, {"a"}));
    }
    auto options = quick_;
    options.before_serving = 20ms;
    const auto here = std::this_thread::get_id();
    int reads = 0;
    streams_.on_read_ = [&] {
        if (std::this_thread::get_id() != here) return;
        ++reads;
        std::this_thread::sleep_for(options.before_serving);  // a slow database: one read takes all of the time
    };
    start(options);
    EXPECT_LE(reads, 1);
    EXPECT_TRUE(eventually([&] { return streams_.ended().size() == 20; })) << "they are taken over all the same";
}

TEST_F(StreamKeeperTest, AHeartbeatOfANodeThatCannotWriteSaysSoAndStillTellsHowFarTriageHasCome)
{
    own_ = {.stream = 3, .released_seq = 9};
    writable_ = false;
    start(quick_);
    EXPECT_TRUE(eventually(
        [&] { return streams_.with([](auto& s) { return !s.serves_ && s.renewed_.back() == std::pair(3U, 9UL); }); }));
    writable_ = true;
    EXPECT_TRUE(eventually([&] { return streams_.with([](auto& s) { return s.serves_; }); }));
}

TEST_F(StreamKeeperTest, AnOrphanedStreamIsReplayedOnceAndEnded)
{
    for (std::uint64_t seq = 1; seq <= 600; ++seq) {
        streams_.rows_.push_back(stored(seq % 2 == 0 ? one_ : two_, 5, seq, {"a", "", "a"}));
    }
    store_.positions_[{one_, 5}] = 100;  // what the dead node had applied: 50 of this tenant's rows
    streams_.orphans_ = {5};
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_THAT(streams_.ended(), ElementsAre(5U));
    EXPECT_EQ(store_.occurrences(one_, "a"), 500);
    EXPECT_EQ(store_.occurrences(two_, "a"), 600);
    EXPECT_TRUE(metrics_.exposition().contains("winnow_takeover_alerts_total 1100"));
}

TEST_F(StreamKeeperTest, RowsOfManyTenantsThatShareASeqAreAllReplayed)
{
    // More than a page holds: it ends between rows of one seq.
    for (std::uint64_t n = 100; n < 140; ++n) {
        configs_.put(config(tenant_id(n)), false);
        streams_.rows_.push_back(stored(tenant_id(n), 5, 1, {"a"}));
    }
    streams_.orphans_ = {5};
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    for (std::uint64_t n = 100; n < 140; ++n) EXPECT_EQ(store_.occurrences(tenant_id(n), "a"), 1) << n;
}

TEST_F(StreamKeeperTest, DamageIsLeftOutAndHoldsNothingUp)
{
    auto damaged = stored(one_, 5, 2, {"a"});
    damaged.payload = "damaged";
    streams_.rows_ = {stored(one_, 5, 1, {"?", "a"}), damaged, stored(one_, 5, 3, {"a"})};
    streams_.orphans_ = {5};
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(store_.applied(one_, 5).value(), 3U);
}

TEST_F(StreamKeeperTest, ARowThatCanNeverBeAppliedDoesNotKeepAStreamForEver)
{
    streams_.rows_ = {stored(tenant_id(99), 5, 1, {"a"})};
    streams_.orphans_ = {5};
    start(quick_);
    EXPECT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
}

TEST_F(StreamKeeperTest, WhatFailsIsDoneAgain)
{
    streams_.rows_ = {stored(one_, 5, 1, {"a"})};
    streams_.orphans_ = {5};
    streams_.errors_ = 20;
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
}

TEST_F(StreamKeeperTest, WhatIsThrownEndsNeitherTheHeartbeatNorATakeover)
{
    own_ = {.stream = 3, .released_seq = 9};
    streams_.rows_ = {stored(one_, 5, 1, {"a"})};
    streams_.orphans_ = {5};
    streams_.throws_ = true;
    streams_.errors_ = 20;
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    const auto before = streams_.with([](auto& s) { return s.renewed_.size(); });
    EXPECT_TRUE(eventually([&] { return streams_.with([&](auto& s) { return s.renewed_.size() > before; }); }));
}

TEST_F(StreamKeeperTest, AClaimedStreamWhoseTakeoverThrewIsTakenOverByTheNextRound)
{
    streams_.rows_ = {stored(one_, 5, 1, {"a"}), stored(one_, 6, 1, {"a"})};
    streams_.orphans_ = {5, 6};
    std::atomic<int> begun = 0;
    auto options = quick_;
    options.on_takeover = [&](domain::StreamId) {
        if (begun++ == 0) throw std::bad_alloc();
    };
    start(options);
    EXPECT_TRUE(eventually([&] { return streams_.ended().size() == 2; }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    stream_keeper_.reset();
    EXPECT_THAT(streams_.ended(), testing::UnorderedElementsAre(5, 6)) << "each once";
    EXPECT_EQ(begun, 3) << "what is done at a takeover is done for the one that threw, too";
}

TEST_F(StreamKeeperTest, WhicheverThreadNoticesFirstSaysThatTheDatabaseIsAway)
{
    streams_.errors_ = 1'000'000;
    start({.heartbeat = 1h, .takeover = 5ms});
    ASSERT_TRUE(eventually([&] { return !stream_keeper_->healthy(); }));
    streams_.with([](auto& s) { s.errors_ = 0; });
    EXPECT_TRUE(eventually([&] { return stream_keeper_->healthy(); }));
}

TEST_F(StreamKeeperTest, NothingThatTakesLongHoldsUpAHeartbeatOrATakeover)
{
    own_ = {.stream = 3, .released_seq = 9};
    streams_.rows_ = {stored(one_, 5, 1, {"a"}), stored(one_, 6, 1, {"a"})};
    store_.with([&](auto& store) {
        store.expired_ = {{one_, 2'500}};
        store.expire_held_ = true;
    });
    FakeChores chores({"never done"});
    chores.hold(true);
    Upkeep upkeep(chores, {}, metrics_);
    OneClock expiry(kinds(make_expiry_kind(store_, policies_, {}, 5ms, metrics_)), metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    expiry.start();
    ASSERT_TRUE(eventually([&] { return chores.begun() > 0; }));
    ASSERT_TRUE(eventually([&] { return store_.with([](auto& store) { return store.expiries_begun_ > 0; }); }));

    streams_.with([](auto& s) { s.orphans_ = {5}; });
    start(quick_);
    ASSERT_TRUE(eventually([&] { return streams_.ended().size() == 1; })) << "a takeover is begun and finished";

    streams_.hold_reads(true);  // the replay of the next one hangs
    streams_.with([](auto& s) { s.orphans_ = {6}; });
    ASSERT_TRUE(eventually([&] { return streams_.held_reads() > 0; }));
    const auto before = streams_.with([](auto& s) { return s.renewed_.size(); });
    EXPECT_TRUE(eventually([&] { return streams_.with([&](auto& s) { return s.renewed_.size() > before + 5; }); }));

    streams_.hold_reads(false);
    chores.hold(false);
    store_.with([](auto& store) { store.expire_held_ = false; });
}

TEST_F(StreamKeeperTest, EndsAtOnceHoweverLongItsIntervals)
{
    start({.heartbeat = 1h, .takeover = 1h});
    const auto begun = std::chrono::steady_clock::now();
    stream_keeper_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

}  // namespace
}  // namespace winnow::pipeline
