/// Access keys: stored sealed, found by what requests name, and gone with whoever they are of.

#include "integration/pg/fixture.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/pg/access_key_door.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/revocation_feed.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/access/access_key_store.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/vault/one_key.hpp"

#include <pqxx/except>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using ports::AccessKey;
using ports::AccessKeyId;
using ports::AccessKeyOwner;
using ports::TenantSession;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class AccessKeysTest : public PgTest {
protected:
    AccessKeysTest()
    {
        sql("insert into integrations (tenant_id, integration_id, name) values ('" + tenant_.str() + "', '" +
            sender_.str() + "', 'the sender')");
        user_ = *UserId::parse(text("select user_id from users where tenant_id = '" + tenant_.str() + "'"));
    }

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

    /// Made in our tenant; its secret is the twenty characters once more.
    AccessKey made(const AccessKeyOwner& owner, char name = 'A')
    {
        AccessKey key;
        key.id = AccessKeyId(new_uuid());
        key.access_key = std::string(20, name);
        key.owner = owner;
        key.name = "laptop";
        key.created_at = Timestamp(std::chrono::hours{1});
        key.created_by = "user:" + user_.str();
        key.expires_at =
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + std::chrono::hours{1};
        in(tenant_, [&](TenantSession& session) {
            const auto sealed = sealing_.seal(ports::access_key_place(tenant_, key.id), key.access_key);
            EXPECT_TRUE(session.access_keys().add(key, sealed.value()));
        });
        return key;
    }

    [[nodiscard]] Result<std::optional<ports::Credential>> found(const std::string& access_key)
    {
        std::promise<Result<std::optional<ports::Credential>>> answer;
        door_->find(access_key, [&](auto found) { answer.set_value(std::move(found)); });
        return answer.get_future().get();
    }

    [[nodiscard]] std::optional<access::Principal> who(const std::string& access_key)
    {
        const auto answer = found(access_key);
        EXPECT_TRUE(answer) << answer.error().message();
        return answer && *answer ? std::optional((*answer)->principal) : std::nullopt;
    }

    [[nodiscard]] std::size_t count(const AccessKeyOwner& owner)
    {
        std::size_t counted = 0;
        in(tenant_, [&](TenantSession& session) { counted = session.access_keys().count(owner).value(); });
        return counted;
    }

    const TenantId tenant_ = new_tenant();
    const IntegrationId sender_{new_uuid()};
    UserId user_;
    const crypto::Sealer sealer_{std::string(32, 's')};
    vault::OneKey sealing_{sealer_};
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::AccessKeyDoor> door_ = make_access_key_door(as(database_.api), sealing_);
};

TEST_F(AccessKeysTest, AreFoundByWhatRequestsNameWithTheirOwnersAndTheirSecrets)
{
    made({.integration = sender_});
    const auto sender = who(std::string(20, 'A'));
    ASSERT_TRUE(sender);
    EXPECT_EQ(sender->kind, access::CredentialKind::access_key);
    EXPECT_EQ(sender->tenant, tenant_);
    EXPECT_EQ(sender->integration, sender_);
    EXPECT_EQ(sender->integration_name, "the sender");
    EXPECT_TRUE(sender->user.is_nil());
    EXPECT_EQ(sender->networks, nullptr);
    ASSERT_NE(sender->signing_secret, nullptr);
    EXPECT_EQ(*sender->signing_secret, std::string(20, 'A'));

    made({.user = user_}, 'B');
    const auto user = who(std::string(20, 'B'));
    ASSERT_TRUE(user);
    EXPECT_EQ(user->user, user_);
    EXPECT_TRUE(user->integration.is_nil());
    EXPECT_EQ(user->actor(), "user:" + user_.str());

    EXPECT_FALSE(who(std::string(20, 'C')));
    const auto lives = (*found(std::string(20, 'B')))->lives_for;
    ASSERT_TRUE(lives);
    EXPECT_LE(*lives, std::chrono::hours{1});
    EXPECT_GT(*lives, std::chrono::minutes{50});
}

TEST_F(AccessKeysTest, OpenNothingOnceTheyOrTheirOwnersAreOver)
{
    made({.integration = sender_});
    made({.user = user_}, 'B');
    const std::string senders(20, 'A');
    const std::string users(20, 'B');
    const std::pair<const char*, const char*> ends[] = {
        {"update access_keys set revoked_at = now()", "update access_keys set revoked_at = null"},
        {"update access_keys set expires_at = now()", "update access_keys set expires_at = now() + interval '1 hour'"},
    };
    for (const auto& [ends_it, undoes_it] : ends) {
        sql(ends_it);
        EXPECT_FALSE(who(senders)) << ends_it;
        EXPECT_FALSE(who(users)) << ends_it;
        sql(undoes_it);
        EXPECT_TRUE(who(senders)) << undoes_it;
    }
    sql("update integrations set enabled = false");
    EXPECT_FALSE(who(senders));
    EXPECT_TRUE(who(users));
    sql("update users set state = 'disabled'");
    EXPECT_FALSE(who(users));
    sql("delete from integrations");
    EXPECT_EQ(number("select count(*) from access_keys"), 1) << "the sender's went with it";
}

TEST_F(AccessKeysTest, TellNodesThatTheyChanged)
{
    const auto version = [&] {
        return number("select credentials_version from tenants");
    };
    const auto before = version();
    const auto key = made({.user = user_});
    EXPECT_EQ(version(), before + 1);
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.access_keys().revoke(key.id)); });
    EXPECT_EQ(version(), before + 2);
}

TEST_F(AccessKeysTest, AreListedAndCountedByTheirOwnerWhileTheyLive)
{
    const auto first = made({.user = user_});
    made({.user = user_}, 'B');
    const auto third = made({.integration = sender_}, 'C');
    EXPECT_EQ(count({.user = user_}), 2U);
    EXPECT_EQ(count({.integration = sender_}), 1U);
    in(tenant_, [&](TenantSession& session) {
        auto& keys = session.access_keys();
        const auto all = keys.page({.user = user_}, std::nullopt, 10).value();
        ASSERT_THAT(all, SizeIs(2));
        EXPECT_EQ(all[0].name, "laptop");
        EXPECT_EQ(all[0].created_by, "user:" + user_.str());
        EXPECT_EQ(keys.page({.user = user_}, all[0].id, 10).value()[0].id, all[1].id);
        EXPECT_EQ(keys.find(third.id).value().owner.integration, sender_);
        EXPECT_TRUE(keys.revoke_of(user_));
        EXPECT_THAT(keys.page({.user = user_}, std::nullopt, 10).value(), IsEmpty());
        EXPECT_EQ(keys.find(first.id).error().code(), ErrorCode::not_found);
        EXPECT_TRUE(keys.find(third.id));
    });
    in(new_tenant(), [&](TenantSession& session) {
        EXPECT_EQ(session.access_keys().find(third.id).error().code(), ErrorCode::not_found) << "another tenant's";
        EXPECT_TRUE(session.access_keys().revoke(third.id));
    });
    EXPECT_TRUE(who(std::string(20, 'C'))) << "another tenant revokes nothing of ours";
}

TEST_F(AccessKeysTest, OfWhoMakesAndRevokesThemOnlyTheNewestHundredStayRemembered)
{
    sql("insert into access_keys (tenant_id, access_key_id, access_key, user_id, sealed_secret, created_by, "
        "expires_at, "
        "revoked_at) select '" +
        tenant_.str() +
        "', gen_random_uuid(), translate(left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 20), '0189abcdef', "
        "'GHIJABCDEF'), '" +
        user_.str() +
        "', 's', 'x', now() + interval '1 hour', now() - n * interval '1 minute' from generate_series(1, 150) n");
    made({.user = user_});
    EXPECT_EQ(number("select count(*) from access_keys"), 101);
    EXPECT_EQ(number("select count(*) from access_keys where revoked_at < now() - interval '100.5 minutes'"), 0);
}

TEST_F(AccessKeysTest, AUseIsNotedAndGoesWithItsKey)
{
    const auto key = made({.integration = sender_});
    const auto uses = make_credential_use_store(pipeline());
    ASSERT_TRUE(uses->note({{.tenant = tenant_,
                             .kind = access::CredentialKind::access_key,
                             .key = key.id.value(),
                             .minute = Timestamp(std::chrono::minutes{7})}}));
    in(tenant_, [&](TenantSession& session) {
        EXPECT_EQ(session.access_keys().find(key.id).value().last_used, Timestamp(std::chrono::minutes{7}));
    });
    sql("update access_keys set revoked_at = now() - interval '1000 days'");
    EXPECT_EQ(do_chore("forget_keys"), 1U);
    EXPECT_EQ(number("select count(*) from credential_use"), 0);
}

TEST_F(AccessKeysTest, ASecretOpensInItsOwnRowOnly)
{
    made({.integration = sender_});
    made({.integration = sender_}, 'B');
    sql("update access_keys a set sealed_secret = b.sealed_secret from access_keys b"
        " where a.access_key = repeat('A', 20) and b.access_key = repeat('B', 20)");
    const auto moved = found(std::string(20, 'A'));
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code(), ErrorCode::internal);
}

TEST_F(AccessKeysTest, WhoForgetsAndSealsThemAnewTakesNoneAwayThatLivesAndSeesNotWhoseTheyAre)
{
    made({.user = user_});
    pqxx::connection connection(database_.pipeline);
    pqxx::nontransaction tx(connection);
    EXPECT_EQ(tx.exec("select sealed_secret from access_keys").size(), 1U);
    EXPECT_EQ(tx.exec("delete from access_keys where revoked_at is null").affected_rows(), 0U);
    for (const auto* forbidden :
         {"select access_key from access_keys", "select user_id from access_keys",
          "update access_keys set revoked_at = null", "update access_keys set expires_at = now() + interval '1 day'"}) {
        EXPECT_THROW(tx.exec(forbidden), pqxx::sql_error) << forbidden;
    }
}

TEST_F(AccessKeysTest, AreRevokedForAllNodesAndNotSoWhenTheyAreSealedAnew)
{
    const auto key = made({.user = user_});
    made({.integration = sender_}, 'B');
    const auto feed = make_revocation_feed(pipeline());
    ASSERT_TRUE(feed->listen());
    const auto told = [&](const std::string& statement) {
        sql(statement);
        return feed->prove().value();
    };
    const auto version = number("select credentials_version from tenants");
    EXPECT_THAT(told("update access_keys set sealed_secret = 'anew'"), IsEmpty());
    EXPECT_EQ(number("select credentials_version from tenants"), version);
    const access::Revoked one{.kind = access::Revoked::Kind::key, .tenant = tenant_, .id = key.id.value()};
    EXPECT_THAT(told("update access_keys set networks = '{10.0.0.0/8}' where user_id is not null"), ElementsAre(one));
    EXPECT_THAT(told("update access_keys set revoked_at = now() where user_id is not null"), ElementsAre(one));
    EXPECT_THAT(told("delete from access_keys where user_id is not null"), IsEmpty()) << "it opened nothing any more";
    EXPECT_THAT(told("delete from access_keys"), SizeIs(1));
}

TEST_F(AccessKeysTest, CountAsTheTenantsOtherKeysDo)
{
    const auto counted = [&] {
        return number("select used from quotas where name = 'keys' and tenant_id = '" + tenant_.str() + "'");
    };
    const auto before = counted();
    const auto key = made({.user = user_});
    made({.integration = sender_}, 'B');
    EXPECT_EQ(counted(), before + 2);
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.access_keys().revoke(key.id)); });
    EXPECT_EQ(counted(), before + 1);
    EXPECT_EQ(number("select count_for_quota('" + tenant_.str() + "', 'keys')"), before + 1);
    sql("delete from integrations");
    EXPECT_EQ(counted(), before);
}

TEST_F(AccessKeysTest, AreNarrowedToTheManagementGroupsOfTheirUser)
{
    const auto group = new_uuid().str();
    const std::string of_user(20, 'A');
    const std::string of_sender(20, 'B');
    made({.user = user_}, 'A');
    made({.integration = sender_}, 'B');
    ASSERT_TRUE(who(of_user));
    EXPECT_EQ(access::said(who(of_user)->groups), "*");
    sql("update users set role = 'operator', management_group_ids = '{" + group + "}'");
    EXPECT_EQ(access::said(who(of_user)->groups), "{" + group + "}");
    sql("update users set role = 'operator', management_group_ids = '{}'");
    EXPECT_EQ(access::said(who(of_user)->groups), "{}") << "narrowed to none";
    EXPECT_EQ(access::said(who(of_sender)->groups), "*");
}

TEST_F(AccessKeysTest, OpenATenantThatIsClosingToItsAdminsAlone)
{
    const std::string of_user(20, 'A');
    made({.user = user_}, 'A');
    made({.integration = sender_}, 'B');
    sql("update users set role = 'operator'");
    sql("update tenants set state = 'closing', closed_at = now(), export_until = now() where tenant_id = '" +
        tenant_.str() + "'");
    EXPECT_FALSE(who(of_user));
    EXPECT_TRUE(who(std::string(20, 'B'))->tenant_suspended) << "which sends nothing then";
    sql("update users set role = 'admin'");
    ASSERT_TRUE(who(of_user));
    EXPECT_TRUE(who(of_user)->tenant_suspended);
}

TEST_F(AccessKeysTest, BringTheListsOfTheirTenant)
{
    made({.integration = sender_});
    EXPECT_EQ(who(std::string(20, 'A'))->places, nullptr);
    sql("insert into source_networks (tenant_id, keys) values ('" + tenant_.str() + "', '{192.0.2.0/24}')");
    const auto sender = who(std::string(20, 'A'));
    ASSERT_TRUE(sender);
    EXPECT_FALSE(access::is_in_place(*sender, "198.51.100.7"));
    EXPECT_TRUE(access::is_in_place(*sender, "192.0.2.7"));
}

}  // namespace
}  // namespace winnow::pg
