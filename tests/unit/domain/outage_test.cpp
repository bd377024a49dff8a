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

}  // namespace
}  // namespace winnow::domain
