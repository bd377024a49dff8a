#pragma once

/// @file
/// A few threads for calls that block, with a bounded queue.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace winnow::api {

/// Thread-safe. Jobs must not throw. The destructor runs what was taken, then joins.
class WorkerThreads {
public:
    using Job = std::move_only_function<void()>;

    /// `name` is the threads', and a number.
    WorkerThreads(std::size_t threads, std::size_t queue_limit, const std::string& name);
    ~WorkerThreads();
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

    /// False, and `job` untouched, where the queue is full.
    [[nodiscard]] bool submit(Job& job);

private:
    void run();

    const std::size_t queue_limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;   // guarded by mutex_
    bool stopping_ = false;  // guarded by mutex_
    std::vector<std::jthread> threads_;
};

/// Jobs that take long and are anybody's: of these one at a time has one of the threads, and the rest stay for others.
/// Thread-safe. Outlives the threads.
class OneAtATime {
public:
    /// So many wait, that one included.
    explicit OneAtATime(std::size_t most) : most_(most) {}

    /// False, and `job` untouched, where too many wait.
    [[nodiscard]] bool submit(WorkerThreads& workers, WorkerThreads::Job& job);

private:
    void run_next(WorkerThreads& workers);

    const std::size_t most_;
    std::mutex mutex_;
    std::deque<WorkerThreads::Job> waiting_;  // guarded by mutex_, as what follows
    bool busy_ = false;
};

}  // namespace winnow::api
