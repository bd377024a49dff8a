#include "http/places/handshake_line.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace winnow::http {
namespace {

TEST(HandshakeLine, PrefixesTakeTurnsHoweverManyOneOfThemHas)
{
    HandshakeLine<std::unique_ptr<std::string>> line;
    const auto come = [&](const char* address, const char* name) {
        line.push(Prefix::of(address).value(), std::make_unique<std::string>(name));
    };
    for (const auto* name : {"a1", "a2", "a3", "a4"}) come("192.0.2.1", name);
    come("192.0.2.2", "b1");
    std::string order;
    const auto take = [&] {
        const auto next = line.take();
        order += next ? **next + " " : "nobody ";
    };
    take();
    take();
    come("192.0.2.3", "c1");
    for (int i = 0; i < 4; ++i) take();
    EXPECT_EQ(order, "a1 b1 a2 c1 a3 a4 ");
    EXPECT_TRUE(line.empty());
    take();
    come("192.0.2.1", "a5");
    take();
    EXPECT_EQ(order, "a1 b1 a2 c1 a3 a4 nobody a5 ");
}

}  // namespace
}  // namespace winnow::http
