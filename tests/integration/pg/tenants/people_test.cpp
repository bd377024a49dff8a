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

TEST_F(PeopleTest, WhomTheProviderInvitesIsAnAdminWhateverTheInvitationWasOf)
{
    const auto user = new_uuid().str();
    for (const auto* const audits : {"false", "true"}) {
        sql("delete from users where email = 'olga@example.org'");
        sql("insert into users (tenant_id, user_id, email, name, role, audits, state, invited) values ('" + t() +
            "', '" + user + "', 'olga@example.org', 'Olga', 'viewer', " + audits + ", 'disabled', true)");
        const auto invited = provider_->invite_admin(tenant_, invitation("olga@example.org"), {});
        ASSERT_TRUE(invited) << invited.error().message();
        EXPECT_EQ(invited->str(), user) << "who was invited before";
        EXPECT_EQ(
            text("select concat_ws(' ', role, audits, version, invited) from users where user_id = '" + user + "'"),
            "admin f 2 t");
    }
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
