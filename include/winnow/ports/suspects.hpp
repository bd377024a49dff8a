#pragma once

/// @file
/// Which row of a dead writer's stream may have ended its process: written down before each is applied.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/position.hpp"

#include <cstdint>
#include <optional>

namespace winnow::ports {

/// What is known of a stream that was taken over.
struct Suspicion {
    /// The process that was at a row may be alive: it was heard of just now. Nothing was changed; ask again.
    bool undecided = false;
    std::int32_t deaths = 1;  ///< How many writers or takers of the stream have died over it, this time included.

    /// The row over which the last one died.
    struct Row {
        TenantId tenant;
        std::uint64_t seq = 0;
        bool unreadable = false;  ///< It died while the row was only read, to be set aside.
    };
    std::optional<Row> guilty = {};
};

/// Rows on trial. A process is known by a lock that its session holds while a row of its is on trial, so that one which
/// only lost its database is not taken for dead. Thread-safe. Errors: `unavailable`, `timeout`.
class Suspects {
public:
    Suspects() = default;
    Suspects(const Suspects&) = delete;
    Suspects& operator=(const Suspects&) = delete;
    virtual ~Suspects() = default;

    /// To be called once for a stream that was claimed and has rows that are not applied. `patient`: where the process
    /// that was at a row seems to be alive, the answer is `undecided`; else it is taken for alive, and the row for
    /// innocent.
    [[nodiscard]] virtual Result<Suspicion> open(domain::StreamId stream, bool patient) = 0;

    /// On return it is written down that this process applies the row; until begin(), rest() or forget().
    /// `guilty`: that it sets it aside.
    [[nodiscard]] virtual Result<Done> begin(domain::StreamId stream, TenantId tenant, std::uint64_t seq,
                                             bool guilty) = 0;

    /// Shows that this process is alive: to be called every second or so while a row is on trial.
    virtual Result<Done> show() = 0;

    /// No row of the stream is on trial: what ends the process from now on is not one of them.
    virtual Result<Done> rest(domain::StreamId stream) = 0;

    /// All of the stream is applied.
    virtual Result<Done> forget(domain::StreamId stream) = 0;
};

}  // namespace winnow::ports
