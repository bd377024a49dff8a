#include "winnow/access/source_networks.hpp"

#include "winnow/access/permission.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <vector>

namespace winnow::access {
namespace {

std::vector<Network> of(std::initializer_list<const char*> texts)
{
    std::vector<Network> networks;
    for (const auto* const text : texts) networks.push_back(*parse_network(text));
    return networks;
}

Principal caller(CredentialKind kind, Role role, const SourceNetworks& places)
{
    Principal who;
    who.kind = kind;
    who.role = role;
    who.places = std::make_shared<const SourceNetworks>(places);
    return who;
}

TEST(SourceNetworks, EachListThatSpeaksOfACallerMustHoldIt)
{
    const SourceNetworks places{.users = of({"10.0.0.0/8", "2001:db8::/32"}),
                                .admins = of({"10.1.0.0/16"}),
                                .keys = of({"10.0.0.0/8", "192.0.2.0/24"})};
    struct Case {
        CredentialKind kind;
        Role role;
        const char* address;
        OutOfPlace expected;
    };
    using enum CredentialKind;
    const std::vector<Case> cases{
        {user_key, Role::viewer, "10.2.0.1", OutOfPlace::none},
        {user_key, Role::viewer, "192.0.2.1", OutOfPlace::users},
        {user_key, Role::viewer, "2001:db8::1", OutOfPlace::keys},
        {user_key, Role::auditor, "10.2.0.1", OutOfPlace::none},
        {user_key, Role::admin, "10.1.0.1", OutOfPlace::none},
        {user_key, Role::admin, "10.2.0.1", OutOfPlace::admins},
        {user_key, Role::admin, "192.0.2.1", OutOfPlace::users},
        {session, Role::viewer, "2001:db8::1", OutOfPlace::none},  // it is no key
        {session, Role::viewer, "192.0.2.1", OutOfPlace::users},
        {session, Role::admin, "10.2.0.1", OutOfPlace::admins},
        {access_key, Role::viewer, "10.2.0.1", OutOfPlace::none},  // a user's, which is a key as well
        {access_key, Role::viewer, "192.0.2.1", OutOfPlace::users},
        {access_key, Role::viewer, "2001:db8::1", OutOfPlace::keys},
        {access_key, Role::admin, "10.2.0.1", OutOfPlace::admins},
        {directory, Role::admin, "192.0.2.1", OutOfPlace::none},  // it is nobody's
        {directory, Role::viewer, "2001:db8::1", OutOfPlace::keys},
        {integration_key, Role::viewer, "192.0.2.1", OutOfPlace::none},
        {integration_key, Role::viewer, "198.51.100.1", OutOfPlace::keys},
        {provider, Role::viewer, "198.51.100.1", OutOfPlace::none},
    };
    for (const auto& [kind, role, address, expected] : cases) {
        EXPECT_EQ(out_of_place(caller(kind, role, places), address), expected)
            << address << ", " << to_string(role) << ", " << static_cast<int>(kind);
    }
}

TEST(SourceNetworks, AnEmptyListHoldsAllAndWhatIsNoAddressIsInNoOther)
{
    const auto open = caller(CredentialKind::user_key, Role::admin, {});
    for (const auto* const address : {"203.0.113.7", "2001:db8::1", "", "unix"}) {
        EXPECT_TRUE(is_in_place(open, address)) << address;
    }
    SourceNetworks places;
    places.admins = of({"::/0"});
    const auto closed = caller(CredentialKind::user_key, Role::admin, places);
    EXPECT_TRUE(is_in_place(closed, "2001:db8::1"));
    for (const auto* const address : {"203.0.113.7", "", "unix", "fe80::1%eth0", "10.1"}) {
        EXPECT_EQ(out_of_place(closed, address), OutOfPlace::admins) << address;
    }
}

TEST(SourceNetworks, AMappedAddressIsTheIPv4Address)
{
    SourceNetworks places;
    places.users = of({"192.0.2.0/24"});
    const auto who = caller(CredentialKind::user_key, Role::viewer, places);
    for (const auto* const address : {"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1"}) {
        EXPECT_TRUE(is_in_place(who, address)) << address;
    }
    for (const auto* const address : {"::192.0.2.1", "::fffe:192.0.2.1", "64:ff9b::192.0.2.1", "::ffff:192.0.3.1"}) {
        EXPECT_FALSE(is_in_place(who, address)) << address;
    }
}

TEST(SourceNetworks, OfAnIntegrationsAccessKeyAreThoseOfKeys)
{
    SourceNetworks places;
    places.users = of({"10.0.0.0/8"});
    places.keys = of({"192.0.2.0/24"});
    auto who = caller(CredentialKind::access_key, Role::viewer, places);
    who.integration = IntegrationId(Uuid::from_words(1, 2));
    EXPECT_EQ(out_of_place(who, "192.0.2.1"), OutOfPlace::none);
    EXPECT_EQ(out_of_place(who, "10.0.0.1"), OutOfPlace::keys);
}

TEST(SourceNetworks, AKeysOwnNetworksAreAskedFirst)
{
    SourceNetworks places;
    places.users = of({"10.0.0.0/8"});
    auto who = caller(CredentialKind::user_key, Role::viewer, places);
    who.networks = std::make_shared<const std::vector<Network>>(of({"10.1.0.0/16", "192.0.2.0/24"}));
    EXPECT_EQ(out_of_place(who, "10.1.0.1"), OutOfPlace::none);
    EXPECT_EQ(out_of_place(who, "10.2.0.1"), OutOfPlace::key);
    EXPECT_EQ(out_of_place(who, "192.0.2.1"), OutOfPlace::users);
}

}  // namespace
}  // namespace winnow::access
