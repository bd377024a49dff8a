#include "pg/tenants/key.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::SizeIs;

/// A key that hangs while it is read, until the test says what comes of it.
class TenantKeyTest : public testing::Test {
protected:
    using Outcome = TenantKey::Outcome;

    Outcome read()
    {
        std::unique_lock lock(mutex_);
        ++reads_;
        changed_.notify_all();
        if (!changed_.wait_for(lock, 30s, [this] { return !outcomes_.empty(); })) {
            return Error(ErrorCode::timeout, "nobody ended the read");
        }
        auto outcome = std::move(outcomes_.front());
        outcomes_.pop_front();
        return outcome;
    }
    void end_read(Outcome outcome)
    {
        {
            const std::lock_guard lock(mutex_);
            outcomes_.push_back(std::move(outcome));
        }
        changed_.notify_all();
    }
    [[nodiscard]] bool wait_for_reads(int count)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 30s, [&] { return reads_ >= count; });
    }
    [[nodiscard]] int reads()
    {
        const std::lock_guard lock(mutex_);
        return reads_;
    }

    /// A thread that does what a request does: asks, and waits for what it is told.
    std::jthread request(const std::string& refused = {}) { return served(key_.ask(refused)); }
    std::jthread served(std::shared_future<Outcome> asked)
    {
        return std::jthread([this, asked = std::move(asked)] { note(asked.get()); });
    }
    void note(const Outcome& outcome)
    {
        const std::lock_guard lock(mutex_);
        told_.push_back(outcome ? *outcome : outcome.error().message());
    }

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Outcome> outcomes_;
    int reads_ = 0;
    std::vector<std::string> told_;
    TenantKey key_{[this] {
        return read();
    }};
};

TEST_F(TenantKeyTest, WhereTheDatabaseHangsAllWaitForOneReadAndHaveItsFailure)
{
    std::vector<std::jthread> requests;
    requests.emplace_back([this] { note(key_.ask().get()); });
    EXPECT_TRUE(wait_for_reads(1));
    for (int i = 0; i < 4; ++i) requests.push_back(request());  // none of them finds anything locked
    end_read(Error(ErrorCode::unavailable, "it hangs"));
    requests.clear();
    EXPECT_EQ(reads(), 1);
    EXPECT_THAT(told_, SizeIs(5));
    EXPECT_THAT(told_, Each("it hangs"));

    end_read("key");
    EXPECT_EQ(*key_.ask().get(), "key") << "whoever comes after that tries again";
    EXPECT_EQ(*key_.ask().get(), "key");
    EXPECT_EQ(reads(), 2);
}

TEST_F(TenantKeyTest, TheFirstThatWaitsReadsWhoeverAskedFirst)
{
    const auto never_waits = key_.ask();
    std::vector<std::jthread> requests;
    for (int i = 0; i < 4; ++i) requests.push_back(request());
    EXPECT_TRUE(wait_for_reads(1));
    end_read("key");
    requests.clear();
    EXPECT_EQ(reads(), 1);
    EXPECT_THAT(told_, SizeIs(4));
    EXPECT_THAT(told_, Each("key"));
}

TEST_F(TenantKeyTest, AKnownKeyIsNotWaitedForWhileANewerOneIsRead)
{
    end_read("old");
    EXPECT_EQ(*key_.ask().get(), "old");
    std::vector<std::jthread> refused;
    refused.emplace_back([this] { note(key_.ask("old").get()); });
    EXPECT_TRUE(wait_for_reads(2));
    EXPECT_EQ(*key_.ask().get(), "old");
    for (int i = 0; i < 4; ++i) refused.push_back(request("old"));
    end_read("new");
    refused.clear();
    EXPECT_THAT(told_, SizeIs(5));
    EXPECT_THAT(told_, Each("new"));
    EXPECT_EQ(*key_.ask().get(), "new");
    EXPECT_EQ(*key_.ask("old").get(), "new") << "who was refused a little later";
    EXPECT_EQ(reads(), 2);
}

TEST_F(TenantKeyTest, AReadThatFailsDoesNotMakeAKnownKeyUnknown)
{
    end_read("key");
    EXPECT_EQ(*key_.ask().get(), "key");
    end_read(Error(ErrorCode::unavailable, "it hangs"));
    EXPECT_FALSE(key_.ask("key").get());
    EXPECT_EQ(*key_.ask().get(), "key");
    EXPECT_EQ(reads(), 2);
}

TEST_F(TenantKeyTest, AKeyThatIsRefusedThoughItIsTheLastIsReadAgainEachTime)
{
    for (int i = 1; i <= 3; ++i) {
        end_read("key");
        EXPECT_EQ(*key_.ask("key").get(), "key");
        EXPECT_EQ(reads(), i);
    }
}

}  // namespace
}  // namespace winnow::pg
