#include "api/analysis/analysis_threads.hpp"

#include "unit/api/heard.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <list>
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
using Turn = AnalysisThreads::Turn;

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(0, number));
}

bool never()
{
    return false;
}

class Analyses : public testing::Test {
protected:
    /// Says `name` when it is loaded, and again when the work is done, which waits for `gate`.
    void submit(TenantId who, const std::string& name, std::shared_future<void> gate)
    {
        threads_->submit(
            who,
            [this, name, gate = std::move(gate)](Turn turn) {
                heard_.say("load " + name);
                std::move(turn).run(
                    [this, name, gate] {
                        gate.wait();
                        heard_.say("done " + name);
                    },
                    [this, name](const Error& error) { heard_.say(name + ": " + error.message()); });
            },
            [this, name](const Error& error) { heard_.say(name + ": " + error.message()); }, never);
    }
    void submit(TenantId who, const std::string& name)
    {
        std::promise<void> open;
        open.set_value();
        submit(who, name, open.get_future().share());
    }

    /// Makes a tenant known for analyses that take long.
    void burn(TenantId who)
    {
        const auto done = std::make_shared<std::promise<void>>();  // who sets it may outlive who waits for it
        threads_->submit(
            who,
            [done](Turn turn) {
                std::move(turn).run(
                    [done] {
                        const auto spent = [] {
                            timespec now{};
                            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
                            return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
                        };
                        for (const auto end = spent() + 110ms; spent() < end;) {
                        }
                        done->set_value();
                    },
                    [](const Error&) {});
            },
            [](const Error&) {}, never);
        done->get_future().wait();
    }

    Heard heard_;
    std::optional<AnalysisThreads> threads_{std::in_place, AnalysisThreads::Options{}};
};

TEST_F(Analyses, ATenantsNextIsNotEvenLoadedBeforeTheOneBeforeIsDone)
{
    std::promise<void> gate;
    submit(tenant(1), "first", gate.get_future().share());
    EXPECT_THAT(heard_.words(1), ElementsAre("load first"));
    submit(tenant(1), "second");
    submit(tenant(2), "other");
    EXPECT_THAT(heard_.words(3), ElementsAre("load first", "load other", "done other"));
    gate.set_value();
    EXPECT_THAT(heard_.words(6),
                ElementsAre("load first", "load other", "done other", "done first", "load second", "done second"));
}

TEST_F(Analyses, ATurnThatGetsNoWorkEndsByItself)
{
    for (int i = 0; i < 3; ++i) {
        threads_->submit(
            tenant(1), [&](const Turn&) { heard_.say("refused while it was loaded"); }, [](const Error&) {}, never);
    }
    submit(tenant(1), "last");
    EXPECT_EQ(heard_.words(5).back(), "done last");
}

TEST_F(Analyses, MoreThanMayWaitAreRefusedAtOnceAndToldTheLimit)
{
    std::promise<void> gate;
    submit(tenant(1), "first", gate.get_future().share());
    EXPECT_THAT(heard_.words(1), ElementsAre("load first"));
    for (int i = 0; i < 8; ++i) submit(tenant(1), "waits");
    std::optional<Error> refused;
    threads_->submit(tenant(1), [](const Turn&) {}, [&](Error error) { refused = std::move(error); }, never);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ErrorCode::rate_limited);
    EXPECT_THAT(refused->message(), HasSubstr("of your tenant"));
    EXPECT_THAT(refused->message(), HasSubstr("the limit is 8 (analysis.waiting_per_tenant)"));
    gate.set_value();
    EXPECT_EQ(heard_.words(18).size(), 18U);
}

TEST_F(Analyses, WhatTakesItsTurnTakesNoPlaceOfThose)
{
    std::promise<void> gate;
    submit(tenant(1), "first", gate.get_future().share());
    EXPECT_THAT(heard_.words(1), ElementsAre("load first"));
    for (int i = 0; i < 8; ++i) submit(tenant(1), "waits");
    threads_->submit(
        tenant(1), [&](const Turn&) { heard_.say("its turn"); },
        [&](const Error& error) { heard_.say(error.message()); }, never, AnalysisThreads::Order::in_turn);
    gate.set_value();
    EXPECT_THAT(heard_.words(19), testing::Contains("its turn"));
}

TEST_F(Analyses, WhatNobodyWaitsForIsNotBegun)
{
    std::promise<void> gate;
    submit(tenant(1), "first", gate.get_future().share());
    EXPECT_THAT(heard_.words(1), ElementsAre("load first"));
    std::atomic<bool> gone = false;
    threads_->submit(
        tenant(1), [&](const Turn&) { heard_.say("begun"); },
        [&](const Error& error) { heard_.say(std::string(to_string(error.code()))); }, [&] { return gone.load(); });
    gone = true;
    gate.set_value();
    EXPECT_THAT(heard_.words(3), ElementsAre("load first", "done first", "timeout"));
}

TEST_F(Analyses, TenantsWhoseAnalysesTakeLongLeaveAThreadToTheOthers)
{
    burn(tenant(1));
    burn(tenant(2));
    std::promise<void> gate;
    const auto closed = gate.get_future().share();
    submit(tenant(1), "slow", closed);
    submit(tenant(2), "slow", closed);
    submit(tenant(3), "quick");
    // Not even loaded is the second slow one: the thread that would begin it works on the first.
    EXPECT_THAT(heard_.words(3), testing::UnorderedElementsAre("load slow", "load quick", "done quick"));
    gate.set_value();
    EXPECT_EQ(heard_.words(6).size(), 6U);
}

TEST_F(Analyses, AtTheEndWhatWaitsHasFailedAndWhatWasBegunEnds)
{
    std::promise<void> begun;  // what is loaded may still be refused; only work that has begun ends
    std::promise<void> gate;
    threads_->submit(
        tenant(1),
        [&](Turn turn) {
            std::move(turn).run(
                [&] {
                    begun.set_value();
                    gate.get_future().wait();
                    heard_.say("done first");
                },
                [&](const Error& error) { heard_.say("first: " + error.message()); });
        },
        [&](const Error& error) { heard_.say("first: " + error.message()); }, never);
    begun.get_future().wait();
    submit(tenant(1), "second");
    std::thread end([&] { threads_.reset(); });
    gate.set_value();
    end.join();
    EXPECT_THAT(heard_.words(2), testing::Contains("done first"));
    EXPECT_THAT(heard_.words(2), testing::Contains(testing::AnyOf("second: shutting down", "done second")))
        << "it may have had its turn";
}

TEST_F(Analyses, ATurnMayOutliveTheThreads)
{
    std::list<Turn> kept;
    std::promise<void> taken;
    threads_->submit(
        tenant(1),
        [&](Turn turn) {
            kept.push_back(std::move(turn));
            taken.set_value();
        },
        [](const Error&) {}, never);
    taken.get_future().wait();
    threads_.reset();
    std::move(kept.front()).run([&] { heard_.say("done"); }, [&](const Error& error) { heard_.say(error.message()); });
    EXPECT_THAT(heard_.words(1), ElementsAre("shutting down"));
}

}  // namespace
}  // namespace winnow::api
