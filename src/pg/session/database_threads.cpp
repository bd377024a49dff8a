#include "pg/session/database_threads.hpp"

#include "pg/session/sql_errors.hpp"
#include "winnow/observe/thread_name.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRetryConnecting{250};
constexpr std::chrono::seconds kLookAgain{1};  // while there is no session and nobody asks for one

Error unavailable(std::string why)
{
    return {ErrorCode::unavailable, std::move(why)};
}

Error given_up()
{
    return {ErrorCode::timeout, "nobody waited for the answer any more"};
}

}  // namespace

DatabaseThreads::Sharing DatabaseThreads::one_line(const PgOptions& options, const std::string& name)
{
    Sharing sharing;
    sharing.limits.items = options.queue_limit;
    sharing.limits.floor_items = fair::QueueLimits::kNone;
    sharing.limits.tenant_in_flight = fair::QueueLimits::kNone;
    sharing.name = name;
    return sharing;
}

DatabaseThreads::DatabaseThreads(PgOptions options, Sharing sharing)
    : options_(std::move(options)),
      sharing_(std::move(sharing)),
      queues_(sharing_.limits, [](const Job& job) { return job.given_up && job.given_up(); })
{
    const auto count = std::max<std::size_t>(options_.connections, 1);
    for (std::size_t i = 0; i < count; ++i) {
        const bool quick = sharing_.has_quick_lane && count > 1 && i == 0;
        threads_.emplace_back([this, i, lane = quick ? fair::Lane::quick : fair::Lane::any] {
            observe::name_thread(sharing_.name, i);
            run(lane);
        });
    }
}

DatabaseThreads::~DatabaseThreads()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    quick_changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    for (auto& job : queues_.clear()) job.failed(unavailable("shutting down"));
}

void DatabaseThreads::submit(TenantId tenant, Job job)
{
    std::optional<Error> refused;
    std::vector<Job> dead;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            refused = unavailable("shutting down");
        } else if (const auto no_room = queues_.push(tenant, job, Clock::now())) {
            refused = refusal_of(*no_room);
        }
        dead = queues_.dead();
        sharing_.metrics.waiting(queues_.order().items());
        wake();
    }
    tell(dead);
    if (!refused) return;
    sharing_.metrics.refused();
    job.failed(*std::move(refused));
}

/// Whose lock is held. One thread, and that of the quick lane, which may not be allowed what the other is.
void DatabaseThreads::wake()
{
    if (queues_.order().items() == 0) return;
    changed_.notify_one();
    quick_changed_.notify_one();
}

Error DatabaseThreads::refusal_of(const fair::Refused& refused) const
{
    const auto value = std::to_string(refused.value);
    if (refused.whose == fair::Refused::Whose::node) {
        return unavailable("the node's queue for the database is full: " + value + " requests wait");
    }
    const bool own = refused.value == sharing_.limits.tenant_items;
    return {ErrorCode::rate_limited,
            "too many requests of your tenant wait on this node already: the limit is " + value +
                (own ? " (" + sharing_.waiting_key + ")" : ", your tenant's share of a queue that is nearly full") +
                "; wait for answers before you ask for more"};
}

void DatabaseThreads::run(fair::Lane lane)
{
    std::optional<Session> session;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        auto taken = queues_.take(Clock::now(), lane);
        sharing_.metrics.waiting(queues_.order().items());
        if (auto dead = queues_.dead(); taken || !dead.empty()) {
            lock.unlock();
            tell(dead);
            if (taken) serve(*taken, session);
            lock.lock();
            continue;
        }
        auto& changed = lane == fair::Lane::quick ? quick_changed_ : changed_;
        if (!failing_) {
            changed.wait(lock);
        } else if (changed.wait_for(lock, kLookAgain) == std::cv_status::timeout) {
            lock.unlock();
            try_to_connect(session);
            lock.lock();
        }
    }
}

void DatabaseThreads::tell(std::vector<Job>& dead) const
{
    if (dead.empty()) return;
    sharing_.metrics.given_up(dead.size());
    for (auto& job : dead) job.failed(given_up());
    dead.clear();  // before anybody takes a lock
}

void DatabaseThreads::serve(Queues::Taken& taken, std::optional<Session>& session)
{
    sharing_.metrics.taken(taken.waited);
    const auto began = Clock::now();
    run(taken.item, session);
    taken.item = {};  // what the job holds goes before its tenant's place is free
    const auto ended = Clock::now();
    sharing_.metrics.cost(ended - began);
    const std::lock_guard lock(mutex_);
    queues_.done(taken.ticket, std::chrono::nanoseconds(ended - began).count(), ended);
    wake();
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
        if (Clock::now() < retry_at_) throw pqxx::broken_connection("not yet");
    }
    try {
        session.emplace(options_);
        ++connected_;
        failing_ = false;
    } catch (const pqxx::broken_connection&) {
        const std::lock_guard lock(mutex_);
        retry_at_ = Clock::now() + kRetryConnecting;
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
