#include "winnow/pipeline/backtest_runner.hpp"

#include "pipeline/backtest/open_backtest.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/fair/turn_order.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;
using ports::BacktestState;
using Step = BacktestRun::Step;

constexpr int kNiceness = 10;
constexpr milliseconds kYield = 20ms;
constexpr milliseconds kLongestYield = 1s;  // a slice a second even while the river never rests
constexpr milliseconds kAfterError = 1s;
constexpr int kTries = 5;

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

fair::QueueLimits limits()
{
    return {.tenant_in_flight = 1, .quantum = nanoseconds{kBacktestSlice}.count()};
}

}  // namespace

class BacktestRunner::Impl {
public:
    Impl(ports::BacktestJobs& jobs, ConfigCache& policies, BacktestOptions options, observe::Metrics& metrics)
        : jobs_(jobs),
          policies_(policies),
          options_(std::move(options)),
          alerts_(metrics.counter("winnow_backtest_alerts_total", "Alerts of the history that back-tests have read.")),
          running_(metrics.gauge("winnow_backtest_running", "Back-tests that are open on this node: 0 to 4.")),
          order_(limits())
    {
        for (const auto state : {BacktestState::done, BacktestState::cancelled, BacktestState::failed}) {
            const auto name = std::string(to_string(state));
            ended_[static_cast<std::size_t>(state)] = metrics.counter(
                "winnow_backtests_total", "Back-tests that ended on this node, by their end.", {{"state", name}});
        }
    }

    void start()
    {
        worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
        watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    }

    void poke() noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            poked_ = true;
        }
        wake_.notify_all();
    }

private:
    using Open = std::shared_ptr<OpenBacktest>;

    // The worker's.

    void work(const std::stop_token& stop)
    {
        observe::name_thread("back-tests");
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // Linux: of this thread alone
        const std::stop_callback end(stop, [this] { stop_all(); });
        while (!stop.stop_requested()) {
            auto next = kAfterError;
            round("back-tests", [&] { next = turn(stop); });
            if (next.count() > 0) pause(stop, next, Wake::also_when_poked);
        }
        for (const auto& open : all()) put_back(open);
    }

    /// One slice of whoever's turn it is; how long to wait before the next.
    milliseconds turn(const std::stop_token& stop)
    {
        for (const auto& open : all()) {
            if (open->stop.stop_requested() && !stop.stop_requested()) drop(open, BacktestState::cancelled);
        }
        look();
        if (stop.stop_requested()) return 0ms;
        const auto now = Clock::now();
        for (const auto& open : all()) {
            if (open->is_waiting || now < open->not_before) continue;
            order_.add(open->job.tenant, 0, now);
            open->is_waiting = true;
        }
        const auto tenant = order_.next(fair::Lane::any, now);
        if (!tenant) return until_something(now);
        yield(stop);
        const auto open = of(*tenant);
        open->is_waiting = false;
        const auto ticket = order_.begin(*tenant, 0, std::nullopt);
        const auto before = open->run.spent();
        const auto step = slice(open);
        order_.done(ticket, (open->run.spent() - before).count(), Clock::now());
        if (!stop.stop_requested()) settle(open, step);
        return 0ms;
    }

    /// Where nobody's turn it is: those that are open wait for the database at the longest; without any, nothing but a
    /// look and who wakes it.
    [[nodiscard]] milliseconds until_something(Clock::time_point now)
    {
        if (!all().empty()) return std::min(options_.look, kAfterError);
        return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(look_at_ - now));
    }

    /// Claims one more where there is room.
    void look()
    {
        const auto now = Clock::now();
        {
            const std::lock_guard lock(mutex_);
            if (std::exchange(poked_, false)) look_at_ = now;
        }
        if (now < look_at_ || all().size() >= kOpenBacktests) return;
        look_at_ = now + options_.look;
        auto job = jobs_.claim(options_.node);
        if (!job) {
            look_at_ = now + kAfterError;
            return warn("cannot look for back-tests", job.error());
        }
        if (!*job) return;
        look_at_ = now;  // perhaps there are more
        // The tenant's last one has ended without our knowing yet: it would have got no other.
        if (const auto before = of((*job)->tenant)) drop(before, BacktestState::cancelled);
        auto policy = policies_.get((*job)->tenant);
        if (!policy) {
            warn("cannot read a tenant's configuration", policy.error());
            look_at_ = now + kAfterError;
            if (const auto released = jobs_.release(**job); !released) {
                warn("cannot put a back-test back", released.error());
            }
            return;
        }
        auto open = std::make_shared<OpenBacktest>(jobs_, *std::move(*job), *std::move(policy), options_);
        const std::lock_guard lock(mutex_);
        open_.push_back(std::move(open));
        watch_.notify_all();
        running_.set(static_cast<double>(open_.size()));
    }

    [[nodiscard]] Result<Step> slice(const Open& open)
    {
        const auto read = open->run.alerts_read();
        auto step = [&]() -> Result<Step> {
            try {
                return open->run.slice();
            } catch (const std::exception& failure) {  // whatever it is: it must not end the river
                observe::error("a back-test failed", {{"backtest", open->job.id.str()}, {"error", failure.what()}});
                open->failures = kTries;
                return Error(ErrorCode::internal, "an internal error; the server's log says more");
            }
        }();
        alerts_.add(static_cast<double>(open->run.alerts_read() - read));
        return step;
    }

    /// A database that is away for a moment costs a back-test no more than the moment.
    void settle(const Open& open, const Result<Step>& step)
    {
        if (step && *step == Step::more) {
            open->failures = 0;
        } else if (step) {
            drop(open, *step == Step::finished ? BacktestState::done : BacktestState::cancelled);
        } else if (open->failures >= kTries) {
            fail(open, step.error().message());
        } else if (++open->failures < kTries) {
            open->not_before = Clock::now() + kAfterError;
        } else {
            warn("a back-test cannot go on", step.error());
            fail(open, "the history could not be read");
        }
    }

    void yield(const std::stop_token& stop)
    {
        const auto latest = Clock::now() + kLongestYield;
        while (options_.busy && options_.busy() && Clock::now() < latest && !stop.stop_requested()) {
            if (pause(stop, kYield, Wake::when_not_wanted)) return;
        }
    }

    void put_back(const Open& open)
    {
        if (const auto released = jobs_.release(open->job); !released) {
            warn("cannot put a back-test back", released.error());
        }
        forget(open);
    }

    void fail(const Open& open, const std::string& error)
    {
        const auto ended = jobs_.end(open->job, {.state = BacktestState::failed, .error = error}, {}, "");
        if (!ended) warn("cannot end a back-test", ended.error());
        drop(open, ended && !*ended ? BacktestState::cancelled : BacktestState::failed);
    }

    void drop(const Open& open, BacktestState state)
    {
        ended_.at(static_cast<std::size_t>(state)).add();
        forget(open);
    }

    void forget(const Open& open)
    {
        if (open->is_waiting) order_.drop(open->job.tenant, 0);
        const std::lock_guard lock(mutex_);
        std::erase(open_, open);
        running_.set(static_cast<double>(open_.size()));
    }

    [[nodiscard]] Open of(TenantId tenant)
    {
        const auto open = all();
        const auto found = std::ranges::find(open, tenant, [](const Open& each) { return each->job.tenant; });
        return found == open.end() ? nullptr : *found;
    }

    /// What ends a pause: that one that is open is not wanted any more; or that there may be one more, too, which is no
    /// reason to be in the way of the river.
    enum class Wake : std::uint8_t { when_not_wanted, also_when_poked };

    /// True, and at once, where that came.
    bool pause(const std::stop_token& stop, milliseconds time, Wake wake)
    {
        std::unique_lock lock(mutex_);
        return wake_.wait_for(lock, stop, time, [this, wake] {
            if (wake == Wake::also_when_poked && poked_) return true;
            return std::ranges::any_of(open_, [](const Open& each) { return each->stop.stop_requested(); });
        });
    }

    // The watcher's.

    void watch(const std::stop_token& stop)
    {
        observe::name_thread("back-test-watch");
        while (true) {
            {
                std::unique_lock lock(mutex_);
                watch_.wait(lock, stop, [this] { return !open_.empty(); });
                watch_.wait_for(lock, stop, options_.watch, [] { return false; });
            }
            if (stop.stop_requested()) return;
            round("the watch over back-tests", [&] {
                for (const auto& open : all()) {
                    const auto kept = jobs_.keep(open->job);
                    if (!kept || *kept) continue;  // what is wrong with the database the worker finds out, and says
                    open->stop.request_stop();
                    const std::lock_guard lock(mutex_);
                    wake_.notify_all();
                }
            });
        }
    }

    // Anybody's.

    [[nodiscard]] std::vector<Open> all()
    {
        const std::lock_guard lock(mutex_);
        return open_;
    }

    void stop_all()
    {
        for (const auto& open : all()) open->stop.request_stop();
    }

    ports::BacktestJobs& jobs_;
    ConfigCache& policies_;
    const BacktestOptions options_;
    const observe::Counter alerts_;
    const observe::Gauge running_;
    std::array<observe::Counter, 5> ended_;  ///< By BacktestState.

    // The worker's alone.
    fair::TurnOrder order_;
    Clock::time_point look_at_{};

    std::mutex mutex_;
    std::vector<Open> open_;  ///< Guarded by mutex_; changed by the worker only.
    bool poked_ = false;      ///< Guarded by mutex_.
    std::condition_variable_any wake_;
    std::condition_variable_any watch_;
    std::jthread watcher_;
    std::jthread worker_;  // last: it ends first
};

BacktestRunner::BacktestRunner(ports::BacktestJobs& jobs, ConfigCache& policies, BacktestOptions options,
                               observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(jobs, policies, std::move(options), metrics))
{
}

BacktestRunner::~BacktestRunner() = default;

void BacktestRunner::start()
{
    impl_->start();
}

void BacktestRunner::poke() noexcept
{
    impl_->poke();
}

}  // namespace winnow::pipeline
