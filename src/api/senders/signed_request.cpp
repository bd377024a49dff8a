#include "api/senders/signed_request.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/refusal.hpp"
#include "winnow/crypto/digest.hpp"

#include <string>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::string_view kMd5Header = "Content-MD5";

Error unsigned_request()
{
    return {ErrorCode::unauthenticated,
            "this API takes signed requests alone: with Signature and what belongs to it as parameters, or with "
            "Authorization: IIJAPI KEY:SIGNATURE"};
}

Result<identity::SignedRequest> read(const http::RequestHead& head)
{
    const auto authorization = head.header("Authorization");
    if (authorization.empty()) {
        if (!head.query_parameter("Signature")) return unsigned_request();
        return identity::read_signed(identity::QueryStyle{.method = head.method,
                                                          .host = head.header("Host"),
                                                          .path = head.path,
                                                          .parameters = head.query_parameters()});
    }
    if (!authorization.starts_with(identity::kSignedScheme)) return unsigned_request();
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

Result<Done> check_signed_body(const http::RequestHead& head, std::string_view body)
{
    const auto told = head.header(kMd5Header);
    const bool is_signed = !told.empty() && !head.header("Authorization").empty();
    std::string digest;
    if (!is_signed || (crypto::from_base64(told, digest) && digest == crypto::md5(body))) return Done{};
    return Error(ErrorCode::invalid_argument, "Content-MD5 is not that of the body, in base64");
}

bool is_form(const http::RequestHead& head)
{
    return has_media_type(head, {"application/x-www-form-urlencoded"});
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
