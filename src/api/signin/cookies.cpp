#include "api/signin/cookies.hpp"

#include "winnow/crypto/token.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace winnow::api {

namespace {

constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";
constexpr std::string_view kLaxAttributes = "; Path=/; Secure; HttpOnly; SameSite=Lax";

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

bool is_cookie_header(std::string_view name)
{
    constexpr std::string_view kCookie = "cookie";
    return std::ranges::equal(
        name, kCookie, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

std::vector<std::string_view> values_of(const http::RequestHead& head, std::string_view name)
{
    std::vector<std::string_view> values;
    for (const auto& header : head.headers) {
        if (!is_cookie_header(header.name)) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const auto end = rest.find(';');
            const auto pair = trimmed(rest.substr(0, end));
            const auto equals = pair.find('=');
            if (equals != std::string_view::npos && trimmed(pair.substr(0, equals)) == name) {
                values.push_back(trimmed(pair.substr(equals + 1)));
            }
            if (end == std::string_view::npos) break;
            rest.remove_prefix(end + 1);
        }
    }
    return values;
}

void add_cookie(http::Response& response, std::string_view name, std::string_view value, std::string_view more,
                std::string_view attributes = kAttributes)
{
    std::string text(name);
    text += '=';
    text += value;
    text += more;
    text += attributes;
    response.headers.push_back({"Set-Cookie", std::move(text)});
}

}  // namespace

std::optional<std::string> cookie_of(const http::RequestHead& head, std::string_view name)
{
    const auto values = values_of(head, name);
    if (values.empty()) return std::nullopt;
    return std::string(values.front());
}

bool is_ambiguous(const http::RequestHead& head, std::string_view name)
{
    return values_of(head, name).size() > 1;
}

void keep_private(http::Response& response)
{
    response.set("Cache-Control", "no-store");
    response.set("Vary", "Sec-Fetch-Site, Origin, Cookie");
}

void ask_for_cookie(http::Response& response)
{
    constexpr int kUnauthenticated = 401;
    if (response.status == kUnauthenticated) response.set("WWW-Authenticate", "Cookie realm=\"winnow\"");
}

bool is_of_page(const http::RequestHead& head, bool shows_session)
{
    return shows_session || !head.header("Sec-Fetch-Site").empty();
}

void set_session_cookie(http::Response& response, std::string_view token)
{
    add_cookie(response, kSessionCookie, token, "");
}

void clear_session_cookie(http::Response& response)
{
    add_cookie(response, kSessionCookie, "", "; Max-Age=0");
}

void set_login_cookie(http::Response& response, std::string_view value)
{
    add_cookie(response, kLoginCookie, value, "; Max-Age=600", kLaxAttributes);
}

void clear_login_cookie(http::Response& response)
{
    add_cookie(response, kLoginCookie, "", "; Max-Age=0", kLaxAttributes);
}

void set_device_cookie(http::Response& response, std::string_view value)
{
    const auto life = std::chrono::floor<std::chrono::seconds>(crypto::DeviceCookies::kLife).count();
    add_cookie(response, kDeviceCookie, value, "; Max-Age=" + std::to_string(life));
}

}  // namespace winnow::api
