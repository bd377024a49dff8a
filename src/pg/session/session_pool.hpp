#pragma once

/// @file
/// Sessions that threads borrow for one call each. Private to pg.

#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/base/result.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace winnow::pg {

/// Opens as many as are borrowed at once, and keeps at most `options.connections` idle ones. Thread-safe.
class SessionPool {
public:
    explicit SessionPool(PgOptions options) : options_(std::move(options)) {}

    /// Runs `work(Session&)`, which returns a Result, under the watchdog; what it throws becomes an Error, and a
    /// session that broke is thrown away. One that broke while it was idle is replaced before. The watchdog waits as
    /// long as the options say, or for `patience` where that is longer, but no longer than until `stop` is asked for.
    template <typename Work>
    std::invoke_result_t<Work&, Session&> run(Work work, std::chrono::milliseconds patience = {},
                                              const std::stop_token& stop = {})
    {
        std::unique_ptr<Session> session;
        auto outcome = translated([&] {
            session = borrow();
            const Watchdog::Guard guard(*dog_, session->socket(), std::max(patience, options_.deadline));
            const std::stop_callback given_up(stop, [&] { session->socket().shut_down(); });
            return work(*session);
        });
        give_back(std::move(session));
        return outcome;
    }

private:
    std::unique_ptr<Session> borrow();
    void give_back(std::unique_ptr<Session> session);

    const PgOptions options_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::mutex mutex_;
    std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace winnow::pg
