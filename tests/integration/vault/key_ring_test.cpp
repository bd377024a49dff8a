#include "winnow/vault/key_ring.hpp"

#include "support/vault_database.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/key_store.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace winnow::vault {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr char kOld = 'o';
constexpr char kNew = 'n';
const TenantId kOurs(Uuid::from_words(1, 1));
const TenantId kTheirs(Uuid::from_words(1, 2));

domain::SealedPlace place(TenantId tenant = kOurs, const std::string& row = "row")
{
    return {.tenant = tenant,
            .kind = domain::SecretKind::webhook,
            .table = "contacts",
            .column = "settings",
            .row = row,
            .before = "before:" + row};
}

/// A node, as far as it has to do with the vault.
class VaultNode {
public:
    VaultNode(const std::string& url, const std::string& name, const std::string& roots, bool may_begin = true,
              std::size_t most = 100)
        : store_(pg::make_key_store(url, 4)),
          may_begin_(may_begin),
          ring_(
              *store_, keys(roots), before_, [this](const auto& nodes) { return asked(nodes); },
              {.node = name, .most = most}, metrics_)
    {
    }

    [[nodiscard]] static std::vector<crypto::RootKey> keys(const std::string& roots)
    {
        std::vector<crypto::RootKey> keys;
        for (const char byte : roots) keys.emplace_back(std::string(32, byte));
        return keys;
    }
    [[nodiscard]] static std::string id(char root) { return crypto::RootKey(std::string(32, root)).id(); }

    KeyRing& ring() { return ring_; }
    ports::KeyStore& store() { return *store_; }
    void let_begin() { may_begin_ = true; }
    [[nodiscard]] const std::vector<std::string>& nodes() const { return nodes_; }
    [[nodiscard]] std::string metrics() const { return metrics_.exposition(); }
    [[nodiscard]] const crypto::Sealer& before() const { return before_; }

    std::string seal(const domain::SealedPlace& at, const std::string& secret = "secret")
    {
        auto sealed = ring_.seal(at, secret);
        EXPECT_TRUE(sealed) << sealed.error().message();
        return sealed.value_or("");
    }
    std::string open(const domain::SealedPlace& at, const std::string& sealed)
    {
        auto secret = ring_.open(at, sealed);
        return secret ? *secret : "refused: " + secret.error().message();
    }

private:
    Result<bool> asked(const std::vector<std::string>& nodes)
    {
        nodes_ = nodes;
        return may_begin_;
    }

    const crypto::Sealer before_{std::string(32, 'k')};
    observe::Metrics metrics_;
    std::unique_ptr<ports::KeyStore> store_;
    bool may_begin_;
    std::vector<std::string> nodes_;
    KeyRing ring_;
};

class KeyRingTest : public testing::Test {
protected:
    [[nodiscard]] std::string count(const std::string& where) const
    {
        return vault_.text("select count(*) from tenant_keys where " + where);
    }

    const test::VaultDatabase vault_;
};

TEST_F(KeyRingTest, WhatOneNodeSealedAnotherOpensInItsPlaceOnly)
{
    VaultNode one(vault_.url(), "one", {kOld});
    VaultNode two(vault_.url(), "two", {kOld});
    const auto sealed = one.seal(place());
    EXPECT_EQ(crypto::key_version_of(sealed), 1U);
    EXPECT_EQ(two.open(place(), sealed), "secret");
    EXPECT_EQ(one.open(place(), sealed), "secret");
    EXPECT_THAT(two.open(place(kOurs, "other row"), sealed), HasSubstr("refused"));
    EXPECT_THAT(two.open(place(kTheirs), sealed), HasSubstr("refused"));
    auto moved = place();
    moved.kind = domain::SecretKind::totp;
    EXPECT_THAT(two.open(moved, sealed), HasSubstr("refused"));
    moved = place();
    moved.column = "other";
    EXPECT_THAT(two.open(moved, sealed), HasSubstr("refused"));
}

TEST_F(KeyRingTest, EachTenantHasAKeyOfItsOwnAlsoWhereTwoNodesMakeItAtOnce)
{
    VaultNode one(vault_.url(), "one", {kOld});
    VaultNode two(vault_.url(), "two", {kOld});
    std::string first;
    std::thread beside([&] { first = one.seal(place()); });
    const auto second = two.seal(place());
    beside.join();
    EXPECT_EQ(two.open(place(), first), "secret");
    EXPECT_EQ(one.open(place(), second), "secret");
    one.seal(place(kTheirs));
    EXPECT_EQ(count("true"), "2");
}

TEST_F(KeyRingTest, OldSecretsOpenAndNewOnesAreSealedAsBeforeUntilEveryNodeHasAVault)
{
    VaultNode node(vault_.url(), "one", {kOld}, false);
    EXPECT_THAT(node.nodes(), testing::ElementsAre("one"));
    const auto old = node.seal(place());
    EXPECT_EQ(crypto::key_version_of(old), std::nullopt);
    EXPECT_EQ(node.before().open(old, place().before).value(), "secret");
    node.let_begin();
    ASSERT_TRUE(node.ring().refresh());
    EXPECT_EQ(crypto::key_version_of(node.seal(place())), 1U);
    EXPECT_EQ(node.open(place(), old), "secret");
}

TEST_F(KeyRingTest, ARenewedKeySealsOnEveryNodeAndWhatTheOldOneSealedOpens)
{
    VaultNode one(vault_.url(), "one", {kOld});
    VaultNode two(vault_.url(), "two", {kOld});
    const auto sealed = one.seal(place());
    static_cast<void>(two.seal(place()));
    EXPECT_EQ(one.ring().renew(kOurs).value(), 2U);
    EXPECT_EQ(crypto::key_version_of(one.seal(place())), 2U);
    ASSERT_TRUE(two.ring().refresh());
    EXPECT_EQ(crypto::key_version_of(two.seal(place())), 2U);
    for (auto* node : {&one, &two}) EXPECT_EQ(node->open(place(), sealed), "secret");
    EXPECT_EQ(one.ring().renew(kTheirs).error().code(), ErrorCode::not_found);
}

TEST_F(KeyRingTest, KeysAreRenewedByAgeAndByUse)
{
    VaultNode node(vault_.url(), "one", {kOld});
    for (int i = 0; i < 3; ++i) static_cast<void>(node.seal(place()));
    static_cast<void>(node.seal(place(kTheirs)));
    ASSERT_TRUE(node.ring().refresh());  // tells how often
    EXPECT_EQ(node.ring().renew(10, 1h, 4).value(), 0U);
    EXPECT_EQ(node.ring().renew(10, 1h, 3).value(), 1U);
    EXPECT_EQ(crypto::key_version_of(node.seal(place())), 2U);
    vault_.sql("update tenant_keys set created_at = now() - interval '3601 seconds' where tenant_id = '" +
               kTheirs.str() + "'");
    EXPECT_EQ(node.ring().renew(10, 1h, 3).value(), 1U);
    EXPECT_EQ(crypto::key_version_of(node.seal(place(kTheirs))), 2U);
    EXPECT_EQ(node.ring().renew(10, 1h, 3).value(), 0U);
}

TEST_F(KeyRingTest, AnotherRootKeyWrapsEverythingInStepsThatCanEndAnywhere)
{
    std::vector<std::string> sealed;
    {
        VaultNode node(vault_.url(), "one", {kOld, kNew});
        for (std::uint64_t i = 0; i < 25; ++i) sealed.push_back(node.seal(place(TenantId(Uuid::from_words(2, i)))));
        ASSERT_TRUE(node.store().rotate_root(VaultNode::id(kNew)));
        ASSERT_TRUE(node.ring().refresh());
        EXPECT_EQ(node.ring().rewrap(10).value(), 10U);  // and that node is gone
    }
    VaultNode one(vault_.url(), "two", {kOld, kNew});
    VaultNode two(vault_.url(), "three", {kOld, kNew});
    std::atomic<std::size_t> done = 0;
    const auto to_the_end = [&](VaultNode& node) {
        while (node.store().facts()->to_rewrap > 0) done += node.ring().rewrap(4).value();
    };
    std::thread beside([&] { to_the_end(two); });
    to_the_end(one);
    beside.join();
    EXPECT_EQ(done, 15U);  // none twice
    // The old root key is of no use any more.
    VaultNode without(vault_.url(), "four", {kNew});
    for (std::uint64_t i = 0; i < 25; ++i) {
        EXPECT_EQ(without.open(place(TenantId(Uuid::from_words(2, i))), sealed[i]), "secret");
    }
}

TEST_F(KeyRingTest, ADestroyedKeyOpensNothingOnAnyNodeOnceItHasHeardOfIt)
{
    VaultNode one(vault_.url(), "one", {kOld});
    VaultNode two(vault_.url(), "two", {kOld});
    const auto sealed = one.seal(place());
    const auto theirs = one.seal(place(kTheirs));
    EXPECT_EQ(two.open(place(), sealed), "secret");
    ASSERT_EQ(one.store().destroy_all(kOurs)->size(), 1U);
    for (auto* node : {&one, &two}) {
        ASSERT_TRUE(node->ring().refresh());
        EXPECT_THAT(node->open(place(), sealed), HasSubstr("refused"));
        EXPECT_EQ(node->ring().seal(place(), "anew").error().code(), ErrorCode::conflict);
        EXPECT_EQ(node->open(place(kTheirs), theirs), "secret");
    }
}

TEST_F(KeyRingTest, WithoutTheVaultWhatIsInMemoryGoesOnAndTheRestSaysSoAtOnce)
{
    VaultNode other(vault_.url(), "other", {kOld});
    const auto theirs = other.seal(place(kTheirs));
    VaultNode node(vault_.url(), "one", {kOld}, true, 1);
    const auto ours = node.seal(place());  // the only one there is room for
    vault_.sql("alter role winnow_vault nologin");
    vault_.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'winnow_vault'");
    EXPECT_FALSE(node.ring().refresh());
    EXPECT_FALSE(node.ring().is_there());
    EXPECT_EQ(node.open(place(), ours), "secret");
    EXPECT_EQ(node.open(place(), node.seal(place())), "secret");
    const auto asked = std::chrono::steady_clock::now();
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_EQ(node.ring().open(place(kTheirs), theirs).error().code(), ErrorCode::unavailable);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 2s);
    EXPECT_THAT(node.metrics(), HasSubstr("winnow_vault_up 0"));
    VaultNode late(vault_.url(), "late", {kOld});  // starts all the same
    EXPECT_EQ(late.ring().seal(place(), "secret").error().code(), ErrorCode::unavailable);
    vault_.sql("alter role winnow_vault login");
    ASSERT_TRUE(node.ring().refresh());
    ASSERT_TRUE(late.ring().refresh());
    EXPECT_EQ(node.open(place(kTheirs), theirs), "secret");
    EXPECT_EQ(late.open(place(), ours), "secret");
    EXPECT_THAT(node.metrics(), HasSubstr("winnow_vault_up 1"));
}

TEST_F(KeyRingTest, ANodeThatStartsReadsKeysAhead)
{
    std::string sealed;
    {
        VaultNode node(vault_.url(), "one", {kOld});
        sealed = node.seal(place());
    }
    VaultNode node(vault_.url(), "two", {kOld});
    vault_.sql("update tenant_keys set wrapped = decode(repeat('00', 60), 'hex')");
    EXPECT_EQ(node.open(place(), sealed), "secret");
    VaultNode later(vault_.url(), "three", {kOld});
    EXPECT_THAT(later.open(place(), sealed), HasSubstr("refused"));
}

}  // namespace
}  // namespace winnow::vault
