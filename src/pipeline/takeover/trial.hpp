#pragma once

/// @file
/// A dead writer's rows, of which one may have ended its process. Private to pipeline.

#include "winnow/domain/position.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/journal_store.hpp"
#include "winnow/ports/suspects.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace winnow::pipeline {

/// How a stream's rows are tried.
struct TrialOptions {
    /// How long a process that was at a row has to show that it is alive: it may only have lost its database.
    std::chrono::milliseconds alibi{5'000};
    std::uint64_t rows = 256;  ///< One by one after a writer's first death; 16 times as many after each further one.
    std::chrono::seconds most{90};  ///< For one row, which has long ended the process then, if it hangs.
};

/// What the trials of a node share. One stream at a time is on trial, so that blame is exact. Not thread-safe.
class Trials {
public:
    /// `suspects` nullptr: nobody is suspected.
    Trials(ports::Suspects* suspects, TriageService& triage, TrialOptions options)
        : suspects_(suspects), triage_(triage), options_(options)
    {
    }

private:
    friend class Trial;
    ports::Suspects* const suspects_;
    TriageService& triage_;
    const TrialOptions options_;
    std::optional<domain::StreamId> on_;
};

/// One stream's. Its first rows are applied one by one, each after it is written down which one it is. Where the
/// process ends at a row, whoever takes the stream over next finds it there: it is the second time, because the first
/// one made the trial, and the row is set aside. A stop, and a database that is away, leave no row on trial.
class Trial {
public:
    Trial(Trials& trials, domain::StreamId stream) : trials_(trials), stream_(stream) {}
    /// Of a process that stops: it does not end by the row.
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    /// Whether the row may be applied now. Where it may, it has to be submitted as read() makes it. Waits for a moment
    /// where the row before it is about to be applied.
    [[nodiscard]] bool admits(const ports::JournalRow& row);
    [[nodiscard]] journal::CommittedRow read(const ports::JournalRow& row) const;

    /// All rows are applied. False where that could not be written down.
    [[nodiscard]] bool end();

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool open();
    [[nodiscard]] bool is_done();
    void release();
    [[nodiscard]] bool is_guilty(const ports::JournalRow& row) const;

    Trials& trials_;
    const domain::StreamId stream_;
    std::optional<Clock::time_point> asked_;  ///< When it was first asked what is known.
    bool opened_ = false;
    bool over_ = false;
    bool on_trial_ = false;  ///< A row is.
    std::uint64_t left_ = 0;
    std::optional<ports::Suspicion::Row> guilty_;
    Clock::time_point begun_;
    Clock::time_point shown_;
};

}  // namespace winnow::pipeline
