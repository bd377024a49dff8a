#include "winnow/pipeline/backtest_runner.hpp"

#include "pipeline/backtest_run.hpp"
#include "pipeline/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

namespace winnow::pipeline {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using ports::BacktestEnd;
using ports::BacktestJob;
using ports::BacktestState;

constexpr int kNiceness = 10;
constexpr milliseconds kYield = 20ms;
constexpr milliseconds kLongestYield = 1s;  // a page a second even while the river never rests
constexpr milliseconds kAfterError = 1s;
constexpr int kTries = 5;

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class BacktestRunner::Impl {
public:
    Impl(ports::BacktestJobs& jobs, ConfigCache& policies, BacktestOptions options, observe::Metrics& metrics)
        : jobs_(jobs),
          policies_(policies),
          options_(std::move(options)),
          alerts_(metrics.counter("winnow_backtest_alerts_total", "Alerts of the history that back-tests have read.")),
          running_(metrics.gauge("winnow_backtest_running", "Back-tests that this node is running: 0 or 1."))
    {
        for (const auto state : {BacktestState::done, BacktestState::cancelled, BacktestState::failed}) {
            const auto name = std::string(to_string(state));
            ended_[static_cast<std::size_t>(state)] = metrics.counter(
                "winnow_backtests_total", "Back-tests that ended on this node, by their end.", {{"state", name}});
        }
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    void run(const std::stop_token& stop)
    {
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // Linux: of this thread alone
        while (!stop.stop_requested()) {
            auto next = kAfterError;
            round("back-tests", [&] { next = look(stop); });
            if (next.count() > 0) pause(stop, next);
        }
    }

    /// How long to wait before the next look.
    std::chrono::milliseconds look(const std::stop_token& stop)
    {
        const auto job = jobs_.claim(options_.node);
        if (!job) {
            warn("cannot look for back-tests", job.error());
            return kAfterError;
        }
        if (!*job) return options_.look;
        work(**job, stop);
        return {};
    }

    void work(const BacktestJob& job, const std::stop_token& stop)
    {
        running_.set(1);
        try {
            compare(job, stop);
        } catch (const std::exception& failure) {  // whatever it is: it must not end the river
            observe::error("a back-test failed", {{"backtest", job.id.str()}, {"error", failure.what()}});
            fail(job, "an internal error; the server's log says more");
        }
        running_.set(0);
    }

    void compare(const BacktestJob& job, const std::stop_token& stop)
    {
        const auto policy = policies_.get(job.tenant);
        if (!policy) {
            warn("cannot read a tenant's configuration", policy.error());
            return put_back(job, stop);
        }
        BacktestRun run(jobs_, job, **policy, options_);
        auto step = patiently(stop, [&] { return run.begin(); });
        while (step && *step == BacktestRun::Step::more) {
            yield(stop);
            if (stop.stop_requested()) return put_back(job, stop);
            const auto before = run.alerts_read();
            step = patiently(stop, [&] { return run.step(); });
            alerts_.add(static_cast<double>(run.alerts_read() - before));
        }
        if (stop.stop_requested() && !step) return put_back(job, stop);
        if (!step) {
            warn("a back-test cannot go on", step.error());
            return fail(job, "the history could not be read");
        }
        count(*step == BacktestRun::Step::finished ? BacktestState::done : BacktestState::cancelled);
    }

    /// A database that is away for a moment costs a back-test no more than the moment.
    template <typename Try>
    Result<BacktestRun::Step> patiently(const std::stop_token& stop, Try attempt)
    {
        auto step = attempt();
        for (int tries = 1; !step && tries < kTries && !stop.stop_requested(); ++tries) {
            pause(stop, kAfterError);
            step = attempt();
        }
        return step;
    }

    void yield(const std::stop_token& stop)
    {
        const auto latest = Clock::now() + kLongestYield;
        while (options_.busy && options_.busy() && Clock::now() < latest && !stop.stop_requested()) pause(stop, kYield);
    }

    void put_back(const BacktestJob& job, const std::stop_token& stop)
    {
        if (const auto released = jobs_.release(job); !released) warn("cannot put a back-test back", released.error());
        pause(stop, kAfterError);
    }

    void fail(const BacktestJob& job, const std::string& error)
    {
        const auto ended = jobs_.end(job, {.state = BacktestState::failed, .error = error}, {}, "");
        if (!ended) return warn("cannot end a back-test", ended.error());
        count(*ended ? BacktestState::failed : BacktestState::cancelled);
    }

    void count(BacktestState state) const { ended_.at(static_cast<std::size_t>(state)).add(); }

    void pause(const std::stop_token& stop, milliseconds time)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, time, [] { return false; });
    }

    ports::BacktestJobs& jobs_;
    ConfigCache& policies_;
    const BacktestOptions options_;
    const observe::Counter alerts_;
    const observe::Gauge running_;
    std::array<observe::Counter, 5> ended_;  ///< By BacktestState.

    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
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

}  // namespace winnow::pipeline
