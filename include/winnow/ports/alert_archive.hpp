#pragma once

/// @file
/// The journal and its verdicts as readers see them: rows, whose bytes winnow/journal/codec.hpp reads.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/position.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// One group commit's alerts of the tenant, and what became of them.
struct ArchivedRow {
    domain::RowPosition position;
    std::uint32_t alert_count = 0;        ///< Gaps are not counted: no bound of the indexes.
    std::string payload;                  ///< journal::encode_rows; "" where it was not asked for.
    std::optional<std::string> verdicts;  ///< journal::encode_verdicts; nullopt while triage has not reached the row.
};

/// A stretch of the journal, read backwards.
struct ArchiveRange {
    std::optional<Timestamp> received_from;        ///< Inclusive.
    std::optional<Timestamp> received_until;       ///< Exclusive.
    std::optional<domain::RowPosition> not_after;  ///< The newest row to read.
    bool with_payload = true;
};

/// Not thread-safe: lives and dies with its transaction.
class AlertArchive {
public:
    AlertArchive() = default;
    AlertArchive(const AlertArchive&) = delete;
    AlertArchive& operator=(const AlertArchive&) = delete;
    virtual ~AlertArchive() = default;

    /// What was received before is not shown any more: the tenant's own retention.
    [[nodiscard]] virtual Result<Timestamp> kept_from() = 0;

    /// One row by its primary key; `not_found` where it never was, or its retention has ended.
    [[nodiscard]] virtual Result<ArchivedRow> row(const domain::RowPosition& position) = 0;

    /// At most `limit` rows, newest first, and no more than some megabytes of them. However few they are, there may be
    /// older ones: only an empty answer says that none are left.
    [[nodiscard]] virtual Result<std::vector<ArchivedRow>> rows(const ArchiveRange& range, std::size_t limit) = 0;
};

}  // namespace winnow::ports
