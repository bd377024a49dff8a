#include "http/wire/forwarded.hpp"

#include "http/wire/ascii.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace winnow::http {

namespace {

using AddressBytes = std::array<std::uint8_t, 16>;

std::optional<AddressBytes> parse_address(std::string_view text, bool& is_v4)
{
    const std::string terminated(text);
    AddressBytes bytes{};
    is_v4 = inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1;
    if (is_v4) {
        bytes[10] = 0xFF;
        bytes[11] = 0xFF;
        return bytes;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
}

bool is_port(std::string_view text)
{
    constexpr std::size_t kDigits = 5;
    return !text.empty() && text.size() <= kDigits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "192.0.2.1" of "192.0.2.1:4711", "2001:db8::1" of "[2001:db8::1]:4711" and "[2001:db8::1]": some proxies tell the
/// port, too. Anything else is left as it is.
std::string_view without_port(std::string_view hop)
{
    if (hop.starts_with('[')) {
        const auto end = hop.find(']');
        if (end == std::string_view::npos) return hop;
        const auto rest = hop.substr(end + 1);
        const bool is_whole = rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
        const auto inner = hop.substr(1, end - 1);
        return is_whole && inner.contains(':') ? inner : hop;
    }
    const auto colon = hop.find(':');
    if (colon == std::string_view::npos || colon != hop.rfind(':')) return hop;
    return is_port(hop.substr(colon + 1)) ? hop.substr(0, colon) : hop;
}

}  // namespace

bool is_any_of(std::span<const Network> networks, std::string_view address)
{
    return std::ranges::any_of(networks, [address](const Network& network) { return network.contains(address); });
}

std::optional<Network> Network::parse(std::string_view text)
{
    const auto slash = text.find('/');
    bool is_v4 = false;
    const auto bytes = parse_address(text.substr(0, slash), is_v4);
    if (!bytes) return std::nullopt;
    Network network;
    network.prefix_ = *bytes;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const unsigned most = is_v4 ? 32 : 128;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), network.bits_);
        if (error != std::errc() || end != digits.data() + digits.size() || network.bits_ > most) return std::nullopt;
        if (is_v4) network.bits_ += 96;
    }
    return network;
}

bool Network::contains(std::string_view address) const
{
    bool is_v4 = false;
    const auto bytes = parse_address(address, is_v4);
    if (!bytes) return false;
    const auto whole = bits_ / 8;
    if (!std::equal(prefix_.begin(), prefix_.begin() + whole, bytes->begin())) return false;
    const auto rest = bits_ % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
    return (prefix_[whole] & mask) == ((*bytes)[whole] & mask);
}

std::string client_address(const std::string& peer, std::span<const Header> headers, std::span<const Network> trusted)
{
    if (trusted.empty() || !is_any_of(trusted, peer)) return peer;
    std::string client = peer;
    // From the last hop to the first: each trusted hop vouches for the one before it, and no further.
    for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
        if (!iequals(header->name, "X-Forwarded-For")) continue;
        std::string_view rest = header->value;
        while (!rest.empty()) {
            const auto comma = rest.rfind(',');
            const auto hop = without_port(trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1)));
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
            bool is_v4 = false;
            if (!parse_address(hop, is_v4)) return client;
            client = hop;
            if (!is_any_of(trusted, client)) return client;
        }
    }
    return client;
}

}  // namespace winnow::http
