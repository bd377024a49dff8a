#pragma once

/// @file
/// What a call of a kind takes on of its tenant's rows, so that one that cannot be done stalls none of the others.
/// Private to pipeline.

#include "pipeline/time/subject_setbacks.hpp"
#include "winnow/base/result.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/due_kind.hpp"
#include "winnow/ports/time/turn.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pipeline {

/// One call's. Of one thread.
class TurnShare {
public:
    TurnShare(const ports::DueTurn& turn, SubjectSetbacks::Plan plan);

    /// There is nothing to be done for the tenant right now.
    [[nodiscard]] bool rests() const noexcept { return plan_.rests; }

    /// What the store is asked for. Those that are left out come on top: they take nobody's place.
    [[nodiscard]] const ports::Turn& turn() const noexcept { return turn_; }

    /// Of what was due: `rows` that can be read, and those that cannot.
    void loaded(std::size_t rows, const std::vector<ports::UnreadRow>& unread);

    /// Whether the call takes on that one; false: the kind leaves it out of what it decides about.
    [[nodiscard]] bool takes(const std::string& subject);

private:
    friend class TurnShares;

    const TenantId tenant_;
    const SubjectSetbacks::Plan plan_;
    const ports::Turn turn_;
    bool full_ = false;  ///< There may be more that is due.
    std::vector<ports::UnreadRow> unread_;
    std::vector<std::string> tried_;
};

/// All calls' of a kind. Thread-safe.
class TurnShares {
public:
    /// `kind`: its name, which outlives this.
    TurnShares(std::string_view kind, observe::Metrics& metrics);

    [[nodiscard]] TurnShare begin(const ports::DueTurn& turn);

    /// The call is committed, or had nothing to do. Says of `did` whether there is more.
    [[nodiscard]] ports::DueDone done(const TurnShare& share, ports::DueDone did);

    /// An error where it is the tenant's as a whole, or nobody's.
    [[nodiscard]] Result<ports::DueDone> failed(const TurnShare& share, const Error& error);

private:
    void tell_of(TenantId tenant, std::string_view subject, std::string_view reason) const;

    const std::string_view kind_;
    const observe::Counter set_aside_;
    const observe::Gauge left_out_;
    std::mutex mutex_;
    SubjectSetbacks setbacks_;  // guarded by mutex_
};

}  // namespace winnow::pipeline
