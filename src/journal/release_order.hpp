#pragma once

/// @file
/// Rows commit in any order and must be applied in theirs. Private to journal.

#include "winnow/journal/writer.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::journal {

/// Thread-safe. Hands rows to the sink once every earlier sequence is decided, stored or not.
class ReleaseOrder {
public:
    explicit ReleaseOrder(CommittedSink sink) : sink_(std::move(sink)) {}

    /// Sequences first…last of the stream are about to be written. Call in their order.
    void begin(domain::StreamId stream, std::uint64_t first, std::uint64_t last);

    using HandedOn = std::move_only_function<void()>;

    /// What began at `first` is decided: these rows were stored (none: nothing was). `handed_on` is called once the
    /// sink has them.
    void decide(domain::StreamId stream, std::uint64_t first, std::vector<CommittedRow> rows, HandedOn handed_on = {});

    /// The highest sequence of the stream up to which everything is decided and handed on.
    [[nodiscard]] std::uint64_t released(domain::StreamId stream) const;

private:
    struct Range {
        domain::StreamId stream = 0;
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        bool decided = false;
        std::vector<CommittedRow> rows;
        HandedOn handed_on;
    };

    const CommittedSink sink_;
    mutable std::mutex mutex_;  // held while the sink runs: that is what keeps the order
    std::deque<Range> ranges_;
    domain::StreamId stream_ = 0;
    std::uint64_t released_ = 0;
};

}  // namespace winnow::journal
