#pragma once

/// @file
/// The journal in the database, as its writer and its readers need it.

#include "winnow/base/result.hpp"
#include "winnow/domain/position.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace winnow::ports {

struct JournalRow {
    TenantId tenant;
    domain::RowPosition position;
    std::uint32_t alert_count = 0;
    std::string payload;  ///< journal::encode: zstd over newline-delimited canonical alerts.
};

/// The first answer to a request that carried an Idempotency-Key.
struct KeyedReceipt {
    TenantId tenant;
    Uuid scope;               ///< The integration or user whose key it is.
    std::string key;          ///< 1 to 255 characters.
    std::string body_sha256;  ///< 32 bytes.
    int status = 202;
    std::string answer;  ///< The response body.
};

struct ReceiptAnswer {
    enum class Outcome : std::uint8_t {
        fresh,       ///< First time: stored with this transaction.
        replayed,    ///< Seen with the same body: `status` and `answer` are the first ones.
        mismatched,  ///< Seen with another body.
    };
    Outcome outcome = Outcome::fresh;
    int status = 0;
    std::string answer;
};

/// Receipts that were claimed, and the rows that are stored with those of them that are fresh. Nobody else's claim of
/// the same keys is answered before it goes. Rolled back unless it was committed. Works on its writer's session, on
/// that one's thread: nothing else is asked of the session meanwhile.
class ReceiptClaim {
public:
    ReceiptClaim() = default;
    ReceiptClaim(const ReceiptClaim&) = delete;
    ReceiptClaim& operator=(const ReceiptClaim&) = delete;
    virtual ~ReceiptClaim() = default;

    /// In the order of the receipts.
    [[nodiscard]] virtual const std::vector<ReceiptAnswer>& answers() const noexcept = 0;

    /// Stores the rows with the receipts, durable on return. Once (then `internal`). Errors as JournalSession's.
    [[nodiscard]] virtual Result<Done> commit(const std::vector<JournalRow>& rows) = 0;
};

/// One writer's own database session. Not thread-safe: one a writer thread.
///
/// Errors: `unavailable` means nothing was stored; `timeout` means the outcome is unknown, and the caller must ask
/// `committed` before it answers anybody. `conflict` means that all sessions of the stream were lost for so long that
/// another node took it over: nothing was stored and never will be; go on with a new stream.
class JournalSession {
public:
    JournalSession() = default;
    JournalSession(const JournalSession&) = delete;
    JournalSession& operator=(const JournalSession&) = delete;
    virtual ~JournalSession() = default;

    /// Stores all rows, durable on return. One autocommitted statement.
    [[nodiscard]] virtual Result<Done> append(const std::vector<JournalRow>& rows) = 0;

    /// Claims the receipts, whose (tenant, scope, key) are unique, in a transaction of its own.
    [[nodiscard]] virtual Result<std::unique_ptr<ReceiptClaim>> claim(const std::vector<KeyedReceipt>& receipts) = 0;

    /// Stores about `bytes` (bounded) as append() does, and takes them back: whether the database takes anything at the
    /// moment. Errors as append()'s, none of them in doubt.
    [[nodiscard]] virtual Result<Done> probe(std::size_t bytes) = 0;

    /// After a `timeout`: waits until the broken session's backend is certainly gone, then says whether the row is
    /// there. `unavailable` while that cannot be known yet: ask again.
    [[nodiscard]] virtual Result<bool> committed(TenantId tenant, const domain::RowPosition& position) = 0;
};

/// Streams: who writes which, and what of a dead writer's is still unapplied.
/// Thread-safe.
class JournalStreams {
public:
    JournalStreams() = default;
    JournalStreams(const JournalStreams&) = delete;
    JournalStreams& operator=(const JournalStreams&) = delete;
    virtual ~JournalStreams() = default;

    /// Opens a new stream for this node and holds it until `end`, or until the process dies. Where no node has renewed
    /// a stream for 15 seconds, that was an outage, and is written down.
    [[nodiscard]] virtual Result<domain::StreamId> open(const std::string& node) = 0;

    /// A session that writes to the stream. Its connection holds a share of the stream's advisory lock, so that the
    /// stream counts as alive exactly as long as one of its writers could still commit.
    [[nodiscard]] virtual Result<std::unique_ptr<JournalSession>> session(domain::StreamId stream) = 0;

    /// Heartbeat: every row of the stream up to `applied_seq` is applied for every tenant. Writes an outage down, as
    /// open() does. `serves` false: this node takes no alerts at the moment, so the outage goes on or begins; the
    /// stream stays its own.
    [[nodiscard]] virtual Result<Done> renew(domain::StreamId stream, std::uint64_t applied_seq, bool serves) = 0;

    /// Streams that are not ended and whose writers are gone. The caller then owns them (lock held by this process).
    /// Those that it owns already are among them until they are ended, so that none is forgotten where a call fails.
    [[nodiscard]] virtual Result<std::vector<domain::StreamId>> claim_orphans() = 0;

    /// How often begin_takeover() was called for the stream: by processes that are gone, but for this one.
    [[nodiscard]] virtual Result<std::int32_t> takeovers(domain::StreamId stream) = 0;
    /// To be called before the rows of a claimed stream are applied otherwise than on trial. Durable on return.
    /// `conflict`: the stream is ended. Taken back when this object goes, so that only who ended in the middle counts:
    /// let nothing apply rows any more by then.
    [[nodiscard]] virtual Result<Done> begin_takeover(domain::StreamId stream) = 0;

    /// Rows of a stream that are not applied, oldest first, at most `limit`, with seq > `after_seq`.
    [[nodiscard]] virtual Result<std::vector<JournalRow>> unapplied(domain::StreamId stream, std::uint64_t after_seq,
                                                                    std::size_t limit) = 0;

    /// Journals some rows that were set aside and are to be released (ProviderStore::release) anew, in a stream that
    /// nobody writes: it is an orphan, whose rows are tried first. False where there are none. What cannot be
    /// journaled is asked for again when the others are.
    [[nodiscard]] virtual Result<bool> release_row() = 0;

    /// Everything is applied: the stream is history, its lock is released.
    [[nodiscard]] virtual Result<Done> end(domain::StreamId stream) = 0;

    /// Today's and tomorrow's day partitions exist afterwards; where they do already, nothing is locked. Those of later
    /// days, and the end of old ones, are a chore (ports::Chores).
    [[nodiscard]] virtual Result<Done> maintain_partitions() = 0;
};

}  // namespace winnow::ports
