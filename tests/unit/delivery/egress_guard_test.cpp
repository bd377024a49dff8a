#include "delivery/egress_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace winnow::delivery {
namespace {

using testing::HasSubstr;

bool allowed(const std::string& text, const std::vector<std::string>& allow = {})
{
    const auto address = parse_address(text);
    if (!address) throw std::logic_error("not an address: " + text);
    return EgressGuard(allow).allows(*address);
}

std::string refusal(const std::string& entry)
{
    try {
        const EgressGuard guard({entry});
    } catch (const std::invalid_argument& failure) {
        return failure.what();
    }
    return "taken";
}

/// A denied network: its ends, and the neighbours that must stay reachable ("" where those are denied as well).
struct Edge {
    const char* before;
    const char* first;
    const char* last;
    const char* after;
};

class DeniedNetwork : public testing::TestWithParam<Edge> {};

TEST_P(DeniedNetwork, IsDeniedFromEdgeToEdgeAndNoFurther)
{
    const auto& [before, first, last, after] = GetParam();
    EXPECT_FALSE(allowed(first)) << first;
    EXPECT_FALSE(allowed(last)) << last;
    if (*before != '\0') EXPECT_TRUE(allowed(before)) << before;
    if (*after != '\0') EXPECT_TRUE(allowed(after)) << after;
}

INSTANTIATE_TEST_SUITE_P(V4, DeniedNetwork,
                         testing::Values(Edge{"", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
                                         Edge{"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
                                         Edge{"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
                                         Edge{"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
                                         Edge{"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"},
                                         Edge{"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
                                         Edge{"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
                                         Edge{"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
                                         Edge{"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
                                         Edge{"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
                                         Edge{"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
                                         Edge{"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
                                         Edge{"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
                                         Edge{"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
                                         Edge{"223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
                                         Edge{"", "240.0.0.0", "255.255.255.255", ""}));

INSTANTIATE_TEST_SUITE_P(V6, DeniedNetwork,
                         testing::Values(Edge{"", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
                                         Edge{"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                              "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
                                         Edge{"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
                                              "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
                                         Edge{"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                              "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"},
                                         Edge{"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                              "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
                                         Edge{"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                              "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""}));

TEST(EgressGuard, DeniesEveryDisguiseOfAnInnerAddress)
{
    for (const auto* const text : {
             "::1",                       // loopback
             "::",                        // unspecified
             "::127.0.0.1",               // IPv4-compatible
             "::ffff:127.0.0.1",          // IPv4-mapped
             "::ffff:8.8.8.8",            // the same, of a public address: nobody has a reason for it
             "::ffff:0:127.0.0.1",        // IPv4-translated
             "64:ff9b::169.254.169.254",  // NAT64
             "64:ff9b:1::10.0.0.1",       // local NAT64
             "100::1",                    // discard-only
             "2002:7f00:1::",             // 6to4 of 127.0.0.1
             "2001:0:7f00:1::",           // Teredo
             "2001:2::1",                 // benchmarking
             "2001:20::1",                // ORCHIDv2
             "fc00::1",
             "fdff::1",        // unique local
             "fd00:ec2::254",  // a cloud's metadata
             "fe80::1",
             "febf::1",  // link-local
             "fec0::1",  // site-local
             "ff02::1",  // multicast
             "169.254.169.254",
             "100.100.100.200",
             "192.0.0.192",
             "168.63.129.16",  // metadata
         }) {
        EXPECT_FALSE(allowed(text)) << text;
    }
}

TEST(EgressGuard, LetsPublicHostsPass)
{
    for (const auto* const text : {"1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"}) {
        EXPECT_TRUE(allowed(text)) << text;
    }
}

TEST(EgressGuard, AnAllowedNetworkIsOpenFromEdgeToEdgeOnly)
{
    EXPECT_TRUE(allowed("10.20.0.0", {"10.20.0.0/16"}));
    EXPECT_TRUE(allowed("10.20.255.255", {"10.20.0.0/16"}));
    EXPECT_FALSE(allowed("10.19.255.255", {"10.20.0.0/16"}));
    EXPECT_FALSE(allowed("10.21.0.0", {"10.20.0.0/16"}));
    EXPECT_FALSE(allowed("127.0.0.1", {"10.20.0.0/16"}));
    EXPECT_TRUE(allowed("fd12::7", {"127.0.0.0/8", "fd12::/16"}));
    EXPECT_FALSE(allowed("fd13::7", {"127.0.0.0/8", "fd12::/16"}));
}

TEST(EgressGuard, AllowingAnIPv4NetworkOpensNoDisguiseOfIt)
{
    EXPECT_FALSE(allowed("::ffff:127.0.0.1", {"127.0.0.0/8"}));
    EXPECT_FALSE(allowed("::127.0.0.1", {"0.0.0.0/0"}));
}

TEST(EgressGuard, OneAddressIsANetworkOfItsOwn)
{
    EXPECT_TRUE(allowed("10.1.2.3", {"10.1.2.3"}));
    EXPECT_FALSE(allowed("10.1.2.2", {"10.1.2.3"}));
    EXPECT_TRUE(allowed("::1", {"::1"}));
    EXPECT_FALSE(allowed("::2", {"::1"}));
}

TEST(EgressGuard, WithoutTlsOnlyNetworksThatTheProviderNamesAreOpen)
{
    const EgressGuard guard({"10.1.0.0/16", "93.184.216.0/24"});
    const EgressGuard nowhere({});
    for (const auto* const address : {"10.1.0.0", "10.1.255.255", "93.184.216.34"}) {
        EXPECT_TRUE(guard.allows_plain(*parse_address(address))) << address;
        EXPECT_FALSE(nowhere.allows_plain(*parse_address(address))) << address;
    }
    for (const auto* const address : {"8.8.8.8", "10.0.255.255", "10.2.0.0", "127.0.0.1", "::1", "::ffff:10.1.0.1"}) {
        EXPECT_FALSE(guard.allows_plain(*parse_address(address))) << address;
    }
}

TEST(EgressGuard, AHostWithoutTlsIsJudgedByItsTextAsFarAsThatGoes)
{
    const EgressGuard guard({"10.1.0.0/16", "fd00::/8"});
    EXPECT_TRUE(guard.may_allow_plain("10.1.2.3"));
    EXPECT_TRUE(guard.may_allow_plain("[fd00::7]"));
    EXPECT_TRUE(guard.may_allow_plain("chat.internal")) << "where it leads is judged when it is called";
    EXPECT_FALSE(guard.may_allow_plain("10.2.2.3"));
    EXPECT_FALSE(guard.may_allow_plain("[2001:4860:4860::8888]"));
    EXPECT_FALSE(guard.may_allow_plain("8.8.8.8")) << "public, but nobody named it";
    EXPECT_FALSE(EgressGuard({}).may_allow_plain("chat.internal"));
    for (const auto* const host : {"10.1.2.3", "[fd00::7]", "8.8.8.8", "chat.internal"}) {
        EXPECT_TRUE(guard.may_allow(host)) << host;
    }
    for (const auto* const host : {"10.2.2.3", "127.0.0.1", "[::1]"}) EXPECT_FALSE(guard.may_allow(host)) << host;
}

TEST(EgressGuard, PrefixesMayEndInsideAByteAndAtBothEnds)
{
    EXPECT_TRUE(allowed("10.0.0.31", {"10.0.0.0/27"}));
    EXPECT_FALSE(allowed("10.0.0.32", {"10.0.0.0/27"}));
    EXPECT_TRUE(allowed("10.0.0.1", {"10.0.0.1/32"}));
    EXPECT_TRUE(allowed("255.255.255.255", {"0.0.0.0/0"}));
    EXPECT_TRUE(allowed("ff02::1", {"::/0"}));
    EXPECT_TRUE(allowed("fd00::1", {"fd00::1/128"}));
}

TEST(EgressGuard, ABadEntryIsNamedWithItsFix)
{
    EXPECT_THAT(refusal("loopback"), HasSubstr("\"loopback\" is not a network: write an address and a prefix length"));
    for (const auto* const entry : {"", "/8", "127.1/8", "010.0.0.0/8", "10.0.0.0.0/8", "localhost/8", "[::1]/128",
                                    "fe80::1%eth0/64", " 10.0.0.0/8", "1.2.3.4:80"}) {
        EXPECT_THAT(refusal(entry), HasSubstr("is not a network")) << entry;
    }
    for (const auto* const entry : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/+8",
                                    "10.0.0.0/8/8", "10.0.0.0/99999999999999999999"}) {
        EXPECT_THAT(refusal(entry), HasSubstr("write a number from 0 to 32")) << entry;
    }
    EXPECT_THAT(refusal("fd00::/129"), HasSubstr("write a number from 0 to 128"));
    EXPECT_THAT(refusal("127.0.0.1/8"), HasSubstr("write 127.0.0.0/8 for the network, or 127.0.0.1 for the one"));
    EXPECT_THAT(refusal("fd00::1/64"), HasSubstr("write fd00::/64 "));
}

TEST(EgressGuard, ReadsAddressesInFullFormOnly)
{
    EXPECT_EQ(to_string(*parse_address("192.0.2.1")), "192.0.2.1");
    EXPECT_EQ(to_string(*parse_address("2001:DB8:0:0::1")), "2001:db8::1");
    for (const auto* const text :
         {"127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", ":::1", "::1%lo", ""}) {
        EXPECT_EQ(parse_address(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_address(std::string_view("1.2.3.4\0.5", 10)), std::nullopt);
}

}  // namespace
}  // namespace winnow::delivery
