#pragma once

/// @file
/// Requests of the compatibility API (`/uom`), which are signed with an access key's secret instead of showing a key:
/// what is signed, in query style and in REST style, and whether it is. Pure; what is read is believed only once
/// is_signed_with() says so.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::identity {

inline constexpr std::size_t kAccessKeyCharacters = 20;
inline constexpr std::size_t kSignatureBytes = 32;  ///< HMAC-SHA-256.

/// What Authorization begins with in REST style.
inline constexpr std::string_view kSignedScheme = "IIJAPI ";

/// Requests say until when they are good; it is less than this ahead.
inline constexpr std::chrono::hours kLongestExpire{24};

/// Of one request, so that nobody has much sorted and hashed before it is known who he is.
inline constexpr std::size_t kMaxSignedParameters = 64;
inline constexpr std::size_t kMaxSignedBytes = std::size_t{64} * 1024;  ///< Of the text that is signed.

/// A request that claims to be signed.
struct SignedRequest {
    std::string access_key;  ///< Its id: kAccessKeyCharacters letters and digits.
    std::string text;        ///< What was signed.
    std::string signature;   ///< kSignatureBytes.
    Timestamp expires_at;
};

/// All of it stands in parameters: those of a query, or of a form that is the body.
struct QueryStyle {
    std::string_view method;  ///< As sent, as what follows.
    std::string_view host;    ///< With its port, where the Host line has one.
    std::string_view path;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< Decoded, Signature among them.
};

/// Most of it stands in headers; "" for those that are absent.
struct RestStyle {
    std::string_view method;  ///< As sent, as what follows.
    std::string_view path;
    std::string_view authorization;  ///< "IIJAPI KEY:SIGNATURE".
    std::string_view content_md5;    ///< The body is signed by it alone: whoever reads a body compares the two.
    std::string_view content_type;
    std::string_view expire;  ///< x-iijapi-expire, and so on.
    std::string_view signature_method;
    std::string_view signature_version;
};

/// `invalid_argument` names what is missing, given twice, malformed or not taken (HmacSHA1), and says nothing of keys.
[[nodiscard]] Result<SignedRequest> read_signed(QueryStyle request);
[[nodiscard]] Result<SignedRequest> read_signed(const RestStyle& request);

/// `unauthenticated` where the request has expired, or would be good for too long.
[[nodiscard]] Result<Done> check_expire(const SignedRequest& request, Timestamp now);

/// Takes the same time whatever of the signature is wrong. @param secret  The access key's; never empty.
[[nodiscard]] bool is_signed_with(const SignedRequest& request, std::string_view secret);

}  // namespace winnow::identity
