#include "api/signin/browser_guard.hpp"

#include "api/rest/json_body.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace winnow::api {

namespace {

bool has_body(const http::RequestHead& head)
{
    const auto length = head.header("Content-Length");
    return (!length.empty() && length != "0") || !head.header("Transfer-Encoding").empty();
}

/// A header that stands once says one thing: of several a proxy in between and we might heed different ones.
bool stands_twice(const http::RequestHead& head, std::string_view name)
{
    const auto is_named = [name](const http::Header& header) {
        return std::ranges::equal(header.name, name, [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
        });
    };
    return std::ranges::count_if(head.headers, is_named) > 1;
}

bool is_json(const http::RequestHead& head)
{
    if (head.header("Content-Type").empty()) return !has_body(head);
    return has_media_type(head, {"application/json", "application/merge-patch+json"});
}

}  // namespace

std::string origin_of(std::string_view url)
{
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return "";
    const auto host_end = url.find_first_of("/?#", scheme + 3);
    std::string origin(url.substr(0, host_end));
    for (auto& c : origin) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    // Browsers leave it out.
    constexpr std::string_view kUsual = ":443";
    if (origin.starts_with("https://") && origin.ends_with(kUsual)) origin.resize(origin.size() - kUsual.size());
    return origin;
}

std::optional<std::string> cross_site(const http::RequestHead& head, std::string_view origin)
{
    for (const std::string_view name : {"sec-fetch-site", "origin", "winnow-csrf"}) {
        if (stands_twice(head, name)) return std::string(name) + " stands twice";
    }
    const auto site = head.header("Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin") return "a page of another origin sent this";
    if (site.empty() && (origin.empty() || head.header("Origin") != origin)) {
        return "there is neither Sec-Fetch-Site nor the Origin of this service";
    }
    if (head.header("Winnow-CSRF") != "1") return "send the header Winnow-CSRF: 1";
    if (!is_json(head)) return "send Content-Type: application/json";
    return std::nullopt;
}

bool is_unsafe(std::string_view method) noexcept
{
    return method != "GET" && method != "HEAD";
}

}  // namespace winnow::api
