#include "http/places/prefix.hpp"

#include "http/places/recent_prefixes.hpp"

#include <gtest/gtest.h>

namespace winnow::http {
namespace {

using namespace std::chrono_literals;

Prefix of(std::string_view address)
{
    const auto prefix = Prefix::of(address);
    EXPECT_TRUE(prefix) << address;
    return prefix.value_or(Prefix());
}

TEST(Prefix, AnIpv4AddressIsOneHoweverItIsWritten)
{
    EXPECT_EQ(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    EXPECT_NE(of("192.0.2.1"), of("192.0.2.2"));
}

TEST(Prefix, AnIpv6SlashSixtyFourIsOne)
{
    EXPECT_EQ(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_NE(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    EXPECT_EQ(of("fe80::1%eth0"), of("fe80::2"));
    EXPECT_NE(of("2001:db8::1"), of("32.1.13.184"));
}

TEST(Prefix, WhatIsNoAddressHasNone)
{
    for (const auto* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "::1::", "192.0.2.1/24"}) {
        EXPECT_FALSE(Prefix::of(text)) << text;
    }
}

TEST(RecentPrefixes, RemembersForADay)
{
    RecentPrefixes recent(1);
    const RecentPrefixes::Time now(1'000h);
    EXPECT_FALSE(recent.contains(of("0.0.0.0"), now)) << "nobody was there yet";
    recent.add(of("192.0.2.1"), now);
    EXPECT_TRUE(recent.contains(of("192.0.2.1"), now + 24h));
    EXPECT_FALSE(recent.contains(of("192.0.2.1"), now + 24h + 1min));
    EXPECT_FALSE(recent.contains(of("192.0.2.2"), now));
    recent.add(of("192.0.2.1"), now + 10h);
    EXPECT_TRUE(recent.contains(of("192.0.2.1"), now + 34h));
}

TEST(RecentPrefixes, WhenItsTableIsFullThoseGoThatWereThereLongestAgo)
{
    RecentPrefixes recent(1, 4);  // one row
    RecentPrefixes::Time now(1'000h);
    for (const auto* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"})
        recent.add(of(address), now += 1min);
    recent.add(of("192.0.2.1"), now += 1min);
    recent.add(of("192.0.2.5"), now += 1min);
    EXPECT_TRUE(recent.contains(of("192.0.2.1"), now));
    EXPECT_FALSE(recent.contains(of("192.0.2.2"), now));
    EXPECT_TRUE(recent.contains(of("192.0.2.5"), now));
}

}  // namespace
}  // namespace winnow::http
