#include "http/wire/head_parser.hpp"

#include "http/wire/ascii.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace winnow::http {

namespace beast_http = boost::beast::http;

HeadParser::HeadParser(RequestHead& head) : head_(&head)
{
    // Our own limits were applied to the raw bytes before.
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
}

std::expected<Framing, Refusal> HeadParser::parse_head(std::string_view bytes, std::size_t max_headers,
                                                       std::size_t max_target_bytes)
{
    max_headers_ = max_headers;
    Code ec;
    put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (too_many_) {
        return std::unexpected(
            Refusal{.status = 431, .code = "too_many_headers", .detail = "The request has too many header fields."});
    }
    if (ec == beast_http::error::bad_version) {
        return std::unexpected(Refusal{
            .status = 505, .code = "version_not_supported", .detail = "Only HTTP/1.1 and HTTP/1.0 are supported."});
    }
    if (target_.size() > max_target_bytes) {
        return std::unexpected(
            Refusal{.status = 414, .code = "uri_too_long", .detail = "The request's URL is too long."});
    }
    // A repeated or odd Transfer-Encoding or Content-Length is better explained by our own check.
    const bool is_framing_error = ec == beast_http::error::bad_transfer_encoding ||
                                  ec == beast_http::error::bad_content_length ||
                                  ec == beast_http::error::multiple_content_length;
    if ((ec && !is_framing_error) || (!ec && !is_header_done())) {
        return std::unexpected(
            Refusal{.status = 400, .code = "malformed_request", .detail = "The request is not well-formed HTTP."});
    }
    auto& head = *head_;
    head_ = nullptr;
    auto framing = check_framing(
        {.method = head.method, .target = target_, .version = version_, .headers = std::span(head.headers)});
    if (!framing) return framing;
    if (ec) {
        return std::unexpected(Refusal{
            .status = 400, .code = "malformed_request", .detail = "The length of the request's body is ambiguous."});
    }
    const auto target = split_target(head.method, target_);
    if (!target) return std::unexpected(target.error());
    head.path = target->path;
    head.query = target->query;
    return framing;
}

namespace {

/// Among the lines between chunks, which the parser leaves until a CRLF ends them: it would wait for that for ever.
bool has_bare_line_feed(std::string_view lines)
{
    for (auto at = lines.find('\n'); at != std::string_view::npos; at = lines.find('\n', at + 1)) {
        if (at == 0 || lines[at - 1] != '\r') return true;
    }
    return false;
}

}  // namespace

std::optional<std::size_t> HeadParser::parse_chunks(std::string_view bytes, std::string& body)
{
    body_ = &body;
    std::size_t used = 0;
    while (!is_done() && used < bytes.size()) {
        Code ec;
        trailers_end_ = bytes.data() + bytes.size();
        used += put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
        if (ec == beast_http::error::need_more) {
            if (has_bare_line_feed(bytes.substr(used))) return std::nullopt;
            break;
        }
        if (ec) return std::nullopt;
    }
    return used;
}

void HeadParser::on_request_impl(beast_http::verb /*method*/, View method_text, View target, int version, Code& ec)
{
    ec = {};
    head_->method.assign(method_text.data(), method_text.size());
    target_.assign(target.data(), target.size());
    version_ = version;
}

bool HeadParser::is_folded(View name_text) const
{
    const std::string_view rest(name_text.data(), static_cast<std::size_t>(trailers_end_ - name_text.data()));
    const auto end = rest.find("\r\n");
    return end != std::string_view::npos && end + 2 < rest.size() && (rest[end + 2] == ' ' || rest[end + 2] == '\t');
}

void HeadParser::on_field_impl(Field /*name*/, View name_text, View value, Code& ec)
{
    ec = {};
    if (head_ == nullptr) {
        if (is_folded(name_text)) ec = beast_http::error::bad_field;
        return;
    }
    if (head_->headers.size() == max_headers_) {
        too_many_ = true;
        ec = beast_http::error::header_limit;
        return;
    }
    if (head_->headers.empty()) head_->headers.reserve(std::min<std::size_t>(max_headers_, 12));
    head_->headers.push_back(
        {.name = std::string(name_text.data(), name_text.size()), .value = std::string(value.data(), value.size())});
}

std::size_t HeadParser::on_chunk_body_impl(std::uint64_t /*remain*/, View body, Code& ec)
{
    ec = {};
    body_->append(body.data(), body.size());
    return body.size();
}

// What a request with a chunked body never meets, or what needs nothing done.
void HeadParser::on_response_impl(int /*code*/, View /*reason*/, int /*version*/, Code& ec)
{
    ec = {};
}
void HeadParser::on_header_impl(Code& ec)
{
    ec = {};
}
void HeadParser::on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/, Code& ec)
{
    ec = {};
}
std::size_t HeadParser::on_body_impl(View body, Code& ec)
{
    ec = {};
    return body.size();
}
void HeadParser::on_chunk_header_impl(std::uint64_t /*size*/, View /*extensions*/, Code& ec)
{
    ec = {};
}
void HeadParser::on_finish_impl(Code& ec)
{
    ec = {};
}

}  // namespace winnow::http
