#pragma once

/// @file
/// What keeps streams alive, and what takes over those of dead writers. Nothing else: whatever may take long is at
/// home in other threads (Timekeeper, Upkeep).

#include "winnow/domain/position.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/journal_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

class TrialBench;

struct StreamKeeperOptions {
    std::chrono::milliseconds heartbeat{2'000};
    std::chrono::milliseconds takeover{1'000};  ///< How often to look for streams whose writers are gone.
    /// So long at most start() waits until triage has what dead writers left, for want of room or for a trial.
    std::chrono::milliseconds before_serving{5'000};
    std::function<void(domain::StreamId)> on_takeover =
        {};  ///< When one begins; on the thread that takes over, or in start().
    /// Where rows are tried that may have ended processes; used on the thread that takes over. nullptr: such a row ends
    /// each process that takes it over.
    TrialBench* trials = nullptr;
};

/// Two threads: one for the heartbeat, one that takes streams over and replays them. All references must outlive it.
class StreamKeeper {
public:
    /// `own_stream` says which stream this node writes (nullopt: none yet), the highest seq it has released, and
    /// whether it can write at the moment: while no node can, no sender refreshes, and nothing ends by the clock.
    struct OwnStream {
        domain::StreamId stream = 0;
        std::uint64_t released_seq = 0;
        bool serves = true;
    };

    StreamKeeper(ports::JournalStreams& streams, TriageService& triage,
                 std::function<std::optional<OwnStream>()> own_stream, StreamKeeperOptions options,
                 observe::Metrics& metrics);
    ~StreamKeeper();
    StreamKeeper(const StreamKeeper&) = delete;
    StreamKeeper& operator=(const StreamKeeper&) = delete;

    /// Returns when the rows of dead writers that are found at once are with triage, or `before_serving` is over and
    /// the call to the database that is under way. So they are folded before what comes in afterwards.
    void start();

    /// There may be a stream whose writer is gone, or what was set aside is asked for: look now. Thread-safe, and
    /// quick.
    void poke() noexcept;

    /// False while either thread finds the database away: an idle node learns it from them. Thread-safe.
    [[nodiscard]] bool healthy() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
