#include "winnow/crypto/totp.hpp"

#include "winnow/crypto/digest.hpp"

#include <algorithm>

namespace winnow::crypto {

namespace {

constexpr std::uint32_t kModulus = 1'000'000;  // 10 to the power of kTotpDigits
static_assert(kTotpDigits == 6);

/// The eight bytes that RFC 4226 calls the counter, the highest first.
std::string counter_of(std::int64_t step)
{
    constexpr std::size_t kBytes = 8;
    std::string bytes(kBytes, '\0');
    auto left = static_cast<std::uint64_t>(step);
    for (auto at = bytes.rbegin(); at != bytes.rend(); ++at) {
        *at = static_cast<char>(left & 0xFFU);
        left >>= 8U;
    }
    return bytes;
}

/// RFC 4226, §5.3: 31 bits of the MAC, from where its last four bits say.
std::uint32_t truncated(std::string_view mac)
{
    const auto byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(mac[at]));
    };
    const std::size_t offset = byte(mac.size() - 1) & 0x0FU;
    return (byte(offset) & 0x7FU) << 24U | byte(offset + 1) << 16U | byte(offset + 2) << 8U | byte(offset + 3);
}

bool is_digit(char c) noexcept
{
    return '0' <= c && c <= '9';
}

/// RFC 3986, §2.3, of what is unreserved; all else in bytes.
std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kUnreserved = "-._~";
    std::string out;
    for (const char c : text) {
        if (is_digit(c) || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || kUnreserved.contains(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 0x0FU];
        }
    }
    return out;
}

}  // namespace

std::string make_totp_seed()
{
    return random_bytes(kTotpSeedBytes);
}

std::int64_t totp_step(Timestamp at) noexcept
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    return seconds.count() < 0 ? 0 : seconds / kTotpStep;
}

std::string totp_code(std::string_view seed, std::int64_t step)
{
    auto digits = std::to_string(truncated(hmac_sha1(seed, counter_of(step))) % kModulus);
    digits.insert(0, kTotpDigits - digits.size(), '0');
    return digits;
}

std::optional<std::int64_t> match_totp(std::string_view seed, std::string_view code, Timestamp now,
                                       std::int64_t last_step)
{
    if (code.size() != kTotpDigits || !std::ranges::all_of(code, is_digit)) return std::nullopt;
    const auto current = totp_step(now);
    // All of them are made and compared, whichever it is.
    std::optional<std::int64_t> matched;
    for (auto step = current - kTotpDrift; step <= current + kTotpDrift; ++step) {
        const bool same = constant_time_equal(totp_code(seed, step), code);
        if (same && step > last_step && step >= 0) matched = step;
    }
    return matched;
}

std::string otpauth_uri(std::string_view address, std::string_view seed)
{
    return "otpauth://totp/Winnow:" + percent_encoded(address) + "?secret=" + to_base32(seed) +
           "&issuer=Winnow&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
           "&period=" + std::to_string(kTotpStep.count());
}

}  // namespace winnow::crypto
