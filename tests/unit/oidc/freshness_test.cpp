#include "winnow/oidc/freshness.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::oidc {
namespace {

using namespace std::chrono_literals;

TEST(Freshness, IsWhatTheProviderSaysWithinBounds)
{
    EXPECT_EQ(keys_for("max-age=600"), 10min);
    EXPECT_EQ(keys_for("public, Max-Age=7200 , must-revalidate"), 2h);
    EXPECT_EQ(keys_for("max-age=300"), 5min);
    EXPECT_EQ(keys_for("max-age=301"), 301s);
    EXPECT_EQ(keys_for("max-age=299"), 5min);
    EXPECT_EQ(keys_for("max-age=0"), 5min);
    EXPECT_EQ(keys_for("max-age=86400"), 24h);
    EXPECT_EQ(keys_for("max-age=86401"), 24h);
    EXPECT_EQ(keys_for("max-age=9223372036854775807"), 24h);
}

TEST(Freshness, IsAnHourWhereTheProviderSaysNothing)
{
    for (const std::string text : {"", "no-store", "max-age", "max-age=", "max-age=-1", "max-age=1h", "max-age= 600",
                                   "s-maxage=600", "max-age=9223372036854775808", ",,,"}) {
        EXPECT_EQ(keys_for(text), 1h) << text;
    }
}

}  // namespace
}  // namespace winnow::oidc
