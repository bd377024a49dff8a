/// Tokens of directories as keys: found with their tenant's lists, revoked on every node, counted, and told of when
/// they are shown too late.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/revocation_feed.hpp"

#include <future>
#include <memory>
#include <optional>
#include <string>

namespace winnow::pg {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ScimTokensTest : public PgTest {
protected:
    ScimTokensTest()
    {
        sql("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at) values ('" +
            tenant_.str() + "', '" + token_.str() +
            "', decode(repeat('ab', 32), 'hex'), 'wns_1234', 'operator', 'x', "
            "now() + interval '1 hour')");
    }

    [[nodiscard]] std::optional<access::Principal> who()
    {
        std::promise<std::optional<access::Principal>> answer;
        store_->find(std::string(32, '\xAB'), [&](auto found) {
            EXPECT_TRUE(found);
            answer.set_value(found && *found ? std::optional((*found)->principal) : std::nullopt);
        });
        return answer.get_future().get();
    }

    const TenantId tenant_ = new_tenant();
    const Uuid token_ = new_uuid();
    std::unique_ptr<ports::CredentialStore> store_ = make_credential_store(as(database_.api));
};

TEST_F(ScimTokensTest, AreFoundByTheirDigestWithTheListsOfTheirTenant)
{
    const auto directory = who();
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->kind, access::CredentialKind::directory);
    EXPECT_EQ(directory->tenant, tenant_);
    EXPECT_EQ(directory->key, token_);
    EXPECT_EQ(directory->role, access::Role::operator_);
    EXPECT_EQ(directory->places, nullptr);
    sql("insert into source_networks (tenant_id, keys) values ('" + tenant_.str() + "', '{192.0.2.0/24}')");
    const auto walled = who();
    ASSERT_TRUE(walled);
    EXPECT_TRUE(access::is_in_place(*walled, "192.0.2.7"));
    EXPECT_FALSE(access::is_in_place(*walled, "198.51.100.7"));
    sql("update scim_tokens set expires_at = now()");
    EXPECT_FALSE(who());
}

TEST_F(ScimTokensTest, AreRevokedForAllNodesAndCountAsTheTenantsOtherKeysDo)
{
    const auto counted = [&] {
        return number("select used from quotas where name = 'keys' and tenant_id = '" + tenant_.str() + "'");
    };
    const auto before = counted();
    EXPECT_EQ(number("select count_for_quota('" + tenant_.str() + "', 'keys')"), before);
    const auto feed = make_revocation_feed(pipeline());
    ASSERT_TRUE(feed->listen());
    const access::Revoked told{.kind = access::Revoked::Kind::key, .tenant = tenant_, .id = token_};
    sql("update scim_tokens set revoked_at = now()");
    EXPECT_THAT(feed->prove().value(), ElementsAre(told));
    EXPECT_EQ(counted(), before - 1);
    EXPECT_EQ(number("select count_for_quota('" + tenant_.str() + "', 'keys')"), before - 1);
    sql("delete from scim_tokens");
    EXPECT_THAT(feed->prove().value(), IsEmpty()) << "it opened nothing any more";
    EXPECT_EQ(counted(), before - 1);
}

TEST_F(ScimTokensTest, ThatAreShownOnceTheyWereRevokedAreToldTheirTenant)
{
    sql("update scim_tokens set revoked_at = now()");
    sql("select make_access_partitions((now() at time zone 'UTC')::date, 1)");
    EXPECT_EQ(number("select note_refused_keys(array[decode(repeat('ab', 32), 'hex')], array[now()], array[now()], "
                     "array['192.0.2.7'], array['GET'], array['/scim/v2/Users'], array['unauthenticated'], array[401], "
                     "array[3])"),
              1);
    EXPECT_EQ(
        text("select actor || ' ' || means || ' ' || times from access_log where tenant_id = '" + tenant_.str() + "'"),
        "directory:" + token_.str() + " directory 3");
}

}  // namespace
}  // namespace winnow::pg
