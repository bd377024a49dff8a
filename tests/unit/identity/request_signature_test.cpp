/// Signed requests: the published vector, vectors of the twin (tests/e2e/senders/signature_twin.py), and what is not
/// taken.

#include "winnow/identity/request_signature.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using namespace std::chrono_literals;

const std::string kSecret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
const std::string kKey = "0123456789abcdefghij";

QueryStyle published()
{
    return {.method = "POST",
            .host = "api.example.jp",
            .path = "/json",
            .parameters = {{"Signature", "Mmb7m9TLRl12b+1FAk60Ie+bDPxmhtN1DL+lphru630="},
                           {"SignatureVersion", "2"},
                           {"SignatureMethod", "HmacSHA256"},
                           {"Expire", "2013-10-01T01:00:00Z"},
                           {"APIVersion", "20130901"},
                           {"Action", "Test"},
                           {"AccessKeyId", kKey}}};
}

void set(QueryStyle& request, const std::string& name, const std::string& value)
{
    for (auto& [key, old] : request.parameters) {
        if (key == name) old = value;
    }
}

RestStyle posted()
{
    return {.method = "POST",
            .path = "/r/20150330/SendAlert.json",
            .authorization = "IIJAPI 0123456789abcdefghij:4oXY4/Ko51vaE9ZddZvUG059sLrKcSgZbiKJYnKSTcQ=",
            .content_md5 = "",
            .content_type = "application/json",
            .expire = "2026-11-28T10:00:00Z",
            .signature_method = "HmacSHA256",
            .signature_version = "2"};
}

bool is_good(const Result<SignedRequest>& request)
{
    return request && is_signed_with(*request, kSecret);
}

TEST(RequestSignature, IsWhatTheExamplesOfItsPageSay)  // docs/access-keys.md
{
    QueryStyle query{.method = "GET",
                     .host = "winnow.example:443",
                     .path = "/uom/json",
                     .parameters = {{"Signature", "R4vlpoZsPTDjdzZrvx+XL1gcFEKo+MaPq0Crb7wUnY0="},
                                    {"Action", "SendAlert"},
                                    {"APIVersion", "20161003"},
                                    {"AccessKeyId", "ABCDEFGHIJKLMNOPQRST"},
                                    {"Explanation", "disk 90% full"},
                                    {"NodeName", "db-1"},
                                    {"Severity", "1"},
                                    {"SignatureMethod", "HmacSHA256"},
                                    {"SignatureVersion", "2"},
                                    {"Expire", "2026-11-28T10:00:00Z"}}};
    EXPECT_TRUE(is_good(read_signed(query)));
    auto rest = posted();
    rest.path = "/uom/r/20161003/GetTicketDetail.json";
    rest.content_md5 = "cc5QPbVTBUIBSMM4ukoYrg==";
    rest.authorization = "IIJAPI ABCDEFGHIJKLMNOPQRST:sENshwLL4ohKc4yfCcX8r+VpvpnmS4MhFPdIg4PpJZ0=";
    EXPECT_TRUE(is_good(read_signed(rest)));
    rest.content_md5 = "";
    EXPECT_FALSE(is_good(read_signed(rest)));
}

TEST(RequestSignature, IsThePublishedOneInQueryStyle)
{
    const auto request = read_signed(published());
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_EQ(request->access_key, kKey);
    EXPECT_EQ(format_rfc3339(request->expires_at), "2013-10-01T01:00:00.000Z");
    EXPECT_EQ(request->text,
              "POST\napi.example.jp\n/json\nAPIVersion=20130901&AccessKeyId=0123456789abcdefghij&Action=Test&"
              "Expire=2013-10-01T01%3A00%3A00Z&SignatureMethod=HmacSHA256&SignatureVersion=2");
    EXPECT_TRUE(is_signed_with(*request, kSecret));
}

TEST(RequestSignature, EscapesAllButUnreservedBytesAndKeepsAPortOfOnesOwn)
{
    auto request = published();
    request.method = "GET";
    request.host = "api.example.jp:8443";
    request.parameters.emplace_back("DetectionMessage", "a b~c/d+e&f=g*\xC3\xA9");
    set(request, "Signature", "ciC6k9nHADi19i4mYgVUXKQRR4998t5dnd6WiYnlKfM=");
    EXPECT_TRUE(is_good(read_signed(request)));
}

TEST(RequestSignature, LeavesThePortOfTheSchemeOut)
{
    for (const char* const host : {"api.example.jp:443", "api.example.jp:80"}) {
        auto request = published();
        request.host = host;
        EXPECT_TRUE(is_good(read_signed(request))) << host;
    }
}

TEST(RequestSignature, IsThatOfTheTwinInRestStyle)
{
    EXPECT_TRUE(is_good(read_signed(posted())));
    auto bare = posted();
    bare.method = "GET";
    bare.content_type = "";
    bare.authorization = "IIJAPI 0123456789abcdefghij:9vxDe0AYdoAAp78407roaI+A7gW+9y/p8aGgiERjHO8=";
    EXPECT_TRUE(is_good(read_signed(bare)));
}

TEST(RequestSignature, CoversWhateverIsPartOfIt)
{
    using Change = void (*)(QueryStyle&);
    const Change changes[] = {
        [](QueryStyle& r) { r.method = "GET"; },
        [](QueryStyle& r) { r.host = "api.example.com"; },
        [](QueryStyle& r) { r.path = "/xml"; },
        [](QueryStyle& r) { set(r, "Action", "Tesu"); },
        [](QueryStyle& r) { set(r, "APIVersion", "20130902"); },
        [](QueryStyle& r) { set(r, "AccessKeyId", "0123456789abcdefghik"); },
        [](QueryStyle& r) { set(r, "Expire", "2013-10-01T01:00:01Z"); },
        [](QueryStyle& r) { r.parameters.emplace_back("More", ""); },
        [](QueryStyle& r) { set(r, "Signature", "Nmb7m9TLRl12b+1FAk60Ie+bDPxmhtN1DL+lphru630="); },
    };
    for (const auto change : changes) {
        auto request = published();
        change(request);
        const auto read = read_signed(request);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_FALSE(is_signed_with(*read, kSecret)) << read->text;
    }

    using RestChange = void (*)(RestStyle&);
    const RestChange rest_changes[] = {
        [](RestStyle& r) { r.method = "PUT"; },
        [](RestStyle& r) { r.path = "/r/20150330/SendAlert.xml"; },
        [](RestStyle& r) { r.content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="; },
        [](RestStyle& r) { r.content_type = "text/plain"; },
        [](RestStyle& r) { r.expire = "2026-11-28T10:00:01Z"; },
    };
    for (const auto change : rest_changes) {
        auto request = posted();
        change(request);
        const auto read = read_signed(request);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_FALSE(is_signed_with(*read, kSecret)) << read->text;
    }
}

TEST(RequestSignature, IsOfItsOwnSecretAndNeverOfNone)
{
    const auto request = read_signed(published());
    ASSERT_TRUE(request);
    EXPECT_FALSE(is_signed_with(*request, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMM"));
    auto unsigned_one = *request;
    unsigned_one.signature = crypto::hmac_sha256("", unsigned_one.text);
    EXPECT_FALSE(is_signed_with(unsigned_one, ""));
}

TEST(RequestSignature, RefusesSha1InItsOwnWords)
{
    auto request = published();
    set(request, "SignatureMethod", "HmacSHA1");
    const auto read = read_signed(request);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(read.error().message().find("HmacSHA1 is not taken"), std::string::npos);

    auto rest = posted();
    rest.signature_method = "HmacSHA1";
    EXPECT_NE(read_signed(rest).error().message().find("HmacSHA1 is not taken"), std::string::npos);
}

TEST(RequestSignature, RefusesWhatIsMalformed)
{
    using Change = void (*)(QueryStyle&);
    const Change changes[] = {
        [](QueryStyle& r) { set(r, "SignatureMethod", "hmacsha256"); },
        [](QueryStyle& r) { set(r, "SignatureVersion", "1"); },
        [](QueryStyle& r) { set(r, "AccessKeyId", "0123456789abcdefghi"); },
        [](QueryStyle& r) { set(r, "AccessKeyId", "0123456789abcdefgh-j"); },
        [](QueryStyle& r) { set(r, "Signature", ""); },
        [](QueryStyle& r) { set(r, "Signature", "Mmb7m9TLRl12b+1FAk60Ie+bDPxmhtN1DL+lphru63"); },
        [](QueryStyle& r) { set(r, "Expire", "2013-10-01 01:00:00Z"); },
        [](QueryStyle& r) { set(r, "Expire", "2013-10-01T01:00:00.5Z"); },
        [](QueryStyle& r) { set(r, "Expire", "2013-10-01T01:00:00+00:00"); },
        [](QueryStyle& r) { set(r, "Expire", "2013-13-01T01:00:00Z"); },
        [](QueryStyle& r) { r.parameters.pop_back(); },
        [](QueryStyle& r) { r.parameters.emplace_back("Action", "Other"); },
        [](QueryStyle& r) { r.parameters.clear(); },
    };
    for (std::size_t i = 0; i < std::size(changes); ++i) {
        auto request = published();
        changes[i](request);
        const auto read = read_signed(request);
        ASSERT_FALSE(read) << i;
        EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument) << i;
    }
    for (const char* const authorization :
         {"", "IIJAPI", "IIJAPI ", "IIJAPI 0123456789abcdefghij",
          "IIJAPI 0123456789abcdefghij:", "Bearer 0123456789abcdefghij:4oXY4/Ko51vaE9ZddZvUG059sLrKcSgZbiKJYnKSTcQ="}) {
        auto request = posted();
        request.authorization = authorization;
        EXPECT_FALSE(read_signed(request)) << authorization;
    }
}

TEST(RequestSignature, HasBounds)
{
    auto many = published();
    while (many.parameters.size() < kMaxSignedParameters) {
        many.parameters.emplace_back("P" + std::to_string(many.parameters.size()), "");
    }
    EXPECT_TRUE(read_signed(many));
    many.parameters.emplace_back("One", "");
    EXPECT_FALSE(read_signed(many));

    auto long_one = published();  // each byte is signed as three
    long_one.parameters.emplace_back("M", std::string(kMaxSignedBytes / 3 - 200, '/'));
    EXPECT_TRUE(read_signed(long_one));
    long_one.parameters.back().second.append(200, '/');
    ASSERT_FALSE(read_signed(long_one));
    EXPECT_EQ(read_signed(long_one).error().code(), ErrorCode::too_large);
    long_one.parameters.back().second.assign(kMaxSignedBytes, 'a');
    ASSERT_FALSE(read_signed(long_one));
    EXPECT_EQ(read_signed(long_one).error().code(), ErrorCode::too_large);
}

TEST(RequestSignature, ExpiresInTheFutureAndWithinADay)
{
    const auto request = read_signed(published());
    ASSERT_TRUE(request);
    const auto expires = request->expires_at;
    EXPECT_TRUE(check_expire(*request, expires - 1ms));
    EXPECT_FALSE(check_expire(*request, expires));
    EXPECT_FALSE(check_expire(*request, expires + 1h));
    EXPECT_TRUE(check_expire(*request, expires - 24h + 1ms));
    EXPECT_FALSE(check_expire(*request, expires - 24h));
}

}  // namespace
}  // namespace winnow::identity
