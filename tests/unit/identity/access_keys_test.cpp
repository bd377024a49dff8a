/// Signed requests beside keys: by their access keys, whose secrets are asked for once and never handed out.

#include "winnow/crypto/digest.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/credential_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using Found = Result<std::optional<ports::Credential>>;

class NoKeys final : public ports::CredentialStore {
public:
    void find(std::string /*hash*/, std::move_only_function<void(Found)> done) override
    {
        ++asked;
        done(std::optional<ports::Credential>());
    }
    int asked = 0;
};

class HeldDoor final : public ports::AccessKeyDoor {
public:
    void find(std::string access_key, std::move_only_function<void(Found)> done) override
    {
        asked.push_back(std::move(access_key));
        waiting.push_back(std::move(done));
    }

    void answer(const Found& found)
    {
        for (auto& done : std::exchange(waiting, {})) done(found);
    }

    std::vector<std::string> asked;
    std::vector<std::move_only_function<void(Found)>> waiting;
};

class AccessKeysTest : public testing::Test {
protected:
    using Answer = std::optional<Result<access::Principal>>;

    Answer ask(SignedRequest request, const std::function<bool()>& may_ask = {})
    {
        auto slot = std::make_shared<Answer>();
        authenticator_.authenticate_signed(
            std::move(request), [slot](Result<access::Principal> who) { slot->emplace(std::move(who)); }, may_ask);
        last_ = slot;
        return *slot;
    }

    [[nodiscard]] SignedRequest signed_by(const NewAccessKey& key) const
    {
        return {.access_key = key.access_key,
                .text = "GET\n",
                .signature = crypto::hmac_sha256(key.secret, "GET\n"),
                .expires_at = {}};
    }

    [[nodiscard]] Found found(std::chrono::milliseconds lives_for = std::chrono::hours{1}) const
    {
        ports::Credential credential;
        credential.principal.kind = access::CredentialKind::access_key;
        credential.principal.tenant = TenantId(Uuid::from_words(1, 2));
        credential.principal.integration = IntegrationId(Uuid::from_words(1, 3));
        credential.principal.key = kId;
        credential.principal.signing_secret = std::make_shared<const std::string>(key_.secret);
        credential.lives_for = lives_for;
        return std::optional(credential);
    }

    /// Time, in which the node goes on hearing of revocations.
    void pass(std::chrono::milliseconds time)
    {
        now_ += time;
        authenticator_.heard(now_);
    }

    inline static const Uuid kId = Uuid::from_words(1, 4);
    std::chrono::steady_clock::time_point now_{std::chrono::hours{1}};
    NoKeys keys_;
    HeldDoor door_;
    Authenticator authenticator_{keys_, {.clock = [this] { return now_; }, .access_keys = &door_}};
    const NewAccessKey key_ = make_access_key();
    std::shared_ptr<Answer> last_;  ///< Of the last question, once it was answered.
};

TEST(MakeAccessKey, IsOfTwentyAndOfFortyCharacters)
{
    const auto made = make_access_key();
    EXPECT_EQ(made.access_key.size(), kAccessKeyCharacters);
    EXPECT_EQ(made.secret.size(), 40U);
    const auto is_plain = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    };
    EXPECT_TRUE(std::ranges::all_of(made.access_key + made.secret, is_plain));
    EXPECT_NE(make_access_key().access_key, made.access_key);
    EXPECT_NE(make_access_key().secret, made.secret);
}

TEST_F(AccessKeysTest, AreAskedForOnceAndTheirSecretIsHandedToNobody)
{
    EXPECT_FALSE(ask(signed_by(key_)));
    EXPECT_EQ(door_.asked, std::vector{key_.access_key});
    door_.answer(found());
    ASSERT_TRUE(*last_ && **last_);
    EXPECT_EQ((**last_)->kind, access::CredentialKind::access_key);
    EXPECT_EQ((**last_)->signing_secret, nullptr);
    const auto cached = ask(signed_by(key_));
    ASSERT_TRUE(cached && *cached);
    EXPECT_EQ((*cached)->signing_secret, nullptr);
    EXPECT_EQ(door_.asked.size(), 1U);
    EXPECT_EQ(keys_.asked, 0);
}

TEST_F(AccessKeysTest, OfAWrongSignatureAreUnknownAndStayGoodForARightOne)
{
    EXPECT_FALSE(ask(signed_by(key_)));
    door_.answer(found());
    auto other = make_access_key();
    other.access_key = key_.access_key;
    const auto wrong = ask(signed_by(other));
    ASSERT_TRUE(wrong && !*wrong);
    EXPECT_EQ(wrong->error().code(), ErrorCode::unauthenticated);
    EXPECT_TRUE(*ask(signed_by(key_)));

    const auto nobodys = make_access_key();
    EXPECT_FALSE(ask(signed_by(nobodys)));
    door_.answer(std::optional<ports::Credential>());
    ASSERT_TRUE(*last_ && !**last_);
    EXPECT_EQ((**last_).error(), wrong->error()) << "nobody learns which keys there are";
}

TEST_F(AccessKeysTest, WithoutASecretAreUnknown)
{
    EXPECT_FALSE(ask(signed_by({.access_key = key_.access_key, .secret = ""})));
    auto bare = found();
    (*bare)->principal.signing_secret = nullptr;
    door_.answer(bare);
    ASSERT_TRUE(*last_ && !**last_);
}

TEST_F(AccessKeysTest, AreNotKeptForLongerThanTheyLiveAndForgottenWithTheirTenant)
{
    EXPECT_FALSE(ask(signed_by(key_)));
    door_.answer(found(std::chrono::seconds{10}));
    pass(std::chrono::seconds{9});
    EXPECT_TRUE(ask(signed_by(key_)));
    pass(std::chrono::seconds{1});
    EXPECT_FALSE(ask(signed_by(key_))) << "it is asked for again";
    door_.answer(found());
    EXPECT_TRUE(ask(signed_by(key_)));
    authenticator_.forget(TenantId(Uuid::from_words(1, 2)));
    EXPECT_FALSE(ask(signed_by(key_)));
    EXPECT_EQ(door_.asked.size(), 3U);
}

TEST_F(AccessKeysTest, AreAskedForAgainOnceTheyWereRevokedOrNobodyHears)
{
    EXPECT_FALSE(ask(signed_by(key_)));
    door_.answer(found());
    pass(std::chrono::seconds{1});
    EXPECT_TRUE(ask(signed_by(key_)));
    const TenantId tenant(Uuid::from_words(1, 2));
    const auto other = Uuid::from_words(1, 9);
    authenticator_.revoked({.kind = access::Revoked::Kind::key, .tenant = tenant, .id = other});
    EXPECT_TRUE(ask(signed_by(key_))) << "another one was";
    authenticator_.revoked({.kind = access::Revoked::Kind::key, .tenant = tenant, .id = kId});
    EXPECT_FALSE(ask(signed_by(key_)));
    door_.answer(found());
    EXPECT_TRUE(ask(signed_by(key_)));
    authenticator_.revoked(
        {.kind = access::Revoked::Kind::integration, .tenant = tenant, .id = Uuid::from_words(1, 3)});
    EXPECT_FALSE(ask(signed_by(key_))) << "so was whose it is";
    door_.answer(found());
    authenticator_.deaf();
    now_ += std::chrono::milliseconds{500};
    EXPECT_FALSE(ask(signed_by(key_)));
}

TEST_F(AccessKeysTest, AreNotAskedForWhereTooManyUnknownOnesCame)
{
    const auto answer = ask(signed_by(key_), [] { return false; });
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code(), ErrorCode::rate_limited);
    EXPECT_TRUE(door_.asked.empty());
}

TEST_F(AccessKeysTest, AreNobodysWhereNothingKnowsThem)
{
    Authenticator without(keys_, {});
    Answer answer;
    without.authenticate_signed(signed_by(key_),
                                [&](Result<access::Principal> who) { answer.emplace(std::move(who)); });
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code(), ErrorCode::unauthenticated);
}

}  // namespace
}  // namespace winnow::identity
