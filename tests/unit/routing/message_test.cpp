#include "winnow/base/text.hpp"
#include "winnow/routing/plan.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>

namespace winnow::routing {

namespace {

using domain::TicketEventKind;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

domain::TicketEvent event(TicketEventKind kind = TicketEventKind::opened)
{
    domain::TicketEvent event;
    event.ticket_id = TicketId(Uuid::from_words(3, 1));
    event.seq = 4;
    event.kind = kind;
    event.at = kNow;
    event.data = R"({"alert_id":"x"})";
    return event;
}

Subject subject()
{
    Subject subject;
    subject.ticket_id = TicketId(Uuid::from_words(3, 1));
    subject.number = 12;
    subject.severity = domain::Severity::critical;
    subject.title = "disk 93% full on \"db-7\"";
    subject.description = "first line\nsecond line";
    subject.dedup_key = "db-7/disk";
    subject.source = "db-7";
    subject.service = "billing";
    subject.occurrences = 3;
    subject.opened_at = kNow - std::chrono::minutes{5};
    subject.last_seen_at = kNow;
    return subject;
}

domain::Tenant tenant()
{
    domain::Tenant tenant;
    tenant.id = TenantId(Uuid::from_words(9, 9));
    tenant.service_code = "w7k2m9";
    tenant.name = "Example";
    return tenant;
}

Mail mail(const Subject& of, TicketEventKind kind = TicketEventKind::opened)
{
    return render_mail(render_payload(event(kind), of, tenant()));
}

}  // namespace

TEST(Payload, HoldsWhatAReceiverNeeds)
{
    const auto text = render_payload(event(), subject(), tenant());
    EXPECT_THAT(text, testing::StartsWith(R"({"type":"ticket.opened","timestamp":"2027-01-15T08:00:00.000Z")"));
    EXPECT_EQ(json::parse(text), json::parse(R"({
        "type": "ticket.opened", "timestamp": "2027-01-15T08:00:00.000Z", "tenant": "w7k2m9", "event_seq": 4,
        "ticket": {"id": "00000000-0000-0003-0000-000000000001", "number": 12, "state": "open",
                   "severity": "critical", "title": "disk 93% full on \"db-7\"",
                   "description": "first line\nsecond line", "dedup_key": "db-7/disk", "source": "db-7",
                   "service": "billing", "occurrences": 3, "opened_at": "2027-01-15T07:55:00.000Z",
                   "last_seen_at": "2027-01-15T08:00:00.000Z"}})"));
}

TEST(Payload, TypesNameTheEvent)
{
    using enum TicketEventKind;
    for (const auto& [kind, type] : {std::pair{reopened, "ticket.reopened"}, std::pair{recovered, "ticket.recovered"},
                                     std::pair{severity_changed, "ticket.severity_changed"}}) {
        EXPECT_EQ(json::parse(render_payload(event(kind), subject(), tenant()))["type"], type);
    }
}

TEST(Payload, ASeverityChangeSaysFromWhatToWhat)
{
    auto change = event(TicketEventKind::severity_changed);
    change.data = R"({"alert_id":"x","from":"warning","to":"critical"})";
    const auto message = json::parse(render_payload(change, subject(), tenant()));
    EXPECT_EQ(message["change"], json::parse(R"({"from":"warning","to":"critical"})"));
    change.data = "not json";
    EXPECT_FALSE(json::parse(render_payload(change, subject(), tenant())).contains("change"));
}

TEST(Payload, BytesThatAreNoUtf8AreReplacedRatherThanThrownAbout)
{
    auto odd = subject();
    odd.title =
        "a\xff"
        "b";
    EXPECT_EQ(json::parse(render_payload(event(), odd, tenant()))["ticket"]["title"], "a\ufffdb");
}

TEST(Mail, TheSubjectNamesNumberSeverityAndTitle)
{
    EXPECT_EQ(mail(subject()).subject, R"([#12 CRITICAL] disk 93% full on "db-7")");
    EXPECT_EQ(mail(subject(), TicketEventKind::recovered).subject,
              R"([#12 CRITICAL] Recovered: disk 93% full on "db-7")");
    EXPECT_EQ(mail(subject(), TicketEventKind::reopened).subject,
              R"([#12 CRITICAL] Reopened: disk 93% full on "db-7")");
    EXPECT_EQ(mail(subject(), TicketEventKind::severity_changed).subject,
              R"([#12 CRITICAL] Severity raised: disk 93% full on "db-7")");
}

TEST(Mail, ATitleCannotAddHeaders)
{
    auto hostile = subject();
    hostile.title = "x\r\nBcc: victim@example.org\n\n.\r\n\x01y\x7f";
    const auto subject = mail(hostile).subject;
    EXPECT_EQ(subject, "[#12 CRITICAL] x  Bcc: victim@example.org  .   y ");
    EXPECT_FALSE(has_control_characters(subject));
    EXPECT_EQ(subject.find_first_of("\r\n"), std::string::npos);
    EXPECT_THAT(mail(hostile).text, Not(HasSubstr("\nBcc:")));
}

TEST(Mail, NothingInItIsObeyedByATerminalOrSeenByNobody)
{
    for (const std::string_view hidden : {"\u0080", "\u009b", "\u061c", "\u200b", "\u2028", "\u202e", "\u2066",
                                          "\u2069", "\ufeff", "\U000E0041", "\x1b", "\x7f"}) {
        auto hostile = subject();
        hostile.title = "a" + std::string(hidden) + "2Jb";
        hostile.source = hostile.title;
        hostile.description = "first\n\t" + hostile.title + "\nlast";
        const auto made = mail(hostile);
        EXPECT_THAT(made.subject, Not(HasSubstr(std::string(hidden))));
        EXPECT_THAT(made.text, Not(HasSubstr(std::string(hidden))));
        EXPECT_THAT(made.text, HasSubstr("\nfirst\n\ta 2Jb\nlast\n"));
    }
}

TEST(Mail, ALongSubjectIsCutBetweenCharacters)
{
    auto wide = subject();
    wide.title.clear();
    for (int i = 0; i < 1'024; ++i) wide.title += "\u20ac";
    const auto subject = mail(wide).subject;
    EXPECT_LE(subject.size(), 250U);
    EXPECT_GT(subject.size(), 240U);
    EXPECT_TRUE(is_valid_utf8(subject));
    EXPECT_THAT(subject, testing::EndsWith("..."));
}

TEST(Mail, TheTextHasEveryFieldAndSaysWhatToDo)
{
    const auto text = mail(subject()).text;
    for (const auto* part : {"critical", "open", "db-7/disk", "billing", "Occurrences:   3", "2027-01-15T07:55:00.000Z",
                             "2027-01-15T08:00:00.000Z", "#12 (00000000-0000-0003-0000-000000000001)", "w7k2m9",
                             "\nfirst line\nsecond line\n", "winnow ticket show 12", "winnow ticket ack 12"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_THAT(mail(subject(), TicketEventKind::recovered).text, Not(HasSubstr("ticket ack")))
        << "there is nothing to take on";
}

TEST(Mail, FieldsThatAreEmptyAreLeftOut)
{
    auto bare = subject();
    bare.service.clear();
    bare.description.clear();
    EXPECT_THAT(mail(bare).text, Not(HasSubstr("Service")));
}

TEST(Mail, ASeverityChangeShowsBoth)
{
    auto change = event(TicketEventKind::severity_changed);
    change.data = R"({"from":"warning","to":"critical"})";
    EXPECT_THAT(render_mail(render_payload(change, subject(), tenant())).text, HasSubstr("warning -> critical"));
}

TEST(Mail, SaysWhatDidNotGetThroughBeforeIt)
{
    auto payload = json::parse(render_payload(event(TicketEventKind::recovered), subject(), tenant()));
    EXPECT_THAT(render_mail(payload.dump()).text, Not(HasSubstr("did not get through")));
    payload["overtook"] = {
        {{"type", "ticket.opened"}, {"event_seq", 1}, {"timestamp", "2027-01-15T08:00:00.000Z"}}, 7, {{"type", 1}}};
    EXPECT_THAT(render_mail(payload.dump()).text,
                HasSubstr("\nEarlier messages about it did not get through:\n  2027-01-15T08:00:00.000Z  opened\n"));
}

TEST(Mail, APayloadWithReorderedMembersGivesTheSameMail)
{
    const auto text = render_payload(event(), subject(), tenant());
    const auto reordered = json::parse(text).dump();
    ASSERT_NE(text, reordered);
    EXPECT_EQ(render_mail(reordered).subject, mail(subject()).subject);
    EXPECT_EQ(render_mail(reordered).text, mail(subject()).text);
}

TEST(Mail, APayloadThatCannotBeReadStillMakesAMail)
{
    for (const auto* payload : {"", "[]", "{}", R"({"ticket":7})", "{\"ticket\":"}) {
        EXPECT_NE(render_mail(payload).subject, "") << payload;
        EXPECT_NE(render_mail(payload).text, "") << payload;
    }
    EXPECT_EQ(render_mail(R"({"type":7,"ticket":{"number":"x\ny","title":null}})").subject.find('\n'),
              std::string::npos);
}

}  // namespace winnow::routing
