#include "winnow/pg/key_store.hpp"

#include "support/vault_database.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/transaction>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using ports::TenantVersion;
using ports::WrappedKey;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kOld(16, 'a');
const std::string kNew(16, 'b');
const TenantId kOurs(Uuid::from_words(1, 1));
const TenantId kTheirs(Uuid::from_words(1, 2));

class KeyStoreTest : public testing::Test {
protected:
    ports::NodeNews report(const std::string& node, const std::vector<std::string>& roots)
    {
        auto news = store_->report({.node = node, .roots = roots, .seals = {}, .since = {}});
        EXPECT_TRUE(news) << news.error().message();
        return news ? *news : ports::NodeNews();
    }

    static WrappedKey key(TenantId tenant, domain::KeyVersion version, char byte = 'w', const std::string& root = kOld)
    {
        return {.of = {.tenant = tenant, .version = version}, .root = root, .wrapped = std::string(60, byte)};
    }

    void add(TenantId tenant, char byte = 'w')
    {
        const auto added = store_->add_first(key(tenant, 1, byte));
        ASSERT_TRUE(added) << added.error().message();
    }

    const test::VaultDatabase vault_;
    const std::unique_ptr<ports::KeyStore> store_ = make_key_store(vault_.url(), 2);
};

TEST_F(KeyStoreTest, TheFirstReportOfAllMakesARootKeyTheCurrentOne)
{
    const auto news = report("one", {kOld});
    EXPECT_EQ(news.root, kOld);
    EXPECT_THAT(news.nodes, ElementsAre("one"));
    const auto second = report("two", {kNew, kOld});
    EXPECT_EQ(second.root, kOld);
    EXPECT_THAT(second.nodes, UnorderedElementsAre("one", "two"));
    EXPECT_EQ(vault_.text("select state from root_keys where root_id = '" + kNew + "'"), "waiting");
}

TEST_F(KeyStoreTest, ATenantsFirstKeyIsTheOneThatCameFirst)
{
    report("one", {kOld});
    EXPECT_EQ(store_->current(kOurs).error().code(), ErrorCode::not_found);
    add(kOurs, 'w');
    const auto second = store_->add_first(key(kOurs, 1, 'x'));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->wrapped, std::string(60, 'w'));
    EXPECT_EQ(store_->current(kOurs)->of, (TenantVersion{kOurs, 1}));
    EXPECT_EQ(store_->find({kOurs, 1})->root, kOld);
    EXPECT_EQ(store_->find({kOurs, 2}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(store_->current(kTheirs).error().code(), ErrorCode::not_found);
}

TEST_F(KeyStoreTest, WhatWasDestroyedIsGoneAndTheTenantGetsNoOtherKey)
{
    report("one", {kOld});
    add(kOurs);
    add(kTheirs);
    ASSERT_TRUE(*store_->replace({kOurs, 1}, key(kOurs, 2)));
    EXPECT_THAT(*store_->destroy_all(kOurs), ElementsAre(1U, 2U));
    EXPECT_THAT(*store_->destroy_all(kOurs), IsEmpty());
    EXPECT_EQ(store_->current(kOurs).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store_->add_first(key(kOurs, 1)).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store_->find({kOurs, 1}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(vault_.text("select string_agg(encode(wrapped, 'hex'), '') from tenant_keys where tenant_id = '" +
                          kOurs.str() + "'"),
              "");
    EXPECT_TRUE(store_->current(kTheirs));
}

TEST_F(KeyStoreTest, AKeyThatIsBeingReplacedMeanwhileIsDestroyedWithItsSuccessor)
{
    report("one", {kOld});
    add(kOurs);
    pqxx::connection connection(vault_.url());
    pqxx::transaction<> replacing(connection);  // as replace() does
    const auto ours = replacing.quote(kOurs.str());
    replacing.exec("update tenant_keys set state = 'retiring', retired_at = now() where tenant_id = " + ours);
    replacing.exec(
        "insert into tenant_keys (tenant_id, version, root_id, wrapped, state) select tenant_id, 2, root_id, "
        "wrapped, 'current' from tenant_keys where tenant_id = " +
        ours);
    std::vector<domain::KeyVersion> destroyed;
    std::thread beside([&] { destroyed = *store_->destroy_all(kOurs); });
    while (vault_.text("select count(*) from pg_locks where not granted") == "0") std::this_thread::yield();
    replacing.commit();
    beside.join();
    EXPECT_THAT(destroyed, ElementsAre(1U, 2U));
    EXPECT_EQ(vault_.text("select count(*) from tenant_keys where state <> 'destroyed'"), "0");
}

TEST_F(KeyStoreTest, ARootKeyWrapsOnceEveryNodeAtWorkHoldsIt)
{
    report("one", {kOld});
    report("two", {kOld});
    EXPECT_EQ(store_->rotate_root(kNew).error().code(), ErrorCode::not_found);
    report("one", {kOld, kNew});
    EXPECT_EQ(store_->rotate_root(kNew).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store_->rotate_root(kOld).error().code(), ErrorCode::conflict);
    report("three", {kOld});
    vault_.sql("update vault_nodes set seen_at = now() - interval '301 seconds' where node = 'two'");
    EXPECT_EQ(store_->rotate_root(kNew).error().code(), ErrorCode::conflict);
    ASSERT_TRUE(store_->leave("three"));
    ASSERT_TRUE(store_->rotate_root(kNew));
    EXPECT_EQ(report("one", {kOld, kNew}).root, kNew);
    EXPECT_EQ(vault_.text("select state from root_keys where root_id = '" + kOld + "'"), "retiring");
}

TEST_F(KeyStoreTest, KeysAreWrappedAnewOnlyAsTheyWereSeenAndByTheCurrentRootKey)
{
    report("one", {kOld, kNew});
    add(kOurs);
    add(kTheirs);
    EXPECT_THAT(*store_->to_rewrap(10), IsEmpty());
    ASSERT_TRUE(store_->rotate_root(kNew));
    const auto first = *store_->to_rewrap(1);
    ASSERT_EQ(first.size(), 1U);
    const ports::RewrappedKey anew{.before = first[0], .root = kNew, .wrapped = std::string(60, 'n')};
    EXPECT_EQ(*store_->rewrap({anew}), 1U);
    EXPECT_EQ(*store_->rewrap({anew}), 0U);  // somebody else was faster
    EXPECT_EQ(store_->find(first[0].of)->root, kNew);
    EXPECT_EQ(store_->find(first[0].of)->wrapped, std::string(60, 'n'));
    const auto rest = *store_->to_rewrap(10);
    ASSERT_EQ(rest.size(), 1U);
    // Back again meanwhile: who still thinks otherwise changes nothing.
    ASSERT_TRUE(store_->rotate_root(kOld));
    EXPECT_EQ(*store_->rewrap({{.before = rest[0], .root = kNew, .wrapped = std::string(60, 'n')}}), 0U);
    EXPECT_EQ(store_->facts()->to_rewrap, 1);
}

TEST_F(KeyStoreTest, OfTwoWhoReplaceAKeyOneDoes)
{
    report("one", {kOld});
    add(kOurs);
    const auto other = make_key_store(vault_.url(), 2);
    bool first = false;
    bool second = false;
    std::thread beside([&] { second = *other->replace({kOurs, 1}, key(kOurs, 2, 'y')); });
    first = *store_->replace({kOurs, 1}, key(kOurs, 2, 'x'));
    beside.join();
    EXPECT_NE(first, second);
    EXPECT_EQ(store_->current(kOurs)->wrapped, std::string(60, first ? 'x' : 'y'));
    EXPECT_TRUE(store_->find({kOurs, 1}));
    EXPECT_FALSE(*store_->replace({kOurs, 1}, key(kOurs, 2)));
}

TEST_F(KeyStoreTest, TellsWhoseKeyIsOldOrHasSealedMuch)
{
    report("one", {kOld});
    add(kOurs);
    add(kTheirs);
    EXPECT_THAT(*store_->due(10, 90 * 24h, 100), IsEmpty());
    vault_.sql("update tenant_keys set created_at = now() - interval '90 days 1 second' where tenant_id = '" +
               kOurs.str() + "'");
    EXPECT_THAT(*store_->due(10, 90 * 24h, 100), ElementsAre(TenantVersion{kOurs, 1}));
    ASSERT_TRUE(store_->report({.node = "one", .roots = {kOld}, .seals = {{{kTheirs, 1}, 99}}, .since = {}}));
    EXPECT_EQ(store_->due(10, 90 * 24h, 100)->size(), 1U);
    ASSERT_TRUE(store_->report({.node = "one", .roots = {kOld}, .seals = {{{kTheirs, 1}, 1}}, .since = {}}));
    EXPECT_EQ(store_->due(10, 90 * 24h, 100)->size(), 2U);
    EXPECT_EQ(store_->due(1, 90 * 24h, 100)->size(), 1U);
}

TEST_F(KeyStoreTest, AVersionIsDestroyedOnceNothingIsSealedUnderItAndItsTimeIsOver)
{
    report("one", {kOld});
    add(kOurs);
    EXPECT_THAT(*store_->to_reseal(TenantId(), 10), IsEmpty());
    ASSERT_TRUE(*store_->replace({kOurs, 1}, key(kOurs, 2)));
    EXPECT_THAT(*store_->to_reseal(TenantId(), 10), ElementsAre(TenantVersion{kOurs, 2}));
    EXPECT_THAT(*store_->to_reseal(kOurs, 10), IsEmpty());
    EXPECT_THAT(*store_->to_destroy(10, 0s), IsEmpty());
    ASSERT_TRUE(store_->resealed({kOurs, 2}, true));  // too early: a node may not have heard of version 2
    EXPECT_EQ(store_->to_reseal(TenantId(), 10)->size(), 1U);
    vault_.sql("update tenant_keys set retired_at = now() - interval '301 seconds' where version = 1");
    ASSERT_TRUE(store_->resealed({kOurs, 2}, true));
    EXPECT_THAT(*store_->to_reseal(TenantId(), 10), IsEmpty());
    ASSERT_TRUE(store_->resealed({kOurs, 2}, false));
    EXPECT_EQ(store_->to_reseal(TenantId(), 10)->size(), 1U);
    ASSERT_TRUE(store_->resealed({kOurs, 2}, true));
    EXPECT_THAT(*store_->to_destroy(10, 1h), IsEmpty());
    vault_.sql("update tenant_keys set retired_at = now() - interval '3601 seconds' where version = 1");
    EXPECT_THAT(*store_->to_destroy(10, 1h), ElementsAre(TenantVersion{kOurs, 1}));
    EXPECT_EQ(*store_->destroy({{kOurs, 1}, {kOurs, 2}}), 1U);  // never the one that seals
    EXPECT_FALSE(store_->find({kOurs, 1}));
    EXPECT_TRUE(store_->current(kOurs));
}

TEST_F(KeyStoreTest, NewsTellWhatChangedSinceAndOfNothingElse)
{
    auto news = report("one", {kOld});
    add(kOurs);
    add(kTheirs);
    vault_.sql("update tenant_keys set changed_at = now() - interval '1 hour'");
    const auto ask = [&] {
        return *store_->report({.node = "one", .roots = {kOld}, .seals = {}, .since = news.now});
    };
    EXPECT_THAT(ask().changed, IsEmpty());
    ASSERT_TRUE(*store_->replace({kOurs, 1}, key(kOurs, 2)));
    EXPECT_THAT(ask().changed, UnorderedElementsAre(TenantVersion{kOurs, 1}, TenantVersion{kOurs, 2}));
    static_cast<void>(store_->destroy_all(kTheirs));
    EXPECT_THAT(ask().changed, testing::Contains(TenantVersion{kTheirs, 1}));
}

TEST_F(KeyStoreTest, ARootKeyThatWrapsNothingAndThatNobodyHoldsForADayIsDestroyed)
{
    report("one", {kOld, kNew});
    add(kOurs);
    ASSERT_TRUE(store_->rotate_root(kNew));
    vault_.sql("update root_keys set retired_at = now() - interval '2 days' where state = 'retiring'");
    EXPECT_EQ(*store_->forget_roots(), 0U);  // it wraps a key
    const auto left = *store_->to_rewrap(10);
    ASSERT_EQ(left.size(), 1U);
    ASSERT_EQ(*store_->rewrap({{.before = left[0], .root = kNew, .wrapped = std::string(60, 'n')}}), 1U);
    EXPECT_EQ(*store_->forget_roots(), 0U);  // a node holds it
    report("one", {kNew});
    EXPECT_EQ(*store_->forget_roots(), 1U);
    report("one", {kNew, kOld});
    EXPECT_EQ(store_->rotate_root(kOld).error().code(), ErrorCode::not_found);
    const auto facts = store_->facts();
    ASSERT_TRUE(facts);
    ASSERT_EQ(facts->roots.size(), 2U);
    EXPECT_EQ(facts->current, 1);
    EXPECT_EQ(facts->nodes, 1);
}

TEST_F(KeyStoreTest, TheNodesRoleDeletesNoKeyAndOthersDoNotGetIn)
{
    report("one", {kOld});
    add(kOurs);
    pqxx::connection node(vault_.url());
    EXPECT_THROW(pqxx::nontransaction(node).exec("delete from tenant_keys"), pqxx::insufficient_privilege);
    EXPECT_THROW(pqxx::nontransaction(node).exec("update tenant_keys set version = 7"), pqxx::insufficient_privilege);
    for (const auto* role : {"winnow_api", "winnow_pipeline", "winnow_provider"}) {
        EXPECT_THROW(pqxx::connection(vault_.as(role)), pqxx::broken_connection) << role;
    }
}

TEST(KeyStoreAway, IsToldAsUnavailable)
{
    const auto store = make_key_store("host=/nowhere/at/all dbname=vault user=winnow_vault", 1);
    EXPECT_EQ(store->current(kOurs).error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace winnow::pg
