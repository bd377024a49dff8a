#pragma once

/// @file
/// Scalars as text and back, exactly as CEL's conversions have it. Private to expr.

#include "winnow/expr/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace winnow::expr {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kFirstSecond = -62'135'596'800;  ///< 0001-01-01T00:00:00Z
inline constexpr std::int64_t kLastSecond = 253'402'300'799;   ///< 9999-12-31T23:59:59Z

/// RFC 3339 in UTC, with as many digits of the fraction as there are.
[[nodiscard]] std::string text_of(const Instant& at);
/// RFC 3339 with any offset, up to nanoseconds; nullopt where it is malformed or out of range.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);

/// Seconds: `90s`, `0.25s`, `-1.5s`.
[[nodiscard]] std::string text_of(const Span& span);
/// `1h30m`, `1.5s`, `-250ms`, `10us`, `7ns`; nullopt where it is malformed or out of range.
[[nodiscard]] std::optional<Span> parse_span(std::string_view text);

/// The shortest text that gives the same number again.
[[nodiscard]] std::string text_of_double(double number);

[[nodiscard]] std::string text_of(const Ip& ip);
[[nodiscard]] std::string text_of(const Cidr& cidr);
[[nodiscard]] std::optional<Ip> parse_ip(std::string_view text);
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace winnow::expr
