#pragma once

/// @file
/// The stream that this node writes, and the places it has given out in it. Private to journal.

#include "journal/batch.hpp"
#include "journal/release_order.hpp"
#include "winnow/ports/journal_store.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace winnow::journal {

/// Thread-safe.
class OwnStream {
public:
    /// `spare`: a stream is left while it still has that many sequences.
    OwnStream(ports::JournalStreams& streams, std::string node, std::size_t spare)
        : streams_(streams), node_(std::move(node)), spare_(spare)
    {
    }

    /// The stream being written; nullopt before one was opened.
    [[nodiscard]] std::optional<domain::StreamId> current() const;

    /// The current one, opened where there is none. Blocks.
    [[nodiscard]] Result<domain::StreamId> open();

    /// Somebody else owns it now: the next one is to be opened.
    void abandon(domain::StreamId lost);

    /// Gives the batch its positions in `stream` and tells `order`; false where another one is current by now.
    [[nodiscard]] bool give_places(Batch& batch, domain::StreamId stream, ReleaseOrder& order);

private:
    ports::JournalStreams& streams_;
    const std::string node_;
    const std::size_t spare_;
    std::mutex opening_;  // held while a stream is opened; never together with a lock on mutex_ taken before
    mutable std::mutex mutex_;
    std::optional<domain::StreamId> stream_;  // guarded by mutex_, as what follows
    std::uint64_t next_seq_ = 1;
    Timestamp last_received_;
};

}  // namespace winnow::journal
