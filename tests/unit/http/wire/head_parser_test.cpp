#include "http/wire/head_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::http {
namespace {

const std::string kChunkedHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(HeadParser, TakesApartWhatWasSent)
{
    RequestHead head;
    HeadParser parser(head);
    const auto framing = parser.parse_head(
        "PUT /p%20q?a=b HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-A:  b c \r\nContent-Length: 3\r\n\r\n", 100, 4'096);
    ASSERT_TRUE(framing);
    EXPECT_EQ(framing->length, 3U);
    EXPECT_EQ(head.method, "PUT");
    EXPECT_EQ(head.path, "/p%20q");
    EXPECT_EQ(head.query, "a=b");
    EXPECT_EQ(head.headers.size(), 4U);
    EXPECT_EQ(head.header("X-A"), "b c");
    EXPECT_EQ(head.header("X-Empty"), "");
}

TEST(HeadParser, DecodesChunksWhereverTheyAreCut)
{
    const std::string chunks = "5;a=\"b\"\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nT: t\r\n\r\n";
    for (std::size_t cut = 0; cut <= chunks.size(); ++cut) {
        RequestHead head;
        HeadParser parser(head);
        ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
        std::string body;
        std::string input = chunks.substr(0, cut);
        const auto first = parser.parse_chunks(input, body);
        ASSERT_TRUE(first) << cut;
        input = input.substr(*first) + chunks.substr(cut) + "GET";
        const auto second = parser.parse_chunks(input, body);
        ASSERT_TRUE(second) << cut;
        EXPECT_TRUE(parser.chunks_complete()) << cut;
        EXPECT_EQ(body, "hello 0123456789") << cut;
        EXPECT_EQ(input.substr(*second), "GET") << cut;
    }
}

TEST(HeadParser, RefusesABareLineFeedAtOnce)
{
    for (const std::string bytes : {"3\n", "3\nabc", "3;a=b\n", "3\r\nabc\r\n0\n", "0\r\nT: t\n", "3\r\nabc\n"}) {
        RequestHead head;
        HeadParser parser(head);
        ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
        std::string body;
        EXPECT_FALSE(parser.parse_chunks(bytes, body)) << bytes;
    }
    RequestHead head;
    HeadParser parser(head);
    ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
    std::string body;
    const std::string lines = "4\r\n\na\n\n\r\n0\r\n\r\n";
    ASSERT_TRUE(parser.parse_chunks(lines, body)) << "of a body they are part";
    EXPECT_EQ(body, "\na\n\n");
}

TEST(HeadParser, ForgetsTrailers)
{
    RequestHead head;
    HeadParser parser(head);
    ASSERT_TRUE(parser.parse_head(kChunkedHead, 2, 4'096));
    std::string body;
    ASSERT_TRUE(parser.parse_chunks("0\r\nX-Checksum: 5\r\nAuthorization: x\r\n\r\n", body));
    EXPECT_TRUE(parser.chunks_complete());
    EXPECT_EQ(head.header("Authorization"), "");
}

TEST(HeadParser, RefusesALengthInATrailer)
{
    RequestHead head;
    HeadParser parser(head);
    ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
    std::string body;
    EXPECT_FALSE(parser.parse_chunks("0\r\nContent-Length: 5\r\n\r\n", body));
}

TEST(HeadParser, RefusesAFoldedLineInATrailer)
{
    for (const auto* trailers :
         {"X-A: 1\r\n folded\r\n\r\n", "X-A: 1\r\n\tfolded\r\n\r\n", "X-B: 2\r\nX-A:\r\n  folded\r\nX-C: 3\r\n\r\n"}) {
        RequestHead head;
        HeadParser parser(head);
        ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
        std::string body;
        EXPECT_FALSE(parser.parse_chunks("3\r\nabc\r\n0\r\n" + std::string(trailers), body)) << trailers;
    }
}

TEST(HeadParser, RefusesMalformedChunks)
{
    for (const auto* chunks : {"g\r\n", "-1\r\na\r\n", "1\nab", "1\r\nab\r\n0\r\n\r\n", "10000000000000000\r\na"}) {
        RequestHead head;
        HeadParser parser(head);
        ASSERT_TRUE(parser.parse_head(kChunkedHead, 100, 4'096));
        std::string body;
        EXPECT_FALSE(parser.parse_chunks(std::string(chunks) + "\r\n\r\n\r\n", body)) << chunks;
    }
}

}  // namespace
}  // namespace winnow::http
