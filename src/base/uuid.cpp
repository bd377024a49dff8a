#include "winnow/base/uuid.hpp"

#include "winnow/base/uuid_text.hpp"

namespace winnow {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// Where the first of each byte's two digits stands in the text, and the dashes between.
constexpr std::array<std::uint8_t, 16> kPlaces{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::array<std::uint8_t, 4> kDashes{8, 13, 18, 23};

/// The value of each character that is a digit; beyond 15 for any other.
constexpr std::array<std::uint8_t, 256> kDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(0xFF);
    for (std::uint8_t i = 0; i < 10; ++i) digits.at('0' + i) = i;
    for (std::uint8_t i = 0; i < 6; ++i) digits.at('a' + i) = digits.at('A' + i) = static_cast<std::uint8_t>(10 + i);
    return digits;
}();

constexpr std::uint8_t digit_of(char c) noexcept
{
    return kDigits[static_cast<unsigned char>(c)];
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
    for (const auto dash : kDashes) {
        if (text[dash] != '-') return std::nullopt;
    }
    std::array<std::uint8_t, 16> bytes{};
    unsigned all = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto high = digit_of(text[kPlaces[i]]);
        const auto low = digit_of(text[kPlaces[i] + 1U]);
        all |= high | low;
        bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    if (all > 0x0F) return std::nullopt;
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
    return std::string(UuidText(*this).view());
}

UuidText::UuidText(const Uuid& id) noexcept
{
    for (const auto dash : kDashes) chars_[dash] = '-';
    for (std::size_t i = 0; i < id.bytes().size(); ++i) {
        const auto byte = id.bytes()[i];
        chars_[kPlaces[i]] = kHex[byte >> 4U];
        chars_[kPlaces[i] + 1U] = kHex[byte & 0x0FU];
    }
}

}  // namespace winnow
