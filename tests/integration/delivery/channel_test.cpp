#include "delivery_fixture.hpp"

#include <gmock/gmock.h>

namespace winnow::test {
namespace {

using Outcome = ports::SendReport::Outcome;

using Channels = DeliveryTest;

TEST_F(Channels, LeaveWhatTheyDoNotKnowToANewerProgram)
{
    const auto report = send(delivery("of tomorrow"));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.heard, ports::SendReport::Heard::nothing) << "nobody was called, and nobody's breaker counts it";
    EXPECT_EQ(report.error, "This service does not know contacts of that type.");
}

}  // namespace
}  // namespace winnow::test
