#include "winnow/pipeline/import_runner.hpp"

#include "pipeline/imports/import_run.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
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

using ports::ImportJob;
using std::chrono::milliseconds;

constexpr int kNiceness = 10;
constexpr milliseconds kAfterError{1'000};

Timestamp now()
{
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class ImportRunner::Impl {
public:
    Impl(ports::ImportJobs& jobs, const domain::AlertIds& ids, ImportOptions options, observe::Metrics& metrics)
        : jobs_(jobs),
          ids_(ids),
          options_(std::move(options)),
          done_(ended(metrics, "done")),
          failed_(ended(metrics, "failed")),
          rows_(metrics.counter("winnow_import_rows_total", "Rows and alerts that were imported on this node."))
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
        return metrics.counter("winnow_imports_total", "Imports that ended on this node, by their end.",
                               {{"state", state}});
    }

    void work(const std::stop_token& stop)
    {
        observe::name_thread("imports");
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // Linux: of this thread alone
        while (!stop.stop_requested()) {
            auto next = kAfterError;
            round("imports", [&] { next = turn(stop); });
            if (next.count() > 0) pause(stop, next);
        }
    }

    /// How long to wait before the next look.
    milliseconds turn(const std::stop_token& stop)
    {
        const auto job = jobs_.claim(options_.node);
        if (!job) {
            warn("cannot look for imports", job.error());
            return kAfterError;
        }
        if (!*job) return options_.look;
        return run(**job, stop);
    }

    milliseconds run(const ImportJob& job, const std::stop_token& stop)
    {
        const auto outcome = [&]() -> Result<ImportOutcome> {
            try {
                return run_import(jobs_, job, ids_.of(job.tenant), options_.max_bytes, now(), stop);
            } catch (const std::exception& failure) {
                observe::error("an import failed", {{"import", job.id.str()}, {"error", failure.what()}});
                return Error(ErrorCode::internal, "an internal error; the server's log says more");
            }
        }();
        if (!outcome) return settle(job, outcome.error(), stop);
        if (outcome->faults.empty()) {
            done_.add();
            rows_.add(static_cast<double>(outcome->rows));
        } else {
            failed_.add();
            tell(jobs_.fail(job, "nothing was imported: the archive is not as an export is", outcome->faults));
        }
        return milliseconds{0};
    }

    /// A database that is away for a moment, or somebody in the way, costs an import an attempt, of which it has some.
    milliseconds settle(const ImportJob& job, const Error& error, const std::stop_token& stop)
    {
        if (error.code() == ErrorCode::not_found) return milliseconds{0};  // nobody wants it any more
        const bool again = stop.stop_requested() || error.code() == ErrorCode::unavailable ||
                           error.code() == ErrorCode::timeout || error.code() == ErrorCode::conflict;
        if (!stop.stop_requested()) warn("an import did not come to its end", error);
        if (!again) failed_.add();
        tell(again ? jobs_.release(job) : jobs_.fail(job, "nothing was imported: " + error.message(), {}));
        return again ? kAfterError : milliseconds{0};
    }

    static void tell(const Result<bool>& told)
    {
        if (!told) warn("cannot say what became of an import", told.error());
    }

    void pause(const std::stop_token& stop, milliseconds time)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, time, [this] { return poked_; });
        poked_ = false;
    }

    ports::ImportJobs& jobs_;
    const domain::AlertIds ids_;
    const ImportOptions options_;
    const observe::Counter done_;
    const observe::Counter failed_;
    const observe::Counter rows_;

    std::mutex mutex_;
    bool poked_ = false;  ///< Guarded by mutex_.
    std::condition_variable_any wake_;
    std::jthread worker_;  // last: it ends first
};

ImportRunner::ImportRunner(ports::ImportJobs& jobs, const domain::AlertIds& ids, ImportOptions options,
                           observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(jobs, ids, std::move(options), metrics))
{
}

ImportRunner::~ImportRunner() = default;

void ImportRunner::start()
{
    impl_->start();
}

void ImportRunner::poke() noexcept
{
    impl_->poke();
}

}  // namespace winnow::pipeline
