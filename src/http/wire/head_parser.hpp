#pragma once

/// @file
/// Beast's tokenizer, writing straight into our own request values.

#include "http/wire/framing.hpp"
#include "winnow/http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::http {

/// Parses one request. Feed it the whole head (HeadScan says where it ends), then, if the body is chunked, the bytes
/// that follow. Bodies of known length never pass through it.
class HeadParser final : private boost::beast::http::basic_parser<true> {
public:
    /// @param head  Receives method, path, query and headers; must outlive parse_head().
    explicit HeadParser(RequestHead& head);

    /// `bytes` is one complete head.
    [[nodiscard]] std::expected<Framing, Refusal> parse_head(std::string_view bytes, std::size_t max_headers,
                                                             std::size_t max_target_bytes);

    /// Decodes chunks to the end of `body`. Returns how many bytes of `bytes` were used up; nullopt where they are
    /// malformed. The rest must be shown again, with more behind it.
    [[nodiscard]] std::optional<std::size_t> parse_chunks(std::string_view bytes, std::string& body);

    [[nodiscard]] bool chunks_complete() const { return is_done(); }
    [[nodiscard]] bool is_http_1_0() const noexcept { return version_ < 11; }

private:
    using Field = boost::beast::http::field;
    using View = boost::beast::string_view;
    using Code = boost::beast::error_code;

    void on_request_impl(boost::beast::http::verb method, View method_text, View target, int version,
                         Code& ec) override;
    void on_response_impl(int code, View reason, int version, Code& ec) override;
    void on_field_impl(Field name, View name_text, View value, Code& ec) override;
    void on_header_impl(Code& ec) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& ec) override;
    std::size_t on_body_impl(View body, Code& ec) override;
    void on_chunk_header_impl(std::uint64_t size, View extensions, Code& ec) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, View body, Code& ec) override;
    void on_finish_impl(Code& ec) override;

    /// Whether the trailer of that name goes on in the next line, which the parser would forgive.
    [[nodiscard]] bool is_folded(View name_text) const;

    RequestHead* head_;  ///< Null once the head is parsed: trailers are read and forgotten.
    std::string target_;
    int version_ = 11;
    std::size_t max_headers_ = 0;
    bool too_many_ = false;
    std::string* body_ = nullptr;
    const char* trailers_end_ = nullptr;  ///< Of the bytes being parsed, while chunks are.
};

}  // namespace winnow::http
