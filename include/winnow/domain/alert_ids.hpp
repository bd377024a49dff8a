#pragma once

/// @file
/// How alerts and tickets are named so that a name tells its own tenant nothing of others. Pure.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/position.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::domain {

/// Streams from here on are written by programs that mask ids. What older ones wrote keeps the ids that were told then,
/// so an alert has one id for ever.
inline constexpr StreamId kFirstMaskedStream = 1U << 21U;

/// The ids of one journal row's alerts. Masking is done once for all of them.
class RowIds {
public:
    [[nodiscard]] AlertId alert(std::uint16_t index) const noexcept;
    [[nodiscard]] TicketId ticket(std::uint16_t index) const noexcept;

private:
    friend class TenantIds;
    RowIds(std::uint64_t high, std::uint64_t low) noexcept : high_(high), low_(low) {}

    std::uint64_t high_;
    std::uint64_t low_;
};

/// The names of one tenant's alerts and tickets. As position.hpp has them, but for streams from kFirstMaskedStream on:
/// there, stream and sequence, which count what all tenants send, are put through a permutation of their 58 bits that
/// is the tenant's and the millisecond's own. When an alert came and where it stands in its row stay legible: that is
/// its tenant's own affair. Small, immutable, thread-safe. Masking throws std::runtime_error where OpenSSL has no AES.
class TenantIds {
public:
    /// Masks nothing: for who names nobody's alerts.
    TenantIds() = default;

    [[nodiscard]] RowIds row(const RowPosition& row) const;
    [[nodiscard]] AlertId alert(const AlertPosition& at) const { return row(at.row).alert(at.index); }
    [[nodiscard]] TicketId ticket(const AlertPosition& at) const { return row(at.row).ticket(at.index); }

    /// nullopt for what is no alert's id, and for a masked stream's one that is not masked: who could try those would
    /// find the place of his own alerts, and so count others'. Another tenant's id names a place at random.
    [[nodiscard]] std::optional<AlertPosition> position(AlertId id) const;

    /// ReceiptId::str() and parse(), with the tenant's own ids.
    [[nodiscard]] std::string receipt(const ReceiptId& receipt) const;
    [[nodiscard]] std::optional<ReceiptId> receipt(std::string_view text) const;

private:
    friend class AlertIds;
    using Block = std::array<std::uint8_t, 16>;
    TenantIds(const Block& root, const Block& tenant) noexcept : root_(root), tenant_(tenant), masks_(true) {}

    [[nodiscard]] std::uint64_t permuted(std::uint64_t ms, std::uint64_t value) const;
    [[nodiscard]] std::uint64_t restored(std::uint64_t ms, std::uint64_t value) const;
    [[nodiscard]] std::uint64_t mixed(std::uint64_t ms, std::uint64_t round, std::uint64_t half) const;

    Block root_{};
    Block tenant_{};  ///< The tenant's id under the root.
    bool masks_ = false;
};

/// The names of all tenants. Immutable, thread-safe.
class AlertIds {
public:
    /// An AES key: a secret of the service, the same on every node and for good.
    using Root = std::array<std::uint8_t, 16>;

    AlertIds() = default;  ///< Masks nothing.
    explicit AlertIds(const Root& root) noexcept : root_(root), masks_(true) {}

    [[nodiscard]] TenantIds of(TenantId tenant) const;

private:
    Root root_{};
    bool masks_ = false;
};

/// When the alert was received, masked or not; nullopt for what is no alert's id.
[[nodiscard]] std::optional<Timestamp> received_at_of(AlertId id) noexcept;

}  // namespace winnow::domain
