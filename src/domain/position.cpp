#include "winnow/domain/position.hpp"

#include <charconv>

namespace winnow::domain {

namespace {

enum class Kind : std::uint8_t { alert = 0, ticket = 1 };

// high: 48 ms | version 8 | 12 of stream;  low: variant 10 | 10 of stream | 36 seq | 14 index | 2 kind
Uuid encode(const AlertPosition& position, Kind kind) noexcept
{
    const auto ms = static_cast<std::uint64_t>(position.row.received_at.time_since_epoch().count());
    const std::uint64_t stream = position.row.stream;
    const auto high = ms << 16U | 0x8000U | stream >> 10U;
    const auto low = 0x8000'0000'0000'0000ULL | (stream & 0x3FFU) << 52U | position.row.seq << 16U |
                     static_cast<std::uint64_t>(position.index) << 2U | static_cast<std::uint64_t>(kind);
    return Uuid::from_words(high, low);
}

}  // namespace

AlertId alert_id_at(const AlertPosition& position) noexcept
{
    return AlertId(encode(position, Kind::alert));
}

TicketId ticket_id_at(const AlertPosition& position) noexcept
{
    return TicketId(encode(position, Kind::ticket));
}

AlertId opener_of(TicketId id) noexcept
{
    constexpr auto kTicketBit = static_cast<std::uint64_t>(Kind::ticket);
    return AlertId(Uuid::from_words(id.value().high(), id.value().low() & ~kTicketBit));
}

std::optional<AlertPosition> position_of(AlertId id) noexcept
{
    const auto high = id.value().high();
    const auto low = id.value().low();
    const bool ours = (high >> 12U & 0xFU) == 8 && low >> 62U == 2 && (low & 3U) == 0;
    if (!ours) return std::nullopt;
    AlertPosition position;
    position.row.received_at = Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(high >> 16U)));
    position.row.stream = static_cast<StreamId>((high & 0xFFFU) << 10U | (low >> 52U & 0x3FFU));
    position.row.seq = low >> 16U & kMaxSeq;
    position.index = static_cast<std::uint16_t>(low >> 2U & kMaxIndex);
    return position;
}

AlertPosition next_in_request(AlertPosition position) noexcept
{
    if (++position.index == kRowAlerts) {
        position.index = 0;
        ++position.row.seq;
    }
    return position;
}

std::string ReceiptId::str() const
{
    return alert_id_at(first).str() + "." + std::to_string(count);
}

std::optional<ReceiptId> ReceiptId::parse(std::string_view text) noexcept
{
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto id = AlertId::parse(text.substr(0, dot));
    if (!id) return std::nullopt;
    const auto position = position_of(*id);
    const auto digits = text.substr(dot + 1);
    ReceiptId receipt;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), receipt.count);
    if (!position || ec != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (receipt.count > kMaxCount) return std::nullopt;
    receipt.first = *position;
    return receipt;
}

}  // namespace winnow::domain
