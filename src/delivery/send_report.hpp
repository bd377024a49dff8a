#pragma once

/// @file
/// What an answer, or the lack of one, means for a delivery; in words for the tenant. Pure. Private to delivery.

#include "winnow/ports/outbox.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace winnow::delivery {

/// The longest wait a receiver may ask for.
inline constexpr std::chrono::milliseconds kMaxRetryAfter = std::chrono::hours{1};

/// `Retry-After`: seconds, or an HTTP date; at most kMaxRetryAfter, never negative. nullopt where it is neither.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                                         std::chrono::sys_seconds now);

/// @param status      a final HTTP status.
/// @param retry_after that header's value; "" where there is none.
[[nodiscard]] ports::SendReport judge_http(int status, std::string_view retry_after, std::chrono::sys_seconds now);

/// How far an SMTP dialogue had come when the reply that ended it arrived.
enum class SmtpStage : std::uint8_t {
    session,   ///< Greeting, TLS, login: the relay's own trouble.
    envelope,  ///< Sender, receiver, permission to send.
    message,   ///< After the text.
};

/// @param reply the SMTP reply code that ended it, 4xx or 5xx.
[[nodiscard]] ports::SendReport judge_smtp(int reply, SmtpStage stage);

}  // namespace winnow::delivery
