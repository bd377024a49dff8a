#pragma once

/// @file
/// ports::JournalSession on libpq. Private to pg.

#include "pg/session/libpq_session.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/ports/journal_store.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace winnow::pg {

class PgJournalSession final : public ports::JournalSession {
public:
    /// `writer` is unique in the stream. Connects when first used.
    PgJournalSession(PgOptions options, domain::StreamId stream, std::uint16_t writer)
        : options_(std::move(options)), stream_(stream), writer_(writer)
    {
    }

    /// Connects and takes the writer's and the stream's locks, unless that was done. `conflict`: the stream was taken
    /// over and ended; it is never ours again.
    [[nodiscard]] Result<Done> open_to_write();

    [[nodiscard]] Result<Done> append(const std::vector<ports::JournalRow>& rows) override;
    [[nodiscard]] Result<std::unique_ptr<ports::ReceiptClaim>> claim(
        const std::vector<ports::KeyedReceipt>& receipts) override;
    [[nodiscard]] Result<Done> probe(std::size_t bytes) override;
    [[nodiscard]] Result<bool> committed(TenantId tenant, const domain::RowPosition& position) override;

private:
    class Claim;

    /// Connects and takes the writer's lock only: enough to ask what became of a row.
    [[nodiscard]] Result<Done> connect();
    void take_writer_lock(LibpqSession& session) const;
    void insert(const std::vector<ports::JournalRow>& rows);
    void make_partitions(const std::vector<ports::JournalRow>& rows);
    [[nodiscard]] std::vector<ports::ReceiptAnswer> answers_to(const std::vector<ports::KeyedReceipt>& receipts);
    [[nodiscard]] Result<Done> commit_claim(const std::vector<ports::JournalRow>& rows);

    /// The Error for a failed statement; drops the session where it broke. `in_doubt`: it could have committed.
    [[nodiscard]] Error failed(const std::exception& failure, bool in_doubt);
    /// Ends the open transaction; the session stays where it can.
    void roll_back();

    PgOptions options_;
    domain::StreamId stream_;
    std::uint16_t writer_;
    std::optional<LibpqSession> session_;
    bool writable_ = false;  ///< The session also holds its share of the stream's lock.
};

}  // namespace winnow::pg
