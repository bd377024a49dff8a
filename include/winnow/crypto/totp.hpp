#pragma once

/// @file
/// One-time codes by the clock (RFC 6238 over RFC 4226): HMAC-SHA-1, 6 digits, 30 seconds, as every app makes them.

#include "winnow/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::crypto {

inline constexpr std::size_t kTotpSeedBytes = 20;  ///< 160 bits.
inline constexpr std::size_t kTotpDigits = 6;
inline constexpr std::chrono::seconds kTotpStep{30};
inline constexpr std::int64_t kTotpDrift = 1;  ///< So many steps before and after now are taken, too.

/// kTotpSeedBytes of randomness.
[[nodiscard]] std::string make_totp_seed();

/// The step that `at` lies in. Times before 1970 are step 0.
[[nodiscard]] std::int64_t totp_step(Timestamp at) noexcept;

/// The code of a step, kTotpDigits digits with zeros in front.
[[nodiscard]] std::string totp_code(std::string_view seed, std::int64_t step);

/// The step whose code it is, among those around `now` and later than `last_step`; nullopt: none, or no code at all.
/// Takes the same time whichever it is. Each step counts once, and that is decided where `last_step` is stored: who
/// stores the step may find that it was taken meanwhile.
/// @param last_step  The last one that was taken; -1: none was.
[[nodiscard]] std::optional<std::int64_t> match_totp(std::string_view seed, std::string_view code, Timestamp now,
                                                     std::int64_t last_step);

/// "otpauth://totp/Winnow:ADDRESS?secret=…&issuer=Winnow&algorithm=SHA1&digits=6&period=30", the address
/// percent-encoded.
[[nodiscard]] std::string otpauth_uri(std::string_view address, std::string_view seed);

}  // namespace winnow::crypto
