#include "delivery/egress_guard.hpp"

#include "winnow/delivery/egress.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace winnow::delivery {

namespace {

// IANA's special-purpose registries: everything that is not a public unicast host. One line a reason.
constexpr auto kDenied = std::to_array<std::string_view>({
    "0.0.0.0/8",         // this network; Linux takes 0.0.0.0 for itself
    "10.0.0.0/8",        // private
    "100.64.0.0/10",     // carrier-grade NAT; a cloud's metadata at 100.100.100.200
    "127.0.0.0/8",       // loopback
    "168.63.129.16/32",  // a cloud's host agent, on a public address
    "169.254.0.0/16",    // link-local; cloud metadata at 169.254.169.254
    "172.16.0.0/12",     // private
    "192.0.0.0/24",      // protocol assignments; a cloud's metadata at 192.0.0.192
    "192.0.2.0/24",      // documentation
    "192.88.99.0/24",    // 6to4 relays
    "192.168.0.0/16",    // private
    "198.18.0.0/15",     // benchmarking
    "198.51.100.0/24",   // documentation
    "203.0.113.0/24",    // documentation
    "224.0.0.0/4",       // multicast
    "240.0.0.0/4",       // reserved, and broadcast
    // Of IPv6 only 2000::/3 is global unicast. What is denied with the rest: unspecified, loopback, IPv4-compatible
    // and -mapped (::/8), NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), discard-only (100::/64), unique local (fc00::/7,
    // with a cloud's metadata at fd00:ec2::254), link-local (fe80::/10), site-local (fec0::/10), multicast (ff00::/8).
    "::/3", "4000::/2", "8000::/1",
    "2001::/23",      // protocol assignments: Teredo, benchmarking, ORCHID
    "2001:db8::/32",  // documentation
    "2002::/16",      // 6to4: an IPv4 address in disguise
    "3fff::/20",      // documentation
});

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

[[noreturn]] void refuse(std::string_view text, const std::string& why)
{
    throw std::invalid_argument("egress_allow: \"" + std::string(text) + "\" " + why);
}

bool is_in(const std::vector<Network>& networks, const IpAddress& address) noexcept
{
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
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

bool Network::contains(const IpAddress& address) const noexcept
{
    return address.family == base.family && masked(address, prefix).bytes == base.bytes;
}

Network parse_network(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) {
        refuse(text, "is not a network: write an address and a prefix length, such as 10.0.0.0/8 or fd00::/8");
    }
    Network network{*address, address->bits()};
    if (slash == std::string_view::npos) return network;
    const auto digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix);
    if (failure != std::errc{} || end != digits.data() + digits.size() || network.prefix > address->bits()) {
        refuse(text, "has no good prefix length: write a number from 0 to " + std::to_string(address->bits()) +
                         " after the slash");
    }
    network.base = masked(*address, network.prefix);
    if (network.base != *address) {
        refuse(text, "has bits set after its prefix: write " + to_string(network.base) + "/" + std::string(digits) +
                         " for the network, or " + to_string(*address) + " for the one address");
    }
    return network;
}

EgressGuard::EgressGuard(const std::vector<std::string>& allow)
{
    for (const auto network : kDenied) denied_.push_back(parse_network(network));
    for (const auto& network : allow) allowed_.push_back(parse_network(network));
}

bool EgressGuard::allows(const IpAddress& address) const noexcept
{
    return is_in(allowed_, address) || !is_in(denied_, address);
}

bool EgressGuard::allows_plain(const IpAddress& address) const noexcept
{
    return is_in(allowed_, address);
}

namespace {

std::optional<IpAddress> address_in_url(std::string_view host)
{
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return parse_address(host);
}

}  // namespace

bool EgressGuard::may_allow(std::string_view host) const noexcept
{
    const auto address = address_in_url(host);
    return !address || allows(*address);
}

bool EgressGuard::may_allow_plain(std::string_view host) const noexcept
{
    const auto address = address_in_url(host);
    return address ? allows_plain(*address) : !allowed_.empty();
}

std::string problem_of_egress_network(const std::string& text)
{
    try {
        static_cast<void>(parse_network(text));
        return "";
    } catch (const std::invalid_argument& problem) {
        return std::string(problem.what()).substr(std::string_view("egress_allow: ").size());
    }
}

}  // namespace winnow::delivery
