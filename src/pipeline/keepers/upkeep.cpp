#include "winnow/pipeline/upkeep.hpp"

#include "pipeline/keepers/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/progress.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

/// Somebody in the way is nothing to tell of, unless it goes on: a minute and a half at the usual pace.
constexpr int kConflictsUntilToldOf = 18;

}  // namespace

class Upkeep::Impl {
public:
    Impl(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics)
        : chores_(chores), options_(options), progress_(options.standstill)
    {
        for (const auto& chore : chores.list()) {
            turns_.push_back({.at = Clock::now(),
                              .failures = 0,
                              .rows = metrics.counter("winnow_chore_rows_total",
                                                      "Rows and partitions that were gathered, dropped or forgotten.",
                                                      {{"chore", chore.name}}),
                              .failed = metrics.counter("winnow_chore_failures_total", "Steps of chores that failed.",
                                                        {{"chore", chore.name}}),
                              .set_aside = metrics.counter("winnow_chore_set_aside_total",
                                                           "Rows that a chore could not take in, and put aside.",
                                                           {{"chore", chore.name}}),
                              .left_out = metrics.gauge("winnow_chore_tenants_left_out",
                                                        "Tenants for which a chore failed, and is tried again later.",
                                                        {{"chore", chore.name}})});
        }
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    [[nodiscard]] bool goes_on() const { return !progress_.stands_still(Clock::now()); }

private:
    struct Turn {
        Clock::time_point at;
        int failures = 0;
        observe::Counter rows;
        observe::Counter failed;
        observe::Counter set_aside;
        observe::Gauge left_out;
    };

    void run(const std::stop_token& stop)
    {
        observe::name_thread("chores");
        while (!stop.stop_requested() && !turns_.empty()) {
            const auto next = std::ranges::min_element(turns_, {}, &Turn::at);  // the one that has waited longest
            const bool due = next->at <= Clock::now();
            progress_.waits(due, Clock::now());
            if (due) {
                const auto index = static_cast<std::size_t>(next - turns_.begin());
                if (!round("chores", [&] { step(index); })) next->at = Clock::now() + options_.after_failure;
                progress_.turned(Clock::now());
                continue;
            }
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, stop, next->at, [] { return false; });
        }
    }

    void step(std::size_t index)
    {
        auto& turn = turns_[index];
        const auto& chore = chores_.list()[index];
        const auto done = chores_.step(index);
        if (!done) {
            turn.failed.add();
            turn.at = Clock::now() + std::min(options_.after_failure, chore.interval);
            const bool in_the_way = done.error().code() == ErrorCode::conflict;
            if (++turn.failures == (in_the_way ? kConflictsUntilToldOf : 1)) {
                observe::warn("a chore cannot be done, and is tried again and again",
                              {{"chore", chore.name}, {"error", done.error().message()}});
            }
            return;
        }
        turn.failures = 0;
        turn.rows.add(static_cast<double>(done->rows));
        turn.failed.add(static_cast<double>(done->failed));
        turn.set_aside.add(static_cast<double>(done->set_aside));
        turn.left_out.set(static_cast<double>(done->left_out));
        auto pause = done->more ? std::min(options_.between_steps, chore.interval) : chore.interval;
        if (done->again_in) pause = std::min(pause, std::max(*done->again_in, options_.between_steps));
        turn.at = Clock::now() + pause;
    }

    ports::Chores& chores_;
    const UpkeepOptions options_;
    std::vector<Turn> turns_;  // as chores_.list(); the thread's own once it runs
    observe::Progress progress_;
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

Upkeep::Upkeep(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(chores, options, metrics))
{
}

Upkeep::~Upkeep() = default;

void Upkeep::start()
{
    impl_->start();
}

bool Upkeep::goes_on() const
{
    return impl_->goes_on();
}

}  // namespace winnow::pipeline
