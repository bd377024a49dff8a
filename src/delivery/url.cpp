#include "delivery/url.hpp"

#include "winnow/domain/host_name.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace winnow::delivery {
namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return out;
}

bool is_bracketed_address(std::string_view host)
{
    if (host.size() < 4 || !host.starts_with('[') || !host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
    return host.contains(':') && std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                      c == '.';
           });
}

bool is_port(std::string_view text)
{
    unsigned port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failure == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

}  // namespace

std::string webhook_url_problem(std::string_view url, const PlainHttpHosts& plain_http, const WebhookHosts& hosts)
{
    constexpr std::string_view kScheme = "https://";
    constexpr std::string_view kPlain = "http://";
    if (url.size() > kMaxWebhookUrl) return "must have at most " + std::to_string(kMaxWebhookUrl) + " characters";
    const auto start = lower(url.substr(0, kScheme.size()));
    const bool plain = start.starts_with(kPlain);
    if (!plain && start != kScheme) return "must begin with https://";
    if (!domain::is_printable_ascii(url)) return "must be ASCII without spaces; percent-encode other characters";
    if (url.contains('#')) return "must not have a fragment (#…): it is never sent";
    const auto rest = url.substr(plain ? kPlain.size() : kScheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?\\"));
    if (authority.size() < rest.size() && rest[authority.size()] == '\\') return "must not hold a backslash";
    if (authority.contains('@')) {
        return "must not hold a user name or password; use the signing secret to tell our calls from others";
    }
    const auto colon = authority.starts_with('[') ? authority.find(':', authority.find(']')) : authority.find(':');
    const auto host = authority.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) {
        return "must have a port from 1 to 65535 after the colon, or no colon";
    }
    if (plain && !(plain_http && plain_http(host))) {
        return "must begin with https://: over http anybody on the way could read and change what is sent (the "
               "operator "
               "can allow it for networks of delivery.egress_allow)";
    }
    if (!domain::is_host_name(host) && !is_bracketed_address(host)) return "must name a host after https://";
    if (!plain && hosts && !hosts(host)) {
        return "must not name an address of an inner network (the operator can allow it by delivery.egress_allow)";
    }
    return {};
}

}  // namespace winnow::delivery
