#pragma once

/// @file
/// Which requests are unambiguous (RFC 9112), and where their bodies end. Pure: stricter than the parser below it, so
/// that no proxy in front of us can read a request differently.

#include "winnow/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace winnow::http {

/// Why a request is not served. `code` and `detail` are constants and go into the problem document.
struct Refusal {
    int status;
    std::string_view code;
    std::string_view detail;

    friend bool operator==(const Refusal&, const Refusal&) = default;
};

enum class BodyKind : std::uint8_t { none, length, chunked };

struct Framing {
    BodyKind body = BodyKind::none;
    std::uint64_t length = 0;  ///< Of a body of kind `length`.
    bool keep_alive = true;    ///< What the peer wants.
    bool expects_continue = false;
};

/// The start line and the header fields as parsed; names and values without surrounding blanks.
struct HeadView {
    std::string_view method;
    std::string_view target;
    int version;  ///< 10 or 11.
    std::span<const Header> headers;
};

[[nodiscard]] std::expected<Framing, Refusal> check_framing(const HeadView& head);

/// A request target, split. The views point into the target.
struct Target {
    std::string_view path;  ///< Starts with '/'.
    std::string_view query;
};

/// Takes origin-form, absolute-form of http and https, and `*` of OPTIONS (as "/").
[[nodiscard]] std::expected<Target, Refusal> split_target(std::string_view method, std::string_view target);

/// The path that a request names whose bytes are refused, as far as its first line can be read; else "". Good for
/// nothing but the form of the answer.
[[nodiscard]] std::string_view claimed_path(std::string_view bytes) noexcept;

/// Looks for the end of a head in raw bytes, and refuses what a lenient parser would forgive: a bare CR or LF, folded
/// lines, control characters. Resumable: keep it between reads of one head.
class HeadScan {
public:
    enum class State : std::uint8_t { incomplete, complete, malformed };

    /// `bytes` is everything since the first byte of the request line; what an earlier call saw is not scanned again.
    State scan(std::string_view bytes) noexcept;

    /// Length of the head including its empty line; valid when complete.
    [[nodiscard]] std::size_t length() const noexcept { return position_; }

    /// Length of the request line so far.
    [[nodiscard]] std::size_t request_line_length() const noexcept
    {
        return request_line_ != 0 ? request_line_ : position_;
    }

private:
    std::size_t position_ = 0;
    std::size_t line_start_ = 0;
    std::size_t request_line_ = 0;
};

}  // namespace winnow::http
