#pragma once

/// @file
/// What waits for its time. The time stands in a column of the row that it will change, so nothing can disagree with
/// it, and to set or cancel it is the write that happens anyway.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/outage.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::ports {

/// What never changes about a kind.
struct DueTraits {
    /// On the board, in metrics and in the log: lower case, with underscores. Outlives the kind.
    std::string_view name;
    /// What is due and could not be done (somebody else is at its tenant, the fold is behind) is tried again after it.
    std::chrono::milliseconds again{1'000};
    /// Of a kind that no column tells of: from one turn with nothing left to do to the next. 0: the board tells.
    std::chrono::milliseconds every{0};
    /// Its turns take the tenant's fold lock and leave what is later than the oldest alert that waits to be folded: a
    /// tenant is with one of them at a time.
    bool after_fold = false;
    /// It measures time that passed outside, in which our own absence does not count: its turns are told of it, and its
    /// lateness leaves it out.
    bool real_time = false;
    /// Its calls say since when what they did had been due (DueDone::since): its lateness is measured.
    bool dated = false;
    /// Its calls never wait for anything: the worker that is kept for the board is there for them, too.
    bool never_waits = false;
    std::string_view alone = {};  ///< Of the kinds with the same word one has a turn at a time; empty: no matter.
};

/// What one call may do.
struct DueTurn {
    TenantId tenant;                        ///< nil where it is nobody's own.
    std::size_t limit = 0;                  ///< Rows, at most.
    std::chrono::milliseconds patience{0};  ///< How long to wait for somebody else who is at the tenant.
    /// Of the last day, in order, with what the database's clock left out; empty unless the kind is `real_time`. Valid
    /// during the call.
    std::span<const domain::Outage> outages = {};
};

struct DueDone {
    std::size_t rows = 0;                 ///< That were due.
    bool more = false;                    ///< There may be others that are due now.
    std::optional<Timestamp> since = {};  ///< When the first of them fell due, by the database's clock.
    /// When the next turn is due, where that is known and is no matter of a column. Of a kind with `every`: where it is
    /// another time than usual.
    std::optional<std::chrono::milliseconds> again_in = {};
};

/// One kind of thing that waits. Adapters of a store and a pure decision; see docs/CONTRIBUTING.md. Called by several
/// threads, but tenants() by one at a time, and run() for one tenant by one at a time. Every node has every kind: what
/// run() does is conditional on the row's being due still, so whoever comes first does it and nobody twice.
class DueKind {
public:
    DueKind() = default;
    DueKind(const DueKind&) = delete;
    DueKind& operator=(const DueKind&) = delete;
    virtual ~DueKind() = default;

    [[nodiscard]] virtual const DueTraits& traits() const noexcept = 0;

    /// Whose turn it is: at most `limit` tenants that have something due. One nil for what is nobody's own.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants(std::size_t limit) = 0;

    /// One transaction, at most `turn.limit` rows.
    ///
    /// `conflict`: somebody else is at the tenant; nothing was done, and it stays due.
    /// `unavailable`: the database is away, which is not the tenant's fault. Any other error is taken for the tenant's
    /// own: after three in a row it is left out for a while.
    [[nodiscard]] virtual Result<DueDone> run(const DueTurn& turn) = 0;
};

/// What one look at the board says.
struct DueTimes {
    Timestamp now;  ///< By the database's clock.
    /// In how long the earliest of each kind is due, by name; 0 and less: since then. A day at most: what is due later
    /// counts as that. Kinds of which nothing waits are not named.
    std::vector<std::pair<std::string, std::chrono::milliseconds>> in;
    std::vector<domain::Outage> outages;  ///< Of the last day, in order, the one that has just ended included.
};

/// All due columns in one look, because it is all that an idle node asks for. Thread-safe.
class DueBoard {
public:
    DueBoard() = default;
    DueBoard(const DueBoard&) = delete;
    DueBoard& operator=(const DueBoard&) = delete;
    virtual ~DueBoard() = default;

    [[nodiscard]] virtual Result<DueTimes> look() = 0;
};

}  // namespace winnow::ports
