#include "api/rest/page.hpp"

#include "api/rest/problem.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace winnow::api {
namespace {

using nlohmann::json;

http::RequestHead get(std::string query)
{
    http::RequestHead head;
    head.method = "GET";
    head.path = "/api/v1/rules";
    head.query = std::move(query);
    return head;
}

std::string header(const http::Response& response, std::string_view name)
{
    const auto it = std::ranges::find(response.headers, name, &http::Header::name);
    return it == response.headers.end() ? "" : it->value;
}

TEST(PageRequest, HasADefaultAndTakesBothEndsOfTheLimit)
{
    EXPECT_EQ(page_request(get(""), 1)->limit, 50U);
    EXPECT_EQ(page_request(get("limit=1"), 1)->limit, 1U);
    EXPECT_EQ(page_request(get("limit=500"), 1)->limit, 500U);
}

TEST(PageRequest, RefusesOtherLimits)
{
    for (const auto* query : {"limit=0", "limit=501", "limit=-1", "limit=", "limit=5x", "limit=99999999999999999999"}) {
        const auto page = page_request(get(query), 1);
        ASSERT_FALSE(page) << query;
        EXPECT_EQ(kind_of(page.error()).status, 400) << query;
    }
}

TEST(PageRequest, ReadsBackTheCursorThatThePageGave)
{
    const Cursor cursor{"2026-11-23T06:00:00.000Z", "é\"\\?&=", ""};
    const auto page = page_request(get("cursor=" + encode_cursor(cursor)), 3);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->cursor, cursor);
}

TEST(PageRequest, RefusesForgedCursors)
{
    const auto two_parts = encode_cursor({"a", "b"});
    for (const std::string& query :
         {std::string("cursor="), std::string("cursor=%%%"), std::string("cursor=!!!!"), std::string("cursor=e30"),
          std::string("cursor=WzFd"), std::string("cursor=W10"), "cursor=" + two_parts, std::string(6'000, 'A')}) {
        const auto full = query.starts_with("cursor") ? query : "cursor=" + query;
        EXPECT_FALSE(page_request(get(full), 1)) << full.substr(0, 40);
    }
}

TEST(OnlyParameters, RefusesOneThatStandsTwiceAndNamesIt)
{
    const auto refused = only_parameters(get("limit=1&cursor=a&limit=1"), {"limit", "cursor"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(kind_of(refused.error()).status, 400);
    EXPECT_NE(explained(refused.error()).find("limit"), std::string::npos) << explained(refused.error());
    EXPECT_FALSE(only_parameters(get("limit=1&%6cimit=1"), {"limit", "cursor"})) << "however it is written";
    EXPECT_TRUE(only_parameters(get("label.env=a&label.tier=b"), {"label."}));
    EXPECT_TRUE(only_parameters(get("label.env=a&label.env=b"), {"label."})) << "each has to hold: none is passed over";
    EXPECT_TRUE(only_parameters(get("state=open&state=held&limit=1"), {"state[]", "limit"})) << "where it is a list";
    EXPECT_FALSE(only_parameters(get("state[]=open"), {"state[]", "limit"})) << "the sign is ours";
}

TEST(PageResponse, TheLastPageHasNoCursorAndNoLink)
{
    const auto response = page_response(get("limit=2"), json::array({1, 2}), {});
    EXPECT_EQ(response.body.text(), R"({"items":[1,2],"next_cursor":null})");
    EXPECT_EQ(header(response, "Link"), "");
}

TEST(PageResponse, LinksToTheNextPageWithTheSameFilters)
{
    const auto response = page_response(get("state=open&cursor=old&limit=1"), json::array({1}), {"k"});
    const auto cursor = encode_cursor({"k"});
    EXPECT_EQ(json::parse(response.body.text())["next_cursor"], cursor);
    EXPECT_EQ(header(response, "Link"), "</api/v1/rules?state=open&limit=1&cursor=" + cursor + ">; rel=\"next\"");
}

TEST(OnlyParameters, SuggestsWhatWasMeantAndTakesPrefixes)
{
    EXPECT_TRUE(only_parameters(get("state=open&label.env=prod"), {"state", "label."}));
    EXPECT_TRUE(only_parameters(get(""), {}));
    const auto wrong = only_parameters(get("sate=open"), {"state"});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("'state'"), std::string::npos);
    const auto nameless = only_parameters(get("label.=x"), {"label."});
    ASSERT_FALSE(nameless);
    EXPECT_NE(nameless.error().message().find("label.env"), std::string::npos) << nameless.error().message();
    EXPECT_EQ(nameless.error().message().find("did you mean"), std::string::npos) << nameless.error().message();
}

}  // namespace
}  // namespace winnow::api
