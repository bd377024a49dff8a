#include "api/senders/large_bodies.hpp"

#include "unit/api/heard.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(0, number));
}

http::Request request_of(std::size_t bytes, const std::string& encoding = "")
{
    http::Request request;
    request.body = std::string(bytes, 'b');
    if (!encoding.empty()) request.head.headers = {{"Host", "h"}, {"CONTENT-encoding", encoding}};
    return request;
}

class Bodies : public testing::Test {
protected:
    ~Bodies() override { open(); }

    /// Says `name` when it is begun. Those of tenant 1 wait for open() then.
    void submit(std::uint64_t who, const std::string& name, std::size_t bytes = 100'000)
    {
        bodies_->submit(
            tenant(who), bytes,
            [this, who, name] {
                heard_.say(name);
                if (who == 1) gate_.wait();
            },
            [this, name](const Error& error) {
                code_ = error.code();
                heard_.say(name + ": " + error.message());
            },
            [this] { return gone_.load(); });
    }
    void open()
    {
        if (!std::exchange(opened_, true)) opening_.set_value();
    }

    std::promise<void> opening_;
    std::shared_future<void> gate_ = opening_.get_future().share();
    bool opened_ = false;
    std::atomic<bool> gone_ = false;
    std::atomic<ErrorCode> code_ = ErrorCode::internal;
    Heard heard_;
    LargeBodies::Options options_;
    std::optional<LargeBodies> bodies_{std::in_place, options_};
};

TEST_F(Bodies, OneThatIsAloneReadsThemWhereTheyArrive)
{
    for (int i = 0; i < 3; ++i) {
        bodies_->came(tenant(1));
        EXPECT_FALSE(bodies_->takes(request_of(262'144)));
    }
}

/// Whoever comes meanwhile cannot say so before it is read.
TEST_F(Bodies, AlsoOfOneThatIsAloneTheDearAndThePackedGoToThreads)
{
    bodies_->came(tenant(1));
    EXPECT_TRUE(bodies_->takes(request_of(262'145)));
    EXPECT_TRUE(bodies_->takes(request_of(100, "gzip")));
}

TEST_F(Bodies, InCompanyTheLargeAndThePackedGoToThreadsAndTheSmallDoNot)
{
    bodies_->came(tenant(1));
    bodies_->came(tenant(2));
    bodies_->came(tenant(2));
    EXPECT_FALSE(bodies_->takes(request_of(0)));
    EXPECT_FALSE(bodies_->takes(request_of(32'768)));
    EXPECT_TRUE(bodies_->takes(request_of(32'769)));
    EXPECT_TRUE(bodies_->takes(request_of(100, "gzip")));
    EXPECT_TRUE(bodies_->takes(request_of(100, "zstd")));
    EXPECT_FALSE(bodies_->takes(request_of(100, "identity")));
}

TEST_F(Bodies, OnceTheOthersHaveGoneItIsAlone)
{
    options_.company = 0ms;
    bodies_.emplace(options_);
    bodies_->came(tenant(1));
    bodies_->came(tenant(2));
    EXPECT_FALSE(bodies_->takes(request_of(262'144)));
}

/// The thread that submits is an I/O loop: it must be free to answer others while these are read.
TEST_F(Bodies, WhoSubmitsIsNotHeldAndOneTenantHasHalfOfTheThreads)
{
    for (const auto* name : {"a1", "a2", "a3", "a4"}) submit(1, name);
    EXPECT_THAT(heard_.words(2), UnorderedElementsAre("a1", "a2"));
    for (const auto* name : {"b1", "b2"}) submit(2, name);
    EXPECT_THAT(heard_.words(4), UnorderedElementsAre("a1", "a2", "b1", "b2")) << "while the first ones are being read";
    open();
    EXPECT_THAT(heard_.words(6), UnorderedElementsAre("a1", "a2", "b1", "b2", "a3", "a4"));
}

TEST_F(Bodies, WithTheFewestThreadsOneIsStillForOthers)
{
    options_.threads = 1;
    bodies_.emplace(options_);
    submit(1, "a1");
    submit(1, "a2");
    EXPECT_THAT(heard_.words(1), ElementsAre("a1"));
    submit(2, "b1");
    EXPECT_THAT(heard_.words(2), ElementsAre("a1", "b1"));
    open();
    EXPECT_THAT(heard_.words(3), ElementsAre("a1", "b1", "a2"));
}

TEST_F(Bodies, TenantsWhoseBodiesTakeLongDoNotHoldAllThreads)
{
    options_.threads = 2;  // one for the quick, and of each tenant one body at a time
    bodies_.emplace(options_);
    const auto burn = [](auto done) {
        return [done] {
            const auto spent = [] {
                timespec now{};
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
                return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
            };
            for (const auto end = spent() + 20ms; spent() < end;) {
            }
            done->set_value();
        };
    };
    for (const std::uint64_t who : {1U, 3U}) {
        const auto done = std::make_shared<std::promise<void>>();
        bodies_->submit(tenant(who), 1, burn(done), [](const Error&) {}, [] { return false; });
        done->get_future().wait();
    }
    submit(1, "slow");
    EXPECT_THAT(heard_.words(1), ElementsAre("slow"));
    submit(3, "slow, too");
    submit(2, "quick");
    EXPECT_THAT(heard_.words(2), ElementsAre("slow", "quick"));
    open();
    EXPECT_EQ(heard_.words(3).back(), "slow, too");
}

TEST_F(Bodies, ATenantMayHoldAsMuchAsAllLeaveFreeAndIsToldSo)
{
    options_.max_bytes = 1'000'000;
    bodies_.emplace(options_);
    for (const auto* name : {"a1", "a2", "a3", "a4"}) submit(1, name, 120'904);  // 125,000 with their heads
    EXPECT_THAT(heard_.words(2), UnorderedElementsAre("a1", "a2"));
    submit(1, "a5", 0);
    EXPECT_EQ(heard_.words(3).back(),
              "a5: too many large bodies of your tenant wait on this node to be read: the limit is now 500000 bytes, "
              "your tenant's share of bodies.max_waiting_bytes; nothing of this request was stored. Send it again "
              "later");
    EXPECT_EQ(code_, ErrorCode::rate_limited);
    submit(2, "b1", 590'000);
    EXPECT_EQ(heard_.words(4).back(), "b1") << "who holds nothing finds room";
    open();
    heard_.words(6);
}

TEST_F(Bodies, WhereTheNodeIsFullItSaysSo)
{
    options_.max_bytes = 1'000'000;
    bodies_.emplace(options_);
    submit(1, "a1", 1'090'000);  // the only one of all
    heard_.words(1);
    submit(2, "b1", 5'000);
    EXPECT_THAT(heard_.words(2).back(), HasSubstr("b1: too many large bodies wait on this node to be read: the limit "
                                                  "is 1000000 bytes (bodies.max_waiting_bytes)"));
    EXPECT_EQ(code_, ErrorCode::unavailable);
    submit(2, "b2", 500);
    EXPECT_EQ(heard_.words(3).back(), "b2");
}

TEST_F(Bodies, WhatIsNotWantedAnyMoreIsNotRead)
{
    options_.threads = 2;
    bodies_.emplace(options_);
    submit(1, "a1");
    EXPECT_THAT(heard_.words(1), ElementsAre("a1"));
    submit(1, "a2");
    gone_ = true;
    open();
    EXPECT_EQ(heard_.words(2).back(), "a2: nobody waited for the answer any more");
    gone_ = false;
    submit(1, "a3");
    EXPECT_EQ(heard_.words(3).back(), "a3");
}

TEST_F(Bodies, WhatIsNotWantedAnyMoreMakesRoom)
{
    options_.max_bytes = 1'000'000;
    bodies_.emplace(options_);
    for (const auto* name : {"a1", "a2", "a3"}) submit(1, name, 150'000);
    EXPECT_THAT(heard_.words(2), UnorderedElementsAre("a1", "a2"));
    gone_ = true;
    submit(1, "a4", 150'000);
    EXPECT_EQ(heard_.words(3).back(), "a3: nobody waited for the answer any more");
    gone_ = false;
    open();
    EXPECT_EQ(heard_.words(4).back(), "a4");
}

TEST_F(Bodies, AtTheEndWhatWasBegunEndsAndTheRestIsTold)
{
    options_.threads = 2;
    bodies_.emplace(options_);
    submit(1, "a1");
    EXPECT_THAT(heard_.words(1), ElementsAre("a1"));
    submit(1, "a2");
    std::jthread end([this] { bodies_.reset(); });
    open();
    end.join();
    EXPECT_THAT(heard_.words(2), testing::Contains(testing::AnyOf("a2", "a2: shutting down")));
}

}  // namespace
}  // namespace winnow::api
