#include "expr/functions/function.hpp"
#include "expr/prices.hpp"
#include "expr/values/scalar_text.hpp"

#include <algorithm>

namespace winnow::expr {

namespace {

std::uint8_t byte(const Ip& ip, std::size_t i)
{
    return static_cast<std::uint8_t>(ip.bytes[i]);
}

Ip masked(const Ip& ip, int prefix)
{
    auto out = ip;
    for (std::size_t i = 0; i < out.bytes.size(); ++i) {
        const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
        out.bytes[i] = static_cast<char>(byte(ip, i) & static_cast<std::uint8_t>(0xFFU << (8 - kept)));
    }
    return out;
}

bool contains(const Cidr& network, const Ip& ip)
{
    return ip.bytes.size() == network.address.bytes.size() &&
           masked(ip, network.prefix) == masked(network.address, network.prefix);
}

std::optional<Ip> ip_in(const Value& value)
{
    if (const auto* ip = value.as<Ip>()) return *ip;
    if (const auto* text = value.as<std::string>()) return parse_ip(*text);
    return std::nullopt;
}

std::optional<Cidr> cidr_in(const Value& value)
{
    if (const auto* cidr = value.as<Cidr>()) return *cidr;
    if (const auto* text = value.as<std::string>()) return parse_cidr(*text);
    return std::nullopt;
}

/// A text longer than any address is not read to its end, but it is looked at.
bool charge_reading(const Value& value, Budget& budget)
{
    return !value.is<std::string>() || budget.charge(price::kConversion);
}

Value make_ip(Arguments a, Budget& budget)
{
    if (!charge_reading(a[0], budget)) return over_budget();
    const auto* text = a[0].as<std::string>();
    if (text == nullptr) return no_overload("ip", a);
    const auto ip = parse_ip(*text);
    return ip ? Value(*ip) : Value::error("not an IP address: " + shown(a[0]));
}

Value address_of(Arguments a, Budget& /*budget*/)
{
    const auto* cidr = a[0].as<Cidr>();
    return cidr == nullptr ? no_overload("ip", a) : Value(cidr->address);
}

Value make_cidr(Arguments a, Budget& budget)
{
    if (!charge_reading(a[0], budget)) return over_budget();
    const auto* text = a[0].as<std::string>();
    if (text == nullptr) return no_overload("cidr", a);
    const auto cidr = parse_cidr(*text);
    return cidr ? Value(*cidr) : Value::error("not a network such as 10.0.0.0/8: " + shown(a[0]));
}

Value is_ip(Arguments a, Budget& budget)
{
    if (!charge_reading(a[0], budget)) return over_budget();
    const auto* text = a[0].as<std::string>();
    return text == nullptr ? no_overload("isIP", a) : Value(parse_ip(*text).has_value());
}

Value is_cidr(Arguments a, Budget& budget)
{
    if (!charge_reading(a[0], budget)) return over_budget();
    const auto* text = a[0].as<std::string>();
    return text == nullptr ? no_overload("isCIDR", a) : Value(parse_cidr(*text).has_value());
}

Value contains_ip(Arguments a, Budget& budget)
{
    if (!budget.charge(2) || !charge_reading(a[1], budget)) return over_budget();
    const auto* network = a[0].as<Cidr>();
    if (network == nullptr || !(a[1].is<Ip>() || a[1].is<std::string>())) return no_overload("containsIP", a);
    const auto ip = ip_in(a[1]);
    return ip ? Value(contains(*network, *ip)) : Value::error("not an IP address: " + shown(a[1]));
}

Value contains_cidr(Arguments a, Budget& budget)
{
    if (!budget.charge(2) || !charge_reading(a[1], budget)) return over_budget();
    const auto* network = a[0].as<Cidr>();
    if (network == nullptr || !(a[1].is<Cidr>() || a[1].is<std::string>())) return no_overload("containsCIDR", a);
    const auto inner = cidr_in(a[1]);
    if (!inner) return Value::error("not a network: " + shown(a[1]));
    return inner->prefix >= network->prefix && contains(*network, inner->address);
}

Value family(Arguments a, Budget& /*budget*/)
{
    const auto* ip = a[0].as<Ip>();
    if (ip == nullptr) return no_overload("family", a);
    return std::int64_t{ip->bytes.size() == 4 ? 4 : 6};
}

Value prefix_length(Arguments a, Budget& /*budget*/)
{
    const auto* cidr = a[0].as<Cidr>();
    return cidr == nullptr ? no_overload("prefixLength", a) : Value(std::int64_t{cidr->prefix});
}

Value masked_cidr(Arguments a, Budget& /*budget*/)
{
    const auto* cidr = a[0].as<Cidr>();
    if (cidr == nullptr) return no_overload("masked", a);
    return Cidr{.address = masked(cidr->address, cidr->prefix), .prefix = cidr->prefix};
}

template <bool (*Test)(const Ip&)>
Value test(Arguments a, Budget& budget)
{
    const auto* ip = a[0].as<Ip>();
    if (ip == nullptr) return no_overload("an address's method", a);
    return budget.charge(price::kNetwork) ? Value(Test(*ip)) : over_budget();
}

/// The networks that have a name.
struct Named {
    Cidr loopback4 = *parse_cidr("127.0.0.0/8");
    Cidr loopback6 = *parse_cidr("::1/128");
    Cidr link_local4 = *parse_cidr("169.254.0.0/16");
    Cidr link_local6 = *parse_cidr("fe80::/10");
    Cidr local_multicast4 = *parse_cidr("224.0.0.0/24");
    Cidr local_multicast6 = *parse_cidr("ff02::/16");
    Cidr unspecified4 = *parse_cidr("0.0.0.0/32");
    Cidr unspecified6 = *parse_cidr("::/128");
    Cidr multicast4 = *parse_cidr("224.0.0.0/4");
    Cidr multicast6 = *parse_cidr("ff00::/8");
    Cidr broadcast4 = *parse_cidr("255.255.255.255/32");
};

const Named& named()
{
    static const Named all;
    return all;
}

bool is_loopback(const Ip& ip)
{
    return contains(named().loopback4, ip) || contains(named().loopback6, ip);
}
bool is_link_local_unicast(const Ip& ip)
{
    return contains(named().link_local4, ip) || contains(named().link_local6, ip);
}
bool is_link_local_multicast(const Ip& ip)
{
    return contains(named().local_multicast4, ip) || contains(named().local_multicast6, ip);
}
bool is_unspecified(const Ip& ip)
{
    return contains(named().unspecified4, ip) || contains(named().unspecified6, ip);
}
bool is_global_unicast(const Ip& ip)
{
    return !is_unspecified(ip) && !is_loopback(ip) && !is_link_local_unicast(ip) && !contains(named().multicast4, ip) &&
           !contains(named().broadcast4, ip) && !contains(named().multicast6, ip);
}

}  // namespace

void add_network_functions(std::vector<Function>& all)
{
    const auto add = [&all](std::string_view name, bool method, std::size_t count, Value (*call)(Arguments, Budget&)) {
        all.push_back({.name = name, .method = method, .least = count, .most = count, .call = call});
    };
    add("ip", false, 1, make_ip);
    add("ip", true, 1, address_of);
    add("cidr", false, 1, make_cidr);
    add("isIP", false, 1, is_ip);
    add("isCIDR", false, 1, is_cidr);
    add("containsIP", true, 2, contains_ip);
    add("containsCIDR", true, 2, contains_cidr);
    add("family", true, 1, family);
    add("prefixLength", true, 1, prefix_length);
    add("masked", true, 1, masked_cidr);
    add("isLoopback", true, 1, test<is_loopback>);
    add("isLinkLocalUnicast", true, 1, test<is_link_local_unicast>);
    add("isLinkLocalMulticast", true, 1, test<is_link_local_multicast>);
    add("isUnspecified", true, 1, test<is_unspecified>);
    add("isGlobalUnicast", true, 1, test<is_global_unicast>);
}

}  // namespace winnow::expr
