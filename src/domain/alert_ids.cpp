#include "winnow/domain/alert_ids.hpp"

#include "domain/aes_block.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace winnow::domain {

namespace {

// high: 48 ms | version 8 | 12;  low: variant 10 | 46 | 14 index | 2 kind. The 58 bits between are stream and sequence,
// or what the permutation makes of them; the kind's higher bit tells which.
constexpr unsigned kSeqBits = 36;
constexpr unsigned kLowBits = 46;  ///< Of the 58, in the low word.
constexpr unsigned kHalfBits = 29;
constexpr std::uint64_t kHalf = (std::uint64_t{1} << kHalfBits) - 1;
constexpr std::uint64_t kMaskedBit = 2;
constexpr std::uint64_t kTicketBit = 1;

// Luby and Rackoff's construction: four rounds of a good function make a permutation that looks like one drawn at
// random to who sees few of its values; more rounds, for narrow halves, many. Standards for such widths take eight or
// ten.
constexpr std::uint64_t kRounds = 10;

bool is_alert(const Uuid& id) noexcept
{
    return (id.high() >> 12U & 0xFU) == 8 && id.low() >> 62U == 2 && (id.low() & kTicketBit) == 0;
}

std::uint64_t milliseconds_of(Timestamp at) noexcept
{
    return static_cast<std::uint64_t>(at.time_since_epoch().count()) & 0xFFFF'FFFF'FFFFULL;
}

}  // namespace

AlertId RowIds::alert(std::uint16_t index) const noexcept
{
    return AlertId(Uuid::from_words(high_, low_ | static_cast<std::uint64_t>(index) << 2U));
}

TicketId RowIds::ticket(std::uint16_t index) const noexcept
{
    return TicketId(Uuid::from_words(high_, low_ | static_cast<std::uint64_t>(index) << 2U | kTicketBit));
}

/// Of what is chained over two blocks, the tenant's id and this: the CBC-MAC, which is sound for texts of one length.
std::uint64_t TenantIds::mixed(std::uint64_t ms, std::uint64_t round, std::uint64_t half) const
{
    const Uuid tenant(tenant_);
    const auto chained = Uuid::from_words(tenant.high() ^ (ms << 8U | round), tenant.low() ^ half);
    return Uuid(aes_of(root_, chained.bytes())).low() & kHalf;
}

std::uint64_t TenantIds::permuted(std::uint64_t ms, std::uint64_t value) const
{
    auto left = value >> kHalfBits;
    auto right = value & kHalf;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        const auto next = left ^ mixed(ms, round, right);
        left = right;
        right = next;
    }
    return left << kHalfBits | right;
}

std::uint64_t TenantIds::restored(std::uint64_t ms, std::uint64_t value) const
{
    auto left = value >> kHalfBits;
    auto right = value & kHalf;
    for (auto round = kRounds; round-- > 0;) {
        const auto before = right ^ mixed(ms, round, left);
        right = left;
        left = before;
    }
    return left << kHalfBits | right;
}

RowIds TenantIds::row(const RowPosition& row) const
{
    const auto ms = milliseconds_of(row.received_at);
    auto place = static_cast<std::uint64_t>(row.stream) << kSeqBits | row.seq;
    const bool masked = masks_ && row.stream >= kFirstMaskedStream;
    if (masked) place = permuted(ms, place);
    const auto low = place & ((std::uint64_t{1} << kLowBits) - 1);
    return {ms << 16U | 0x8000U | place >> kLowBits, 0x8000'0000'0000'0000ULL | low << 16U | (masked ? kMaskedBit : 0)};
}

std::optional<AlertPosition> TenantIds::position(AlertId id) const
{
    const auto& uuid = id.value();
    if (!is_alert(uuid)) return std::nullopt;
    const bool masked = (uuid.low() & kMaskedBit) != 0;
    if (masked && !masks_) return std::nullopt;
    const auto ms = uuid.high() >> 16U;
    auto place = (uuid.high() & 0xFFFU) << kLowBits | (uuid.low() >> 16U & ((std::uint64_t{1} << kLowBits) - 1));
    if (masked) place = restored(ms, place);
    AlertPosition position;
    position.row.received_at = Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(ms)));
    position.row.stream = static_cast<StreamId>(place >> kSeqBits);
    position.row.seq = place & kMaxSeq;
    position.index = static_cast<std::uint16_t>(uuid.low() >> 2U & kMaxIndex);
    if (masks_ && masked != (position.row.stream >= kFirstMaskedStream)) return std::nullopt;
    return position;
}

std::string TenantIds::receipt(const ReceiptId& receipt) const
{
    return alert(receipt.first).str() + "." + std::to_string(receipt.count);
}

std::optional<ReceiptId> TenantIds::receipt(std::string_view text) const
{
    const auto dot = std::min(text.find('.'), text.size());
    const auto id = AlertId::parse(text.substr(0, dot));
    const auto first = id ? position(*id) : std::nullopt;
    if (!first) return std::nullopt;
    return ReceiptId::parse(alert_id_at(*first).str() + std::string(text.substr(dot)));
}

TenantIds AlertIds::of(TenantId tenant) const
{
    if (!masks_) return {};
    return {root_, aes_of(root_, tenant.value().bytes())};
}

std::optional<Timestamp> received_at_of(AlertId id) noexcept
{
    if (!is_alert(id.value())) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(id.value().high() >> 16U)));
}

}  // namespace winnow::domain
