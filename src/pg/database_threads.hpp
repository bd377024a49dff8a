#pragma once

/// @file
/// Threads that own a session each and run jobs on it, so that nobody else blocks on PostgreSQL. Private to pg.

#include "pg/connection.hpp"
#include "winnow/base/result.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace winnow::pg {

class DatabaseThreads {
public:
    /// Runs on a database thread. May throw: the session is then dropped if it broke, and `failed` gets the Error.
    using Work = std::move_only_function<void(Session&)>;
    using Failed = std::move_only_function<void(Error)>;

    explicit DatabaseThreads(PgOptions options);
    ~DatabaseThreads();
    DatabaseThreads(const DatabaseThreads&) = delete;
    DatabaseThreads& operator=(const DatabaseThreads&) = delete;

    /// Queues `work`. `failed` is called instead of, or after, `work`: no session, queue full (then at once, on the
    /// caller's thread), shutting down, or an exception out of it. Where `work` throws it must not have answered yet.
    /// A session that turns out to have broken while it was idle is replaced before `work` runs.
    void submit(Work work, Failed failed);

    /// False while connecting fails and no thread has a session: one that serves is enough. From a failed connect to
    /// the next that succeeds each thread looks every second whether its session lasts, or can be had.
    [[nodiscard]] bool healthy() const noexcept { return !failing_ || connected_ > 0; }

private:
    struct Job {
        Work work;
        Failed failed;
    };

    void run();
    void run(Job& job, std::optional<Session>& session);
    void connect(std::optional<Session>& session);
    void try_to_connect(std::optional<Session>& session);
    void drop(std::optional<Session>& session) noexcept;

    const PgOptions options_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    std::atomic<bool> failing_ = false;
    std::atomic<std::size_t> connected_ = 0;            // threads that have a session
    std::chrono::steady_clock::time_point retry_at_{};  // after a failed connect: until then jobs fail at once
    std::vector<std::thread> threads_;
};

}  // namespace winnow::pg
