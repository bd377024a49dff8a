#include "pg/session/session_pool.hpp"

#include "pg/rows/values.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

namespace winnow::pg {

namespace {

/// The latest of this thread: what it has borrowed, and from whom.
thread_local SessionPool::Loan* t_loan = nullptr;

SessionPlaces without_end()
{
    SessionPlaces places;
    places.common = std::numeric_limits<std::size_t>::max() / 2;
    for (auto& share : places.shares) share.of_common = places.common;
    return places;
}

Error none_free(std::chrono::milliseconds wait)
{
    return {ErrorCode::unavailable,
            "all sessions with the database were in use for " + std::to_string(wait.count()) + " ms"};
}

}  // namespace

Sessions::Sessions(const PgOptions& options) : Sessions(options, without_end()) {}

Sessions::Sessions(const PgOptions& options, const SessionPlaces& places)
    : pool_(std::make_shared<SessionPool>(options, places))
{
}

Sessions Sessions::of(Errand errand) const
{
    auto same = *this;
    same.errand_ = errand;
    return same;
}

PgOptions Sessions::options() const
{
    return pool_->options(errand_);
}

SessionPool::SessionPool(PgOptions options, const SessionPlaces& places)
    : options_(std::move(options)), most_(places.most()), places_(places), line_(places)
{
    // A connection string that names its sessions itself names them all.
    const auto own = application_name_of(options_.conninfo);
    for (std::size_t errand = 0; errand < kErrands; ++errand) {
        const auto& name = places.shares[errand].name;
        names_[errand] = !own.empty() ? own : name.empty() ? options_.application_name : name;
    }
}

SessionPool::~SessionPool() = default;

PgOptions SessionPool::options(Errand errand) const
{
    auto options = options_;
    options.application_name = name_of(errand);
    return options;
}

std::optional<Error> SessionPool::Loan::begin(const std::stop_token& stop)
{
    for (const auto* held = t_loan; held != nullptr; held = held->outer_) {
        if (&held->pool_ == &pool_) throw std::logic_error("who has a session of a pool asks it for another one");
    }
    if (!pool_.line_.take(errand_, pool_.options_.session_wait, stop)) return none_free(pool_.options_.session_wait);
    has_place_ = true;
    outer_ = std::exchange(t_loan, this);
    pool_.find(*this);
    return std::nullopt;
}

void SessionPool::Loan::call_by_name()
{
    const auto& name = pool_.name_of(errand_);
    if (name_ == name) return;
    pqxx::nontransaction tx(session_->connection());
    query(tx, "select set_config('application_name', $1, false)", name);
    name_ = name;
}

SessionPool::Loan::~Loan()
{
    if (!has_place_) return;
    leave_chain();
    pool_.take_back(*this);
    pool_.line_.give_back(errand_);
}

/// Which only its own thread may do: the other one would go on with a chain in which there is something that is gone.
void SessionPool::Loan::leave_chain() noexcept
{
    auto** at = &t_loan;
    while (*at != nullptr && *at != this) at = &(*at)->outer_;
    if (*at == nullptr) {
        observe::error("a session is given back by a thread that has not borrowed it: the process ends");
        std::abort();
    }
    *at = outer_;
}

std::optional<Error> SessionLease::begin(std::chrono::milliseconds patience, const std::stop_token& stop)
{
    if (auto refused = loan_.begin(stop)) return refused;
    const auto& socket = loan_.session().socket();
    guard_.emplace(pool_->dog(), socket, std::max(patience, pool_->deadline()));
    given_up_.emplace(stop, ShutDown{&socket});
    loan_.call_by_name();
    return std::nullopt;
}

void SessionPool::find(Loan& loan)
{
    while (find_idle(loan)) {
        if (!loan.session_->went_away()) return;
        loan.session_.reset();
        closed();
    }
    try {
        loan.session_ = std::make_unique<Session>(options(loan.errand_));
        loan.name_ = name_of(loan.errand_);
    } catch (...) {
        closed();
        throw;
    }
}

/// One that is called as it should be, the last that was used. Where there is none another one is opened, which this
/// counts; only where there may be no more the one that was idle for longest changes its name.
bool SessionPool::find_idle(Loan& loan)
{
    const std::lock_guard lock(mutex_);
    const auto& name = name_of(loan.errand_);
    auto found = idle_.end();
    for (auto each = idle_.begin(); each != idle_.end(); ++each) {
        if (each->name == name) found = each;
    }
    if (found == idle_.end() && open_ < most_) {
        ++open_;
        return false;
    }
    if (found == idle_.end()) found = idle_.begin();  // whoever has a place finds one
    loan.session_ = std::move(found->session);
    loan.name_ = std::move(found->name);
    idle_.erase(found);
    return true;
}

void SessionPool::take_back(Loan& loan) noexcept
{
    auto& session = loan.session_;
    if (!session) return;
    const auto now = Clock::now();
    while (true) {
        std::unique_ptr<Session> unneeded;  // ends after the lock: that is a word with the server
        {
            const std::lock_guard lock(mutex_);
            if (session && session->connection().is_open() && idle_.size() < options_.connections) {
                try {
                    idle_.emplace_back();
                    idle_.back() = {.session = std::move(session), .name = std::move(loan.name_), .since = now};
                } catch (const std::bad_alloc&) {  // then it is closed
                }
            }
            if (session) {
                unneeded = std::move(session);
            } else {
                const auto spare = std::ranges::find_if(
                    idle_, [&](const Idle& idle) { return now - idle.since > options_.keep_idle && is_spare(idle); });
                if (spare == idle_.end()) return;
                unneeded = std::move(spare->session);
                idle_.erase(spare);
            }
            --open_;
        }
    }
}

/// More of that name are idle than its errand has places of its own. Folds that are given minutes are rare: nothing is
/// kept for them.
bool SessionPool::is_spare(const Idle& idle) const noexcept
{
    const auto alike = std::ranges::count(idle_, idle.name, &Idle::name);
    std::size_t own = 0;
    for (std::size_t errand = 0; errand < kErrands; ++errand) {
        if (names_[errand] == idle.name && errand != static_cast<std::size_t>(Errand::patience))
            own += places_.shares[errand].own;
    }
    return static_cast<std::size_t>(alike) > own;
}

void SessionPool::closed() noexcept
{
    const std::lock_guard lock(mutex_);
    --open_;
}

}  // namespace winnow::pg
