#include "winnow/base/uuid.hpp"

namespace winnow {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

constexpr bool is_dash_position(std::size_t i) noexcept
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

constexpr int digit_of(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::uint64_t read_word(const std::uint8_t* bytes) noexcept
{
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8U | bytes[i];
    return word;
}

}  // namespace

Uuid Uuid::from_words(std::uint64_t high, std::uint64_t low) noexcept
{
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[7 - i] = static_cast<std::uint8_t>(high >> (8 * i));
        bytes[15 - i] = static_cast<std::uint8_t>(low >> (8 * i));
    }
    return Uuid(bytes);
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept
{
    if (text.size() != 36) return std::nullopt;
    std::array<std::uint8_t, 16> bytes{};
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int digit = digit_of(text[i]);
        if (digit < 0) return std::nullopt;
        auto& byte = bytes[nibble / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | digit);
        ++nibble;
    }
    return Uuid(bytes);
}

Uuid Uuid::v7(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) noexcept
{
    const auto high = unix_ms << 16U | 0x7000U | (random_high & 0x0FFFU);
    const auto low = 0x8000'0000'0000'0000ULL | (random_low & 0x3FFF'FFFF'FFFF'FFFFULL);
    return from_words(high, low);
}

std::uint64_t Uuid::high() const noexcept
{
    return read_word(bytes_.data());
}

std::uint64_t Uuid::low() const noexcept
{
    return read_word(bytes_.data() + 8);
}

std::string Uuid::str() const
{
    std::string text(36, '-');
    std::size_t at = 0;
    for (const auto byte : bytes_) {
        if (is_dash_position(at)) ++at;
        text[at++] = kHex[byte >> 4U];
        text[at++] = kHex[byte & 0x0FU];
    }
    return text;
}

}  // namespace winnow
