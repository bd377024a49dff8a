/// @file
/// A row is set aside without anything of its tenant's that is compiled.

#include "pipeline/takeover/bare_configs.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

namespace winnow::pipeline {
namespace {

using testing::IsEmpty;

TEST(BareConfigs, NothingIsLeftThatIsCompiledAndAllThatATicketNeeds)
{
    const auto tenant = tenant_id(1);
    auto full = config(tenant);
    full.rules.resize(2);
    full.silences.resize(1);
    full.windows.resize(1);
    full.inhibitions.resize(1);
    full.contacts.resize(3);
    full.groups.resize(4);
    FakeConfigStore real;
    real.put(full, false);
    const auto bare = BareConfigs(real).load(tenant).value();
    EXPECT_THAT(bare.rules, IsEmpty());
    EXPECT_THAT(bare.silences, IsEmpty());
    EXPECT_THAT(bare.windows, IsEmpty());
    EXPECT_THAT(bare.inhibitions, IsEmpty());
    EXPECT_EQ(bare.contacts.size(), 3U);
    EXPECT_EQ(bare.groups.size(), 4U);
    EXPECT_EQ(bare.tenant.id, tenant);
}

}  // namespace
}  // namespace winnow::pipeline
