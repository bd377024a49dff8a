#include "http/wire/response_text.hpp"

#include "http/wire/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace winnow::http {

namespace {

struct Reason {
    int status;
    std::string_view text;
};

constexpr std::array kReasons{
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{428, "Precondition Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

constexpr std::array<std::string_view, 6> kOwnHeaders{"Date",         "Content-Length", "Connection",
                                                      "X-Request-Id", "Server",         "Transfer-Encoding"};

/// An answer is data: whatever a sender wrote in it, no browser makes a page of it, or says where it came from.
constexpr std::string_view kForBrowsers =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

std::string_view reason_of(int status) noexcept
{
    const auto* found = std::ranges::find(kReasons, status, &Reason::status);
    return found != kReasons.end() ? found->text : std::string_view("Status");
}

int status_of(const Response& response) noexcept
{
    return response.status >= 200 && response.status <= 599 ? response.status : 500;
}

bool may_have_body(const Response& response) noexcept
{
    const int status = status_of(response);
    return status != 204 && status != 304;
}

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::size_t number)
{
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::string http_date(std::time_t instant)
{
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&instant, &parts);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "???, %d ??? %Y %H:%M:%S GMT", &parts);
    std::string date(text.data(), size);
    date.replace(0, 3, kDays[static_cast<std::size_t>(parts.tm_wday)]);  // not the locale's names
    date.replace(8, 3, kMonths[static_cast<std::size_t>(parts.tm_mon)]);
    return date;
}

std::string_view append_head(std::string& out, const Response& response, const ResponseContext& context)
{
    const int status = status_of(response);
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(status));
    out.append(" ").append(reason_of(status)).append("\r\n");

    bool has_cache_control = false;
    for (const auto& header : response.headers) {
        if (!is_token(header.name) || !is_field_value(header.value)) continue;
        if (std::ranges::any_of(kOwnHeaders, [&](std::string_view own) { return iequals(own, header.name); })) continue;
        if (iequals(header.name, "Cache-Control")) has_cache_control = true;
        append_field(out, header.name, header.value);
    }
    append_field(out, "Date", context.date);
    append_field(out, "X-Request-Id", context.request_id);
    out += kForBrowsers;
    if (!has_cache_control) append_field(out, "Cache-Control", "no-store");
    if (!context.keep_alive) {
        append_field(out, "Connection", "close");
    } else if (context.http_1_0) {
        append_field(out, "Connection", "keep-alive");
    }
    if (!may_have_body(response)) {
        out += "\r\n";
    } else if (response.body.source() == nullptr) {
        out += "Content-Length: ";
        append_number(out, response.body.text().size());
        out += "\r\n\r\n";
    } else {
        out += context.http_1_0 ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n";
    }
    return sends_body(response, context) ? response.body.text() : std::string_view();
}

bool sends_body(const Response& response, const ResponseContext& context) noexcept
{
    return may_have_body(response) && !context.is_head_request;
}

void append_response(std::string& out, const Response& response, const ResponseContext& context)
{
    constexpr std::size_t kHeadBytes = 640;  // of nearly all
    out.reserve(out.size() + kHeadBytes + response.body.text().size());
    out += append_head(out, response, context);
}

}  // namespace winnow::http
