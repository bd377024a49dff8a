#include "api/signin/provider_waits.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace winnow::api {
namespace {

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(1, number));
}

TEST(ProviderWaits, HaveSoManyPlacesOfATenantAndOneMoreOnceOneIsLeft)
{
    ProviderWaits waits;
    for (std::size_t i = 0; i < ProviderWaits::kMostOfTenant; ++i) ASSERT_TRUE(waits.enter(tenant(1)));
    EXPECT_FALSE(waits.enter(tenant(1)));
    EXPECT_TRUE(waits.enter(tenant(2))) << "another tenant's provider may be quick";
    waits.leave(tenant(1));
    EXPECT_TRUE(waits.enter(tenant(1)));
    EXPECT_FALSE(waits.enter(tenant(1)));
}

TEST(ProviderWaits, HaveSoManyPlacesOfAllTenants)
{
    ProviderWaits waits;
    for (std::size_t i = 0; i < ProviderWaits::kMost; ++i) {
        ASSERT_TRUE(waits.enter(tenant(i / ProviderWaits::kMostOfTenant)));
    }
    EXPECT_FALSE(waits.enter(tenant(ProviderWaits::kMost)));
    waits.leave(tenant(0));
    EXPECT_TRUE(waits.enter(tenant(ProviderWaits::kMost)));
    waits.leave(tenant(ProviderWaits::kMost + 1));
    EXPECT_FALSE(waits.enter(tenant(2 * ProviderWaits::kMost))) << "who never came leaves no place";
}

}  // namespace
}  // namespace winnow::api
