#include "api/rest/parameters.hpp"

#include "api/rest/problem.hpp"
#include "api/senders/ingest.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

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
        IngestBill nothing(nullptr, {}, request, 1'000);
        const auto body = plain_body(request, 1'000, nothing);
        return !body && is_unsupported(body.error());
    };
    EXPECT_TRUE(refused({{"Content-Encoding", "gzip, gzip"}}));
    EXPECT_TRUE(refused({{"Content-Encoding", "gzip"}, {"content-encoding", "gzip"}}));
    EXPECT_TRUE(refused({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}));
    EXPECT_FALSE(refused({{"Content-Encoding", "identity"}}));
    EXPECT_FALSE(refused({}));
}

http::RequestHead asked(std::string query)
{
    http::RequestHead head;
    head.query = std::move(query);
    return head;
}

TEST(QueryParameter, OfOneValueIsGivenOnce)
{
    EXPECT_EQ(*text_parameter(asked("q=a&r=b"), "q"), "a");
    EXPECT_FALSE(text_parameter(asked("q=a&q=b"), "q"));
    EXPECT_FALSE(text_parameter(asked("q=a&r=b&%71=a"), "q"));
    EXPECT_FALSE(time_parameter(asked("to=2026-11-23T06:00:00Z&to=2026-11-24T06:00:00Z"), "to"));
    EXPECT_FALSE(id_parameter<UserId>(
        asked("u=0199c0de-0000-7000-8000-000000000001&u=0199c0de-0000-7000-8000-000000000002"), "u"));
    EXPECT_EQ(listed_parameter(asked("state=a&state=b"), "state")->size(), 2U);
}

TEST(QueryParameter, IsPercentEncodedOrNotAtAll)
{
    for (const auto* query : {"q=%", "q=a%2", "q=%zz", "q=a&r=100%&s=b", "a%b=c", "q=%2%20"}) {
        const auto text = only_text(asked(query), {});
        ASSERT_FALSE(text) << query;
        EXPECT_NE(text.error().message().find("%25"), std::string::npos) << text.error().message();
    }
    for (const auto* query : {"", "q=", "q=%25", "q=a%2fb%2Fc", "q=+"})
        EXPECT_TRUE(only_text(asked(query), {})) << query;
}

TEST(QueryParameter, ThatIsNoneOfTheWordsIsToldThem)
{
    const auto parse = [](std::string_view) noexcept {
        return std::optional<int>();
    };
    const auto wrong = word_parameter<int>(asked("state=OPEN"), "state", parse, "open, held");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("must be one of open, held"), std::string::npos) << wrong.error().message();
}

}  // namespace
}  // namespace winnow::api
