#include "api/calls/worker_threads.hpp"

#include "winnow/observe/thread_name.hpp"

#include <utility>

namespace winnow::api {

WorkerThreads::WorkerThreads(std::size_t threads, std::size_t queue_limit, const std::string& name)
    : queue_limit_(queue_limit)
{
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, name, i] {
            observe::name_thread(name, i);
            run();
        });
    }
}

WorkerThreads::~WorkerThreads()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

bool WorkerThreads::submit(Job& job)
{
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || jobs_.size() >= queue_limit_) return false;
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
}

void WorkerThreads::run()
{
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

bool OneAtATime::submit(WorkerThreads& workers, WorkerThreads::Job& job)
{
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_) return false;
    if (!busy_) {
        WorkerThreads::Job next = [this, &workers] {
            run_next(workers);
        };
        if (!workers.submit(next)) return false;
        busy_ = true;
    }
    waiting_.push_back(std::move(job));
    return true;
}

void OneAtATime::run_next(WorkerThreads& workers)
{
    while (true) {
        WorkerThreads::Job job;
        {
            const std::lock_guard lock(mutex_);
            job = std::move(waiting_.front());
        }
        job();
        const std::lock_guard lock(mutex_);
        waiting_.pop_front();
        busy_ = !waiting_.empty();
        if (!busy_) return;
        WorkerThreads::Job next = [this, &workers] {
            run_next(workers);
        };
        if (workers.submit(next)) return;  // behind what others wait for; else here
    }
}

}  // namespace winnow::api
