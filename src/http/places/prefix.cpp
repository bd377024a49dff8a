#include "http/places/prefix.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace winnow::http {

namespace {

std::uint64_t number_of(std::span<const std::uint8_t> bytes)
{
    constexpr unsigned kBitsOfByte = 8;
    std::uint64_t number = 0;
    for (const auto byte : bytes) number = (number << kBitsOfByte) | byte;
    return number;
}

}  // namespace

std::optional<Prefix> Prefix::of(std::string_view address)
{
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    constexpr std::size_t kHalf = 8;
    const std::string text(address.substr(0, address.find('%')));
    Prefix prefix;
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
        prefix.bits_ = number_of(std::span(bytes).first<4>());
        return prefix;
    }
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    const bool is_v4 = std::ranges::equal(std::span(bytes).first<kMapped.size()>(), kMapped);
    prefix.bits_ = is_v4 ? number_of(std::span(bytes).last<4>()) : number_of(std::span(bytes).first<kHalf>());
    return prefix;
}

}  // namespace winnow::http
