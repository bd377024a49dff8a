#include "winnow/identity/revocation_listener.hpp"

#include "winnow/observe/metrics.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/revocation_feed.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using namespace std::chrono_literals;
using access::Revoked;

/// Hears what it is told by the test, and stops hearing when it is told so.
class FakeFeed final : public ports::RevocationFeed {
public:
    Result<Done> listen() override
    {
        const std::lock_guard lock(mutex_);
        if (broken_) return Error(ErrorCode::unavailable, "away");
        told_.clear();
        ++listened_;
        changed_.notify_all();
        return Done{};
    }

    Result<std::vector<Revoked>> prove() override
    {
        const std::lock_guard lock(mutex_);
        if (broken_) return Error(ErrorCode::unavailable, "away");
        ++proved_;
        changed_.notify_all();
        return std::exchange(told_, {});
    }

    Result<std::vector<Revoked>> wait(std::chrono::milliseconds timeout) override
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, timeout, [this] { return broken_ || !told_.empty(); });
        if (broken_) return Error(ErrorCode::unavailable, "away");
        return std::exchange(told_, {});
    }

    void tell(const Revoked& what)
    {
        const std::lock_guard lock(mutex_);
        told_.push_back(what);
        changed_.notify_all();
    }

    void set_broken(bool broken)
    {
        const std::lock_guard lock(mutex_);
        broken_ = broken;
        changed_.notify_all();
    }

    /// Waits until it has listened, or proved it, more often than `times`.
    [[nodiscard]] bool listened(int times) { return reaches(listened_, times); }
    [[nodiscard]] bool proved(int times) { return reaches(proved_, times); }
    [[nodiscard]] int proofs()
    {
        const std::lock_guard lock(mutex_);
        return proved_;
    }

private:
    [[nodiscard]] bool reaches(const int& count, int times)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return count > times; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Revoked> told_;
    bool broken_ = false;
    int listened_ = 0;
    int proved_ = 0;
};

/// Knows every key, and counts how often it is asked.
class EveryKey final : public ports::CredentialStore {
public:
    void find(std::string /*hash*/,
              std::move_only_function<void(Result<std::optional<ports::Credential>>)> done) override
    {
        ++asked;
        access::Principal who;
        who.tenant = TenantId(Uuid::from_words(1, 1));
        who.user = UserId(Uuid::from_words(1, 2));
        done(std::optional(ports::Credential{.principal = who, .lives_for = std::nullopt}));
    }

    int asked = 0;
};

class RevocationListenerTest : public testing::Test {
protected:
    void use()
    {
        authenticator_.authenticate("wnu_key", [](const Result<access::Principal>&) {});
    }

    /// Listens, and the key is known and believed.
    void begin()
    {
        use();
        ASSERT_TRUE(feed_.proved(0)) << "what is done at the beginning of listening is done";
        use();
    }

    template <typename Condition>
    [[nodiscard]] static bool eventually(Condition condition)
    {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }

    /// Uses the key until the database is asked for it once more.
    [[nodiscard]] bool is_asked_again()
    {
        const auto before = store_.asked;
        return eventually([&] {
            use();
            return store_.asked > before;
        });
    }

    [[nodiscard]] bool shows(const std::string& line) const
    {
        return metrics_.exposition().contains("\n" + line + "\n");
    }

    observe::Metrics metrics_;
    EveryKey store_;
    std::unique_ptr<FakeFeed> owned_ = std::make_unique<FakeFeed>();
    FakeFeed& feed_ = *owned_;
    // Believes for long whether it hears or not: what is asked for again was doubted.
    Authenticator authenticator_{store_,
                                 {.trust = {.proof_for = 1h, .heard_for = 1h, .deaf_for = 1h, .in_use_for = 1h}}};
    RevocationListener listener_{std::move(owned_), authenticator_, {.prove_every = 1ms, .after_error = 1ms}, metrics_};
};

TEST_F(RevocationListenerTest, ProvesThatItHearsWhileKeysAreUsedOnly)
{
    ASSERT_TRUE(feed_.listened(0));
    feed_.tell({.kind = Revoked::Kind::user, .tenant = TenantId(Uuid::from_words(7, 7)), .id = {}});
    ASSERT_TRUE(eventually([&] { return shows("winnow_revocations_total 1"); }));
    EXPECT_EQ(feed_.proofs(), 0) << "nobody has used a key yet";
    use();
    EXPECT_TRUE(feed_.proved(10));
}

TEST_F(RevocationListenerTest, PassesOnWhatItHears)
{
    begin();
    feed_.tell({.kind = Revoked::Kind::user, .tenant = TenantId(Uuid::from_words(1, 1)), .id = Uuid::from_words(1, 2)});
    EXPECT_TRUE(is_asked_again());
}

TEST_F(RevocationListenerTest, DoubtsEverythingOnceItListensAgain)
{
    begin();
    feed_.set_broken(true);
    ASSERT_TRUE(eventually([&] { return shows("winnow_revocations_heard 0"); }));
    feed_.set_broken(false);
    EXPECT_TRUE(is_asked_again());
    EXPECT_TRUE(eventually([&] { return shows("winnow_revocations_heard 1"); }));
    EXPECT_TRUE(shows("winnow_revocation_sessions_lost_total 1"));
}

}  // namespace
}  // namespace winnow::identity
