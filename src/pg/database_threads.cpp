#include "pg/database_threads.hpp"

#include "pg/sql_errors.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <utility>

namespace winnow::pg {

namespace {

constexpr std::chrono::milliseconds kRetryConnecting{250};
constexpr std::chrono::seconds kLookAgain{1};  // while there is no session and nobody asks for one

Error unavailable(const char* why)
{
    return {ErrorCode::unavailable, why};
}

}  // namespace

DatabaseThreads::DatabaseThreads(PgOptions options) : options_(std::move(options))
{
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

DatabaseThreads::~DatabaseThreads()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    for (auto& job : queue_) job.failed(unavailable("shutting down"));
}

void DatabaseThreads::submit(Work work, Failed failed)
{
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && queue_.size() < options_.queue_limit) {
            queue_.push_back({std::move(work), std::move(failed)});
            changed_.notify_one();
            return;
        }
    }
    failed(unavailable("the database queue is full"));
}

void DatabaseThreads::run()
{
    std::optional<Session> session;
    std::unique_lock lock(mutex_);
    while (true) {
        const auto wanted = [this] {
            return stopping_ || !queue_.empty();
        };
        if (!failing_) {
            changed_.wait(lock, wanted);
        } else if (!changed_.wait_for(lock, kLookAgain, wanted)) {
            lock.unlock();
            try_to_connect(session);
            lock.lock();
            continue;
        }
        if (stopping_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        run(job, session);
        lock.lock();
    }
}

void DatabaseThreads::run(Job& job, std::optional<Session>& session)
{
    try {
        if (session && session->went_away()) drop(session);
        if (!session) connect(session);
        const Watchdog::Guard guard(*dog_, session->socket(), options_.deadline);
        job.work(*session);
    } catch (const std::exception& failure) {
        job.failed(to_error(failure));
    }
    if (session && !session->connection().is_open()) drop(session);
}

void DatabaseThreads::connect(std::optional<Session>& session)
{
    {
        const std::lock_guard lock(mutex_);
        if (std::chrono::steady_clock::now() < retry_at_) throw pqxx::broken_connection("not yet");
    }
    try {
        session.emplace(options_);
        ++connected_;
        failing_ = false;
    } catch (const pqxx::broken_connection&) {
        const std::lock_guard lock(mutex_);
        retry_at_ = std::chrono::steady_clock::now() + kRetryConnecting;
        failing_ = true;
        throw;
    }
}

void DatabaseThreads::try_to_connect(std::optional<Session>& session)
{
    try {
        if (session && session->went_away()) drop(session);
        if (!session) connect(session);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): said where it happened, and tried again
    }
}

void DatabaseThreads::drop(std::optional<Session>& session) noexcept
{
    session.reset();
    --connected_;
}

}  // namespace winnow::pg
