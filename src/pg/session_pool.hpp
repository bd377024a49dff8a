#pragma once

/// @file
/// Sessions that threads borrow for one call each. Private to pg.

#include "pg/connection.hpp"
#include "pg/sql_errors.hpp"
#include "winnow/base/result.hpp"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace winnow::pg {

/// Opens as many as are borrowed at once, and keeps at most `options.connections` idle ones. Thread-safe.
class SessionPool {
public:
    explicit SessionPool(PgOptions options) : options_(std::move(options)) {}

    /// Runs `work(Session&)`, which returns a Result, under the watchdog; what it throws becomes an Error, and a
    /// session that broke is thrown away. One that broke while it was idle is replaced before.
    template <typename Work>
    std::invoke_result_t<Work&, Session&> run(Work work)
    {
        std::unique_ptr<Session> session;
        auto outcome = translated([&] {
            session = borrow();
            const Watchdog::Guard guard(*dog_, session->socket(), options_.deadline);
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
