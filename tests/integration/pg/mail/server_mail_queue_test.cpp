#include "winnow/pg/server_mail_queue.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/except>

#include <future>
#include <memory>
#include <optional>
#include <set>

namespace winnow::pg {
namespace {

using ports::MailResult;
using ports::OwedMail;
using ports::ServerMail;
using signin::Locale;
using signin::MailKind;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
using State = MailResult::State;

constexpr std::chrono::milliseconds kLease{60'000};

class ServerMailsTest : public PgTest {
protected:
    static ServerMail mail(MailKind kind = MailKind::invitation)
    {
        return {.id = ServerMailId(new_uuid()),
                .kind = kind,
                .to = "somebody@example.org",
                .locale = Locale::ja,
                .sealed_token = std::string("\x01\x00sealed", 8),
                .source = "192.0.2.7",
                .at = *parse_rfc3339("2026-11-28T08:20:00.123Z"),
                .number = 3};
    }

    Result<Done> owe(TenantId tenant, const ServerMail& owed)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return session.server_mails().owe(owed); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }

    [[nodiscard]] std::vector<OwedMail> claim(std::size_t limit = 100)
    {
        return queue_->claim(limit, kLease).value().mails;
    }

    static MailResult result(const OwedMail& owed, State state, std::chrono::milliseconds retry_after = 0ms)
    {
        return {.tenant = owed.tenant,
                .id = owed.mail.id,
                .attempts = owed.attempts,
                .state = state,
                .retry_after = retry_after,
                .error = state == State::sent ? "" : "said so"};
    }

    void all_are_due() { sql("update server_mails set due_at = now() - interval '1 second'"); }

    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::ServerMailQueue> queue_ = make_server_mail_queue(pipeline());
    TenantId tenant_ = new_tenant();
    TenantId other_ = new_tenant();
};

TEST_F(ServerMailsTest, AreClaimedAsTheyWereOwed)
{
    const auto owed = mail();
    ASSERT_TRUE(owe(tenant_, owed));
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(1));
    const auto& got = claimed.front();
    EXPECT_EQ(got.tenant, tenant_);
    EXPECT_EQ(got.tenant_name, "Tenant 1");
    EXPECT_EQ(got.service_code, "tenant1");
    EXPECT_EQ(got.mail.id, owed.id);
    EXPECT_EQ(got.mail.kind, owed.kind);
    EXPECT_EQ(got.mail.to, owed.to);
    EXPECT_EQ(got.mail.locale, owed.locale);
    EXPECT_EQ(got.mail.sealed_token, owed.sealed_token);
    EXPECT_EQ(got.mail.source, owed.source);
    EXPECT_EQ(got.mail.at, owed.at);
    EXPECT_EQ(got.mail.number, owed.number);
    EXPECT_EQ(got.attempts, 1);
    EXPECT_EQ(got.expires_at - got.owed_at, std::chrono::days{7});
    EXPECT_THAT(claim(), IsEmpty()) << "until its lease is over";
}

TEST_F(ServerMailsTest, OfEveryKindAreStored)
{
    for (const auto kind : signin::kMailKinds) ASSERT_TRUE(owe(tenant_, mail(kind))) << to_string(kind);
    EXPECT_THAT(claim(), SizeIs(signin::kMailKinds.size()));
}

TEST_F(ServerMailsTest, AreNotOwedWhereTheActWasRolledBack)
{
    std::promise<Result<Done>> finished;
    api_->submit(
        tenant_,
        [&](ports::TenantSession& session) -> Result<Done> {
            EXPECT_TRUE(session.server_mails().owe(mail()));
            return Error(ErrorCode::conflict, "no");
        },
        [&](Result<Done> done) { finished.set_value(std::move(done)); });
    EXPECT_FALSE(finished.get_future().get());
    EXPECT_EQ(number("select count(*) from server_mails"), 0);
}

TEST_F(ServerMailsTest, ThatWereSentLeaveNothing)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(queue_->record({result(claim().front(), State::sent)}));
    EXPECT_EQ(number("select count(*) from server_mails"), 0);
}

TEST_F(ServerMailsTest, AreTriedAgainWhenTheirTimeHasCome)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(queue_->record({result(claim().front(), State::pending, 1h)}));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(number("select (due_at - now() between interval '59 minutes' and interval '1 hour')::int "
                     "from server_mails where last_error = 'said so'"),
              1);
    all_are_due();
    EXPECT_EQ(claim().front().attempts, 2);
}

TEST_F(ServerMailsTest, ThatAreGivenUpLoseTheirLinkAndAreNotTriedAgain)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(queue_->record({result(claim().front(), State::dead)}));
    all_are_due();
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(text("select state || ' ' || last_error || ' ' || octet_length(sealed_token) from server_mails"),
              "dead said so 0");
}

TEST_F(ServerMailsTest, OfOneWhoComesBackTooLateChangeNothing)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    const auto late = claim().front();
    all_are_due();
    const auto now = claim().front();
    ASSERT_TRUE(queue_->record({result(late, State::sent)}));
    EXPECT_EQ(number("select count(*) from server_mails"), 1);
    ASSERT_TRUE(queue_->record({result(now, State::pending, 1h), result(late, State::dead)}));
    EXPECT_EQ(text("select state from server_mails"), "pending");
}

TEST_F(ServerMailsTest, OfManyAreStoredTogetherWhateverBecameOfThem)
{
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(owe(i == 0 ? other_ : tenant_, mail()));
    const auto claimed = claim();
    ASSERT_THAT(claimed, SizeIs(3));
    ASSERT_TRUE(queue_->record(
        {result(claimed[0], State::sent), result(claimed[1], State::dead), result(claimed[2], State::pending, 1s)}));
    EXPECT_EQ(text("select string_agg(state, ' ' order by state) from server_mails"), "dead pending");
    EXPECT_TRUE(queue_->record({}));
}

TEST_F(ServerMailsTest, TakeTurnsByTenant)
{
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(owe(other_, mail()));
    std::set<TenantId> first;
    for (const auto& owed : claim(2)) first.insert(owed.tenant);
    EXPECT_EQ(first, (std::set{tenant_, other_}));
    EXPECT_THAT(claim(5), SizeIs(5));
    EXPECT_THAT(claim(), SizeIs(14));
}

TEST_F(ServerMailsTest, ThatCameTooLateAreGivenUp)
{
    ASSERT_TRUE(owe(tenant_, mail(MailKind::password_reset)));
    ASSERT_TRUE(owe(tenant_, mail(MailKind::password_reset)));
    EXPECT_EQ(number("select (expires_at - owed_at = interval '15 minutes')::int from server_mails limit 1"), 1);
    ASSERT_TRUE(queue_->record({result(claim(1).front(), State::pending)}));
    sql("update server_mails set expires_at = now()");
    const auto claimed = queue_->claim(100, kLease).value();
    EXPECT_THAT(claimed.mails, IsEmpty());
    EXPECT_EQ(claimed.expired, 2U);
    EXPECT_EQ(text("select string_agg(last_error, '|' order by last_error) from server_mails "
                   "where state = 'dead' and sealed_token = ''"),
              "It came too late to be of use.|said so");
}

TEST_F(ServerMailsTest, OfAKindThatThisProgramDoesNotKnowAreLeftToANewerOne)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(owe(tenant_, mail()));
    sql("update server_mails set kind = 'something_new' where mail_id = (select min(mail_id::text)::uuid from "
        "server_mails)");
    EXPECT_THAT(claim(), SizeIs(1));
    EXPECT_EQ(number("select count(*) from server_mails where state = 'pending'"), 2);
}

TEST_F(ServerMailsTest, AreOwedToATenantInBoundedNumber)
{
    sql("insert into server_mails (tenant_id, mail_id, kind, receiver, locale, happened_at, expires_at) select '" +
        tenant_.str() +
        "', gen_random_uuid(), 'invitation', 'x@example.org', 'en', now(), now() + interval '1 day' "
        "from generate_series(1, " +
        std::to_string(ports::kMostOwedMails - 1) + ")");
    EXPECT_TRUE(owe(tenant_, mail()));
    const auto refused = owe(tenant_, mail());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::rate_limited);
    EXPECT_TRUE(owe(other_, mail())) << "the others have room";
    EXPECT_TRUE(owe(tenant_, mail(MailKind::password_changed))) << "no act fails because nobody can be told of it";
    EXPECT_EQ(number("select count(*) from server_mails where kind = 'password_changed'"), 0);
    sql("update server_mails set state = 'dead', finished_at = now() where mail_id = (select min(mail_id::text)::uuid "
        "from server_mails where tenant_id = '" +
        tenant_.str() + "')");
    EXPECT_TRUE(owe(tenant_, mail())) << "what was given up takes no place";
}

TEST_F(ServerMailsTest, AreNotForTheTenantsOwnTransactionsToRead)
{
    ASSERT_TRUE(owe(tenant_, mail()));
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    for (const std::string column : {"receiver", "sealed_token", "source"}) {
        test::begin_as(tx, database_, tenant_.str());
        EXPECT_THROW(tx.exec("select " + column + " from server_mails"), pqxx::insufficient_privilege) << column;
        tx.exec("rollback");
    }
}

TEST_F(ServerMailsTest, AreOnTheBoardWhileTheyWait)
{
    const auto board = make_due_board(pipeline());
    const auto due = [&]() -> std::optional<std::chrono::milliseconds> {
        for (const auto& [kind, in] : board->look().value().in) {
            if (kind == "server_mail") return in;
        }
        return std::nullopt;
    };
    EXPECT_EQ(due(), std::nullopt);
    ASSERT_TRUE(owe(tenant_, mail()));
    ASSERT_TRUE(due());
    EXPECT_LE(*due(), 0ms);
    const auto claimed = claim();
    EXPECT_GT(*due(), 30s) << "its lease";
    ASSERT_TRUE(queue_->record({result(claimed.front(), State::sent)}));
    EXPECT_EQ(due(), std::nullopt);
}

TEST_F(ServerMailsTest, ThatWereGivenUpAreForgottenAfterThirtyDays)
{
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(owe(tenant_, mail()));
    sql("update server_mails set owed_at = now() - interval '90 days'");
    sql("with n as (select mail_id, row_number() over (order by mail_id) as place from server_mails) "
        "update server_mails m set state = 'dead', finished_at = now() - n.place * interval '15 days 1 hour' from n "
        "where n.mail_id = m.mail_id and n.place < 3");
    EXPECT_EQ(do_chore("forget_server_mails"), 1U);
    EXPECT_EQ(text("select string_agg(state, ' ' order by state) from server_mails"), "dead pending");
}

}  // namespace
}  // namespace winnow::pg
