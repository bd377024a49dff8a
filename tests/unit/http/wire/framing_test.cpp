#include "http/wire/framing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::http {
namespace {

/// The framing of a POST with a Host and these headers.
std::expected<Framing, Refusal> framing_of(std::vector<Header> headers, int version = 11)
{
    headers.push_back({.name = "Host", .value = "h"});
    return check_framing({.method = "POST", .target = "/", .version = version, .headers = headers});
}

int status_of(const std::expected<Framing, Refusal>& framing)
{
    return framing ? 0 : framing.error().status;
}

TEST(CheckFraming, FindsWhereTheBodyEnds)
{
    EXPECT_EQ(framing_of({})->body, BodyKind::none);
    EXPECT_EQ(framing_of({{"content-length", "0"}})->body, BodyKind::none);
    EXPECT_EQ(framing_of({{"Content-Length", "12"}})->body, BodyKind::length);
    EXPECT_EQ(framing_of({{"Content-Length", "12"}})->length, 12U);
    EXPECT_EQ(framing_of({{"Content-Length", "0012"}})->length, 12U);
    EXPECT_EQ(framing_of({{"transfer-encoding", "CHUNKED"}})->body, BodyKind::chunked);
}

TEST(CheckFraming, RefusesAnAmbiguousLength)
{
    EXPECT_EQ(status_of(framing_of({{"Content-Length", "1"}, {"Content-Length", "1"}})), 400);
    EXPECT_EQ(status_of(framing_of({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}})), 400);
    for (const auto* length : {"", " ", "-1", "+1", "1 1", "1,1", "0x1", "1e3", "1.0", "9999999999999999999"}) {
        EXPECT_EQ(status_of(framing_of({{"Content-Length", length}})), 400) << length;
    }
    EXPECT_EQ(framing_of({{"Content-Length", "999999999999999999"}})->length, 999'999'999'999'999'999U);
}

TEST(CheckFraming, TakesNoTransferEncodingButChunked)
{
    for (const auto* coding : {"", "xchunked", "chunked, chunked", "gzip, chunked", "chunked;q=1", "identity"}) {
        EXPECT_EQ(status_of(framing_of({{"Transfer-Encoding", coding}})), 501) << coding;
    }
    EXPECT_EQ(status_of(framing_of({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}})), 400);
    EXPECT_EQ(status_of(framing_of({{"Transfer-Encoding", "chunked"}}, 10)), 400);
}

TEST(CheckFraming, WantsExactlyOneHost)
{
    const auto status = [](std::vector<Header> headers, int version = 11) {
        return status_of(check_framing({.method = "GET", .target = "/", .version = version, .headers = headers}));
    };
    EXPECT_EQ(status({}), 400);
    EXPECT_EQ(status({}, 10), 0);
    EXPECT_EQ(status({{"Host", "h"}, {"host", "h"}}), 400);
    EXPECT_EQ(status({{"Host", "h"}, {"host", "h"}}, 10), 400);
}

// Proxies disagree which of the two counts, so that one could be checked and the other one used.
TEST(CheckFraming, TakesOneCredentialOfAKindAtMost)
{
    for (const auto* name : {"Authorization", "X-Api-Key"}) {
        EXPECT_EQ(status_of(framing_of({{name, "Bearer a"}})), 0) << name;
        EXPECT_EQ(status_of(framing_of({{name, "Bearer a"}, {name, "Bearer b"}})), 400) << name;
        EXPECT_EQ(status_of(framing_of({{name, "Bearer a"}, {name, "Bearer a"}})), 400) << name;
        EXPECT_EQ(status_of(framing_of({{name, "Bearer a"}, {name, ""}})), 400) << name;
    }
    EXPECT_EQ(status_of(framing_of({{"authorization", "Bearer a"}, {"AUTHORIZATION", "Bearer b"}})), 400);
}

TEST(CheckFraming, KnowsAHostFromWhatIsNone)
{
    const auto status = [](std::string host) {
        const std::vector<Header> headers{{.name = "Host", .value = std::move(host)}};
        return status_of(check_framing({.method = "GET", .target = "/", .version = 11, .headers = headers}));
    };
    for (const auto* host : {"h", "h:1", "h:65535", "h:", "127.0.0.1:80", "[::1]", "[::1]:443", "a-b.example"}) {
        EXPECT_EQ(status(host), 0) << host;
    }
    for (const auto* host : {"", "h/", "a b", "h:65536", "h:x", "h:-1", "u@h", "[::1", "[]", "[::1]x", "a,b:c", "h?"}) {
        EXPECT_EQ(status(host), 400) << host;
    }
}

TEST(CheckFraming, RefusesNamesThatAreNoTokensAndValuesWithControls)
{
    for (const auto* name : {"", "a b", "a:", "a(", "\xC3\xA9"}) {
        EXPECT_EQ(status_of(framing_of({{name, "v"}})), 400) << name;
    }
    for (const auto* value : {"a\nb", "a\rb", "\x7F", "\x01"}) {
        EXPECT_EQ(status_of(framing_of({{"X", value}})), 400);
    }
    EXPECT_EQ(status_of(framing_of({{"X", "tab\there \xC3\xA9 \xFF"}})), 0);
}

TEST(CheckFraming, KnowsWhetherThePeerStays)
{
    EXPECT_TRUE(framing_of({})->keep_alive);
    EXPECT_FALSE(framing_of({{"Connection", "x, CLOSE ,y"}})->keep_alive);
    EXPECT_TRUE(framing_of({{"Connection", "closed"}})->keep_alive);
    EXPECT_FALSE(framing_of({}, 10)->keep_alive);
    EXPECT_TRUE(framing_of({{"Connection", "Keep-Alive"}}, 10)->keep_alive);
    EXPECT_FALSE(framing_of({{"Connection", "keep-alive"}, {"Connection", "close"}}, 10)->keep_alive);
}

TEST(CheckFraming, TakesNoExpectationButContinue)
{
    const auto expecting = framing_of({{"Expect", "100-Continue"}, {"Content-Length", "1"}});
    EXPECT_TRUE(expecting->expects_continue);
    EXPECT_FALSE(framing_of({{"Expect", "100-continue"}})->expects_continue);  // there is no body to wait for
    EXPECT_EQ(status_of(framing_of({{"Expect", "miracles"}})), 417);
    EXPECT_EQ(status_of(framing_of({{"Expect", "miracles"}}, 10)), 0);  // RFC 9110 §10.1.1
}

TEST(SplitTarget, TakesPathsApart)
{
    EXPECT_EQ(split_target("GET", "/a/b?c=d?e")->path, "/a/b");
    EXPECT_EQ(split_target("GET", "/a/b?c=d?e")->query, "c=d?e");
    EXPECT_EQ(split_target("GET", "/")->query, "");
    EXPECT_EQ(split_target("GET", "//x")->path, "//x");
    EXPECT_EQ(split_target("OPTIONS", "*")->path, "/");
}

TEST(SplitTarget, TakesAbsoluteFormsWhateverTheHost)
{
    EXPECT_EQ(split_target("GET", "HTTPS://Host:1/a?b")->path, "/a");
    EXPECT_EQ(split_target("GET", "http://h?b")->path, "/");
    EXPECT_EQ(split_target("GET", "http://h?b")->query, "b");
    EXPECT_EQ(split_target("GET", "http://h")->path, "/");
    EXPECT_EQ(split_target("GET", "https://other:8443/x")->path, "/x");
    for (const auto* target : {"http://u@h/", "http://h:x/", "ftp://h/", "http:///", "h", "a:b"}) {
        EXPECT_FALSE(split_target("GET", target)) << target;
    }
}

TEST(SplitTarget, RefusesWhatMustBeEncodedOrHasNoPath)
{
    for (const auto* target : {"", "*", "/a b", "/\x7F", "/\xC3\xA9", "/#x", "/a\t"}) {
        EXPECT_FALSE(split_target("GET", target)) << target;
    }
}

TEST(HeadScan, FindsTheEndInOnePieceOrByteByByte)
{
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX:\ta\r\n\r\n";
    HeadScan at_once;
    EXPECT_EQ(at_once.scan(head + "body\n"), HeadScan::State::complete);
    EXPECT_EQ(at_once.length(), head.size());
    EXPECT_EQ(at_once.request_line_length(), 14U);

    HeadScan slow;
    for (std::size_t size = 1; size < head.size(); ++size) {
        ASSERT_EQ(slow.scan(std::string_view(head).substr(0, size)), HeadScan::State::incomplete) << size;
    }
    EXPECT_EQ(slow.scan(head), HeadScan::State::complete);
    EXPECT_EQ(slow.length(), head.size());
}

TEST(HeadScan, RefusesFoldedLinesBareLineEndsAndControls)
{
    const std::string start = "GET / HTTP/1.1\r\nX: 1";
    const std::string nul(1, '\0');
    for (const auto& rest : {std::string("\r\n 2\r\n\r\n"), std::string("\r\n\t2\r\n\r\n"), std::string("\n\r\n\r\n"),
                             std::string("\r2\r\n\r\n"), std::string("\x7F\r\n\r\n"), nul + "\r\n\r\n",
                             std::string("\x1B\r\n\r\n"), std::string("\r\r\n\r\n")}) {
        EXPECT_EQ(HeadScan().scan(start + rest), HeadScan::State::malformed);
    }
    EXPECT_EQ(HeadScan().scan(" GET / HTTP/1.1\r\n\r\n"), HeadScan::State::malformed);
}

}  // namespace
}  // namespace winnow::http
