#include "winnow/identity/password_hasher.hpp"

#include "winnow/observe/metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace winnow::identity {
namespace {

using crypto::Argon2Cost;
using crypto::PasswordHash;
using crypto::Peppers;
using namespace std::chrono_literals;
using Verified = PasswordHasher::Verified;

// What a test can afford; a node may not have it.
constexpr Argon2Cost kCheap{.memory_kib = 64, .passes = 1};

class PasswordHasherTest : public testing::Test {
protected:
    static Peppers peppers(const std::string& id) { return Peppers({{.id = id, .secret = id + std::string(32, 'p')}}); }

    PasswordHasher::Options options()
    {
        return {.cost = kCheap, .at_once = 2, .most_waiting = 32, .patience = 2s, .clock = [this] {
                    return std::chrono::steady_clock::time_point{now_.load()};
                }};
    }

    static Result<PasswordHash> hash(PasswordHasher& hasher, const std::string& password)
    {
        const auto told = std::make_shared<std::promise<Result<PasswordHash>>>();
        hasher.hash(password, [told](Result<PasswordHash> result) { told->set_value(std::move(result)); });
        return told->get_future().get();
    }

    static Result<Verified> verify(PasswordHasher& hasher, const std::string& password,
                                   std::optional<PasswordHash> known)
    {
        const auto told = std::make_shared<std::promise<Result<Verified>>>();
        hasher.verify(password, std::move(known),
                      [told](Result<Verified> result) { told->set_value(std::move(result)); });
        return told->get_future().get();
    }

    /// Keeps both threads until `free` is counted down; returns when they are kept. `free` must outlive the hasher.
    static void keep_busy(PasswordHasher& hasher, std::latch& free)
    {
        const auto busy = std::make_shared<std::latch>(2);
        for (int i = 0; i < 2; ++i) {
            hasher.hash("password", [busy, &free](const Result<PasswordHash>&) {
                busy->count_down();
                free.wait();
            });
        }
        busy->wait();
    }

    std::atomic<std::chrono::steady_clock::duration> now_{1h};
    observe::Metrics metrics_;
};

TEST_F(PasswordHasherTest, FindsTheRightPasswordAndNoOther)
{
    PasswordHasher hasher(peppers("a"), options(), metrics_);
    const auto known = hash(hasher, "correct horse");
    ASSERT_TRUE(known);
    const auto right = verify(hasher, "correct horse", *known);
    ASSERT_TRUE(right);
    EXPECT_TRUE(right->right);
    EXPECT_FALSE(right->outdated);
    EXPECT_FALSE(verify(hasher, "correct house", *known)->right);
    EXPECT_FALSE(verify(hasher, "correct horse", std::nullopt)->right);
}

TEST_F(PasswordHasherTest, SaysWhatIsToBeHashedAnew)
{
    PasswordHash known;
    {
        auto cheaper = options();
        cheaper.cost = {.memory_kib = 32, .passes = 1};
        PasswordHasher hasher(peppers("a"), cheaper, metrics_);
        known = *hash(hasher, "correct horse");
    }
    PasswordHasher hasher(peppers("a"), options(), metrics_);
    EXPECT_TRUE(verify(hasher, "correct horse", known)->outdated);
    EXPECT_FALSE(verify(hasher, "correct house", known)->outdated) << "nobody has shown it";
}

TEST_F(PasswordHasherTest, RefusesAtOnceWhatComesWhereAllPlacesAreTaken)
{
    std::latch free(1);
    std::latch done(32);
    std::atomic<int> hashed = 0;
    PasswordHasher hasher(peppers("a"), options(), metrics_);
    keep_busy(hasher, free);
    for (int i = 0; i < 32; ++i) {
        hasher.hash("password", [&](const Result<PasswordHash>& result) {
            if (result) ++hashed;
            done.count_down();
        });
    }
    std::optional<ErrorCode> refused;
    std::thread::id where;
    hasher.verify("password", std::nullopt, [&](const Result<Verified>& result) {
        refused = result.error().code();
        where = std::this_thread::get_id();
    });
    EXPECT_EQ(refused, ErrorCode::unavailable) << "before the others are done";
    EXPECT_EQ(where, std::this_thread::get_id());
    free.count_down();
    done.wait();
    EXPECT_EQ(hashed, 32);
    EXPECT_TRUE(verify(hasher, "password", std::nullopt)) << "there is room again";
}

TEST_F(PasswordHasherTest, RefusesWhatHasWaitedTooLong)
{
    std::latch free(1);
    std::promise<Result<PasswordHash>> late;
    std::promise<Result<PasswordHash>> in_time;
    PasswordHasher hasher(peppers("a"), options(), metrics_);
    keep_busy(hasher, free);
    hasher.hash("password", [&](Result<PasswordHash> result) { late.set_value(std::move(result)); });
    now_ = 1h + 1s;
    hasher.hash("password", [&](Result<PasswordHash> result) { in_time.set_value(std::move(result)); });
    now_ = 1h + 2s;
    free.count_down();
    const auto refused = late.get_future().get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(in_time.get_future().get());
    EXPECT_TRUE(metrics_.exposition().contains("winnow_password_hashes_total{outcome=\"refused\"} 1\n"));
}

TEST_F(PasswordHasherTest, TellsEverybodyOnceAlsoAtItsEnd)
{
    std::latch free(1);
    std::atomic<int> told = 0;
    auto hasher = std::make_unique<PasswordHasher>(peppers("a"), options(), metrics_);
    keep_busy(*hasher, free);
    for (int i = 0; i < 20; ++i) hasher->hash("password", [&](const Result<PasswordHash>&) { ++told; });
    std::thread end([&] { hasher.reset(); });
    free.count_down();
    end.join();
    EXPECT_EQ(told, 20);
}

}  // namespace
}  // namespace winnow::identity
