#include "http/wire/refusal_text.hpp"

#include <gtest/gtest.h>

namespace winnow::http {
namespace {

std::string head_text(int status, std::string_view code)
{
    return head_detail({.status = status, .code = code, .detail = {}}, Limits{});
}

TEST(RefusalText, OfAHeadNamesTheLimitAndWhose)
{
    EXPECT_EQ(head_text(408, "request_timeout"),
              "The request's head did not arrive completely within the 10 s that this server waits for one.");
    EXPECT_EQ(head_text(414, "uri_too_long"),
              "The request's URL is longer than the 4096 bytes that this server takes (http.max_url_bytes).");
    EXPECT_EQ(head_text(431, "headers_too_large"),
              "The request's line and header fields are longer than the 8192 bytes that this server takes "
              "(http.max_header_bytes).");
    EXPECT_EQ(head_text(431, "too_many_headers"),
              "The request has more than the 100 header fields that this server takes (http.max_header_count).");
    EXPECT_EQ(head_text(400, "malformed_request"), "") << "there is no limit";
}

TEST(RefusalText, OfALargeBodyNamesWhoseLimitItIs)
{
    EXPECT_EQ(large_body_detail(16'777'216, "limits.max_push_bytes"),
              "The request's body is longer than the 16777216 bytes that this resource takes (limits.max_push_bytes of "
              "this server).");
    EXPECT_EQ(large_body_detail(1'048'576, ""),
              "The request's body is longer than the 1048576 bytes that this resource takes.")
        << "nobody can set it";
}

TEST(RefusalText, OfABodySaysWhichOfTheTimesAndMemories)
{
    Limits limits;
    limits.body_pace = std::chrono::milliseconds(1'500);
    EXPECT_EQ(slow_body_detail(true, limits),
              "The request's body did not arrive completely within the 15 s that this server waits for one.");
    EXPECT_EQ(slow_body_detail(false, limits),
              "The request's body came slower than the 4096 bytes a second, over each "
              "1500 ms, that this server asks of bodies over 64 KiB.");
    const BodyMemory memory(1'000);
    EXPECT_EQ(no_memory_detail(BodyMemory::Lack::of_caller, memory),
              "The tenant's bodies over 64 KiB that are under way on this node fill its 250 bytes, a quarter of what "
              "all may have; send this one again when they are answered.");
    EXPECT_EQ(no_memory_detail(BodyMemory::Lack::of_all, memory),
              "The bodies over 64 KiB that are under way on this node, of all tenants, fill the 1000 bytes that they "
              "may have together; send this one again later.");
    EXPECT_EQ(busy_tenant_detail(6),
              "The tenant has 6 requests under way on this node, as many as one tenant may: three eighths of "
              "http.max_connections.");
}

TEST(RefusalText, ABodyWithoutRoomKnowsWhoseThereWasTooLittleOf)
{
    BodyMemory memory(100);
    BodyMemory::Part mine(memory);
    ASSERT_TRUE(mine.grow(Uuid::v7(1, 2, 1), 25));
    BodyMemory::Part second(memory);
    ASSERT_FALSE(second.grow(Uuid::v7(1, 2, 1), 10));
    EXPECT_EQ(second.lacks(), BodyMemory::Lack::of_caller);
    BodyMemory::Part others(memory);
    ASSERT_TRUE(others.grow(Uuid::v7(1, 2, 2), 70));
    BodyMemory::Part third(memory);
    ASSERT_FALSE(third.grow(Uuid::v7(1, 2, 3), 10));
    EXPECT_EQ(third.lacks(), BodyMemory::Lack::of_all);
}

}  // namespace
}  // namespace winnow::http
