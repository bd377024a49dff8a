#include "winnow/base/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text)
{
    const auto network = parse_network(text);
    return network ? "taken" : network.error().message();
}

bool holds(const std::string& network, const std::string& address)
{
    return parse_network(network)->contains(*parse_address(address));
}

TEST(Network, HoldsItsAddressesFromEdgeToEdge)
{
    EXPECT_TRUE(holds("10.0.0.0/9", "10.0.0.0"));
    EXPECT_TRUE(holds("10.0.0.0/9", "10.127.255.255"));
    EXPECT_FALSE(holds("10.0.0.0/9", "10.128.0.0"));
    EXPECT_FALSE(holds("10.0.0.0/9", "9.255.255.255"));
    EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"));
    EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
    EXPECT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
    EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
    EXPECT_FALSE(holds("::/0", "10.0.0.1"));
    EXPECT_TRUE(holds("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(holds("192.0.2.1", "192.0.2.0"));
}

TEST(Network, IsRefusedWithWhatWouldBeRight)
{
    EXPECT_EQ(refusal("10.1.2.3/8"),
              "\"10.1.2.3/8\" has bits set after its prefix: write 10.0.0.0/8 for the network, or 10.1.2.3 for the one "
              "address");
    EXPECT_THAT(refusal("2001:db8::1/32"), HasSubstr("write 2001:db8::/32 for the network"));
    EXPECT_THAT(refusal("::ffff:10.1.2.3/104"), HasSubstr("write ::ffff:10.0.0.0/104 "));
    EXPECT_THAT(refusal("10.0.0.0/33"), HasSubstr("write a number from 0 to 32"));
    EXPECT_THAT(refusal("fd00::/129"), HasSubstr("write a number from 0 to 128"));
    for (const auto* const text : {"", "/8", "office", "10.0.0", "127.1/32", "fe80::1%eth0", "fe80::%eth0/10",
                                   "[fd00::]/8", "10.0.0.0 /8", " 10.0.0.0/8", "10.0.0.0:443"}) {
        EXPECT_THAT(refusal(text), HasSubstr("is not a network")) << text;
    }
    for (const auto* const text : {"10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/99999999999"}) {
        EXPECT_THAT(refusal(text), HasSubstr("has no good prefix length")) << text;
    }
}

TEST(Network, IsWrittenWithItsPrefix)
{
    EXPECT_EQ(to_string(*parse_network("10.0.0.0/8")), "10.0.0.0/8");
    EXPECT_EQ(to_string(*parse_network("10.1.2.3")), "10.1.2.3/32");
    EXPECT_EQ(to_string(*parse_network("2001:DB8:0::/32")), "2001:db8::/32");
}

TEST(Network, OfMappedAddressesStandsForAnIPv4Network)
{
    EXPECT_EQ(unmapped(*parse_network("::ffff:10.0.0.0/104")), *parse_network("10.0.0.0/8"));
    EXPECT_EQ(unmapped(*parse_network("::ffff:0:0/96")), *parse_network("0.0.0.0/0"));
    EXPECT_EQ(unmapped(*parse_network("::ffff:10.1.2.3")), *parse_network("10.1.2.3"));
    for (const auto* const text : {"10.0.0.0/8", "2001:db8::/32", "::/0", "::10.0.0.0/104", "::fffe:10.0.0.0/104"}) {
        EXPECT_EQ(unmapped(*parse_network(text)), *parse_network(text)) << text;
    }
}

TEST(Address, ThatIsMappedIsTheIPv4Address)
{
    EXPECT_EQ(unmapped(*parse_address("::ffff:192.0.2.1")), *parse_address("192.0.2.1"));
    EXPECT_EQ(unmapped(*parse_address("::ffff:c000:201")), *parse_address("192.0.2.1"));
    EXPECT_EQ(unmapped(*parse_address("::192.0.2.1")), *parse_address("::192.0.2.1"));
    EXPECT_EQ(unmapped(*parse_address("2001:db8::1")), *parse_address("2001:db8::1"));
}

TEST(Address, HasOneForm)
{
    EXPECT_EQ(canonical_address("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(canonical_address("::FFFF:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(canonical_address("2001:DB8:0:0::1"), "2001:db8::1");
    EXPECT_EQ(canonical_address("somewhere"), "somewhere");
    EXPECT_EQ(canonical_address(""), "");
}

TEST(Networks, HoldWhatAnyOfThemHolds)
{
    const std::vector<Network> networks{*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32")};
    EXPECT_TRUE(is_in(networks, *parse_address("10.1.1.1")));
    EXPECT_TRUE(is_in(networks, *parse_address("2001:db8::7")));
    EXPECT_FALSE(is_in(networks, *parse_address("11.1.1.1")));
    EXPECT_FALSE(is_in({}, *parse_address("10.1.1.1")));
}

}  // namespace
}  // namespace winnow
