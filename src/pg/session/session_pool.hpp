#pragma once

/// @file
/// Sessions that threads borrow, for one call each or for one transaction. Private to pg.

#include "pg/session/connection.hpp"
#include "pg/session/place_line.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/base/result.hpp"
#include "winnow/pg/sessions.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace winnow::pg {

/// What Sessions share. Thread-safe.
class SessionPool {
public:
    SessionPool(PgOptions options, const SessionPlaces& places);
    ~SessionPool();
    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    /// A borrower's session. Begun and ended by the same thread, which may end what it has begun in any order: another
    /// one that ends it ends the process.
    class Loan {
    public:
        Loan(SessionPool& pool, Errand errand) noexcept : pool_(pool), errand_(errand) {}
        ~Loan();
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;

        /// Waits for a place, then finds or opens a session. An Error says why there is none. Throws what opening one
        /// throws; std::logic_error where this thread has a session of the pool already.
        [[nodiscard]] std::optional<Error> begin(const std::stop_token& stop);
        /// Asks the server, where the session was called something else: to be done under the watchdog.
        void call_by_name();
        [[nodiscard]] Session& session() noexcept { return *session_; }

    private:
        friend class SessionPool;
        void leave_chain() noexcept;

        SessionPool& pool_;
        const Errand errand_;
        bool has_place_ = false;
        Loan* outer_ = nullptr;  ///< The thread's before this, of another pool; guarded by being that thread's.
        std::unique_ptr<Session> session_;
        std::string name_;  ///< What the server calls the session.
    };

    [[nodiscard]] PgOptions options(Errand errand) const;
    [[nodiscard]] Watchdog& dog() const noexcept { return *dog_; }
    [[nodiscard]] std::chrono::milliseconds deadline() const noexcept { return options_.deadline; }

private:
    using Clock = std::chrono::steady_clock;
    struct Idle {
        std::unique_ptr<Session> session;
        std::string name;
        Clock::time_point since;
    };

    [[nodiscard]] const std::string& name_of(Errand errand) const noexcept
    {
        return names_[static_cast<std::size_t>(errand)];
    }
    void find(Loan& loan);
    bool find_idle(Loan& loan);
    void take_back(Loan& loan) noexcept;
    void closed() noexcept;
    [[nodiscard]] bool is_spare(const Idle& idle) const noexcept;

    const PgOptions options_;
    const std::size_t most_;
    const SessionPlaces places_;
    std::array<std::string, kErrands> names_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    PlaceLine line_;
    std::mutex mutex_;       // guards what follows
    std::deque<Idle> idle_;  // who came back last stands last
    std::size_t open_ = 0;   // idle or lent; most_ at most
};

/// A session of a pool, borrowed for as long as this lives, under the watchdog. Begun, used and ended on one thread: to
/// end it on another one ends the process.
class SessionLease {
public:
    explicit SessionLease(const Sessions& sessions) : pool_(sessions.pool_), loan_(*pool_, sessions.errand_) {}
    SessionLease(const SessionLease&) = delete;
    SessionLease& operator=(const SessionLease&) = delete;

    /// Borrows one. `patience` and `stop` as of Sessions::run; so is the Error that says why there is none. Throws what
    /// opening one throws.
    [[nodiscard]] std::optional<Error> begin(std::chrono::milliseconds patience, const std::stop_token& stop);

    /// After begin() without an Error.
    [[nodiscard]] Session& session() noexcept { return loan_.session(); }

private:
    struct ShutDown {
        const SocketHandle* socket;
        void operator()() const noexcept { socket->shut_down(); }
    };

    const std::shared_ptr<SessionPool> pool_;
    SessionPool::Loan loan_;
    std::optional<Watchdog::Guard> guard_;
    std::optional<std::stop_callback<ShutDown>> given_up_;
};

template <typename Work>
std::invoke_result_t<Work&, Session&> Sessions::run(Work work, std::chrono::milliseconds patience,
                                                    const std::stop_token& stop) const
{
    SessionLease lease(*this);
    return translated([&]() -> std::invoke_result_t<Work&, Session&> {
        if (auto refused = lease.begin(patience, stop)) return *std::move(refused);
        return work(lease.session());
    });
}

}  // namespace winnow::pg
