/// @file
/// The threads of the clock: whatever is thrown, and whoever hangs.

#include "winnow/pipeline/timekeeper.hpp"

#include "unit/pipeline/fakes.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

/// A kind whose calls do what the test says.
class MadeKind final : public ports::DueKind {
public:
    using Run = std::function<Result<ports::DueDone>(TenantId)>;
    using Tenants = std::function<std::vector<TenantId>()>;

    MadeKind(Tenants tenants, Run run) : tenants_(std::move(tenants)), run_(std::move(run)) {}
    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }
    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return tenants_(); }
    Result<ports::DueDone> run(const ports::DueTurn& turn) override { return run_(turn.tenant); }

private:
    const Tenants tenants_;
    const Run run_;
    const ports::DueTraits traits_{.name = "made", .again = 1ms};
};

class MadeBoard final : public ports::DueBoard {
public:
    Result<ports::DueTimes> look() override
    {
        if (++looks == throws_at) throw std::bad_alloc();
        return ports::DueTimes{.now = {}, .in = {{"made", 0ms}, {"reminder", 0ms}}, .outages = {}};
    }
    std::atomic<int> looks = 0;
    int throws_at = -1;
};

class TimekeeperTest : public testing::Test {
protected:
    void start(MadeKind::Tenants tenants, MadeKind::Run run)
    {
        std::vector<std::unique_ptr<ports::DueKind>> kinds;
        kinds.push_back(std::make_unique<MadeKind>(std::move(tenants), std::move(run)));
        kinds.push_back(make_reminder_kind("reminder", [this] { ++reminded_; }, 1ms));
        keeper_.emplace(board_, std::move(kinds), TimekeeperOptions{.look = 1ms}, metrics_);
        keeper_->start();
    }
    static std::vector<TenantId> tenants(std::uint64_t count)
    {
        std::vector<TenantId> made;
        for (std::uint64_t n = 1; n <= count; ++n) made.push_back(tenant_id(n));
        return made;
    }

    MadeBoard board_;
    std::atomic<int> reminded_ = 0;
    observe::Metrics metrics_;
    std::optional<Timekeeper> keeper_;
};

TEST_F(TimekeeperTest, WhatOneTenantsTurnThrowsTakesNobodyElsesTurn)
{
    std::atomic<int> thrown = 0;
    std::atomic<int> served = 0;
    start([] { return tenants(3); },
          [&](TenantId tenant) -> Result<ports::DueDone> {
              if (tenant == tenant_id(1)) {
                  ++thrown;
                  throw std::runtime_error("broken");
              }
              ++served;
              return ports::DueDone{};
          });
    EXPECT_TRUE(eventually([&] { return thrown > 3 && served > 6; }));
    keeper_.reset();
}

TEST_F(TimekeeperTest, WhatIsThrownWhereTenantsAreFoundIsTriedAgain)
{
    std::atomic<int> finds = 0;
    std::atomic<int> served = 0;
    start(
        [&] {
            if (++finds < 3) throw std::runtime_error("broken");
            return tenants(1);
        },
        [&](TenantId) {
            ++served;
            return ports::DueDone{};
        });
    EXPECT_TRUE(eventually([&] { return served > 3; }));
    keeper_.reset();
}

TEST_F(TimekeeperTest, WhatIsThrownWhereTheBoardIsLookedAtIsTriedAgain)
{
    board_.throws_at = 2;
    start([] { return tenants(1); }, [](TenantId) { return ports::DueDone{}; });
    EXPECT_TRUE(eventually([&] { return board_.looks > 5; }));
}

TEST_F(TimekeeperTest, AStopEndsARound)
{
    std::atomic<int> turns = 0;
    start([] { return tenants(10'000); },
          [&](TenantId) {
              ++turns;
              return ports::DueDone{.rows = 1, .more = true};
          });
    ASSERT_TRUE(eventually([&] { return turns > 0; }));
    keeper_.reset();  // waits: a hang here is a failure by the suite's time-out
}

TEST_F(TimekeeperTest, WhileAllThatCanHangHangsTheBoardIsLookedAtAndOtherLoopsAreReminded)
{
    std::latch released(1);
    std::atomic<int> hanging = 0;
    start([] { return tenants(10); },
          [&](TenantId) {
              ++hanging;
              released.wait();
              return ports::DueDone{};
          });
    EXPECT_TRUE(eventually([&] { return hanging == 3; }));
    const auto looks = board_.looks.load();
    const auto reminded = reminded_.load();
    EXPECT_TRUE(eventually([&] { return board_.looks > looks + 3 && reminded_ > reminded + 3; }));
    EXPECT_EQ(hanging, 3) << "one worker is kept";
    released.count_down();
    keeper_.reset();
}

TEST_F(TimekeeperTest, WhoseCallsAreCutWhileTheBoardAnswersIsLeftOutAndTheGaugeSaysSo)
{
    std::atomic<bool> ends = false;
    start([] { return tenants(1); },
          [&](TenantId) -> Result<ports::DueDone> {
              const auto looks = board_.looks.load();
              static_cast<void>(eventually([&] { return ends || board_.looks > looks + 2; }));
              return Error(ErrorCode::unavailable, "cut");
          });
    EXPECT_TRUE(
        eventually([&] { return metrics_.exposition().contains("winnow_timer_tenants_left_out{kind=\"made\"} 1"); }));
    ends = true;
    keeper_.reset();
}

/// One tenant's, that says what its turns are told, and whose rows were due at noon.
class DatedKind final : public ports::DueKind {
public:
    DatedKind(std::string_view name, bool real_time, std::atomic<std::int64_t>& away)
        : away_(away), traits_{.name = name, .again = 1ms, .real_time = real_time, .dated = true}
    {
    }
    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }
    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{tenant_id(1)}; }
    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        std::int64_t away = 0;
        for (const auto& [began, ended] : turn.outages) away += (ended - began).count();
        away_ = away;
        return ports::DueDone{.rows = 1, .since = triage::kNoon};
    }

private:
    std::atomic<std::int64_t>& away_;
    const ports::DueTraits traits_;
};

/// Its clock is put forward by an hour, once, at the tenth look; up to then nothing is due.
class JumpingBoard final : public ports::DueBoard {
public:
    Result<ports::DueTimes> look() override
    {
        const auto passed = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() - begun_);
        if (++looks_ < 10) return ports::DueTimes{.now = triage::kNoon + passed, .in = {}, .outages = {}};
        return ports::DueTimes{
            .now = triage::kNoon + passed + 1h, .in = {{"judges", 0ms}, {"waits", 0ms}}, .outages = {}};
    }

private:
    using milliseconds = std::chrono::milliseconds;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    int looks_ = 0;
};

TEST_F(TimekeeperTest, WhatTheClockLeftOutIsToldToThoseThatMeasureTimeOutsideAndIsNoLatenessOfTheirs)
{
    JumpingBoard board;
    std::atomic<std::int64_t> judges_away = -1;
    std::atomic<std::int64_t> waits_away = -1;
    std::vector<std::unique_ptr<ports::DueKind>> kinds;
    kinds.push_back(std::make_unique<DatedKind>("judges", true, judges_away));
    kinds.push_back(std::make_unique<DatedKind>("waits", false, waits_away));
    Timekeeper keeper(board, std::move(kinds), {.look = 1ms}, metrics_);
    keeper.start();
    ASSERT_TRUE(eventually([&] { return judges_away >= 0 && waits_away >= 0; }));
    EXPECT_NEAR(static_cast<double>(judges_away), 3'600'000.0, 60'000.0);
    EXPECT_EQ(waits_away, 0);
    const auto shows = [&](const std::string& line) {
        return eventually([&] { return metrics_.exposition().contains(line); });
    };
    EXPECT_TRUE(shows("winnow_clock_jumps_total{direction=\"forward\"} 1"));
    EXPECT_TRUE(shows("winnow_timer_lateness_seconds_count{kind=\"judges\"}"));
    EXPECT_TRUE(shows("winnow_timer_lateness_seconds_bucket{kind=\"waits\",le=\"300\"} 0")) << "an hour late";
    EXPECT_FALSE(metrics_.exposition().contains("winnow_timer_lateness_seconds_bucket{kind=\"judges\",le=\"300\"} 0"));
}

TEST_F(TimekeeperTest, LatenessIsShownOfThoseThatKnowItOnly)
{
    start([] { return tenants(1); }, [](TenantId) { return ports::DueDone{.rows = 1}; });
    ASSERT_TRUE(eventually([&] { return reminded_ > 3; }));
    EXPECT_FALSE(metrics_.exposition().contains("winnow_timer_lateness_seconds"));
    keeper_.reset();
}

}  // namespace
}  // namespace winnow::pipeline
