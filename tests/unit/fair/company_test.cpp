#include "winnow/fair/company.hpp"

#include <gtest/gtest.h>

namespace winnow::fair {
namespace {

using namespace std::chrono_literals;

const Company::Instant kStart = Company::Instant{} + 1h;

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(0, number));
}

TEST(Company, WhoIsAloneHasNoneHoweverOftenItComes)
{
    Company company(1min);
    EXPECT_FALSE(company.is_there(kStart));
    for (int i = 0; i < 3; ++i) {
        company.came(tenant(1), kStart + i * 1s);
        EXPECT_FALSE(company.is_there(kStart + i * 1s));
    }
}

TEST(Company, AnotherIsCompanyForAWhileThoughItIsNotThereAtEveryInstant)
{
    Company company(1min);
    company.came(tenant(1), kStart);
    company.came(tenant(2), kStart + 1s);
    company.came(tenant(1), kStart + 2s);
    for (int i = 3; i < 50; ++i) company.came(tenant(1), kStart + i * 1s);
    EXPECT_TRUE(company.is_there(kStart + 62s - 1ns));
    EXPECT_FALSE(company.is_there(kStart + 62s)) << "the second one has not come again";
    company.came(tenant(2), kStart + 100s);
    EXPECT_TRUE(company.is_there(kStart + 100s));
}

}  // namespace
}  // namespace winnow::fair
