#include "winnow/identity/authenticator.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/ports/credential_store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using access::Principal;
using ports::Credential;
using Found = Result<std::optional<Credential>>;

/// Answers when told to.
class HeldStore final : public ports::CredentialStore {
public:
    void find(std::string hash, std::move_only_function<void(Found)> done) override
    {
        ++asked;
        waiting.emplace_back(std::move(hash), std::move(done));
    }

    void answer(const Found& found)
    {
        for (auto& [hash, done] : std::exchange(waiting, {})) done(found);
    }

    int asked = 0;
    std::vector<std::pair<std::string, std::move_only_function<void(Found)>>> waiting;
};

class AuthenticatorTest : public testing::Test {
protected:
    std::optional<Result<Principal>> ask(const std::string& key)
    {
        auto slot = std::make_shared<std::optional<Result<Principal>>>();
        authenticator_.authenticate(key, [slot](Result<Principal> result) { slot->emplace(std::move(result)); });
        return *slot;
    }

    /// Time, in which the node goes on hearing of revocations.
    void pass(std::chrono::milliseconds time)
    {
        now_ += time;
        authenticator_.heard(now_);
    }

    static Principal principal()
    {
        Principal who;
        who.tenant = TenantId(Uuid::from_words(1, 2));
        who.user = UserId(Uuid::from_words(1, 3));
        who.key = Uuid::from_words(1, 4);
        who.user_name = "Ann";
        return who;
    }

    static Found found(std::optional<std::chrono::milliseconds> lives_for = {})
    {
        return std::optional(Credential{.principal = principal(), .lives_for = lives_for});
    }
    std::chrono::steady_clock::time_point now_{std::chrono::hours{1}};
    HeldStore store_;
    Authenticator authenticator_{store_, {.clock = [this] {
                                     return now_;
                                 }}};
    const std::string key_ = make_key(access::CredentialKind::user_key).secret;
};

TEST(MakeKey, GivesASecretItsHashAndAHint)
{
    const auto integration = make_key(access::CredentialKind::integration_key);
    EXPECT_EQ(integration.secret.size(), 47U);
    EXPECT_TRUE(integration.secret.starts_with("wnk_"));
    EXPECT_EQ(integration.hash, crypto::sha256(integration.secret));
    EXPECT_EQ(integration.hint, integration.secret.substr(0, 8));
    EXPECT_TRUE(make_key(access::CredentialKind::user_key).secret.starts_with("wnu_"));
    EXPECT_NE(make_key(access::CredentialKind::user_key).secret, make_key(access::CredentialKind::user_key).secret);
}

TEST_F(AuthenticatorTest, AsksOnceAndThenAnswersAtOnce)
{
    EXPECT_FALSE(ask(key_));
    EXPECT_FALSE(ask(key_));
    EXPECT_EQ(store_.asked, 1) << "concurrent look-ups of one key are one";
    store_.answer(found());
    const auto cached = ask(key_);
    ASSERT_TRUE(cached && *cached);
    EXPECT_EQ((*cached)->user_name, "Ann");
    EXPECT_EQ(store_.asked, 1);
}

TEST_F(AuthenticatorTest, RemembersThatAKeyIsUnknown)
{
    EXPECT_FALSE(ask(key_));
    store_.answer(std::optional<Credential>());
    const auto cached = ask(key_);
    ASSERT_TRUE(cached && !*cached);
    EXPECT_EQ(cached->error().code(), ErrorCode::unauthenticated);
    EXPECT_EQ(store_.asked, 1);
}

TEST_F(AuthenticatorTest, RefusesWhatCannotBeAKeyWithoutAsking)
{
    for (const auto& key : {std::string(), std::string("Bearer"), "wnk_" + std::string(252, 'a')}) {
        const auto answer = ask(key);
        ASSERT_TRUE(answer && !*answer) << key;
    }
    EXPECT_EQ(store_.asked, 0);
}

TEST_F(AuthenticatorTest, TrustsAKeyNoLongerThanItLives)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(ask(key_));
    pass(1s);  // the answer takes its time, and the key grows no older for it
    store_.answer(found(5s));
    pass(3'999ms);
    EXPECT_TRUE(ask(key_)) << "5 s from the question are not over";
    pass(1ms);
    EXPECT_FALSE(ask(key_)) << "whether it still lives is for the database to say";
    store_.answer(std::optional<Credential>());
    const auto refused = ask(key_);
    ASSERT_TRUE(refused && !*refused);
    EXPECT_EQ(refused->error().code(), ErrorCode::unauthenticated);
}

TEST_F(AuthenticatorTest, AsksAgainForAKeyThatLivesLongAsForOneThatNeverExpires)
{
    using namespace std::chrono_literals;
    for (const auto lives_for :
         {std::optional<std::chrono::milliseconds>(), std::optional<std::chrono::milliseconds>(24h)}) {
        EXPECT_FALSE(ask(key_));
        store_.answer(found(lives_for));
        pass(29'999ms);
        EXPECT_TRUE(ask(key_));
        pass(1ms);
    }
}

TEST_F(AuthenticatorTest, AKeyThatExpiredMeanwhileIsNotKept)
{
    EXPECT_FALSE(ask(key_));
    store_.answer(found(std::chrono::milliseconds{0}));
    EXPECT_FALSE(ask(key_));
}

TEST_F(AuthenticatorTest, ForgetsATenantAndWhatWasInFlightMeanwhile)
{
    EXPECT_FALSE(ask(key_));
    authenticator_.forget(principal().tenant);
    store_.answer(found());
    EXPECT_FALSE(ask(key_)) << "looked up before the change: not to be kept";
    store_.answer(found());
    EXPECT_TRUE(ask(key_));
    authenticator_.forget(principal().tenant);
    EXPECT_FALSE(ask(key_));
}

TEST_F(AuthenticatorTest, AsksForAKeyThatItHasNotConfirmedOnlyWhereItMay)
{
    std::optional<Result<Principal>> answer;
    const auto ask_if = [&](const std::string& key, bool may) {
        answer.reset();
        authenticator_.authenticate(
            key, [&](Result<Principal> result) { answer.emplace(std::move(result)); }, [may] { return may; });
    };
    ask_if(key_, false);
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code(), ErrorCode::rate_limited);
    EXPECT_EQ(store_.asked, 0);

    ask_if(key_, true);
    store_.answer(found());
    ask_if(key_, false);
    EXPECT_TRUE(answer && *answer) << "cached";
    authenticator_.forget(principal().tenant);
    ask_if(key_, false);
    EXPECT_FALSE(answer) << "it was good of late: asked for again, whoever shares its address";
    EXPECT_EQ(store_.asked, 2);
    store_.answer(std::optional<Credential>());
    ask_if(key_, false);
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code(), ErrorCode::unauthenticated) << "known not to exist, and no trouble";
    EXPECT_EQ(store_.asked, 2);
}

TEST_F(AuthenticatorTest, BelievesForHalfASecondWhatItKnowsWhereItMayNotHear)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(ask(key_));
    now_ += 300ms;  // of which the answer took some
    store_.answer(found());
    now_ += 199ms;
    EXPECT_TRUE(ask(key_));
    now_ += 1ms;
    EXPECT_FALSE(ask(key_));
    EXPECT_FALSE(ask(key_));
    EXPECT_EQ(store_.asked, 2) << "one question a key and half a second";
    store_.answer(found());
    EXPECT_TRUE(ask(key_));
}

TEST_F(AuthenticatorTest, BelievesAgainWhatItKnowsOnceItIsKnownToHear)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(ask(key_));
    store_.answer(found());
    now_ += 10s;
    authenticator_.heard(now_ - 749ms);
    EXPECT_TRUE(ask(key_)) << "nothing was told of it, and all was heard";
    now_ += 1ms;
    EXPECT_FALSE(ask(key_));
}

TEST_F(AuthenticatorTest, DoubtsEverythingOnceTheConnectionIsGone)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(ask(key_));
    store_.answer(found());
    pass(10s);
    EXPECT_TRUE(ask(key_));
    authenticator_.deaf();
    EXPECT_FALSE(ask(key_));
}

TEST_F(AuthenticatorTest, AsksAgainForWhatWasRevokedAndForNothingElse)
{
    using Kind = access::Revoked::Kind;
    const auto who = principal();
    const auto other = make_key(access::CredentialKind::integration_key).secret;
    auto sender = principal();
    sender.user = {};
    sender.integration = IntegrationId(Uuid::from_words(1, 5));
    sender.key = Uuid::from_words(1, 6);
    const auto know_both = [&] {
        if (!ask(key_)) store_.answer(found());
        if (!ask(other)) store_.answer(std::optional(Credential{.principal = sender, .lives_for = std::nullopt}));
    };
    const auto revoke = [&](Kind kind, Uuid id) {
        know_both();
        authenticator_.revoked({.kind = kind, .tenant = who.tenant, .id = id});
        const auto knows = std::pair(ask(key_).has_value(), ask(other).has_value());
        store_.waiting.clear();
        return knows;
    };
    know_both();
    EXPECT_EQ(revoke(Kind::session, who.key), std::pair(true, true));
    EXPECT_EQ(revoke(Kind::user, Uuid::from_words(7, 7)), std::pair(true, true));
    authenticator_.revoked({.kind = Kind::tenant, .tenant = TenantId(Uuid::from_words(9, 9)), .id = {}});
    EXPECT_TRUE(ask(key_)) << "another tenant's";
    EXPECT_EQ(revoke(Kind::user, who.user.value()), std::pair(false, true));
}

TEST_F(AuthenticatorTest, OfATenantOrOfEverythingAllIsAskedForAgain)
{
    using Kind = access::Revoked::Kind;
    for (const auto& what :
         {access::Revoked{.kind = Kind::tenant, .tenant = principal().tenant, .id = {}}, access::Revoked()}) {
        EXPECT_FALSE(ask(key_));
        store_.answer(found());
        EXPECT_TRUE(ask(key_));
        authenticator_.revoked(what);
        EXPECT_FALSE(ask(key_));
        store_.answer(Error(ErrorCode::unavailable, "away"));
    }
    authenticator_.forget_all();
    EXPECT_FALSE(ask(key_));
    store_.answer(std::optional<Credential>());
    EXPECT_TRUE(ask(key_)) << "unknown, and known to be";
    authenticator_.forget_all();
    EXPECT_FALSE(ask(key_)) << "it may have been made while nobody listened";
}

TEST_F(AuthenticatorTest, AnAnswerOfBeforeARevocationIsNotKept)
{
    EXPECT_FALSE(ask(key_));
    authenticator_.revoked({.kind = access::Revoked::Kind::user, .tenant = principal().tenant, .id = principal().key});
    store_.answer(found());
    EXPECT_FALSE(ask(key_)) << "whomever it was about: nobody knew yet whose key this is";
}

TEST_F(AuthenticatorTest, AnAnswerThatMayBeOfBeforeARevocationAndTookLongIsAskedForOnceMore)
{
    using namespace std::chrono_literals;
    std::optional<Result<Principal>> answer;
    const auto ask_late = [&](std::chrono::milliseconds first, std::chrono::milliseconds second) {
        answer.reset();
        authenticator_.authenticate(key_, [&](Result<Principal> result) { answer.emplace(std::move(result)); });
        now_ += first;
        store_.answer(found());
        if (answer) return;
        now_ += second;
        store_.answer(found());
    };
    ask_late(499ms, 0ms);
    EXPECT_TRUE(answer && *answer);
    EXPECT_EQ(store_.asked, 1);
    now_ += 10s;
    ask_late(500ms, 499ms);
    EXPECT_TRUE(answer && *answer);
    EXPECT_EQ(store_.asked, 3);
    now_ += 10s;
    ask_late(500ms, 500ms);
    ASSERT_TRUE(answer && !*answer) << "nobody waits for ever";
    EXPECT_EQ(answer->error().code(), ErrorCode::unavailable);
    EXPECT_EQ(store_.asked, 5);
    EXPECT_FALSE(ask(key_)) << "and nothing is kept of it";
}

TEST_F(AuthenticatorTest, AnAnswerThatTookLongIsGoodWhereAllWasHeardMeanwhile)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(ask(key_));
    pass(5s);
    store_.answer(found());
    EXPECT_TRUE(ask(key_));
    EXPECT_EQ(store_.asked, 1);
}

TEST_F(AuthenticatorTest, AProofIsWantedWhileSomethingKnownIsUsed)
{
    using namespace std::chrono_literals;
    EXPECT_FALSE(authenticator_.wants_proof());
    EXPECT_FALSE(ask(key_));
    EXPECT_FALSE(authenticator_.wants_proof()) << "whoever tries keys costs one question each";
    store_.answer(found());
    EXPECT_TRUE(authenticator_.wants_proof());
    now_ += 999ms;
    EXPECT_TRUE(authenticator_.wants_proof());
    now_ += 1ms;
    EXPECT_FALSE(authenticator_.wants_proof());
    EXPECT_FALSE(ask(key_));
    EXPECT_TRUE(authenticator_.wants_proof()) << "it is known, though not believed";
}

TEST(AuthenticatorLimits, AFloodOfUnknownKeysIsRememberedInPartAndPushesOutNoKnownOne)
{
    HeldStore store;
    Authenticator authenticator(store, {.max_entries = 2, .max_unknown = 10, .clock = [] {
                                            return Instant(std::chrono::hours{1});
                                        }});
    const auto ask = [&](const std::string& key) {
        authenticator.authenticate(key, [](const Result<Principal>&) {});
    };
    Principal who;
    ask("wnk_good");
    store.answer(std::optional(Credential{.principal = who, .lives_for = std::nullopt}));
    for (int i = 0; i < 100; ++i) {
        ask("wnk_" + std::to_string(i));
        store.answer(std::optional<Credential>());
    }
    const auto asked = store.asked;
    ask("wnk_good");
    ask("wnk_99");
    ask("wnk_90");
    EXPECT_EQ(store.asked, asked);
    ask("wnk_89");
    EXPECT_EQ(store.asked, asked + 1) << "the oldest went";
}

TEST_F(AuthenticatorTest, DoesNotRememberThatTheDatabaseWasAway)
{
    EXPECT_FALSE(ask(key_));
    store_.answer(Error(ErrorCode::unavailable, "away"));
    EXPECT_FALSE(ask(key_));
    EXPECT_EQ(store_.asked, 2);
}

}  // namespace
}  // namespace winnow::identity
