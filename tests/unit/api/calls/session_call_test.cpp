#include "api/calls/session_call.hpp"

#include "api/rest/respond.hpp"
#include "one_session.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SessionCallsTest : public testing::Test {
protected:
    /// The answer to a request of a route with that handler.
    http::Response ask(SessionHandler handler, std::string_view method, IsAnalysis is_analysis = nullptr)
    {
        auto route = std::make_shared<const Route>(
            Route{method, "/api/v1/x", access::Permission::read_rules, "x", std::move(handler), is_analysis});
        http::Request request;
        request.head = head_;
        request.given_up = given_up_;
        std::promise<http::Response> answer;
        calls_->run(std::move(route), {}, {}, std::move(request),
                    [&](http::Response response) { answer.set_value(std::move(response)); });
        return answer.get_future().get();
    }
    static Services services()
    {
        Services services;
        services.clock = [] {
            return Timestamp(std::chrono::milliseconds{42});
        };
        return services;
    }

    OneSession database_;
    http::RequestHead head_;
    std::shared_ptr<std::atomic<bool>> given_up_ = std::make_shared<std::atomic<bool>>(false);
    std::optional<SessionCalls> calls_{std::in_place, database_, services(),
                                       SessionCalls::Options{.read_timeout = 123ms, .analysis = {}}};
};

TEST_F(SessionCallsTest, AnAnalysisReadsInATransactionAndIsWorkedOutWithoutOne)
{
    std::atomic<bool> loaded_in_transaction = false;
    std::atomic<bool> computed_in_transaction = true;
    const auto answer = ask(
        [&](const Call&, ports::TenantSession&) -> Result<Answer> {
            loaded_in_transaction = database_.in_transaction.load();
            return Compute([&, read = std::string("what was read")](const Call& call) -> Result<http::Response> {
                computed_in_transaction = database_.in_transaction.load();
                return json_response(200, {{"read", read}, {"now", call.now.time_since_epoch().count()}});
            });
        },
        "POST", always);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.text(), R"({"now":42,"read":"what was read"})");
    EXPECT_TRUE(loaded_in_transaction);
    EXPECT_FALSE(computed_in_transaction);
}

TEST_F(SessionCallsTest, WhatAnAnalysisTookOfAProcessorIsTold)
{
    std::promise<std::chrono::nanoseconds> told;
    calls_.emplace(database_, services(),
                   SessionCalls::Options{.analysis = {}, .analysed = [&](const access::Principal&, auto spent) {
                                             told.set_value(spent);
                                         }});
    const auto works = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        return Compute([](const Call&) -> Result<http::Response> {
            work_for(10ms);
            return http::Response(200);
        });
    };
    EXPECT_EQ(ask(works, "POST", always).status, 200);
    EXPECT_GE(told.get_future().get(), 10ms);
}

TEST_F(SessionCallsTest, WhatAnAnalysisReadIsPaidToo)
{
    std::promise<std::chrono::nanoseconds> told;
    calls_.emplace(database_, services(),
                   SessionCalls::Options{.analysis = {}, .analysed = [&](const access::Principal&, auto spent) {
                                             told.set_value(spent);
                                         }});
    const auto reads = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        work_for(10ms);
        return Compute([](const Call&) -> Result<http::Response> { return http::Response(200); });
    };
    EXPECT_EQ(ask(reads, "POST", always).status, 200);
    EXPECT_GE(told.get_future().get(), 10ms);
}

TEST_F(SessionCallsTest, WhatAReadTookOfAProcessorIsToldBeforeItsAnswerIsSent)
{
    std::chrono::nanoseconds told{0};
    std::vector<std::string> order;
    calls_.emplace(database_, services(),
                   SessionCalls::Options{.analysis = {},
                                         .analysed = [&](const auto&, auto) { order.emplace_back("analysed"); },
                                         .has_read =
                                             [&](const access::Principal&, auto spent) {
                                                 order.emplace_back("told");
                                                 told = spent;
                                             }});
    const auto works = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        work_for(10ms);
        return Compute([](const Call&) -> Result<http::Response> {
            work_for(10ms);
            return http::Response(200);
        });
    };
    const auto ask_and_note = [&](std::string_view method) {
        auto route =
            std::make_shared<const Route>(Route{method, "/api/v1/x", access::Permission::read_rules, "x", works});
        calls_->run(std::move(route), {}, {}, {}, [&](const http::Response&) { order.emplace_back("sent"); });
    };
    ask_and_note("GET");
    EXPECT_EQ(order, (std::vector<std::string>{"told", "sent"}));
    EXPECT_GE(told, 20ms) << "of the handler, and of the answer";
    ask_and_note("PUT");
    EXPECT_EQ(order, (std::vector<std::string>{"told", "sent", "sent"})) << "no read";
    const auto fails = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        work_for(10ms);
        return Error(ErrorCode::not_found, "no such rule");
    };
    told = 0ns;
    EXPECT_EQ(ask(fails, "GET").status, 404);
    EXPECT_GE(told, 10ms) << "in vain as well";
}

TEST_F(SessionCallsTest, AnErrorOfEitherStageIsAProblem)
{
    const auto loading =
        ask([](const Call&,
               ports::TenantSession&) -> Result<Answer> { return Error(ErrorCode::not_found, "no such rule"); },
            "GET", always);
    EXPECT_EQ(loading.status, 404);
    const auto working = ask(
        [](const Call&, ports::TenantSession&) -> Result<Answer> {
            return Compute([](const Call&) -> Result<http::Response> { return field_error("/rule", "is none"); });
        },
        "GET", always);
    EXPECT_EQ(working.status, 422);
    EXPECT_THAT(working.body.text(), HasSubstr("/rule"));
    const auto thrown = ask(
        [](const Call&, ports::TenantSession&) -> Result<Answer> {
            return Compute([](const Call&) -> Result<http::Response> { throw std::runtime_error("a secret"); });
        },
        "GET", always);
    EXPECT_EQ(thrown.status, 500);
    EXPECT_THAT(thrown.body.text(), testing::Not(HasSubstr("a secret")));
}

TEST_F(SessionCallsTest, AnIdempotencyKeyHasNoEffectOnAnAnalysisButMustBeOne)
{
    const auto handler = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        return json_response(200, {});
    };
    head_.headers.push_back({"Idempotency-Key", "one"});
    EXPECT_EQ(ask(handler, "POST", always).status, 200) << "the receipts are not asked";
    head_.headers.back().value = std::string(256, 'k');
    EXPECT_EQ(ask(handler, "POST", always).status, 400);
}

TEST_F(SessionCallsTest, OnlyRequestsThatReadHaveAShortTimeForEachStatement)
{
    const auto handler = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        return json_response(200, {});
    };
    EXPECT_EQ(ask(handler, "GET").status, 200);
    EXPECT_EQ(database_.last_timeout.load(), 123ms);
    EXPECT_EQ(ask(handler, "PUT").status, 200);
    EXPECT_EQ(database_.last_timeout.load(), 0ms);
    EXPECT_EQ(ask(handler, "GET", always).status, 200);
    EXPECT_EQ(database_.last_timeout.load(), 0ms);
}

TEST_F(SessionCallsTest, WhatNobodyWaitsForIsNotBegun)
{
    *given_up_ = true;
    std::atomic<bool> begun = false;
    const auto handler = [&](const Call&, ports::TenantSession&) -> Result<Answer> {
        begun = true;
        return json_response(200, {});
    };
    EXPECT_EQ(ask(handler, "GET").status, 503);
    EXPECT_EQ(ask(handler, "GET", always).status, 503);
    EXPECT_FALSE(begun);
}

/// Who forgets to mark a route still gets an answer, and no session is held for it.
TEST_F(SessionCallsTest, AComputeOfARouteThatIsNotMarkedRunsAfterTheTransaction)
{
    std::atomic<bool> in_transaction = true;
    const auto answer = ask(
        [&](const Call&, ports::TenantSession&) -> Result<Answer> {
            return Compute([&](const Call&) -> Result<http::Response> {
                in_transaction = database_.in_transaction.load();
                return json_response(200, {});
            });
        },
        "GET");
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(in_transaction);
}

TEST_F(SessionCallsTest, ARouteOfASendersRefusesInItsForm)
{
    const auto handler = [](const Call&, ports::TenantSession&) -> Result<Answer> {
        return Error(ErrorCode::not_found, "there is no such silence");
    };
    auto route =
        std::make_shared<Route>(Route{"GET", "/am/api/v2/silence/{id}", access::Permission::read_rules, "x", handler});
    route->sender = intake::sender_at(route->pattern);
    std::promise<http::Response> answer;
    calls_->run(route, {}, {}, {}, [&](http::Response response) { answer.set_value(std::move(response)); });
    const auto told = answer.get_future().get();
    EXPECT_EQ(told.status, 404);
    EXPECT_EQ(told.body.text(), R"("there is no such silence")");
}

}  // namespace
}  // namespace winnow::api
