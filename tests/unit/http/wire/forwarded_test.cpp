#include "http/wire/forwarded.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace winnow::http {
namespace {

TEST(Network, ContainsItsAddressesToTheBit)
{
    const auto ten = Network::parse("10.0.0.0/9");
    ASSERT_TRUE(ten);
    EXPECT_TRUE(ten->contains("10.0.0.0"));
    EXPECT_TRUE(ten->contains("10.127.255.255"));
    EXPECT_FALSE(ten->contains("10.128.0.0"));
    EXPECT_FALSE(ten->contains("::a00:0"));
    EXPECT_FALSE(ten->contains("nonsense"));
    EXPECT_TRUE(Network::parse("::/0")->contains("2001:db8::1"));
    EXPECT_TRUE(Network::parse("192.0.2.1")->contains("192.0.2.1"));
    EXPECT_FALSE(Network::parse("192.0.2.1")->contains("192.0.2.2"));
    EXPECT_TRUE(Network::parse("2001:db8::/33")->contains("2001:db8:7fff::"));
    EXPECT_FALSE(Network::parse("2001:db8::/33")->contains("2001:db8:8000::"));
}

TEST(Network, RefusesWhatIsNone)
{
    for (const auto* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8x", "10.0.0.0/-1"}) {
        EXPECT_FALSE(Network::parse(text)) << text;
    }
}

std::string client_of(const std::string& peer, const std::vector<std::string>& forwarded)
{
    const std::vector<Network> trusted{*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
    std::vector<Header> headers;
    for (const auto& value : forwarded) headers.push_back({.name = "x-forwarded-for", .value = value});
    return client_address(peer, headers, trusted);
}

TEST(ClientAddress, IsThePeersWhereThePeerIsNotTrusted)
{
    EXPECT_EQ(client_of("192.0.2.1", {"203.0.113.7"}), "192.0.2.1");
    EXPECT_EQ(client_address("10.0.0.1", std::vector<Header>{{.name = "X-Forwarded-For", .value = "1.1.1.1"}}, {}),
              "10.0.0.1");
}

TEST(ClientAddress, IsTheLastHopBeforeTheTrustedOnes)
{
    EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.7"}), "203.0.113.7");
    EXPECT_EQ(client_of("::1", {"6.6.6.6, 203.0.113.7 ,10.2.3.4"}), "203.0.113.7");
    EXPECT_EQ(client_of("10.0.0.1", {"6.6.6.6", "203.0.113.7", "10.2.3.4"}), "203.0.113.7");
    EXPECT_EQ(client_of("10.0.0.1", {"2001:db8::7"}), "2001:db8::7");
}

TEST(ClientAddress, IsWithoutThePortThatSomeProxiesTell)
{
    EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.7:4711"}), "203.0.113.7");
    EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.7:4711, 10.2.3.4:80"}), "203.0.113.7");
    EXPECT_EQ(client_of("10.0.0.1", {"[2001:db8::7]:4711"}), "2001:db8::7");
    EXPECT_EQ(client_of("10.0.0.1", {"[2001:db8::7]"}), "2001:db8::7");
    for (const auto* wrong : {"203.0.113.7:", "203.0.113.7:123456", "203.0.113.7:x", "[203.0.113.7]", "[2001:db8::7",
                              "[2001:db8::7]x", "[2001:db8::7]:", ":80", "[]:80"}) {
        EXPECT_EQ(client_of("10.0.0.1", {wrong}), "10.0.0.1") << wrong;
    }
}

TEST(ClientAddress, StopsAtWhatIsNoAddress)
{
    EXPECT_EQ(client_of("10.0.0.1", {}), "10.0.0.1");
    EXPECT_EQ(client_of("10.0.0.1", {""}), "10.0.0.1");
    EXPECT_EQ(client_of("10.0.0.1", {"unknown"}), "10.0.0.1");
    EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.7, unknown, 10.2.3.4"}), "10.2.3.4");
}

}  // namespace
}  // namespace winnow::http
