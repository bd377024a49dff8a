#include "winnow/domain/tenants/quota.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace winnow::domain {
namespace {

QuotaUse use(std::int64_t used, std::optional<std::int64_t> own = {})
{
    return {.quota = Quota::contacts, .own = own, .used = used};
}

TEST(Quotas, HaveNamesOfTheirOwnThatFitTheirColumn)
{
    std::set<std::string_view> names;
    for (const auto& each : kQuotas) {
        EXPECT_TRUE(names.insert(each.name).second) << each.name;
        EXPECT_LE(each.name.size(), 40U);
        EXPECT_EQ(quota_named(each.name), &each);
        EXPECT_LT(each.least, each.greatest);
    }
    EXPECT_EQ(quota_named("nonsense"), nullptr);
    EXPECT_EQ(quota_named(""), nullptr);
}

TEST(Quotas, TheTenantsOwnGoesBeforeWhatIsUsual)
{
    TenantLimits usual;
    usual.max_contacts = 3;
    EXPECT_EQ(most_of(use(0), usual), 3);
    EXPECT_EQ(most_of(use(0, 5), usual), 5);
    EXPECT_EQ(most_of(use(0, 0), usual), 0);
    EXPECT_EQ(most_of({.quota = Quota::history_bytes}, usual), std::nullopt);
}

TEST(Quotas, TheLastPlaceIsTakenAndTheNextIsRefusedWithWhatThereIs)
{
    TenantLimits usual;
    usual.max_contacts = 3;
    EXPECT_FALSE(beyond_quota(use(2), 1, usual));
    EXPECT_FALSE(beyond_quota(use(0), 3, usual));
    EXPECT_FALSE(beyond_quota(use(9), 0, usual)) << "what adds nothing is never refused";

    const auto refused = beyond_quota(use(3), 1, usual);
    ASSERT_TRUE(refused);
    const auto& fields = refused->fields();
    ASSERT_EQ(fields.size(), 4U);
    EXPECT_EQ(fields[0].code, kQuotaExceeded);
    EXPECT_EQ(refused->message(), "there are 3 contacts already, which is the limit; delete one first");
    EXPECT_EQ(fields[1].code + fields[1].detail, "namecontacts");
    EXPECT_EQ(fields[2].code + fields[2].detail, "max3");
    EXPECT_EQ(fields[3].code + fields[3].detail, "used3");

    const auto too_many = beyond_quota(use(2), 2, usual);
    ASSERT_TRUE(too_many);
    EXPECT_EQ(
        too_many->message(),
        "there are 2 contacts, and with 2 more there would be more than the limit, which is 3; delete some first");
}

TEST(Quotas, BeyondALimitThatWasLoweredNothingMoreHasRoom)
{
    const auto refused = beyond_quota(use(8, 5), 1, {});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->message(), "there are 8 contacts, and the limit is 5: delete 4 before the next");
    EXPECT_EQ(refused->fields()[3].detail, "8");
    EXPECT_TRUE(beyond_quota(use(0, 0), 1, {}));
    EXPECT_TRUE(beyond_quota(use(0, 5), std::numeric_limits<std::int64_t>::max(), {})) << "nothing overflows";
}

}  // namespace
}  // namespace winnow::domain
