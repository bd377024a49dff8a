#pragma once

/// @file
/// What one transaction of the journal carries. Private to journal.

#include "winnow/journal/writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::journal {

/// A request that waits for its commit.
struct Pending {
    Submission submission;
    std::move_only_function<void(Result<Committed>)> done;
    std::chrono::steady_clock::time_point since;
    std::chrono::steady_clock::time_point held_until;  ///< RequestQueue's own.
    std::size_t bytes = 0;                             ///< Rough memory held by its alerts.
    bool answered = false;                             ///< Told early (`timeout`), while its write was still in doubt.

    /// Calls `done`, the first time.
    void answer(Result<Committed> result);
};

/// A request of the batch, and what becomes of it.
struct Placed {
    std::unique_ptr<Pending> pending;
    domain::ReceiptId receipt;
    ports::ReceiptAnswer repeat;  ///< `fresh` unless its key was seen before.
};

/// The alerts of one request in one row: all of them or, where they are more than a row takes, a part.
struct Slice {
    std::size_t request = 0;  ///< Index into Batch::requests.
    std::size_t begin = 0;    ///< Of the request's alerts.
    std::size_t count = 0;
    std::uint16_t first_index = 0;  ///< In the row.
};

/// One tenant's part of a transaction.
struct RowPlan {
    TenantId tenant;
    domain::RowPosition position;
    std::vector<Slice> slices;
    std::uint16_t count = 0;  ///< Indexes given out.
};

/// Rows with consecutive sequences of one stream, written by one transaction.
struct Batch {
    std::vector<Placed> requests;  ///< In order of arrival.
    std::vector<RowPlan> rows;
    [[nodiscard]] bool keyed() const noexcept;
};

/// Groups requests by tenant into rows of at most `max_row_alerts`, in order of arrival; positions are yet to be given.
/// A request with more than that gets consecutive rows of its own (the last of which others may join).
[[nodiscard]] Batch lay_out(std::vector<std::unique_ptr<Pending>> requests, std::size_t max_row_alerts);

/// Gives the rows their positions, from `first` on, and each request its receipt and its alerts their time.
void place(Batch& batch, const domain::RowPosition& first);

/// The rows as stored; requests whose key was seen before leave gaps, and rows of nothing but gaps are left out.
[[nodiscard]] std::vector<ports::JournalRow> encode(const Batch& batch);

/// The keyed requests' receipts, in the order of the requests.
[[nodiscard]] std::vector<ports::KeyedReceipt> receipts_of(const Batch& batch);

/// Notes what became of the receipts, in the same order.
void note_outcomes(Batch& batch, const std::vector<ports::ReceiptAnswer>& outcomes);

/// Claims these receipts of the batch's, and stores the rows of those of its requests that are new, in one transaction.
/// Errors as JournalSession's.
[[nodiscard]] Result<Done> store_once(ports::JournalSession& session, const std::vector<ports::KeyedReceipt>& receipts,
                                      Batch& batch);

/// What triage is to apply. Moves the alerts out of the batch.
[[nodiscard]] std::vector<CommittedRow> take_rows(Batch& batch);

/// Takes the batch apart again.
[[nodiscard]] std::vector<std::unique_ptr<Pending>> take_requests(Batch& batch);

/// Rough memory of a batch's requests.
[[nodiscard]] std::size_t bytes_of(const Batch& batch) noexcept;

/// Rough heap use of an alert: what the queue's bound counts.
[[nodiscard]] std::size_t bytes_of(const domain::Alert& alert) noexcept;

}  // namespace winnow::journal
