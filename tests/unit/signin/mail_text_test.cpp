#include "winnow/signin/mail_text.hpp"

#include "winnow/base/text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace winnow::signin {
namespace {

const Timestamp kAt = *parse_rfc3339("2026-11-28T15:20:59.999Z");

MailFacts facts()
{
    return {.tenant_name = "Harbour Radio",
            .service_code = "w7k2m9",
            .public_url = "https://winnow.example/",
            .token = "T0ken",
            .source = "192.0.2.7",
            .at = kAt,
            .number = 2,
            .about = "Storage moves"};
}

std::size_t occurrences(const std::string& text, const std::string& of)
{
    std::size_t found = 0;
    for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++found;
    return found;
}

TEST(Mails, OfEveryKindAreCompleteInBothLanguages)
{
    for (const auto locale : kLocales) {
        std::set<std::string> subjects;
        for (const auto kind : kMailKinds) {
            const auto mail = render_mail(kind, locale, facts());
            const auto place = std::string(to_string(kind)) + " " + std::string(to_string(locale));
            EXPECT_TRUE(subjects.insert(mail.subject).second) << place;
            EXPECT_FALSE(mail.subject.contains('\n')) << place;
            EXPECT_TRUE(mail.subject.contains("Winnow")) << place;
            EXPECT_TRUE(mail.text.contains("Harbour Radio")) << place;
            EXPECT_TRUE(mail.text.contains("w7k2m9")) << place;
            EXPECT_TRUE(mail.text.ends_with("\n")) << place;
            EXPECT_TRUE(is_valid_utf8(mail.text)) << place;
            EXPECT_FALSE(has_hidden(mail.subject)) << place;
            for (const auto* const left_over : {"{", "}", "  "}) {
                EXPECT_FALSE((mail.subject + mail.text).contains(left_over)) << place << ": " << left_over;
            }
        }
        EXPECT_EQ(subjects.size(), kMailKinds.size());
    }
}

TEST(Mails, HoldTheirOneLinkWithItsTokenOnceAndNothingOfIt)
{
    for (const auto locale : kLocales) {
        for (const auto kind : kMailKinds) {
            const auto mail = render_mail(kind, locale, facts());
            const auto link = link_of(kind);
            EXPECT_EQ(occurrences(mail.text, "T0ken"), link ? 1U : 0U) << to_string(kind);
            if (link) {
                const auto line = "\n" + link_text("https://winnow.example", *link, "T0ken") + "\n";
                EXPECT_TRUE(mail.text.contains(line)) << mail.text;
            }
            EXPECT_FALSE(mail.subject.contains("T0ken"));
        }
    }
}

TEST(Mails, ShowTimesOfTheReadersLanguage)
{
    EXPECT_TRUE(render_mail(MailKind::password_changed, Locale::en, facts()).text.contains("2026-11-28 15:20 UTC"));
    EXPECT_TRUE(render_mail(MailKind::password_changed, Locale::ja, facts()).text.contains("2026-11-29 00:20 JST"));
    EXPECT_TRUE(render_mail(MailKind::password_reset, Locale::en, facts()).text.contains("until 2026-11-28 15:35 UTC"));
    EXPECT_TRUE(render_mail(MailKind::invitation, Locale::en, facts()).text.contains("until 2026-12-05 15:20 UTC"));
}

TEST(Mails, SayFromWhereOnlyWhereThatIsKnown)
{
    auto known = facts();
    EXPECT_TRUE(render_mail(MailKind::new_network, Locale::en, known).text.contains("192.0.2.7"));
    EXPECT_TRUE(render_mail(MailKind::new_network, Locale::ja, known).text.contains("192.0.2.7"));
    known.source.clear();
    EXPECT_FALSE(render_mail(MailKind::new_network, Locale::en, known).text.contains("from the address"));
    EXPECT_FALSE(render_mail(MailKind::new_network, Locale::ja, known).text.contains("アドレス"));
}

TEST(Mails, ShowNamesAsTextOnOneLineAndNotTooLong)
{
    auto hostile = facts();
    hostile.tenant_name = "Evil\r\nBcc: all@example.com\x1b[2J\u202e {code} " + std::string(200, 'x');
    const auto mail = render_mail(MailKind::invitation, Locale::en, hostile);
    EXPECT_FALSE(has_hidden(mail.subject));
    EXPECT_FALSE(mail.subject.contains('\n'));
    EXPECT_TRUE(mail.subject.contains("{code}")) << "what is filled in is not filled in again";
    EXPECT_TRUE(mail.subject.ends_with("x…"));
    EXPECT_LT(count_code_points(mail.subject), 120U);
    hostile.tenant_name = std::string(80, 'y');
    EXPECT_FALSE(render_mail(MailKind::invitation, Locale::en, hostile).subject.contains("…")) << "80 fit";
}

TEST(Mails, TellOfAnnouncementsByTheirTitleOnOneLine)
{
    auto hostile = facts();
    hostile.about = "Moves\r\nBcc: all@example.com {code} " + std::string(300, 'x');
    for (const auto kind : domain::announcement_kinds()) {
        const auto mail = render_mail(mail_of(kind), Locale::en, hostile);
        EXPECT_FALSE(mail.subject.contains('\n'));
        EXPECT_TRUE(mail.subject.contains("Moves")) << mail.subject;
        EXPECT_TRUE(mail.subject.contains("{code}")) << "what is filled in is not filled in again";
        EXPECT_TRUE(mail.subject.ends_with("x…"));
        EXPECT_TRUE(mail.text.contains("Moves"));
    }
    hostile.about = std::string(domain::kMaxAnnouncementTitle, 'y');
    EXPECT_FALSE(render_mail(MailKind::announced_incident, Locale::ja, hostile).subject.contains("…")) << "all fits";
}

TEST(Mails, AreWorthSendingWhileTheirLinkIsGood)
{
    EXPECT_EQ(worth_sending_for(MailKind::invitation), std::chrono::days{7});
    EXPECT_EQ(worth_sending_for(MailKind::password_reset), std::chrono::minutes{15});
    EXPECT_EQ(worth_sending_for(MailKind::password_changed), std::chrono::days{1});
}

TEST(Mails, HaveKindsAndLanguagesThatAreReadBack)
{
    for (const auto kind : kMailKinds) EXPECT_EQ(parse_mail_kind(to_string(kind)), kind);
    for (const auto locale : kLocales) EXPECT_EQ(parse_locale(to_string(locale)), locale);
    EXPECT_EQ(parse_mail_kind("advertisement"), std::nullopt);
    EXPECT_EQ(parse_locale("fr"), std::nullopt);
}

}  // namespace
}  // namespace winnow::signin
