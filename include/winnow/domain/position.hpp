#pragma once

/// @file
/// Where an alert stands in the journal, and the identifiers that say so.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::domain {

/// One writer's sequence of journal rows. A node opens a new one at each start.
using StreamId = std::uint32_t;

/// One journal row: a group commit's alerts of one tenant.
struct RowPosition {
    Timestamp received_at;  ///< Names the day partition; never decreases along a stream.
    StreamId stream = 0;    ///< 22 bits.
    std::uint64_t seq = 0;  ///< 36 bits; starts at 1.

    friend auto operator<=>(const RowPosition&, const RowPosition&) = default;
};

/// One alert: a row and the index within it.
struct AlertPosition {
    RowPosition row;
    std::uint16_t index = 0;  ///< 14 bits.

    friend auto operator<=>(const AlertPosition&, const AlertPosition&) = default;
};

inline constexpr StreamId kMaxStream = (1U << 22U) - 1;
inline constexpr std::uint64_t kMaxSeq = (std::uint64_t{1} << 36U) - 1;
inline constexpr std::uint16_t kMaxIndex = (1U << 14U) - 1;

/// A row of the journal takes so many alerts; a request with more goes into rows of its own, one behind another. A row
/// is the least that one transaction of triage applies, with all that it owes: it has to be stored in time. (Rows that
/// earlier versions wrote took 8,000.)
inline constexpr std::size_t kRowAlerts = 2'000;

/// An alert's id *is* its position, as a version 8 UUID: 48 bits of milliseconds, stream, sequence, index and two
/// bits of kind. Finding an alert by id is one row read. These are the ids of before they were masked; TenantIds
/// (alert_ids.hpp) knows both, and is who to ask.
[[nodiscard]] AlertId alert_id_at(const AlertPosition& position) noexcept;

/// The position an id names; nullopt for an id that is not an alert's.
[[nodiscard]] std::optional<AlertPosition> position_of(AlertId id) noexcept;

/// A ticket is named after the alert that opened it, so replaying the journal makes the same ticket again.
[[nodiscard]] TicketId ticket_id_at(const AlertPosition& position) noexcept;

/// The alert that opened it, masked where the ticket's id is.
[[nodiscard]] AlertId opener_of(TicketId id) noexcept;

/// The position of the request's next alert: the next index, or the next row's first one.
[[nodiscard]] AlertPosition next_in_request(AlertPosition position) noexcept;

/// Where a request's alerts stand: `count` of them from `first` on. More than kRowAlerts begin a row, fill it, and go
/// on in the rows with the following sequence numbers.
struct ReceiptId {
    static constexpr std::uint32_t kMaxCount = 100'000;

    AlertPosition first;
    std::uint32_t count = 0;

    /// "<alert id of the first>.<count>".
    [[nodiscard]] std::string str() const;
    /// nullopt also for more than kMaxCount: no request is as long.
    [[nodiscard]] static std::optional<ReceiptId> parse(std::string_view text) noexcept;

    friend bool operator==(const ReceiptId&, const ReceiptId&) = default;
};

}  // namespace winnow::domain
