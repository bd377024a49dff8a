#include "winnow/base/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace winnow {

namespace {

constexpr std::size_t kMappedBits = 96;  // of ::ffff:0:0/96, which IPv4 addresses stand behind

std::uint8_t mask_of(std::size_t prefix, std::size_t byte) noexcept
{
    const std::size_t before = byte * 8;
    if (prefix >= before + 8) return 0xFF;
    if (prefix <= before) return 0;
    return static_cast<std::uint8_t>(0xFFU << (8 - (prefix - before)));
}

IpAddress masked(IpAddress address, std::size_t prefix) noexcept
{
    for (std::size_t i = 0; i < address.bytes.size(); ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & mask_of(prefix, i));
    }
    return address;
}

Error refused(std::string_view text, const std::string& why)
{
    return {ErrorCode::invalid_argument, '"' + std::string(text) + "\" " + why};
}

bool is_mapped(const IpAddress& address) noexcept
{
    if (address.family != IpAddress::Family::v6) return false;
    const auto& bytes = address.bytes;
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
           bytes[10] == 0xFF && bytes[11] == 0xFF;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text)
{
    const std::string terminated(text);
    if (terminated.contains('\0')) return std::nullopt;
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
    address.family = IpAddress::Family::v6;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

std::string to_string(const IpAddress& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = address.family == IpAddress::Family::v4 ? AF_INET : AF_INET6;
    inet_ntop(family, address.bytes.data(), text.data(), static_cast<socklen_t>(text.size()));
    return text.data();
}

std::string canonical_address(std::string_view text)
{
    const auto address = parse_address(text);
    return address ? to_string(unmapped(*address)) : std::string(text);
}

IpAddress unmapped(const IpAddress& address) noexcept
{
    if (!is_mapped(address)) return address;
    IpAddress plain;
    std::copy(address.bytes.begin() + 12, address.bytes.end(), plain.bytes.begin());
    return plain;
}

bool Network::contains(const IpAddress& address) const noexcept
{
    return address.family == base.family && masked(address, prefix).bytes == base.bytes;
}

Result<Network> parse_network(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) {
        return refused(text, "is not a network: write an address and a prefix length, such as 10.0.0.0/8 or fd00::/8");
    }
    Network network{*address, address->bits()};
    if (slash == std::string_view::npos) return network;
    const auto digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix);
    if (failure != std::errc{} || end != digits.data() + digits.size() || network.prefix > address->bits()) {
        return refused(text, "has no good prefix length: write a number from 0 to " + std::to_string(address->bits()) +
                                 " after the slash");
    }
    network.base = masked(*address, network.prefix);
    if (network.base != *address) {
        return refused(text, "has bits set after its prefix: write " + to_string(network.base) + "/" +
                                 std::string(digits) + " for the network, or " + to_string(*address) +
                                 " for the one address");
    }
    return network;
}

std::string to_string(const Network& network)
{
    return to_string(network.base) + '/' + std::to_string(network.prefix);
}

Network unmapped(const Network& network) noexcept
{
    if (!is_mapped(network.base) || network.prefix < kMappedBits) return network;
    return {.base = unmapped(network.base), .prefix = network.prefix - kMappedBits};
}

bool is_in(std::span<const Network> networks, const IpAddress& address) noexcept
{
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

}  // namespace winnow
