#pragma once

/// @file
/// How writing the journal goes: for readiness, for what submitters are told, and whether they are refused at once.
/// Private to journal.

#include "winnow/base/error.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>

namespace winnow::journal {

/// Thread-safe. Counts failures that are the database's, not a request's own. It alone decides who is refused, in one
/// place under one lock: whoever is refused while no failure is left would be refused for ever, as nobody is trying.
class Health {
public:
    static constexpr std::size_t kUnsoundFrom = 3;  ///< Failures in a row.

    /// A write stored nothing, or no session was to be had. `bytes` is what was to be stored, 0 where it does not
    /// matter.
    void failed(const Error& cause, std::size_t bytes = 0);

    /// Nobody is refused any more.
    void succeeded();

    /// Requests have waited too long: from now on none is taken, until a write succeeds. Nothing where one did since
    /// the last failure.
    void refuse();

    /// The database is known to be away: submitters are told so at once.
    [[nodiscard]] bool refusing() const noexcept { return refusing_; }

    /// The last attempt failed: try the database before requests are staked on it.
    [[nodiscard]] bool failing() const noexcept { return failures_ > 0; }

    /// False from kUnsoundFrom failures in a row on: the node is not ready.
    [[nodiscard]] bool sound() const noexcept { return failures_ < kUnsoundFrom; }

    /// What was to be stored when it failed: a trial of less proves nothing where the disk is full.
    [[nodiscard]] std::size_t bytes() const;

    /// What a submitter is told whose request was not stored: `unavailable`, with the cause.
    [[nodiscard]] Error refusal() const;

private:
    mutable std::mutex mutex_;               // held to change anything
    std::atomic<std::size_t> failures_ = 0;  // read without it
    std::atomic<bool> refusing_ = false;     // likewise; only where failures_ > 0
    std::string cause_;
    std::size_t bytes_ = 0;  // the most since it last succeeded
};

}  // namespace winnow::journal
