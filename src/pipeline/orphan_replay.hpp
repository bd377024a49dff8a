#pragma once

/// @file
/// A dead writer's rows, brought to triage page by page. Private to pipeline.

#include "winnow/domain/position.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/journal_store.hpp"

#include <cstddef>
#include <cstdint>

namespace winnow::pipeline {

/// Rows as triage takes them. Damaged rows and lines are logged and left out: their position moves on all the same.
[[nodiscard]] journal::CommittedRow read_row(const ports::JournalRow& row);

/// Never waits: whoever owns it calls step() again.
class OrphanReplay {
public:
    OrphanReplay(domain::StreamId stream, ports::JournalStreams& streams, TriageService& triage)
        : stream_(stream), streams_(streams), triage_(triage)
    {
    }

    enum class Step : std::uint8_t { progressed, waiting, ended };
    [[nodiscard]] Step step();

    [[nodiscard]] domain::StreamId stream() const noexcept { return stream_; }
    [[nodiscard]] std::size_t replayed_alerts() const noexcept { return replayed_alerts_; }

private:
    [[nodiscard]] Step submit(const std::vector<ports::JournalRow>& page);
    [[nodiscard]] Step finish();
    [[nodiscard]] Step end();

    domain::StreamId stream_;
    ports::JournalStreams& streams_;
    TriageService& triage_;
    std::uint64_t after_ = 0;     ///< The last seq that was submitted.
    std::uint64_t previous_ = 0;  ///< The last seq of the page before.
    std::size_t limit_ = 16;      ///< Rows a page; follows their size.
    int passes_ = 0;
    std::size_t replayed_alerts_ = 0;
};

}  // namespace winnow::pipeline
