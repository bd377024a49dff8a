#include "delivery_fixture.hpp"
#include "webhook_receiver.hpp"

#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string_view>
#include <thread>

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

/// A receiver without TLS, for one connection after the other; every answer is the same.
class PlainReceiver {
public:
    explicit PlainReceiver(std::string answer) : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);  // NOLINT
        if (bind(listener_, any, size) != 0 || listen(listener_, 8) != 0 || getsockname(listener_, any, &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] {
            for (int connection = accept(listener_, nullptr, nullptr); connection >= 0;
                 connection = accept(listener_, nullptr, nullptr)) {
                ++connections_;
                std::array<char, 65'536> request{};
                if (recv(connection, request.data(), request.size(), 0) > 0) {
                    send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
                }
                close(connection);
            }
        });
    }
    ~PlainReceiver()
    {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    PlainReceiver(const PlainReceiver&) = delete;
    PlainReceiver& operator=(const PlainReceiver&) = delete;

    [[nodiscard]] std::string url(const std::string& host) const
    {
        return "http://" + host + ":" + std::to_string(port_) + "/";
    }
    [[nodiscard]] int connections() const { return connections_; }

private:
    const std::string answer_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

TEST_F(Egress, OfWhomIsNotCalledNothingIsHeard)
{
    const auto report = send_to("127.0.0.1");
    EXPECT_EQ(report.outcome, Outcome::refused);
    EXPECT_EQ(report.heard, ports::SendReport::Heard::nothing);
}

TEST_F(Egress, WithoutTlsAnAllowedNetworkIsOpen)
{
    const PlainReceiver plain("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    options.egress_allow = {"127.0.0.0/8"};
    for (const auto* const host : {"127.0.0.1", "localhost", "0x7f.1"}) {
        const auto report = send(webhook(plain.url(host)));
        EXPECT_EQ(report.outcome, Outcome::delivered) << host << ": " << report.error;
    }
    EXPECT_EQ(plain.connections(), 3);
}

TEST_F(Egress, WithoutTlsNoOtherNetworkIsConnectedToHoweverItIsSpelt)
{
    const PlainReceiver plain("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    for (const std::vector<std::string>& allow : {std::vector<std::string>{}, {"10.0.0.0/8"}}) {
        options.egress_allow = allow;
        for (const auto* const host : {"127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"}) {
            const auto report = send(webhook(plain.url(host)));
            EXPECT_EQ(report.outcome, Outcome::refused) << host;
            EXPECT_THAT(report.error, HasSubstr("without TLS")) << host;
        }
    }
    EXPECT_EQ(plain.connections(), 0);
    // A public host, which https may go to.
    options.egress_allow = {"127.0.0.0/8"};
    EXPECT_EQ(send(webhook("http://93.184.216.34/")).outcome, Outcome::refused);
}

TEST_F(Egress, NoRedirectLeadsOutOfTheAllowedNetwork)
{
    const PlainReceiver target("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    const PlainReceiver redirecting(
        "HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nContent-Length: 0\r\n"
        "Location: " +
        target.url("localhost") + "\r\n\r\n");
    options.egress_allow = {"127.0.0.0/8"};
    EXPECT_NE(send(webhook(redirecting.url("127.0.0.1"))).outcome, Outcome::delivered);
    EXPECT_EQ(redirecting.connections(), 1);
    EXPECT_EQ(target.connections(), 0);
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
