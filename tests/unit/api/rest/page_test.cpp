#include "api/rest/page.hpp"

#include "api/rest/problem.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

TEST(NumberedStretch, GoesOnBehindTheNumberOfItsCursor)
{
    EXPECT_EQ(numbered_stretch<std::int32_t>(get("limit=7"))->after, std::nullopt);
    const auto stretch = numbered_stretch<std::int32_t>(get("limit=7&cursor=" + encode_cursor(numbered_cursor(42))));
    ASSERT_TRUE(stretch);
    EXPECT_EQ(stretch->limit, 7U);
    EXPECT_EQ(stretch->after, 42);
    for (const auto* const part : {"", "x", "4x", " 4", "4.0", "+4", "2147483648"}) {
        EXPECT_FALSE(numbered_stretch<std::int32_t>(get("cursor=" + encode_cursor({part})))) << part;
    }
    EXPECT_EQ(numbered_stretch<std::int64_t>(get("cursor=" + encode_cursor({"2147483648"})))->after, 2'147'483'648);
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

/// A list of texts that go by their place in it.
class PagesOfTexts : public testing::Test {
protected:
    http::Response page(const http::RequestHead& head, std::size_t limit, std::optional<std::size_t> after = {})
    {
        const auto fetch = [this](const std::optional<std::size_t>& place, std::size_t most) {
            const auto begin = place ? *place + 1 : 0;
            std::vector<std::size_t> found;
            for (auto i = begin; i < texts_.size() && found.size() < most; ++i) found.push_back(i);
            loaded_ += found.size();
            return Result<std::vector<std::size_t>>(std::move(found));
        };
        auto made = page_response(
            head, Stretch<std::size_t>{.limit = limit, .after = after}, fetch,
            [this](std::size_t i) { return json(texts_[i]); }, [](std::size_t i) { return i; },
            [](std::size_t i) { return Cursor{std::to_string(i)}; });
        EXPECT_TRUE(made);
        return *std::move(made);
    }

    std::vector<std::string> texts_{"a", "b"};
    std::size_t loaded_ = 0;
};

TEST_F(PagesOfTexts, TheLastPageHasNoCursorAndNoLink)
{
    const auto response = page(get("limit=2"), 2);
    EXPECT_EQ(response.body.text(), R"({"items":["a","b"],"next_cursor":null})");
    EXPECT_EQ(header(response, "Link"), "");
    texts_.clear();
    EXPECT_EQ(page(get("limit=2"), 2).body.text(), R"({"items":[],"next_cursor":null})");
}

TEST_F(PagesOfTexts, EndWithTheirBytesAndTheCursorLeadsToTheRest)
{
    // Those that differ in length, so that an off-by-one of any page shows.
    texts_.clear();
    for (std::size_t i = 0; i < 450; ++i) texts_.push_back(std::to_string(i) + ' ' + std::string(40'000 + i * 7, 'x'));
    std::vector<std::string> seen;
    std::optional<std::size_t> after;
    std::size_t pages = 0;
    do {
        loaded_ = 0;
        const auto response = page(get("limit=500"), 500, after);
        EXPECT_LE(response.body.text().size(), kMaxPageBytes + 200);
        EXPECT_LE(loaded_, 2 * (kMaxPiece + 1)) << "what does not fit is not loaded";
        const auto document = json::parse(response.body.text());
        for (const auto& item : document["items"]) seen.push_back(item);
        after = seen.size() - 1;
        if (document["next_cursor"].is_null()) break;
        EXPECT_GE(response.body.text().size(), kMaxPageBytes - 50'000) << "no page ends early";
        EXPECT_EQ(document["next_cursor"], encode_cursor({std::to_string(*after)}));
        EXPECT_NE(header(response, "Link"), "");
    } while (++pages < 20);
    EXPECT_EQ(pages, 4U);
    EXPECT_EQ(seen, texts_) << "each once, in order";
}

TEST_F(PagesOfTexts, AnItemLongerThanAPageIsAPage)
{
    texts_ = {std::string(kMaxPageBytes + 7, 'a'), "b"};
    const auto first = json::parse(page(get(""), 50).body.text());
    ASSERT_EQ(first["items"].size(), 1U);
    EXPECT_EQ(first["next_cursor"], encode_cursor({"0"}));
    EXPECT_EQ(page(get(""), 50, 0).body.text(), R"({"items":["b"],"next_cursor":null})");
    std::swap(texts_[0], texts_[1]);
    EXPECT_EQ(json::parse(page(get(""), 50).body.text())["items"], json::array({"b"}));
}

TEST_F(PagesOfTexts, AreLoadedInPiecesUpToTheirLimit)
{
    texts_.assign(450, "x");
    for (const auto& [limit, more] :
         {std::pair(kMaxPiece, true), std::pair(2 * kMaxPiece, true), std::pair(kMaxPiece + 1, true),
          std::pair(std::size_t{449}, true), std::pair(std::size_t{450}, false), std::pair(std::size_t{500}, false)}) {
        const auto document = json::parse(page(get(""), limit).body.text());
        EXPECT_EQ(document["items"].size(), std::min(limit, texts_.size()));
        EXPECT_EQ(!document["next_cursor"].is_null(), more) << limit;
    }
}

TEST_F(PagesOfTexts, LinkToTheNextPageWithTheSameFilters)
{
    const auto response = page(get("state=open&cursor=old&limit=1"), 1);
    const auto cursor = encode_cursor({"0"});
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
