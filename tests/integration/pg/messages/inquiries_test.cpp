/// What a tenant asks and the provider answers: between these two, in both chains, within bounds.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/provider/provider_inquiries.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/messages/inquiry_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <functional>
#include <future>
#include <memory>

namespace winnow::pg {
namespace {

using domain::Inquiry;
using domain::InquiryMessage;
using domain::InquirySide;
using domain::InquiryState;
using testing::IsEmpty;

class InquiriesTest : public PgTest {
protected:
    Result<Done> in(TenantId tenant, std::function<Result<Done>(ports::InquiryStore&)> work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return work(session.inquiries()); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }
    static InquiryMessage message(std::int64_t seq, const std::string& text)
    {
        return {.seq = seq,
                .side = InquirySide::tenant,
                .author = "user:x",
                .author_name = "Ann",
                .text = text,
                .at = *parse_rfc3339("2026-11-28T08:20:00.123Z")};
    }
    InquiryId asked(TenantId tenant, const std::string& subject)
    {
        Inquiry inquiry;
        inquiry.id = InquiryId(new_uuid());
        inquiry.opened_by =
            *UserId::parse(text("select user_id from users where tenant_id = '" + tenant.str() + "' limit 1"));
        inquiry.opened_by_name = "Ann";
        inquiry.subject = subject;
        inquiry.messages = 1;
        inquiry.opened_at = *parse_rfc3339("2026-11-28T08:20:00.123Z");
        inquiry.changed_at = inquiry.opened_at;
        const auto done =
            in(tenant, [&](ports::InquiryStore& store) { return store.open(inquiry, message(1, "Why?")); });
        EXPECT_TRUE(done) << done.error().message();
        return inquiry.id;
    }
    Result<Inquiry> seen(TenantId tenant, InquiryId id)
    {
        Result<Inquiry> found = Error(ErrorCode::internal, "not asked");
        static_cast<void>(in(tenant, [&](ports::InquiryStore& store) -> Result<Done> {
            found = store.find(id);
            return Done{};
        }));
        return found;
    }

    const ports::ProviderRequest by_{
        .actor = {.id = "provider"}, .address = {}, .user_agent = {}, .certificate_subject = {}};
    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::ProviderInquiries> provider_ = make_provider_inquiries(as(database_.provider));
    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
};

TEST_F(InquiriesTest, AreReadBackAsTheyWereAsked)
{
    const auto id = asked(a_, "Late mails");
    const auto found = seen(a_, id);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->subject, "Late mails");
    EXPECT_EQ(found->state, InquiryState::open);
    EXPECT_EQ(found->messages, 1);
    EXPECT_EQ(found->opened_at, parse_rfc3339("2026-11-28T08:20:00.123Z"));
    EXPECT_EQ(found->closed_at, std::nullopt);
    const auto said = provider_->messages(id, 0, 10).value();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].text, "Why?");
    EXPECT_EQ(said[0].side, InquirySide::tenant);
    EXPECT_THAT(provider_->messages(id, 1, 10).value(), IsEmpty());
}

TEST_F(InquiriesTest, OfOthersAreNotThere)
{
    const auto id = asked(a_, "Late mails");
    EXPECT_EQ(seen(b_, id).error().code(), ErrorCode::not_found);
    const auto done = in(b_, [&](ports::InquiryStore& store) -> Result<Done> {
        EXPECT_THAT(store.page({}, 10).value(), IsEmpty());
        EXPECT_THAT(store.messages(id, 0, 10).value(), IsEmpty());
        EXPECT_EQ(store.count().value(), 0U);
        return Done{};
    });
    EXPECT_TRUE(done);
}

TEST_F(InquiriesTest, AnAnswerIsOwedToWhoAskedAndStandsInBothChains)
{
    const auto id = asked(a_, "Late mails");
    const auto answered = provider_->answer(
        id, "Since eight.",
        {.actor = {.id = "provider"}, .address = "192.0.2.1", .user_agent = {}, .certificate_subject = {}});
    ASSERT_TRUE(answered) << answered.error().message();
    EXPECT_EQ(answered->tenant, a_);
    EXPECT_EQ(seen(a_, id)->state, InquiryState::answered);
    EXPECT_EQ(seen(a_, id)->messages, 2);
    EXPECT_EQ(text("select string_agg(receiver || ' ' || kind || ' ' || about, ', ') from server_mails"),
              "admin@example.org inquiry_answered Late mails");
    EXPECT_EQ(text("select string_agg(actor || ' ' || object, ', ') from audit where act = 'inquiry.answer' and "
                   "tenant_id = '" +
                   a_.str() + "'"),
              "provider inquiry:" + id.str());
    EXPECT_EQ(number("select count(*) from audit where act = 'inquiry.answer' and tenant_id = "
                     "'00000000-0000-0000-0000-000000000000'"),
              1);
    EXPECT_EQ(number("select count(*) from audit where detail like '%192.0.2.1%' and tenant_id = '" + a_.str() + "'"),
              0)
        << "from where the provider works is its own";
}

TEST_F(InquiriesTest, WhoAskedAndIsGoneIsToldByTheAdmins)
{
    const auto id = asked(a_, "Late mails");
    sql("update users set state = 'disabled' where tenant_id = '" + a_.str() + "'");
    sql("insert into users (tenant_id, user_id, email, name, role) values ('" + a_.str() +
        "', gen_random_uuid(), 'next@example.org', 'N', 'admin'), ('" + a_.str() +
        "', gen_random_uuid(), 'viewer@example.org', 'V', 'viewer')");
    ASSERT_TRUE(provider_->answer(id, "Since eight.", by_));
    EXPECT_EQ(text("select string_agg(receiver, ' ') from server_mails"), "next@example.org");
}

TEST_F(InquiriesTest, AreClosedForGood)
{
    const auto id = asked(a_, "Late mails");
    EXPECT_TRUE(provider_->close(id, by_)->inquiry.closed_at);
    EXPECT_EQ(provider_->close(id, by_).error().code(), ErrorCode::conflict);
    EXPECT_EQ(provider_->answer(id, "Too late.", by_).error().code(), ErrorCode::conflict);
    EXPECT_EQ(provider_->answer(InquiryId(new_uuid()), "To nobody.", {}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(seen(a_, id)->messages, 1);
}

TEST_F(InquiriesTest, HaveTwoHundredMessagesAtMost)
{
    const auto id = asked(a_, "Late mails");
    sql("update inquiries set messages = 199");
    EXPECT_TRUE(provider_->answer(id, "The last one.", by_));
    EXPECT_EQ(provider_->answer(id, "One more.", by_).error().code(), ErrorCode::conflict);
}

TEST_F(InquiriesTest, OfAllTenantsAreListedForTheProviderByState)
{
    const auto first = asked(a_, "first");
    const auto second = asked(b_, "second");
    ASSERT_TRUE(provider_->answer(first, "Done.", by_));
    const auto all = provider_->page({}, {}, 10).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].inquiry.id, second);
    EXPECT_EQ(all[0].service_code, "tenant2");
    EXPECT_EQ(provider_->page({}, second, 10)->size(), 1U);
    EXPECT_EQ(provider_->page(InquiryState::answered, {}, 10)->size(), 1U);
    EXPECT_EQ(provider_->page(InquiryState::closed, {}, 10)->size(), 0U);
}

TEST_F(InquiriesTest, TheProviderWritesOnlyWhatItDidIntoATenantsChain)
{
    pqxx::connection connection(database_.provider);
    const auto append = [&](const std::string& tenant, const std::string& actor) {
        pqxx::nontransaction(connection)
            .exec("select audit_append_providers_act(" + tenant + ", '{\"actor\":\"" + actor + "\"}', '', '\\x00')");
    };
    EXPECT_THROW(append("'" + a_.str() + "'", "user:x"), pqxx::insufficient_privilege);
    EXPECT_THROW(append("'" + a_.str() + "'", "providers"), pqxx::insufficient_privilege);
    EXPECT_THROW(append("null", "provider"), pqxx::insufficient_privilege);
    EXPECT_THROW(append("gen_random_uuid()", "provider"), pqxx::insufficient_privilege);
    EXPECT_THROW(pqxx::nontransaction(connection).exec("delete from inquiry_messages"), pqxx::insufficient_privilege);
    EXPECT_THROW(pqxx::nontransaction(connection).exec("update inquiry_messages set body = 'x'"),
                 pqxx::insufficient_privilege);
}

TEST_F(InquiriesTest, AreForgottenFourHundredDaysAfterTheirLastWord)
{
    asked(a_, "old");
    const auto kept = asked(a_, "new");
    sql("update inquiries set changed_at = now() - interval '401 days' where subject = 'old'");
    EXPECT_EQ(do_chore("forget_announcements"), 1U);
    EXPECT_EQ(number("select count(*) from inquiry_messages"), 1);
    EXPECT_TRUE(seen(a_, kept));
}

}  // namespace
}  // namespace winnow::pg
