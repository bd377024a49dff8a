#include "https_fixture.hpp"

#include <string>

namespace winnow::http {
namespace {

using test::TlsClient;

struct BadRequest {
    std::string name;
    std::string bytes;
    int status;
};

class Smuggling : public HttpsTest, public testing::WithParamInterface<BadRequest> {};

/// Whatever is wrong, the request behind it must not be answered: it may be part of the first one's body.
TEST_P(Smuggling, IsRefusedAndTheConnectionClosed)
{
    TlsClient client(port());
    client.send(GetParam().bytes + kGet);
    EXPECT_EQ(client.receive().status, GetParam().status);
    EXPECT_TRUE(client.at_end());
}

std::vector<BadRequest> bad_requests()
{
    const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::string chunks = "\r\n3\r\nabc\r\n0\r\n\r\n";
    return {
        {"LengthAndChunked", start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" + chunks, 400},
        {"ChunkedAndLength", start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" + chunks, 400},
        {"XChunked", start + "Transfer-Encoding: xchunked\r\n" + chunks, 501},
        {"XChunkedAndLength", start + "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n" + chunks, 400},
        {"GzipChunked", start + "Transfer-Encoding: gzip, chunked\r\n" + chunks, 501},
        {"ChunkedTwice", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks, 400},
        {"ChunkedIn10", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + chunks, 400},
        {"TwoLengths", start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"SameLengthTwice", start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"LengthList", start + "Content-Length: 3, 3\r\n\r\nabc", 400},
        {"SignedLength", start + "Content-Length: +3\r\n\r\nabc", 400},
        {"HugeLength", start + "Content-Length: 18446744073709551617\r\n\r\nabc", 400},
        {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        {"TwoHosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
        {"BadHost", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"FoldedHeader", "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n  2\r\n\r\n", 400},
        {"FoldedByTab", "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\t2\r\n\r\n", 400},
        {"BareLineFeed", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
        {"BareReturn", "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r2\r\n\r\n", 400},
        {"Nul", std::string("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\0\r\n\r\n", 36), 400},
        {"Escape", "GET / HTTP/1.1\r\nHost: h\r\nX-A: \x1B[31m\r\n\r\n", 400},
        {"BlankBeforeColon", "GET / HTTP/1.1\r\nHost: h\r\nX-A : 1\r\n\r\n", 400},
        {"NameIsNoToken", "GET / HTTP/1.1\r\nHost: h\r\nX(A): 1\r\n\r\n", 400},
        {"NoColon", "GET / HTTP/1.1\r\nHost: h\r\nX-A\r\n\r\n", 400},
        {"NoPath", "GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"Connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"Http12", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
        {"Expectation", start + "Expect: miracles\r\nContent-Length: 0\r\n\r\n", 417},
        {"ChunkSizeIsNoNumber", start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {"ChunkLongerThanItsSize", start + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
        {"ChunkSizeOverflows", start + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\nabc\r\n0\r\n\r\n", 400},
        {"LongChunkExtension",
         start + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(20'000, 'e') + "\r\nabc\r\n0\r\n\r\n", 400},
        {"LongTrailers",
         start + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: " + std::string(100'000, 't') + "\r\n\r\n",
         400},
    };
}

INSTANTIATE_TEST_SUITE_P(Requests, Smuggling, testing::ValuesIn(bad_requests()),
                         [](const auto& test) { return test.param.name; });

/// What is wrong with the bytes may be all that is known of a request, and yet its sender reads errors in its own form.
TEST_F(HttpsTest, WhatIsRefusedByItsBytesIsRefusedInThePathsForm)
{
    const std::string post = "POST /am/alerts?a=b HTTP/1.1\r\nHost: h\r\n";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    for (const auto& [bytes, status] : std::vector<std::pair<std::string, int>>{
             {post + "Expect: foo\r\n\r\n", 417},
             {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
             {post + "X: " + std::string(9'000, 'x') + "\r\n\r\n", 431},
             {post + "Content-Length: a\r\n\r\n", 400},
             {post + "X : a\r\n\r\n", 400},
             {post + "X: a\n\r\n", 400},
             {"POST http://h/am/alerts?a=b HTTP/1.1\r\nHost: h/\r\n\r\n", 400},
             {"POST /am/alerts?a=b HTTP/1.2\r\nHost: h\r\n\r\n", 505},
             {"POST /am/alerts?" + std::string(5'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
             {chunked + "x\r\n", 400},
             {chunked + "2\nab", 400}}) {
        test::TlsClient client(port());
        client.send(bytes);
        const auto answer = client.receive();
        EXPECT_EQ(answer.status, status) << bytes.substr(0, 200);
        EXPECT_EQ(answer.header("X-Path"), "/am/alerts") << bytes.substr(0, 200);
    }
    test::TlsClient noise(port());
    noise.send("\x16\x03 nonsense\r\n\r\n");
    EXPECT_EQ(noise.receive().header("X-Path"), "");
}

class HeadLimits : public HttpsTest {};

TEST_F(HeadLimits, TakesExactlySoManyBytesOfHead)
{
    options_.limits.max_header_bytes = 300;
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    const auto request = [&](std::size_t size) {
        return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(request(300)).status, 200);
    EXPECT_EQ(client.ask(request(301)).status, 431);
    EXPECT_TRUE(client.at_end());
}

TEST_F(HeadLimits, AnswersAHeadThatNeverEndsBeforeItsEnd)
{
    TlsClient client(port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(9'000, 'x'));
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 431);
    EXPECT_TRUE(answer.header("X-Detail").contains("longer than the 8192 bytes")) << answer.header("X-Detail");
}

TEST_F(HeadLimits, TakesExactlySoManyHeaders)
{
    options_.limits.max_header_count = 5;
    const auto request = [](int count) {
        std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (int i = 1; i < count; ++i) text += "X: 1\r\n";
        return text + "\r\n";
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(request(5)).status, 200);
    EXPECT_EQ(client.ask(request(6)).status, 431);
    EXPECT_TRUE(client.at_end());
}

TEST_F(HeadLimits, TakesExactlySoLongAUrl)
{
    options_.limits.max_url_bytes = 200;
    const auto request = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(request(200)).status, 200);
    EXPECT_EQ(client.ask(request(201)).status, 414);
    EXPECT_TRUE(client.at_end());

    TlsClient endless(port());
    endless.send("GET /" + std::string(1'000, 'x'));
    EXPECT_EQ(endless.receive().status, 414);
}

}  // namespace
}  // namespace winnow::http
