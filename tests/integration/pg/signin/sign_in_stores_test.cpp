/// What is stored of how people sign in: buckets, sessions, factors, links, and what is asked before a tenant is known.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/sign_in_door.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/signin/factor_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/session_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using ports::TenantSession;
using signin::SignInState;
using signin::Throttled;
using testing::IsEmpty;

class SignInStores : public PgTest {
protected:
    SignInStores() { user_ = *UserId::parse(text("select user_id from users where tenant_id = '" + t() + "'")); }

    [[nodiscard]] std::string t() const { return tenant_.str(); }

    void in(TenantId tenant, const std::function<void(TenantSession&)>& work)
    {
        std::promise<Result<Done>> promise;
        tenants_->submit(
            tenant,
            [&](TenantSession& session) -> Result<Done> {
                work(session);
                return Done{};
            },
            [&](Result<Done> done) { promise.set_value(std::move(done)); });
        const auto done = promise.get_future().get();
        EXPECT_TRUE(done) << done.error().message();
    }
    void in_ours(const std::function<void(TenantSession&)>& work) { in(tenant_, work); }

    template <typename T>
    std::optional<T> asked(void (ports::SignInDoor::*question)(std::string, ports::SignInDoor::Sink<T>),
                           const std::string& about)
    {
        std::promise<Result<std::optional<T>>> answer;
        ((*door_).*question)(about, [&](auto found) { answer.set_value(std::move(found)); });
        auto found = answer.get_future().get();
        EXPECT_TRUE(found) << found.error().message();
        return found ? *std::move(found) : std::nullopt;
    }

    /// As one that began `ago` and was used just now.
    ports::UserSession a_session(std::chrono::minutes ago = std::chrono::minutes{0}, char token = 't')
    {
        ports::UserSession session;
        in_ours([&](TenantSession& tenant) {
            const auto now = tenant.throttles().now().value();
            session.id = SessionId(new_uuid());
            session.user = user_;
            session.amr = {"pwd", "otp", "mfa"};
            session.created_at = session.authenticated_at = now - ago;
            session.last_seen_at = now;
            session.expires_at = session.created_at + signin::kAbsolute;
            session.source = "192.0.2.7";
            session.user_agent = "a \"browser\"";
            EXPECT_TRUE(tenant.sessions().begin(session, std::string(32, token)));
        });
        return session;
    }

    const TenantId tenant_ = new_tenant();
    UserId user_;
    const std::string subject_ = std::string(32, 's');
    // Four threads, for one tenant has half of them.
    std::unique_ptr<ports::TenantDatabase> tenants_ =
        make_tenant_database({.conninfo = database_.api, .connections = 4}, database_.pipeline);
    std::unique_ptr<ports::SignInDoor> door_ = make_sign_in_door(as(database_.api));
};

TEST_F(SignInStores, ABucketIsThereOnceSomethingHappenedAndGoesWhenItIsAsNew)
{
    for (const auto kind :
         {Throttled::account, Throttled::device, Throttled::request, Throttled::code, Throttled::network}) {
        in_ours([&](TenantSession& session) {
            auto& throttles = session.throttles();
            EXPECT_EQ(throttles.seen(kind, subject_).value(), signin::Throttle());
            const auto now = throttles.now().value();
            auto bucket = throttles.lock(kind, subject_).value();
            EXPECT_EQ(bucket.failures, 0);
            bucket = {.failures = 3,
                      .window_at = now,
                      .blocked_until = now + std::chrono::minutes{1},
                      .holds = 2,
                      .holds_at = now};
            EXPECT_TRUE(throttles.keep(kind, subject_, bucket, now));
            EXPECT_EQ(throttles.seen(kind, subject_).value(), bucket) << to_string(kind);
            EXPECT_EQ(throttles.lock(kind, subject_).value(), bucket);
            EXPECT_TRUE(throttles.keep(kind, subject_, {}, now));
            EXPECT_EQ(throttles.seen(kind, subject_).value().failures, 0);
        });
    }
    EXPECT_EQ(number("select count(*) from throttles"), 0);
    EXPECT_EQ(number("select count(*) from source_throttles"), 1) << "a chore takes it";
}

TEST_F(SignInStores, TriesAtTenantsThatThereAreNotAreCountedAsAllOthers)
{
    in(ports::nobodys_tenant(), [&](TenantSession& session) {
        const auto now = session.throttles().now().value();
        auto bucket = session.throttles().lock(Throttled::account, subject_).value();
        bucket.failures = 1;
        bucket.window_at = bucket.holds_at = now;
        EXPECT_TRUE(session.throttles().keep(Throttled::account, subject_, bucket, now));
        EXPECT_EQ(session.factors().password(user_).value(), std::nullopt);
    });
    in_ours([&](TenantSession& session) {
        EXPECT_EQ(session.throttles().seen(Throttled::account, subject_).value().failures, 0) << "another's";
    });
    EXPECT_EQ(number("select failures from throttles"), 1);
}

TEST_F(SignInStores, WhoLocksABucketKeepsAllOthersFromIt)
{
    std::promise<void> locked;
    std::promise<void> go_on;
    const auto count = [&](TenantSession& session) {
        auto bucket = session.throttles().lock(Throttled::account, subject_).value();
        const auto now = session.throttles().now().value();
        ++bucket.failures;
        bucket.window_at = bucket.holds_at = now;
        EXPECT_TRUE(session.throttles().keep(Throttled::account, subject_, bucket, now));
    };
    std::promise<Result<Done>> first;
    tenants_->submit(
        tenant_,
        [&](TenantSession& session) -> Result<Done> {
            count(session);
            locked.set_value();
            go_on.get_future().wait();
            return Done{};
        },
        [&](Result<Done> done) { first.set_value(std::move(done)); });
    locked.get_future().wait();
    std::promise<Result<Done>> second;
    tenants_->submit(
        tenant_,
        [&](TenantSession& session) -> Result<Done> {
            count(session);
            return Done{};
        },
        [&](Result<Done> done) { second.set_value(std::move(done)); });
    EXPECT_TRUE(eventually([&] {
        return number(
                   "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
                   "and usename = 'winnow_api' and datname = current_database()") > 0;
    }));
    go_on.set_value();
    EXPECT_TRUE(first.get_future().get());
    EXPECT_TRUE(second.get_future().get());
    EXPECT_EQ(number("select failures from throttles"), 2);
}

TEST_F(SignInStores, ASessionIsFoundByItsTokensHashWhileItLives)
{
    const auto session = a_session();
    const auto found = asked(&ports::SignInDoor::find_session, std::string(32, 't'));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->principal.kind, access::CredentialKind::session);
    EXPECT_EQ(found->principal.tenant, tenant_);
    EXPECT_EQ(found->principal.user, user_);
    EXPECT_EQ(found->principal.session, session.id);
    EXPECT_EQ(found->principal.role, access::Role::admin);
    EXPECT_TRUE(found->principal.second_factor);
    EXPECT_EQ(found->state, SignInState::active);
    EXPECT_LE(found->lives_for, std::chrono::minutes{30});
    EXPECT_GT(found->lives_for, std::chrono::minutes{29});
    EXPECT_FALSE(asked(&ports::SignInDoor::find_session, std::string(32, 'x')));

    in_ours([&](TenantSession& tenant) { EXPECT_TRUE(tenant.sessions().end(session.id, signin::Ending::sign_out)); });
    EXPECT_FALSE(asked(&ports::SignInDoor::find_session, std::string(32, 't')));
    EXPECT_EQ(text("select ended_by from sessions"), "sign_out");
}

TEST_F(SignInStores, ASessionIsOverByTheTenantsPolicyByAgeAndWithItsUser)
{
    a_session(std::chrono::minutes{60});
    const auto lives = [&] {
        return asked(&ports::SignInDoor::find_session, std::string(32, 't')).has_value();
    };
    EXPECT_TRUE(lives());
    sql("update sessions set last_seen_at = now() - interval '32 minutes'");
    EXPECT_FALSE(lives()) << "nobody used it";
    sql("update tenant_settings set session_idle_ms = 3600000");
    EXPECT_TRUE(lives()) << "its tenant lets it wait for longer";
    sql("update sessions set expires_at = now() - interval '1 second'");
    EXPECT_FALSE(lives());
    sql("update sessions set expires_at = now() + interval '1 hour'; update users set state = 'disabled'");
    EXPECT_FALSE(lives());
}

TEST_F(SignInStores, ASessionGoesOnWithAnotherTokenAndTheOneBeforeOpensNothing)
{
    auto session = a_session();
    session.state = SignInState::active;
    session.amr = {"pwd"};
    in_ours([&](TenantSession& tenant) { EXPECT_TRUE(tenant.sessions().rotate(session, std::string(32, 'n'))); });
    EXPECT_FALSE(asked(&ports::SignInDoor::find_session, std::string(32, 't')));
    const auto found = asked(&ports::SignInDoor::find_session, std::string(32, 'n'));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->principal.session, session.id);
    EXPECT_FALSE(found->principal.second_factor);
}

TEST_F(SignInStores, ASessionIsFoundWithItsTenantsNetworks)
{
    a_session();
    const auto found = [&] {
        return asked(&ports::SignInDoor::find_session, std::string(32, 't'));
    };
    ASSERT_TRUE(found());
    EXPECT_EQ(found()->principal.places, nullptr);
    sql("insert into source_networks (tenant_id, users) values ('" + tenant_.str() + "', '{192.0.2.0/24}')");
    const auto who = found()->principal;
    ASSERT_NE(who.places, nullptr);
    EXPECT_EQ(access::out_of_place(who, "198.51.100.7"), access::OutOfPlace::users);
    EXPECT_TRUE(access::is_in_place(who, "192.0.2.7"));
}

TEST_F(SignInStores, EndingAllSparesTheOneByWhichItIsDoneAndOtherUsers)
{
    const auto mine = a_session(std::chrono::minutes{2}, 'a');
    const auto other = a_session(std::chrono::minutes{1}, 'b');
    in_ours([&](TenantSession& tenant) {
        EXPECT_EQ(tenant.sessions().end_all(UserId(new_uuid()), std::nullopt, signin::Ending::by_admin).value(), 0U);
        const auto all = tenant.sessions().of_user(user_).value();
        ASSERT_EQ(all.size(), 2U);
        EXPECT_EQ(all[0].id, mine.id) << "the oldest first";
        EXPECT_EQ(all[1].user_agent, "a \"browser\"");
        EXPECT_EQ(tenant.sessions().end_all(user_, mine.id, signin::Ending::password_changed).value(), 1U);
        EXPECT_TRUE(tenant.sessions().find(mine.id));
        EXPECT_EQ(tenant.sessions().find(other.id).error().code(), ErrorCode::not_found);
    });
}

TEST_F(SignInStores, UsesOfSessionsAreNotedToTheMinuteAndNeverBack)
{
    const auto session = a_session(std::chrono::minutes{60});
    sql("update sessions set last_seen_at = '2026-11-28 00:00:00Z'");
    const auto uses = make_credential_use_store(pipeline());
    const auto note = [&](Timestamp minute) {
        ports::CredentialUse use{
            .tenant = tenant_, .kind = access::CredentialKind::session, .key = session.id.value(), .minute = minute};
        EXPECT_TRUE(uses->note({use}));
    };
    const auto base = *parse_rfc3339("2026-11-28T00:00:00Z");
    note(base + std::chrono::minutes{2});
    note(base + std::chrono::minutes{1});
    EXPECT_EQ(text("select to_char(last_seen_at at time zone 'UTC', 'HH24:MI') from sessions"), "00:02");
}

TEST_F(SignInStores, EachStepOfAFactorCountsOnceWhoeverAsksFirst)
{
    const ports::TotpFactor factor{.id = FactorId(new_uuid()), .user = user_, .sealed = std::string("\0s", 2)};
    in_ours([&](TenantSession& session) {
        auto& factors = session.factors();
        EXPECT_TRUE(factors.add_totp({.id = FactorId(new_uuid()), .user = user_, .sealed = "first"}));
        EXPECT_TRUE(factors.add_totp(factor));
        const auto pending = factors.totp(user_).value();
        ASSERT_EQ(pending.size(), 1U) << "in place of the one before";
        EXPECT_EQ(pending[0].sealed, factor.sealed);
        EXPECT_TRUE(factors.activate(factor.id));
        EXPECT_TRUE(factors.take_step(factor.id, 7).value());
        EXPECT_FALSE(factors.take_step(factor.id, 7).value());
        EXPECT_FALSE(factors.take_step(factor.id, 6).value());
        EXPECT_TRUE(factors.take_step(factor.id, 8).value());
        EXPECT_TRUE(factors.revoke(factor.id));
        EXPECT_FALSE(factors.take_step(factor.id, 9).value());
        EXPECT_THAT(factors.totp(user_).value(), IsEmpty());
    });
}

TEST_F(SignInStores, ARecoveryCodeCountsOnceAndNewOnesTakeThePlaceOfAll)
{
    in_ours([&](TenantSession& session) {
        auto& factors = session.factors();
        const auto codes = [](char a, char b) {
            return std::vector<std::pair<FactorId, std::string>>{{FactorId(new_uuid()), std::string(32, a)},
                                                                 {FactorId(new_uuid()), std::string(32, b)}};
        };
        EXPECT_TRUE(factors.set_recovery_codes(user_, codes('a', 'b')));
        EXPECT_TRUE(factors.take_recovery_code(user_, std::string(32, 'a')).value());
        EXPECT_FALSE(factors.take_recovery_code(user_, std::string(32, 'a')).value());
        EXPECT_FALSE(factors.take_recovery_code(UserId(new_uuid()), std::string(32, 'b')).value());
        EXPECT_EQ(factors.recovery_codes_left(user_).value(), 1U);
        EXPECT_TRUE(factors.set_recovery_codes(user_, codes('c', 'd')));
        EXPECT_FALSE(factors.take_recovery_code(user_, std::string(32, 'b')).value());
        EXPECT_EQ(factors.recovery_codes_left(user_).value(), 2U);
        EXPECT_TRUE(factors.revoke_all(user_));
        EXPECT_EQ(factors.recovery_codes_left(user_).value(), 0U);
    });
}

TEST_F(SignInStores, APasswordIsHashedAnewOnlyWhileItIsTheOneThatWasSeen)
{
    const ports::StoredPassword first{.salt = std::string(16, 's'),
                                      .tag = std::string(32, '1'),
                                      .memory_kib = 47'104,
                                      .passes = 1,
                                      .pepper_id = "p1"};
    auto second = first;
    second.tag = std::string(32, '2');
    in_ours([&](TenantSession& session) {
        auto& factors = session.factors();
        EXPECT_TRUE(factors.set_password(user_, first));
        EXPECT_TRUE(factors.renew_password(user_, second, second));
        EXPECT_EQ(factors.password(user_).value()->tag, first.tag);
        EXPECT_TRUE(factors.renew_password(user_, first, second));
        EXPECT_EQ(factors.password(user_).value()->tag, second.tag);
        EXPECT_EQ(factors.password(user_).value()->memory_kib, 47'104U);
        EXPECT_TRUE(factors.forget(user_));
        EXPECT_FALSE(factors.password(user_).value());
    });
}

TEST_F(SignInStores, ALinkIsGoodOnceInItsTimeAndAnotherTakesItsPlace)
{
    const auto link = [&](signin::LinkPurpose purpose) {
        return ports::MailedLink{.purpose = purpose,
                                 .id = new_uuid(),
                                 .user = user_,
                                 .subject = "new@example.org",
                                 .created_by = "user:x",
                                 .expires_at = Timestamp(std::chrono::milliseconds{4'000'000'000'000})};
    };
    const auto token = [](char c) {
        return std::string(32, c);
    };
    using enum signin::LinkPurpose;
    char next = 'a';
    for (const auto purpose : {invitation, reset, email_change, email_stop, mfa_reset}) {
        const char old = next++;
        const char fresh = next++;
        in_ours([&](TenantSession& session) { EXPECT_TRUE(session.links().add(link(purpose), token(old))); });
        EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_link, token(old)), tenant_);
        in_ours([&](TenantSession& session) {
            auto& links = session.links();
            EXPECT_TRUE(links.add(link(purpose), token(fresh)));
            EXPECT_FALSE(links.seen(token(old)).value()) << "another took its place";
            const auto found = links.lock(token(fresh)).value();
            ASSERT_TRUE(found);
            EXPECT_EQ(found->purpose, purpose);
            EXPECT_EQ(found->user, user_);
            EXPECT_TRUE(links.use(*found));
            EXPECT_FALSE(links.lock(token(fresh)).value());
        });
        EXPECT_FALSE(asked(&ports::SignInDoor::tenant_of_link, token(fresh)));
    }
    in_ours([&](TenantSession& session) { EXPECT_TRUE(session.links().add(link(reset), token('z'))); });
    sql("update one_time_tokens set expires_at = now() - interval '1 second' where used_at is null");
    EXPECT_FALSE(asked(&ports::SignInDoor::tenant_of_link, token('z')));
    in_ours([&](TenantSession& session) {
        EXPECT_FALSE(session.links().lock(token('z')).value());
        EXPECT_TRUE(session.links().add(link(reset), token('y')));
        EXPECT_TRUE(session.links().take_back(user_));
        EXPECT_FALSE(session.links().lock(token('y')).value());
    });
}

TEST_F(SignInStores, ATenantIsKnownByItsCodeAndNothingElseOfIt)
{
    const auto found = asked(&ports::SignInDoor::tenant_of_code, std::string("tenant1"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, tenant_);
    EXPECT_EQ(found->name, "Tenant 1");
    EXPECT_FALSE(found->suspended);
    EXPECT_FALSE(asked(&ports::SignInDoor::tenant_of_code, std::string("tenant2")));
}

TEST_F(SignInStores, ProgramsFromBeforeTakeWhoWasInvitedOrDeletedForDisabled)
{
    sql("update users set invited = true, state = 'disabled'");
    EXPECT_THROW(sql("update users set state = 'active'"), pqxx::check_violation);
    sql("update users set invited = false, deleted_at = now()");
    EXPECT_THROW(sql("update users set state = 'active'"), pqxx::check_violation);
}

}  // namespace
}  // namespace winnow::pg
