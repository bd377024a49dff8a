#pragma once

/// @file
/// Sessions that threads borrow for one call each. Private to pg.

#include "pg/session/connection.hpp"
#include "pg/session/place_line.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/base/result.hpp"
#include "winnow/pg/sessions.hpp"

#include <algorithm>
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

    /// One call's session. Begun and ended by the same thread.
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
        SessionPool& pool_;
        const Errand errand_;
        bool has_place_ = false;
        const Loan* outer_ = nullptr;  ///< Of another pool, of this thread.
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

template <typename Work>
std::invoke_result_t<Work&, Session&> Sessions::run(Work work, std::chrono::milliseconds patience,
                                                    const std::stop_token& stop) const
{
    SessionPool::Loan loan(*pool_, errand_);
    return translated([&]() -> std::invoke_result_t<Work&, Session&> {
        if (auto refused = loan.begin(stop)) return *std::move(refused);
        auto& session = loan.session();
        const Watchdog::Guard guard(pool_->dog(), session.socket(), std::max(patience, pool_->deadline()));
        const std::stop_callback given_up(stop, [&] { session.socket().shut_down(); });
        loan.call_by_name();
        return work(session);
    });
}

}  // namespace winnow::pg
