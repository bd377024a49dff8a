/// @file
/// Signed requests as HTTP brings them: where the signature stands, what of the body it covers, and forms.

#include "api/senders/signed_request.hpp"

#include "api/rest/refusal.hpp"
#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;

const Timestamp kExpires = *parse_rfc3339("2026-11-28T10:00:00Z");
const std::string kKey = "ABCDEFGHIJKLMNOPQRST";
const std::string kSecret(40, 's');

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) out += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
    return out;
}

http::RequestHead by_query(const std::string& method = "GET")
{
    const std::string signed_part = "AccessKeyId=" + kKey +
                                    "&Action=SendAlert&Expire=2026-11-28T10%3A00%3A00Z&Explanation=a%20b"
                                    "&SignatureMethod=HmacSHA256&SignatureVersion=2";
    http::RequestHead head;
    head.method = method;
    head.path = "/uom/json";
    head.headers = {{"Host", "winnow.example"}};
    const auto signature =
        crypto::to_base64(crypto::hmac_sha256(kSecret, method + "\nwinnow.example\n/uom/json\n" + signed_part));
    head.query = signed_part + "&Signature=" + escaped(signature);
    return head;
}

http::RequestHead by_rest(const std::string& md5 = "")
{
    http::RequestHead head;
    head.method = "POST";
    head.path = "/uom/r/20161003/SendAlert.json";
    const auto signature = crypto::to_base64(
        crypto::hmac_sha256(kSecret, "POST\n" + md5 +
                                         "\napplication/json\nx-iijapi-expire:2026-11-28T10:00:00Z\n"
                                         "x-iijapi-signaturemethod:HmacSHA256\nx-iijapi-signatureversion:2\n" +
                                         head.path));
    head.headers = {{"Content-Type", "application/json"},
                    {"x-iijapi-expire", "2026-11-28T10:00:00Z"},
                    {"X-IIJAPI-SignatureMethod", "HmacSHA256"},
                    {"x-iijapi-signatureversion", "2"},
                    {"Authorization", "IIJAPI " + kKey + ":" + signature}};
    if (!md5.empty()) head.headers.push_back({"Content-MD5", md5});
    return head;
}

ErrorCode refused(const http::RequestHead& head, Timestamp now = kExpires - 1h)
{
    const auto read = signed_request(head, now);
    EXPECT_FALSE(read);
    return read ? ErrorCode::internal : read.error().code();
}

TEST(SignedRequest, IsReadInBothStyles)
{
    for (const auto& head :
         {by_query(), by_query("POST"), by_query("HEAD"), by_rest(), by_rest("1B2M2Y8AsgTpgAmY7PhCfg==")}) {
        const auto read = signed_request(head, kExpires - 1h);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->access_key, kKey);
        EXPECT_TRUE(identity::is_signed_with(*read, kSecret)) << read->text;
        EXPECT_FALSE(identity::is_signed_with(*read, kSecret + "s"));
    }
}

TEST(SignedRequest, ThatIsNoneIsNobodys)
{
    http::RequestHead head;
    head.method = "GET";
    head.path = "/uom/json";
    head.query = "Action=SendAlert";
    EXPECT_EQ(refused(head), ErrorCode::unauthenticated);
    for (const auto* key : {"Bearer wnk_1", "Basic eDp3bmtfMQ==", "iijapi x:y"}) {
        head.headers = {{"Authorization", key}};
        EXPECT_EQ(refused(head), ErrorCode::unauthenticated) << key;
    }
    head.headers = {{"X-Api-Key", "wnk_1"}};
    EXPECT_EQ(refused(head), ErrorCode::unauthenticated);
}

TEST(SignedRequest, IsGoodInItsTimeOnly)
{
    EXPECT_EQ(refused(by_query(), kExpires), ErrorCode::unauthenticated);
    EXPECT_EQ(refused(by_rest(), kExpires - 24h), ErrorCode::unauthenticated);
    EXPECT_TRUE(signed_request(by_rest(), kExpires - 1ms));
}

TEST(SignedRequest, InRestStyleHasNothingUnsignedInTheQuery)
{
    auto head = by_rest();
    head.query = "Action=SendAlert";
    EXPECT_EQ(refused(head), ErrorCode::invalid_argument);
}

TEST(SignedRequest, BelowRestPathsIsSignedInTheHeader)
{
    auto head = by_query("POST");
    head.path = "/uom/r/1/GetTicketDetail.json";
    EXPECT_EQ(refused(head), ErrorCode::unauthenticated) << "a query signs no body";
}

TEST(SignedRequest, HasNoOtherCredentialBesideIt)
{
    for (const auto& header : {http::Header{"X-Api-Key", "wnk_1"}, http::Header{"Authorization", "Bearer wnk_1"},
                               http::Header{"Cookie", "__Host-winnow=x"}}) {
        auto head = by_query();
        head.headers.push_back(header);
        EXPECT_EQ(refused(head), ErrorCode::invalid_argument) << header.name;
        if (header.name == "Authorization") continue;
        head = by_rest();
        head.headers.push_back(header);
        EXPECT_EQ(refused(head), ErrorCode::invalid_argument) << header.name;
    }
}

TEST(SignedBody, IsTheOneWhoseDigestWasSigned)
{
    using enum BodyDigest;
    const auto digest = crypto::to_base64(crypto::md5("{}"));
    for (const auto need : {optional, needed}) {
        EXPECT_TRUE(check_signed_body(by_rest(digest), "{}", need));
        EXPECT_FALSE(check_signed_body(by_rest(digest), "{ }", need));
        EXPECT_FALSE(check_signed_body(by_rest(digest), "", need)) << "taken away";
        EXPECT_FALSE(check_signed_body(by_rest("no base64"), "{}", need));
        EXPECT_TRUE(check_signed_body(by_rest(), "", need));
    }
    EXPECT_TRUE(check_signed_body(by_rest(), "{ }", optional)) << "nobody has signed it";
    EXPECT_FALSE(check_signed_body(by_rest(), "{ }", needed));
    EXPECT_EQ(crypto::to_hex(crypto::md5("abc")), "900150983cd24fb0d6963f7d28e17f72") << "RFC 1321, A.5";
}

TEST(SignedBody, IsNoneBesideASignedQuery)
{
    for (const auto* method : {"GET", "POST"}) {
        EXPECT_FALSE(check_signed_body(by_query(method), "{}", BodyDigest::optional)) << method;
        EXPECT_TRUE(check_signed_body(by_query(method), "", BodyDigest::optional)) << method;
    }
}

TEST(SignedForm, StandsWhereAQueryWould)
{
    http::Request request;
    request.head = by_query("POST");
    request.body = std::exchange(request.head.query, {});
    request.head.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
    EXPECT_TRUE(is_form(request.head));
    const auto body = request.body;
    auto packed = request;
    packed.head.headers.push_back({"Content-Encoding", "gzip"});
    const auto refusal = take_form(packed);
    ASSERT_FALSE(refusal);
    EXPECT_TRUE(is_unsupported(refusal.error()));
    ASSERT_TRUE(take_form(request));
    EXPECT_EQ(request.head.query, body);
    EXPECT_EQ(request.body, "");
    const auto read = signed_request(request.head, kExpires - 1h);
    ASSERT_TRUE(read);
    EXPECT_TRUE(identity::is_signed_with(*read, kSecret));
    EXPECT_FALSE(take_form(request)) << "both at once";
    request.head.headers = {{"Content-Type", "application/json"}};
    EXPECT_FALSE(is_form(request.head));
}

}  // namespace
}  // namespace winnow::api
