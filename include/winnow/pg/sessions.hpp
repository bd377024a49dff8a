#pragma once

/// @file
/// A role's sessions on a node: one pool, from which its stores borrow one for each call.

#include "winnow/pg/options.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>

namespace winnow::pg {

class Session;
class SessionLease;
class SessionPool;

/// What a session is borrowed for. Who waits gets one in this order.
enum class Errand : std::uint8_t {
    triage,    ///< Folds in their usual time.
    patience,  ///< Folds of single rows that are given minutes.
    delivery,
    takeover,  ///< What a dead node left.
    control,   ///< Without which others stand still, and short: configuration, the tenants' key.
    timers,    ///< What is due: pauses, quiet tickets, instances that fell silent.
    chores,    ///< What may come later: upkeep, the search index, back-tests.
};
inline constexpr std::size_t kErrands = 7;

/// How many sessions a pool has open at most, and for what. An errand's own places are never taken by another, so
/// whoever has one for each of its threads never waits; the common ones go to whoever may have some and waits first.
struct SessionPlaces {
    struct Share {
        std::size_t own = 0;
        std::size_t of_common = 0;  ///< So many of the common ones at once, besides.
        std::string name;           ///< What its sessions are called in PostgreSQL; "": as the pool's options say.
    };
    std::array<Share, kErrands> shares;  ///< By Errand.
    std::size_t common = 0;

    [[nodiscard]] Share& of(Errand errand) noexcept { return shares[static_cast<std::size_t>(errand)]; }
    [[nodiscard]] const Share& of(Errand errand) const noexcept { return shares[static_cast<std::size_t>(errand)]; }
    /// In all.
    [[nodiscard]] std::size_t most() const noexcept;
};

/// A pool, and what is borrowed of it: copies share it. Sessions are opened when they are needed and there is none; one
/// that broke is replaced, and one that nobody needed for `PgOptions::keep_idle` is closed, but for as many as its
/// errand, unless it is patience, has own places: what triage needs next must not wait for a connection. Thread-safe.
///
/// Nobody who has a session may ask the same pool for a second one: two who did could wait for each other.
class Sessions {
public:
    /// Of a pool of its own that opens as many as are borrowed at once: what a tool or a test needs, not a node.
    Sessions(const PgOptions& options);  // NOLINT(google-explicit-constructor): a store takes either
    /// Of a pool that keeps to `places`.
    Sessions(const PgOptions& options, const SessionPlaces& places);

    /// The same pool's, for something else.
    [[nodiscard]] Sessions of(Errand errand) const;

    /// For a session that cannot be shared, beside the pool: one that listens, or that holds locks.
    [[nodiscard]] PgOptions options() const;

    /// For those who include pg/session/session_pool.hpp. Runs `work(Session&)`, which returns a Result, under the
    /// watchdog; what it throws becomes an Error. The watchdog waits as long as the options say, or for `patience`
    /// where that is longer, but no longer than until `stop` is asked for. `unavailable`: no session was free within
    /// `PgOptions::session_wait`, or before `stop`, or the database let nobody in. `internal`: the caller has one.
    template <typename Work>
    std::invoke_result_t<Work&, Session&> run(Work work, std::chrono::milliseconds patience = {},
                                              const std::stop_token& stop = {}) const;

private:
    friend class SessionLease;
    std::shared_ptr<SessionPool> pool_;
    Errand errand_ = Errand::triage;
};

}  // namespace winnow::pg
