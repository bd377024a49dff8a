#include "winnow/http/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

RequestHead with_query(std::string query)
{
    RequestHead head;
    head.query = std::move(query);
    return head;
}

TEST(RequestHead, FindsTheFirstHeaderWhateverItsCase)
{
    RequestHead head;
    head.headers = {{.name = "Accept", .value = "a"}, {.name = "X-A", .value = "1"}, {.name = "x-a", .value = "2"}};
    EXPECT_EQ(head.header("x-A"), "1");
    EXPECT_EQ(head.header("X-"), "");
    EXPECT_EQ(head.header("X-AB"), "");
}

TEST(RequestHead, DecodesQueryParameters)
{
    const auto head = with_query("a=1&b=x%20y+z&&c&=v&a=2&d%5B%5D=%26%3D");
    EXPECT_THAT(head.query_parameters(), ElementsAre(Pair("a", "1"), Pair("b", "x y z"), Pair("c", ""), Pair("", "v"),
                                                     Pair("a", "2"), Pair("d[]", "&=")));
    EXPECT_EQ(head.query_parameter("a"), "1");
    EXPECT_EQ(head.query_parameter("c"), "");
    EXPECT_EQ(head.query_parameter("d[]"), "&=");
    EXPECT_EQ(head.query_parameter("e"), std::nullopt);
    EXPECT_THAT(with_query("").query_parameters(), testing::IsEmpty());
}

TEST(RequestHead, KeepsAParameterThatCannotBeDecodedAsSent)
{
    EXPECT_EQ(with_query("a=100%").query_parameter("a"), "100%");
    EXPECT_EQ(with_query("a=%zz+").query_parameter("a"), "%zz+");
}

TEST(PercentDecode, UndoesEncoding)
{
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("a%2Fb%c3%A9"), "a/b\xC3\xA9");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
    EXPECT_EQ(percent_decode("%2525"), "%25");
}

TEST(PercentDecode, RefusesWhatIsMalformedOrDecodesToNul)
{
    for (const auto* text : {"%", "%4", "a%4", "%g0", "%0g", "%%41", "%00", "a%00b"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
    EXPECT_EQ(percent_decode(std::string_view("a\0b", 3)), std::nullopt);
}

TEST(Response, SetAddsOrReplaces)
{
    Response response(200, "text/plain", "x");
    response.set("content-type", "text/html");
    response.set("ETag", "\"1\"");
    ASSERT_EQ(response.headers.size(), 2U);
    EXPECT_EQ(response.headers[0].value, "text/html");
    EXPECT_EQ(response.headers[1].name, "ETag");
}

}  // namespace
}  // namespace winnow::http
