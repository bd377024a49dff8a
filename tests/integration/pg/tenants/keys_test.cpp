/// What a key is limited to, as the look-up tells it, and when keys were used last.

#include "integration/pg/fixture.hpp"
#include "pg/rows/values.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/credential_store.hpp"

#include <pqxx/except>

#include <future>

namespace winnow::pg {
namespace {

using access::CredentialKind;
using access::Permission;
using testing::IsEmpty;

class KeysTest : public PgTest {
protected:
    KeysTest()
    {
        sql("insert into integrations (tenant_id, integration_id, name) values ('" + tenant_.str() + "', '" +
            sender_.str() + "', 'i')");
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ('" +
            tenant_.str() + "', '" + sender_key_.str() + "', '" + sender_.str() +
            "', decode(repeat('ab', 32), 'hex'), 'wnk_1234')");
    }

    [[nodiscard]] std::optional<access::Principal> find(const std::string& hash)
    {
        std::promise<Result<std::optional<ports::Credential>>> answer;
        credentials_->find(hash, [&](auto found) { answer.set_value(std::move(found)); });
        const auto found = answer.get_future().get();
        EXPECT_TRUE(found) << found.error().message();
        return found && *found ? std::optional((*found)->principal) : std::nullopt;
    }

    /// How many callers a program from before there were limits finds.
    [[nodiscard]] std::int64_t found_by_older_programs(const std::string& hash)
    {
        return number("select count(*) from find_credential('" + hex_bytes(hash) + "')");
    }

    [[nodiscard]] Uuid admins_key() { return *Uuid::parse(text("select key_id from api_keys")); }

    [[nodiscard]] ports::CredentialUse use(CredentialKind kind, Uuid key, std::chrono::minutes at)
    {
        return {.tenant = tenant_, .kind = kind, .key = key, .minute = Timestamp(at)};
    }

    [[nodiscard]] std::string minutes_of_use()
    {
        return text(
            "select coalesce(string_agg(kind || ' ' || extract(epoch from used_at)::int8 / 60, ', ' order by "
            "kind), '') from credential_use");
    }

    const std::string hash_ = std::string(31, 'k') + '\x01';
    const std::string sender_hash_ = std::string(32, '\xab');
    const TenantId tenant_ = new_tenant();
    const Uuid sender_ = new_uuid();
    const Uuid sender_key_ = new_uuid();
    std::unique_ptr<ports::CredentialStore> credentials_ = make_credential_store(as(database_.api));
    std::unique_ptr<ports::CredentialUseStore> uses_ = make_credential_use_store(pipeline());
};

TEST_F(KeysTest, IsNarrowedToTheManagementGroupsThatItAndItsUserHaveInCommon)
{
    const ManagementGroupId one(new_uuid());
    const ManagementGroupId other(new_uuid());
    const auto narrow = [&](const std::string& table, const std::string& groups) {
        sql("update " + table + " set management_group_ids = " + groups);
    };
    const auto both = "'{" + one.str() + "," + other.str() + "}'";
    const auto is = [&](std::vector<ManagementGroupId> groups) {
        return access::same_groups(find(hash_)->groups, access::groups_of(std::move(groups)));
    };
    EXPECT_EQ(find(hash_)->groups, nullptr);
    sql("update users set role = 'operator'");
    narrow("users", both);
    EXPECT_TRUE(is({one, other}));
    narrow("api_keys", "'{" + other.str() + "}'");
    EXPECT_TRUE(is({other}));
    narrow("users", "null");
    EXPECT_TRUE(is({other})) << "the key alone";
    narrow("users", "'{}'");
    EXPECT_TRUE(is({})) << "to none of them, and not to none at all";
    EXPECT_EQ(find(sender_hash_)->groups, nullptr);
}

TEST_F(KeysTest, WithoutLimitsMayAllThatItsRoleMayFromEverywhere)
{
    const auto who = find(hash_);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->key, admins_key());
    EXPECT_EQ(who->scopes, std::nullopt);
    EXPECT_EQ(who->networks, nullptr);
    EXPECT_EQ(found_by_older_programs(hash_), 1);
    EXPECT_EQ(find(sender_hash_)->key, sender_key_);
    EXPECT_EQ(found_by_older_programs(sender_hash_), 1);
}

TEST_F(KeysTest, HasItsScopesAndItsProfileAndNothingByANameThatIsUnknown)
{
    sql("update api_keys set scopes = array['tickets:read', 'rules:write', 'users:write', 'of another version']");
    const auto who = find(hash_);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->scopes,
              access::PermissionSet({Permission::read_own_profile, Permission::read_tickets, Permission::write_rules}));
    sql("update api_keys set scopes = array['of another version']");
    EXPECT_EQ(find(hash_)->scopes, access::PermissionSet({Permission::read_own_profile})) << "not all";
}

TEST_F(KeysTest, HasItsNetworks)
{
    sql("update api_keys set networks = array['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']::cidr[]");
    sql("update integration_keys set networks = array['198.51.100.0/24']::cidr[]");
    const auto who = find(hash_);
    ASSERT_TRUE(who && who->networks);
    EXPECT_THAT(*who->networks, testing::ElementsAre(*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32"),
                                                     *parse_network("192.0.2.7")));
    const auto sender = find(sender_hash_);
    ASSERT_TRUE(sender && sender->networks);
    EXPECT_THAT(*sender->networks, testing::ElementsAre(*parse_network("198.51.100.0/24")));
}

TEST_F(KeysTest, OfASenderLivesUntilItsEndForOlderProgramsToo)
{
    sql("update integration_keys set expires_at = now() + interval '1 hour'");
    std::promise<Result<std::optional<ports::Credential>>> answer;
    credentials_->find(sender_hash_, [&](auto found) { answer.set_value(std::move(found)); });
    const auto found = answer.get_future().get();
    ASSERT_TRUE(found && *found);
    ASSERT_TRUE((*found)->lives_for) << "a node believes it no longer than that";
    EXPECT_GT(*(*found)->lives_for, std::chrono::minutes{50});
    EXPECT_LE(*(*found)->lives_for, std::chrono::hours{1});
    EXPECT_EQ(found_by_older_programs(sender_hash_), 1);
    sql("update integration_keys set expires_at = now()");
    EXPECT_FALSE(find(sender_hash_));
    EXPECT_EQ(found_by_older_programs(sender_hash_), 0);
    sql("update integration_keys set expires_at = now() - interval '1000 days'");
    EXPECT_EQ(do_chore("forget_keys"), 1U);
}

TEST_F(KeysTest, OfAnAuditorIsOne)
{
    sql("update users set role = 'viewer', audits = true");
    EXPECT_EQ(find(hash_)->role, access::Role::auditor);
    EXPECT_THROW(sql("update users set role = 'admin'"), pqxx::check_violation) << "as an older program would";
}

/// They would not hold it to its limits.
TEST_F(KeysTest, WithLimitsIsUnknownToProgramsThatKnowOfNone)
{
    for (const std::string limit : {"scopes = array['tickets:read']", "networks = array['0.0.0.0/0']::cidr[]"}) {
        sql("update api_keys set scopes = null, networks = null");
        ASSERT_EQ(found_by_older_programs(hash_), 1);
        sql("update api_keys set " + limit);
        EXPECT_EQ(found_by_older_programs(hash_), 0) << limit;
        EXPECT_TRUE(find(hash_)) << limit;
    }
    sql("update api_keys set scopes = null, networks = null");
    sql("update users set role = 'viewer', audits = true");
    EXPECT_EQ(found_by_older_programs(hash_), 0);
    sql("update integration_keys set networks = array['0.0.0.0/0']::cidr[]");
    EXPECT_EQ(found_by_older_programs(sender_hash_), 0);
}

TEST_F(KeysTest, LimitsThatMeanNothingAreRefusedByTheTable)
{
    for (const std::string limit :
         {"scopes = '{}'", "networks = '{}'", "networks = array_fill('10.0.0.0/8'::cidr, array[21])"}) {
        EXPECT_THROW(sql("update api_keys set " + limit), pqxx::check_violation) << limit;
    }
    EXPECT_NO_THROW(sql("update api_keys set networks = array_fill('10.0.0.0/8'::cidr, array[20])"));
}

TEST_F(KeysTest, UsesAreNotedOnceAndTheLatestStays)
{
    using std::chrono::minutes;
    const auto key = admins_key();
    ASSERT_TRUE(uses_->note({use(CredentialKind::user_key, key, minutes{28'000'002}),
                             use(CredentialKind::integration_key, sender_key_, minutes{28'000'002})}));
    EXPECT_EQ(minutes_of_use(), "integration 28000002, user 28000002");
    ASSERT_TRUE(uses_->note({use(CredentialKind::user_key, key, minutes{28'000'003}),
                             use(CredentialKind::integration_key, sender_key_, minutes{28'000'001})}));
    EXPECT_EQ(minutes_of_use(), "integration 28000002, user 28000003");
}

TEST_F(KeysTest, AUseOfAKeyThatIsGoneKeepsNoOtherFromBeingNoted)
{
    using std::chrono::minutes;
    const auto key = admins_key();
    auto foreign = use(CredentialKind::user_key, key, minutes{1});
    foreign.tenant = new_tenant();
    ASSERT_TRUE(uses_->note({use(CredentialKind::user_key, new_uuid(), minutes{1}), foreign,
                             use(CredentialKind::integration_key, key, minutes{1}),
                             use(CredentialKind::user_key, key, minutes{2})}));
    EXPECT_EQ(minutes_of_use(), "user 2");
}

TEST_F(KeysTest, AUseChangesNoKeyAndIsToldToNoNode)
{
    const auto config = make_config_store(pipeline());
    ASSERT_TRUE(config->wait_for_changes(std::chrono::milliseconds{1})) << "listens from now on";
    const auto versions = [&] {
        return text("select config_version || ' ' || credentials_version from tenants");
    };
    const auto keys = [&] {
        return text("select string_agg(k.xmin::text || k::text, ',') from api_keys k");
    };
    const auto before = versions() + keys();
    ASSERT_TRUE(uses_->note({use(CredentialKind::user_key, admins_key(), std::chrono::minutes{1})}));
    EXPECT_EQ(minutes_of_use(), "user 1");
    EXPECT_EQ(versions() + keys(), before);
    EXPECT_THAT(config->wait_for_changes(std::chrono::milliseconds{1}).value(), IsEmpty());
}

TEST_F(KeysTest, AUseGoesWithItsKey)
{
    using std::chrono::minutes;
    ASSERT_TRUE(uses_->note({use(CredentialKind::user_key, admins_key(), minutes{1}),
                             use(CredentialKind::integration_key, sender_key_, minutes{1})}));
    sql("delete from integrations");
    EXPECT_EQ(minutes_of_use(), "user 1");
    sql("update api_keys set revoked_at = now() - interval '1000 days'");
    EXPECT_EQ(minutes_of_use(), "user 1") << "as long as the key is remembered";
    EXPECT_EQ(do_chore("forget_keys"), 1U);
    EXPECT_EQ(minutes_of_use(), "");
}

TEST_F(KeysTest, NoServingRoleWritesUsesButByTheFunction)
{
    for (const auto& role : {database_.api, database_.pipeline, database_.provider}) {
        pqxx::connection connection(role);
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("insert into credential_use (tenant_id) values (null)"), pqxx::insufficient_privilege);
        EXPECT_THROW(tx.exec("update credential_use set used_at = now()"), pqxx::insufficient_privilege);
        EXPECT_THROW(tx.exec("delete from credential_use"), pqxx::insufficient_privilege);
    }
    pqxx::connection connection(database_.api);
    EXPECT_THROW(pqxx::nontransaction(connection).exec("select note_credential_use('{}', '{}', '{}', '{}')"),
                 pqxx::insufficient_privilege);
}

}  // namespace
}  // namespace winnow::pg
