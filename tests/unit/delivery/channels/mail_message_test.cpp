#include "delivery/channels/mail/message.hpp"
#include "winnow/crypto/digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::delivery {
namespace {

using testing::ContainsRegex;
using testing::Each;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::SizeIs;

MailMessage message()
{
    return {.from = "Winnow <winnow@example.com>",
            .to = "ops@example.org",
            .subject = "[#12 CRITICAL] disk full",
            .text = "disk full\n\nSeverity:  critical\n",
            .delivery_id = *DeliveryId::parse("018f3a5e-0000-7000-8000-000000000001"),
            .ticket_id = *TicketId::parse("018f3a5e-0000-7000-8000-000000000002"),
            .date = std::chrono::sys_days{std::chrono::year{2026} / 3 / 5} + std::chrono::seconds{3'661}};
}

std::vector<std::string> lines_of(const std::string& mail)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < mail.size();) {
        const auto end = mail.find("\r\n", at);
        lines.push_back(mail.substr(at, end - at));
        at = end == std::string::npos ? mail.size() : end + 2;
    }
    return lines;
}

std::string head_of(const std::string& mail)
{
    return mail.substr(0, mail.find("\r\n\r\n") + 2);
}

std::string body_of(const std::string& mail)
{
    return mail.substr(mail.find("\r\n\r\n") + 4);
}

/// What a reader makes of an RFC 2047 base64 value.
std::string decoded_words(const std::string& value)
{
    std::string out;
    for (std::size_t at = 0; (at = value.find("=?UTF-8?B?", at)) != std::string::npos;) {
        at += 10;
        const auto end = value.find("?=", at);
        std::string piece;
        EXPECT_TRUE(crypto::from_base64(value.substr(at, end - at), piece));
        out += piece;
        at = end + 2;
    }
    return out;
}

TEST(Mail, HasTheHeadersThatReadersNeed)
{
    EXPECT_EQ(compose_mail(message()),
              "Date: Thu, 05 Mar 2026 01:01:01 +0000\r\n"
              "From: Winnow <winnow@example.com>\r\n"
              "To: ops@example.org\r\n"
              "Subject: [#12 CRITICAL] disk full\r\n"
              "Message-ID: <018f3a5e-0000-7000-8000-000000000001@example.com>\r\n"
              "In-Reply-To: <ticket.018f3a5e-0000-7000-8000-000000000002@example.com>\r\n"
              "References: <ticket.018f3a5e-0000-7000-8000-000000000002@example.com>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "disk full\r\n\r\nSeverity:  critical\r\n");
}

TEST(Mail, AnAttemptThatIsRepeatedHasTheSameMessageId)
{
    auto again = message();
    again.date += std::chrono::hours{1};
    again.subject = "changed";
    EXPECT_THAT(compose_mail(again), HasSubstr("Message-ID: <018f3a5e-0000-7000-8000-000000000001@example.com>"));
}

TEST(Mail, NoValueBreaksOutOfItsHeader)
{
    auto mail = message();
    mail.subject = "down\r\nBcc: thief@example.net\r\n\r\nspam\n\tmore";
    mail.from = "W\r\nX-From: 1 <winnow@exa\nmple.com>";
    mail.to = "ops@example.org\r\nX-To: 1";
    const auto head = head_of(compose_mail(mail));
    EXPECT_THAT(head, Not(ContainsRegex("\n(Bcc|X-From|X-To)")));
    EXPECT_EQ(lines_of(head).size(), 11U) << head;
    mail.subject = "日本\r\nBcc: thief@example.net";
    EXPECT_THAT(head_of(compose_mail(mail)), Not(HasSubstr("Bcc:")));
}

TEST(Mail, ASubjectHoldsNothingThatNobodySees)
{
    auto mail = message();
    mail.subject = "pay\u202eload\u009b2J\u200b";
    EXPECT_THAT(compose_mail(mail), HasSubstr("\r\nSubject: pay load 2J \r\n"));
}

TEST(Mail, ADisplayNameInAnotherScriptIsEncodedAndItsMailboxIsNot)
{
    auto mail = message();
    mail.from = "\"監視 Winnow\" <winnow@example.com>";
    const auto head = head_of(compose_mail(mail));
    EXPECT_THAT(head, HasSubstr("\r\n <winnow@example.com>\r\n"));
    EXPECT_EQ(decoded_words(head.substr(head.find("From: "), head.find("To: ") - head.find("From: "))), "監視 Winnow");
}

TEST(Mail, TextInAnotherScriptIsBase64)
{
    auto mail = message();
    mail.text = "ディスクがいっぱいです\n二行目\n";
    const auto composed = compose_mail(mail);
    EXPECT_THAT(composed, HasSubstr("Content-Transfer-Encoding: base64"));
    auto body = body_of(composed);
    std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
    std::string decoded;
    ASSERT_TRUE(crypto::from_base64(body, decoded));
    EXPECT_EQ(decoded, "ディスクがいっぱいです\r\n二行目\r\n");
}

TEST(Mail, NoLineIsTooLongWhateverTheText)
{
    for (const auto& text :
         {std::string(5'000, 'x'), std::string(5'000, '='), std::string(5'000, ' '), std::string(5'000, '\xE3')}) {
        auto mail = message();
        mail.text = text;
        EXPECT_THAT(lines_of(body_of(compose_mail(mail))), Each(SizeIs(Le(76U))));
    }
}

TEST(MailHeader, PlainTextStaysReadable)
{
    EXPECT_EQ(encode_header_text("disk full", 9), "disk full");
    EXPECT_EQ(encode_header_text("", 9), "");
}

TEST(MailHeader, LongPlainTextIsFoldedBeforeWords)
{
    std::string text;
    for (int i = 0; i < 40; ++i) text += (i == 0 ? "" : " ") + std::string("word") + std::to_string(i);
    const auto value = encode_header_text(text, 9);
    const auto lines = lines_of("Subject: " + value);
    EXPECT_GT(lines.size(), 1U);
    EXPECT_THAT(lines, Each(SizeIs(Le(76U))));
    for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_THAT(lines[i], ContainsRegex("^ word"));
    auto unfolded = value;
    for (std::size_t at = 0; (at = unfolded.find("\r\n")) != std::string::npos;) unfolded.erase(at, 2);
    EXPECT_EQ(unfolded, text);
}

TEST(MailHeader, BlanksNeverMakeALineOfTheirOwn)
{
    for (const auto& text : {std::string(200, ' '), "a" + std::string(200, ' '), "a" + std::string(200, ' ') + "b"}) {
        for (const auto& line : lines_of("Subject: " + encode_header_text(text, 9))) {
            EXPECT_NE(line.find_first_not_of(' '), std::string::npos) << "a header line of blanks only";
        }
    }
}

TEST(MailHeader, OtherTextIsEncodedWordsThatDecodeToItself)
{
    const std::string once = "[#7 警告] データベースの応答が遅い — ";
    for (const auto& text :
         {once, once + once + once, std::string("caf\xC3\xA9"), std::string("fake =?UTF-8?B?aGk=?= word")}) {
        const auto value = encode_header_text(text, 9);
        EXPECT_THAT(lines_of("Subject: " + value), Each(SizeIs(Le(76U))));
        EXPECT_EQ(decoded_words(value), text);
    }
}

TEST(MailHeader, EachEncodedWordIsWholeUtf8)
{
    std::string text;
    for (int i = 0; i < 60; ++i) text += "é日😀";
    for (const auto& line : lines_of(encode_header_text(text, 9))) {
        const auto piece = decoded_words(line);
        EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xC0U, 0x80U) << "begins inside a character";
    }
}

TEST(QuotedPrintable, KeepsPlainLinesAndEscapesTheRest)
{
    EXPECT_EQ(quoted_printable(""), "");
    EXPECT_EQ(quoted_printable("a b\n"), "a b\r\n");
    EXPECT_EQ(quoted_printable("a b"), "a b\r\n");
    EXPECT_EQ(quoted_printable("x = 1\n"), "x =3D 1\r\n");
    EXPECT_EQ(quoted_printable("caf\xC3\xA9\n"), "caf=C3=A9\r\n");
    EXPECT_EQ(quoted_printable("bell\x07\rend\n"), "bell=07=0Dend\r\n");
    EXPECT_EQ(quoted_printable("\n\n"), "\r\n\r\n");
    EXPECT_EQ(quoted_printable(".\n"), ".\r\n") << "dot stuffing is the transport's";
}

TEST(QuotedPrintable, BlanksAtTheEndOfALineSurviveTransport)
{
    EXPECT_EQ(quoted_printable("a \nb\t\nc "), "a=20\r\nb=09\r\nc=20\r\n");
}

TEST(QuotedPrintable, BreaksLongLinesSoftlyAtTheirLimit)
{
    EXPECT_EQ(quoted_printable(std::string(76, 'x') + "\n"), std::string(76, 'x') + "\r\n");
    EXPECT_EQ(quoted_printable(std::string(77, 'x') + "\n"), std::string(75, 'x') + "=\r\nxx\r\n");
    EXPECT_EQ(quoted_printable(std::string(74, 'x') + "=y\n"), std::string(74, 'x') + "=\r\n=3Dy\r\n");
    EXPECT_EQ(quoted_printable(std::string(73, 'x') + "=\n"), std::string(73, 'x') + "=3D\r\n");
}

TEST(Mailbox, IsWhatStandsInTheAngleBrackets)
{
    EXPECT_EQ(mailbox_of("winnow@example.com"), "winnow@example.com");
    EXPECT_EQ(mailbox_of("Winnow <winnow@example.com>"), "winnow@example.com");
    EXPECT_EQ(mailbox_of("\"a <b>\" <winnow@example.com>"), "winnow@example.com");
    EXPECT_EQ(mailbox_of("broken <winnow@example.com"), "winnow@example.com");
}

TEST(Mail, AboutNoTicketBelongsToNoThread)
{
    EXPECT_THAT(compose_mail(message()), HasSubstr("References: <ticket."));
    auto own = message();
    own.ticket_id = TicketId();
    const auto mail = compose_mail(own);
    EXPECT_THAT(mail, Not(HasSubstr("References:")));
    EXPECT_THAT(mail, Not(HasSubstr("In-Reply-To:")));
    EXPECT_THAT(mail, HasSubstr("Message-ID: <018f3a5e-0000-7000-8000-000000000001@example.com>\r\n"));
}

}  // namespace
}  // namespace winnow::delivery
