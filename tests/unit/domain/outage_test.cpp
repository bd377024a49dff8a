#include "winnow/domain/outage.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::domain {
namespace {

using std::chrono::milliseconds;

Timestamp at(int ms)
{
    return Timestamp(milliseconds{ms});
}

struct Case {
    std::string what;
    std::vector<Outage> outages;
    int dead;  ///< Of the time from 100 to 200.
};

TEST(Outage, DeadTimeIsCountedWithinItsBoundsAndEachInstantOnce)
{
    const std::vector<Case> cases{
        {"none", {}, 0},
        {"within", {{at(110), at(130)}}, 20},
        {"over the beginning", {{at(50), at(130)}}, 30},
        {"over the end", {{at(190), at(300)}}, 10},
        {"over both", {{at(0), at(1'000)}}, 100},
        {"before", {{at(0), at(100)}}, 0},
        {"behind", {{at(200), at(300)}}, 0},
        {"two apart", {{at(110), at(120)}, {at(150), at(160)}}, 20},
        {"two that overlap", {{at(110), at(150)}, {at(140), at(160)}}, 50},
        {"one in the other", {{at(110), at(190)}, {at(120), at(130)}}, 80},
        {"out of order", {{at(150), at(160)}, {at(110), at(120)}}, 20},
        {"one that ends before it begins", {{at(160), at(150)}}, 0},
    };
    for (const auto& [what, outages, dead] : cases) {
        EXPECT_EQ(dead_time(outages, at(100), at(200)), milliseconds{dead}) << what;
        EXPECT_EQ(dead_time(outages, at(200), at(100)), milliseconds{0}) << what;
    }
}

TEST(Outage, NobodyIsJudgedByTimeInWhichNobodyCouldBeHeardNorByTheGraceAfterIt)
{
    struct Judged {
        std::string what;
        std::vector<Outage> outages;
        int until;  ///< Of 1'000, with a grace of 100.
    };
    const std::vector<Judged> cases{
        {"none", {}, 1'000},
        {"long over", {{at(500), at(899)}}, 1'000},
        {"over, and so is the grace", {{at(500), at(900)}}, 1'000},
        {"over a moment less than the grace", {{at(500), at(901)}}, 500},
        {"over just now", {{at(500), at(1'000)}}, 500},
        {"one that the clock went back behind", {{at(500), at(1'300)}}, 500},
        {"all of it yet to come", {{at(1'200), at(1'300)}}, 1'000},
        {"one before the last one's grace was over", {{at(300), at(450)}, {at(500), at(950)}}, 300},
        {"one long before it", {{at(300), at(400)}, {at(500), at(950)}}, 500},
        {"out of order", {{at(500), at(950)}, {at(300), at(450)}}, 300},
        {"one in the other", {{at(500), at(990)}, {at(600), at(700)}}, 500},
    };
    for (const auto& [what, outages, until] : cases) {
        EXPECT_EQ(judged_until(outages, at(1'000), milliseconds{100}), at(until)) << what;
    }
}

}  // namespace
}  // namespace winnow::domain
