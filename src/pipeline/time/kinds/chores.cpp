#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/progress.hpp"
#include "winnow/pipeline/chore_kinds.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

/// Somebody in the way is nothing to tell of, unless it goes on: a minute and a half at the usual pace.
constexpr int kConflictsUntilToldOf = 18;

class ChoreKind final : public ports::DueKind {
public:
    ChoreKind(ports::Chores& chores, std::size_t index, const UpkeepOptions& options, observe::Progress& progress,
              observe::Metrics& metrics)
        : chores_(chores),
          index_(index),
          chore_(chores.list()[index]),
          options_(options),
          progress_(progress),
          traits_{.name = chore_.name,
                  .again = chore_.interval,
                  .every = chore_.on_board ? std::chrono::milliseconds{0} : chore_.interval,
                  .alone = "chores"},
          rows_(metrics.counter("winnow_chore_rows_total",
                                "Rows and partitions that were gathered, dropped or forgotten.",
                                {{"chore", chore_.name}})),
          failed_(
              metrics.counter("winnow_chore_failures_total", "Steps of chores that failed.", {{"chore", chore_.name}})),
          set_aside_(metrics.counter("winnow_chore_set_aside_total",
                                     "Rows that a chore could not take in, and put aside.", {{"chore", chore_.name}})),
          left_out_(metrics.gauge("winnow_chore_tenants_left_out",
                                  "Tenants for which a chore failed, and is tried again later.",
                                  {{"chore", chore_.name}}))
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    /// What failed is told of here, and is nobody's reason to be left out.
    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        progress_.waits(true, Clock::now());
        ports::DueDone done{.again_in = options_.after_failure};
        round("chores", [&] { done = step(); });
        progress_.turned(Clock::now());
        progress_.waits(false, Clock::now());
        return done;
    }

private:
    ports::DueDone step()
    {
        if (!is_claimed()) {
            const auto rest = chores_.claim(index_);
            if (!rest) return failed(rest.error());
            if (rest->count() > 0) return {.again_in = *rest};
            claimed_until_ = Clock::now() + chore_.interval;
        }
        const auto done = chores_.step(index_);
        if (!done) return failed(done.error());
        failures_ = 0;
        rows_.add(static_cast<double>(done->rows));
        failed_.add(static_cast<double>(done->failed));
        set_aside_.add(static_cast<double>(done->set_aside));
        left_out_.set(static_cast<double>(done->left_out));
        if (chore_.on_board && !done->more && !done->again_in) return {.rows = done->rows};
        if (!done->more && !done->again_in) claimed_until_ = {};
        auto pause = done->more ? std::min(options_.between_steps, chore_.interval) : chore_.interval;
        if (done->again_in) pause = std::min(pause, std::max(*done->again_in, options_.between_steps));
        return {.rows = done->rows, .again_in = pause};
    }

    /// For this interval by this node; what it left of it is its own. What the board tells of is there or done.
    [[nodiscard]] bool is_claimed() const { return chore_.on_board || Clock::now() < claimed_until_; }

    ports::DueDone failed(const Error& error)
    {
        failed_.add();
        const bool in_the_way = error.code() == ErrorCode::conflict;
        if (++failures_ == (in_the_way ? kConflictsUntilToldOf : 1)) {
            observe::warn("a chore cannot be done, and is tried again and again",
                          {{"chore", chore_.name}, {"error", error.message()}});
        }
        return {.again_in = std::min(options_.after_failure, chore_.interval)};
    }

    ports::Chores& chores_;
    const std::size_t index_;
    const ports::Chore& chore_;
    const UpkeepOptions options_;
    observe::Progress& progress_;
    const ports::DueTraits traits_;
    const observe::Counter rows_;
    const observe::Counter failed_;
    const observe::Counter set_aside_;
    const observe::Gauge left_out_;
    // Of whoever has the turn.
    int failures_ = 0;  // in a row
    Clock::time_point claimed_until_;
};

}  // namespace

class Upkeep::Impl {
public:
    Impl(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics)
        : chores_(chores), options_(options), metrics_(metrics), progress_(options.standstill)
    {
    }

    std::vector<std::unique_ptr<ports::DueKind>> kinds()
    {
        std::vector<std::unique_ptr<ports::DueKind>> kinds;
        for (std::size_t i = 0; i < chores_.list().size(); ++i) {
            kinds.push_back(std::make_unique<ChoreKind>(chores_, i, options_, progress_, metrics_));
        }
        return kinds;
    }

    [[nodiscard]] bool goes_on() const { return !progress_.stands_still(Clock::now()); }

private:
    ports::Chores& chores_;
    const UpkeepOptions options_;
    observe::Metrics& metrics_;
    observe::Progress progress_;
};

Upkeep::Upkeep(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(chores, options, metrics))
{
}

Upkeep::~Upkeep() = default;

std::vector<std::unique_ptr<ports::DueKind>> Upkeep::kinds()
{
    return impl_->kinds();
}

bool Upkeep::goes_on() const
{
    return impl_->goes_on();
}

}  // namespace winnow::pipeline
