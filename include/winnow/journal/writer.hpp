#pragma once

/// @file
/// Group commit: many requests, one transaction, and nobody is answered before it is durable.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/fair/share.hpp"
#include "winnow/ports/journal_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::journal {

/// What makes a repeat of a request change nothing.
struct Once {
    Uuid scope;               ///< The integration's or user's.
    std::string key;          ///< The Idempotency-Key.
    std::string body_sha256;  ///< 32 bytes.
    int status = 202;
    /// The response body, given where the alerts will stand: it is stored with them. Called on a writer thread.
    std::function<std::string(const domain::ReceiptId&)> answer;
};

/// One request's accepted alerts on their way to the journal.
struct Submission {
    TenantId tenant;
    /// 1 to ReceiptId::kMaxCount; received_at is set by the writer. None is refused: `internal`.
    std::vector<domain::Alert> alerts;

    std::optional<Once> once;  ///< Set where the request carried an Idempotency-Key.
};

/// What the submitter is told, after the commit.
struct Committed {
    domain::ReceiptId receipt;                     ///< Alert i + 1 stands at next_in_request() of alert i.
    std::optional<ports::ReceiptAnswer> replayed;  ///< Set where the key was seen before: nothing was stored now.
};

/// Rows that were committed, in the order in which they must be applied. Called on a writer thread; must not block.
struct CommittedRow {
    TenantId tenant;
    domain::RowPosition position;
    /// Index in the row → alert; gaps are absent.
    std::vector<std::pair<std::uint16_t, domain::Alert>> alerts;
    std::size_t bytes = 0;  ///< Rough memory held.
    /// Where it must not be judged, because its fold has ended processes: how many alerts it has, `alerts` or more.
    std::uint32_t quarantined = 0;
};
using CommittedSink = std::function<void(std::vector<CommittedRow>)>;

struct WriterOptions {
    std::size_t transactions_in_flight = 3;  ///< Writer threads, a database session each.
    /// Of all tenants, that wait or are being written. One tenant has its share of them (fair::share_of), and beyond
    /// it is `rate_limited`; the node beyond the whole `unavailable`.
    std::size_t max_queued_alerts = 200'000;
    std::size_t max_queued_bytes = 128U << 20U;
    /// The same of bytes until they are applied, those above included.
    std::size_t max_unapplied_bytes = 512U << 20U;
    std::size_t max_row_alerts = domain::kRowAlerts;
    /// A submitter is told `timeout` after this, or once a call that hangs then has been cut by its own deadline.
    std::chrono::milliseconds answer_within{10'000};
    /// How many bytes were committed and are not applied yet, of all tenants and of this one. From three quarters of
    /// its share on a tenant's requests wait for up to 200 ms, so that its senders slow down before they are refused.
    /// Called on any thread; must not block. Empty: none are.
    std::function<fair::Held(TenantId)> unapplied;
};

/// The node's own stream, and the threads that write it.
class Writer {
public:
    Writer(ports::JournalStreams& streams, std::string node, WriterOptions options, CommittedSink committed,
           observe::Metrics& metrics);
    /// Stops taking submissions, commits what was taken, joins.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Opens the stream and starts the threads; retries inside as long as the database is away.
    void start();

    /// Why nothing of the tenant would be taken, whatever it is: to be asked before a body is read. Thread-safe.
    [[nodiscard]] std::optional<Error> refusal(TenantId tenant) const;

    /// Thread-safe, never blocks. `done` is called exactly once, on a writer thread (or at once, on the caller's: with
    /// `rate_limited` when the tenant's share of a queue is full, with `unavailable` when the queue is or the database
    /// is known to be away).
    void submit(Submission submission, std::move_only_function<void(Result<Committed>)> done);

    /// The stream being written; nullopt before the first one was opened.
    [[nodiscard]] std::optional<domain::StreamId> stream() const;

    /// The highest seq of that stream that has gone to the CommittedSink (every earlier one has, or was not stored).
    [[nodiscard]] std::uint64_t released_seq() const;

    /// False while the database is away: readiness.
    [[nodiscard]] bool healthy() const;

    /// Commits what was taken, then returns. Later submissions are refused.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::journal
