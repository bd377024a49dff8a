#include "api/parameters.hpp"

#include "api/ingest.hpp"
#include "api/problem.hpp"

#include <gtest/gtest.h>

namespace winnow::api {
namespace {

http::RequestHead head_with(std::vector<http::Header> headers)
{
    http::RequestHead head;
    head.headers = std::move(headers);
    return head;
}

TEST(IdempotencyKey, IsGivenOnce)
{
    EXPECT_EQ(**idempotency_key(head_with({{"Idempotency-Key", "a"}})), "a");
    EXPECT_EQ(**idempotency_key(head_with({{"idempotency-key", "\u00e9"}})), "\u00e9")
        << "nobody is turned away for it";
    for (const auto* second : {"a", "b", ""}) {
        const auto key =
            idempotency_key(head_with({{"Idempotency-Key", "a"}, {"X-A", "b"}, {"IDEMPOTENCY-KEY", second}}));
        ASSERT_FALSE(key) << second;
        EXPECT_NE(key.error().message().find("once"), std::string::npos) << key.error().message();
    }
}

TEST(ContentEncoding, OfTwoLinesIsAListLikeThatOfOne)
{
    const auto refused = [](std::vector<http::Header> headers) {
        http::Request request;
        request.head.headers = std::move(headers);
        request.body = "[]";
        const auto body = plain_body(request, 1'000);
        return !body && is_unsupported(body.error());
    };
    EXPECT_TRUE(refused({{"Content-Encoding", "gzip, gzip"}}));
    EXPECT_TRUE(refused({{"Content-Encoding", "gzip"}, {"content-encoding", "gzip"}}));
    EXPECT_TRUE(refused({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}));
    EXPECT_FALSE(refused({{"Content-Encoding", "identity"}}));
    EXPECT_FALSE(refused({}));
}

}  // namespace
}  // namespace winnow::api
