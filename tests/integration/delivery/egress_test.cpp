#include "delivery_fixture.hpp"
#include "webhook_receiver.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Outcome = ports::SendReport::Outcome;

class Egress : public DeliveryTest {
protected:
    Egress() : receiver(certificate(), [](const WebhookCall&) { return answer(200); }) { options.egress_allow.clear(); }

    ports::SendReport send_to(const std::string& host)
    {
        return send(webhook("https://" + host + ":" + std::to_string(receiver.port()) + "/"));
    }

    WebhookReceiver receiver;
};

TEST_F(Egress, NoSpellingOfLoopbackIsConnectedTo)
{
    for (const auto* const host : {"127.0.0.1", "localhost", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0x7f.1",
                                   "0177.0.0.1", "0", "0.0.0.0", "127.255.255.254", "[::1]", "[::]",
                                   "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"}) {
        const auto report = send_to(host);
        EXPECT_EQ(report.outcome, Outcome::refused) << host << ": " << report.error;
        EXPECT_THAT(report.error, HasSubstr("private or reserved network")) << host;
        EXPECT_THAT(report.error, Not(HasSubstr("127"))) << "where it leads is not told";
    }
    EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(Egress, InnerNetworksAndMetadataAreNotConnectedTo)
{
    for (const auto* const host : {"10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.100.100.200",
                                   "[fd00:ec2::254]", "[fe80::1]", "[64:ff9b::a9fe:a9fe]", "255.255.255.255"}) {
        const auto report = send_to(host);
        EXPECT_EQ(report.outcome, Outcome::refused) << host << ": " << report.error;
    }
}

TEST_F(Egress, OfSeveralAddressesADeniedOneIsSkipped)
{
    // localhost is 127.0.0.1 and, on most machines, ::1, where nobody listens.
    options.egress_allow = {"127.0.0.1"};
    EXPECT_EQ(send_to("localhost").outcome, Outcome::delivered);
    EXPECT_EQ(receiver.connections(), 1U);
}

TEST_F(Egress, AnAllowedNetworkIsOpen)
{
    options.egress_allow = {"127.0.0.0/8"};
    EXPECT_EQ(send_to("127.0.0.1").outcome, Outcome::delivered);
    EXPECT_EQ(send_to("0x7f.1").outcome, Outcome::delivered) << "the address counts, not its spelling";
}

TEST_F(Egress, ABadEntryStopsTheStart)
{
    options.egress_allow = {"127.0.0.0/8", "localhost"};
    try {
        const auto own = channel();
        FAIL() << "a name was taken for a network";
    } catch (const std::invalid_argument& failure) {
        EXPECT_THAT(failure.what(), HasSubstr("egress_allow: \"localhost\""));
    }
}

TEST_F(Egress, AnAuthoritiesFileThatCannotBeReadStopsTheStart)
{
    options.webhook_ca_file = "/nowhere/authorities.pem";
    try {
        const auto own = channel();
        FAIL() << "started without its authorities";
    } catch (const std::invalid_argument& failure) {
        EXPECT_THAT(failure.what(), HasSubstr("webhook_ca_file: \"/nowhere/authorities.pem\""));
    }
}

}  // namespace
}  // namespace winnow::test
