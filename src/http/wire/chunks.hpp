#pragma once

/// @file
/// Chunks (RFC 9112 §7.1) of an answer. Pure.

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::http {

/// What ends a chunked body. Whoever has not got it knows that something is missing.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// What stands before a chunk of so many bytes, which are more than 0. "\r\n" stands behind it.
[[nodiscard]] inline std::string chunk_head(std::size_t bytes)
{
    std::array<char, sizeof(std::size_t) * 2 + 2> head{};
    auto* end = std::to_chars(head.data(), head.data() + head.size(), bytes, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {head.data(), end};
}

/// Makes one chunk of the text, where it is. No text is no chunk: an empty one would end the body.
inline void make_chunk(std::string& text)
{
    if (text.empty()) return;
    text.insert(0, chunk_head(text.size()));
    text += "\r\n";
}

}  // namespace winnow::http
