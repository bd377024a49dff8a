#include "http/wire/response_text.hpp"

#include "http/wire/request_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace winnow::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_of(const Response& response, ResponseContext context = {})
{
    context.date = "D";
    context.request_id = "R";
    std::string text;
    append_response(text, response, context);
    return text;
}

TEST(HttpDate, IsThatOfRfc9110)
{
    EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ResponseText, IsCompleteAndInOnePiece)
{
    EXPECT_EQ(text_of(Response(202, "text/plain", "hi")),
              "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nDate: D\r\nX-Request-Id: R\r\n"
              "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Content-Type-Options: nosniff\r\n"
              "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n"
              "Cache-Control: no-store\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(ResponseText, ABodyIsSentBehindItsHeadFromWhereItIs)
{
    const Response response(200, "text/csv", std::string(100'000, 'x'));
    const ResponseContext context{.date = "D", .request_id = "R"};
    std::string head = "before";
    const auto behind = append_head(head, response, context);
    EXPECT_EQ(head, "before" + text_of(response).substr(0, text_of(response).size() - 100'000));
    EXPECT_EQ(behind.data(), response.body.text().data());
    EXPECT_EQ(behind.size(), 100'000U);
    EXPECT_TRUE(append_head(head, response, {.date = "D", .request_id = "R", .is_head_request = true}).empty());
    EXPECT_TRUE(append_head(head, Response(304, "text/csv", "x"), context).empty());
}

TEST(ResponseText, HasNoBodyWhereNoneMayBe)
{
    EXPECT_THAT(text_of(Response(204, "text/plain", "hi")), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(text_of(Response(204, "text/plain", "hi")), EndsWith("\r\n\r\n"));
    EXPECT_THAT(text_of(Response(304)), Not(HasSubstr("Content-Length")));
    const auto to_head = text_of(Response(200, "text/plain", "hi"), {.is_head_request = true});
    EXPECT_THAT(to_head, HasSubstr("Content-Length: 2\r\n"));
    EXPECT_THAT(to_head, EndsWith("\r\n\r\n"));
    EXPECT_THAT(text_of(Response(200)), HasSubstr("Content-Length: 0\r\n"));
}

TEST(ResponseText, SaysWhetherTheConnectionStays)
{
    EXPECT_THAT(text_of(Response(200)), Not(HasSubstr("Connection:")));
    EXPECT_THAT(text_of(Response(200), {.keep_alive = false}), HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(text_of(Response(200), {.http_1_0 = true}), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(ResponseText, LeavesOutHeadersThatAreNotWellFormedOrTheServersOwn)
{
    Response response(200);
    response.headers = {{.name = "X-A", .value = "a\r\nX-B: b"},
                        {.name = "X C", .value = "c"},
                        {.name = "transfer-encoding", .value = "chunked"},
                        {.name = "server", .value = "us"},
                        {.name = "Date", .value = "now"}};
    const auto text = text_of(response);
    EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\nDate: D\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("X-B")));
    EXPECT_THAT(text, Not(HasSubstr("chunked")));
}

TEST(ResponseText, TurnsAStatusThatIsNoneInto500)
{
    EXPECT_THAT(text_of(Response(101)), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(text_of(Response(0)), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(text_of(Response(599)), StartsWith("HTTP/1.1 599 "));
}

TEST(RequestId, IsSaneFrom1To128OfAFewCharacters)
{
    EXPECT_TRUE(is_sane_request_id("a"));
    EXPECT_TRUE(is_sane_request_id("A-z_0.9"));
    EXPECT_TRUE(is_sane_request_id(std::string(128, 'a')));
    EXPECT_FALSE(is_sane_request_id(std::string(129, 'a')));
    for (const auto* id : {"", "a b", "a/b", "a\n", "\xC3\xA9", "<"}) EXPECT_FALSE(is_sane_request_id(id)) << id;
    EXPECT_TRUE(is_sane_request_id(fresh_request_id()));
    EXPECT_NE(fresh_request_id(), fresh_request_id());
}

}  // namespace
}  // namespace winnow::http
