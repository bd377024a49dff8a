#include "api/rates/address_prefix.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace winnow::api {

Uuid address_prefix(const std::string& address)
{
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    constexpr std::size_t kNetwork = 8;
    std::array<std::uint8_t, 16> bytes{};
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
        std::ranges::copy(kMapped, bytes.begin());
        const auto* begin = reinterpret_cast<const std::uint8_t*>(&v4);
        std::copy_n(begin, sizeof v4, bytes.begin() + kMapped.size());
        return Uuid(bytes);
    }
    in6_addr v6{};
    const auto unscoped = address.substr(0, address.find('%'));
    if (inet_pton(AF_INET6, unscoped.c_str(), &v6) != 1) return {};
    std::copy_n(static_cast<const std::uint8_t*>(v6.s6_addr), bytes.size(), bytes.begin());
    if (!std::ranges::equal(kMapped, std::span(bytes).first(kMapped.size()))) {
        std::fill(bytes.begin() + kNetwork, bytes.end(), std::uint8_t{0});
    }
    return Uuid(bytes);
}

}  // namespace winnow::api
