/// @file
/// Mails of the service's own, over a real SMTP dialogue.

#include "delivery_fixture.hpp"
#include "smtp_server.hpp"

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace winnow::test {
namespace {

using signin::Locale;
using signin::MailKind;
using testing::HasSubstr;
using testing::Not;
using Outcome = ports::SendReport::Outcome;

class ServerMailTest : public DeliveryTest {
protected:
    ServerMailTest()
    {
        options.egress_allow.clear();
        options.smtp.host = "localhost";
        options.smtp.from = "Winnow <winnow@example.com>";
        options.smtp.security = delivery::SmtpOptions::Security::none;
        options.public_url = "https://winnow.example/";
    }

    [[nodiscard]] ports::OwedMail owed(MailKind kind, Locale locale = Locale::en) const
    {
        ports::OwedMail mail;
        mail.tenant = *TenantId::parse("018f3a5e-0000-7000-8000-00000000000a");
        mail.tenant_name = "Harbour Radio";
        mail.service_code = "w7k2m9";
        mail.mail = {.id = *ServerMailId::parse("018f3a5e-0000-7000-8000-00000000000c"),
                     .kind = kind,
                     .to = "hanako@example.org",
                     .locale = locale,
                     .source = "192.0.2.7",
                     .at = *parse_rfc3339("2026-11-28T08:20:00Z")};
        if (signin::link_of(kind)) {
            mail.mail.sealed_token = sealer.seal("T0ken", ports::mail_token_place(mail.tenant, mail.mail.id).before);
        }
        return mail;
    }

    ports::SendReport send_own(const ports::OwedMail& mail)
    {
        const auto channel = delivery::make_channel(options, sealing, metrics);
        auto promise = std::make_shared<std::promise<ports::SendReport>>();
        auto report = promise->get_future();
        channel->send(mail, [promise](ports::SendReport result) { promise->set_value(std::move(result)); });
        return await(std::move(report));
    }

    /// The body of a mail as its reader sees it.
    static std::string read(const std::string& content)
    {
        const auto begin = content.find("\r\n\r\n");
        return begin == std::string::npos ? "" : content.substr(begin + 4);
    }
};

TEST_F(ServerMailTest, ArrivesWithItsLinkAndBelongsToNoThread)
{
    SmtpServer server;
    options.smtp.port = server.port();
    const auto report = send_own(owed(MailKind::invitation));
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    const auto mail = server.next_mail();
    EXPECT_EQ(mail["from"], "winnow@example.com");
    EXPECT_EQ(mail["to"], nlohmann::json::array({"hanako@example.org"}));
    const auto content = mail["content"].get<std::string>();
    EXPECT_THAT(content, HasSubstr("\r\nSubject: You are invited to Winnow: Harbour Radio\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nMessage-ID: <018f3a5e-0000-7000-8000-00000000000c@example.com>\r\n"));
    EXPECT_THAT(content, HasSubstr("\r\nAuto-Submitted: auto-generated\r\n"));
    EXPECT_THAT(content, Not(HasSubstr("References:")));
    EXPECT_THAT(content, Not(HasSubstr("In-Reply-To:")));
    // Quoted-printable writes '=' as =3D.
    EXPECT_THAT(read(content), HasSubstr("\r\nhttps://winnow.example/accept#t=3DT0ken\r\n"));
}

TEST_F(ServerMailTest, ArrivesInJapanese)
{
    SmtpServer server;
    options.smtp.port = server.port();
    EXPECT_EQ(send_own(owed(MailKind::password_changed, Locale::ja)).outcome, Outcome::delivered);
    const auto content = server.next_mail()["content"].get<std::string>();
    EXPECT_THAT(content, HasSubstr("\r\nSubject: =?UTF-8?B?"));
    EXPECT_THAT(content, HasSubstr("\r\nContent-Transfer-Encoding: base64\r\n"));
}

TEST_F(ServerMailTest, IsTriedAgainWhereTheServerIsBusyAndGivenUpWhereItRefuses)
{
    for (const auto& [reply, outcome] :
         {std::pair{"451 busy", Outcome::retry}, std::pair{"550 no", Outcome::refused}}) {
        const SmtpServer server({"--receiver-reply", reply});
        options.smtp.port = server.port();
        EXPECT_EQ(send_own(owed(MailKind::password_reset)).outcome, outcome) << reply;
    }
}

TEST_F(ServerMailTest, IsGivenUpWithoutAServerOrAPlaceForItsLink)
{
    options.public_url.clear();
    EXPECT_EQ(send_own(owed(MailKind::password_reset)).outcome, Outcome::refused);
    options.public_url = "https://winnow.example";
    options.smtp.host.clear();
    EXPECT_EQ(send_own(owed(MailKind::password_reset)).outcome, Outcome::refused);
}

TEST_F(ServerMailTest, IsGivenUpWhereItsAddressIsNone)
{
    auto mail = owed(MailKind::password_changed);
    for (const auto* const address : {"", "a@b.example>\r\nRCPT TO:<c@d.example", "two@x.example three@x.example"}) {
        mail.mail.to = address;
        EXPECT_EQ(send_own(mail).outcome, Outcome::refused) << address;
    }
}

TEST_F(ServerMailTest, WaitsForANodeThatCanOpenItsLink)
{
    auto mail = owed(MailKind::invitation);
    mail.mail.id = *ServerMailId::parse("018f3a5e-0000-7000-8000-00000000000d");
    const auto report = send_own(mail);
    EXPECT_EQ(report.outcome, Outcome::retry) << "it was sealed for another mail";
    EXPECT_THAT(report.error, Not(HasSubstr("T0ken")));
}

}  // namespace
}  // namespace winnow::test
