#include "http/wire/framing.hpp"

#include "http/wire/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace winnow::http {

namespace {

constexpr Refusal bad(std::string_view detail) noexcept
{
    return {.status = 400, .code = "malformed_request", .detail = detail};
}

/// The only header of that name; `repeated` when there are more.
struct Single {
    std::optional<std::string_view> value;
    bool repeated = false;
};

Single find_single(std::span<const Header> headers, std::string_view name) noexcept
{
    Single found;
    for (const auto& header : headers) {
        if (!iequals(header.name, name)) continue;
        if (found.value) found.repeated = true;
        found.value = header.value;
    }
    return found;
}

bool has_list_member(std::span<const Header> headers, std::string_view name, std::string_view member) noexcept
{
    for (const auto& header : headers) {
        if (!iequals(header.name, name)) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (iequals(trim(rest.substr(0, comma)), member)) return true;
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        }
    }
    return false;
}

bool is_port(std::string_view text) noexcept
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value <= 65'535 && is_digit(text.front());
}

/// `uri-host [ ":" port ]`, without user information.
bool is_host(std::string_view text) noexcept
{
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const auto literal = text.substr(1, close - 1);
        if (!std::ranges::all_of(literal, [](char c) { return is_alnum(c) || c == ':' || c == '.'; })) return false;
        port = text.substr(close + 1);
        if (port.empty()) return true;
        if (!port.starts_with(':')) return false;
        port.remove_prefix(1);
    } else {
        const auto colon = text.find(':');
        const auto name = text.substr(0, colon);
        const auto is_name_character = [](char c) {
            return is_alnum(c) || std::string_view("-._~!$&'()*+,;=%").contains(c);
        };
        if (name.empty() || !std::ranges::all_of(name, is_name_character)) return false;
        if (colon == std::string_view::npos) return true;
        port = text.substr(colon + 1);
    }
    return port.empty() || is_port(port);
}

bool is_text(char c) noexcept
{
    const auto byte = static_cast<std::uint8_t>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
}

std::optional<Refusal> check_fields(const HeadView& head)
{
    if (!is_token(head.method)) return bad("The method is not a token.");
    for (const auto& header : head.headers) {
        if (!is_token(header.name)) return bad("A header name is not a token.");
        if (!is_field_value(header.value)) return bad("A header value contains a control character.");
    }
    const auto host = find_single(head.headers, "Host");
    if (host.repeated) return bad("There is more than one Host header.");
    if (!host.value && head.version >= 11) return bad("The Host header is missing.");
    if (host.value && !is_host(*host.value)) return bad("The Host header is not a host name.");
    // Of two, a proxy may check the one and we use the other.
    if (find_single(head.headers, "Authorization").repeated) return bad("There is more than one Authorization header.");
    if (find_single(head.headers, "X-Api-Key").repeated) return bad("There is more than one X-Api-Key header.");
    return std::nullopt;
}

std::expected<Framing, Refusal> body_framing(const HeadView& head)
{
    Framing framing;
    const auto coding = find_single(head.headers, "Transfer-Encoding");
    const auto length = find_single(head.headers, "Content-Length");
    if (coding.value) {
        if (head.version < 11) return std::unexpected(bad("HTTP/1.0 has no Transfer-Encoding."));
        if (length.value) return std::unexpected(bad("Send Content-Length or Transfer-Encoding, not both."));
        if (coding.repeated) return std::unexpected(bad("There is more than one Transfer-Encoding header."));
        if (!iequals(*coding.value, "chunked")) {
            return std::unexpected(Refusal{.status = 501,
                                           .code = "unsupported_transfer_encoding",
                                           .detail = "The only Transfer-Encoding supported is chunked."});
        }
        framing.body = BodyKind::chunked;
    } else if (length.value) {
        if (length.repeated) return std::unexpected(bad("There is more than one Content-Length header."));
        const auto text = *length.value;
        constexpr std::size_t kLongest = 18;  // fits 64 bits whatever the digits
        if (text.empty() || text.size() > kLongest || !std::ranges::all_of(text, is_digit)) {
            return std::unexpected(bad("Content-Length is not a number."));
        }
        std::from_chars(text.data(), text.data() + text.size(), framing.length);
        if (framing.length > 0) framing.body = BodyKind::length;
    }
    return framing;
}

}  // namespace

std::expected<Framing, Refusal> check_framing(const HeadView& head)
{
    if (const auto refusal = check_fields(head)) return std::unexpected(*refusal);
    auto framing = body_framing(head);
    if (!framing) return framing;

    const bool wants_close = has_list_member(head.headers, "Connection", "close");
    framing->keep_alive =
        !wants_close && (head.version >= 11 || has_list_member(head.headers, "Connection", "keep-alive"));

    const auto expect = find_single(head.headers, "Expect");
    if (expect.value && head.version >= 11) {
        if (expect.repeated || !iequals(*expect.value, "100-continue")) {
            return std::unexpected(Refusal{.status = 417,
                                           .code = "expectation_failed",
                                           .detail = "The only expectation supported is 100-continue."});
        }
        framing->expects_continue = framing->body != BodyKind::none;
    }
    return framing;
}

std::expected<Target, Refusal> split_target(std::string_view method, std::string_view target)
{
    const auto is_visible = [](char c) {
        return c > ' ' && c < 0x7F;
    };
    if (target.empty() || !std::ranges::all_of(target, is_visible)) {
        return std::unexpected(bad("The request target contains a character that must be percent-encoded."));
    }
    if (target.contains('#')) return std::unexpected(bad("The request target has a fragment."));
    if (target == "*") {
        if (method != "OPTIONS") return std::unexpected(bad("Only OPTIONS may ask for *."));
        return Target{.path = "/", .query = {}};
    }
    if (!target.starts_with('/')) {
        const auto scheme_end = target.find("://");
        const auto scheme = target.substr(0, scheme_end);
        if (scheme_end == std::string_view::npos || (!iequals(scheme, "https") && !iequals(scheme, "http"))) {
            return std::unexpected(bad("The request target is not a path."));
        }
        const auto rest = target.substr(scheme_end + 3);
        const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
        // RFC 9112 §3.2.2: the target's host counts and the Host header does not. Neither means anything here.
        if (!is_host(rest.substr(0, authority_end))) {
            return std::unexpected(bad("The request target's host is not a host name."));
        }
        target = rest.substr(authority_end);
        if (target.empty()) return Target{.path = "/", .query = {}};
        if (target.starts_with('?')) return Target{.path = "/", .query = target.substr(1)};
    }
    const auto question = target.find('?');
    if (question == std::string_view::npos) return Target{.path = target, .query = {}};
    return Target{.path = target.substr(0, question), .query = target.substr(question + 1)};
}

std::string_view claimed_path(std::string_view bytes) noexcept
{
    const auto line = bytes.substr(0, bytes.find_first_of("\r\n"));
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    auto target = line.substr(blank + 1);
    target = target.substr(0, target.find_first_of(" ?#"));
    if (const auto scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
        const auto path = target.find('/', scheme + 3);
        return path == std::string_view::npos ? std::string_view() : target.substr(path);
    }
    return target.starts_with('/') ? target : std::string_view();
}

HeadScan::State HeadScan::scan(std::string_view bytes) noexcept
{
    for (; position_ < bytes.size(); ++position_) {
        const char c = bytes[position_];
        // A line that starts with a blank continues the one before (obs-fold), or is a blank in front of a name.
        if ((c == ' ' || c == '\t') && position_ == line_start_) return State::malformed;
        if (is_text(c)) continue;
        if (c != '\r') return State::malformed;
        if (position_ + 1 == bytes.size()) return State::incomplete;
        if (bytes[position_ + 1] != '\n') return State::malformed;
        if (request_line_ == 0) request_line_ = position_;
        const bool is_empty = position_ == line_start_;
        position_ += 1;
        line_start_ = position_ + 1;
        if (is_empty) {
            ++position_;
            return State::complete;
        }
    }
    return State::incomplete;
}

}  // namespace winnow::http
