#include "api/senders/signed_request.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/refusal.hpp"
#include "api/signin/cookies.hpp"
#include "winnow/crypto/digest.hpp"

#include <string>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::string_view kMd5Header = "Content-MD5";

constexpr std::string_view kRestRoot = "/uom/r/";  ///< Where parameters stand in a body, which no query signs.
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

/// Whoever did sign is told which part was not taken.
Error unsigned_request(std::string_view why = {})
{
    std::string text =
        "this API takes signed requests alone: with Signature and what belongs to it as parameters, or with "
        "Authorization: IIJAPI KEY:SIGNATURE";
    if (!why.empty()) (text += "; ") += why;
    return {ErrorCode::unauthenticated, std::move(text)};
}

Result<identity::SignedRequest> read_query(const http::RequestHead& head)
{
    if (head.query_parameter("Signature")) {
        if (head.path.starts_with(kRestRoot)) {
            return unsigned_request("below /uom/r/ the header is needed: a signature in the query covers no body");
        }
        return identity::read_signed(identity::QueryStyle{.method = head.method,
                                                          .host = head.header("Host"),
                                                          .path = head.path,
                                                          .parameters = head.query_parameters()});
    }
    const auto type = head.header("Content-Type");
    if (!is_form(head) && type.starts_with(kForm)) {
        return unsigned_request("this form says that it is not in UTF-8, and is not read");
    }
    return unsigned_request();
}

/// Beside a signature, which is in the Authorization header where `is_rest`.
bool shows_key(const http::RequestHead& head, bool is_rest)
{
    return (!is_rest && !head.header("Authorization").empty()) || !head.header("X-Api-Key").empty();
}

Result<identity::SignedRequest> read(const http::RequestHead& head)
{
    const auto authorization = head.header("Authorization");
    const bool is_rest = authorization.starts_with(identity::kSignedScheme);
    const bool is_signed = is_rest || head.query_parameter("Signature");
    if (is_signed && (shows_key(head, is_rest) || cookie_of(head, kSessionCookie))) {
        return Error(ErrorCode::invalid_argument,
                     "a signature and a key, or a session's cookie, came at once: send one of them");
    }
    if (authorization.empty()) return read_query(head);
    if (!is_rest) return unsigned_request();
    if (!head.query.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "in REST style nothing stands in the query, which is not signed: leave it out");
    }
    return identity::read_signed(identity::RestStyle{.method = head.method,
                                                     .path = head.path,
                                                     .authorization = authorization,
                                                     .content_md5 = head.header(kMd5Header),
                                                     .content_type = head.header("Content-Type"),
                                                     .expire = head.header("x-iijapi-expire"),
                                                     .signature_method = head.header("x-iijapi-signaturemethod"),
                                                     .signature_version = head.header("x-iijapi-signatureversion")});
}

}  // namespace

Result<identity::SignedRequest> signed_request(const http::RequestHead& head, Timestamp now)
{
    auto request = read(head);
    if (!request) return request;
    if (const auto holds = identity::check_expire(*request, now); !holds) return holds.error();
    return request;
}

Result<Done> check_signed_body(const http::RequestHead& head, std::string_view body, BodyDigest digest)
{
    if (head.header("Authorization").empty()) {
        if (body.empty()) return Done{};
        return Error(ErrorCode::invalid_argument,
                     "what the query signs is the query: leave the body out, or send a form and no query");
    }
    const auto told = head.header(kMd5Header);
    if (told.empty()) {
        if (body.empty() || digest == BodyDigest::optional) return Done{};
        return Error(ErrorCode::invalid_argument,
                     "Content-MD5 is missing: without it nothing of the body is signed, which says what is asked for");
    }
    std::string bytes;
    if (crypto::from_base64(told, bytes) && bytes == crypto::md5(body)) return Done{};
    return Error(ErrorCode::invalid_argument, "Content-MD5 is not that of the body, in base64");
}

bool is_form(const http::RequestHead& head)
{
    return has_media_type(head, {kForm});
}

Result<Done> take_form(http::Request& request)
{
    auto& head = request.head;
    if (!head.header("Content-Encoding").empty()) return unsupported_content("a form must come as it is, not packed");
    if (!head.query.empty()) {
        return Error(ErrorCode::invalid_argument, "parameters stand in the form alone: leave the query out");
    }
    head.query = std::exchange(request.body, {});
    return Done{};
}

}  // namespace winnow::api
