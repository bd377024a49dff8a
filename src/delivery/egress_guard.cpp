#include "delivery/egress_guard.hpp"

#include "winnow/delivery/egress.hpp"

#include <optional>
#include <stdexcept>
#include <string_view>

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

/// Throws std::invalid_argument where it is none.
Network network_of(std::string_view text)
{
    const auto network = parse_network(text);
    if (!network) throw std::invalid_argument("egress_allow: " + network.error().message());
    return *network;
}

}  // namespace

EgressGuard::EgressGuard(const std::vector<std::string>& allow)
{
    for (const auto network : kDenied) denied_.push_back(network_of(network));
    for (const auto& network : allow) allowed_.push_back(network_of(network));
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
    const auto network = parse_network(text);
    return network ? "" : network.error().message();
}

}  // namespace winnow::delivery
