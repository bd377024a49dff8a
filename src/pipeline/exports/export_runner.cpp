#include "winnow/pipeline/export_runner.hpp"

#include "pipeline/exports/export_run.hpp"
#include "pipeline/exports/patience.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

namespace winnow::pipeline {

namespace {

using ports::ExportJob;
using std::chrono::milliseconds;

constexpr int kNiceness = 10;
constexpr milliseconds kAfterError{1'000};

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class ExportRunner::Impl {
public:
    Impl(ports::ExportJobs& jobs, const domain::AlertIds& ids, ExportOptions options, observe::Metrics& metrics)
        : jobs_(jobs),
          ids_(ids),
          options_(std::move(options)),
          ready_(ended(metrics, "ready")),
          failed_(ended(metrics, "failed")),
          bytes_(metrics.counter("winnow_export_bytes_total", "Bytes of archives that were made on this node."))
    {
    }

    void start()
    {
        worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
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
    static observe::Counter ended(observe::Metrics& metrics, const char* state)
    {
        return metrics.counter("winnow_exports_total", "Exports that ended on this node, by their end.",
                               {{"state", state}});
    }

    void work(const std::stop_token& stop)
    {
        observe::name_thread("exports");
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // Linux: of this thread alone
        while (!stop.stop_requested()) {
            auto next = kAfterError;
            round("exports", [&] { next = turn(stop); });
            if (next.count() > 0) pause(stop, next);
        }
    }

    /// How long to wait before the next look.
    milliseconds turn(const std::stop_token& stop)
    {
        const auto job = jobs_.claim(options_.node);
        if (!job) {
            warn("cannot look for exports", job.error());
            return kAfterError;
        }
        if (!*job) return options_.look;
        return make(**job, stop);
    }

    milliseconds make(const ExportJob& job, const std::stop_token& stop)
    {
        const auto totals = [&]() -> Result<ports::ExportTotals> {
            try {
                return run_export(jobs_, job, ids_.of(job.tenant), options_.max_bytes, stop);
            } catch (const std::exception& failure) {
                observe::error("an export failed", {{"export", job.id.str()}, {"error", failure.what()}});
                return Error(ErrorCode::internal, "an internal error; the server's log says more");
            }
        }();
        if (!totals) return settle(job, totals.error(), stop);
        const auto finished = Patience(stop)([&] { return jobs_.finish(job, *totals); });
        if (!finished) return settle(job, finished.error(), stop);
        if (*finished) {
            ready_.add();
            bytes_.add(static_cast<double>(totals->bytes));
        }
        return milliseconds{0};
    }

    /// A database that is away for longer than Patience costs an export an attempt, of which it has some.
    milliseconds settle(const ExportJob& job, const Error& error, const std::stop_token& stop)
    {
        if (error.code() == ErrorCode::not_found) return milliseconds{0};  // nobody wants it any more
        const bool again = stop.stop_requested() || error.code() == ErrorCode::unavailable ||
                           error.code() == ErrorCode::timeout || error.code() == ErrorCode::conflict;
        if (!stop.stop_requested()) warn("an export did not come to its end", error);
        if (!again) failed_.add();
        const auto told = again ? jobs_.release(job) : jobs_.fail(job, error.message());
        if (!told) warn("cannot say what became of an export", told.error());
        return again ? kAfterError : milliseconds{0};
    }

    void pause(const std::stop_token& stop, milliseconds time)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, time, [this] { return poked_; });
        poked_ = false;
    }

    ports::ExportJobs& jobs_;
    const domain::AlertIds ids_;
    const ExportOptions options_;
    const observe::Counter ready_;
    const observe::Counter failed_;
    const observe::Counter bytes_;

    std::mutex mutex_;
    bool poked_ = false;  ///< Guarded by mutex_.
    std::condition_variable_any wake_;
    std::jthread worker_;  // last: it ends first
};

ExportRunner::ExportRunner(ports::ExportJobs& jobs, const domain::AlertIds& ids, ExportOptions options,
                           observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(jobs, ids, std::move(options), metrics))
{
}

ExportRunner::~ExportRunner() = default;

void ExportRunner::start()
{
    impl_->start();
}

void ExportRunner::poke() noexcept
{
    impl_->poke();
}

}  // namespace winnow::pipeline
