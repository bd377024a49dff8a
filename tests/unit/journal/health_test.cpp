#include "journal/health.hpp"

#include <gmock/gmock.h>

#include <thread>
#include <vector>

namespace winnow::journal {
namespace {

const Error kAway{ErrorCode::unavailable, "away"};

TEST(HealthTest, RefusesFromWhenItIsToldToUntilAWriteSucceeds)
{
    Health health;
    health.failed(kAway);
    EXPECT_FALSE(health.refusing()) << "nobody has waited too long yet";
    health.refuse();
    EXPECT_TRUE(health.refusing());
    health.failed(kAway);
    EXPECT_TRUE(health.refusing());
    health.succeeded();
    EXPECT_FALSE(health.refusing());
    EXPECT_FALSE(health.failing());
}

TEST(HealthTest, WhoActsOnAFailureThatIsOverRefusesNobody)
{
    Health health;
    health.failed(kAway);  // one thread, which now writes a line to the log
    health.succeeded();    // another
    health.refuse();       // the first goes on
    EXPECT_FALSE(health.refusing()) << "nobody would try the database, and so nobody would lift it";
}

TEST(HealthTest, NobodyIsRefusedWithoutAFailureThatSomebodyIsTryingToMend)
{
    Health health;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&health] {
            for (int round = 0; round < 2'000; ++round) {
                health.failed(kAway);
                health.refuse();
                health.succeeded();
            }
        });
    }
    threads.clear();
    EXPECT_FALSE(health.failing());
    EXPECT_FALSE(health.refusing());
    EXPECT_TRUE(health.sound());
}

}  // namespace
}  // namespace winnow::journal
