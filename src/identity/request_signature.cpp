#include "winnow/identity/request_signature.hpp"

#include "winnow/crypto/digest.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace winnow::identity {

namespace {

constexpr std::string_view kMethod = "HmacSHA256";
constexpr std::string_view kRefusedMethod = "HmacSHA1";
constexpr std::string_view kVersion = "2";
constexpr std::size_t kSignatureCharacters = 44;  // of kSignatureBytes in base64

using Parameters = std::vector<std::pair<std::string, std::string>>;

Error malformed(std::string what)
{
    return {ErrorCode::invalid_argument, std::move(what)};
}

bool is_letter_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// RFC 3986: all but unreserved characters, byte by byte.
void append_escaped(std::string& out, std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (const char c : text) {
        if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0x0FU];
    }
}

/// Without the port that its scheme has anyway, which senders leave out of what they sign.
std::string_view without_usual_port(std::string_view host)
{
    for (const std::string_view port : {":443", ":80"}) {
        if (host.ends_with(port)) return host.substr(0, host.size() - port.size());
    }
    return host;
}

Result<Done> check_terms(std::string_view method, std::string_view version)
{
    if (method == kRefusedMethod) {
        return malformed(
            "HmacSHA1 is not taken, because SHA-1 is broken: sign with HmacSHA256, which the same access "
            "key does");
    }
    if (method != kMethod) return malformed("the signature method must be HmacSHA256");
    if (version != kVersion) return malformed("the signature version must be 2");
    return Done{};
}

Result<std::string> read_access_key(std::string_view text)
{
    if (text.size() != kAccessKeyCharacters || !std::ranges::all_of(text, is_letter_or_digit)) {
        return malformed("an access key is 20 letters and digits");
    }
    return std::string(text);
}

Result<std::string> read_signature(std::string_view text)
{
    std::string bytes;
    if (text.size() != kSignatureCharacters || !crypto::from_base64(text, bytes) || bytes.size() != kSignatureBytes) {
        return malformed("the signature must be 32 bytes in base64");
    }
    return bytes;
}

Result<Timestamp> read_expire(std::string_view text)
{
    // The form alone that the protocol has: to the second, in UTC.
    constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
    const bool has_shape = text.size() == kShape.size() && std::ranges::equal(text, kShape, [](char c, char shape) {
                               return shape == '0' ? c >= '0' && c <= '9' : c == shape;
                           });
    const auto time = has_shape ? parse_rfc3339(text) : std::nullopt;
    if (!time) return malformed("the time of expiry must be like 2026-11-28T10:00:00Z");
    return *time;
}

/// What the two styles have in common, once the text is made.
Result<SignedRequest> read_parts(std::string_view key, std::string_view expire, std::string_view signature,
                                 std::string text)
{
    if (text.size() > kMaxSignedBytes) return Error(ErrorCode::too_large, "what is signed is longer than 64 KiB");
    auto access_key = read_access_key(key);
    if (!access_key) return access_key.error();
    const auto expires_at = read_expire(expire);
    if (!expires_at) return expires_at.error();
    auto bytes = read_signature(signature);
    if (!bytes) return bytes.error();
    return SignedRequest{.access_key = *std::move(access_key),
                         .text = std::move(text),
                         .signature = *std::move(bytes),
                         .expires_at = *expires_at};
}

/// "" where it is absent, which no parameter that is needed may be.
std::string_view value_of(const Parameters& sorted, std::string_view name)
{
    const auto at = std::ranges::find(sorted, name, &Parameters::value_type::first);
    return at == sorted.end() ? std::string_view() : std::string_view(at->second);
}

std::string query_text(const QueryStyle& request)
{
    std::string text(request.method);
    ((((text += '\n') += without_usual_port(request.host)) += '\n') += request.path) += '\n';
    bool first = true;
    for (const auto& [name, value] : request.parameters) {
        if (name == "Signature") continue;
        if (!std::exchange(first, false)) text += '&';
        append_escaped(text, name);
        text += '=';
        append_escaped(text, value);
    }
    return text;
}

}  // namespace

Result<SignedRequest> read_signed(QueryStyle request)
{
    auto& parameters = request.parameters;
    if (parameters.size() > kMaxSignedParameters) return malformed("there are more than 64 parameters");
    std::size_t bytes = 0;
    for (const auto& [name, value] : parameters) bytes += name.size() + value.size();
    if (bytes > kMaxSignedBytes) return Error(ErrorCode::too_large, "what is signed is longer than 64 KiB");

    // Of chars that are signed, < goes by bytes all the same: std::char_traits compares them as unsigned.
    std::ranges::sort(parameters);
    const auto twice = std::ranges::adjacent_find(parameters, {}, &Parameters::value_type::first);
    if (twice != parameters.end()) return malformed("a parameter is given twice");
    if (const auto fits =
            check_terms(value_of(parameters, "SignatureMethod"), value_of(parameters, "SignatureVersion"));
        !fits) {
        return fits.error();
    }
    return read_parts(value_of(parameters, "AccessKeyId"), value_of(parameters, "Expire"),
                      value_of(parameters, "Signature"), query_text(request));
}

Result<SignedRequest> read_signed(const RestStyle& request)
{
    if (const auto fits = check_terms(request.signature_method, request.signature_version); !fits) return fits.error();
    if (!request.authorization.starts_with(kSignedScheme)) {
        return malformed("the Authorization header must be IIJAPI, a blank, and KEY:SIGNATURE");
    }
    const auto shown = request.authorization.substr(kSignedScheme.size());
    const auto colon = std::min(shown.find(':'), shown.size());
    std::string text;
    for (const auto line : {request.method, request.content_md5, request.content_type}) (text += line) += '\n';
    ((text += "x-iijapi-expire:") += request.expire) += '\n';
    ((text += "x-iijapi-signaturemethod:") += request.signature_method) += '\n';
    ((text += "x-iijapi-signatureversion:") += request.signature_version) += '\n';
    text += request.path;
    return read_parts(shown.substr(0, colon), request.expire,
                      colon == shown.size() ? std::string_view() : shown.substr(colon + 1), std::move(text));
}

Result<Done> check_expire(const SignedRequest& request, Timestamp now)
{
    if (request.expires_at <= now) return Error(ErrorCode::unauthenticated, "the signed request has expired");
    if (request.expires_at - now >= kLongestExpire) {
        return Error(ErrorCode::unauthenticated, "the signed request must expire within 24 hours");
    }
    return Done{};
}

bool is_signed_with(const SignedRequest& request, std::string_view secret)
{
    return !secret.empty() && crypto::constant_time_equal(crypto::hmac_sha256(secret, request.text), request.signature);
}

}  // namespace winnow::identity
