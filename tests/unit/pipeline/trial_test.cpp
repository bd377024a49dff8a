/// @file
/// A dead writer's rows are tried one by one.

#include "housekeeping_fixture.hpp"
#include "winnow/ports/suspects.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What is written down, and how far triage had come when it was.
class FakeSuspects final : public ports::Suspects {
public:
    explicit FakeSuspects(FakeTriageStore& store) : store_(store) {}

    Result<ports::Suspicion> open(domain::StreamId stream, bool /*patient*/) override
    {
        const std::lock_guard lock(mutex_);
        if (away_) return Error(ErrorCode::unavailable, "away");
        opened_.push_back(stream);
        return known_;
    }
    Result<Done> begin(domain::StreamId stream, TenantId tenant, std::uint64_t seq, bool guilty) override
    {
        const auto folds = store_.done().size();
        const std::lock_guard lock(mutex_);
        if (away_) return Error(ErrorCode::unavailable, "away");
        begun_.push_back({.stream = stream, .tenant = tenant, .seq = seq, .guilty = guilty, .folds = folds});
        return Done{};
    }
    Result<Done> show() override { return Done{}; }
    Result<Done> rest(domain::StreamId /*stream*/) override
    {
        const std::lock_guard lock(mutex_);
        ++rests_;
        return Done{};
    }
    Result<Done> forget(domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        forgotten_.push_back(stream);
        return Done{};
    }

    struct Begun {
        domain::StreamId stream = 0;
        TenantId tenant;
        std::uint64_t seq = 0;
        bool guilty = false;
        std::size_t folds = 0;  ///< That had been done before.
    };

    template <typename Look>
    auto with(Look look)
    {
        const std::lock_guard lock(mutex_);
        return look(*this);
    }

    bool away_ = false;
    ports::Suspicion known_;
    std::vector<domain::StreamId> opened_;
    std::vector<Begun> begun_;
    std::vector<domain::StreamId> forgotten_;
    int rests_ = 0;

private:
    FakeTriageStore& store_;
    std::mutex mutex_;
};

class TrialTest : public HousekeepingTest {
protected:
    [[nodiscard]] HousekeepingOptions trying()
    {
        auto options = quick_;
        options.suspects = &suspects_;
        options.alibi = std::chrono::milliseconds{1};
        return options;
    }
    // Its threads look at the suspects until they are gone.
    void TearDown() override { housekeeping_.reset(); }

    void put(domain::StreamId stream, std::uint64_t rows)
    {
        for (std::uint64_t seq = 1; seq <= rows; ++seq) streams_.rows_.push_back(stored(one_, stream, seq, {"a"}));
        streams_.orphans_.push_back(stream);
    }
    [[nodiscard]] bool ended(std::size_t streams)
    {
        return eventually([&] { return streams_.ended().size() == streams; });
    }

    FakeSuspects suspects_{store_};
};

TEST_F(TrialTest, EachOfTheFirstRowsIsWrittenDownBeforeItIsFoldedAndWhenThoseBeforeItAre)
{
    put(5, 300);
    start(trying());
    ASSERT_TRUE(ended(1));
    suspects_.with([&](auto& suspects) {
        ASSERT_EQ(suspects.begun_.size(), 256U);
        for (std::size_t i = 0; i < suspects.begun_.size(); ++i) {
            EXPECT_EQ(suspects.begun_[i].seq, i + 1);
            EXPECT_EQ(suspects.begun_[i].folds, i);
        }
        EXPECT_EQ(suspects.rests_, 1) << "the others are not on trial";
        EXPECT_THAT(suspects.forgotten_, ElementsAre(5U));
    });
    EXPECT_EQ(store_.occurrences(one_, "a"), 300);
}

TEST_F(TrialTest, AfterASecondDeathSixteenTimesAsManyAreTried)
{
    suspects_.known_.deaths = 2;
    put(5, 300);
    start(trying());
    ASSERT_TRUE(ended(1));
    EXPECT_EQ(suspects_.with([](auto& suspects) { return suspects.begun_.size(); }), 300U);
}

TEST_F(TrialTest, TheRowThatIsGuiltyIsSetAsideWithATicketThatSaysSo)
{
    suspects_.known_.guilty = ports::Suspicion::Row{.tenant = one_, .seq = 2};
    put(5, 3);
    start(trying());
    ASSERT_TRUE(ended(1));
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(store_.occurrences(one_, "winnow:quarantined"), 1);
    suspects_.with([&](auto& suspects) {
        ASSERT_EQ(suspects.begun_.size(), 3U);
        EXPECT_TRUE(suspects.begun_[1].guilty);
        EXPECT_FALSE(suspects.begun_[2].guilty);
    });
    EXPECT_TRUE(metrics_.exposition().contains("winnow_quarantined_rows_total 1"));
}

TEST_F(TrialTest, AGuiltyRowThatCannotEvenBeReadIsSetAsideWithoutItsAlerts)
{
    suspects_.known_.guilty = ports::Suspicion::Row{.tenant = one_, .seq = 1, .unreadable = true};
    put(5, 1);
    start(trying());
    ASSERT_TRUE(ended(1));
    EXPECT_EQ(store_.occurrences(one_, "winnow:quarantined"), 1);
    const auto done = store_.done();
    ASSERT_EQ(done.size(), 1U);
    ASSERT_EQ(done[0].verdicts.size(), 1U);
    EXPECT_THAT(done[0].verdicts[0].second, IsEmpty());
}

TEST_F(TrialTest, WhileNothingCanBeWrittenDownNothingOfTheStreamIsFolded)
{
    suspects_.away_ = true;
    put(5, 2);
    start(trying());
    ASSERT_TRUE(eventually([&] { return streams_.with([](auto& s) { return s.claims_ > 3; }); }));
    EXPECT_EQ(store_.attempts(), 0);
    suspects_.with([](auto& suspects) { suspects.away_ = false; });
    ASSERT_TRUE(ended(1));
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
}

TEST_F(TrialTest, OfAStreamWhoseRowsAreAllAppliedNothingIsAsked)
{
    put(5, 0);
    start(trying());
    ASSERT_TRUE(ended(1));
    suspects_.with([](auto& suspects) {
        EXPECT_THAT(suspects.opened_, IsEmpty());
        EXPECT_THAT(suspects.forgotten_, IsEmpty());
    });
}

TEST_F(TrialTest, OneStreamAtATimeIsOnTrial)
{
    put(5, 20);
    put(6, 20);
    start(trying());
    ASSERT_TRUE(ended(2));
    suspects_.with([](auto& suspects) {
        ASSERT_EQ(suspects.begun_.size(), 40U);
        EXPECT_TRUE(std::ranges::is_sorted(suspects.begun_, {}, &FakeSuspects::Begun::stream));
    });
}

TEST_F(TrialTest, AStopLeavesNoRowOnTrial)
{
    store_.with([](auto& store) { store.held_ = true; });
    put(5, 2);
    start(trying());
    ASSERT_TRUE(eventually([&] { return suspects_.with([](auto& suspects) { return suspects.begun_.size() == 1; }); }));
    housekeeping_.reset();
    EXPECT_EQ(suspects_.with([](auto& suspects) { return suspects.rests_; }), 1);
    store_.with([](auto& store) { store.held_ = false; });
}

}  // namespace
}  // namespace winnow::pipeline
