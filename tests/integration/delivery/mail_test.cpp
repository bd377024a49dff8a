#include "delivery_fixture.hpp"
#include "smtp_server.hpp"

#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace winnow::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Outcome = ports::SendReport::Outcome;
using Security = delivery::SmtpOptions::Security;

class Mail : public DeliveryTest {
protected:
    Mail()
    {
        options.egress_allow.clear();  // the relay is the provider's own: the guard does not judge it
        options.smtp.host = "localhost";
        options.smtp.from = "Winnow <winnow@example.com>";
        options.smtp.ca_file = options.webhook_ca_file;
        options.smtp.security = Security::none;
    }

    std::vector<std::string> with_tls(const std::string& kind)
    {
        return {"--tls",         kind,
                "--certificate", file("server.pem", certificate().certificate),
                "--key",         file("server.key", certificate().key)};
    }

    ports::SendReport send_by(const SmtpServer& server, const std::string& address = "ops@example.org")
    {
        options.smtp.port = server.port();
        return send(mail(address));
    }
};

TEST_F(Mail, ArrivesWholeWithItsDots)
{
    SmtpServer server;
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    EXPECT_EQ(report.status, 250);
    const auto mail = server.next_mail();
    EXPECT_EQ(mail["from"], "winnow@example.com");
    EXPECT_EQ(mail["to"], nlohmann::json::array({"ops@example.org"}));
    const auto content = mail["content"].get<std::string>();
    EXPECT_THAT(content, StartsWith("Date: "));
    EXPECT_THAT(content, HasSubstr("\r\nFrom: Winnow <winnow@example.com>\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nTo: ops@example.org\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nSubject: =?UTF-8?B?"));
    EXPECT_THAT(content, HasSubstr("\r\nMessage-ID: <018f3a5e-0000-7000-8000-000000000001@example.com>\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nReferences: <ticket.018f3a5e-0000-7000-8000-000000000002@example.com>\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\n.\r\n. dots\r\n..\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nLook at it:  winnow ticket show 12\r\n"));
}

TEST_F(Mail, NamesTheTicketsPlaceWhereThatIsKnown)
{
    SmtpServer server;
    options.public_url = "https://w.example/";
    EXPECT_EQ(send_by(server).outcome, Outcome::delivered);
    EXPECT_THAT(server.next_mail()["content"].get<std::string>(),
                HasSubstr("\r\nIts resource: https://w.example/api/v1/tickets/018f3a5e-"));
}

TEST_F(Mail, NamesTheTicketsPlaceAsItWasWhenTheMessageCameToBeOwed)
{
    SmtpServer server;
    options.public_url = "https://now.example";
    options.smtp.port = server.port();
    auto message = mail();
    message.public_url = "https://then.example";
    EXPECT_EQ(send(message).outcome, Outcome::delivered);
    EXPECT_THAT(server.next_mail()["content"].get<std::string>(),
                AllOf(HasSubstr("https://then.example/api/v1/tickets/"), Not(HasSubstr("now.example"))));
    message.public_url = "";
    EXPECT_EQ(send(message).outcome, Outcome::delivered);
    EXPECT_THAT(server.next_mail()["content"].get<std::string>(), Not(HasSubstr("Its resource")))
        << "nobody had said how the service is reached";
}

TEST_F(Mail, IsLeftToANewerProgramWhereItsAddressCannotBeRead)
{
    auto message = mail("");
    message.contact.settings["address"].illegible = R"({"v2": "x"})";
    const auto report = send(message);
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_THAT(report.error, HasSubstr("cannot be read by this service"));
}

TEST_F(Mail, SaysNothingWhereItsNoticeIsNotThere)
{
    auto message = mail();
    message.delivery.payload.clear();
    const auto report = send(message);
    EXPECT_EQ(report.outcome, Outcome::refused);
    EXPECT_EQ(report.error, "What was to be told is not stored any more.");
}

TEST_F(Mail, FewAreHandedOverAtOnceAndWhatWaitsForThemIsReportedInTime)
{
    // Takes connections, as the kernel does for whoever listens, and never says a word.
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&place), sizeof place), 0);  // NOLINT
    ASSERT_EQ(listen(listener, 64), 0);
    socklen_t size = sizeof place;
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size), 0);  // NOLINT
    options.smtp.host = "127.0.0.1";
    options.smtp.port = ntohs(place.sin_port);
    options.total_timeout = milliseconds{400};
    const auto own = channel();
    std::vector<std::future<ports::SendReport>> reports;
    for (int i = 0; i < 40; ++i) reports.push_back(begin(*own, mail()));
    int silent = 0;
    int waited = 0;
    for (auto& each : reports) {
        const auto report = await(std::move(each));
        EXPECT_EQ(report.outcome, Outcome::retry);
        if (report.heard == ports::SendReport::Heard::timeout) ++silent;
        if (report.error == "The mail server was busy with other mails.") ++waited;
    }
    EXPECT_GE(silent, 16);
    EXPECT_GT(waited, 0);
    EXPECT_EQ(silent + waited, 40);
    close(listener);
}

TEST_F(Mail, SeveralMailsUseOneConnection)
{
    SmtpServer server;
    options.smtp.port = server.port();
    const auto own = channel();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(*own, mail()).outcome, Outcome::delivered);
    const auto first = server.next_mail()["peer"];
    EXPECT_EQ(server.next_mail()["peer"], first);
    EXPECT_EQ(server.next_mail()["peer"], first);
}

TEST_F(Mail, StartTlsAndLoginAreUsed)
{
    auto arguments = with_tls("starttls");
    arguments.insert(arguments.end(), {"--login", "relay:pass word"});
    SmtpServer server(arguments);
    options.smtp.security = Security::starttls;
    options.smtp.username = "relay";
    options.smtp.password = "pass word";
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    const auto mail = server.next_mail();
    EXPECT_EQ(mail["tls"], true);
    EXPECT_EQ(mail["user"], "relay");
}

TEST_F(Mail, TlsFromTheFirstByteIsUsed)
{
    SmtpServer server(with_tls("implicit"));
    options.smtp.security = Security::tls;
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    EXPECT_EQ(server.next_mail()["tls"], true);
}

TEST_F(Mail, WithoutTheRequiredTlsNothingIsSent)
{
    const SmtpServer server;  // does not offer it
    options.smtp.security = Security::starttls;
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The mail server does not offer TLS, which is required.");
}

TEST_F(Mail, AServerWithAnotherAuthoritysCertificateGetsNoMailAndNoPassword)
{
    const SmtpServer server(with_tls("starttls"));
    options.smtp.security = Security::starttls;
    options.smtp.ca_file = file("stranger.pem", make_authority("somebody else").certificate);
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The mail server's certificate is not from an authority that is trusted here.");
}

TEST_F(Mail, AWrongPasswordIsTheOperatorsTroubleAndNotTheMails)
{
    auto arguments = with_tls("starttls");
    arguments.insert(arguments.end(), {"--login", "relay:right"});
    const SmtpServer server(arguments);
    options.smtp.security = Security::starttls;
    options.smtp.username = "relay";
    options.smtp.password = "wrong-hush";
    const auto report = send_by(server);
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.status, 535);
    EXPECT_THAT(report.error, HasSubstr("its operator has to look"));
    EXPECT_THAT(report.error, Not(HasSubstr("hush")));
}

TEST_F(Mail, APermanentNoIsRefusedAndAPassingOneTriedAgain)
{
    const SmtpServer unknown({"--receiver-reply", "550 5.1.1 no such user at 10.1.2.3"});
    const auto refused = send_by(unknown);
    EXPECT_EQ(refused.outcome, Outcome::refused);
    EXPECT_EQ(refused.status, 550);
    EXPECT_EQ(refused.error, "The mail server refused the mail (550); check the address.");

    const SmtpServer greylisting({"--receiver-reply", "451 4.7.1 come back later"});
    const auto later = send_by(greylisting);
    EXPECT_EQ(later.outcome, Outcome::retry);
    EXPECT_EQ(later.status, 451);
}

TEST_F(Mail, ANoAfterTheTextCountsAsWell)
{
    const SmtpServer spam({"--message-reply", "554 5.7.1 looks like spam"});
    EXPECT_EQ(send_by(spam).outcome, Outcome::refused);
    const SmtpServer full({"--message-reply", "452 4.3.1 disk full"});
    const auto later = send_by(full);
    EXPECT_EQ(later.outcome, Outcome::retry);
    EXPECT_EQ(later.status, 452);
}

TEST_F(Mail, ARefusalDoesNotSpoilTheNextMail)
{
    options.total_timeout = milliseconds{3'000};
    const SmtpServer server({"--receiver-reply", "550 no"});
    options.smtp.port = server.port();
    const auto own = channel();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(*own, mail()).status, 550) << i;
}

TEST_F(Mail, WithoutAServerItIsRefusedWithThatReason)
{
    options.smtp.host.clear();
    const auto report = send(mail());
    EXPECT_EQ(report.outcome, Outcome::refused);
    EXPECT_THAT(report.error, HasSubstr("no mail server configured"));
}

TEST_F(Mail, AnAddressThatCouldBreakOutOfItsCommandIsRefused)
{
    const SmtpServer server;
    for (const auto* const address : {"", "a@b.c>\r\nRCPT TO:<x@y.z", "a@b.c\r\n", "a b@c.d", "<a@b.c>"}) {
        EXPECT_EQ(send_by(server, address).outcome, Outcome::refused) << address;
    }
}

TEST_F(Mail, AServerThatIsGoneIsTriedAgain)
{
    {
        const SmtpServer server;
        options.smtp.port = server.port();
    }
    const auto report = send(mail());
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.error, "The mail server could not be reached: no connection.");
}

}  // namespace
}  // namespace winnow::test
