/// What the database tells of access that ended, and the proof that it is heard.

#include "winnow/pg/revocation_feed.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/pg/credential_store.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using access::Revoked;
using Kind = access::Revoked::Kind;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Clock = std::chrono::steady_clock;

class RevocationFeedTest : public PgTest {
protected:
    RevocationFeedTest()
    {
        sql("insert into integrations (tenant_id, integration_id, name) values ('" + tenant_.str() + "', '" +
            sender_.str() + "', 'i')");
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ('" +
            tenant_.str() + "', '" + sender_key_.str() + "', '" + sender_.str() +
            "', decode(repeat('ab', 32), 'hex'), 'wnk_1234')");
    }

    void SetUp() override { ASSERT_TRUE(feed_->listen()); }

    [[nodiscard]] static PgOptions named(PgOptions options)
    {
        options.application_name = "revocations";
        return options;
    }

    [[nodiscard]] Revoked of(Kind kind, Uuid id) const { return {.kind = kind, .tenant = tenant_, .id = id}; }

    /// What `statement` told of.
    [[nodiscard]] std::vector<Revoked> told(const std::string& statement)
    {
        sql(statement);
        auto heard = feed_->prove();
        EXPECT_TRUE(heard) << statement;
        return heard ? *std::move(heard) : std::vector<Revoked>();
    }

    [[nodiscard]] pid_t listener() { return static_cast<pid_t>(number("select pid " + from_)); }

    const std::string from_ =
        "from pg_stat_activity where datname = current_database() and application_name = 'revocations'";
    const TenantId tenant_ = new_tenant();
    const Uuid sender_ = new_uuid();
    const Uuid sender_key_ = new_uuid();
    const Uuid admin_ = *Uuid::parse(text("select user_id from users"));
    const Uuid admins_key_ = *Uuid::parse(text("select key_id from api_keys"));
    std::unique_ptr<ports::RevocationFeed> feed_ = make_revocation_feed(named(pipeline()));
};

TEST_F(RevocationFeedTest, TellsOfEveryActThatEndsOrChangesAccess)
{
    EXPECT_THAT(told("update users set role = 'viewer', audits = true"), ElementsAre(of(Kind::user, admin_)));
    EXPECT_THAT(told("update users set state = 'disabled'"), ElementsAre(of(Kind::user, admin_)));
    EXPECT_THAT(told("update api_keys set scopes = array['rules:read']"), ElementsAre(of(Kind::key, admins_key_)));
    EXPECT_THAT(told("update api_keys set networks = array['10.0.0.0/8']::cidr[]"),
                ElementsAre(of(Kind::key, admins_key_)));
    EXPECT_THAT(told("update api_keys set revoked_at = now()"), ElementsAre(of(Kind::key, admins_key_)));
    EXPECT_THAT(told("update integrations set enabled = false"), ElementsAre(of(Kind::integration, sender_)));
    EXPECT_THAT(told("update integration_keys set revoked_at = now()"), ElementsAre(of(Kind::key, sender_key_)));
    EXPECT_THAT(told("delete from integrations"), ElementsAre(of(Kind::integration, sender_)));
    EXPECT_THAT(told("update tenants set state = 'suspended'"), ElementsAre(of(Kind::tenant, {})));
    EXPECT_THAT(told("update tenants set state = 'active'"), ElementsAre(of(Kind::tenant, {})));
}

TEST_F(RevocationFeedTest, TellsOfWhoIsSignedOutAndNotOfWhoIsHalfSignedIn)
{
    const auto session = new_uuid();
    sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
        "last_seen_at, expires_at) values ('" +
        tenant_.str() + "', '" + session.str() + "', '" + admin_.str() +
        "', sha256('a'), 'password_ok', now(), now(), now(), now() + interval '1 hour')");
    EXPECT_THAT(told("update sessions set state = 'active', token_hash = sha256('b')"), IsEmpty());
    EXPECT_THAT(told("update sessions set last_seen_at = now() + interval '1 minute'"), IsEmpty()) << "it was used";
    EXPECT_THAT(told("update sessions set token_hash = sha256('c')"), ElementsAre(of(Kind::session, session)));
    EXPECT_THAT(told("update sessions set amr = '{pwd,otp,mfa}'"), ElementsAre(of(Kind::session, session)));
    EXPECT_THAT(told("update sessions set state = 'ended', ended_at = now(), ended_by = 'by_admin'"),
                ElementsAre(of(Kind::session, session)));
    EXPECT_THAT(told("delete from sessions"), IsEmpty()) << "it had ended";
}

TEST_F(RevocationFeedTest, TellsOfWhatGoesWithWhatIsDeleted)
{
    EXPECT_THAT(told("delete from integrations"),
                UnorderedElementsAre(of(Kind::integration, sender_), of(Kind::key, sender_key_)));
    EXPECT_THAT(told("delete from users"), UnorderedElementsAre(of(Kind::user, admin_), of(Kind::key, admins_key_)));
}

TEST_F(RevocationFeedTest, TellsNothingOfWhatEndsNobodysAccess)
{
    EXPECT_THAT(told("update tenants set config_version = config_version + 1, credentials_version = 7"), IsEmpty());
    EXPECT_THAT(told("update tenants set state = state"), IsEmpty());
    const auto uses = make_credential_use_store(pipeline());
    ASSERT_TRUE(uses->note(
        {{.tenant = tenant_, .kind = access::CredentialKind::user_key, .key = admins_key_, .minute = Timestamp()}}));
    EXPECT_THAT(told("select 1"), IsEmpty()) << "a key was used";
    new_tenant();
    EXPECT_THAT(told("select 1"), IsEmpty()) << "what is new was nobody's before";
    EXPECT_THAT(told("begin; update users set state = 'disabled'; rollback"), IsEmpty());
    sql("update api_keys set revoked_at = now() - interval '1000 days'");
    EXPECT_FALSE(told("select 1").empty());
    EXPECT_EQ(do_chore("forget_keys"), 2U);
    EXPECT_THAT(told("select 1"), IsEmpty()) << "they had ended long ago";
    sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint, expires_at) values ('" +
        tenant_.str() + "', '" + new_uuid().str() + "', '" + admin_.str() +
        "', 'k', decode(repeat('ef', 32), 'hex'), 'wnu_1234', now() - interval '1 s')");
    EXPECT_THAT(told("delete from api_keys"), IsEmpty()) << "so had this one";
}

/// By whichever role and however it came to it, older programs' included: it is the table that tells.
TEST_F(RevocationFeedTest, TellsOfWhatTheProviderDoes)
{
    ASSERT_TRUE(make_provider_store(as(database_.provider))->set_suspended(tenant_, true));
    EXPECT_THAT(told("select 1"), ElementsAre(of(Kind::tenant, {})));
}

TEST_F(RevocationFeedTest, AProofHasAllThatWasCommittedBefore)
{
    for (int round = 0; round < 200; ++round) {
        ASSERT_THAT(told("update users set name = '" + std::to_string(round) + "'"),
                    ElementsAre(of(Kind::user, admin_)));
    }
}

TEST_F(RevocationFeedTest, WaitsForWhatComesAndNoLonger)
{
    const auto begun = Clock::now();
    const auto nothing = feed_->wait(milliseconds{20});
    ASSERT_TRUE(nothing);
    EXPECT_THAT(*nothing, IsEmpty());
    EXPECT_GE(Clock::now() - begun, milliseconds{20});
    sql("update users set state = 'disabled'");
    const auto heard = feed_->wait(std::chrono::minutes{1});
    ASSERT_TRUE(heard);
    EXPECT_THAT(*heard, ElementsAre(of(Kind::user, admin_)));
    EXPECT_LT(Clock::now() - begun, std::chrono::minutes{1});
}

TEST_F(RevocationFeedTest, WhatAnotherSessionSaysProvesNothing)
{
    sql("select pg_notify('winnow_ping', n::text) from generate_series(1, 5) n");
    sql("update users set state = 'disabled'");
    const auto heard = feed_->prove();
    ASSERT_TRUE(heard);
    EXPECT_THAT(*heard, ElementsAre(of(Kind::user, admin_))) << "it came after the other's";
    const auto other = make_revocation_feed(named(pipeline()));
    ASSERT_TRUE(other->listen());
    ASSERT_TRUE(other->prove());
    EXPECT_THAT(feed_->wait(milliseconds{0}).value(), IsEmpty());
    EXPECT_TRUE(feed_->prove());
}

TEST_F(RevocationFeedTest, WhatNobodyCanReadIsAboutEverything)
{
    EXPECT_THAT(told("select pg_notify('winnow_revoked', 'x')"), ElementsAre(Revoked()));
    EXPECT_THAT(told("select pg_notify('winnow_revoked', '" + tenant_.str() + ":new:kind')"),
                ElementsAre(of(Kind::tenant, {})));
}

TEST_F(RevocationFeedTest, ASessionThatEndsIsToldAtOnceAndNothingWorksUntilItListensAgain)
{
    sql("select pg_terminate_backend(pid) " + from_);
    ASSERT_TRUE(eventually([&] { return number("select count(*) " + from_) == 0; }));
    EXPECT_FALSE(feed_->wait(std::chrono::minutes{1}));
    EXPECT_FALSE(feed_->wait(milliseconds{0}));
    EXPECT_FALSE(feed_->prove());
    sql("update users set state = 'disabled'");
    ASSERT_TRUE(feed_->listen());
    EXPECT_THAT(told("select 1"), IsEmpty()) << "of what was meanwhile nothing is told";
    EXPECT_THAT(told("update users set state = 'active'"), ElementsAre(of(Kind::user, admin_)));
}

TEST_F(RevocationFeedTest, AServerProcessThatStandsStillIsGivenUpAfterASecond)
{
    const auto stopped = listener();
    ::kill(stopped, SIGSTOP);
    const auto begun = Clock::now();
    const auto proof = feed_->prove();
    const auto took = Clock::now() - begun;
    const bool listens = feed_->listen().has_value();
    ::kill(stopped, SIGCONT);
    EXPECT_FALSE(proof);
    EXPECT_GE(took, milliseconds{900});
    EXPECT_LT(took, std::chrono::seconds{5});
    EXPECT_TRUE(listens) << "by another one";
    EXPECT_TRUE(feed_->prove());
}

TEST_F(RevocationFeedTest, ADatabaseThatLetsNobodyInIsAnError)
{
    auto options = pipeline();
    options.conninfo += " dbname=gone";
    const auto feed = make_revocation_feed(options);
    EXPECT_FALSE(feed->prove()) << "it does not listen yet";
    const auto listened = feed->listen();
    ASSERT_FALSE(listened);
    EXPECT_EQ(listened.error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace winnow::pg
