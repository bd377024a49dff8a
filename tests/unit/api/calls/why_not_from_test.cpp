#include "api/calls/credential.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace winnow::api {
namespace {

TEST(WhyNotFrom, SaysWhoseNetworksTheyAreAndWhichAddressItWas)
{
    const std::vector<Network> office{*parse_network("192.0.2.0/24")};
    access::Principal who;
    who.kind = access::CredentialKind::user_key;
    who.role = access::Role::admin;
    const auto said = [&](const access::SourceNetworks& places) {
        who.places = std::make_shared<const access::SourceNetworks>(places);
        return why_not_from(who, "203.0.113.5");
    };
    const std::string rest = " from some networks only, and 203.0.113.5 is in none of them";
    EXPECT_EQ(said({.users = office, .admins = {}, .keys = {}}), "the tenant lets its users in" + rest);
    EXPECT_EQ(said({.users = {}, .admins = office, .keys = {}}), "the tenant lets its admins in" + rest);
    EXPECT_EQ(said({.users = {}, .admins = {}, .keys = office}), "the tenant's keys may be used" + rest);
    who.networks = std::make_shared<const std::vector<Network>>(office);
    EXPECT_EQ(said({.users = office, .admins = {}, .keys = {}}), "this key may be used" + rest);
}

}  // namespace
}  // namespace winnow::api
