#include "winnow/http/body.hpp"

#include "http/wire/chunks.hpp"
#include "http/wire/response_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace winnow::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Nothing final : BodySource {
    void pull(PieceSink sink) override { sink(Piece::last()); }
};

std::string head_of(ResponseContext context)
{
    std::string text;
    append_response(text, Response(200, "text/plain", std::make_unique<Nothing>()), context);
    return text;
}

TEST(Body, OfAViewIsTheBytesThemselves)
{
    static constexpr std::string_view kAsset = "an asset";
    const auto body = Body::view(kAsset);
    EXPECT_EQ(body.text().data(), kAsset.data());
    EXPECT_TRUE(body.is_view());
    auto moved = Response(200, "text/plain", Body::view(kAsset));
    const auto again = std::move(moved);
    EXPECT_EQ(again.body.text().data(), kAsset.data());
}

TEST(Body, IsTextOrASource)
{
    EXPECT_EQ(Body().text(), "");
    EXPECT_EQ(Body("abc").text(), "abc");
    EXPECT_EQ(Body("abc").source(), nullptr);
    const Body pulled(std::make_unique<Nothing>());
    EXPECT_NE(pulled.source(), nullptr);
    EXPECT_EQ(pulled.text(), "");
}

TEST(Body, OfASourceIsChunkedOrEndsWithItsConnection)
{
    EXPECT_THAT(head_of({}), EndsWith("\r\nTransfer-Encoding: chunked\r\n\r\n"));
    EXPECT_THAT(head_of({}), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(head_of({.is_head_request = true}), EndsWith("\r\nTransfer-Encoding: chunked\r\n\r\n"));
    const auto old = head_of({.keep_alive = false, .http_1_0 = true});
    EXPECT_THAT(old, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(old, Not(HasSubstr("Transfer-Encoding")));
    EXPECT_THAT(old, Not(HasSubstr("Content-Length")));
}

TEST(Chunk, SaysItsSizeInHexadecimalDigits)
{
    std::string text(26, 'x');
    make_chunk(text);
    EXPECT_EQ(text, "1a\r\n" + std::string(26, 'x') + "\r\n");
    EXPECT_EQ(chunk_head(26), "1a\r\n");
    std::string nothing;
    make_chunk(nothing);
    EXPECT_EQ(nothing, "") << "a chunk of nothing would end the body";
}

}  // namespace
}  // namespace winnow::http
