#pragma once

/// @file
/// A dead writer's rows, brought to triage page by page. Private to pipeline.

#include "pipeline/takeover/trial.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/journal_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

/// Rows as triage takes them. Damaged rows and lines are logged and left out: their position moves on all the same.
[[nodiscard]] journal::CommittedRow read_row(const ports::JournalRow& row);

/// Waits for a moment at most: whoever owns it calls step() again.
///
/// Where one of the first rows may have ended processes they are tried first, in one of their own (Trial).
///
/// Rows are brought in the order of the stream as long as there is room for them. A tenant whose share of the memory
/// stays full, because one of its rows is not stored, is passed over from there on, so that the others' rows behind it
/// are read; what was left of it is brought in another pass, once it has room again.
class OrphanReplay {
public:
    OrphanReplay(domain::StreamId stream, ports::JournalStreams& streams, TriageService& triage, Trials& trials)
        : stream_(stream), streams_(streams), triage_(triage), trial_(trials, streams, stream)
    {
    }

    enum class Step : std::uint8_t { progressed, waiting, ended };
    [[nodiscard]] Step step();

    [[nodiscard]] domain::StreamId stream() const noexcept { return stream_; }
    /// Triage has all of it.
    [[nodiscard]] bool is_brought() const noexcept { return at_end_; }
    /// Its rows are being tried, for a moment yet: those of later streams had better wait.
    [[nodiscard]] bool goes_first() const { return trial_.goes_first(); }
    [[nodiscard]] std::size_t replayed_alerts() const noexcept { return replayed_alerts_; }

private:
    using Clock = std::chrono::steady_clock;
    /// Where each tenant's rows begin that were not brought to triage.
    using Begins = std::unordered_map<TenantId, std::uint64_t>;

    [[nodiscard]] Step read();
    [[nodiscard]] Step try_rows();
    [[nodiscard]] Step submit();
    [[nodiscard]] bool is_wanted(const ports::JournalRow& row) const;
    [[nodiscard]] bool has_waited();
    [[nodiscard]] Step finish();
    [[nodiscard]] Step end();

    domain::StreamId stream_;
    ports::JournalStreams& streams_;
    TriageService& triage_;
    Trial trial_;
    std::vector<ports::JournalRow> page_;  ///< As they are stored; from `next_` on they wait to be submitted.
    std::size_t next_ = 0;
    Clock::time_point full_since_ = Clock::time_point::max();  ///< The next row has no room; `max`: it has not waited.
    std::uint64_t after_ = 0;                                  ///< The last seq that was read.
    std::size_t limit_ = 16;                                   ///< Rows a page; follows their size.
    bool at_end_ = false;                                      ///< Nothing follows `after_`.
    bool first_pass_ = true;
    Begins wanted_;       ///< Whose rows this pass brings, where it is not the first one.
    Begins passed_over_;  ///< Those of the next pass.
    int passes_ = 0;      ///< Those that began with all that is not applied.
    std::size_t replayed_alerts_ = 0;
};

}  // namespace winnow::pipeline
