/// Sessions beside keys: by their tokens, and only of who has signed in fully.

#include "winnow/crypto/token.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using ports::FoundSession;

class NoKeys final : public ports::CredentialStore {
public:
    void find(std::string /*hash*/,
              std::move_only_function<void(Result<std::optional<ports::Credential>>)> done) override
    {
        ++asked;
        done(std::optional<ports::Credential>());
    }
    int asked = 0;
};

class HeldDoor final : public ports::SignInDoor {
public:
    void tenant_of_code(std::string /*code*/, Sink<ports::TenantAtDoor> done) override
    {
        done(none<ports::TenantAtDoor>());
    }
    void tenant_of_link(std::string /*hash*/, Sink<TenantId> done) override { done(none<TenantId>()); }
    void tenant_of_provider(std::string /*id*/, Sink<TenantId> done) override { done(none<TenantId>()); }
    void providers_of_code(std::string /*code*/, Sink<std::vector<ports::ProviderAtDoor>> done) override
    {
        done(none<std::vector<ports::ProviderAtDoor>>());
    }
    void find_session(std::string hash, Sink<FoundSession> done) override
    {
        asked.push_back(std::move(hash));
        waiting.push_back(std::move(done));
    }

    void answer(const Result<std::optional<FoundSession>>& found)
    {
        for (auto& done : std::exchange(waiting, {})) done(found);
    }

    std::vector<std::string> asked;
    std::vector<Sink<FoundSession>> waiting;

private:
    template <typename T>
    static Result<std::optional<T>> none()
    {
        return std::optional<T>();
    }
};

class SessionsTest : public testing::Test {
protected:
    std::optional<Result<access::Principal>> ask(const std::string& token)
    {
        auto slot = std::make_shared<std::optional<Result<access::Principal>>>();
        authenticator_.authenticate_session(token,
                                            [slot](Result<access::Principal> who) { slot->emplace(std::move(who)); });
        return *slot;
    }

    /// Time, in which the node goes on hearing of revocations.
    void pass(std::chrono::milliseconds time)
    {
        now_ += time;
        authenticator_.heard(now_);
    }

    static Result<std::optional<FoundSession>> found(signin::SignInState state, std::chrono::milliseconds lives_for)
    {
        access::Principal who;
        who.kind = access::CredentialKind::session;
        who.tenant = TenantId(Uuid::from_words(1, 2));
        who.session = SessionId(Uuid::from_words(1, 3));
        return std::optional(FoundSession{.principal = who, .state = state, .lives_for = lives_for});
    }

    std::chrono::steady_clock::time_point now_{std::chrono::hours{1}};
    NoKeys keys_;
    HeldDoor door_;
    Authenticator authenticator_{keys_, {.clock = [this] { return now_; }, .sessions = &door_}};
    const crypto::SecretText token_ = crypto::make_token();
};

TEST_F(SessionsTest, AreAskedForByTheHashOfTheirTokenOnceAndKept)
{
    EXPECT_FALSE(ask(token_.text));
    ASSERT_EQ(door_.asked, std::vector{token_.hash});
    door_.answer(found(signin::SignInState::active, std::chrono::minutes{30}));
    const auto who = ask(token_.text);
    ASSERT_TRUE(who);
    EXPECT_EQ((*who)->kind, access::CredentialKind::session);
    EXPECT_EQ(door_.asked.size(), 1U);
    EXPECT_EQ(keys_.asked, 0);
}

TEST_F(SessionsTest, AreNobodysWhileASecondFactorIsToCome)
{
    EXPECT_FALSE(ask(token_.text));
    door_.answer(found(signin::SignInState::password_ok, std::chrono::minutes{5}));
    const auto who = ask(token_.text);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->error().code(), ErrorCode::unauthenticated);
}

TEST_F(SessionsTest, AreNotKeptForLongerThanTheyLive)
{
    EXPECT_FALSE(ask(token_.text));
    door_.answer(found(signin::SignInState::active, std::chrono::seconds{10}));
    pass(std::chrono::seconds{9});
    EXPECT_TRUE(ask(token_.text));
    pass(std::chrono::seconds{1});
    EXPECT_FALSE(ask(token_.text)) << "it is asked for again";
}

TEST_F(SessionsTest, AreForgottenWithTheirTenant)
{
    EXPECT_FALSE(ask(token_.text));
    door_.answer(found(signin::SignInState::active, std::chrono::minutes{30}));
    authenticator_.forget(TenantId(Uuid::from_words(1, 2)));
    EXPECT_FALSE(ask(token_.text));
    EXPECT_EQ(door_.asked.size(), 2U);
}

TEST_F(SessionsTest, AreAskedForAgainOnceTheyWereRevoked)
{
    const auto revoked = [](std::uint64_t session) {
        return access::Revoked{.kind = access::Revoked::Kind::session,
                               .tenant = TenantId(Uuid::from_words(1, 2)),
                               .id = Uuid::from_words(1, session)};
    };
    EXPECT_FALSE(ask(token_.text));
    door_.answer(found(signin::SignInState::active, std::chrono::minutes{30}));
    authenticator_.revoked(revoked(4));
    EXPECT_TRUE(ask(token_.text)) << "another one was";
    authenticator_.revoked(revoked(3));
    EXPECT_FALSE(ask(token_.text));
    door_.answer(std::optional<FoundSession>());
    const auto who = ask(token_.text);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->error().code(), ErrorCode::unauthenticated);
}

TEST_F(SessionsTest, AreBelievedForHalfASecondWhereNobodyHears)
{
    EXPECT_FALSE(ask(token_.text));
    door_.answer(found(signin::SignInState::active, std::chrono::minutes{30}));
    now_ += std::chrono::milliseconds{499};
    EXPECT_TRUE(ask(token_.text));
    now_ += std::chrono::milliseconds{2};
    EXPECT_FALSE(ask(token_.text));
    EXPECT_EQ(door_.asked.size(), 2U);
}

TEST_F(SessionsTest, AreNoKeysAndKeysAreNoSessions)
{
    std::optional<Result<access::Principal>> who;
    authenticator_.authenticate(token_.text, [&](Result<access::Principal> found) { who.emplace(std::move(found)); });
    ASSERT_TRUE(who);
    EXPECT_EQ(who->error().code(), ErrorCode::unauthenticated);
    for (const auto& text : {std::string(), token_.text + "A", "wnu_" + std::string(43, 'k')}) {
        const auto answer = ask(text);
        ASSERT_TRUE(answer) << text << ": nobody needs to be asked";
        EXPECT_EQ(answer->error().code(), ErrorCode::unauthenticated);
    }
    EXPECT_TRUE(door_.asked.empty());
    EXPECT_EQ(keys_.asked, 0);
}

}  // namespace
}  // namespace winnow::identity
