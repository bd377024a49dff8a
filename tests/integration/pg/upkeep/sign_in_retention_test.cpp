/// What is forgotten in time of people, and of how they signed in.

#include "integration/pg/fixture.hpp"

#include <string>

namespace winnow::pg {
namespace {

class SignInRetention : public PgTest {
protected:
    [[nodiscard]] std::string t() const { return tenant_.str(); }

    const TenantId tenant_ = new_tenant();
    const std::string user_ = text("select user_id from users where tenant_id = '" + t() + "'");
};

TEST_F(SignInRetention, ForgetsWhatIsOver)
{
    sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
        "last_seen_at, expires_at) values ('" +
        t() + "', gen_random_uuid(), '" + user_ + "', sha256(''), 'active', now(), now(), now(), now())");
    sql("update sessions set ended_at = now() - interval '91 days', state = 'ended', ended_by = 'sign_out'");
    sql("insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, expires_at) values ('" + t() +
        "', gen_random_uuid(), '" + user_ + "', sha256(''), 'expired', now() - interval '31 days')");
    sql("insert into one_time_tokens (tenant_id, token_id, user_id, purpose, token_hash, expires_at) values ('" + t() +
        "', gen_random_uuid(), '" + user_ + "', 'reset', sha256(''), now() - interval '31 days')");
    sql("insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed, revoked_at) values ('" + t() +
        "', gen_random_uuid(), '" + user_ + "', 'totp', 'revoked', 's', now() - interval '91 days')");
    sql("insert into throttles values ('" + t() +
        "', 'account', sha256('a'), 1, now(), null, 0, now(), now() - "
        "interval '1 second'), ('" +
        t() + "', 'account', sha256('b'), 1, now(), null, 0, now(), now() + interval '1 day')");
    sql("insert into source_throttles values (sha256('a'), 1, now(), null, 0, now(), now() - interval '1 second')");
    sql("insert into oidc_providers values ('" + t() + "', '" + t() +
        "', 'n', 'https://i', 'c', 's', 'basic', '{}', '{RS256}', '{}', false, '{}', true, 1, now(), now())");
    sql("insert into oidc_logins (tenant_id, login_id, provider_id, state_hash, nonce, binding_hash, source_hash, "
        "return_to, prove_anew, expires_at) select tenant_id, gen_random_uuid(), provider_id, sha256(age::bytea), 'n', "
        "sha256(''), sha256(''), '/', false, now() - age::interval from oidc_providers, unnest('{23 hours, 25 "
        "hours}'::text[]) as a(age)");
    EXPECT_EQ(do_chore("forget_oidc_logins"), 1U);
    EXPECT_EQ(number("select count(*) from oidc_logins where expires_at > now() - interval '1 day'"), 1);
    EXPECT_EQ(do_chore("forget_sign_ins"), 4U);
    EXPECT_EQ(do_chore("forget_throttles"), 2U);
    EXPECT_EQ(number("select count(*) from throttles"), 1);
    EXPECT_EQ(do_chore("forget_users"), 0U);
    sql("update users set state = 'disabled', deleted_at = now() - interval '401 days'");
    EXPECT_EQ(do_chore("forget_users"), 1U);
}

TEST_F(SignInRetention, WhoWasDeletedStaysWhileATicketIsTheirsAndNobodyElseWithThem)
{
    sql("insert into users (tenant_id, user_id, email, name, role) values ('" + t() +
        "', gen_random_uuid(), 'second@example.org', 'Second', 'viewer')");
    sql("insert into tickets (tenant_id, ticket_id, number, dedup_key, title, state, severity, occurrences, "
        "first_seen_at, last_seen_at, opened_at, assignee) values ('" +
        t() + "', gen_random_uuid(), 1, 'k', 't', 'open', 3, 1, now(), now(), now(), '" + user_ + "')");
    sql("update users set state = 'disabled', deleted_at = now() - interval '401 days'");
    EXPECT_EQ(do_chore("forget_users"), 1U);
    EXPECT_EQ(text("select user_id from users where tenant_id = '" + t() + "'"), user_);
    sql("update tickets set assignee = null");
    EXPECT_EQ(do_chore("forget_users"), 1U);
}

}  // namespace
}  // namespace winnow::pg
