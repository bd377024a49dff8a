#include "winnow/pipeline/housekeeping.hpp"

#include "fake_chores.hpp"
#include "fakes.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/expiry_keeper.hpp"
#include "winnow/pipeline/upkeep.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;

/// Streams of dead writers; what is unapplied follows from the triage store.
class FakeStreams final : public ports::JournalStreams {
public:
    explicit FakeStreams(FakeTriageStore& store) : store_(store) {}

    Result<domain::StreamId> open(const std::string& /*node*/) override { return 1; }
    Result<std::unique_ptr<ports::JournalSession>> session(domain::StreamId /*stream*/) override
    {
        return Error(ErrorCode::internal, "not for housekeeping");
    }
    Result<Done> renew(domain::StreamId stream, std::uint64_t applied_seq, bool serves) override
    {
        const std::lock_guard lock(mutex_);
        renewed_.emplace_back(stream, applied_seq);
        serves_ = serves;
        return answer();
    }
    Result<std::vector<domain::StreamId>> claim_orphans() override
    {
        const std::lock_guard lock(mutex_);
        if (errors_ > 0) return answer().error();
        return std::exchange(orphans_, {});
    }
    Result<std::vector<ports::JournalRow>> unapplied(domain::StreamId stream, std::uint64_t after_seq,
                                                     std::size_t limit) override
    {
        std::unique_lock lock(mutex_);
        if (held_) {
            ++held_reads_;
            changed_.wait(lock, [&] { return !held_; });
        }
        if (errors_ > 0) return answer().error();
        std::vector<ports::JournalRow> rows;
        for (const auto& row : rows_) {
            if (row.position.stream != stream || row.position.seq <= after_seq || rows.size() == limit) continue;
            if (row.position.seq > store_.applied(row.tenant, stream).value()) rows.push_back(row);
        }
        return rows;
    }
    Result<Done> end(domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        if (errors_ > 0) return answer();
        ended_.push_back(stream);
        return Done{};
    }
    Result<Done> maintain_partitions() override { return Done{}; }

    void hold_reads(bool held)
    {
        {
            const std::lock_guard lock(mutex_);
            held_ = held;
        }
        changed_.notify_all();
    }
    [[nodiscard]] int held_reads()
    {
        const std::lock_guard lock(mutex_);
        return held_reads_;
    }

    template <typename Change>
    auto with(Change change)
    {
        const std::lock_guard lock(mutex_);
        return change(*this);
    }
    [[nodiscard]] std::vector<domain::StreamId> ended()
    {
        return with([](auto& streams) { return streams.ended_; });
    }

    // Set through with().
    std::vector<ports::JournalRow> rows_;
    std::vector<domain::StreamId> orphans_;
    std::vector<domain::StreamId> ended_;
    std::vector<std::pair<domain::StreamId, std::uint64_t>> renewed_;
    bool serves_ = true;  ///< What the last heartbeat said.
    int errors_ = 0;      ///< That many calls fail.

private:
    Result<Done> answer()
    {
        if (errors_ == 0) return Done{};
        --errors_;
        return Error(ErrorCode::unavailable, "away");
    }

    FakeTriageStore& store_;
    bool held_ = false;
    int held_reads_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
};

/// A journal row of the keys' alerts; "" is a gap, "?" a line that cannot be read.
ports::JournalRow stored(TenantId tenant, domain::StreamId stream, std::uint64_t seq,
                         const std::vector<std::string>& keys)
{
    std::string lines;
    for (const auto& key : keys) {
        if (key == "?") {
            lines += "{broken";
        } else if (!key.empty()) {
            intake::append_canonical(alert(key), lines);
        }
        lines += '\n';
    }
    return {.tenant = tenant,
            .position = {.received_at = triage::kNoon, .stream = stream, .seq = seq},
            .alert_count = static_cast<std::uint32_t>(keys.size()),
            .payload = journal::encode_rows(lines)};
}

class HousekeepingTest : public testing::Test {
protected:
    HousekeepingTest()
    {
        for (const auto tenant : {one_, two_}) configs_.put(config(tenant), false);
    }

    void start(HousekeepingOptions options)
    {
        housekeeping_ = std::make_unique<Housekeeping>(streams_, triage_, [this] { return own(); }, options, metrics_);
        housekeeping_->start();
    }

    [[nodiscard]] std::optional<Housekeeping::OwnStream> own() const
    {
        auto own = own_;
        if (own) own->serves = writable_;
        return own;
    }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    const HousekeepingOptions quick_{.heartbeat = 5ms, .takeover = 5ms};
    std::optional<Housekeeping::OwnStream> own_;
    std::atomic<bool> writable_ = true;
    observe::Metrics metrics_;
    FakeConfigStore configs_;
    FakeTriageStore store_;
    FakeStreams streams_{store_};
    ConfigCache policies_{configs_};
    TriageService triage_{store_, policies_, {.coalesce = 1ms}, {}, metrics_};
    std::unique_ptr<Housekeeping> housekeeping_;
};

TEST_F(HousekeepingTest, TheHeartbeatTellsHowFarTriageHasCome)
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

TEST_F(HousekeepingTest, AHeartbeatOfANodeThatCannotWriteSaysSoAndStillTellsHowFarTriageHasCome)
{
    own_ = {.stream = 3, .released_seq = 9};
    writable_ = false;
    start(quick_);
    EXPECT_TRUE(eventually(
        [&] { return streams_.with([](auto& s) { return !s.serves_ && s.renewed_.back() == std::pair(3U, 9UL); }); }));
    writable_ = true;
    EXPECT_TRUE(eventually([&] { return streams_.with([](auto& s) { return s.serves_; }); }));
}

TEST_F(HousekeepingTest, AnOrphanedStreamIsReplayedOnceAndEnded)
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

TEST_F(HousekeepingTest, RowsOfManyTenantsThatShareASeqAreAllReplayed)
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

TEST_F(HousekeepingTest, DamageIsLeftOutAndHoldsNothingUp)
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

TEST_F(HousekeepingTest, ARowThatCanNeverBeAppliedDoesNotKeepAStreamForEver)
{
    streams_.rows_ = {stored(tenant_id(99), 5, 1, {"a"})};
    streams_.orphans_ = {5};
    start(quick_);
    EXPECT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
}

TEST_F(HousekeepingTest, WhatFailsIsDoneAgain)
{
    streams_.rows_ = {stored(one_, 5, 1, {"a"})};
    streams_.orphans_ = {5};
    streams_.errors_ = 20;
    start(quick_);
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
}

TEST_F(HousekeepingTest, WhicheverThreadNoticesFirstSaysThatTheDatabaseIsAway)
{
    streams_.errors_ = 1'000'000;
    start({.heartbeat = 1h, .takeover = 5ms});
    ASSERT_TRUE(eventually([&] { return !housekeeping_->healthy(); }));
    streams_.with([](auto& s) { s.errors_ = 0; });
    EXPECT_TRUE(eventually([&] { return housekeeping_->healthy(); }));
}

TEST_F(HousekeepingTest, NothingThatTakesLongHoldsUpAHeartbeatOrATakeover)
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
    ExpiryKeeper expiry(store_, policies_, {}, 5ms, metrics_);
    upkeep.start();
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

TEST_F(HousekeepingTest, EndsAtOnceHoweverLongItsIntervals)
{
    start({.heartbeat = 1h, .takeover = 1h});
    const auto begun = std::chrono::steady_clock::now();
    housekeeping_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

}  // namespace
}  // namespace winnow::pipeline
