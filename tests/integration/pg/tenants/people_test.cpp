/// Who is found by an address, and whom the provider invites.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/user_store.hpp"

#include <pqxx/except>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

namespace winnow::pg {
namespace {

using testing::HasSubstr;

class PeopleTest : public PgTest {
protected:
    [[nodiscard]] std::string t() const { return tenant_.str(); }

    std::optional<ports::User> found(const std::string& address)
    {
        std::promise<std::optional<ports::User>> promise;
        auto user = std::make_shared<std::optional<ports::User>>();
        api_->submit(
            tenant_,
            [&, user](ports::TenantSession& session) -> Result<Done> {
                auto known = session.users().find_by_email(address);
                if (!known) return known.error();
                *user = *std::move(known);
                return Done{};
            },
            [&, user](const Result<Done>& done) {
                EXPECT_TRUE(done) << done.error().message();
                promise.set_value(*user);
            });
        return promise.get_future().get();
    }

    static ports::AdminInvitation invitation(const std::string& email)
    {
        return {.user_id = UserId(new_uuid()),
                .email = email,
                .name = "Olga",
                .locale = signin::Locale::en,
                .id = InvitationId(new_uuid()),
                .token_hash = new_uuid().str().substr(0, 32),
                .mail_id = ServerMailId(new_uuid()),
                .sealed_token = "sealed"};
    }

    const TenantId tenant_ = new_tenant();
    const std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    const std::unique_ptr<ports::ProviderStore> provider_ = make_provider_store(as(database_.provider));
};

TEST_F(PeopleTest, AreFoundByTheLettersOfTheirAddressAndByNothingThatIsTakenForThem)
{
    sql("update users set email = 'kim@example.org' where tenant_id = '" + t() + "'");
    EXPECT_TRUE(found("kim@example.org"));
    EXPECT_TRUE(found("KIM@Example.ORG"));
    EXPECT_FALSE(found("\u212Aim@example.org")) << "PostgreSQL's lower() makes a k of it, and buckets do not";
}

TEST_F(PeopleTest, WhomTheProviderInvitesAnewWasInvitedAsAnAdminBefore)
{
    const auto user = new_uuid().str();
    const auto invited_as = [&](const std::string& role, const std::string& audits) {
        sql("delete from users where email = 'olga@example.org'");
        sql("insert into users (tenant_id, user_id, email, name, role, audits, state, invited) values ('" + t() +
            "', '" + user + "', 'olga@example.org', 'Olga', '" + role + "', " + audits + ", 'disabled', true)");
        return provider_->invite_admin(tenant_, invitation("olga@example.org"), {});
    };
    for (const auto* const audits : {"false", "true"}) {
        EXPECT_EQ(invited_as("viewer", audits).error().code(), ErrorCode::conflict) << "whom an admin invited as such";
        EXPECT_EQ(text("select concat_ws(' ', role, version) from users where user_id = '" + user + "'"), "viewer 1");
    }
    const auto invited = invited_as("admin", "false");
    ASSERT_TRUE(invited) << invited.error().message();
    EXPECT_EQ(invited->str(), user);
    EXPECT_EQ(text("select concat_ws(' ', role, audits, version, invited) from users where user_id = '" + user + "'"),
              "admin f 2 t");
    const auto fresh = provider_->invite_admin(tenant_, invitation("new@example.org"), {});
    ASSERT_TRUE(fresh);
    EXPECT_EQ(text("select role from users where user_id = '" + fresh->str() + "'"), "admin");
}

TEST_F(PeopleTest, TheAdminWhomATenantWasMadeWithIsInvitedUnlessItHasAnotherWayIn)
{
    const std::string key = "select count(*) from api_keys k, find_caller(k.secret_hash)";
    const auto admin = text("select user_id from users where tenant_id = '" + t() + "'");
    sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
        "last_seen_at, expires_at) values ('" +
        t() + "', gen_random_uuid(), '" + admin +
        "', sha256('s'), 'active', now(), now(), now(), now() + interval '1 hour')");
    EXPECT_EQ(provider_->invite_admin(tenant_, invitation("ADMIN@example.org"), {}).error().code(),
              ErrorCode::conflict);
    sql("update sessions set state = 'ended', ended_at = now(), ended_by = 'sign_out'");
    EXPECT_EQ(number(key), 1);
    const auto invited = provider_->invite_admin(tenant_, invitation("ADMIN@example.org"), {});
    ASSERT_TRUE(invited) << invited.error().message();
    EXPECT_EQ(invited->str(), admin);
    EXPECT_EQ(number(key), 0) << "until the link was followed";
    EXPECT_EQ(text("select concat_ws(' ', role, state, invited) from users"), "admin disabled t");
    sql("update users set state = 'active', invited = false");
    sql("insert into user_passwords (tenant_id, user_id, salt, tag, memory_kib, passes, pepper_id) values ('" + t() +
        "', '" + admin + "', substr(sha256('salt'), 1, 16), sha256('tag'), 19456, 2, 'p')");
    EXPECT_EQ(provider_->invite_admin(tenant_, invitation("admin@example.org"), {}).error().code(),
              ErrorCode::conflict);
}

TEST_F(PeopleTest, WhereAnAdminSignsInTheProviderInvitesAnotherOnlyWithAReason)
{
    const auto admin = text("select user_id from users where tenant_id = '" + t() + "'");
    const auto provider = new_uuid().str();
    sql("insert into oidc_providers (tenant_id, provider_id, name, issuer, client_id, sealed_secret, client_auth, "
        "scopes, algorithms, roles, jit, second_factors, enabled, version, created_at, updated_at) values ('" +
        t() + "', '" + provider +
        "', 'p', 'https://id.example', 'c', '\\x00', 'basic', '{}', '{RS256}', '{\"claim\": \"groups\"}', false, '{}', "
        "true, 1, now(), now())");
    sql("insert into user_identities (tenant_id, provider_id, subject, user_id, managed) values ('" + t() + "', '" +
        provider + "', 's', '" + admin + "', false)");
    EXPECT_EQ(provider_->invite_admin(tenant_, invitation("admin@example.org"), {}).error().code(), ErrorCode::conflict)
        << "who comes by a provider has more than a key";
    auto another = invitation("olga@example.org");
    const auto refused = provider_->invite_admin(tenant_, another, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("reason"));
    EXPECT_EQ(text("select count(*)::text from invitations"), "0");
    another.reason = "the only admin has left, as was told by letter";
    ASSERT_TRUE(provider_->invite_admin(tenant_, another, {}));
    for (const auto& chain : {t(), Uuid().str()}) {
        EXPECT_THAT(text("select detail from audit where act = 'tenant.invite_admin' and tenant_id = '" + chain + "'"),
                    HasSubstr("by letter"))
            << chain;
    }
}

TEST_F(PeopleTest, NobodyIsInvitedIntoATenantThatIsAtItsEnd)
{
    sql("update tenants set state = 'closing', closed_at = now(), export_until = now() where tenant_id = '" + t() +
        "'");
    for (const auto* const state : {"closing", "erasing"}) {
        sql("update tenants set state = '" + std::string(state) + "' where tenant_id = '" + t() + "'");
        EXPECT_EQ(provider_->invite_admin(tenant_, invitation("olga@example.org"), {}).error().code(),
                  ErrorCode::conflict)
            << state;
    }
    EXPECT_EQ(text("select count(*)::text from invitations"), "0");
}

TEST_F(PeopleTest, NobodyWhoSeesAllByRoleIsNarrowed)
{
    for (const std::string role : {"role = 'admin'", "role = 'viewer', audits = true"}) {
        EXPECT_THROW(sql("update users set management_group_ids = '{}', " + role), pqxx::check_violation) << role;
    }
    sql("update users set management_group_ids = '{}', role = 'operator'");
}

TEST_F(PeopleTest, ATenantLearnsOfWhomItsProviderInvites)
{
    ASSERT_TRUE(provider_->invite_admin(tenant_, invitation("olga@example.org"), {}));
    for (const auto& chain : {t(), Uuid().str()}) {
        const auto detail = text(
            "select coalesce(max(detail), '') from audit where act = 'tenant.invite_admin' and "
            "tenant_id = '" +
            chain + "'");
        EXPECT_THAT(detail, HasSubstr("olga@example.org")) << chain;
    }
}

TEST_F(PeopleTest, ATenantsAdminsAreMailedWhenItsProviderInvitesOne)
{
    sql("insert into users (tenant_id, user_id, email, name, role, audits, state) values "
        "('" +
        t() +
        "', gen_random_uuid(), 'auditor@example.org', 'A', 'viewer', true, 'active'), "
        "('" +
        t() +
        "', gen_random_uuid(), 'gone@example.org', 'G', 'admin', false, 'disabled'), "
        "('" +
        t() + "', gen_random_uuid(), 'viewer@example.org', 'V', 'viewer', false, 'active')");
    ASSERT_TRUE(provider_->invite_admin(tenant_, invitation("olga@example.org"), {}));
    EXPECT_EQ(text("select string_agg(kind || ' ' || receiver, ', ' order by kind) from server_mails"),
              "admin_invited admin@example.org, invitation olga@example.org");
}

TEST_F(PeopleTest, ATenantsLogBeginsWithItsMakingAndTheKeyThatItsProviderHasSeenEnds)
{
    ports::NewTenant made{.id = TenantId(new_uuid()),
                          .service_code = "made",
                          .name = "Made",
                          .admin_id = UserId(new_uuid()),
                          .admin_email = "first@example.org",
                          .admin_name = "First",
                          .admin_key_id = ApiKeyId(new_uuid()),
                          .admin_key_hash = std::string(32, 'm'),
                          .admin_key_hint = "wnu_1234",
                          .admin_key_life = std::chrono::days{7}};
    ASSERT_TRUE(provider_->create_tenant(made));
    const auto of = [&](const std::string& chain) {
        return text("select coalesce(max(detail), '') from audit where act = 'tenant.create' and tenant_id = '" +
                    chain + "' and detail like '%first@example.org%'");
    };
    EXPECT_THAT(of(made.id.str()), HasSubstr(made.admin_key_id.str()));
    EXPECT_THAT(of(Uuid().str()), HasSubstr(made.admin_key_id.str()));
    EXPECT_EQ(text("select (expires_at - created_at = interval '7 days')::text from api_keys where key_id = '" +
                   made.admin_key_id.str() + "'"),
              "true");

    pqxx::connection connection(database_.provider);
    for (const std::string act : {"tenant.create", "user.create"}) {
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("select record_tenant_creation('" + t() + "', '{\"act\":\"" + act +
                             "\"}', '{}', ''::bytea, '{\"act\":\"" + act + "\"}', '{}', ''::bytea)"),
                     pqxx::data_exception)
            << act << ": no tenant was made";
    }
}

TEST_F(PeopleTest, WhoMayRecordAnInvitationAppendsNothingElseToAChain)
{
    pqxx::connection connection(database_.provider);
    for (const std::string act : {"tenant.invite_admin", "user.create"}) {
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("select record_admin_invitation('" + t() + "', '{\"act\":\"" + act +
                             "\"}', '{}', ''::bytea, '{}', '{}', ''::bytea)"),
                     pqxx::data_exception)
            << act << ": nobody was invited";
    }
    EXPECT_EQ(number("select count(*) from audit where tenant_id = '" + t() + "'"), 0);
}

}  // namespace
}  // namespace winnow::pg
