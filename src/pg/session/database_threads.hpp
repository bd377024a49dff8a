#pragma once

/// @file
/// Threads that own a session each and run jobs on it, so that nobody else blocks on PostgreSQL. Private to pg.

#include "pg/session/connection.hpp"
#include "winnow/base/result.hpp"
#include "winnow/fair/tenant_queues.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {

class DatabaseThreads {
public:
    /// Runs on a database thread. May throw: the session is then dropped if it broke, and `failed` gets the Error.
    using Work = std::move_only_function<void(Session&)>;
    using Failed = std::move_only_function<void(Error)>;
    using GivenUp = std::function<bool()>;  ///< Empty: never.

    /// How tenants share threads and queue.
    struct Sharing {
        fair::QueueLimits limits;     ///< Costs are nanoseconds for which a job has held its session.
        bool has_quick_lane = false;  ///< Where there are several threads one passes over slow tenants.
        std::string waiting_key;      ///< Names `limits.tenant_items` in the words of a refusal.
        observe::QueueMetrics metrics;
        std::string name;  ///< The threads', before a number.
    };

    /// For jobs that are of no tenant yet: in the order in which they came.
    [[nodiscard]] static Sharing one_line(const PgOptions& options, const std::string& name);

    DatabaseThreads(PgOptions options, Sharing sharing);
    ~DatabaseThreads();
    DatabaseThreads(const DatabaseThreads&) = delete;
    DatabaseThreads& operator=(const DatabaseThreads&) = delete;

    struct Job {
        Work work;
        Failed failed;
        GivenUp given_up;
    };

    /// Queues a job. `failed` is called instead of, or after, `work`: no session, no room (then at once, on the
    /// caller's thread), given up before its turn, shutting down, or an exception out of it. Where `work` throws it
    /// must not have answered yet. A session that turns out to have broken while it was idle is replaced before `work`
    /// runs.
    void submit(TenantId tenant, Job job);

    /// False while connecting fails and no thread has a session: one that serves is enough. From a failed connect to
    /// the next that succeeds each thread looks every second whether its session lasts, or can be had.
    [[nodiscard]] bool healthy() const noexcept { return !failing_ || connected_ > 0; }

private:
    using Queues = fair::TenantQueues<Job>;

    void run(fair::Lane lane);
    void run(Job& job, std::optional<Session>& session);
    void serve(Queues::Taken& taken, std::optional<Session>& session);
    void tell(std::vector<Job>& dead) const;
    void wake();
    [[nodiscard]] Error refusal_of(const fair::Refused& refused) const;
    void connect(std::optional<Session>& session);
    void try_to_connect(std::optional<Session>& session);
    void drop(std::optional<Session>& session) noexcept;

    const PgOptions options_;
    const Sharing sharing_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable quick_changed_;  // of the thread of the quick lane
    Queues queues_;                          // guarded by mutex_
    bool stopping_ = false;
    std::atomic<bool> failing_ = false;
    std::atomic<std::size_t> connected_ = 0;            // threads that have a session
    std::chrono::steady_clock::time_point retry_at_{};  // after a failed connect: until then jobs fail at once
    std::vector<std::thread> threads_;
};

}  // namespace winnow::pg
